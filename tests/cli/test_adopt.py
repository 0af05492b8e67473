"""An adoption changes nothing at the provider, or is refused: what the engine would do beside importing is named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cli import adopt, engine, exit_codes, layers, steps
from providers import adoption

PLATFORM = layers.Platform("minimal", "outscale-sandbox", "dev")
ASKED = {"bubbles/study": "vpc-1"}


def event(operation: str, subject: str, kind: str = "outscale:index:Net", diffs: tuple[str, ...] = ()) -> Any:
    meta = SimpleNamespace(
        op=operation, urn=f"urn:pulumi:s::p::{kind}::{subject}", type=kind, old=None, new=None, diffs=list(diffs),
        detailed_diff=None,
    )  # fmt: skip
    return SimpleNamespace(res_outputs_event=SimpleNamespace(metadata=meta), resource_pre_event=None,
                           policy_event=None, diagnostic_event=None)  # fmt: skip


class Stack:
    """Answers a preview with events, and notes whether it was asked to write."""

    def __init__(self, *events: Any) -> None:
        self.events, self.written = events, False

    def preview(self, on_event: Any, color: str) -> None:
        for one in self.events:
            on_event(one)

    def up(self, on_event: Any, color: str) -> None:
        self.written = True


def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> adopt.Adopted | None:
    monkeypatch.setattr(engine, "select", lambda *_, **__: stack)
    monkeypatch.setattr(engine, "stands", lambda *_: True)
    return adopt._layer(adopt.Account(PLATFORM, {}), "network", ASKED, lambda *_: None, adopt._How())


@pytest.mark.parametrize(
    "also",
    [
        event("create", "bubbles/other"),
        event("update", "bubbles/study", diffs=("tags",)),
        event("replace", "bubbles/study", diffs=("ipRange",)),
        event("delete", "bubbles/gone"),
    ],
    ids=["create", "update of the same", "replacement of the same", "delete"],
)
def test_what_would_also_move_refuses_the_adoption(also: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack(event("import", "bubbles/study"), also)
    with pytest.raises(adopt.NotAdoptable, match="would also"):
        run(stack, monkeypatch)
    assert not stack.written


def test_components_may_be_registered_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack(event("create", "network/study", "rempart:components:NetworkSegmentation"))
    assert run(stack, monkeypatch) is None
    assert not stack.written


def test_half_of_a_pair_is_refused() -> None:
    with pytest.raises(adopt.NotAdoptable, match="both"):
        adopt.adopt(PLATFORM, ("network",), "bubbles/study", None)


def test_ids_are_taken_over_in_one_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert adoption.identifier("bubbles/study") is None
    for name, value in adoption.spell(ASKED).items():
        monkeypatch.setenv(name, value)
    assert adoption.identifier("bubbles/study") == "vpc-1"
    assert adoption.identifier("bubbles/other") is None


def test_a_refusal_of_the_pack_is_one_message_with_its_code() -> None:
    from pulumi import automation
    from pulumi.automation._cmd import CommandResult

    def call(on_event: Any, color: str) -> None:
        told = SimpleNamespace(enforcement_level="mandatory", message="network\nNET-04 · F-003 · file:1 — it is open")
        for _ in range(5):
            on_event(SimpleNamespace(res_outputs_event=None, resource_pre_event=None, policy_event=told,
                                     diagnostic_event=None))  # fmt: skip
        raise automation.CommandError(CommandResult("", "", 1))

    with pytest.raises(steps.Stopped) as stopped:
        steps.collect("s", call)
    assert stopped.value.code == exit_codes.VIOLATION
    assert "NET-04" in str(stopped.value)
    assert "and 2 more" in str(stopped.value)
