"""What the states hold decides what may be swept: all targets of a provider count, and an unreadable state stops it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi import automation
from pulumi.automation._cmd import CommandResult

from blueprint import target as targets
from cli import engine, exit_codes, layers, strays
from providers import observation
from providers.strays import Claim, Held, Kept, Stray, Swept, Which, Why

PLATFORM = layers.Platform("emc2", "ovh-sandbox", "dev")
NETWORK = "openstack:networking/network:Network"
MACHINE = "openstack:compute/instance:Instance"
STRAY = Stray(NETWORK, "net-2", "bubbles/study", "network")


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> dict[str, Any]:
    """Stack name -> its resources, or the error that reading it gives."""
    found: dict[str, Any] = {}

    def select(name: Any, _env: Any, create: bool) -> Any:
        assert not create
        state = found.get(str(name))
        if isinstance(state, Exception):
            raise state
        exported = SimpleNamespace(deployment={"resources": state})
        return None if state is None else SimpleNamespace(export_stack=lambda: exported)

    monkeypatch.setattr(engine, "file_backend", lambda _env: None)
    monkeypatch.setattr(engine, "select", select)
    return found


@pytest.fixture
def sweeper(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Notes with what it was asked to sweep."""
    made = SimpleNamespace(asked=[], answer=Swept((), ()), account=lambda _env, _region: "account")

    def sweep(*arguments: Any) -> Swept:
        made.asked.append(arguments)
        if isinstance(made.answer, Exception):
            raise made.answer
        return made.answer

    made.sweep = sweep
    monkeypatch.setattr(strays.strays, "load", lambda _provider: made)
    monkeypatch.setattr(strays.takeover, "take", lambda _platform, kept, *_: list(kept))
    return made


def run() -> list[engine.LayerResult]:
    return strays.sweep(PLATFORM, ("network",), {}, lambda _stack, _what: None)


