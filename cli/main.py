"""The `rempart` command. Everything heavy is imported by the command that needs it: `--help` answers at once."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from blueprint import garbage
from cli import baseline_app, decide_app, ending, evidence_app, exit_codes, waive_app

app = typer.Typer(
    name="rempart",
    no_args_is_help=True,
    rich_markup_mode=None,  # help through rich costs 0.3 s
    pretty_exceptions_enable=False,
    help="Sensitive-data platforms on SecNumCloud-qualified clouds, under policy.\n\n"
    "Start with `rempart check minimal`, `rempart plan minimal --target outscale-sandbox`, then `make demo`.",
    epilog=exit_codes.EPILOG,
)
sandbox_app = typer.Typer(no_args_is_help=True, help="Local endpoints that stand where the clouds stand.")
demo_app = typer.Typer(no_args_is_help=True, help="The main job on local endpoints, from nothing.")
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(demo_app, name="demo")
app.add_typer(waive_app.app, name="waive")
app.add_typer(decide_app.app, name="decide")
app.add_typer(evidence_app.app, name="evidence")
app.add_typer(baseline_app.app, name="baseline")

PLATFORM = Annotated[str, typer.Argument(metavar="PLATFORM", help="Name of a file in stacks/platforms/, e.g. emc2.")]
FILE = Annotated[str, typer.Argument(metavar="FILE", help="A blueprint: a path, or a platform's name.")]
TARGET = Annotated[str, typer.Option("--target", "-t", help="Name of a file in stacks/targets/.")]
ENVIRONMENT = Annotated[str, typer.Option("--environment", "-e", help="dev, prod, ...")]
LAYER = Annotated[list[str] | None, typer.Option("--layer", "-l", help="Only this layer; repeatable.")]
YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
FORMAT = Annotated[str, typer.Option("--format", help="text or json.")]
REPORT_FORMAT = Annotated[
    str, typer.Option("--format", help="table, states, json, sarif, md, html, junit, csv, oscal, codequality")
]
SERVICES = Annotated[list[str] | None, typer.Argument(help="outscale, s3 (both by default), ovh, rgw.")]
BASELINE = Annotated[str | None, typer.Option("--baseline", help="Frozen breaches: `rempart baseline write`.")]


@app.command(epilog="Example: `rempart check stacks/platforms/minimal.yaml`")
def check(
    file: FILE,
    fix: Annotated[bool, typer.Option("--fix", help="Give a slot to whatever has none, in place.")] = False,
    format: FORMAT = "text",
) -> None:
    """Read a blueprint and report everything that is malformed, each with its line."""
    from cli import check as command

    raise typer.Exit(command.check(file, fix=fix, format=format))


@app.command(epilog="Example: `rempart plan emc2 --target outscale-sandbox --format svg --output emc2.svg`")
def plan(
    file: FILE,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    format: Annotated[str, typer.Option("--format", help="table, json, md or svg.")] = "table",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write there instead of the terminal.")] = None,
) -> None:
    """Show what a blueprint becomes: addresses, flow matrix, names, capabilities, assumptions."""
    from cli import plan as command

    raise typer.Exit(command.plan(file, target=target, environment=environment, format=format, output=output))


@app.command(epilog="Example: `rempart preview emc2 --target outscale-sandbox`")
def preview(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    layer: LAYER = None,
    format: FORMAT = "text",
) -> None:
    """Show what `up` would change, under the policy pack."""
    from cli import operate

    raise typer.Exit(operate.preview(platform, target, environment, layer, format))


@app.command(epilog="Example: `rempart up emc2 --target outscale-sandbox --environment dev --yes`")
def up(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    layer: LAYER = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Look first, and bring back what differs.")] = False,
    beside: Annotated[
        bool, typer.Option("--beside", help="The state is new, whatever the account has under the platform's tags.")
    ] = False,
    yes: YES = False,
    format: FORMAT = "text",
) -> None:
    """Bring every layer up in dependency order, under the policy pack."""
    from cli import operate

    raise typer.Exit(operate.up(platform, target, environment, layer, yes, format, refresh, beside))


@app.command(epilog="Example: `rempart destroy emc2 --target outscale-sandbox --unprotect`")
def destroy(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    layer: LAYER = None,
    unprotect: Annotated[bool, typer.Option("--unprotect", help="Give up protected data too.")] = False,
    yes: YES = False,
    format: FORMAT = "text",
) -> None:
    """Take layers down, last first. Buckets and volumes are protected until you say otherwise."""
    from cli import operate

    raise typer.Exit(operate.destroy(platform, target, environment, layer, unprotect, yes, format))


@app.command(epilog="Example: `rempart recover emc2 --target outscale-sandbox`")
def recover(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    layer: LAYER = None,
    only_settle: Annotated[bool, typer.Option("--only-settle", help="Do not bring the layers up afterwards.")] = False,
    yes: YES = False,
    format: FORMAT = "text",
) -> None:
    """After a kill or a crash: unlock, settle what was begun, and bring the layers up."""
    from cli import operate

    raise typer.Exit(operate.recover(platform, target, environment, layer, only_settle, yes, format))


@app.command(epilog="Example: `rempart report emc2 --format html --output report.html`")
def report(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    format: REPORT_FORMAT = "table",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write there instead of the terminal.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
    baseline: BASELINE = None,
) -> None:
    """Merge the layers' findings: every requirement, rule and subject, with its state."""
    from cli import report as command

    prefix = f"{platform}.{target}.{environment}"
    raise typer.Exit(command.report(prefix, format=format, output=output, lang=lang, baseline=baseline))


