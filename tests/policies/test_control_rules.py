"""GOV-01, GOV-02, GOV-09: a closed world, truthful tags, references that go where they say."""

from __future__ import annotations

import dataclasses

import pytest

from blueprint import facts
from blueprint.values import UNKNOWN
from policies.judge import console
from policies.verdicts import State
from providers.ovh import facts as ovh
from providers.ovh import kinds
from tests.mutation import platforms
from tests.policies import elsewhere, estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, Change, check, referring, to, unknown, without

NET = "bubbles/warehouse"
RULE = "flows/queries-a/ingress/project-a.data/1"
NIC = "bubbles/warehouse/tiers/omop/1/nic"
VM = "bubbles/warehouse/tiers/omop/1"
DISK_LINK = "bubbles/warehouse/tiers/omop/1/disks/"
TABLE_LINK = "bubbles/warehouse/zones/omop/az/a/table-link"
SUBNET = "bubbles/warehouse/zones/omop/az/a"
GROUP = "bubbles/warehouse/zones/omop/filter"
KEY = "bastion/keypair"
ACCEPTATION = "peerings/project-a--warehouse/acceptation"


def tagged(**values: object) -> Change:
    """Sets tags; None removes one."""

    def change(properties: dict[str, object]) -> None:
        tags = {**properties["tags"], **{f"rempart:{name}": value for name, value in values.items()}}
        properties["tags"] = {name: value for name, value in tags.items() if value is not None}

    return change


MAPPED = [
    Case("a planned resource conforms", NET, None, CONFORM),
    Case("the stack itself conforms", "stack", None, CONFORM),
    Case("an explicit provider conforms", "outscale", None, CONFORM),
    Case("a component conforms", "components/warehouse", None, CONFORM),
    Case("a resource that serves nothing is refused", NET, without("subject"), REFUSED, "`subject`"),
    Case("a number for a subject is refused", NET, to(subject=1.0), REFUSED, "`subject`"),
    Case("a subject that is not known yet is refused: adapters always know it", NET, unknown("subject"), REFUSED),
    Case(
        "a subject that is not in the plan is refused", RULE, to(subject="flows/x/ingress/y/1"), REFUSED, "not in the"
    ),
    Case("another kind's subject is refused", NIC, to(subject=NET), REFUSED, "not in the plan"),
    Case("a component without a subject is refused", "components/warehouse", to(subject=""), REFUSED),
    Case("the bastion's key pair conforms", KEY, None, CONFORM),
    Case(
        "a key pair of something else is refused", KEY, to(subject="bubbles/warehouse/keypair"), REFUSED, "not in the"
    ),
]

TAGS = [
    Case("tags of the plan conform", NET, None, CONFORM),
    Case("tags of what serves several bubbles conform", "peerings/project-a--warehouse", None, CONFORM),
    Case("a bastion's tags conform", "bastion/1", None, CONFORM),
    Case("a bucket's tags conform", "bubbles/warehouse/buckets/archive", None, CONFORM),
    Case("a kind without tags is not its business", RULE, None, IDLE),
    Case("a key pair's tags conform", KEY, None, CONFORM),
    Case("a key pair without tags is refused", KEY, without("tags"), REFUSED, "rempart:platform"),
    Case("no tags are refused", NET, without("tags"), REFUSED, "rempart:platform"),
    Case("a missing class of data is refused", NET, tagged(data_class=None), REFUSED, "data_class"),
    Case("an empty owner is refused", NET, tagged(owner=""), REFUSED, "owner"),
    Case("a lie about the class of data is refused", NET, tagged(data_class="technical"), REFUSED, "not what the plan"),
    Case("a lie about the environment is refused", NET, tagged(environment="prod"), REFUSED, "environment"),
    Case("a lie about the bubble is refused", NET, tagged(bubble="project-a"), REFUSED, "bubble"),
    Case("a lie about the end is refused", NET, tagged(project_end="2099-01-01"), REFUSED, "project_end"),
    Case("a brick that does not exist is refused", NET, tagged(brick="other"), REFUSED, "brick"),
    Case("unknown tags wait", NET, unknown("tags"), UNSEEN, "not known yet"),
    Case("one unknown tag waits", NET, tagged(owner=UNKNOWN), UNSEEN),
    Case("a list of tags is refused", NET, to(tags=["rempart:platform"]), REFUSED, "wrong type"),
    Case("a number for a tag is refused", NET, tagged(owner=1.0), REFUSED, "wrong type"),
]

