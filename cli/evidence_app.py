"""The commands of `rempart evidence`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="What rules ask a person to show, and signed, chained archives of what was judged, planned and found.",
)


@app.command("needed", epilog="Example: `rempart evidence needed emc2 --target outscale-sandbox`")
def needed(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="Name of a file in stacks/platforms/.")],
    target: Annotated[str, typer.Option("--target", "-t", help="Name of a file in stacks/targets/.")] = (
        "outscale-sandbox"
    ),
    environment: Annotated[str, typer.Option("--environment", "-e", help="dev, prod, ...")] = "dev",
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """List the records that the last runs asked for. Exit code 1 where one that is missing blocks."""
    from cli.evidence import needed as command

    raise typer.Exit(command.show(platform, target, environment, format))


@app.command(
    "record",
    epilog="Example: `rempart evidence record IAM-07 platforms/emc2 --platform emc2 --document "
    "policies/evidence/documents/rights-review.md --statement 'Rights were reviewed on 12 November.' "
    "--owner 'A. Martin' --approver 'B. Petit' --until 2027-05-31`",
)
def record(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="For instance IAM-07.")],
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help="As `rempart evidence needed` gives it; no wildcard.")],
    platform: Annotated[str, typer.Option("--platform", "-p", help="Name of a file in stacks/platforms/.")],
    document: Annotated[str, typer.Option("--document", help="The proof, a file: its SHA-256 goes into the record.")],
    statement: Annotated[str, typer.Option("--statement", help="What the document shows, in a sentence.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    approver: Annotated[str, typer.Option("--approver", help="Another person, who read it too.")],
    until: Annotated[str, typer.Option("--until", help="Last day, at most 366 days after the first: 2027-03-31.")],
    since: Annotated[str | None, typer.Option("--from", help="First day; else the day on which runs judge.")] = None,
    kept_at: Annotated[
        str | None, typer.Option("--kept-at", help="Where others find the document, where it is not in this checkout.")
    ] = None,
    target: Annotated[str, typer.Option("--target", "-t", help="Name of a file in stacks/targets/.")] = (
        "outscale-sandbox"
    ),
    environment: Annotated[str, typer.Option("--environment", "-e", help="dev, prod, ...")] = "dev",
    replace: Annotated[bool, typer.Option("--replace", help="Write an existing record anew.")] = False,
) -> None:
    """Write the record with which one document answers one rule, for a time. The next run reads it."""
    from cli.evidence import recording

    asked = recording.Asked(
        rule, scope, platform, target, environment, document, statement, owner, approver, until, since, kept_at, replace
    )
    raise typer.Exit(recording.record(asked))


@app.command("make", epilog="Example: `rempart evidence make emc2 --key ~/.ssh/id_ed25519`")
def make(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="Name of a file in stacks/platforms/.")],
    key: Annotated[str, typer.Option("--key", "-k", help="Your SSH key: it signs the manifest.")],
    target: Annotated[str, typer.Option("--target", "-t", help="Name of a file in stacks/targets/.")] = (
        "outscale-sandbox"
    ),
    environment: Annotated[str, typer.Option("--environment", "-e", help="dev, prod, ...")] = "dev",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Where; by default beside the last one.")] = None,
    previous: Annotated[str | None, typer.Option("--previous", help="The bundle to continue; else the last.")] = None,
    tsa: Annotated[str | None, typer.Option("--tsa", help="URL of an RFC 3161 time stamp authority.")] = None,
    lock_to: Annotated[
        str | None, typer.Option("--lock-to", help="s3://bucket/prefix, locked, of another account (REMPART_HEADS_*).")
    ] = None,
) -> None:
    """Collect reports, findings, plan, digest of the state, records and identity into one signed archive."""
    from cli.evidence import commands

    raise typer.Exit(commands.make(platform, target, environment, key, output, previous, tsa, lock_to))


@app.command("keep", epilog="Example: `rempart evidence keep 000001.tar --lock-to s3://heads/emc2`")
def keep(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A bundle.")],
    lock_to: Annotated[str, typer.Option("--lock-to", help="s3://bucket/prefix of another account (REMPART_HEADS_*).")],
) -> None:
    """Put the head of a bundle in a locked bucket, where `make` could not."""
    from cli.evidence import commands

    raise typer.Exit(commands.keep(file, lock_to))


@app.command("verify", epilog="Example: `rempart evidence verify 000001.tar 000002.tar --signers allowed_signers`")
def verify(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Bundles, in any order.")],
    signers: Annotated[str | None, typer.Option("--signers", help="Allowed signers; else REMPART_TRUST's.")] = None,
    tsa_roots: Annotated[str | None, typer.Option("--tsa-roots", help="Roots of the authority, PEM.")] = None,
    heads: Annotated[
        str | None, typer.Option("--heads", help="s3://bucket/prefix that keeps the heads (REMPART_HEADS_*).")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Check that bundles are what was signed, and that they form one chain. Exit code 1 where they do not."""
    from cli.evidence import commands

    raise typer.Exit(commands.verify(files, signers, tsa_roots, heads, format))
