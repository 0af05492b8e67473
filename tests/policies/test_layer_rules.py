"""GOV-09 from layer to layer: an id of what another layer makes comes from that layer's outputs, or is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import facts
from blueprint import stack as stacks
from policies import lines
from policies.verdicts import State
from providers.ovh import facts as ovh
from providers.ovh import kinds
from tests.mutation import platforms
from tests.policies import elsewhere, estate, judging, runs
from tests.policies.cases import CONFORM, IDLE, REFUSED
from tests.policies.test_control_rules import NET, NIC, SUBNET

LAYER = "emc2.outscale-sandbox.dev.network"
MACHINE = "bubbles/warehouse/tiers/omop/1"


def above(uses: dict[str, tuple[str, ...]], layer: str = "compute", **changes: Any) -> tuple[State, str]:
    """What is said of an interface whose ids come from there, in a layer that holds nothing else."""
    changed = estate.estate_of()
    changed.resources, changed.read = {NIC: dataclasses.replace(changed[NIC], uses=uses)}, (LAYER,)
    judge = judging.judge_of(changed.plan, layer=layer, **changes)
    (found,) = judging.say_whole(judge, changed, "GOV-09")
    return found.state, found.message


@pytest.mark.parametrize(
    ("uses", "state", "says"),
    [
        ({"subnetId": (LAYER,), "securityGroupIds": (LAYER,)}, IDLE, "live check"),
        (
            {"securityGroupIds": (LAYER,)},
            REFUSED,
            "`subnetId` names bubbles/warehouse/zones/omop/az/a, which is another",
        ),
        ({"subnetId": (LAYER,)}, REFUSED, "`securityGroupIds[0]` names bubbles/warehouse/zones/omop/filter, which is"),
        ({}, REFUSED, "typed by hand, or only read"),
    ],
    ids=["both are the other layer's outputs", "one is a constant", "one in a list is a constant", "all are constants"],
)
def test_an_id_of_another_layer_comes_from_that_layer(
    uses: dict[str, tuple[str, ...]], state: State, says: str
) -> None:
    """A stack only reads another: the engine names it where ids come from, and never among the stack's resources."""
    found = above(uses)
    assert (found[0], says in found[1]) == (state, True), found
    assert above(uses, layer="bastion")[0] is state


def test_what_is_only_read_gives_no_id_of_another_layer() -> None:
    """`.get()`: the engine names what the id comes from, and shows nothing of it."""
    got = ("urn:pulumi:stack::rempart::outscale:index:Subnet::a",)
    changed = runs.layer(estate.estate_of(), "compute")
    nic = next(fact for fact in changed.facts() if fact.origin.urn == changed[NIC].urn)
    seen = {**(nic.origin.dependencies or {}), "subnetId": got}
    only_read = dataclasses.replace(nic, origin=dataclasses.replace(nic.origin, dependencies=seen))
    found = [one for one in judging.judge_of(changed.plan, layer="compute").stack([only_read]) if one.rule == "GOV-09"]
    assert [(one.state, "`subnetId`" in one.message) for one in found] == [(REFUSED, True)]


def test_a_layer_that_types_every_id_by_hand_is_refused_for_each_resource() -> None:
    part, judge = runs.layer(estate.estate_of(), "compute"), judging.judge_of(estate.plan_of(), layer="compute")
    assert REFUSED not in {one.state for one in judging.say_whole(judge, part, "GOV-09")}
    for one in part.resources.values():
        one.uses = {key: tuple(name for name in names if name != LAYER) for key, names in one.uses.items()}
    found = judging.say_whole(judge, part, "GOV-09")
    nics = {name for name in part.resources if name.endswith("/nic")}
    assert {one.subject for one in found if one.state is REFUSED} == nics
    assert {one.state for one in found if one.subject not in nics} == {CONFORM}


def test_before_the_layer_below_exists_a_placeholder_is_no_id_typed_by_hand() -> None:
    assert above({}, preview=True, provisional=("network",))[0] is IDLE
    assert above({}, preview=True)[0] is REFUSED


@pytest.mark.parametrize("layer", ["network", "storage"])
def test_a_layer_that_stands_on_none_takes_no_id_of_another_stack(layer: str) -> None:
    found = above({"subnetId": (LAYER,), "securityGroupIds": (LAYER,)}, layer=layer)
    assert (found[0], "neither makes nor adopts" in found[1]) == (REFUSED, True)


