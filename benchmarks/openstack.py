"""The same 240 resources on the same OpenStack: Pulumi's engine with its plugin, OpenTofu with the vendor's provider.

OpenTofu and that provider are built for this benchmark only, from Go modules that tools/ pins.
"""

from __future__ import annotations

import collections
import json
import pathlib
import shutil
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks import clouds, figures, same_resources
from blueprint import workspace
from sandbox import services
from sandbox.ovh import description
from tests.engine import openstack
from tests.engine import world as worlds
from tools.preparation import places

ROUNDS = 3
"""Measured rounds, after one that warms both up; who goes first changes each time."""
PARALLEL = 10
LOOKING, BLIND = "destroy", "destroy_without_refresh"
"""Both tools look at what is there before they destroy it, then neither does; OpenTofu looks unless told otherwise."""
ROUND = ("up", "nothing_to_do", LOOKING, "up", BLIND)
GONE = (LOOKING, BLIND)
UNCHANGED = "Resources: 0 added, 0 changed, 0 destroyed."
SOURCE = "rempart.test/vendor/openstack"
"""Where the configuration says that the provider comes from: a folder that stands for it, nothing is fetched."""
TOFU_SETTINGS = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": "tofu.rc"}

OURS, THEIRS = "pulumi", "opentofu"
Run = Callable[[str], float]
"""Seconds of one operation of ROUND."""
Counted = collections.Counter[same_resources.Kind]


class Took(NamedTuple):
    """One operation: seconds that it lasted, and those that the tool and all that it started were on a processor."""

    seconds: float
    processor: float


Taken = dict[tuple[str, str], list[Took]]
"""Tool and operation -> each time."""


def main() -> None:
    if not clouds.possible("openstack"):
        return
    for part in places.RIVALS:
        clouds.build(part)
    with clouds.world("s") as (world, folder):
        compare(world, folder, same_resources.resources())


def compare(
    world: worlds.World, folder: pathlib.Path, listed: Sequence[same_resources.Resource], rounds: int = ROUNDS
) -> None:
    """Both in one project of one cloud; what is there is counted through its API."""
    runs = {OURS: _pulumi(world, folder / OURS, listed), THEIRS: _opentofu(world, folder / THEIRS, listed)}
    taken = in_turns(runs, collections.Counter(one.kind for one in listed), lambda: _there(world), rounds)
    figures.show("openstack_resources", len(listed))
    for name, value in medians(taken):
        figures.show(name, value)


def in_turns(runs: Mapping[str, Run], wanted: Counted, there: Callable[[], Counted], rounds: int) -> Taken:
    """One round that warms both up, then `rounds`; who goes first changes, and each leaves what it should."""
    taken: Taken = collections.defaultdict(list)
    for turn in range(rounds + 1):
        for tool in sorted(runs, reverse=bool(turn % 2)):
            for operation in ROUND:
                before = figures.processor()
                took = Took(runs[tool](operation), figures.processor() - before)
                _same(there(), collections.Counter() if operation in GONE else wanted)
                figures.progress(f"round {turn} of {rounds}: {tool} {operation} {took.seconds:.1f} s")
                if turn:
                    taken[tool, operation].append(took)
    return taken


def medians(taken: Taken) -> Iterator[tuple[str, float]]:
    """The figures: seconds of both and how they compare, for each operation."""
    for operation in dict.fromkeys(ROUND):
        times = [taken[tool, operation] for tool in (OURS, THEIRS)]
        ours, theirs = (statistics.median(one.seconds for one in took) for took in times)
        yield f"openstack_{operation}_seconds", ours
        yield f"opentofu_{operation}_seconds", theirs
        yield f"openstack_{operation}_over_opentofu", ours / theirs
        for name, took in zip(("openstack", "opentofu"), times, strict=True):
            yield f"{name}_{operation}_processor_seconds", statistics.median(one.processor for one in took)
    alone, looking = (
        statistics.median(one.seconds for one in taken[key]) for key in ((OURS, BLIND), (THEIRS, LOOKING))
    )
    yield "openstack_destroy_as_each_does_over_opentofu", alone / looking


