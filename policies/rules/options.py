# ruff: noqa: ARG001 - every rule has the one signature, whether or not it needs all of it
"""GOV-04: no option of the engine takes away what another rule judged."""

from __future__ import annotations

from blueprint import facts
from blueprint.facts import Fact
from policies.context import Context
from policies.rules.gov import NATIVE
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused

HOLDING_DATA = (facts.Bucket, facts.Disk)
"""What is lost with its content: never deleted or replaced by the way."""


def nothing_taken_away(fact: Fact, context: Context) -> Verdict:
    """No change is ignored, nothing left behind or made something else, and what holds data is protected."""
    options = fact.origin.options
    if options is None:
        return Verdict(State.NOT_APPLICABLE, "options are the engine's, and this was not read from the engine")
    if options.ignored:
        names = ", ".join(sorted(options.ignored))
        return refused(f"changes of {names} are ignored: what stands there stays, and no run judges it")
    if options.retained:
        return refused("it stays at the provider when the stack gives it up (`retainOnDelete`)")
    if others := sorted(urn.rpartition("::")[2] for urn in options.taken_over if _another(urn, fact.origin.urn)):
        names = ", ".join(others)
        return refused(f"it takes the place of {names} (`aliases`): what was judged there becomes something else")
    if isinstance(fact, HOLDING_DATA) and not options.protect:
        return refused("it holds data and is not protected (`protect`)")
    return CONFORM


RULES = (Rule("GOV-04", (*NATIVE, facts.ProviderConfiguration), nothing_taken_away),)


def _another(old: str, new: str) -> bool:
    """Whether two URNs speak of two things: another stack, name or type of its own. What stands above it may change, as
    components do from one version to the next."""
    return _own(old) != _own(new)


def _own(urn: str) -> tuple[str, str, str]:
    """`urn:pulumi:<stack>::<project>::<types above>$<type>::<name>` -> the stack with its project, type, name."""
    place, _, name = urn.rpartition("::")
    stack, _, types = place.rpartition("::")
    return stack, types.rpartition("$")[2], name
