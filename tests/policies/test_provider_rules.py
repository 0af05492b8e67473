"""SOV-03, NET-10: an explicit provider goes where its target says, and nowhere by an argument that no rule reads."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint.facts import Fact
from blueprint.values import UNKNOWN
from policies import urls
from policies.backend import Backend
from policies.verdicts import Phase, State
from providers.ovh import facts as ovh
from tests.policies import elsewhere, estate, judging
from tests.policies.cases import CONFORM, REFUSED, UNSEEN

CANARY = "Canary-41-Finch"


def say(rule: str, name: str = "outscale", **properties: Any) -> tuple[State, str]:
    whole = estate.estate_of()
    whole[name].properties.update(properties)
    found = judging.say(judging.judge_of(whole.plan), whole, rule, name)
    assert CANARY not in found.message
    return found.state, found.message


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://elsewhere.example\\@127.0.0.1:18080/api/v1",
        "http://user:pass@127.0.0.1:18080/api/v1",
        "http://127.0.0.1:9999/api/v1",
        "http://127.0.0.1/api/v1",
        "https://127.0.0.1:18080/api/v1",
        "http://127.0.0.1:18080/api/v1?x=http://elsewhere.example",
        "http://127.0.0.1:18080#@elsewhere.example",
        "http://127.0.0.1:18080\t.elsewhere.example",
        "https://api.cloudgouv-eu-west-1.outscale.com\\.elsewhere.example/",
    ],
)
def test_an_endpoint_that_a_client_may_read_in_another_way_is_refused(endpoint: str) -> None:
    """The rule read a host in it that `requests` did not call; and another port of a host is another service."""
    assert say("SOV-03", endpoint=endpoint) == (REFUSED, "its endpoint is none of the target's")


@pytest.mark.parametrize("endpoint", ["HTTP://127.0.0.1:18080/API/v1/", "http://127.0.0.1:18080", *estate.ENDPOINTS])
def test_the_target_s_own_endpoint_conforms_in_any_spelling(endpoint: str) -> None:
    assert say("SOV-03", endpoint=endpoint)[0] is CONFORM


@pytest.mark.parametrize("name", ["outscale", "oos"])
@pytest.mark.parametrize("value", [CANARY, UNKNOWN], ids=["known", "unknown"])
@pytest.mark.parametrize("argument", ["accessKey", "secretKey", "caBundle", "pluginDownloadURL", "tomorrow"])
def test_an_argument_that_no_rule_reads_is_refused(name: str, value: Any, argument: str) -> None:
    """A key of another account would make everything there, where no reading of the target's account sees it."""
    state, message = say("SOV-03", name, **{argument: value})
    assert (state, f"`{argument}`" in message) == (REFUSED, True)


def test_a_plugin_from_elsewhere_is_refused() -> None:
    """A state says it; the engine shows no pack of it, and takes the plugins that the project names."""
    state, message = say("SOV-03", __internal={"pluginDownloadURL": "https://elsewhere.example"})
    assert (state, "`__internal`" in message) == (REFUSED, True)
    assert say("SOV-03", __internal={}, version="0.1.0", requestsPerSecond=5, accessKey="")[0] is CONFORM


def openstack(**changes: Any) -> Fact:
    kind = "pulumi:providers:openstack"
    given = {**elsewhere.PROVIDER, "maxRetries": 0, **changes}
    return ovh.fact(kind, f"urn:pulumi:s::p::{kind}::openstack", "openstack", given)


@pytest.mark.parametrize(
    "argument", ["endpointOverrides", "password", "token", "tenantId", "applicationCredentialSecret", "cacertFile"]
)
def test_so_is_one_of_openstack(argument: str) -> None:
    found = judging.ask(judging.judge_at(elsewhere.TARGET, "emc2"), "SOV-03", openstack(**{argument: CANARY}))
    assert (found.state, f"`{argument}`" in found.message) == (REFUSED, True)
    assert CANARY not in found.message


@pytest.mark.parametrize("host", ["127.0.0.1", "elsewhere.example"])
def test_a_reading_of_openstack_asked_at_home_names_no_entry(host: str) -> None:
    """It tells where it asked; by which credentials, the record of the reading says."""
    asked = {"region": openstack().region, "authUrl": f"http://{host}:28540/v3"}
    kind = "pulumi:providers:openstack"
    fact = ovh.fact(kind, "openstack:openstack:openstack", "openstack", asked)
    found = judging.ask(judging.judge_at(elsewhere.TARGET, "emc2", place=Phase.LIVE), "SOV-03", fact)
    assert found.state is (CONFORM if host == "127.0.0.1" else REFUSED)


@pytest.mark.parametrize(
    ("insecure", "state"), [(True, REFUSED), ("true", REFUSED), (False, CONFORM), (UNKNOWN, UNSEEN), (1.0, REFUSED)]
)
def test_a_provider_that_looks_at_no_certificate_speaks_to_anybody(insecure: Any, state: State) -> None:
    judge = judging.judge_at(elsewhere.TARGET, "emc2")
    found = judging.ask(judge, "NET-10", openstack(insecure=insecure, authUrl="https://127.0.0.1:18080/v3"))
    assert found.state is state


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://oos.example", urls.Place("https", "oos.example", 443)),
        ("HTTP://[::1]:80/a", urls.Place("http", "::1", 80)),
        ("https://oos.example.:443", None),
        ("https://", None),
        ("ftp://oos.example", None),
        ("https://oos.example/%2e", None),
        ("https://oos.example:123456", None),
        ("https://ооs.example", None),
    ],
)
def test_a_place_is_read_from_a_plain_url_only(url: str, place: urls.Place | None) -> None:
    assert urls.place(url) == place


OOS = "oos.cloudgouv-eu-west-1.outscale.com"


@pytest.mark.parametrize(
    ("query", "simulated", "state"),
    [
        (f"endpoint=https://{OOS}", False, CONFORM),
        (f"endpoint=https://{OOS}&disable_https=false", False, CONFORM),
        (f"endpoint=http://{OOS}", False, REFUSED),
        (f"endpoint={OOS}&disable_https=true", False, REFUSED),
        (f"endpoint={OOS}&disableSSL=1", False, REFUSED),
        (f"endpoint=https://{OOS}&disable_https=true", False, REFUSED),
        (f"endpoint=https://elsewhere.example%5C@{OOS}", False, REFUSED),
        ("endpoint=http://127.0.0.1:7070&disable_https=true", True, CONFORM),
    ],
)
def test_a_state_crosses_the_network_under_tls(query: str, simulated: bool, state: State) -> None:
    backend = Backend(f"s3://state?{query}")
    (found,) = judging.say_run(judging.judge_of(estate.plan_of(), backend=backend, simulated=simulated), "SOV-07")
    assert found.state is state


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("region=x", "kept at a default endpoint"),
        ("endpoint=elsewhere.example:none", "kept at no plain address"),
        ("endpoint=https://elsewhere.example", "kept at elsewhere.example"),
    ],
)
def test_a_state_elsewhere_is_told_by_where_it_is(query: str, says: str) -> None:
    judge = judging.judge_of(estate.plan_of(), backend=Backend(f"s3://state?{query}"), simulated=False)
    (found,) = judging.say_run(judge, "SOV-07")
    assert found.state is REFUSED
    assert says in found.message
