"""The pack's policies, as the engine knows them: a few, each speaking for many rules, because each costs it time.

A finding that blocks is a mandatory violation of its family's policy; one that only warns is an advice. Nothing here
touches a property: facts do, behind `policies.boundary`.
"""

from __future__ import annotations

import dataclasses
import enum
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Importing them costs more than the server does: it starts first, and they load while the program starts.
    from blueprint.facts import Fact
    from policies.boundary import Resource
    from policies.session import Session
    from policies.verdicts import Finding

NAME = "rempart"


class Level(enum.StrEnum):
    """The engine's levels that this pack uses; no configuration may bring a policy below its own."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """`whole`: it judges the stack as a whole, after its resources."""

    name: str
    description: str
    level: Level
    whole: bool = False


FAMILIES = {
    "control": "Nothing is created that no rule judges",
    "sovereignty": "A qualified service, in a declared region",
    "network": "Segmentation, flow matrix, bastion",
    "data": "Bubbles and their storage",
    "compute": "Machines",
}
_BLOCKING = {name: Policy(name, description, Level.MANDATORY) for name, description in FAMILIES.items()}
_ADVICE = Policy("advice", "To be decided, or accepted for now", Level.ADVISORY)
_STACK = Policy("stack", "The platform as a whole", Level.MANDATORY, whole=True)
_STACK_ADVICE = Policy("stack-advice", "To be decided, or accepted for now", Level.ADVISORY, whole=True)
POLICIES = {policy.name: policy for policy in (*_BLOCKING.values(), _ADVICE, _STACK, _STACK_ADVICE)}


@dataclasses.dataclass(frozen=True, slots=True)
class Violation:
    """What the user is told. `urn` is empty for the resource at hand, or for the stack."""

    policy: Policy
    message: str
    urn: str = ""


class Pack:
    """The policies of one run, over one session, which `session` gives (and waits for)."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._advised: set[tuple[str, str]] = set()
        self._told: set[tuple[str, str]] = set()
        """(rule, URN) that the resource rule refused: its stack twin says nothing new."""

    def resource(self, one: Resource) -> list[Violation]:
        """Before `one` is created."""
        return self._judged(_BLOCKING["control"], lambda session: self._resource(session, one))

    def stack(self, resources: Iterable[Resource]) -> list[Violation]:
        """When all resources are known."""
        return self._judged(_STACK, lambda session: self._stack(session, resources))

    def _judged(self, policy: Policy, judge: Callable[[Session], Iterator[Violation]]) -> list[Violation]:
        """What cannot be judged is refused: it never passes."""
        from policies.verdicts import Unjudgeable

        try:
            session = self._session()
            with self._lock:
                return list(judge(session))
        except Unjudgeable as error:
            return [Violation(policy, _unjudgeable(error))]
        except Exception as error:
            return [Violation(policy, _broken(error))]

    def _resource(self, session: Session, one: Resource) -> Iterator[Violation]:
        found = session.resource(_fact(session, one))
        for family, policy in _BLOCKING.items():
            for finding in found:
                if finding.effect == "block" and _family(session, finding) == family:
                    self._told.add((finding.rule, finding.urn))
                    yield Violation(policy, session.say(finding))
        yield from self._advice(session, found, _ADVICE)

    def _stack(self, session: Session, resources: Iterable[Resource]) -> Iterator[Violation]:
        found = session.whole([_fact(session, one) for one in resources])
        for finding in found:
            if finding.effect == "block" and (finding.rule, finding.urn) not in self._told:
                yield Violation(_STACK, session.say(finding), finding.urn)
        yield from self._advice(session, found, _STACK_ADVICE)

    def _advice(self, session: Session, found: list[Finding], policy: Policy) -> Iterator[Violation]:
        """Each advice once: a hundred resources of one offer make one line."""
        for finding in found:
            key = (finding.rule, finding.message)
            if finding.effect == "warn" and key not in self._advised:
                self._advised.add(key)
                yield Violation(policy, session.say(finding), finding.urn if policy.whole else "")


def _fact(session: Session, one: Resource) -> Fact:
    return session.fact(one.kind, one.urn, one.name, one.properties, one.provider, one.dependencies, one.options)


def _family(session: Session, finding: Finding) -> str:
    family = session.family(finding)
    return family if family in FAMILIES else next(iter(FAMILIES))


def _unjudgeable(error: Exception) -> str:
    return f"GOV-01 · F-002 — the run cannot be judged, so nothing is created: {error}"


def _broken(error: Exception) -> str:
    """The kind of the failure, never its text: that may hold a value."""
    return (
        f"GOV-01 · F-002 — the policy pack failed ({type(error).__name__}), so nothing is created. "
        "Remedy: run `rempart doctor`; if it finds nothing, report this as a defect"
    )