REFERENCES = [
    Case("a planned reference conforms", RULE, None, CONFORM),
    Case("an interface in its place conforms", NIC, None, CONFORM),
    Case("a machine on its interface conforms", VM, None, CONFORM),
    Case("a network points at nothing and conforms", NET, None, CONFORM),
    Case("the stack is not its business", "stack", None, IDLE),
    Case("an id that says nothing is refused", RULE, to(references={}), REFUSED, "`securityGroupId`"),
    Case("an id that is not known yet still says where it goes", RULE, unknown("securityGroupId"), CONFORM),
    Case("an unknown id that says nothing is refused", RULE, to(references={}, securityGroupId=UNKNOWN), REFUSED),
    Case(
        "a rule on another zone's filter is refused",
        RULE,
        referring(securityGroupId="bubbles/warehouse/zones/omop"),
        REFUSED,
        "zone",
    ),
    Case("a group in another network is refused", GROUP, referring(netId="bubbles/project-a"), REFUSED, "network"),
    Case(
        "an interface in another segment is refused",
        NIC,
        referring(subnetId="bubbles/project-a/zones/data/az/a"),
        REFUSED,
        "segment",
    ),
    Case(
        "an interface with two filters is refused",
        NIC,
        lambda p: p.update(
            securityGroupIds=["sg-1", "sg-2"],
            references={**p["references"], "securityGroupIds[1]": "bubbles/project-a/zones/data/filter"},
        ),
        REFUSED,
        "filter",
    ),
    Case(
        "a second filter in secret is refused",
        NIC,
        to(securityGroupIds=["sg-1", "sg-2"]),
        REFUSED,
        "`securityGroupIds[1]`",
    ),
    Case(
        "a machine on another's interface is refused",
        VM,
        referring(**{"nics[0].nicId": "bubbles/project-a/tiers/database/1/nic"}),
        REFUSED,
        "interface",
    ),
    Case(
        "a second interface in secret is refused",
        VM,
        lambda p: p.update(nics=[*p["nics"], {"nicId": "eni-2"}]),
        REFUSED,
        "`nics[1].nicId`",
    ),
    Case(
        "a table given to another zone is refused",
        TABLE_LINK,
        referring(routeTableId="bubbles/warehouse/zones/processing/table"),
        REFUSED,
        "table",
    ),
    Case(
        "an acceptation of another link is refused",
        ACCEPTATION,
        referring(netPeeringId="peerings/ingestion--warehouse"),
        REFUSED,
        "peering",
    ),
    Case("a bastion that no key opens is refused", "bastion/1", without("keypairName"), REFUSED, "key pair"),
    Case(
        "a machine that a key opens past the bastion is refused",
        VM,
        lambda p: p.update(keypairName="k", references={**p["references"], "keypairName": KEY}),
        REFUSED,
        "key pair",
    ),
    Case(
        "another key pair than the bastion's is refused", "bastion/1", referring(keypairName="x"), REFUSED, "key pair"
    ),
    Case("the bastion's key pair points at nothing", KEY, None, CONFORM),
    Case("references of the wrong type are refused", RULE, to(references=["zone"]), REFUSED, "does not say"),
    Case(
        "a zone's filter named in full is the zone's",
        RULE,
        referring(securityGroupId="bubbles/project-a/zones/data/filter"),
        CONFORM,
    ),
]


@pytest.mark.parametrize("case", MAPPED, ids=str)
def test_gov_01(case: Case) -> None:
    check("GOV-01", case)


@pytest.mark.parametrize("case", TAGS, ids=str)
def test_gov_02(case: Case) -> None:
    check("GOV-02", case)


@pytest.mark.parametrize("case", REFERENCES, ids=str)
def test_gov_09(case: Case) -> None:
    check("GOV-09", case)


@pytest.mark.parametrize(
    "kind",
    [
        "aws:s3/bucket:Bucket",
        "outscale:index:VpnConnection",
        "outscale:index:net",
        "outscale:index/net:Net",
        "command:local:Command",
        "pulumi-python:dynamic:Resource",
        "pulumi:providers:aws",
        "rempart:other:Thing",
    ],
)
def test_whatever_no_rule_knows_is_refused(kind: str) -> None:
    changed = estate.estate_of()
    changed.resources["strange"] = estate.Resource(kind, "strange", {"subject": NET}, {})
    found = judging.say(judging.judge_of(changed.plan), changed, "GOV-01", "strange")
    assert found.state is State.NON_CONFORM
    assert found.effect == "block"


def _together(changed: estate.Estate, name: str) -> str:
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "GOV-09")
    return next(one for one in found if one.urn == changed[name].urn).message


def test_the_whole_compliant_estate_goes_where_it_says() -> None:
    changed = estate.estate_of()
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "GOV-09")
    assert {one.state for one in found} == {State.CONFORM}


@pytest.mark.parametrize(
    ("name", "uses", "says"),
    [
        (RULE, {"securityGroupId": (GROUP,)}, "does not come from"),
        (RULE, {}, "does not come from"),
        (NIC, {"subnetId": ("bubbles/warehouse/zones/omop/az/a",), "securityGroupIds": ()}, "does not come from"),
        (
            NIC,
            {
                "subnetId": ("bubbles/warehouse/zones/omop/az/a",),
                "securityGroupIds": (GROUP, "bubbles/project-a/zones/data/filter"),
            },
            "does not name",
        ),
    ],
    ids=["another group", "a constant", "a constant in a list", "one more in a list"],
)
def test_an_id_that_comes_from_elsewhere_than_it_says_is_refused(
    name: str, uses: dict[str, tuple[str, ...]], says: str
) -> None:
    changed = estate.estate_of()
    changed[name].uses = uses
    assert says in _together(changed, name)


