"""`make demo-violation`: blueprints that are well-formed and not conforming, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import rich.markup
import rich.rule

from blueprint import stack as stacks
from blueprint import workspace
from cli import admin_key, console, demo, engine, environment, exit_codes, layers, sandbox
from providers.outscale import live

FIRST_WORDS = re.compile(r"^[A-Z]{3}-\d\d")


def names() -> list[str]:
    """Every file of stacks/platforms/violations/ is shown."""
    return sorted(path.stem for path in (workspace.root() / "stacks" / "platforms" / "violations").glob("*.yaml"))


def show() -> int:
    """Success means that each was refused at preview and at `up --skip-preview`, and nothing of it exists."""
    if code := sandbox.up(demo.SERVICES, format="quiet"):
        return code
    admin_key.ensure()
    env = environment.enter()
    refused = [_one(name, env) for name in names()]
    if all(refused):
        console.out().print(f"[green]All {len(refused)} were refused[/] (simulated).")
        return exit_codes.OK
    console.fail("something that violates was let through: this is a defect, please report it")
    return exit_codes.INTERNAL


def _one(name: str, env: Mapping[str, str]) -> bool:
    platform = layers.Platform(name, demo.PLATFORM.target, demo.PLATFORM.environment)
    console.out().print(rich.rule.Rule(name, align="left"))
    before = live.count(live.read(demo.account(env)))
    with console.progress("preview") as progress:
        previews = layers.preview(platform, demo.LAYERS, env, progress)
    _messages(previews)
    bad = [result for result in previews if result.violations]
    after = live.count(live.read(demo.account(env)))
    nothing = before == after
    console.out().print(
        f"preview: {'refused' if bad else 'NOT REFUSED'}, exit code {layers.exit_code(previews)}; "
        f"created: {'nothing' if nothing else 'SOMETHING'}, counted through the API"
    )
    forced = _forced(platform, bad, env)
    console.out().print(f"up --skip-preview: {'refused before it was created' if forced else 'NOT REFUSED'}\n")
    return bool(bad) and nothing and forced


def _forced(platform: layers.Platform, bad: list[engine.LayerResult], env: Mapping[str, str]) -> bool:
    """`pulumi up --skip-preview` on each layer that violates, over the layers below it; then everything goes."""
    refused = True
    for result in bad:
        layer = stacks.parse(result.stack).layer
        if layer in ("compute", "bastion"):
            engine.run(platform.stack("network"), engine.Operation.UP, env)
        done = engine.run(platform.stack(layer), engine.Operation.UP, env)
        refused = refused and bool(done.violations)
    with console.progress("clean up") as progress:
        layers.destroy(platform, demo.LAYERS, env, progress, unprotect=True)
    for layer in demo.LAYERS:
        engine.forget(platform.stack(layer), env)
    return refused


def _messages(done: list[engine.LayerResult]) -> None:
    for result in done:
        for violation in sorted(result.violations, key=lambda text: not FIRST_WORDS.match(text)):
            console.out().print(f"  [bold red]✗[/] {rich.markup.escape(violation)}", soft_wrap=True)
        if result.error and not result.violations:
            console.fail(result.error)
