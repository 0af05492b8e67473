"""What `up` and `recover` say when the layers are there."""

from __future__ import annotations

import json

import pytest

from cli import engine, environment, exit_codes, layers, lost, operate, recovery, strays


@pytest.fixture(autouse=True)
def without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (lost, "refusal"),
        (recovery, "settle_all"),
        (strays, "sweep"),
        (strays, "look_again"),
    ):
        monkeypatch.setattr(module, name, lambda *_: [])
    monkeypatch.setattr(environment, "enter", dict)


def ends(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    result = engine.LayerResult("s", engine.Operation.UP, {"same": 1}, 0.1, code=code)
    monkeypatch.setattr(layers, "up", lambda *_: [result])


def run(command: str, platform: str, format: str = "table") -> int:
    if command == "up":
        return operate.up(platform, "outscale-sandbox", "dev", None, True, format)
    return operate.recover(platform, "outscale-sandbox", "dev", None, False, True, format)


@pytest.mark.parametrize("command", ["up", "recover"])
def test_flows_without_a_way_are_named_when_all_layers_are_up(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything that was asked for is there, and these flows pass nothing: a person must not find out by trying."""
    ends(monkeypatch, exit_codes.OK)
    assert run(command, "emc2") == exit_codes.OK
    said = " ".join(capsys.readouterr().err.split())
    for words in ("no way yet", "snds (delivery-snds)", "researchers (access-a, access-b)", "made outside"):
        assert words in said


def test_a_program_gets_its_json_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ends(monkeypatch, exit_codes.OK)
    assert run("up", "emc2", "json") == exit_codes.OK
    said = capsys.readouterr()
    assert [one["stack"] for one in json.loads(said.out)] == ["s"]
    assert "delivery-snds" in said.err


@pytest.mark.parametrize(("platform", "code"), [("emc2", exit_codes.VIOLATION), ("minimal", exit_codes.OK)])
def test_nothing_is_said_of_a_way_where_the_layers_failed_or_every_flow_has_one(
    platform: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends(monkeypatch, code)
    assert run("up", platform) == code
    assert "no way yet" not in capsys.readouterr().err
