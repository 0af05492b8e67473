"""GOV-01, GOV-02, GOV-09: a closed world, truthful tags, references that go where they say."""

from __future__ import annotations

import pytest

from blueprint.values import UNKNOWN
from policies.verdicts import State
from tests.policies import estate, judging
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
