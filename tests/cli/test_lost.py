"""No second platform comes up beside one whose state is lost; what is new, or stands, is left to the engine."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from blueprint.facts import Origin
from cli import adopt, engine, exit_codes, layers, lost
from providers import observation

PLATFORM = layers.Platform("minimal", "outscale-sandbox", "dev")
EVERY = ("network", "storage", "compute", "bastion")
ENV: dict[str, str] = {}


def thing(subject: str) -> Origin:
    return Origin(f"live::{subject}", "outscale:index:Net", subject, subject)


def refusals(
    monkeypatch: pytest.MonkeyPatch,
    there: Sequence[Origin],
    standing: Sequence[str] = (),
    wanted: Sequence[str] = EVERY,
) -> dict[str, engine.LayerResult]:
    monkeypatch.setattr(engine, "stands", lambda name, _env: name.layer in standing)
    monkeypatch.setattr(adopt, "unheld", lambda *_: list(there))
    return {one.stack.split(".")[-1]: one for one in lost.refusal(PLATFORM, wanted, ENV, lambda *_: None)}


def test_a_layer_that_the_account_has_and_no_state_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = refusals(monkeypatch, [thing("bubbles/study")])
    assert found.keys() == {"network"}
    said = found["network"].error or ""
    assert found["network"].code == exit_codes.ENVIRONMENT
    assert "bubbles/study" in said and "PULUMI_BACKEND_URL" in said
    assert "rempart adopt minimal --target outscale-sandbox --environment dev" in said and "--beside" in said


def test_an_account_without_it_is_for_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusals(monkeypatch, []) == {}


def test_what_strays_of_a_layer_that_stands_is_left_to_recover(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusals(monkeypatch, [thing("bubbles/study")], standing=["network"]) == {}


def test_only_the_wanted_layers_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusals(monkeypatch, [thing("bubbles/study")], wanted=["storage"]) == {}


def test_where_every_layer_stands_the_account_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "stands", lambda *_: True)
    monkeypatch.setattr(adopt, "unheld", lambda *_: pytest.fail("asked"))
    assert lost.refusal(PLATFORM, EVERY, ENV, lambda *_: None) == []


def test_an_account_that_cannot_be_read_refuses_nothing_and_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(*_: object) -> list[Origin]:
        raise observation.Unreachable("OSC_ACCESS_KEY must be in the environment")

    monkeypatch.setattr(engine, "stands", lambda *_: False)
    monkeypatch.setattr(adopt, "unheld", unreachable)
    assert lost.refusal(PLATFORM, EVERY, ENV, lambda *_: None) == []
    assert "minimal: not looked whether the account has it already: OSC_ACCESS_KEY" in capsys.readouterr().err
