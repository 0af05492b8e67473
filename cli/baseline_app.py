"""The commands of `rempart baseline`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="What an adopted landscape breaks today, frozen; what is new blocks.")

PLATFORM = Annotated[str, typer.Argument(metavar="PLATFORM", help="Name of a file in stacks/platforms/.")]
TARGET = Annotated[str, typer.Option("--target", "-t", help="Name of a file in stacks/targets/.")]
ENVIRONMENT = Annotated[str, typer.Option("--environment", "-e", help="dev, prod, ...")]


@app.command(
    "write",
    epilog="Example: `rempart baseline write emc2 --owner a.martin@hospital.example --until 2027-03-31 "
    "--output baseline.json`",
)
def write(
    owner: Annotated[str, typer.Option("--owner", help="Who answers for the debt: a name of the allowed signers.")],
    until: Annotated[str, typer.Option("--until", help="Last day, at most 366 days from now: 2027-03-31.")],
    output: Annotated[str, typer.Option("--output", "-o", help="The file; it must not exist yet.")],
    platform: Annotated[str | None, typer.Argument(metavar="PLATFORM", help="From the findings of its runs.")] = None,
    source: Annotated[str | None, typer.Option("--from", help="From a JSON report, e.g. of `review`.")] = None,
    key: Annotated[str | None, typer.Option("--key", "-k", help="The owner's SSH key; a real target needs it.")] = None,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
) -> None:
    """Freeze what blocks today: the last runs of a platform, or a report of anything else."""
    from cli import baseline as command

    if source is not None:
        found = command.of_report(source)
    elif platform is not None:
        found = command.of_runs(platform, target, environment)
    else:
        raise typer.BadParameter("PLATFORM is missing, or --from with a JSON report")
    raise typer.Exit(command.write(found, owner, until, output, key))


@app.command("approve", epilog="Example: `rempart baseline approve baseline.json --key ~/.ssh/id_ed25519`")
def approve(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The baseline.")],
    key: Annotated[str, typer.Option("--key", "-k", help="Your SSH key; another person's than the owner's.")],
) -> None:
    """Approve a baseline as another person than its owner."""
    from cli import baseline as command

    raise typer.Exit(command.approve(file, key))


@app.command("check", epilog="Example: `rempart baseline check emc2 --baseline baseline.json`")
def check(
    platform: PLATFORM,
    baseline: Annotated[str, typer.Option("--baseline", help="The baseline.")],
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Say what is new, whose time is over, and what was mended. Exit code 1 for the first two."""
    from cli import baseline as command

    raise typer.Exit(command.check(platform, target, environment, baseline, format))