@app.command(epilog="Example: `pulumi stack export --show-secrets | rempart audit -`")
def audit(
    subject: Annotated[str, typer.Argument(metavar="STATEFILE|PLATFORM", help="A state, `-`, or a platform's name.")],
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    format: REPORT_FORMAT = "table",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write there instead of the terminal.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
    baseline: BASELINE = None,
) -> None:
    """Judge a state by the same rules, without the engine and without the provider."""
    from cli import audit as command

    raise typer.Exit(command.audit(subject, target, environment, format, output, lang, baseline))


@app.command(
    epilog="Example: `terraform show -json tfplan > plan.json`, then `rempart review plan.json --platform minimal`"
)
def review(
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="A folder of Terraform, a plan or a state.")
    ] = None,
    platform: Annotated[str | None, typer.Option("--platform", "-p", help="The blueprint that it must match.")] = None,
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Name of a file in stacks/targets/ or stacks/reviewed/.")
    ] = None,
    environment: ENVIRONMENT = "dev",
    source: Annotated[str | None, typer.Option("--from", help="azurerm: print what each type becomes.")] = None,
    format: REPORT_FORMAT = "table",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write there instead of the terminal.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="en or fr.")] = "en",
    baseline: BASELINE = None,
) -> None:
    """Judge Terraform by the same rules: `show -json` of a plan or a state, or the files themselves."""
    if source is not None:
        from cli import migration

        raise typer.Exit(migration.show(source, path, format, output, lang))
    if not path:  # empty too: a script's variable that is not set would name this folder
        raise typer.BadParameter("PATH is missing: a folder of Terraform, a plan or a state")
    from cli import review as command

    raise typer.Exit(command.review(path, platform, target, environment, format, output, lang, baseline))


@app.command(epilog="Example: `rempart verify emc2 --target outscale-sandbox --format json --output verify.json`")
def verify(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write there instead of the terminal.")] = None,
) -> None:
    """Judge what the provider's API lists, all layers together, unmanaged resources included; read no state."""
    from cli import verify as command

    raise typer.Exit(command.verify(platform, target, environment, format, output))


@app.command(epilog="Example: `rempart drift emc2 --target outscale-sandbox --layer network`")
def drift(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    layer: LAYER = None,
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write there instead of the terminal.")] = None,
) -> None:
    """Show what another hand changed, took away or added, through the provider's API; nothing is written."""
    from cli import operate

    raise typer.Exit(operate.drift(platform, target, environment, layer, format, output))


