"""Where OpenStack is asked is what it says, service by service; and by whose authority the answers are believed."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import openstack
import pytest
import yaml

from providers import capabilities, observation
from providers.observation import Chain, Standing, Unreachable
from providers.ovh import live, observed

HOSTS = [one.host for one in capabilities.load("ovh").offers["snc-cloud-platform"].hosts]
AUTH, STORAGE = f"https://{HOSTS[0]}/v3", f"https://{HOSTS[1]}"


@dataclasses.dataclass(frozen=True)
class Service:
    url: str | None

    def get_endpoint(self) -> str | None:
        return self.url


class Cloud:
    """A signed-in client whose catalogue says that everything is at the host of the sign-in."""

    network, compute, block_storage = (Service(f"https://{HOSTS[0]}/{name}") for name in ("net", "vm", "disk"))

    def __init__(self, **entry: Any) -> None:
        if "network_endpoint_override" in entry:
            self.network = Service(entry["network_endpoint_override"])

    def has_service(self, kind: str) -> bool:
        return kind in ("network", "compute", "block-storage")  # types, as the real client knows them


def account(folder: pathlib.Path, **entry: Any) -> live.Account:
    path = folder / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"c": {"auth": {"auth_url": AUTH}, **entry}}}), encoding="utf-8")
    return live.Account("r", path, "c", STORAGE, "r", "a", "s")


def called(account: live.Account) -> tuple[Standing, str]:
    """What a reading of that account would be called, if every https endpoint showed a certificate of its host."""
    asked = observed.endpoints(account)
    shown = {
        api: Chain(url.split("/")[2], "system", "", "", "") for api, url in asked.items() if url.startswith("https:")
    }
    return observation.standing(False, HOSTS, asked, shown)


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openstack, "connect", lambda **entry: Cloud(**entry))


def test_every_service_that_is_read_is_named(tmp_path: pathlib.Path) -> None:
    asked = observed.endpoints(account(tmp_path))
    assert asked.keys() == {"api", "storage", "network", "compute", "block-storage"}
    assert called(account(tmp_path)) == (Standing.VERIFIED, "registered hosts, over TLS")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://elsewhere.example.org/net", "elsewhere.example.org is not a host that the offer registers"),
        (f"http://{HOSTS[0]}/net", "the network endpoint is not asked over TLS"),
    ],
)
def test_a_service_that_is_asked_elsewhere_verifies_nothing(url: str, why: str, tmp_path: pathlib.Path) -> None:
    """The sign-in stays where it was: the answers that are judged come from another place."""
    assert called(account(tmp_path, network_endpoint_override=url)) == (Standing.UNVERIFIED, why)


@pytest.mark.parametrize("said", [{"verify": False}, {"verify": "False"}, {"insecure": True}, {"insecure": "true"}])
def test_an_entry_that_looks_at_no_certificate_is_not_read_with(said: dict[str, Any], tmp_path: pathlib.Path) -> None:
    with pytest.raises(Unreachable, match=r"the entry 'c' of .* looks at no certificate"):
        observed.authority(account(tmp_path, **said))


def test_an_authority_of_its_own_is_the_one_that_is_asked_for(tmp_path: pathlib.Path) -> None:
    own = account(tmp_path, cacert="/etc/own.pem")
    assert observed.authority(own) == "/etc/own.pem"
    assert observed.authority(account(tmp_path, verify=True)) is None
