"""What a result may be called: `verified` only where everything that makes it so was seen."""

from __future__ import annotations

import dataclasses

import pytest

from providers import capabilities
from providers.observation import Chain, Standing, standing

HOSTS = [one.host for one in capabilities.load("outscale").offers["iaas-cloud-on-demand"].hosts]
ENDPOINTS = {"api": f"https://{HOSTS[0]}/api/v1", "storage": f"https://{HOSTS[1]}"}
CHAINS = {
    api: Chain(host, "system", "CN=An authority", "ab" * 32, "Jan  1 00:00:00 2027 GMT")
    for api, host in zip(ENDPOINTS, HOSTS, strict=True)
}


def test_registered_hosts_over_tls_are_verified() -> None:
    assert standing(False, HOSTS, ENDPOINTS, CHAINS)[0] is Standing.VERIFIED


def test_a_sandbox_is_simulated_whatever_it_shows() -> None:
    assert standing(True, HOSTS, ENDPOINTS, CHAINS)[0] is Standing.SIMULATED


@pytest.mark.parametrize(
    ("hosts", "endpoints", "chains", "why"),
    [
        (HOSTS, {**ENDPOINTS, "api": f"http://{HOSTS[0]}/api/v1"}, CHAINS, "not asked over TLS"),
        (HOSTS[:1], ENDPOINTS, CHAINS, "not a host that the offer registers"),
        (HOSTS, {**ENDPOINTS, "api": f"https://{HOSTS[0]}.example.org"}, CHAINS, "not a host"),
        (HOSTS, {**ENDPOINTS, "api": f"https://{HOSTS[0]}@example.org"}, CHAINS, "not a host"),
        (HOSTS, ENDPOINTS, {"api": CHAINS["api"]}, "vouches"),
        (HOSTS, ENDPOINTS, {**CHAINS, "api": dataclasses.replace(CHAINS["api"], authority="own")}, "vouches"),
        (HOSTS, ENDPOINTS, {**CHAINS, "api": CHAINS["storage"]}, "vouches"),
        ([], ENDPOINTS, CHAINS, "not a host"),
        (HOSTS, {}, {}, "no endpoint"),
    ],
    ids=[
        "plain",
        "one unknown",
        "suffix",
        "user part",
        "no chain",
        "own authority",
        "another's chain",
        "none",
        "empty",
    ],
)
def test_anything_less_is_unverified_and_says_why(
    hosts: list[str], endpoints: dict[str, str], chains: dict[str, Chain], why: str
) -> None:
    found, said = standing(False, hosts, endpoints, chains)
    assert found is Standing.UNVERIFIED
    assert why in said


def test_a_host_name_has_a_source_and_a_day() -> None:
    for offer in capabilities.load("outscale").offers.values():
        for one in offer.hosts:
            assert one.source.strip()
            assert one.host.endswith(f".{offer.region}.outscale.com")
