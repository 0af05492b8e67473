"""Which other stacks a stack reads: the one reading of it, for every rule that asks.

What is only read is no resource of a run: the engine shows it to a policy pack neither alone nor among the whole. It
names it where ids come from, by a URN that ends in what the program calls it: the stack's own name, unless the program
says otherwise. A state, and the engine's analysis of one, hold the reference itself, with the stack that it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blueprint import facts
from blueprint import stack as stacks
from blueprint.facts import Fact


def is_reference(urn: str) -> bool:
    """Whether a URN is that of a stack that is read; under a component, its type follows the component's."""
    return _parts(urn)[0] == stacks.REFERENCE


def read(everything: Iterable[Fact]) -> tuple[facts.StackReference, ...]:
    """Each stack that is read, once: as its reference says, else as where ids come from calls it."""
    found: dict[str, facts.StackReference] = {}
    for fact in everything:
        if isinstance(fact, facts.StackReference):
            found[fact.origin.urn] = fact
        for urn in _sources(fact):
            if is_reference(urn) and urn not in found:
                name = _parts(urn)[1]
                found[urn] = facts.StackReference(facts.Origin(urn, stacks.REFERENCE, name, None), name)
    return tuple(found.values())


def _sources(fact: Fact) -> Iterator[str]:
    """Every URN that the engine saw the inputs of a resource come from."""
    for urns in (fact.origin.dependencies or {}).values():
        yield from urns


def _parts(urn: str) -> tuple[str, str]:
    """(type, name) of `urn:pulumi:<stack>::<project>::<parents' types>$<type>::<name>`; a name may hold anything."""
    kinds, _, name = urn.partition("::")[2].partition("::")[2].partition("::")
    return kinds.rpartition("$")[2], name
