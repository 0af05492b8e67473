"""What rules say of things that only some providers show: lists of addresses, policies of copies, keys, services."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import facts, loader, planner
from blueprint import plan as plans
from blueprint import target as targets
from blueprint.facts import Fact, Origin
from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed, Unresolved, Value
from policies.judge import Judge
from policies.rules import sto
from policies.verdicts import Finding, Phase, State
from providers import capabilities
from providers.cloudtemple import facts as cloudtemple
from providers.terraform import mapping
from tests.policies import judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN

EVIDENCE = State.EVIDENCE_REQUIRED
PLAN: plans.Plan = planner.plan(loader.load(loader.find("emc2")), targets.load("cloudtemple", only_read=True), "dev")
TODAY = dt.date(2026, 11, 23)
BUCKET, OTHER = (
    PLAN.buckets[0].subject,
    next(one.subject for one in PLAN.buckets if one.bubble != PLAN.buckets[0].bubble),
)
MACHINE = next(one.subject for one in PLAN.machines if "tiers" in one.subject)


def judge(plan: plans.Plan = PLAN, **changes: Any) -> Judge:
    where = {"capabilities": capabilities.load("cloudtemple"), "offer": "iaas-secure-temple", "region": "fr1"}
    return judging.judge_of(plan, **{**where, "simulated": False, "place": Phase.HCL, **changes})


def origin(subject: str | None, **changes: Any) -> Origin:
    return Origin(urn=subject or "it", type="cloudtemple:x:Y", name=subject or "it", subject=subject, **changes)


def ask(rule: str, fact: Fact, plan: plans.Plan = PLAN, **changes: Any) -> Finding:
    return judging.ask(judge(plan, **changes), rule, fact)


def whole(rule: str, *everything: Fact) -> dict[str, Finding]:
    found = [one for one in judge().stack(everything) if one.rule == rule]
    assert not any(one.fault for one in found)
    return {one.subject: one for one in found}


# STO-02


def bucket(**changes: Any) -> facts.Bucket:
    made = facts.Bucket(
        origin(BUCKET), "b", "fr1", "private", None, (), False, True, None, True, None, False, True, (), None, ()
    )
    return dataclasses.replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, CONFORM, ""),
        ({"admitted": None}, CONFORM, ""),
        ({"admitted": ("192.0.2.0/28", "10.0.0.0/8")}, CONFORM, ""),
        ({"admitted": ("192.0.2.0/28", "198.0.0.0/16")}, CONFORM, ""),
        ({"admitted": ("198.0.0.0/15",)}, REFUSED, "almost anyone"),
        ({"admitted": ("198.0.0.0/16", "198.1.0.0/16")}, REFUSED, "almost anyone"),
        ({"admitted": ("0.0.0.0/1", "128.0.0.0/1")}, REFUSED, "almost anyone"),
        ({"admitted": ("2001:db8::/32",)}, CONFORM, ""),
        ({"admitted": ("2000::/3",)}, REFUSED, "almost anyone"),
        ({"admitted": UNKNOWN}, UNSEEN, "not known yet"),
        ({"admitted": Malformed("a list")}, REFUSED, "wrong type"),
        ({"admitted": NOT_OBSERVABLE}, UNSEEN, "`admitted`"),
        ({"admitted": NOT_OBSERVABLE, "acl": "public"}, REFUSED, "ACL"),
        ({"admitted": NOT_OBSERVABLE, "website": True}, REFUSED, "web site"),
        ({"policy": NOT_OBSERVABLE}, UNSEEN, "`policy`"),
        ({"policy": NOT_OBSERVABLE, "acl": "public"}, REFUSED, "ACL"),
        ({"policy": NOT_OBSERVABLE, "admitted": ("0.0.0.0/0",)}, REFUSED, "almost anyone"),
        ({"website": NOT_OBSERVABLE}, UNSEEN, "`website`"),
        ({"website": NOT_OBSERVABLE, "cors_origins": ("*",)}, REFUSED, "web origin"),
        ({"cors_origins": NOT_OBSERVABLE}, UNSEEN, "`cors_origins`"),
        ({"cors_origins": NOT_OBSERVABLE, "website": True}, REFUSED, "web site"),
        ({"website": NOT_OBSERVABLE, "acl": UNKNOWN}, UNSEEN, "`acl` is not known yet"),
    ],
)
def test_what_is_hidden_hides_nothing_that_is_shown(changes: Any, state: State, says: str) -> None:
    found = ask("STO-02", bucket(**changes))
    assert found.state is state
    assert says in found.message


@pytest.mark.parametrize(
    ("hidden", "place", "scope"),
    [
        ("policy", Phase.HCL, "offers/iaas-secure-temple/bucket-policy"),
        ("website", Phase.HCL, ""),
        ("acl", Phase.HCL, ""),
        ("acl", Phase.LIVE, "offers/iaas-secure-temple/bucket-acl"),
    ],
)
def test_a_record_about_the_offer_may_answer_for_what_no_interface_shows(hidden: str, place: Phase, scope: str) -> None:
    assert sto.not_public(bucket(**{hidden: NOT_OBSERVABLE}), judge(place=place).context).scope == scope


# STO-07


@pytest.mark.parametrize(
    ("copied", "state", "says"),
    [
        (True, EVIDENCE, "nothing here shows"),
        (False, REFUSED, "no policy of copies"),
        (UNKNOWN, UNSEEN, "not known yet"),
        (NOT_OBSERVABLE, UNSEEN, "`copied`"),
    ],
)
def test_each_machine_names_a_policy_of_copies(copied: Value[bool | None], state: State, says: str) -> None:
    found = whole("STO-07", machine(copied=copied))[MACHINE]
    assert (found.state, found.urn) == (state, MACHINE)
    assert says in found.message


def test_a_disk_that_is_copied_by_itself_names_a_policy_too() -> None:
    def disk(*, copied: bool) -> facts.Disk:
        return facts.Disk(origin("d"), 1, NOT_OBSERVABLE, "fr1", NOT_OBSERVABLE, copied=copied)

    lost = whole("STO-07", disk(copied=False), machine(copied=False))
    assert lost["d"].message.endswith("only its machine's would hold it")
    assert lost[MACHINE].message.endswith("its disks would be lost with it")
    named = whole("STO-07", disk(copied=True), machine(copied=True))
    assert (named["d"].scope, named[MACHINE].scope) == ("kinds/disk", "kinds/machine")


def test_where_there_are_no_such_policies_nothing_is_said_of_them() -> None:
    assert whole("STO-07", machine()) == {}
    assert whole("STO-07", bucket(), key()) == {}


@pytest.mark.parametrize(
    ("left_out", "state", "says"),
    [
        (True, REFUSED, "leave it out"),
        (UNKNOWN, UNSEEN, "not known yet"),
        (NOT_OBSERVABLE, UNSEEN, "`left_out`"),
        (Malformed("a string"), REFUSED, "wrong type"),
        (False, None, ""),
    ],
)
def test_a_disk_that_copies_leave_out_is_refused(left_out: Value[bool], state: State | None, says: str) -> None:
    disk = facts.Disk(origin("d"), 1, NOT_OBSERVABLE, "fr1", NOT_OBSERVABLE, left_out=left_out)
    found = whole("STO-07", disk)
    assert {one: finding.state for one, finding in found.items()} == ({"d": state} if state else {})
    assert all(says in finding.message and finding.urn == "d" for finding in found.values())


# CPT-05


def machine(**changes: Any) -> facts.Machine:
    made = facts.Machine(origin(MACHINE), "i", "", "fr1", NOT_OBSERVABLE, None, NOT_OBSERVABLE, (), "")
    planned = next(one for one in PLAN.machines if one.subject == MACHINE)
    return dataclasses.replace(made, **{"user_data": planned.user_data, **changes})


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, CONFORM, ""),
        ({"also": ("hostname: one", "2")}, CONFORM, ""),
        ({"also": ("password: hunter2-hunter2",)}, REFUSED, "password"),
        ({"also": (UNKNOWN, "password: hunter2-hunter2")}, REFUSED, "password"),
        ({"user_data": NOT_OBSERVABLE, "also": ("password: hunter2-hunter2",)}, REFUSED, "password"),
        ({"user_data": "password: hunter2-hunter2", "also": (NOT_OBSERVABLE,)}, REFUSED, "password"),
        ({"also": ("hostname: one", UNKNOWN)}, UNSEEN, "not known yet"),
        ({"also": (NOT_OBSERVABLE,)}, UNSEEN, "cannot be read"),
        ({"also": (Malformed("a string"),)}, REFUSED, "wrong type"),
        ({"user_data": "#!/bin/sh\nls\n"}, REFUSED, "not what the blueprint says"),
    ],
)
def test_everything_that_a_machine_is_born_with_is_read(changes: Any, state: State, says: str) -> None:
    found = ask("CPT-05", machine(**changes))
    assert found.state is state
    assert says in found.message


# IAM-06 and STO-06: keys that resources make


def key(opens: str = "api", subject: str | None = None, **changes: Any) -> facts.Credential:
    return facts.Credential(**{"origin": origin(subject), "opens": opens, "everything": False, "until": "", **changes})


@pytest.mark.parametrize(
    ("until", "state", "says"),
    [
        ((TODAY + dt.timedelta(90)).isoformat(), EVIDENCE, "nothing here shows"),
        ((TODAY + dt.timedelta(91)).isoformat(), REFUSED, "within 90 days"),
        (f"{TODAY + dt.timedelta(30)}T00:00:00Z", EVIDENCE, "2026-12-23"),
        ("", REFUSED, "no day"),
        ("soon", REFUSED, "no day"),
        (UNKNOWN, UNSEEN, "not known yet"),
        (NOT_OBSERVABLE, UNSEEN, "`until`"),
        (Malformed("a string"), REFUSED, "wrong type"),
    ],
)
def test_a_key_of_the_api_ends(until: Value[str], state: State, says: str) -> None:
    found = ask("IAM-06", key(until=until))
    assert found.state is state
    assert says in found.message


def test_a_credential_that_is_written_out_is_refused() -> None:
    made = facts.ProviderConfiguration(origin(None), "cloudtemple", "fr1", None)
    found = whole("IAM-06", dataclasses.replace(made, secret="secret_id"), key(subject="k"))
    assert {name: one.state for name, one in found.items()} == {"it": REFUSED}
    assert "`secret_id`" in found["it"].message
    assert whole("IAM-06", made) == {}


def test_each_kind_of_key_has_its_rule() -> None:
    assert ask("IAM-06", key("storage")).state is IDLE
    assert ask("STO-06", key("api", everything=True)).state is IDLE


def test_no_key_opens_the_whole_storage_and_none_shows_its_end() -> None:
    assert ask("STO-06", key("storage", everything=True)).state is REFUSED
    assert ask("STO-06", key("storage", until=NOT_OBSERVABLE)).state is EVIDENCE


def test_a_key_is_one_that_the_blueprint_declares() -> None:
    declared = PLAN.storage_keys[0].subject
    assert ask("GOV-01", key("storage", declared)).state is CONFORM
    assert ask("GOV-01", key("api", declared)).state is REFUSED
    assert ask("GOV-01", key("storage", "storage_keys/nobody")).state is REFUSED
    assert ask("GOV-01", key("storage")).state is REFUSED


def grant(subject: str, bucket: str | None, account: str | None, gives: Value[str | None] = "read") -> facts.Support:
    return facts.Support(origin(subject), "bucket-grant", {"bucket": bucket, "account": account}, gives)


@pytest.mark.parametrize(
    ("gives", "state", "says"),
    [
        ("read", State.CONFORM, ""),
        ("control", REFUSED, "who else opens the bucket"),
        (NOT_OBSERVABLE, UNSEEN, "`gives`"),
        (UNKNOWN, UNSEEN, "not known yet"),
    ],
)
def test_a_grant_gives_reading_or_writing_and_no_say(gives: Value[str | None], state: State, says: str) -> None:
    found = whole("STO-06", grant("1", BUCKET, "a", gives))["1"]
    assert found.state is state
    assert says in found.message


def test_a_key_stays_in_one_bubble() -> None:
    home, away = grant("1", BUCKET, "a"), grant("2", OTHER, "a")
    assert whole("STO-06", home)["1"].state is CONFORM
    assert whole("STO-06", home, grant("2", OTHER, "b"))["1"].state is CONFORM
    found = whole("STO-06", home, away, grant("3", OTHER, "b"))
    assert {name: one.state for name, one in found.items()} == {"1": REFUSED, "2": REFUSED, "3": CONFORM}
    assert whole("STO-06", bucket(), facts.Support(origin("4"), "disk-link", {"bucket": OTHER, "account": "a"})) == {}
    assert "several bubbles" in found["1"].message
    assert found["2"].urn == "2"


@pytest.mark.parametrize(
    ("bucket", "account", "state", "says"),
    [
        ("buckets/stray", "a", REFUSED, "no bubble's"),
        (None, "a", REFUSED, "which key"),
        (BUCKET, None, REFUSED, "which key"),
        (Unresolved("bucket"), "a", UNSEEN, "`bucket`"),
        (BUCKET, Unresolved("storageAccount"), UNSEEN, "`storageAccount`"),
    ],
)
def test_a_grant_says_which_key_opens_what(bucket: str | None, account: str | None, state: State, says: str) -> None:
    beside = grant("2", BUCKET, "b")
    found = whole("STO-06", grant("1", bucket, account), beside)
    assert found["1"].state is state
    assert says in found["1"].message
    assert found["2"].state is CONFORM, "one that cannot be judged hides no other"


def test_a_grant_serves_a_bucket_of_the_plan() -> None:
    assert ask("GOV-01", grant(f"{BUCKET}/grant", BUCKET, "a")).state is CONFORM
    assert ask("GOV-01", grant(BUCKET, BUCKET, "a")).state is REFUSED
    assert ask("GOV-01", grant("buckets/stray/grant", BUCKET, "a")).state is REFUSED


def test_a_static_address_serves_an_interface_of_the_plan() -> None:
    def static(subject: str) -> facts.Support:
        return facts.Support(origin(subject), "static-address")

    assert ask("GOV-01", static(f"{MACHINE}/nic/static")).state is CONFORM
    assert ask("GOV-01", static(f"{MACHINE}/nic")).state is REFUSED
    assert ask("GOV-01", static(f"{MACHINE}/static")).state is REFUSED


# GOV-01


def test_a_type_that_no_rule_can_judge_asks_for_a_record_with_its_reason() -> None:
    found = ask("GOV-01", facts.Unjudged(origin(None), "nothing says what it holds"))
    assert (found.state, found.message) == (EVIDENCE, "nothing says what it holds")


# SOV-01


def test_a_service_that_is_not_what_its_kind_suggests_is_judged_as_itself() -> None:
    assert ask("SOV-01", machine()).state is EVIDENCE  # the decision, second-hand
    preview = dataclasses.replace(machine(), origin=origin(MACHINE, service="vm-instances"))
    found = ask("SOV-01", preview)
    assert found.state is REFUSED
    assert "inside no qualification decision" in found.message


def test_an_address_of_such_a_service_is_judged_too() -> None:
    def address(service: str) -> facts.PublicAddress:
        return facts.PublicAddress(origin(f"{MACHINE}/address", service=service), None)

    assert whole("SOV-01", address("vpc"))[f"{MACHINE}/address"].state is REFUSED
    assert whole("SOV-01", address(""), dataclasses.replace(machine(), origin=origin(MACHINE, service="vpc"))) == {}


# What points elsewhere


def test_what_is_of_another_bubble_is_refused_whatever_else_is_given_elsewhere() -> None:
    stranger = next(one.subject for one in PLAN.machines if one.bubble not in MACHINE)

    def interface(**references: str) -> facts.Interface:
        return facts.Interface(origin(f"{MACHINE}/nic", references=references), None, ())

    assert ask("DAT-01", interface(machine=MACHINE)).state is CONFORM
    hidden = ask("DAT-01", interface(networkId=Unresolved("networkId"), machine=MACHINE))
    assert (hidden.state, hidden.pending) == (UNSEEN, True)
    assert "`networkId`" in hidden.message
    assert ask("DAT-01", interface(networkId=Unresolved("networkId"), machine=stranger)).state is REFUSED


def test_an_address_whose_target_is_given_elsewhere_is_not_judged_as_a_stranger() -> None:
    bastion = PLAN.bastion.machines[0].subject if PLAN.bastion else ""
    for target, state in (
        (bastion, CONFORM),
        (f"{bastion}/nic", CONFORM),
        (None, CONFORM),
        ("", REFUSED),
        (f"{MACHINE}/nic", REFUSED),
        (Unresolved("staticIpId"), UNSEEN),
    ):
        found = ask("NET-09", facts.PublicAddress(origin(f"{bastion}/address/link"), target))
        assert found.state is state, (target is None, found.message)


# Whatever is written

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-70000, 70000)
    | st.floats(allow_nan=True)
    | st.text(max_size=12)
    | st.sampled_from([UNKNOWN, NOT_OBSERVABLE, "public", "custom", "Enabled", "0.0.0.0/0", "2027-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS = sorted({text.kind for text in mapping.load("cloudtemple").types.values()} | set(cloudtemple.PROVIDERS))
NAMES = sorted(
    {mapping.camel(name) for text in mapping.load("cloudtemple").types.values() for name in text.arguments}
    | {*cloudtemple.S3, "references", "subject", "unjudged", "acl"}
)


@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8),
    st.sampled_from([BUCKET, MACHINE]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_rule_fails_whatever_a_type_holds(kind: str, properties: dict[str, Any], subject: str) -> None:
    """Nor does making the fact: a rule that fails blocks a run without saying why."""
    given_ = {**properties, "subject": subject}
    fact = cloudtemple.fact(kind, "urn", "name", given_, {"region": properties.get("name")}, {"bucket": ("urn",)})
    asked = judge()
    found = [*asked.resource(fact), *asked.stack([fact])]
    assert not [one for one in found if one.fault]
