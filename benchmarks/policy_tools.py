"""One Terraform plan of 1,000 resources under `rempart review`, Checkov and OPA: seconds of each, for information.

Each reads the whole plan in a process of its own, and all three must find the same breaches: SSH opened to the
Internet. They do not do the same work: Rempart asks all its rules and says what a person must still show, Checkov asks
its checks of OpenStack, and OPA the rules of policy_rules.rego, written for this benchmark.
"""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks import clouds, figures, policy_plan
from blueprint import workspace
from cli import exit_codes
from policies.verdicts import Effect
from tools.preparation import places, pythons
from tools.preparation.telling import Trouble

ROUNDS = 3
"""Measured rounds, after one that warms all up."""
RULE, CHECK = "NET-04", "CKV_OPENSTACK_2"
"""What finds the breaches: our rule, and Checkov's."""
CHECKOV = "checkov-requirements.txt"
POLICIES = pathlib.Path(__file__).with_name("policy_rules.rego")
Tool = Callable[[], tuple[float, str]]
"""Runs once: seconds, and what was said."""
Found = Callable[[str], int]
"""How many breaches a tool's words name."""


def main() -> None:
    try:
        checkov = pythons.pinned(CHECKOV, "about 100 s") / "bin" / "checkov"
    except Trouble as trouble:
        raise SystemExit(str(trouble)) from None
    clouds.build(places.OPA)
    listed = policy_plan.listed()
    with tempfile.TemporaryDirectory() as scratch:
        plan = pathlib.Path(scratch) / "plan.json"
        plan.write_text(json.dumps(policy_plan.plan(listed)), encoding="utf-8")
        env = {**os.environ, "SKIP_PACKAGE_UPDATE_CHECK": "true", "HOME": scratch}
        runs = tools(plan, checkov, places.folder(places.OPA) / "opa", env)
        for name, value in measured(runs, len(listed), policy_plan.breaches(listed)):
            figures.show(name, value)


def tools(
    plan: pathlib.Path, checkov: pathlib.Path, opa: pathlib.Path, env: Mapping[str, str]
) -> dict[str, tuple[Tool, Found]]:
    """Each tool as a person calls it, with its answer in JSON."""

    def run(code: int, *command: str) -> Tool:
        return lambda: figures.timed(command, env, str(plan.parent), code)

    rempart = str(workspace.root() / ".venv" / "bin" / "rempart")
    files = ("-f", str(plan), "--framework", "terraform_plan")
    quiet = ("--compact", "--quiet", "--skip-download", "--soft-fail", "-o", "json")
    data = ("-d", str(POLICIES), "-i", str(plan), "--format", "json", "data.rempart.deny")
    return {
        "rempart": (run(exit_codes.VIOLATION, rempart, "review", str(plan), "--format", "json"), rempart_found),
        "checkov": (run(0, str(checkov), *files, *quiet), checkov_found),
        "opa": (run(0, str(opa), "eval", *data), opa_found),
    }


def measured(
    runs: Mapping[str, tuple[Tool, Found]], resources: int, breaches: int, rounds: int = ROUNDS
) -> list[tuple[str, float]]:
    """Median seconds for 1,000 resources of each tool; they go in turns, and each must find every breach."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, (tool, found) in runs.items():
            elapsed, said = tool()
            if (count := found(said)) != breaches:
                raise SystemExit(f"{name} found {count} breaches of {breaches}")
            if turn:
                taken[name].append(elapsed)
    shown = [(f"{name}_1000_resources_seconds", statistics.median(taken[name]) * 1000 / resources) for name in runs]
    return [("policy_resources", resources), ("policy_breaches", breaches), *shown]


def rempart_found(said: str) -> int:
    return sum(one["rule"] == RULE and one["effect"] == Effect.BLOCK for one in _lines(said))


def checkov_found(said: str) -> int:
    return sum(one["check_id"] == CHECK for one in json.loads(said)["results"]["failed_checks"])


def opa_found(said: str) -> int:
    (answer,) = json.loads(said)["result"]
    return sum(one["rule"] == RULE for one in answer["expressions"][0]["value"])


def _lines(said: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = json.loads(said)["findings"]
    return found


if __name__ == "__main__":
    main()
