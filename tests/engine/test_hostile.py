"""A tampered program, in real runs: what no rule judges, or judges as something else, is never created."""

from __future__ import annotations

import pathlib

import pytest

from tests.engine.test_unknown import described
from tests.engine.world import World

pytestmark = pytest.mark.engine

PROGRAM = pathlib.Path(__file__).parent / "programs" / "hostile.py"
CANARY = "c4n4ry-secret"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return described(PROGRAM, tmp_path_factory.mktemp("project"))


@pytest.mark.parametrize(
    ("way", "rule", "says", "never"),
    [
        ("account", "SOV-03", "`accessKey`, `secretKey`", "s3:index:Bucket"),
        ("port", "SOV-03", "its endpoint is none of the target's", "s3:index:Bucket"),
        ("layer", "GOV-01", "the network layer makes it", "outscale:index:Net"),
        ("code", "GOV-01", "no rule knows resources of type", "pulumi-python:dynamic:Resource"),
        ("doubled", "GOV-01", "is it already", "-again"),
    ],
)
def test_what_a_tampered_program_adds_is_refused_and_never_made(
    way: str, rule: str, says: str, never: str, world: World, project: pathlib.Path
) -> None:
    """`never` is in the URN of what is not made."""
    stack = world.stack("minimal", "storage")
    here, hostile = ("-C", str(project)), {"HOSTILE": way}
    world.initialise(stack, *here)
    try:
        done = world.pulumi(*here, "up", "--yes", "--skip-preview", "-s", stack, env=hostile)
        said = done.stdout + done.stderr
        assert done.returncode != 0, said[-3000:]
        assert any(rule in line and says in line for line in said.splitlines()), said[-3000:]
        assert "Traceback" not in said
        assert CANARY not in said
        state = world.state(stack)["deployment"].get("resources", [])
        assert not [one["urn"] for one in state if one.get("id") and never in one["urn"]]
    finally:
        world.pulumi(*here, "state", "unprotect", "--all", "--yes", "-s", stack)
        world.pulumi(*here, "destroy", "--yes", "-s", stack, env=hostile)
        world.pulumi(*here, "stack", "rm", "--yes", "--force", stack)