@pytest.mark.parametrize("layer", ["live", "terraform", "network"])
def test_what_points_at_nothing_that_is_made_here_is_not_said_to_conform(layer: str) -> None:
    """Nothing was looked at: an output beside the ids, or the way to the Internet, proves none of them."""
    changed = estate.estate_of()
    one = changed[NIC]
    one.properties |= {"netId": "vpc-1"}
    named = dict.fromkeys(one.properties["references"], facts.OUTSIDE)
    one.properties["references"] = named
    changed.resources = {NIC: dataclasses.replace(one, uses={})}
    (found,) = judging.say_whole(judging.judge_of(changed.plan, layer=layer), changed, "GOV-09")
    assert (found.state, "live check" in found.message) == (IDLE, True), found


def test_an_id_that_the_provider_adds_by_itself_is_no_reference() -> None:
    changed = estate.estate_of()
    changed[NIC].properties["netId"] = "vpc-1"  # an output
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "GOV-09")
    assert {one.state for one in found} == {State.CONFORM}


@pytest.mark.parametrize("place", platforms.PLACES)
def test_the_lowest_layer_points_at_nothing_that_it_neither_makes_nor_adopts(place: str) -> None:
    """What another hand made and the program only reads (`.get()`) is judged by no rule: it must not pass unseen."""
    layer = platforms.Layer(place, "network")
    assert not layer.refused()
    seen = [urn for fact in layer.facts for urns in (fact.origin.dependencies or {}).values() for urn in urns]
    kinds = {fact.origin.type: fact.origin.path for fact in layer.facts if fact.origin.urn in seen}
    assert len(kinds) > 1
    for subject in {NET, *kinds.values()}:
        found = [one for one in layer.read_only(subject) if one.rule == "GOV-09" and one.effect == "block"]
        assert found, subject
        for one in found:
            named = (subject, subject.rpartition("/")[0])  # a zone's filter may be named by its zone
            assert any(f"names {name}, which this stack neither makes nor adopts" in one.message for name in named)
            assert "Remedy: " in lines.write(one, layer.judge.catalogue)


@pytest.mark.parametrize("place", platforms.PLACES)
@pytest.mark.parametrize("layer", ["compute", "bastion"])
def test_a_layer_that_stands_on_another_points_at_what_that_one_makes(place: str, layer: str) -> None:
    assert not platforms.Layer(place, layer).refused()


def test_what_a_reading_of_the_account_points_at_is_no_layer_s_to_make() -> None:
    """There, GOV-10 says what is missing."""
    changed = estate.estate_of()
    del changed.resources[SUBNET]
    found = judging.say_whole(judging.judge_of(changed.plan, layer="live"), changed, "GOV-09")
    assert State.NON_CONFORM not in {one.state for one in found}


def _named(fact: facts.Fact, subject: str, references: dict[str, str]) -> facts.Fact:
    return dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, subject=subject, references=references))


def test_what_comes_back_beside_a_named_id_is_no_id_typed_by_hand() -> None:
    """OpenStack gives the network of each port that a machine names: nobody declared it, and it is of another layer."""
    port = f"{elsewhere.TARGET}::{kinds.PORT}::nic"
    layer = f"urn:pulumi:emc2::rempart::{stacks.REFERENCE}::{LAYER}"
    zone = "bubbles/warehouse/zones/omop"
    inputs = {"fixedIps": [{"subnetId": "s-1"}], "securityGroupIds": ["g-1"]}
    comes = {"fixedIps": (layer,), "securityGroupIds": (layer,)}
    back = {"networks": [{"port": "p-1", "uuid": "n-1"}]}
    together = [
        _named(
            ovh.fact(kinds.PORT, port, f"{MACHINE}/nic", inputs, elsewhere.PROVIDER, comes),
            f"{MACHINE}/nic",
            {"fixedIps[0].subnetId": f"{zone}/az/a", "securityGroupIds[0]": zone},
        ),
        _named(
            ovh.fact(kinds.INSTANCE, "urn", MACHINE, back, elsewhere.PROVIDER, {"networks": (port,)}),
            MACHINE,
            {"networks[0].port": f"{MACHINE}/nic"},
        ),
    ]
    judge = judging.judge_at(elsewhere.TARGET, "emc2", layer="compute")
    found = {one.subject: one.message for one in judge.stack(together) if one.rule == "GOV-09"}
    assert set(found) == {MACHINE, f"{MACHINE}/nic"}
    assert not [one for one in judge.stack(together) if one.rule == "GOV-09" and one.state is REFUSED], found
