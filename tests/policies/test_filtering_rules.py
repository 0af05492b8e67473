"""NET-04, NET-05, NET-06, BAS-01: filters and routes."""

from __future__ import annotations

import dataclasses
import datetime as dt

import hypothesis.strategies as st
import pytest
from hypothesis import given

from policies import addresses
from policies.rules import ports
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, check, referring, to, unknown, without

IN = "flows/queries-a/ingress/project-a.data/1"
OUT = "flows/queries-a/egress/project-a.workspace/1"
ADMIN_IN = "flows/admin-22--hdh-operators/ingress/administration.bastion/1"
SSH_IN = "flows/admin-22--warehouse/ingress/warehouse.omop/1"
ROUTE = "bubbles/administration/zones/services/routes/203-0-113-16-28"
EDGE_ROUTE = "bubbles/administration/zones/bastion/routes/203-0-113-0-28"

NET_04 = [
    Case("a source that its flow declares conforms", IN, None, CONFORM),
    Case("a declared range of administrators conforms", ADMIN_IN, None, CONFORM),
    Case("an egress rule is not its business", OUT, None, IDLE),
    Case("the whole IPv4 Internet is refused", IN, to(ipRange="0.0.0.0/0"), REFUSED, "0.0.0.0/0"),
    Case("the whole IPv6 Internet is refused", IN, to(ipRange="::/0"), REFUSED, "::/0"),
    Case("the same, spelled longer, is refused", IN, to(ipRange="0:0:0:0:0:0:0:0/0"), REFUSED, "::/0"),
    Case("half of the Internet is refused", IN, to(ipRange="128.0.0.0/1"), REFUSED, "128.0.0.0/1"),
    Case("a large public block is refused", IN, to(ipRange="8.0.0.0/8"), REFUSED, "8.0.0.0/8"),
    Case("a private block around the Internet's is refused", IN, to(ipRange="10.0.0.0/7"), REFUSED, "10.0.0.0/7"),
    Case(
        "every port to everyone is refused",
        IN,
        to(ipProtocol="-1", fromPortRange=-1, toPortRange=-1, ipRange="0.0.0.0/0"),
        REFUSED,
        "every port",
    ),
    Case("numbers as text are numbers", IN, to(fromPortRange="5432", toPortRange="5432"), CONFORM),
    Case("a direction in another case is the same", IN, to(flow="INBOUND"), CONFORM),
    Case("another source than the flow's is refused", IN, to(ipRange="10.64.16.0/24"), REFUSED, "not inside"),
    Case(
        "a single address outside the declared range is refused", IN, to(ipRange="10.64.35.4/32"), REFUSED, "not inside"
    ),
    Case("an unknown source waits", IN, unknown("ipRange"), UNSEEN, "not known yet"),
    Case("a list of sources is refused", IN, to(ipRange=["10.0.0.0/8"]), REFUSED, "wrong type"),
    Case("words for a source are refused", IN, to(ipRange="anywhere"), REFUSED, "wrong type"),
    Case("no source at all is refused", IN, without("ipRange"), REFUSED),
    Case("a direction of nobody's is refused", IN, to(flow="sideways"), REFUSED, "wrong type"),
    Case(
        "a subject of no flow is refused",
        IN,
        to(subject="flows/made-up/ingress/project-a.data/1"),
        REFUSED,
        "no flow declares",
    ),
]

