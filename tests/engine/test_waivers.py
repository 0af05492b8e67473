"""A waiver on the real engine: what is refused goes on once two persons agreed, and stops when a word is changed."""

from __future__ import annotations

import json
import pathlib

import pytest

from blueprint import loader, workspace
from policies import signing
from policies.records import waivers
from tests.engine.world import World
from tests.policies import persons

pytestmark = pytest.mark.engine

PLATFORM, RULE = "waived", "NET-06"
BREACH = ("ports: 5432", "ports: 5432-5460")
"""In `minimal`: more ports than one flow may open. The bound is this project's, so it may be waived."""


def refusals(world: World) -> list[dict[str, str]]:
    """What the last preview of the network layer refused, as its findings file has it."""
    path = world.folder / "findings" / world.stack(PLATFORM, "network") / "preview.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line.get("effect") == "block"]


def test_a_refusal_is_waived_by_two_persons_until_a_word_is_changed(world: World, tmp_path: pathlib.Path) -> None:
    persons.Reviewer(tmp_path / "trust").allows(persons.line("alice"), persons.line("bob"))
    (tmp_path / "waivers").mkdir()
    text = loader.find("minimal").read_text(encoding="utf-8")
    assert text.count(BREACH[0]) == 1
    (tmp_path / "platforms").mkdir()
    written = text.replace("platform: minimal", f"platform: {PLATFORM}").replace(*BREACH)
    (tmp_path / "platforms" / f"{PLATFORM}.yaml").write_text(written, encoding="utf-8")
    env = {
        signing.TRUST_VARIABLE: str(tmp_path / "trust"),
        waivers.FOLDER_VARIABLE: str(tmp_path / "waivers"),
        workspace.PLATFORMS_VARIABLE: str(tmp_path / "platforms"),
    }
    stack = world.stack(PLATFORM, "network")
    world.initialise(stack)
    assert world.pulumi("preview", "-s", stack, env=env).returncode != 0
    refused = refusals(world)
    assert {one["rule"] for one in refused} == {RULE}
    about = ("--platform", PLATFORM, "-e", world.name, "--owner", "alice@hospital.example", "--until", "2027-03-31")
    for subject in sorted({one["subject"] for one in refused}):
        why = ("--reason", "the database answers on a range of ports", "--control", "one source only")
        why += ("--key", str(persons.key("alice")))
        asked = world.rempart("waive", RULE, subject, *about, *why, env=env)
        assert asked.returncode == 0, asked.stderr
    waiting = world.pulumi("preview", "-s", stack, env=env)
    assert waiting.returncode != 0
    files = sorted((tmp_path / "waivers").glob("*.yaml"))
    for path in files:
        signed = world.rempart("waive", "approve", path.stem, "--key", str(persons.key("bob")), env=env)
        assert signed.returncode == 0, signed.stderr
    goes_on = world.pulumi("preview", "-s", stack, env=env)
    said = goes_on.stdout + goes_on.stderr
    assert goes_on.returncode == 0, said[-3000:]
    assert f"waived until 2027-03-31 by {files[0].stem} (approved by bob@hospital.example)" in said
    text = files[0].read_text(encoding="utf-8")
    files[0].write_text(text.replace("one source only", "none"), encoding="utf-8")
    tampered = world.pulumi("preview", "-s", stack, env=env)
    assert tampered.returncode != 0
    assert {RULE, "GOV-05"} == {one["rule"] for one in refusals(world)}
    assert not list((workspace.root() / "policies" / "waivers").glob("*.yaml")), "the checkout is as it was"
