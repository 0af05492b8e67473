"""What only OpenStack can get wrong: ports, links, groups, gateways, volume types. No rule knows the provider."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import pytest

from policies.context import Index
from policies.verdicts import State
from providers.ovh import facts as ovh
from providers.ovh import kinds
from tests.components import registering
from tests.policies import (
    cases,
    elsewhere,
    judging,
    openstack_breaches,
    test_compute_rules,
    test_control_rules,
    test_data_rules,
    test_filtering_rules,
    test_network_rules,
    test_sovereignty_rules,
)

TABLES = (
    test_compute_rules,
    test_control_rules,
    test_data_rules,
    test_filtering_rules,
    test_network_rules,
    test_sovereignty_rules,
)


def test_most_cases_have_a_counterpart() -> None:
    """The shared tables are judged on both providers: this holds how much of them is."""
    tables = [value for module in TABLES for value in vars(module).values() if isinstance(value, list)]
    every = [case for table in tables for case in table if isinstance(case, cases.Case)]
    shared = [case for case in every if elsewhere.translated(case.platform, case.on, case.change) is not None]
    assert len(shared) >= 0.6 * len(every), (len(shared), len(every))


@functools.cache
def registered(layer: str, routers: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    made = registering.register("emc2", layer, "ovh-sandbox", routers=routers)
    return {name: (kind, inputs) for kind, name, inputs in made.resources}


@pytest.mark.parametrize("breach", openstack_breaches.BREACHES, ids=str)
def test_a_breach_in_openstack_s_words_is_refused(breach: openstack_breaches.Breach) -> None:
    everything = registered(breach.layer, breach.routers)
    kind, inputs = everything[breach.on]
    changed = dict(inputs)
    breach.change(changed)
    assert changed != inputs, "the case changes nothing"
    if breach.name == "a server that nothing keeps apart":
        changed["metadata"] = {k: v for k, v in changed["metadata"].items() if "schedulerHints" not in k}
    provider = everything["rgw" if kind.startswith("s3:") else "openstack"][1]
    judge = judging.judge_at("ovh-sandbox", "emc2", layer=breach.layer)
    fact = ovh.fact(kind, f"urn::{breach.on}", breach.on, changed, provider)
    stack_rule = breach.rule.endswith("*")
    found = judge.stack([fact]) if stack_rule else judge.resource(fact)
    one = next(one for one in found if one.rule == breach.rule.rstrip("*"))
    assert (one.state, breach.says in one.message, one.fault) == (breach.state, True, False), one
    if breach.state is State.NON_CONFORM:
        assert one.effect == "block"


def test_one_availability_zone_asks_for_evidence_and_machines_are_kept_apart() -> None:
    kind, inputs = registered("compute", False)[openstack_breaches.MACHINE]
    judge = judging.judge_at("ovh-sandbox", "emc2", layer="compute")
    fact = ovh.fact(kind, "urn::x", openstack_breaches.MACHINE, inputs, registered("compute", False)["openstack"][1])
    found = next(one for one in judge.resource(fact) if one.rule == "CPT-01")
    assert found.state is State.EVIDENCE_REQUIRED
    assert "1 availability zone" in found.message
    assert found.message.endswith("; in their place its file accepts two regions, which the blueprint does not declare")


@pytest.mark.parametrize(
    ("name", "requirement", "says"),
    [
        ("two regions", "F-066", "by the declared workaround: two regions (very complex)"),
        ("another", "F-066", "its file accepts two regions, which the blueprint does not declare"),
        ("two regions", "F-001", "2 are needed"),  # one that stands for something else
        ("two regions", None, "2 are needed"),  # its file accepts none
    ],
)
def test_the_record_on_zones_is_asked_with_what_stands_in_for_them(
    name: str, requirement: str | None, says: str
) -> None:
    judge = judging.judge_at("ovh-sandbox", "emc2", layer="compute")
    plan, file = judge.context.plan, judge.context.capabilities
    assert file is not None
    offer = file.offers[judge.context.offer]
    compute = offer.bricks["compute"]
    assert compute.workaround is not None
    accepted = compute.workaround.model_copy(update={"requirement": requirement}) if requirement else None
    meant = compute.model_copy(update={"workaround": accepted})
    bricks = {**offer.bricks, "compute": meant}
    file = file.model_copy(update={"offers": {judge.context.offer: offer.model_copy(update={"bricks": bricks})}})
    said = tuple(dataclasses.replace(one, name=name) if one.brick == "compute" else one for one in plan.workarounds)
    index = Index(dataclasses.replace(plan, workarounds=said))
    judge = dataclasses.replace(judge, context=dataclasses.replace(judge.context, index=index, capabilities=file))
    given = registered("compute", False)
    kind, inputs = given[openstack_breaches.MACHINE]
    found = judging.ask(
        judge, "CPT-01", ovh.fact(kind, "urn::x", openstack_breaches.MACHINE, inputs, given["openstack"][1])
    )
    assert found.state is State.EVIDENCE_REQUIRED
    assert found.message.endswith(says), found.message


def test_no_credential_reaches_what_is_registered() -> None:
    for layer in ("network", "storage", "compute", "bastion"):
        assert "canary" not in str(registered(layer, False))


@pytest.mark.parametrize(
    "kind", [*sorted(kinds.TAGGED), *sorted(kinds.METADATA), kinds.RULE, "openstack:networking/trunk:Trunk"]
)
def test_what_says_nothing_of_itself_is_refused(kind: str) -> None:
    judge = judging.judge_at("ovh-sandbox", "emc2")
    found = next(
        one for one in judge.resource(ovh.fact(kind, "urn::x", "bubbles/warehouse", {})) if one.rule == "GOV-01"
    )
    assert found.state is State.NON_CONFORM
