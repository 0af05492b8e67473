"""The commands of `rempart waive`. `rempart waive RULE SUBJECT` asks; its other words are commands of their own."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import typer.core

ASK = "request"


class _Asking(typer.core.TyperGroup):
    """What is no command is a rule: `rempart waive NET-06 bubbles/...` asks."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = [ASK, *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Asking,
    no_args_is_help=True,
    help="Waivers: dated, signed exceptions for one rule on one subject.\n\n"
    "`rempart waive RULE SUBJECT --platform ... --reason ...` asks (the same as `rempart waive request`); another "
    "person approves with their SSH key; `list` says which end soon.",
)


@app.command(
    ASK,
    epilog="Example: `rempart waive CPT-01 bubbles/export/tiers/gate/1 --platform emc2 --reason 'one host left' "
    "--control 'cold standby, restored in 4 h' --owner a.martin@hospital.example --until 2027-03-31 "
    "--key ~/.ssh/id_ed25519`",
)
def request(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="For instance CPT-01.")],
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Exactly as the finding names it; no wildcard.")],
    platform: Annotated[str, typer.Option("--platform", "-p", help="Name of a file in stacks/platforms/.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the rule cannot be met now.")],
    control: Annotated[str, typer.Option("--control", help="What meets its objective meanwhile.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it: a name of the allowed signers.")],
    until: Annotated[str, typer.Option("--until", help="Last day, at most 180 days from now: 2027-03-31.")],
    key: Annotated[str | None, typer.Option("--key", "-k", help="The owner's SSH key; a real target needs it.")] = None,
    target: Annotated[str, typer.Option("--target", "-t", help="Name of a file in stacks/targets/.")] = (
        "outscale-sandbox"
    ),
    environment: Annotated[str, typer.Option("--environment", "-e", help="dev, prod, ...")] = "dev",
    replace: Annotated[bool, typer.Option("--replace", help="Write an existing waiver anew.")] = False,
) -> None:
    """Ask for a waiver of what the last run refused. It holds once another person has approved it."""
    from cli import waive as command

    asked = command.Request(rule, subject, platform, target, environment, reason, control, owner, until, key, replace)
    raise typer.Exit(command.request(asked))


@app.command("approve", epilog="Example: `rempart waive approve cpt-01-1f0c9a2b --key ~/.ssh/id_ed25519`")
def approve(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `rempart waive list` shows it.")],
    key: Annotated[str, typer.Option("--key", "-k", help="Your SSH key; another person's than the owner's.")],
) -> None:
    """Approve a waiver with your SSH key. Read the file first: you sign every word of it."""
    from cli import waive as command

    raise typer.Exit(command.approve(identifier, key))


@app.command("list", epilog="Example: `rempart waive list --within 30` (exit code 1 where one ends by then)")
def show(
    within: Annotated[int | None, typer.Option("--within", min=0, help="Only those that end in so many days.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """Every waiver, with its days left. Exit code 1 where one does not hold, or ends within `--within` days."""
    from cli import waive as command

    raise typer.Exit(command.show(within, format))
