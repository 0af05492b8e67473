"""What the pack, the components and a violation cost, against the same engine on the same endpoint in the same run."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import tempfile
import time

from benchmarks import figures
from blueprint import attestation, workspace
from sandbox.outscale.control import Control
from tests.engine import world as worlds

TIMES = 7
TRIVIAL = """
import rempart_outscale as outscale

for number in range({count}):
    outscale.PublicIp(f"address-{{number}}", tags={{"Name": f"address-{{number}}"}})
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, worlds.world(f"b{os.getpid()}", pathlib.Path(folder)) as world:
        control = Control.from_credentials(world.env["OSC_ENDPOINT_API"], world.folder / "sandbox" / "credentials.json")
        control.settings(quota__public_ip=1000)
        network = world.stack("emc2", "network")
        _must(world.pulumi("stack", "init", network))
        count = _up(world, control, network)
        _packs(world, network)
        _trivial(world, network, count, pathlib.Path(folder) / "trivial")
        _violating(world)


def _up(world: worlds.World, control: Control, stack: str) -> int:
    """Resources, seconds, and calls sent against calls needed: one write for each thing made, tags included."""
    mark = control.mark()
    started = time.perf_counter()
    _must(world.pulumi("up", "--yes", "--skip-preview", "-s", stack))
    figures.show("network_up_seconds", time.perf_counter() - started)
    counts = control.counts(mark)
    resources = [r for r in world.state(stack)["deployment"]["resources"] if r["type"].startswith("outscale:")]
    tagged = sum(1 for resource in resources if resource.get("inputs", {}).get("tags"))
    kinds = len({resource["type"] for resource in resources})
    needed = len(resources) + tagged + kinds
    figures.show("network_up_resources", len(resources))
    figures.show("network_up_calls_over_needed", sum(counts.values()) / needed)
    return len(resources)


def _packs(world: worlds.World, stack: str) -> None:
    """Without a pack the program refuses: the benchmark attests for the engine that it starts, and says so here."""
    command = ["pulumi", "--non-interactive", "preview", "-s", stack]
    root = str(workspace.root())

    def without() -> float:
        env = {**world.env, "PULUMI_OPTION_POLICY_PACK": ""}
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        attestation.write(stack, engine_pid=process.pid)
        said, _ = process.communicate()
        if process.returncode != 0:
            raise SystemExit(said.decode()[-3000:])
        return time.perf_counter() - started

    bare, packed = figures.paired(without, lambda: figures.seconds(command, world.env, root), TIMES)
    figures.show("preview_with_pack_over_without", packed / bare)
    empty = {**world.env, "PULUMI_OPTION_POLICY_PACK": str(workspace.root() / "benchmarks" / "empty_pack")}
    nothing, full = figures.paired(
        lambda: figures.seconds(command, empty, root), lambda: figures.seconds(command, world.env, root), TIMES
    )
    figures.show("preview_with_pack_over_empty_pack", full / nothing)


def _trivial(world: worlds.World, stack: str, count: int, folder: pathlib.Path) -> None:
    """The same number of native resources of the same plugin, from a loop: no component, no plan, no pack."""
    root = workspace.root()
    folder.mkdir()
    (folder / "__main__.py").write_text(TRIVIAL.format(count=count), encoding="utf-8")
    project = {
        "name": "trivial",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(root / ".venv")}},
        "plugins": {"providers": [{"name": "outscale", "path": str(root / "plugins" / "outscale")}]},
    }
    (folder / "Pulumi.yaml").write_text(json.dumps(project), encoding="utf-8")
    env = {**world.env, "PULUMI_OPTION_POLICY_PACK": ""}
    base = ["pulumi", "--non-interactive", "-C", str(folder)]
    figures.seconds([*base, "stack", "init", "dev"], env)
    figures.seconds([*base, "up", "--yes", "--skip-preview", "-s", "dev"], env)
    trivial, ours = figures.paired(
        lambda: figures.seconds([*base, "preview", "-s", "dev"], env),
        lambda: figures.seconds(["pulumi", "--non-interactive", "preview", "-s", stack], world.env, str(root)),
        TIMES,
    )
    figures.show("nothing_to_do_preview_over_trivial_program", ours / trivial)


def _violating(world: worlds.World) -> None:
    """`minimal` and the same platform with one flow open to the world, both from nothing."""
    root = str(workspace.root())
    clean, bad = world.stack("minimal", "network"), world.stack("open-admin-port", "network")
    for stack in (clean, bad):
        _must(world.pulumi("stack", "init", stack))

    def preview(stack: str, code: int | None) -> float:
        return figures.seconds(["pulumi", "--non-interactive", "preview", "-s", stack], world.env, root, code)

    good, refused = figures.paired(lambda: preview(clean, 0), lambda: preview(bad, None), TIMES)
    figures.show("violating_preview_over_clean", refused / good)


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])


if __name__ == "__main__":
    main()
