"""What an account has more of than the plan: nobody's, or a second one of what is there once."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import loader
from blueprint.facts import Origin, Route
from cli import account, drift, layers

ROUTE = "bubbles/study/zones/data/routes/10-64-16-0-20"


def route(urn: str, name: str, subject: str | None) -> Route:
    return Route(Origin(urn, "a:route:Route", name, subject), "10.64.16.0/20", "peering", None, None)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([f"{ROUTE}/az/a/via/p", f"{ROUTE}/az/b/via/p"], []),
        ([f"{ROUTE}/az/a/via/p", f"{ROUTE}/az/a/via/p"], ["doubled", "doubled"]),
        ([ROUTE, ROUTE], ["doubled", "doubled"]),
        ([ROUTE], []),
    ],
    ids=["a route in two segments", "a route twice in one segment", "twice", "once"],
)
def test_what_is_there_twice_is_told_and_what_is_in_several_parts_is_not(
    names: list[str], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [route(f"urn:{number}", name, ROUTE) for number, name in enumerate(names)]
    there.append(route("urn:stray", "bubbles/study/zones/data/az/a/stray", None))
    monkeypatch.setattr(account, "listed", lambda *_: there)
    platform: Any = layers.Platform("minimal", "outscale-sandbox", "dev")
    found = list(drift._undeclared(platform, {}, loader.load(loader.find("minimal"))))
    assert [one.what for one in found] == [*told, "added"]
    assert all(one.place.startswith("stacks/platforms/minimal.yaml:") for one in found)
