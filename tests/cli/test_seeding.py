"""A state written for what exists: whole, true to what was read, and put back where a preview does not agree."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pulumi import automation
from pulumi.automation._cmd import CommandResult

from cli import adopt, engine, layers, seeding, steps
from providers import adoption, observation

STACK = "urn:pulumi:s::rempart::pulumi:pulumi:Stack::rempart-s"
PROVIDER = "urn:pulumi:s::rempart::pulumi:providers:openstack::openstack"
GROUPING = "urn:pulumi:s::rempart::rempart:components:NetworkSegmentation::network/study"
GROUP = "urn:pulumi:s::rempart::openstack:networking/secGroup:SecGroup::bubbles/study/zones/data/filter"
NAME = "bubbles/study/zones/data/filter"
READ = {"name": "n", "tags": [], "password": {seeding.SECRET: "x", "ciphertext": "[secret]"}, seeding.RAW: {"obj": {}}}
TOLD = {"tags": ["a=b"], "deleteDefaultRules": True}


def state(urn: str, kind: str, **more: Any) -> Any:
    fields = {"parent": "", "provider": "", "custom": False, "protect": False, "id": "", "inputs": {}, "outputs": {}}
    return SimpleNamespace(urn=urn, type=kind, **{**fields, **more})


def event(operation: str, new: Any, old: Any = None, answered: bool = True) -> Any:
    meta = SimpleNamespace(op=operation, urn=new.urn, type=new.type, new=new, old=old, diffs=[], detailed_diff=None)
    seen = SimpleNamespace(metadata=meta)
    return SimpleNamespace(
        res_outputs_event=seen if answered else None, resource_pre_event=None if answered else seen,
        policy_event=None, diagnostic_event=None,
    )  # fmt: skip


PLANNED = state(GROUP, "openstack:networking/secGroup:SecGroup", parent=GROUPING, custom=True, protect=True,
                provider=f"{PROVIDER}::{seeding.NO_ID_YET}", inputs={"deleteDefaultRules": True})  # fmt: skip
ANSWERED = state(GROUP, PLANNED.type, parent=GROUPING, custom=True, provider=PLANNED.provider, id="sg-1",
                 inputs={"name": "n"}, outputs=READ)  # fmt: skip
PREVIEW = (
    event("create", state(STACK, "pulumi:pulumi:Stack")),
    event(
        "create",
        state("urn:pulumi:s::rempart::rempart:components:Compute::unused", "rempart:components:Compute", parent=STACK),
    ),
    event("create", state(GROUPING, "rempart:components:NetworkSegmentation", parent=STACK)),
    event(
        "create",
        state(
            PROVIDER,
            "pulumi:providers:openstack",
            parent=STACK,
            custom=True,
            id=seeding.NO_ID_YET,
            inputs={"cloud": "c"},
            outputs={"cloud": "c"},
        ),
    ),
    event("import", PLANNED, answered=False),
    event("import", PLANNED, ANSWERED),
    event("replace", PLANNED, ANSWERED),  # what the engine would do after its own import
)


def sights(*events: Any) -> seeding.Sights:
    heard = seeding.Sights()
    for one in events:
        heard(one)
    return heard


def written(deployment: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    made = seeding.written(deployment or {}, sights(*PREVIEW).by_urn, {NAME: TOLD})
    return {one["urn"]: one for one in made["resources"]}


def test_it_holds_what_was_imported_and_what_that_stands_on_in_order() -> None:
    assert list(written()) == [STACK, GROUPING, PROVIDER, GROUP]


def test_a_resource_is_as_the_plugin_read_it_and_as_the_api_told_the_rest() -> None:
    group = written()[GROUP]
    assert (group["id"], group["parent"], group["protect"]) == ("sg-1", GROUPING, True)
    assert group["inputs"] == {"name": "n", **TOLD}
    assert group["outputs"] == {"name": "n", **TOLD}  # no secret that was only named, nor the bridge's own note


def test_a_provider_gets_an_id_of_its_own_and_is_pointed_at_by_it() -> None:
    made = written()
    assert made[PROVIDER]["id"] not in ("", seeding.NO_ID_YET)
    assert made[GROUP]["provider"] == f"{PROVIDER}::{made[PROVIDER]['id']}"


def test_what_a_state_holds_already_stays_as_it_is() -> None:
    held = {"urn": PROVIDER, "custom": True, "id": "kept", "type": "pulumi:providers:openstack", "inputs": {}}
    made = written({"manifest": {"version": "3"}, "resources": [held]})
    assert made[PROVIDER] is held
    assert made[GROUP]["provider"] == f"{PROVIDER}::kept"
    again = {"resources": [held, {"urn": GROUP, "id": "other"}]}
    assert written(again)[GROUP] == {"urn": GROUP, "id": "other"}


# -- the command, with an engine that answers what it is told --------------------------------------------------------


class Stack:
    """Previews in turn as it is told; what it holds is what was written last."""

    def __init__(self, *previews: Any) -> None:
        self.previews = list(previews)
        self.holds: dict[str, Any] = {}
        self.done: list[str] = []

    def preview(self, on_event: Any, color: str) -> None:
        self.done.append("preview")
        answer = self.previews.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        for one in answer:
            on_event(one)
            if one.diagnostic_event:
                raise automation.CommandError(CommandResult("", "", 1))

    def up(self, on_event: Any, color: str) -> None:
        self.done.append("up")

    def export_stack(self) -> automation.Deployment:
        return automation.Deployment(version=3, deployment=self.holds)

    def import_stack(self, made: automation.Deployment) -> None:
        self.done.append("write")
        self.holds = dict(made.deployment)


class Reader:
    """The provider's word, or its refusal."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def reading(self, account: Any, plan: Any) -> Reader:
        return self

    def told(self, wanted: Any) -> Any:
        assert wanted == {NAME: adoption.Wanted(PLANNED.type, "sg-1")}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def run(stack: Stack, answer: Any, monkeypatch: pytest.MonkeyPatch, **how: bool) -> adopt.Adopted | None:
    forgotten = stack.done
    monkeypatch.setattr(engine, "select", lambda *_, **__: stack)
    monkeypatch.setattr(engine, "stands", lambda *_: bool(stack.holds.get("resources")))
    monkeypatch.setattr(engine, "forget", lambda *_: forgotten.append("forget"))
    monkeypatch.setattr(adoption, "load", lambda _provider: Reader(answer))
    monkeypatch.setattr(observation, "load", lambda _provider: SimpleNamespace(account=lambda *_: None))
    platform = layers.Platform("minimal", "ovh-sandbox", "dev")
    return adopt._layer(adopt.Account(platform, {}), "network", {NAME: "sg-1"}, lambda *_: None, adopt._How(**how))


