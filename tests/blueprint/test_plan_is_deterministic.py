from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from blueprint import loader, planner, target
from blueprint.drawing import picture
from tests.blueprint.worlds import blueprints, plan_data

PROGRAM = """
import sys
from blueprint import loader, planner, target
from blueprint.drawing import picture
plan = planner.plan(loader.load(loader.find(sys.argv[1])), target.load("outscale-sandbox"), "dev")
sys.stdout.write(planner.to_json(plan) + picture.svg(plan))
"""


def output(platform: str, seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "PYTHONUTF8": "1", "TZ": "Pacific/Kiritimati"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, platform], env=environment, capture_output=True, check=True, cwd="/"
    )
    return done.stdout


@pytest.mark.parametrize("platform", ["emc2", "minimal"])
def test_plan_and_picture_are_the_same_bytes_in_another_process(platform: str) -> None:
    here = planner.plan(loader.load(loader.find(platform)), target.load("outscale-sandbox"), "dev")
    expected = (planner.to_json(here) + picture.svg(here)).encode()
    assert output(platform, "1") == output(platform, "4242") == expected


@given(blueprints())
def test_planning_twice_gives_the_same_bytes(data: dict[str, Any]) -> None:
    assert planner.to_json(plan_data(data)) == planner.to_json(plan_data(data))


def test_importing_the_planner_does_not_import_pulumi_or_anything_heavy() -> None:
    program = (
        "import sys; from blueprint import loader, planner, target; from blueprint.drawing import picture; "
        "print([m for m in ('pulumi', 'grpc', 'boto3', 'rich', 'typer', 'jinja2', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
