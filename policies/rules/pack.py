"""The control holds itself: no command slips past the types (GOV-03), and the pack is the signed one (GOV-06)."""

from __future__ import annotations

from blueprint import facts
from blueprint.facts import Fact
from policies.context import Context
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused

_PROVIDERS = "pulumi:providers:"
TERRAFORM = "terraform"
"""Before the type of what `rempart review` reads and no mapping knows."""


# GOV-03


def runs_no_command(fact: Fact, context: Context) -> Verdict:
    """A resource whose effect is a program's, not a declaration's, is refused by its type, whatever it does."""
    if _package(fact.origin.type) in context.parameter("GOV-03", "packages"):
        return refused(f"resources of type {fact.origin.type} run code that no rule can judge")
    return CONFORM


def _package(kind: str) -> str:
    """`command` of `command:local:Command` and of its provider; `null` of Terraform's `null_resource`."""
    package, *rest = kind.strip().casefold().removeprefix(_PROVIDERS).split(":")
    written = package == TERRAFORM and len(rest) == 1  # the engine's own types have three parts
    return rest[0].split("_")[0] if written else package


# GOV-06


def pack_as_signed(context: Context) -> Verdict:
    """The digest of rules, catalogue, records and facts is the one that the reviewer keeps."""
    manifest = context.manifest
    if manifest is None or manifest.expected is None:
        why = manifest.problem if manifest else "nothing says which pack was reviewed"
        return Verdict(State.EVIDENCE_REQUIRED, f"{why}: the pack is self-declared", scope="pack")
    if manifest.running != manifest.expected:
        return refused(f"this pack is {manifest.running[:12]}, the reviewer signed for {manifest.expected[:12]}")
    return CONFORM


RULES = (
    Rule("GOV-03", (facts.Unmapped, facts.ProviderConfiguration, facts.Support), runs_no_command),
    Rule("GOV-06", run=pack_as_signed),
)
