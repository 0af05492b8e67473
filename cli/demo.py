"""`make demo`: the main job for real on local endpoints, and what a person wants to see at its end."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Mapping

import rich.panel
import rich.table

from blueprint import loader, planner, private_links, target, workspace
from blueprint import plan as plans
from blueprint import stack as stacks
from cli import admin_key, console, engine, environment, exit_codes, layers, report, sandbox, show
from policies.report import model
from providers.outscale import live, observed

PLATFORM = layers.Platform("emc2", "outscale-sandbox", "dev")
LAYERS = stacks.LAYERS
SERVICES = ["outscale", "s3"]
REPORTS = ("html", "json", "sarif")


def up() -> int:
    """Sandbox, EMC2 under the pack, then the picture. Twice changes nothing."""
    started = time.monotonic()
    console.err().print("Starting the sandbox endpoints [bold]outscale[/] and [bold]s3[/] (a few seconds) ...")
    if code := sandbox.up(SERVICES, format="quiet"):
        return code
    admin_key.ensure()
    env = environment.enter()
    console.err().print("Bringing EMC2 up, four layers, policy pack mandatory (2 to 4 minutes the first time) ...")
    with console.progress("up") as progress:
        done = layers.up(PLATFORM, LAYERS, env, progress)
    show.results(done, "text")
    if code := layers.exit_code(done):
        return code
    _picture(env)
    console.out().print(f"[dim]{time.monotonic() - started:.0f} s[/]")
    return exit_codes.OK


def down() -> int:
    """Destroys every layer, then asks the API what is left."""
    if code := sandbox.up(SERVICES, format="quiet"):
        return code
    env = environment.enter()
    console.err().print("Destroying EMC2, last layer first ...")
    with console.progress("destroy") as progress:
        done = layers.destroy(PLATFORM, LAYERS, env, progress, unprotect=True)
    show.results(done, "text")
    if code := layers.exit_code(done):
        return code
    for layer in LAYERS:
        engine.forget(PLATFORM.stack(layer), env)
        shutil.rmtree(workspace.findings_dir(str(PLATFORM.stack(layer))), ignore_errors=True)
    things = live.read(account(env))
    left = [thing for thing in things if thing.platform == PLATFORM.name or live.orphan(thing, things)]
    if left:
        console.fail(
            f"the API still lists {live.count(tuple(left))}: `rempart recover emc2`, then `make demo-down` again"
        )
        return exit_codes.ENVIRONMENT
    others = sorted({thing.platform for thing in things if thing.platform})
    if others:
        console.out().print(f"[green]Nothing of EMC2 is left[/]. The endpoints stay up for: {', '.join(others)}.")
        return exit_codes.OK
    console.out().print("[green]Nothing is left[/]: the API of the (simulated) provider lists no resource of any kind.")
    return sandbox.down(SERVICES, format="quiet")


def account(env: Mapping[str, str]) -> live.Account:
    """Who asks, from the environment that every other command uses."""
    return observed.account(env, env["OSC_REGION"])


def _picture(env: Mapping[str, str]) -> None:
    where = target.load(PLATFORM.target)
    plan = planner.plan(loader.load(loader.find(PLATFORM.name)), where, PLATFORM.environment)
    things = live.read(account(env))
    out = console.out()
    out.print(resources(plan, things))
    out.print(flows(plan))
    show.beyond(private_links.of(plan))
    prefix = f"{PLATFORM.name}.{PLATFORM.target}.{PLATFORM.environment}"
    merged = model.merge(report.folders(prefix))
    report.publish(merged, "states", None, "en")
    folder = workspace.reports_dir()
    for kind in REPORTS:
        report.publish(merged, kind, str(folder / f"{PLATFORM.name}.{kind}"), "en")
    pinned = f", as of {where.as_of}" if where.as_of else ""
    out.print(
        rich.panel.Panel(
            f"[bold]simulated[/]: every resource above exists on local endpoints only{pinned}.\n"
            f"Reports    {folder}/{PLATFORM.name}.html, .json, .sarif\n"
            f"Endpoints  {env['OSC_ENDPOINT_API']}  {env['OOS_ENDPOINT']}\n\n"
            "Next: [bold]make demo-violation[/] shows what is refused\n"
            "      [bold]make shell[/], and in it [bold]pulumi preview -s emc2.outscale-sandbox.dev.network[/]\n"
            "      or [bold]rempart plan emc2 --format svg --output emc2.svg[/], which draws the platform\n"
            "      [bold]make demo-down[/] destroys everything and proves it",
            title="EMC2 on Outscale (simulated)",
        )
    )


def resources(plan: plans.Plan, things: tuple[live.Thing, ...]) -> rich.table.Table:
    """Resources per bubble, as the API lists them and as their tags say."""
    by_bubble: dict[str, Counter[str]] = {bubble.name: Counter() for bubble in plan.bubbles}
    for thing in things:
        if thing.platform == plan.platform:
            by_bubble.setdefault(thing.bubble or "platform", Counter())[thing.kind] += 1
            if thing.kind == "SecurityGroup":
                by_bubble[thing.bubble or "platform"]["rules"] += live.rules(thing)
    kinds = [
        "Net",
        "Subnet",
        "SecurityGroup",
        "rules",
        "RouteTable",
        "NetPeering",
        "NatService",
        "PublicIp",
        "Vm",
        "Volume",
        "Bucket",
    ]
    table = rich.table.Table("bubble", "kind", *kinds, title="Resources per bubble, read from the API (simulated)")
    for name, counts in by_bubble.items():
        kind = plan.bubble(name).kind if any(bubble.name == name for bubble in plan.bubbles) else ""
        table.add_row(name, kind, *(str(counts[column] or "") for column in kinds))
    table.caption = "volumes and buckets are protected: only `destroy --unprotect` gives them up"
    return table


def flows(plan: plans.Plan) -> rich.table.Table:
    """The matrix: what is not listed is denied. Generated flows are folded into one line each service."""
    table = rich.table.Table(
        "flow", "from", "to", "protocol", "ports", "encryption", title="Allowed flows; all else is denied"
    )
    folded: Counter[tuple[str, str, str, str]] = Counter()
    for flow in plan.flows:
        ports = str(flow.from_port) if flow.from_port == flow.to_port else f"{flow.from_port}-{flow.to_port}"
        if flow.generated:
            folded[(_short(flow.destination), flow.protocol, ports, flow.encryption)] += 1
        else:
            table.add_row(
                flow.name, _short(flow.source), _short(flow.destination), flow.protocol, ports, flow.encryption
            )
    for (destination, protocol, ports, encryption), number in folded.items():
        table.add_row(
            "[dim]generated[/]",
            "1 place" if number == 1 else f"{number} places",
            destination,
            protocol,
            ports,
            encryption,
        )
    return table


def _short(subject: str) -> str:
    """`bubbles/warehouse/zones/omop` as people say it: warehouse.omop."""
    return subject.removeprefix("bubbles/").removeprefix("externals/").replace("/zones/", ".")