NET_05 = [
    Case("a listed destination conforms", OUT, None, CONFORM),
    Case("an ingress rule is not its business", IN, None, IDLE),
    Case("a route that is planned conforms", ROUTE, None, CONFORM),
    Case("a route of the edge conforms", EDGE_ROUTE, None, CONFORM),
    Case("egress to the Internet is refused", OUT, to(ipRange="0.0.0.0/0"), REFUSED, "0.0.0.0/0"),
    Case("egress to half of it is refused", OUT, to(ipRange="0.0.0.0/1"), REFUSED, "0.0.0.0/1"),
    Case("egress to the IPv6 Internet is refused", OUT, to(ipRange="::/0"), REFUSED, "::/0"),
    Case("every protocol is refused", OUT, to(ipProtocol="-1"), REFUSED, "every protocol"),
    Case("every protocol as a number is refused", OUT, to(ipProtocol=-1.0), REFUSED, "every protocol"),
    Case("another destination is refused", OUT, to(ipRange="10.64.16.0/24"), REFUSED, "not inside"),
    Case("an unknown destination waits", OUT, unknown("ipRange"), UNSEEN),
    Case("an egress rule of no flow is refused", OUT, to(subject="flows/made-up/egress/x/1"), REFUSED, "no flow"),
    Case(
        "a default route from a closed zone is refused",
        ROUTE,
        to(destinationIpRange="0.0.0.0/0"),
        REFUSED,
        "way to the Internet",
    ),
    Case(
        "half a default route is refused", ROUTE, to(destinationIpRange="128.0.0.0/1"), REFUSED, "way to the Internet"
    ),
    Case("a default IPv6 route is refused", ROUTE, to(destinationIpRange="::/0"), REFUSED, "way to the Internet"),
    Case(
        "a default route at the edge that nobody planned is refused",
        EDGE_ROUTE,
        to(destinationIpRange="0.0.0.0/0"),
        REFUSED,
        "destination",
    ),
    Case(
        "a route in another zone's table is refused",
        EDGE_ROUTE,
        referring(routeTableId="bubbles/administration/zones/services/table"),
        REFUSED,
        "table",
    ),
    Case(
        "a route to another target is refused",
        ROUTE,
        referring(natServiceId="bubbles/export/gateways/internet"),
        REFUSED,
        "target",
    ),
    Case(
        "a route with another kind of target is refused",
        ROUTE,
        lambda properties: properties.update(gatewayId=properties.pop("natServiceId")),
        REFUSED,
    ),
    Case("a route with two targets is refused", ROUTE, to(gatewayId="igw-1"), REFUSED, "wrong type"),
    Case("a route with an unknown destination waits", ROUTE, unknown("destinationIpRange"), UNSEEN),
    Case(
        "a route with a number for a destination is refused", ROUTE, to(destinationIpRange=7.0), REFUSED, "wrong type"
    ),
    Case(
        "a route that nobody planned is refused",
        ROUTE,
        to(subject="bubbles/warehouse/zones/omop/routes/x"),
        REFUSED,
        "no such route",
    ),
]

NET_06 = [
    Case("a rule of the matrix conforms", IN, None, CONFORM),
    Case("an egress rule of the matrix conforms", OUT, None, CONFORM),
    Case("a protocol as a number is the same", IN, to(ipProtocol="6"), CONFORM),
    Case("a protocol in capitals is the same", IN, to(ipProtocol="TCP"), CONFORM),
    Case("more ports than planned are refused", IN, to(toPortRange=6000), REFUSED, "ports"),
    Case("another protocol is refused", IN, to(ipProtocol="udp"), REFUSED, "protocol"),
    Case("a wider range is refused", IN, to(ipRange="10.64.32.0/20"), REFUSED, "address range"),
    Case("the other direction is refused", IN, to(flow="Outbound"), REFUSED, "direction"),
    Case(
        "another zone's filter is refused",
        IN,
        referring(securityGroupId="bubbles/warehouse/zones/omop"),
        REFUSED,
        "zone",
    ),
    Case(
        "a rule outside the matrix is refused",
        IN,
        to(subject="flows/made-up/ingress/project-a.data/1"),
        REFUSED,
        "not in the flow matrix",
    ),
    Case("an unknown port waits", IN, unknown("fromPortRange"), UNSEEN),
    Case("half a port is refused", IN, to(fromPortRange=54.5), REFUSED, "wrong type"),
    Case("a port beyond all ports is refused", IN, to(toPortRange=70000), REFUSED, "wrong type"),
    Case("true for a port is refused", IN, to(fromPortRange=True), REFUSED, "wrong type"),
    Case(
        "a review that is overdue is refused", IN, None, REFUSED, "reviewed by", context={"as_of": dt.date(2028, 1, 1)}
    ),
]

