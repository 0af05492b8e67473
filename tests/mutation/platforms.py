"""A compliant platform broken one property at a time in what an adapter registers and in what a review reads."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from blueprint import stack as stacks
from blueprint.facts import Fact
from policies.judge import Judge
from policies.session import FACTS
from policies.verdicts import Effect, Finding
from tests.components import registering
from tests.mutation import reviews, values
from tests.mutation.outcome import Mutant
from tests.policies import estate, judging

PLACES = ("outscale-sandbox", "ovh-sandbox")
PLATFORM = "emc2"
OF_A_KIND = 3
"""So many resources of a kind are broken, from different parts of the plan: the others are like them."""
MADE: Mapping[str, Mapping[str, Any]] = {"outscale:index:SecurityGroup": {"implicitRulesRemoved": True}}
"""Kind -> what it says of itself only once it is made."""


BELOW = "pulumi:pulumi:StackReference"
"""What the engine says that an id of the layer below comes from."""


@dataclasses.dataclass(frozen=True)
class Resource:
    kind: str
    name: str
    properties: Mapping[str, Any]

    @property
    def urn(self) -> str:
        return estate.urn(self.kind, self.name)


class Layer:
    """One layer's resources, and what the rules say of them as they are."""

    def __init__(self, place: str, layer: str) -> None:
        made = registering.register(PLATFORM, layer, place)
        self.provider = made.plan.provider
        self.resources = [Resource(kind, name, {**MADE.get(kind, {}), **given}) for kind, name, given in made.resources]
        self.judge: Judge = judging.judge_at(place, PLATFORM, layer=layer)
        self._providers = {
            one.kind.rpartition(":")[2]: one.properties for one in self.resources if "pulumi:providers:" in one.kind
        }
        below = Resource(BELOW, f"{PLATFORM}.{place}.dev.network", {"name": f"{PLATFORM}.{place}.dev.network"})
        if layer != "network":
            self.resources.append(below)
        self._ids = {**dict.fromkeys(made.given, below.urn), **{f"{one.name}-id": one.urn for one in self.resources}}
        # A key pair is known by its name.
        named = [one for one in self.resources if one.kind.lower().endswith(":keypair")]
        self._ids |= {str(one.properties.get("keypairName", one.properties.get("name"))): one.urn for one in named}
        self._facts = {one.urn: self._fact(one) for one in self.resources}
        self._alone = {urn: _bad(self.judge.resource(fact)) for urn, fact in self._facts.items()}
        self._together = _bad(self.judge.stack(list(self._facts.values())))

    def refused(self) -> list[str]:
        """What is refused before anything is broken: nothing, or the harness proves nothing."""
        every = [one for fact in self._facts.values() for one in self.judge.resource(fact)]
        every += self.judge.stack(list(self._facts.values()))
        return [f"{one.rule} {one.subject}: {one.message}" for one in every if one.effect is Effect.BLOCK]

    def chosen(self) -> Iterator[Resource]:
        seen: collections.Counter[str] = collections.Counter()
        parts: set[tuple[str, str]] = set()
        for one in self.resources:
            part = (one.kind, "/".join(str(one.properties.get("subject", "")).split("/")[:2]))
            engine_s = one.kind.startswith(("pulumi:pulumi:", "rempart:components:"))  # no provider has them
            if engine_s or part in parts or seen[one.kind] >= OF_A_KIND:
                continue
            parts.add(part)
            seen[one.kind] += 1
            yield one

    def notices(self, one: Resource) -> bool:
        """Whether a rule says something worse of the broken resource, or of the layer that holds it."""
        fact = self._fact(one)
        if _bad(self.judge.resource(fact)) - self._alone[one.urn]:
            return True
        return bool(_bad(self.judge.stack(list({**self._facts, one.urn: fact}.values()))) - self._together)

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(self._facts.values())

    def read_only(self, subject: str) -> list[Finding]:
        """What is said of the layer where its program only reads (`.get()`) that resource: the engine shows none."""
        return self.judge.stack([fact for fact in self.facts if fact.origin.subject != subject])

    def _fact(self, one: Resource) -> Fact:
        provider = self._providers.get(one.kind.split(":")[0])
        came_from = {key: tuple(_urns(value, self._ids)) for key, value in one.properties.items()}
        dependencies = {key: urns for key, urns in came_from.items() if urns}
        return FACTS[self.provider](one.kind, one.urn, one.name, one.properties, provider, dependencies)


def mutants() -> Iterator[Mutant]:
    """Every breach of every kind, on each provider; noticed where it is on each chosen resource of that kind."""
    found: dict[str, Mutant] = {}
    for mutant in (*_registered(), *reviews.mutants()):
        known = found.setdefault(str(mutant), mutant)
        if known.killed and not mutant.killed:
            found[str(mutant)] = mutant
    yield from found.values()


def _registered() -> Iterator[Mutant]:
    for place in PLACES:
        for name in stacks.LAYERS:
            layer = Layer(place, name)
            if refused := layer.refused():
                raise AssertionError(f"{place} {name} is not compliant: {refused[:3]}")
            yield from _of(layer)


def _of(layer: Layer) -> Iterator[Mutant]:
    for one in layer.chosen():
        for path, what, properties in values.broken(one.properties):
            noticed = layer.notices(dataclasses.replace(one, properties=properties))
            yield Mutant(f"{layer.provider} {one.kind}", path, what, noticed, one.name)


def _bad(findings: Iterable[Finding]) -> set[tuple[str, str, str]]:
    """What is refused, blocked or left to a person, by rule, subject and message."""
    return {(one.rule, str(one.state), one.message) for one in findings if one.effect is not Effect.PASS}


def _urns(value: Any, ids: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, str) and value in ids:
        yield ids[value]
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _urns(inner, ids)
    elif isinstance(value, list):
        for inner in value:
            yield from _urns(inner, ids)
