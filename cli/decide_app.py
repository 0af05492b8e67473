"""The commands of `rempart decide`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Decisions that a disclosed requirement does not apply to a platform (policies/decisions/).\n\n"
    "A decision never stands alone: GOV-08 looks at the datasets, roles and recipients that the blueprint declares.",
)


@app.command("sign", epilog="Example: `rempart decide sign emc2-not-applicable --key ~/.ssh/id_ed25519`")
def sign(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `rempart decide list` shows it.")],
    key: Annotated[str, typer.Option("--key", "-k", help="Your SSH key, of the allowed signers.")],
) -> None:
    """Sign a decision with your SSH key. Read the file first: you sign every word of it."""
    from cli import decide as command

    raise typer.Exit(command.sign(identifier, key))


@app.command("list", epilog="Example: `rempart decide list --format json`")
def show(format: Annotated[str, typer.Option("--format", help="table or json.")] = "table") -> None:
    """Every decision: what it sets aside, who signed, until when. Exit code 1 where a signature does not hold."""
    from cli import decide as command

    raise typer.Exit(command.show(format))