BAS_01 = [
    Case("an admin port from the bastion conforms", SSH_IN, None, CONFORM),
    Case("the bastion's own, from the declared range, conforms", ADMIN_IN, None, CONFORM),
    Case("another port is not its business", IN, None, IDLE),
    Case("an egress rule is not its business", OUT, None, IDLE),
    Case("an admin port from a whole bubble is refused", SSH_IN, to(ipRange="10.64.16.0/20"), REFUSED, "22"),
    Case("an admin port from everywhere inside is refused", SSH_IN, to(ipRange="10.0.0.0/8"), REFUSED, "22"),
    Case("a range of ports that holds one is refused", IN, to(fromPortRange=20, toPortRange=30), REFUSED, "22"),
    Case("every port is refused", IN, to(ipProtocol="-1"), REFUSED, "3389"),
    Case("the bastion from elsewhere is refused", ADMIN_IN, to(ipRange="198.51.100.0/28"), REFUSED, "administration"),
    Case("the same over UDP is not administration", IN, to(ipProtocol="17", fromPortRange=22, toPortRange=22), IDLE),
    Case("a port as text counts", IN, to(fromPortRange="3389", toPortRange="3389"), REFUSED, "3389"),
    Case("an unknown source waits", SSH_IN, unknown("ipRange"), UNSEEN),
    Case("a wrong type is refused", SSH_IN, to(ipRange=True), REFUSED, "wrong type"),
    Case("a subject of another flow changes nothing", SSH_IN, to(subject=IN, ipRange="10.64.16.0/20"), REFUSED, "22"),
]


@pytest.mark.parametrize("case", NET_04, ids=str)
def test_net_04(case: Case) -> None:
    check("NET-04", case)


@pytest.mark.parametrize("case", NET_05, ids=str)
def test_net_05(case: Case) -> None:
    check("NET-05", case)


@pytest.mark.parametrize("case", NET_06, ids=str)
def test_net_06(case: Case) -> None:
    check("NET-06", case)


@pytest.mark.parametrize("case", BAS_01, ids=str)
def test_bas_01(case: Case) -> None:
    check("BAS-01", case)


@pytest.mark.parametrize("platform", ["open-admin-port", "open-admin-port-halves", "open-admin-port-v6"])
def test_an_open_admin_port_is_refused_before_it_is_created(platform: str) -> None:
    changed = estate.estate_of(platform)
    judge = judging.judge_of(changed.plan)
    refused = {
        name
        for name in changed.resources
        for found in judge.resource(changed.fact(name))
        if found.rule == "NET-04" and found.effect == "block"
    }
    opened = {
        name
        for name, one in changed.resources.items()
        if one.kind.endswith("SecurityGroupRule")
        and one.properties["ipRange"] in ("0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1")
    }
    assert opened
    assert refused == opened


def test_two_halves_that_lie_about_their_subject_are_refused_together() -> None:
    changed = estate.estate_of()
    for number, half in enumerate(("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1")):
        changed.resources[f"half-{number}"] = dataclasses.replace(
            changed[IN],
            name=f"half-{number}",
            properties={**changed[IN].properties, "ipRange": half, "fromPortRange": 5000 + number, "toPortRange": 5010},
        )
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "NET-04")
    assert sum("0.0.0.0/0" in one.message for one in found if one.state is State.NON_CONFORM) == 3


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("encryption", "", "encryption"),
        ("purpose", "", "purpose"),
        ("owner", "", "owner"),
        ("review_date", None, "review_date"),
        ("to_port", 5500, "opens 69 ports"),
    ],
)
def test_a_flow_that_does_not_say_all_is_refused(field: str, value: object, says: str) -> None:
    plan = estate.plan_of()
    flows = tuple(dataclasses.replace(one, **{field: value}) if one.name == "queries-a" else one for one in plan.flows)
    found = judging.say(judging.judge_of(dataclasses.replace(plan, flows=flows)), estate.estate_of(), "NET-06", IN)
    assert found.state is State.NON_CONFORM
    assert says in found.message


