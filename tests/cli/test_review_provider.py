"""Where the calls of Terraform's providers go, by what their own blocks say: as each provider reads its arguments."""

from __future__ import annotations

import pathlib

import pytest

from tests.cli.reviewing import of, reviewed, write
from tests.policies import runs

NET = 'resource "outscale_net" "it" {\n  ip_range = "10.0.0.0/16"\n}\n'
NETWORK = 'resource "openstack_networking_network_v2" "it" {\n  name = "it"\n}\n'
BUCKET = 'resource "aws_s3_bucket" "it" {\n  bucket = "it"\n}\n'
HOME = "https://api.cloudgouv-eu-west-1.outscale.com/api/v1"
STORE = "https://oos.cloudgouv-eu-west-1.outscale.com"


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


def block(name: str, *lines: str) -> str:
    return "\n".join([f'provider "{name}" {{', *(f"  {line}" for line in lines), "}", ""])


def api(*lines: str) -> str:
    return "\n".join(["api {", *(f"    {line}" for line in lines), "  }"])


OUTSCALE = {
    "a region": (('region = "cloudgouv-eu-west-1"',), "conform", "not_applicable"),
    "the block of newer versions": (
        (api('region = "cloudgouv-eu-west-1"', f'endpoint = "{HOME}"'),),
        "conform",
        "conform",
    ),
    "a bare host, which is called by TLS": (
        (api('region = "cloudgouv-eu-west-1"', 'endpoint = "api.cloudgouv-eu-west-1.outscale.com"'),),
        "conform",
        "conform",
    ),
    "the block goes before the region beside it": (
        ('region = "cloudgouv-eu-west-1"', api('region = "us-east-2"')),
        "non_conform",
        "not_applicable",
    ),
    "the block goes before the endpoint beside it": (
        (
            'region = "cloudgouv-eu-west-1"',
            api('endpoint = "http://api.example.org"'),
            f'endpoints {{\n    api = "{HOME}"\n  }}',
        ),
        "non_conform",
        "non_conform",
    ),
    "the endpoint of older versions": (
        ('region = "cloudgouv-eu-west-1"', 'endpoints {\n    api = "https://api.example.org"\n  }'),
        "non_conform",
        "conform",
    ),
    "any certificate": (
        (api('region = "cloudgouv-eu-west-1"', f'endpoint = "{HOME}"', "insecure = true"),),
        "conform",
        "non_conform",
    ),
    "any certificate, beside the block": (
        ('region = "cloudgouv-eu-west-1"', "insecure = true"),
        "conform",
        "non_conform",
    ),
    "nothing that is known": ((api("region = var.region"),), "not_observable", "not_applicable"),
    "an endpoint that nobody knows": (
        (api('region = "cloudgouv-eu-west-1"', "endpoint = var.region"),),
        "not_observable",
        "not_observable",
    ),
}


@pytest.mark.parametrize("name", OUTSCALE)
def test_outscale_is_called_where_its_block_says(name: str, folder: pathlib.Path) -> None:
    lines, place, tls = OUTSCALE[name]
    files = write(folder, main='variable "region" {}\n' + block("outscale", *lines) + NET)
    document = reviewed(files, folder)
    assert of(document, "SOV-03")["provider outscale"][0] == place
    assert of(document, "NET-10")["provider outscale"][0] == tls


OPENSTACK = {
    "it says nowhere where it signs in": ((), "not_observable", "not_observable"),
    "one service is called elsewhere": (
        ('auth_url = "https://127.0.0.1/v3"', 'endpoint_overrides = { network = "https://neutron.example.org/" }'),
        "non_conform",
        None,
    ),
    "services are called wherever a variable says": (
        ('auth_url = "https://127.0.0.1/v3"', "endpoint_overrides = var.services"),
        "non_conform",
        None,
    ),
    "any certificate": (('auth_url = "https://127.0.0.1/v3"', "insecure = true"), None, "non_conform"),
}


@pytest.mark.parametrize("name", OPENSTACK)
def test_openstack_is_called_where_its_block_says(name: str, folder: pathlib.Path) -> None:
    lines, place, tls = OPENSTACK[name]
    provider = block("openstack", 'region = "eu-west-rbx-snc"', *lines)
    document = reviewed(write(folder, main='variable "services" {}\n' + provider + NETWORK), folder)
    for rule, state in (("SOV-03", place), ("NET-10", tls)):
        if state is not None:
            assert of(document, rule)["provider openstack"][0] == state


@pytest.mark.parametrize(("line", "state"), [("", "conform"), ("insecure = true", "non_conform")])
def test_a_store_is_called_by_a_provider_that_asks_for_its_certificate(
    line: str, state: str, folder: pathlib.Path
) -> None:
    endpoints = f'endpoints {{\n    s3 = "{STORE}"\n  }}'
    provider = block("aws", 'region = "cloudgouv-eu-west-1"', endpoints, line)
    document = reviewed(
        write(folder, main=block("outscale", 'region = "cloudgouv-eu-west-1"') + provider + BUCKET + NET), folder
    )
    assert of(document, "NET-10")["provider s3"][0] == state
