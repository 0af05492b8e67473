"""`rempart preview`, `up`, `destroy` and `recover`: what people type, over the layers."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from blueprint import loader, planner, private_links, target
from blueprint import stack as stacks
from cli import console, environment, layers, recovery, show, strays
from cli.layers import Platform


def preview(platform: str, target_name: str, env_name: str, only: Sequence[str] | None, format: str) -> int:
    """Exit codes: 0 nothing refused, 1 a violation, others from the table."""
    chosen = _platform(platform, target_name, env_name)
    env, wanted = environment.enter(), _layers(only)
    above = sorted(set(wanted) & set(layers.WAVES[1]))
    if above and layers.provisional(chosen, env):
        console.err().print(
            f"[yellow]provisional[/]: {', '.join(above)} stand on placeholders, since the network layer does not "
            "exist yet; the pack decides for good at `up`"
        )
    with console.progress("preview") as progress:
        done = layers.preview(chosen, wanted, env, progress)
    show.results(done, format)
    return layers.exit_code(done)


def up(
    platform: str,
    target_name: str,
    env_name: str,
    only: Sequence[str] | None,
    yes: bool,
    format: str,
    refresh: bool = False,
    beside: bool = False,
) -> int:
    """With `beside`, a state that holds nothing is taken for a new one, whatever the account has."""
    from cli import lost

    chosen, wanted = _platform(platform, target_name, env_name), _layers(only)
    _confirm(yes, f"Bring {chosen.name} up on {chosen.target} ({chosen.environment})?")
    env = environment.enter()
    with console.progress("up") as progress:
        done = [] if beside else lost.refusal(chosen, wanted, env, progress)
        if not layers.exit_code(done):
            done = layers.up(chosen, wanted, env, progress, refresh)
    show.results(done, format)
    _tell_links(chosen, layers.exit_code(done))
    return layers.exit_code(done)


def destroy(
    platform: str, target_name: str, env_name: str, only: Sequence[str] | None, unprotect: bool, yes: bool, format: str
) -> int:
    """Data on a real target is given up only after its platform's name is typed: `--yes` is not enough."""
    chosen = _platform(platform, target_name, env_name)
    if unprotect and not target.load(chosen.target).simulated:
        if typer.prompt(f"This gives up the data of {chosen.name}. Type its name to go on") != chosen.name:
            raise typer.Abort
    else:
        _confirm(yes, f"Destroy {chosen.name} on {chosen.target} ({chosen.environment})?")
    with console.progress("destroy") as progress:
        done = layers.destroy(chosen, _layers(only), environment.enter(), progress, unprotect)
    show.results(done, format)
    return layers.exit_code(done)


def recover(
    platform: str,
    target_name: str,
    env_name: str,
    only: Sequence[str] | None,
    only_settle: bool,
    yes: bool,
    format: str,
) -> int:
    """With `only_settle`, stops once the stacks are unlocked and their pending operations are cleared."""
    from cli import lost

    chosen, wanted = _platform(platform, target_name, env_name), _layers(only)
    _confirm(yes, f"No other operation on {chosen.name} runs any more, anywhere?")
    env = environment.enter()
    with console.progress("recover") as progress:
        creating = recovery.creating(chosen, wanted, env)
        done = recovery.settle_all(chosen, wanted, env, progress)
        if not layers.exit_code(done) and not only_settle:
            done = strays.sweep(chosen, wanted, env, progress, creating)
        if not layers.exit_code(done) and not only_settle:
            done = strays.look_again(chosen, wanted, env, progress)
        if not layers.exit_code(done) and not only_settle:
            done = lost.refusal(chosen, wanted, env, progress)
        if not layers.exit_code(done) and not only_settle:
            done = layers.up(chosen, wanted, env, progress)
    show.results(done, format)
    if not only_settle:
        _tell_links(chosen, layers.exit_code(done))
    return layers.exit_code(done)


def drift(
    platform: str, target_name: str, env_name: str, only: Sequence[str] | None, format: str, output: str | None
) -> int:
    from cli import drift as command

    return command.drift(_platform(platform, target_name, env_name), _layers(only), format, output)


def adopt(
    platform: str,
    target_name: str,
    env_name: str,
    only: Sequence[str] | None,
    subject: str | None,
    identifier: str | None,
    *,
    only_show: bool,
    partial: bool,
    yes: bool,
    format: str,
) -> int:
    from cli import adopt as command

    chosen = _platform(platform, target_name, env_name)
    if not only_show:
        _confirm(yes, f"Take what exists under the tags of {chosen.name} on {chosen.target} into its stacks?")
    return command.adopt(chosen, _layers(only), subject, identifier, format, only_show, partial)


def _tell_links(chosen: Platform, code: int) -> None:
    """An `up` that went well leaves flows without a way, where only a private link carries them."""
    if code:
        return
    plan = planner.plan(loader.load(loader.find(chosen.name)), target.load(chosen.target), chosen.environment)
    show.beyond(private_links.of(plan))


def _platform(name: str, target_name: str, env_name: str) -> Platform:
    """Checks all three before the engine starts: its own messages about them are worse."""
    target.load(target_name)
    loader.load(loader.find(name))
    return Platform(name, target_name, env_name)


def _layers(only: Sequence[str] | None) -> tuple[str, ...]:
    wanted = tuple(only or (layer for wave in layers.WAVES for layer in wave))
    for layer in wanted:
        stacks.check_layer(layer)
    return wanted


def _confirm(yes: bool, question: str) -> None:
    if not yes:
        typer.confirm(question, abort=True)