@app.command(epilog="Example: `rempart adopt emc2 --subject bubbles/warehouse --id vpc-12345678`")
def adopt(
    platform: PLATFORM,
    target: TARGET = "outscale-sandbox",
    environment: ENVIRONMENT = "dev",
    layer: LAYER = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Blueprint path of what is adopted.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="The provider's id, as the engine imports it.")] = None,
    only_show: Annotated[bool, typer.Option("--only-show", help="Show what would be adopted.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Though the plan has more than there is: `rempart up` makes the rest.")
    ] = False,
    yes: YES = False,
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """Bring what exists into the stacks by its id, with the plan's inputs; nothing at the provider changes."""
    from cli import operate

    raise typer.Exit(
        operate.adopt(
            platform,
            target,
            environment,
            layer,
            subject,
            id,
            only_show=only_show,
            partial=partial,
            yes=yes,
            format=format,
        )
    )


@app.command(epilog="Example: `rempart compare emc2 --format html --output compare.html`")
def compare(
    platform: PLATFORM,
    environment: ENVIRONMENT = "dev",
    format: Annotated[str, typer.Option("--format", help="table, md, html or json.")] = "table",
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write there instead of the terminal.")] = None,
) -> None:
    """Set the offers side by side: bricks, dates, workarounds, and what the same flow matrix becomes on each."""
    from cli import compare as command

    raise typer.Exit(command.compare(platform, environment, format, output))


@app.command(epilog="Example: `rempart doctor --format json`")
def doctor(format: FORMAT = "text") -> None:
    """Say what was found on this machine, what is missing, and the one command that mends it."""
    from cli import doctor as command

    raise typer.Exit(command.doctor(format))


@app.command(epilog='Example: `eval "$(rempart env)"`')
def env() -> None:
    """Print the environment in which `pulumi` works by itself, as shell exports."""
    from cli import environment as command

    raise typer.Exit(command.print_exports())


@sandbox_app.command("up", epilog="Examples: `rempart sandbox up outscale s3`, `rempart sandbox up ovh rgw`")
def sandbox_up(
    services: SERVICES = None,
    routers: Annotated[
        bool, typer.Option("--routers", help="ovh: allow routers and floating IPs, as the offer announces.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="ovh: this service of OpenStack and keystone; can be repeated.")
    ] = None,
    format: FORMAT = "text",
) -> None:
    """Start endpoints and wait until they answer."""
    from cli import sandbox as command

    raise typer.Exit(command.up(services, format=format, routers=routers, parts=only or ()))


@sandbox_app.command("down")
def sandbox_down(services: SERVICES = None, format: FORMAT = "text") -> None:
    """Stop endpoints; their data stays."""
    from cli import sandbox as command

    raise typer.Exit(command.down(services, format=format))


@sandbox_app.command("status")
def sandbox_status(format: FORMAT = "text") -> None:
    """Say what runs, where, since when."""
    from cli import sandbox as command

    raise typer.Exit(command.status(format=format))


@sandbox_app.command("reset")
def sandbox_reset(services: SERVICES = None, yes: YES = False, format: FORMAT = "text") -> None:
    """Stop endpoints and forget their data."""
    from cli import sandbox as command

    raise typer.Exit(command.reset(services, yes=yes, format=format))


@demo_app.command("up")
def demo_up() -> None:
    """Start the sandbox, bring EMC2 up under the pack, show what there is."""
    from cli import demo

    raise typer.Exit(demo.up())


@demo_app.command("down")
def demo_down() -> None:
    """Destroy EMC2 and prove through the API that nothing is left."""
    from cli import demo

    raise typer.Exit(demo.down())


@demo_app.command("violation")
def demo_violation() -> None:
    """Show what is refused: each violating blueprint, at preview and at `up --skip-preview`."""
    from cli import violations

    raise typer.Exit(violations.show())


def main() -> NoReturn:
    """The entry point."""
    garbage.seldom()
    if sys.stdout is None or sys.stdout.encoding.lower() != "utf-8":
        from cli import console

        console.settle()
    ending.of(lambda: app(standalone_mode=False))  # in this mode `typer.Exit` comes back as its code


if __name__ == "__main__":
    main()