def test_ids_of_each_target_count_and_only_this_targets_layers_stand(
    states: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {PLATFORM.target: targets.load(PLATFORM.target), "outscale-sandbox": targets.load("outscale-sandbox")}
    known["beside"] = dataclasses.replace(known[PLATFORM.target], name="beside")
    monkeypatch.setattr(targets, "names", lambda: sorted(known))
    monkeypatch.setattr(targets, "load", lambda name: known[name])
    states["emc2.outscale-sandbox.dev.network"] = [{"type": "outscale:index:Net", "id": "vpc-1"}]
    states["emc2.ovh-sandbox.dev.network"] = [{"type": NETWORK, "id": "net-1"}, {"type": "rempart:x:Y", "urn": "u"}]
    states["emc2.beside.dev.compute"] = [{"type": NETWORK, "id": "net-9", "delete": True}]
    typed = frozenset({(NETWORK, "net-1"), (NETWORK, "net-9")})
    assert strays.held(PLATFORM, {}) == Held(frozenset({"net-1", "net-9"}), frozenset({"network"}), typed=typed)


def test_two_things_of_one_id_are_told_apart_by_their_types(states: dict[str, Any]) -> None:
    """A router's interface has the id of its port: where the port alone is held, the interface is not."""
    states["emc2.ovh-sandbox.dev.network"] = [{"type": "openstack:networking/port:Port", "id": "p"}]
    assert strays.held(PLATFORM, {}).typed == {("openstack:networking/port:Port", "p")}


def test_a_state_with_nothing_of_the_provider_does_not_stand(states: dict[str, Any]) -> None:
    states["emc2.ovh-sandbox.dev.network"] = [
        {"type": "pulumi:pulumi:Stack", "urn": "u"},
        {"type": "pulumi:providers:openstack", "id": "provider"},
    ]
    states["emc2.ovh-sandbox.dev.compute"] = [{"type": "pulumi:pulumi:StackReference", "id": "a.b.c.network"}]
    assert strays.held(PLATFORM, {}) == Held(frozenset(), frozenset())


def test_a_state_that_knows_whom_to_speak_to_and_no_answer_was_begun(states: dict[str, Any]) -> None:
    stack = {"type": "pulumi:pulumi:Stack", "urn": "u", "created": "2026-11-28T09:00:00Z"}
    spoken = {"type": "pulumi:providers:openstack", "id": "p", "created": "2026-11-28T10:00:00.123456789Z"}
    states["emc2.ovh-sandbox.dev.network"] = [stack, spoken]
    states["emc2.ovh-sandbox.dev.compute"] = [stack]
    states["emc2.ovh-sandbox.dev.bastion"] = [stack, spoken, {"type": NETWORK, "id": "net-1"}]
    since = dt.datetime(2026, 11, 28, 10, 0, 0, 123456, dt.UTC)
    typed = frozenset({(NETWORK, "net-1")})
    assert strays.held(PLATFORM, {}) == Held(frozenset({"net-1"}), frozenset({"bastion"}), {"network": since}, typed)


def test_what_was_made_and_not_read_back_is_looked_at_first(
    states: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    states["emc2.ovh-sandbox.dev.network"] = [{"type": NETWORK, "id": "net-1", "initErrors": ["got 500"]}]
    states["emc2.ovh-sandbox.dev.compute"] = [{"type": NETWORK, "id": "net-2"}]
    states["emc2.outscale-sandbox.dev.network"] = [{"type": "Net", "id": "vpc-1", "initErrors": ["got 500"]}]
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(engine, "run", lambda name, operation, *_rest: asked.append((str(name), str(operation))))
    for target in ("ovh-sandbox", "outscale-sandbox"):  # our own plugins finish what they began
        platform = layers.Platform("emc2", target, "dev")
        strays.look_again(platform, ("compute", "network"), {}, lambda _stack, _what: None)
    assert asked == [("emc2.ovh-sandbox.dev.network", "refresh")]


def test_a_state_that_cannot_be_read_stops_it_before_anything_is_swept(states: dict[str, Any], sweeper: Any) -> None:
    states["emc2.ovh-sandbox.dev.compute"] = automation.CommandError(CommandResult("", "the state is broken", 255))
    (result,) = run()
    assert result.code != exit_codes.OK
    assert sweeper.asked == []


def test_an_api_that_cannot_be_read_stops_the_recovery(states: dict[str, Any], sweeper: Any) -> None:
    sweeper.answer = observation.Unreachable("the project cannot be read")
    (result,) = run()
    assert result.code == exit_codes.ENVIRONMENT
    assert "rempart recover" in (result.error or "")


def test_claim_and_layers_are_handed_on(states: dict[str, Any], sweeper: Any, capsys: Any) -> None:
    states["emc2.ovh-sandbox.dev.network"] = [{"type": NETWORK, "id": "net-1"}]
    assert run() == []
    (_, claim, wanted, held, told), *more = sweeper.asked
    assert isinstance(claim, Claim)
    assert (claim.owner, claim.stack("network")) == (("emc2", "dev"), "emc2.ovh-sandbox.dev.network")
    assert (wanted, more) == (frozenset({"network"}), [])
    assert held == Held(frozenset({"net-1"}), frozenset({"network"}), typed=frozenset({(NETWORK, "net-1")}))
    told(STRAY)
    assert "net-2 (bubbles/study): no state holds it" in capsys.readouterr().err


def test_a_layer_that_held_a_machine_that_never_ran_is_looked_at_again(
    states: dict[str, Any], sweeper: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    states["emc2.ovh-sandbox.dev.compute"] = [{"type": MACHINE, "id": "vm-1"}]
    held = Stray(MACHINE, "vm-1", "bubbles/study/tiers/a/1", "compute", Which.NEVER_RAN)
    sweeper.answer = Swept((held, STRAY), ())
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(engine, "run", lambda name, operation, *_rest: asked.append((str(name), str(operation))))
    run()
    assert asked == [("emc2.ovh-sandbox.dev.compute", "refresh")], "nothing of the network's layer was held"
    (*_, told) = sweeper.asked[0]
    told(held)
    assert "(bubbles/study/tiers/a/1): it never ran" in capsys.readouterr().err


@pytest.mark.parametrize("why", list(Why))
def test_only_a_state_that_may_be_lost_stops_the_recovery(
    why: Why, states: dict[str, Any], sweeper: Any, capsys: Any
) -> None:
    sweeper.answer = Swept((), (Kept(STRAY, why),))
    problems = run()
    assert [one.code for one in problems] == ([exit_codes.ENVIRONMENT] if why is Why.STATE_LOST else [])
    assert "rempart " in capsys.readouterr().err


def test_what_is_left_is_said_with_what_to_do_next() -> None:
    disk = Stray("openstack:blockstorage/volume:Volume", "vol-1", "bubbles/study/d", "compute")
    kept = [Kept(STRAY, Why.STATE_LOST), Kept(STRAY, Why.STATE_LOST), Kept(STRAY, Why.USED), Kept(disk, Why.DATA)]
    kept.append(Kept(Stray("compute:Keypair", "k", "bastion/keypair", "bastion"), Why.NAMED, "`remove k`"))
    lost, used, data, named = strays.left(PLATFORM, kept)
    assert "emc2.ovh-sandbox.dev.network: 2 things" in lost
    assert "rempart adopt emc2 --target ovh-sandbox --environment dev" in lost
    assert "net-2" in used
    assert "rempart verify emc2" in used
    assert "--partial --subject bubbles/study/d --id vol-1" in data
    assert named.endswith("Next: `remove k`")
    assert "Keypair k (bastion/keypair)" in named


def test_of_what_is_not_taken_over_the_reason_is_said() -> None:
    disk = Stray("openstack:blockstorage/volume:Volume", "vol-1", "bubbles/study/d", "compute")
    differs, twin = strays.left(
        PLATFORM, [Kept(disk, Why.DATA, more="a run would then update it (size)"), Kept(disk, Why.TWIN)]
    )
    assert "it is not taken over: a run would then update it (size). Next: `rempart adopt emc2" in differs
    assert "nobody can tell which is meant" in twin
    assert "--partial --subject bubbles/study/d --id vol-1" in twin


def test_what_was_taken_over_is_not_told_as_left(
    states: dict[str, Any], sweeper: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeper.answer = Swept((), (Kept(STRAY, Why.DATA), Kept(STRAY, Why.NAMED)))
    monkeypatch.setattr(strays.takeover, "take", lambda _platform, kept, *_: list(kept[1:]))
    assert run() == []
    said = capsys.readouterr().err
    assert (str(Why.DATA) in said, str(Why.NAMED) in said.replace("\n", " ")) == (False, True)


def test_a_provider_whose_plugin_keeps_notes_is_left_alone(states: dict[str, Any]) -> None:
    platform = layers.Platform("emc2", "outscale-sandbox", "dev")
    states["emc2.outscale-sandbox.dev.network"] = automation.CommandError(CommandResult("", "not to be read", 255))
    assert strays.sweep(platform, ("network",), {}, lambda _stack, _what: None) == []
