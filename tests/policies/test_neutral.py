"""No rule, no component and no question of the conformance suite knows a provider: a new one changes none of them."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

import pytest

from blueprint import workspace

ADAPTERS = ("adapters.py", "outscale.py", "ovh.py")
"""Of the conformance suite: where an adapter joins, and a hand on each account. Everything else asks the questions."""
WORDS = ("openstack", "neutron", "nova", "cinder", "keystone", "oapi", "shiva", "subregion", "pulumi_openstack")
"""Their APIs, beside the names of providers."""


def providers() -> list[str]:
    return sorted(path.parent.name for path in (workspace.root() / "providers").glob("*/capabilities.yaml"))


def neutral() -> Iterator[pathlib.Path]:
    root = workspace.root()
    for folder in ("policies/rules", "components"):
        yield from (path for path in (root / folder).rglob("*") if path.suffix in (".py", ".yaml"))
    yield from (path for path in (root / "tests" / "conformance").glob("*.py") if path.name not in ADAPTERS)


def named(text: str) -> list[str]:
    """Words of `text` that name a provider or its API, in any capitals, alone or as a part of a name (`ovh_rules`)."""
    words = [*providers(), *WORDS, "cloud temple"]
    return re.findall(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])", text.lower())


def test_there_is_something_to_look_at() -> None:
    found = {path.relative_to(workspace.root()).as_posix() for path in neutral()}
    assert {"policies/rules/net.py", "components/network.py", "tests/conformance/test_conformance.py"} <= found
    assert len(found) > 40 and len(providers()) >= 3


@pytest.mark.parametrize("path", [*neutral()], ids=lambda path: path.relative_to(workspace.root()).as_posix())
def test_it_names_no_provider(path: pathlib.Path) -> None:
    assert named(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "if provider == 'ovh':",
        "from providers.outscale import facts",
        'kind.startswith("openstack:")',
        "OVH_S3_ENDPOINT",
        "# as Cloud Temple has it",
        'target.load("cloudtemple-sandbox")',
    ],
)
def test_a_name_is_seen_wherever_it_stands(text: str) -> None:
    assert named(text) != []


@pytest.mark.parametrize("text", ["innovation", "govhouse", "supernovae"])
def test_a_part_of_another_word_is_no_name(text: str) -> None:
    assert named(text) == []
