"""NET-07, NET-10, NET-11: the flow matrix carried out in full, nothing in clear, both sides proved."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import plan as plans
from blueprint import private_links
from blueprint.values import UNKNOWN
from policies.verdicts import State
from providers.outscale import facts as outscale
from providers.ovh import facts as ovh
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, check, referring, to, unknown

PLAN = estate.plan_of()
RULE = "flows/omop-load/ingress/warehouse.omop/1"
TIME = "flows/upstream-time/egress/administration.services/1"

MATRIX = [
    Case("a rule of the matrix conforms", RULE, None, CONFORM),
    Case("fewer addresses conform", RULE, lambda p: p.update(ipRange=f"{p['ipRange'].split('/')[0]}/32"), CONFORM),
    Case("a number as text is a number", RULE, to(fromPortRange="5432", toPortRange="5432"), CONFORM),
    Case("one more port is refused", RULE, to(toPortRange=5433.0), REFUSED, "more than its flow"),
    Case("one port below is refused", RULE, to(fromPortRange=5431.0), REFUSED, "more than its flow"),
    Case("every port is refused", RULE, to(fromPortRange=-1.0, toPortRange=-1.0), REFUSED, "more than its flow"),
    Case("every protocol is refused", RULE, to(ipProtocol="-1"), REFUSED, "more than its flow"),
    Case("more addresses are refused", RULE, to(ipRange="10.64.0.0/12"), REFUSED, "more than its flow"),
    Case("the other direction is refused", RULE, to(flow="Outbound"), REFUSED, "more than its flow"),
    Case(
        "another zone is refused",
        RULE,
        referring(securityGroupId="bubbles/warehouse/zones/processing"),
        REFUSED,
        "more than its flow",
    ),
    Case("a rule of no flow is refused", RULE, to(subject="flows/x/ingress/warehouse.omop/1"), REFUSED, "no flow"),
    Case("an unknown port waits", RULE, unknown("toPortRange"), UNSEEN),
    Case("a list for a port is refused", RULE, to(fromPortRange=[5432.0]), REFUSED, "wrong type"),
]

CLEAR = [
    Case("an encrypted flow conforms", RULE, None, CONFORM),
    Case("signed time conforms", TIME, None, CONFORM),
    Case("icmp is not judged", RULE, to(ipProtocol="ICMP"), IDLE),
    Case("a rule of no flow is refused", RULE, to(subject="flows/x/ingress/warehouse.omop/1"), REFUSED, "no flow"),
    Case("HTTP in clear is refused", RULE, to(fromPortRange=80.0, toPortRange=80.0), REFUSED, "port 80 speaks"),
    Case("a range that holds FTP is refused", RULE, to(fromPortRange=18.0, toPortRange=22.0), REFUSED, "20, 21"),
    Case("an unknown port waits", RULE, unknown("fromPortRange"), UNSEEN),
    Case("a list for a protocol is refused", RULE, to(ipProtocol=["tcp"]), REFUSED, "wrong type"),
]


@pytest.mark.parametrize("case", MATRIX, ids=str)
def test_net_07(case: Case) -> None:
    check("NET-07", case)


@pytest.mark.parametrize("case", CLEAR, ids=str)
def test_net_10(case: Case) -> None:
    check("NET-10", case)


def with_flow(name: str, **changes: Any) -> plans.Plan:
    assert any(flow.name == name for flow in PLAN.flows)
    flows = tuple(dataclasses.replace(one, **changes) if one.name == name else one for one in PLAN.flows)
    return dataclasses.replace(PLAN, flows=flows)


@pytest.mark.parametrize(
    ("rule", "encryption", "state"),
    [
        (RULE, "none", REFUSED),
        (RULE, "", REFUSED),
        (RULE, "authenticated", REFUSED),
        (RULE, "mutual_tls", CONFORM),
        (RULE, "ssh", CONFORM),
        (RULE, "ipsec", CONFORM),
        (RULE, "TLS", REFUSED),
        (TIME, "none", REFUSED),
    ],
)
def test_a_flow_says_how_it_is_encrypted(rule: str, encryption: str, state: State) -> None:
    judge = judging.judge_of(with_flow(rule.split("/")[1], encryption=encryption))
    assert judging.say(judge, estate.estate_of(), "NET-10", rule).state is state


@pytest.mark.parametrize("encryption", ["none", ""])
def test_net_10_tls_that_ends_at_the_edge_does_not_cover_the_way_behind_it(encryption: str) -> None:
    """Whether an edge opens TLS or passes it through, the flow from there on is judged by what it says itself."""
    judge = judging.judge_of(with_flow("landing", encryption=encryption))
    before = "flows/delivery-nancy/ingress/ingestion.gateway/1"
    for rule, state in ((before, CONFORM), ("flows/landing/ingress/ingestion.landing/1", REFUSED)):
        assert judging.say(judge, estate.estate_of(), "NET-10", rule).state is state


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, CONFORM),
        ({"ipProtocol": "tcp"}, REFUSED),
        ({"fromPortRange": 122.0}, REFUSED),
        ({"fromPortRange": 124.0, "toPortRange": 124.0}, REFUSED),
    ],
)
def test_only_time_may_be_signed_and_readable(changes: dict[str, Any], state: State) -> None:
    whole = estate.estate_of()
    whole[TIME].properties.update(changes)
    assert judging.say(judging.judge_of(PLAN), whole, "NET-10", TIME).state is state


def test_what_an_ipsec_link_carries_is_encrypted_by_it() -> None:
    whole = estate.estate_of()
    whole[RULE].properties.update(fromPortRange=80.0, toPortRange=80.0)
    judge = judging.judge_of(with_flow("omop-load", encryption="ipsec"))
    assert judging.say(judge, whole, "NET-10", RULE).state is CONFORM


@pytest.mark.parametrize(
    ("endpoint", "simulated", "state"),
    [
        ("https://api.cloudgouv-eu-west-1.outscale.com/api/v1", False, CONFORM),
        ("HTTPS://api.example/", False, CONFORM),
        ("http://api.example/", False, REFUSED),
        ("http://api.example/", True, REFUSED),
        ("http://127.0.0.1:18080/api/v1", True, CONFORM),
        ("http://127.0.0.1:18080/api/v1", False, REFUSED),
        ("http://127.0.0.1.example/", True, REFUSED),
        ("https:///api", False, REFUSED),
        ("https://[::1", False, REFUSED),
        ("api.example", False, REFUSED),
        (None, False, IDLE),
        (UNKNOWN, False, UNSEEN),
        (["https://x"], False, REFUSED),
    ],
)
def test_a_provider_is_called_over_tls(endpoint: Any, simulated: bool, state: State) -> None:
    fact = outscale.fact("pulumi:providers:outscale", "urn", "outscale", {"endpoint": endpoint})
    found = judging.ask(judging.judge_of(PLAN, simulated=simulated), "NET-10", fact)
    assert (found.state, found.fault) == (state, False)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"insecure": False}, CONFORM),
        ({"insecure": True}, REFUSED),
        ({"insecure": "true"}, REFUSED),
        ({"insecure": UNKNOWN}, UNSEEN),
    ],
)
def test_a_provider_asks_for_the_certificate_of_its_endpoint_its_own_too(given: dict[str, Any], state: State) -> None:
    fact = ovh.fact(
        "pulumi:providers:openstack", "urn", "openstack", {"authUrl": "https://keystone.example/v3", **given}
    )
    found = judging.ask(judging.judge_of(PLAN), "NET-10", fact)
    assert (found.state, found.fault) == (state, False)
    own = judging.ask(judging.judge_of(PLAN), "NET-10", outscale.fact("pulumi:providers:outscale", "urn", "o", given))
    assert own.state is (IDLE if state is CONFORM else state)


def whole_says(whole: estate.Estate, **context: Any) -> list[tuple[str, State]]:
    found = judging.say_whole(judging.judge_of(PLAN, **context), whole, "NET-07")
    return [(one.subject, one.state) for one in found]


def test_a_flow_whose_rule_is_missing_or_there_twice_is_refused_over_the_whole_stack() -> None:
    whole = estate.estate_of()
    linked = [(one.external.subject, State.EVIDENCE_REQUIRED) for one in private_links.of(PLAN)]
    assert whole_says(whole) == [("flows", CONFORM), *linked]
    twice = whole.copy()
    twice.resources["again"] = dataclasses.replace(whole[RULE], name="again")
    assert whole_says(twice) == [("flows/omop-load", REFUSED), *linked]
    del whole.resources[RULE]
    assert whole_says(whole) == [("flows/omop-load", REFUSED), *linked]
    lost = next(name for name in whole.resources if name.startswith("flows/delivery-snds/"))
    del whole.resources[lost]
    assert ("externals/snds", State.EVIDENCE_REQUIRED) not in whole_says(whole), "its rules are not there either"


def test_the_matrix_is_the_network_layer_s_business() -> None:
    whole = estate.estate_of()
    whole.resources = {name: one for name, one in whole.resources.items() if not name.startswith("flows/")}
    assert whole_says(whole, layer="storage") == []
    assert len(whole_says(whole, layer="network")) == len(PLAN.rules)


EVIDENCE = State.EVIDENCE_REQUIRED
PROVED: list[tuple[str, str, dict[str, Any], State, str]] = [
    ("both sides by certificate", "omop-load", {}, CONFORM, ""),
    ("whoever opens it", "omop-load", {"automated": True}, CONFORM, ""),
    ("one side only, between machines", "omop-load", {"encryption": "tls", "automated": True}, REFUSED, "one side"),
    ("in another case it is no other word", "omop-load", {"encryption": "TLS", "automated": True}, REFUSED, "one side"),
    ("nothing at all", "omop-load", {"encryption": "", "automated": True}, REFUSED, "over nothing"),
    ("nobody says who opens it", "omop-load", {"encryption": "tls"}, EVIDENCE, "does not say"),
    (
        "a machine's flow called a person's",
        "omop-load",
        {"encryption": "tls", "automated": False},
        REFUSED,
        "no person works",
    ),
    ("a delivery over one-sided TLS", "delivery-lyon", {"encryption": "tls", "automated": True}, REFUSED, "one side"),
    ("a person who signs in", "queries-a", {}, IDLE, "signs in"),
    ("a job in a person's place", "queries-a", {"automated": True}, REFUSED, "one side"),
    ("a person from outside", "access-a", {"encryption": "tls", "automated": False}, IDLE, "signs in"),
    ("a server outside decides how", "objects-warehouse", {}, EVIDENCE, "record"),
    (
        "IPsec, by a certificate or a shared secret",
        "landing",
        {"encryption": "ipsec", "automated": True},
        EVIDENCE,
        "rec",
    ),
    ("ssh, by a key or a password", "landing", {"encryption": "ssh", "automated": True}, EVIDENCE, "record"),
    (
        "a flow of a whole bubble counts",
        "landing",
        {"source": "bubbles/ingestion", "encryption": "none", "automated": True},
        REFUSED,
        "none",
    ),
]


@pytest.mark.parametrize(
    ("name", "changes", "wanted", "says"), [case[1:] for case in PROVED], ids=[case[0] for case in PROVED]
)
def test_net_11_both_sides_are_proved(name: str, changes: dict[str, Any], wanted: State, says: str) -> None:
    for judge in (
        judging.judge_of(with_flow(name, **changes)),
        judging.judge_of(with_flow(name, **changes), preview=True),
    ):
        (found,) = [one for one in judging.say_run(judge, "NET-11") if one.subject == f"flows/{name}"]
        assert (found.state, says in found.message, found.fault) == (wanted, True, False), found
        assert found.effect == ("block" if wanted is REFUSED else "warn" if wanted is EVIDENCE else "pass")


def test_net_11_looks_at_declared_flows_of_health_data_and_at_no_other() -> None:
    found = {one.subject for one in judging.say_run(judging.judge_of(PLAN), "NET-11")}
    assert "flows/upstream-names" not in found, "the administration bubble holds no health data"
    assert not [one for one in found if "--" in one], "generated flows carry none"
    assert {"flows/delivery-snds", "flows/child-system", "flows/omop-replication"} <= found
    ping = with_flow("landing", protocol="icmp", encryption="none", automated=True)
    assert "flows/landing" not in {one.subject for one in judging.say_run(judging.judge_of(ping), "NET-11")}


def test_net_11_has_nothing_to_judge_without_health_data() -> None:
    bubbles = tuple(dataclasses.replace(one, data_class="technical") for one in PLAN.bubbles)
    (found,) = judging.say_run(judging.judge_of(dataclasses.replace(PLAN, bubbles=bubbles)), "NET-11")
    assert found.state is IDLE


def test_net_11_on_openstack_too() -> None:
    found = {one.subject: one.state for one in judging.say_run(judging.judge_at("ovh-sandbox", "emc2"), "NET-11")}
    assert found["flows/omop-load"] is CONFORM
    assert found["flows/objects-warehouse"] is EVIDENCE
    assert REFUSED not in found.values()


def test_a_rule_of_the_matrix_keeps_its_protocol() -> None:
    check("NET-07", Case("udp for tcp", RULE, to(ipProtocol="udp"), REFUSED, "more than its flow"))


def test_icmp_has_no_ports_to_keep_within() -> None:
    """Its numbers are types and codes: a flow of ICMP opens all of them."""
    rules = tuple(dataclasses.replace(one, protocol="icmp") if one.subject == RULE else one for one in PLAN.rules)
    whole = estate.estate_of()
    whole[RULE].properties.update(ipProtocol="icmp", fromPortRange=8.0, toPortRange=0.0)
    judge = judging.judge_of(dataclasses.replace(PLAN, rules=rules))
    assert judging.say(judge, whole, "NET-07", RULE).state is CONFORM
    assert judging.say(judging.judge_of(PLAN), whole, "NET-07", RULE).state is REFUSED


def test_what_is_registered_is_compared_whatever_the_layer() -> None:
    whole = estate.estate_of()
    whole.resources = {RULE: whole[RULE]}
    assert len(whole_says(whole, layer="storage")) == len(PLAN.rules) - 1
    (first, *_) = judging.say_whole(judging.judge_of(PLAN, layer="network"), estate.Estate(bare()), "NET-07")
    assert "registered 0 times" in first.message


def bare() -> plans.Plan:
    return dataclasses.replace(PLAN, rules=())


def test_only_one_signed_port_is_open_not_a_range_to_it() -> None:
    whole = estate.estate_of()
    whole[TIME].properties.update(fromPortRange=123.0, toPortRange=124.0)
    assert judging.say(judging.judge_of(PLAN), whole, "NET-10", TIME).state is REFUSED


def test_net_07_says_of_what_only_a_private_link_carries_that_nothing_here_shows_it() -> None:
    """Each rule of such a flow is registered, and no route leads there: that it passes is no claim of ours."""
    links = {one.external.subject: one for one in private_links.of(PLAN)}
    told = judging.judge_of(PLAN).stack(estate.estate_of().facts())
    found = {one.subject: one for one in told if one.rule == "NET-07"}
    assert found.pop("flows").state is State.CONFORM
    assert set(found) == set(links)
    assert {one.state for one in found.values()} == {State.EVIDENCE_REQUIRED}
    assert "delivery-snds has filter rules and no route" in found["externals/snds"].message
    assert "access-a, access-b have" in found["externals/researchers"].message


def test_net_07_asks_nothing_of_what_has_a_route() -> None:
    routed = tuple(dataclasses.replace(one, via="internet") for one in PLAN.externals)
    told = judging.judge_of(dataclasses.replace(PLAN, externals=routed)).stack(estate.estate_of().facts())
    assert {(one.subject, one.state) for one in told if one.rule == "NET-07"} == {("flows", State.CONFORM)}
