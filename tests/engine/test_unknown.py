"""A value that the engine does not know at preview: a mandatory rule warns then, and decides before the creation."""

from __future__ import annotations

import json
import pathlib
import shutil
import sys

import pytest

from blueprint import loader, planner, target, workspace
from tests.engine.world import World

pytestmark = pytest.mark.engine

PROGRAM = pathlib.Path(__file__).parent / "programs" / "unknown_source.py"
EVERYONE = "0.0.0.0/0"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return described(PROGRAM, tmp_path_factory.mktemp("project"))


def described(program: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The project of this checkout in a folder, with another program."""
    root = workspace.root()
    shutil.copy(program, folder / "__main__.py")
    plugins = [{"name": name, "path": str(root / "plugins" / name)} for name in ("outscale", "s3")]
    project = {
        "name": "rempart",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(pathlib.Path(sys.prefix))}},
        "plugins": {"providers": plugins},
    }
    (folder / "Pulumi.yaml").write_text(json.dumps(project))
    return folder


def test_a_mandatory_rule_on_an_unknown_warns_at_preview_and_decides_before_the_creation(
    world: World, project: pathlib.Path
) -> None:
    plan = planner.plan(loader.load(loader.find("minimal")), target.load("outscale-sandbox"), world.name)
    rule = next(one for one in plan.rules if one.direction == "ingress" and one.flow == "flows/workspace-to-database")
    hidden = {"UNKNOWN_SUBJECT": rule.subject, "UNKNOWN_VALUE": EVERYONE}
    stack = world.stack("minimal", "network")
    here = ("-C", str(project))
    known = {thing.identifier for thing in world.things()}
    world.initialise(stack, *here)
    try:
        preview = world.pulumi(*here, "preview", "-s", stack, env=hidden)
        said = preview.stdout + preview.stderr
        assert preview.returncode == 0, said[-3000:]
        assert "NET-04" in said
        assert "is not known yet" in said

        up = world.pulumi(*here, "up", "--yes", "--skip-preview", "-s", stack, env=hidden)
        said = up.stdout + up.stderr
        assert up.returncode != 0
        assert any("NET-04" in line and rule.subject in line for line in said.splitlines()), said[-3000:]
        assert "Traceback" not in said
        new = [thing for thing in world.things() if thing.identifier not in known]
        groups = [thing for thing in new if thing.kind == "SecurityGroup"]
        assert groups, "what it depends on was created: its value was known when it was refused"
        admitted = [cidr for one in groups for rule in one.body["InboundRules"] for cidr in rule.get("IpRanges", ())]
        assert EVERYONE not in admitted
    finally:
        gone = world.pulumi(*here, "destroy", "--yes", "-s", stack, env=hidden)
        world.pulumi(*here, "stack", "rm", "--yes", "--force", stack)
    assert gone.returncode == 0, gone.stdout[-3000:]