def _pulumi(world: worlds.World, folder: pathlib.Path, listed: Sequence[same_resources.Resource]) -> Run:
    """The engine as Rempart sets it up, without the policy pack: OpenTofu has none either."""
    folder.mkdir()
    python = {"toolchain": "pip", "virtualenv": str(workspace.root() / ".venv")}
    project = {"name": "same", "runtime": {"name": "python", "options": python}}
    _write(folder / "Pulumi.yaml", project)
    _write(folder / "resources.json", {"provider": _provider(), "resources": same_resources.for_pulumi(listed)})
    shutil.copyfile(pathlib.Path(__file__).with_name("same_resources_program.py"), folder / "__main__.py")
    env = {**world.env, "PULUMI_OPTION_POLICY_PACK": ""}
    base = ["pulumi", "--non-interactive", "-C", str(folder)]
    figures.seconds([*base, "stack", "init", "dev"], env)
    common = ["--yes", "--skip-preview", "--parallel", str(PARALLEL), "-s", "dev"]
    commands = {
        "up": [*base, "up", *common],
        "nothing_to_do": [*base, "up", "--refresh", "--expect-no-changes", *common],
        LOOKING: [*base, "destroy", "--refresh", *common],
        BLIND: [*base, "destroy", *common],
    }
    return lambda operation: figures.seconds(commands[operation], env)


def _opentofu(world: worlds.World, folder: pathlib.Path, listed: Sequence[same_resources.Resource]) -> Run:
    """OpenTofu in a folder of its own; `init` is not measured. It looks at what is there in each operation."""
    folder.mkdir()
    tofu = str(places.folder(places.OPENTOFU) / "tofu")
    (folder / "tofu.rc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n',
        encoding="utf-8",
    )
    env = {**world.env, **TOFU_SETTINGS}
    said = json.loads(figures.timed([tofu, "version", "-json"], env, str(folder))[1])
    if said["terraform_version"] != places.OPENTOFU_VERSION:
        raise SystemExit(f"OpenTofu {places.OPENTOFU_VERSION} was to be built, it says {said['terraform_version']}")
    version = places.TERRAFORM_OPENSTACK_VERSION
    mirror = folder / "mirror" / SOURCE / version / said["platform"]
    mirror.mkdir(parents=True)
    vendor = "terraform-provider-openstack"
    shutil.copy2(places.folder(places.TERRAFORM_OPENSTACK) / vendor, mirror / f"{vendor}_v{version}")
    _write(
        folder / "main.tf.json",
        {
            "terraform": {"required_providers": {"openstack": {"source": SOURCE, "version": version}}},
            "provider": {"openstack": _provider()},
            "resource": same_resources.for_opentofu(listed),
        },
    )
    figures.seconds([tofu, "init", "-no-color"], env, str(folder))
    common = ["-auto-approve", "-no-color", f"-parallelism={PARALLEL}"]
    commands = {
        "up": [tofu, "apply", *common],
        "nothing_to_do": [tofu, "apply", *common],
        LOOKING: [tofu, "destroy", *common],
        BLIND: [tofu, "destroy", "-refresh=false", *common],
    }

    def run(operation: str) -> float:
        elapsed, said = figures.timed(commands[operation], env, str(folder))
        if operation == "nothing_to_do" and UNCHANGED not in said:  # as the engine's --expect-no-changes
            raise SystemExit(f"OpenTofu found something to do:\n{said[-2000:]}")
        return elapsed

    return run


def _provider() -> dict[str, Any]:
    """As the adapter sets it: no write is sent twice."""
    return {"cloud": services.CLOUD, "region": description.offer()["region"]["name"], "max_retries": 0}


def _there(world: worlds.World) -> Counted:
    """What the project's own API lists."""
    api = openstack.account(world.folder).connect()
    mine = api.current_project_id
    groups = [one for one in api.network.security_groups(project_id=mine) if one.name != "default"]
    found = {
        same_resources.NETWORK: list(api.network.networks(project_id=mine)),
        same_resources.SUBNET: list(api.network.subnets(project_id=mine)),
        same_resources.GROUP: groups,
        same_resources.RULE: [rule for group in groups for rule in group.security_group_rules],
        same_resources.PORT: list(api.network.ports(project_id=mine)),
        same_resources.VOLUME: list(api.block_storage.volumes()),
    }
    return collections.Counter({kind: len(things) for kind, things in found.items() if things})


def _same(found: Counted, wanted: Counted) -> None:
    if found != wanted:
        raise SystemExit(f"there are {_counted(found)}, and there should be {_counted(wanted)}")


def _counted(kinds: Counted) -> str:
    return ", ".join(f"{count} {kind.cls}" for kind, count in sorted(kinds.items(), key=str)) or "none"


def _write(path: pathlib.Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