def test_an_id_that_names_what_is_not_here_but_comes_from_here_is_refused() -> None:
    changed = estate.estate_of()
    changed[RULE].properties["references"] = {"securityGroupId": "bubbles/elsewhere/zones/x"}
    assert "other than" in _together(changed, RULE)


def test_ids_from_another_layer_are_left_to_the_live_check() -> None:
    changed = estate.estate_of()
    part = {name: one for name, one in changed.resources.items() if "/tiers/" in name and "/nic" in name}
    changed.resources = {name: dataclasses.replace(one, uses={}) for name, one in part.items()}
    found = judging.say_whole(judging.judge_of(changed.plan, layer="compute"), changed, "GOV-09")
    assert {one.state for one in found} == {State.NOT_APPLICABLE}


LAYER = "emc2.outscale-sandbox.dev.network"


@pytest.mark.parametrize(
    ("uses", "state", "says"),
    [
        ({"subnetId": (LAYER,), "securityGroupIds": (LAYER,)}, IDLE, "live check"),
        ({"securityGroupIds": (LAYER,)}, REFUSED, "`subnetId` is typed by hand: bubbles/warehouse/zones/omop/az/a"),
        ({"subnetId": (LAYER,)}, REFUSED, "`securityGroupIds[0]` is typed by hand"),
    ],
    ids=["both are the other layer's outputs", "one is a constant", "one in a list is a constant"],
)
def test_an_id_of_another_layer_comes_from_that_layer(
    uses: dict[str, tuple[str, ...]], state: State, says: str
) -> None:
    changed = estate.estate_of()
    reference = estate.Resource("pulumi:pulumi:StackReference", LAYER, {"name": LAYER}, {})
    changed.resources = {NIC: dataclasses.replace(changed[NIC], uses=uses), LAYER: reference}
    judge = judging.judge_of(changed.plan, layer="compute")
    found = next(one for one in judging.say_whole(judge, changed, "GOV-09") if one.urn)
    assert (found.state, says in found.message) == (state, True), found


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
            assert "Remedy: " in console(one, layer.judge.catalogue)


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


@pytest.mark.parametrize("typed", ["subnetId", "securityGroupIds"])
def test_an_id_typed_by_hand_is_refused_though_the_engine_shows_no_other_stack(typed: str) -> None:
    """A stack only reads another: the engine names it where ids come from, and never among the stack's resources."""
    changed = estate.estate_of()
    reference = estate.Resource("pulumi:pulumi:StackReference", LAYER, {"name": LAYER}, {})
    parts = {name: one for name, one in changed.resources.items() if name.endswith("/nic")}
    uses = {"subnetId": (LAYER,), "securityGroupIds": (LAYER,)}
    changed.resources = {name: dataclasses.replace(one, uses=uses) for name, one in parts.items()} | {LAYER: reference}
    changed[NIC].uses = {key: names for key, names in uses.items() if key != typed}
    shown = [fact for fact in changed.facts() if not isinstance(fact, facts.StackReference)]
    found = [one for one in judging.judge_of(changed.plan, layer="compute").stack(shown) if one.rule == "GOV-09"]
    refused = [(one.subject, one.effect, f"`{typed}" in one.message) for one in found if one.state is REFUSED]
    assert refused == [(NIC, "block", True)]
    assert len(found) == len(parts)


def _named(fact: facts.Fact, subject: str, references: dict[str, str]) -> facts.Fact:
    return dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, subject=subject, references=references))


def test_what_comes_back_beside_a_named_id_is_no_id_typed_by_hand() -> None:
    """OpenStack gives the network of each port that a machine names: nobody declared it, and it is of another layer."""
    machine, port = "bubbles/warehouse/tiers/omop/1", f"{elsewhere.TARGET}::{kinds.PORT}::nic"
    layer = f"urn:pulumi:emc2::rempart::pulumi:pulumi:StackReference::{LAYER}"
    zone = "bubbles/warehouse/zones/omop"
    inputs = {"fixedIps": [{"subnetId": "s-1"}], "securityGroupIds": ["g-1"]}
    comes = {"fixedIps": (layer,), "securityGroupIds": (layer,)}
    back = {"networks": [{"port": "p-1", "uuid": "n-1"}]}
    together = [
        _named(
            ovh.fact(kinds.PORT, port, f"{machine}/nic", inputs, elsewhere.PROVIDER, comes),
            f"{machine}/nic",
            {"fixedIps[0].subnetId": f"{zone}/az/a", "securityGroupIds[0]": zone},
        ),
        _named(
            ovh.fact(kinds.INSTANCE, "urn", machine, back, elsewhere.PROVIDER, {"networks": (port,)}),
            machine,
            {"networks[0].port": f"{machine}/nic"},
        ),
    ]
    judge = judging.judge_at(elsewhere.TARGET, "emc2", layer="compute")
    found = {one.subject: one.message for one in judge.stack(together) if one.rule == "GOV-09"}
    assert set(found) == {machine, f"{machine}/nic"}
    assert not [one for one in judge.stack(together) if one.rule == "GOV-09" and one.state is REFUSED], found
