"""What a closed matrix takes on OVHcloud's OpenStack: 100 and 1,000 filter rules, through the adapter and the pack."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time
from typing import Any

import yaml

from benchmarks import clouds, figures
from blueprint import loader, planner, target, workspace
from tests.engine import world as worlds

FEW, MANY = 100, 1000
OWN = 14
"""Rules of `minimal` with a second range of administrators: an even number, as each flow adds two."""
FIRST_PORT = 20_000


def main() -> None:
    """The network layer of both platforms, one after the other; the smaller one goes first and warms the cloud up."""
    if not clouds.possible("flow_rules"):
        return
    with clouds.world("f") as (world, folder):
        world = dataclasses.replace(world, env={**world.env, workspace.PLATFORMS_VARIABLE: str(folder)})
        few = _up(world, folder, FEW)
        figures.show(f"flow_rules_{FEW}_seconds", few)
        many = _up(world, folder, MANY)
        figures.show(f"flow_rules_{MANY}_seconds", many)
    figures.show(f"flow_rules_{MANY}_over_{FEW}", many / few)


def platform(rules: int) -> dict[str, Any]:
    """`minimal` with as many flows from its workspace to its data as make that many filter rules, two for each."""
    read = yaml.safe_load(loader.find("minimal").read_text(encoding="utf-8"))
    data: dict[str, Any] = json.loads(json.dumps(read, default=str))  # days as text: YAML would write them by reference
    data["platform"] = f"rules-{rules}"
    data["externals"]["office"]["cidrs"].append("198.51.100.0/28")
    flow = data["flows"]["workspace-to-database"]
    for number in range((rules - OWN) // 2):
        data["flows"][f"flow-{number}"] = {**flow, "ports": FIRST_PORT + 2 * number}
    return data


def _up(world: worlds.World, folder: pathlib.Path, rules: int) -> float:
    data = platform(rules)
    name = str(data["platform"])
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    planned = len(planner.plan(loader.load(path), target.load(world.target), world.name).rules)
    if planned != rules:
        raise SystemExit(f"{planned} rules are planned, {rules} were wanted")
    stack = world.stack(name, "network")
    world.initialise(stack)
    started = time.perf_counter()
    done = world.pulumi("up", "--yes", "--skip-preview", "-s", stack)
    elapsed = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    return elapsed


if __name__ == "__main__":
    main()