def error(text: str) -> Any:
    told = SimpleNamespace(severity="error", message=text)
    return SimpleNamespace(res_outputs_event=None, resource_pre_event=None, policy_event=None, diagnostic_event=told)


CANNOT = error(f"{seeding.REPLACED}; please remove the `import` declaration")


def test_a_preview_that_shows_nothing_ends_the_adoption(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack([*PREVIEW, CANNOT], [])
    assert run(stack, {NAME: TOLD}, monkeypatch) == adopt.Adopted("minimal.ovh-sandbox.dev.network", {NAME: "sg-1"})
    assert stack.done == ["preview", "write", "preview", "write", "up"]
    assert GROUP in {one["urn"] for one in stack.holds["resources"]}


@pytest.mark.parametrize(
    "second",
    [[event("update", PLANNED, ANSWERED)], [event("replace", PLANNED, ANSWERED)], KeyboardInterrupt()],
    ids=["it would change something", "it would replace something", "it is interrupted"],
)
def test_any_other_preview_puts_the_state_back(second: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack([*PREVIEW, CANNOT], second)
    with pytest.raises((adopt.NotAdoptable, KeyboardInterrupt)):
        run(stack, {NAME: TOLD}, monkeypatch)
    assert stack.done == ["preview", "write", "preview", "write", "forget"]
    assert stack.holds == {}


def test_until_it_is_proven_no_run_deletes_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill meanwhile leaves a state that may be wrong of it: the next run may want to replace it."""
    during: list[dict[str, Any]] = []
    stack = Stack([*PREVIEW, CANNOT], [])
    held = {"urn": PROVIDER, "custom": True, "id": "kept", "type": "pulumi:providers:openstack", "inputs": {}}
    stack.holds = {"resources": [held]}
    preview = stack.preview

    def seen(on_event: Any, color: str) -> None:
        during.extend(stack.holds["resources"])
        preview(on_event, color)

    monkeypatch.setattr(stack, "preview", seen)
    run(stack, {NAME: TOLD}, monkeypatch)
    retained = {one["urn"]: one.get("retainOnDelete") for one in during if one is not held}
    assert (retained.pop(GROUP), set(retained.values())) == (True, {True})
    assert held in during
    assert [one for one in stack.holds["resources"] if "retainOnDelete" in one] == []


def test_what_the_api_does_not_show_is_refused_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack([*PREVIEW, CANNOT])
    with pytest.raises(adoption.Unproven, match="holds what no flow declares"):
        run(stack, adoption.Unproven("it holds what no flow declares"), monkeypatch)
    assert stack.done == ["preview", "forget"]


def test_to_show_an_adoption_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack([*PREVIEW, CANNOT], [])
    assert run(stack, {NAME: TOLD}, monkeypatch, only_show=True) is not None
    assert stack.done == ["preview", "write", "preview", "write", "forget"]
    assert stack.holds == {}


def other(operation: str) -> Any:
    kind = "openstack:compute/instance:Instance"
    return event(operation, state(f"urn:pulumi:s::rempart::{kind}::bubbles/study/other", kind, custom=True))


def taken(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> adopt.Adopted | None:
    return run(stack, {NAME: TOLD}, monkeypatch, partial=True, beside=True)


@pytest.mark.parametrize("operation", ["create", "update", "replace", "delete"])
def test_a_recovery_leaves_what_else_would_change_to_the_run_that_follows(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack([*PREVIEW, CANNOT], [other(operation)])
    done = taken(stack, monkeypatch)
    assert done is not None and done.adopted == {NAME: "sg-1"}
    assert stack.done == ["preview", "write", "preview", "write"], "the run that follows is no part of it"
    assert GROUP in {one["urn"] for one in stack.holds["resources"]}


@pytest.mark.parametrize("operation", ["update", "replace", "delete", "create"])
def test_a_recovery_takes_nothing_over_that_would_not_stay_as_it_is_and_says_which(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack([*PREVIEW, CANNOT], [event(operation, PLANNED, ANSWERED), other("update")])
    with pytest.raises(adopt.NotAdoptable) as refused:
        taken(stack, monkeypatch)
    assert refused.value.refused == {NAME: f"a run would then {operation} {NAME}"}
    assert stack.holds == {}


def test_the_account_is_read_once_for_all_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    reader = Reader({NAME: TOLD})
    monkeypatch.setattr(reader, "reading", lambda *asked: (read.append(asked), reader)[1])
    monkeypatch.setattr(adoption, "load", lambda _provider: reader)
    monkeypatch.setattr(observation, "load", lambda _provider: SimpleNamespace(account=lambda *_: None))
    account = adopt.Account(layers.Platform("minimal", "ovh-sandbox", "dev"), {})
    for _ in range(3):
        assert account.unread(sights(*PREVIEW)) == {NAME: TOLD}
    assert len(read) == 1


def test_any_other_error_of_the_engine_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack([*PREVIEW, error("resource 'sg-1' does not exist")])
    with pytest.raises(steps.Stopped, match="does not exist"):
        run(stack, {NAME: TOLD}, monkeypatch)
    assert stack.done == ["preview", "forget"]


def test_what_is_not_there_refuses_the_adoption_or_is_left_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = event(
        "create", state("urn:pulumi:s::rempart::t::bubbles/study/none", "openstack:compute/instance:Instance")
    )
    with pytest.raises(adopt.NotAdoptable, match="--partial"):
        run(Stack([*PREVIEW, CANNOT], [absent]), {NAME: TOLD}, monkeypatch)
    stack = Stack([*PREVIEW, CANNOT], [absent])
    taken = run(stack, {NAME: TOLD}, monkeypatch, partial=True)
    assert taken is not None
    assert (taken.adopted, taken.missing) == ({NAME: "sg-1"}, ("bubbles/study/none",))
    assert stack.done == ["preview", "write", "preview", "write"], "nothing is made"
    assert GROUP in {one["urn"] for one in stack.holds["resources"]}


@pytest.mark.parametrize("operation", ["update", "replace", "delete"])
def test_a_partial_adoption_changes_nothing_either(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack([*PREVIEW, CANNOT], [event(operation, PLANNED, ANSWERED)])
    with pytest.raises(adopt.NotAdoptable, match="mend there what differs"):
        run(stack, {NAME: TOLD}, monkeypatch, partial=True)
    assert stack.holds == {}