def test_routes_that_make_a_default_route_together_are_refused() -> None:
    plan = estate.plan_of()
    planned = next(one for one in plan.routes if one.subject == ROUTE)
    parts = tuple(
        dataclasses.replace(planned, subject=f"{planned.zone}/routes/{number}", destination=f"{number}.{rest}.0.0/16")
        for number in (20,)
        for rest in range(256)
    )
    whole = dataclasses.replace(plan, routes=(*plan.routes, *parts))
    changed = estate.estate_of()
    changed.resources["part"] = dataclasses.replace(
        changed[ROUTE],
        name="part",
        properties={
            **changed[ROUTE].properties,
            "subject": parts[7].subject,
            "destinationIpRange": parts[7].destination,
        },
    )
    found = judging.say(judging.judge_of(whole), changed, "NET-05", "part")
    assert found.state is State.NON_CONFORM
    assert "20.0.0.0/8" in found.message


def test_a_way_to_another_bubble_is_none_to_the_internet_whatever_the_zone_s_other_routes_are() -> None:
    plan = estate.plan_of()
    peered = "bubbles/administration/zones/services/routes/10-64-0-0-20"
    out = next(one for one in plan.routes if one.subject == ROUTE)
    halves = tuple(
        dataclasses.replace(out, subject=f"{out.zone}/routes/{number}", destination=cidr)
        for number, cidr in enumerate(("0.0.0.0/1", "128.0.0.0/1"))
    )
    judge = judging.judge_of(dataclasses.replace(plan, routes=(*plan.routes, *halves)))
    assert judging.say(judge, estate.estate_of(), "NET-05", peered).state is State.CONFORM
    assert judging.say(judge, estate.estate_of(), "NET-05", ROUTE).state is State.NON_CONFORM


LIMITS = {4: 16, 6: 32}


@given(st.integers(1, 6), st.data())
def test_however_a_block_is_cut_it_is_as_wide(depth: int, data: st.DataObject) -> None:
    block = addresses.parse("64.0.0.0/8")
    parts = list(block.subnets(prefixlen_diff=depth))
    data.draw(st.permutations(parts))
    assert addresses.wide([str(part) for part in parts], LIMITS) == ("64.0.0.0/8",)


@given(st.sets(st.integers(0, 255), max_size=255))
def test_narrow_blocks_are_wide_only_where_they_touch(numbers: set[int]) -> None:
    texts = [f"20.{number}.0.0/16" for number in numbers]
    touching = any(number % 2 == 0 and number + 1 in numbers for number in numbers)
    assert bool(addresses.wide(texts, LIMITS)) == touching


def test_private_blocks_are_never_the_internet() -> None:
    assert addresses.wide(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"], LIMITS) == ()


@dataclasses.dataclass(frozen=True)
class Opened:
    """One opening of a zone."""

    key: str
    protocol: str
    first: int
    last: int
    cidrs: tuple[str, ...]


@pytest.mark.parametrize(
    ("protocol", "first", "last", "together"),
    [
        ("tcp", 443, 443, True),
        ("any", 0, 65535, True),
        ("tcp", 400, 443, True),
        ("tcp", 443, 500, True),
        ("tcp", 444, 500, False),
        ("tcp", 400, 442, False),
        ("udp", 443, 443, False),
    ],
)
def test_openings_meet_where_they_share_a_protocol_and_a_port(
    protocol: str, first: int, last: int, together: bool
) -> None:
    one = Opened("one", "tcp", 443, 443, ("20.0.0.0/16",))
    other = Opened("other", protocol, first, last, ("20.1.0.0/16",))
    block = ("20.0.0.0/15",)
    assert ports.wide_together([one, other], LIMITS) == ({"one": block, "other": block} if together else {})
    assert ports.wide_together([other, one], LIMITS) == ({"one": block, "other": block} if together else {})


def test_a_range_holds_the_ports_at_both_its_ends() -> None:
    assert ports.holds(22, 3389, [21, 22, 3389, 3390]) == (22, 3389)
