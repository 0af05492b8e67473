"""What a cut run made and may serve is taken over where that changes nothing; all else is left, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cli import adopt, layers, steps, takeover
from providers import adoption, observation
from providers.strays import Kept, Stray, Why

PLATFORM = layers.Platform("minimal", "ovh-sandbox", "dev")
MACHINE, DISK = "bubbles/study/tiers/app/1", "bubbles/study/tiers/app/1/disks/data"


def kept(subject: str, why: Why = Why.DATA, identifier: str = "", layer: str = "compute") -> Kept:
    return Kept(Stray("openstack:compute/instance:Instance", identifier or f"id of {subject}", subject, layer), why)


Answer = Callable[[str, Mapping[str, str]], adopt.Adopted | None]


def take(
    found: list[Kept], answer: Answer, monkeypatch: pytest.MonkeyPatch, held: frozenset[str] = frozenset()
) -> tuple[list[Kept], list[tuple[str, set[str]]]]:
    """What is left, and what was tried: (layer, names)."""
    tried: list[tuple[str, set[str]]] = []

    def taken(_account: Any, layer: str, asked: Mapping[str, str], _progress: Any) -> adopt.Adopted | None:
        tried.append((layer, set(asked)))
        return answer(layer, asked)

    monkeypatch.setattr(adopt, "take", taken)
    monkeypatch.setattr(adopt, "held_names", lambda *_: set(held))
    return takeover.take(PLATFORM, found, {}, lambda *_: None), tried


def all_of_it(layer: str, asked: Mapping[str, str]) -> adopt.Adopted:
    return adopt.Adopted(layer, asked)


def refusing(*names: str, by: type[adopt.NotAdoptable | adoption.Unproven] = adopt.NotAdoptable) -> Answer:
    """Refuses these by name, for as long as they are asked for."""

    def answer(layer: str, asked: Mapping[str, str]) -> adopt.Adopted:
        if here := [name for name in names if name in asked]:
            raise by("refused", {name: f"why not {name}" for name in here})
        return adopt.Adopted(layer, asked)

    return answer


def raising(error: Exception) -> Answer:
    def answer(_layer: str, _asked: Mapping[str, str]) -> adopt.Adopted:
        raise error

    return answer


def test_a_machine_and_its_disk_are_taken_over_together_and_told(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    left, tried = take([kept(MACHINE), kept(DISK), kept("bastion/1", layer="bastion")], all_of_it, monkeypatch)
    assert left == []
    assert tried == [("bastion", {"bastion/1"}), ("compute", {MACHINE, DISK})]
    assert f"took over Instance id of {MACHINE} ({MACHINE})" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize("why", [one for one in Why if one is not Why.DATA])
def test_only_what_may_serve_and_is_alone_is_tried(why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [kept(MACHINE, why)]
    assert take(found, all_of_it, monkeypatch) == (found, [])


@pytest.mark.parametrize("by", [adopt.NotAdoptable, adoption.Unproven])
def test_one_that_differs_is_left_with_the_reason_and_the_others_are_taken(
    by: type[adopt.NotAdoptable | adoption.Unproven], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    left, tried = take([kept(MACHINE), kept(DISK)], refusing(MACHINE, by=by), monkeypatch)
    assert [(one.stray.subject, one.more) for one in left] == [(MACHINE, f"why not {MACHINE}")]
    assert [names for _, names in tried] == [{MACHINE, DISK}, {DISK}]
    assert f"took over Instance id of {MACHINE} ({MACHINE})" not in capsys.readouterr().err


def test_what_holds_no_more_without_the_one_that_is_left_is_left_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk's link to a machine that is not taken over."""

    def answer(layer: str, asked: Mapping[str, str]) -> adopt.Adopted:
        if MACHINE in asked:
            return refusing(MACHINE)(layer, asked)
        return refusing(f"{DISK}/link")(layer, asked)

    left, _ = take([kept(MACHINE), kept(DISK), kept(f"{DISK}/link")], answer, monkeypatch)
    assert [one.stray.subject for one in left] == [MACHINE, f"{DISK}/link"]


@pytest.mark.parametrize(
    "error",
    [
        adopt.NotAdoptable("nobody knows which"),
        adopt.NotAdoptable("another", {"bubbles/else": "it moves"}),
        steps.Stopped("the pack refuses", 1),
        observation.Unreachable("no answer"),
    ],
    ids=lambda error: str(error),
)
def test_a_refusal_that_is_about_none_of_them_leaves_all_of_the_layer_and_no_other(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(layer: str, asked: Mapping[str, str]) -> adopt.Adopted | None:
        return raising(error)(layer, asked) if layer == "compute" else all_of_it(layer, asked)

    left, tried = take([kept(MACHINE), kept(DISK), kept("bastion/1", layer="bastion")], answer, monkeypatch)
    assert [(one.stray.subject, one.more) for one in left] == [(MACHINE, str(error)), (DISK, str(error))]
    assert len(tried) == 2, "it is not tried again"


def test_what_the_state_has_under_another_id_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    left, tried = take([kept(MACHINE), kept(DISK)], all_of_it, monkeypatch, held=frozenset({MACHINE}))
    assert [(one.stray.subject, one.more) for one in left] == [(MACHINE, takeover.HELD)]
    assert tried == [("compute", {DISK})]


def test_of_two_under_one_name_none_is_taken_over_and_both_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two kinds: an adoption knows a thing by its name only."""
    found = [kept(f"{MACHINE}/address", identifier="a port"), kept(f"{MACHINE}/address", identifier="a floating IP")]
    left, tried = take([*found, kept(DISK)], all_of_it, monkeypatch)
    assert [(one.stray.identifier, one.more) for one in left] == [
        ("a port", str(Why.TWIN)),
        ("a floating IP", str(Why.TWIN)),
    ]
    assert tried == [("compute", {DISK})]


@pytest.mark.parametrize("nothing", [True, False], ids=["nothing is imported", "one is not"])
def test_what_the_plan_has_not_is_left(nothing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(layer: str, asked: Mapping[str, str]) -> adopt.Adopted | None:
        return None if nothing else adopt.Adopted(layer, {MACHINE: asked[MACHINE]})

    left, _ = take([kept(MACHINE), kept(DISK)], answer, monkeypatch)
    expected = [MACHINE, DISK] if nothing else [DISK]
    assert [(one.stray.subject, one.more) for one in left] == [(name, takeover.UNPLANNED) for name in expected]


def test_any_other_failure_is_no_reason_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        take([kept(MACHINE)], lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()), monkeypatch)
