"""What a kill can leave in a file backend, and how it is mended."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import pytest

from blueprint import stack as stacks
from cli import engine, exit_codes, layers, recovery

NAME = stacks.parse("minimal.outscale-sandbox.dev.network")


def backend(tmp_path: pathlib.Path) -> tuple[dict[str, str], pathlib.Path]:
    env = {"PULUMI_BACKEND_URL": f"file://{tmp_path}?metadata=skip"}
    folder = engine.file_backend(env)
    assert folder is not None
    folder.mkdir(parents=True)
    return env, folder


def test_an_empty_side_file_goes_and_nothing_else(tmp_path: pathlib.Path) -> None:
    env, folder = backend(tmp_path)
    kept = [folder / f"{NAME}.json", folder / f"{NAME}.json.bak.attrs", folder / "other.json.attrs"]
    for path in kept[:2]:
        path.write_text("{}", encoding="utf-8")
    kept[2].touch()  # another stack's: not ours to mend
    (folder / f"{NAME}.json.attrs").touch()
    assert recovery.mend(NAME, env) == [f"{NAME}.json.attrs"]
    assert sorted(folder.iterdir()) == sorted(kept)


VM = "urn:pulumi:s::rempart::a$outscale:index:Vm::bubbles/study/tiers/app/1"
BEGAN = "2026-11-30T08:01:02.123456789Z"


def cut(folder: pathlib.Path, locks: int = 1, said: str = json.dumps({"pid": 1, "timestamp": BEGAN})) -> None:
    """As the engine leaves its files: what it began to make, and the lock of its run."""
    pending = [
        {"type": "creating", "resource": {"urn": VM, "type": "outscale:index:Vm"}},
        {"type": "updating", "resource": {"urn": VM.replace("app/1", "app/2"), "type": "outscale:index:Vm"}},
    ]
    checkpoint = {"checkpoint": {"latest": {"pending_operations": pending}}}
    (folder / f"{NAME}.json").write_text(json.dumps(checkpoint), encoding="utf-8")
    held = folder.parents[1] / "locks" / "organization" / "rempart" / str(NAME)
    held.mkdir(parents=True)
    for number in range(locks):
        (held / f"{number}.json").write_text(said, encoding="utf-8")


def creating(env: dict[str, str]) -> dict[tuple[str, str], dt.datetime]:
    return recovery.creating(layers.Platform("minimal", "outscale-sandbox", "dev"), ("network", "compute"), env)


def test_what_a_cut_run_was_making_is_known_with_the_moment_when_it_began(tmp_path: pathlib.Path) -> None:
    env, folder = backend(tmp_path)
    assert creating(env) == {}
    cut(folder)
    began = dt.datetime(2026, 11, 30, 8, 1, 2, 123456, dt.UTC)
    assert creating(env) == {("outscale:index:Vm", "bubbles/study/tiers/app/1"): began}


@pytest.mark.parametrize(
    ("locks", "said"),
    [(0, "{}"), (2, json.dumps({"timestamp": BEGAN})), (1, ""), (1, "[]"), (1, '{"timestamp": "soon"}'), (1, "{}"),
     (1, '{"timestamp": "2026-11-30T08:01:02"}')],
    ids=["unlocked", "by two", "an empty lock", "another form", "no moment", "none", "of no time zone"],
)  # fmt: skip
def test_a_run_of_which_nobody_knows_when_it_began_says_nothing(locks: int, said: str, tmp_path: pathlib.Path) -> None:
    env, folder = backend(tmp_path)
    cut(folder, locks, said)
    assert creating(env) == {}


def test_a_state_that_is_kept_elsewhere_does_not_say_what_it_was_making() -> None:
    assert creating({"PULUMI_BACKEND_URL": "s3://state?endpoint=http://127.0.0.1:1"}) == {}


def test_a_state_that_is_kept_elsewhere_is_left_alone() -> None:
    assert recovery.mend(NAME, {"PULUMI_BACKEND_URL": "s3://state?endpoint=http://127.0.0.1:1"}) == []


def test_a_layer_stands_when_its_checkpoint_holds_resources(tmp_path: pathlib.Path) -> None:
    """A stack that was only previewed has a checkpoint too, with nothing in it."""
    env, folder = backend(tmp_path)
    assert not engine.stands(NAME, env)
    path = folder / f"{NAME}.json"
    path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": str(NAME), "latest": None}}), encoding="utf-8")
    assert not engine.stands(NAME, env)
    latest = {"resources": [{"urn": "urn:pulumi:a"}]}
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}), encoding="utf-8")
    assert engine.stands(NAME, env)


def test_the_engines_failures_become_one_message_and_a_code() -> None:
    cases = {
        "error: the stack is currently locked by 1 lock(s)": (exit_codes.LOCKED, "rempart recover"),
        "error: failed to load checkpoint: EOF": (exit_codes.LOCKED, "rempart recover"),
        "error: write x: no space left on device": (exit_codes.ENVIRONMENT, "disk is full"),
        "error: incorrect passphrase": (exit_codes.ENVIRONMENT, "make shell"),
        "error: something else": (exit_codes.BAD_INPUT, "something else"),
        "": (exit_codes.BAD_INPUT, "without a message"),
    }
    for raw, (code, words) in cases.items():
        said, found = engine.explain("s", raw, [])
        assert (found, words in said) == (code, True), raw


def test_protected_data_is_named_with_the_way_to_give_it_up() -> None:
    urn = "urn:pulumi:s::rempart::a$s3:index:Bucket::bubbles/study/buckets/archive"
    raw = f'error: resource "{urn}" cannot be deleted\nbecause it is protected.'
    said, code = engine.explain("s", raw, [])
    assert code == exit_codes.BAD_INPUT
    assert "bubbles/study/buckets/archive" in said
    assert "--unprotect" in said
