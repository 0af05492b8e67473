"""Bad input meets one clear message and an exit code of the table, and loses nothing."""

from __future__ import annotations

import pytest

from cli import exit_codes
from tests.engine.world import World

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("up", "nowhere", "--yes"), exit_codes.BAD_INPUT, "platform"),
        (("up", "minimal", "--target", "azure", "--yes"), exit_codes.BAD_INPUT, "outscale-sandbox"),
        (("up", "minimal", "--layer", "netwrok", "--yes"), exit_codes.BAD_INPUT, "network"),
        (("check", "/nonexistent.yaml"), exit_codes.BAD_INPUT, "nonexistent"),
        (("plan", "minimal", "--format", "docx"), exit_codes.BAD_INPUT, "svg"),
    ],
)
def test_a_wrong_word_is_named_with_what_exists(arguments: tuple[str, ...], code: int, said: str, world: World) -> None:
    done = world.rempart(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"OSC_ENDPOINT_API": "http://127.0.0.1:9/api/v1"}, "127.0.0.1:9"),
        ({"OSC_SECRET_KEY": "0" * 40}, "OSC_SECRET_KEY"),
        ({"OSC_ENDPOINT_API": ""}, "OSC_ENDPOINT_API"),
    ],
    ids=["endpoint down", "refused credentials", "missing endpoint"],
)
def test_an_environment_that_is_wrong_is_named(env: dict[str, str], said: str, world: World) -> None:
    stack = world.stack("minimal", "network")
    world.initialise(stack)
    done = world.pulumi("up", "--yes", "--skip-preview", "-s", stack, env=env)
    assert done.returncode != 0
    assert said.lower() in (done.stdout + done.stderr).lower(), done.stdout[-2000:]
    assert "Traceback" not in done.stdout + done.stderr
    assert not [t for t in world.things() if t.platform == "minimal"]


def test_a_preview_from_nothing_says_that_it_is_provisional_and_makes_nothing(world: World) -> None:
    before = world.things()
    seen = world.rempart("preview", "every-kind", "-e", world.name)
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert "provisional" in seen.stderr
    assert world.things() == before


def test_a_locked_stack_says_how_to_unlock(world: World) -> None:
    stack = world.stack("minimal", "storage")
    world.initialise(stack)
    lock = world.folder / "pulumi-state" / ".pulumi" / "locks" / "organization" / "rempart" / stack
    lock.mkdir(parents=True, exist_ok=True)
    (lock / "0a.json").write_text('{"pid": 1, "username": "other", "hostname": "elsewhere"}', encoding="utf-8")
    done = world.rempart("up", "minimal", "-e", world.name, "--layer", "storage", "--yes")
    assert done.returncode == exit_codes.LOCKED, done.stdout + done.stderr
    assert "rempart recover" in done.stderr
    recovered = world.rempart("recover", "minimal", "-e", world.name, "--layer", "storage", "--yes")
    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
