"""A compliant platform as its author writes it in Terraform, on a provider without an adapter: broken, and reviewed.

Each argument of the provider and of each resource (of twins, of the first) is broken, in the files and in the plan.
"""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import pytest

from blueprint import stack as stacks
from cli import review
from policies import outside, session, unplanned
from policies.context import Index
from policies.verdicts import REVIEW, Effect, Finding, State
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import WAYS, Ref, Terraform
from tests.mutation import values
from tests.mutation.outcome import Mutant

PROVIDER = "cloudtemple"
CONFIGURED = "provider"
"""What stands for the provider's own block, beside the addresses of resources."""

_NUMBER = re.compile(r"_\d+")


class Review:
    """A review of Terraform in one of its ways, and what it says of what is compliant."""

    def __init__(self, terraform: Terraform, folder: pathlib.Path, way: str) -> None:
        self._folder, self._way = folder, way
        name = stacks.StackName(written.PLATFORM, PROVIDER, "dev", unplanned.LAYER)
        self._judge = outside.placed(session.prepare(name, preview=False)[0], REVIEW)
        found = self._findings(terraform)
        self.refused = {one.rule: f"{one.subject}: {one.message}" for one in found if one.state is State.NON_CONFORM}
        self._before = worse(found)

    def notices(self, broken: Terraform) -> bool:
        """Whether some rule says something worse: it refuses, or asks a person, more often than of what is compliant.

        Counted rule by rule and not by subject: what loses its name is asked the same under its address.
        """
        return bool(worse(self._findings(broken)) - self._before)

    def _findings(self, terraform: Terraform) -> tuple[Finding, ...]:
        """As `rempart review` has them, without its report, which reads the history of all the reviews before."""
        plan = self._judge.context.index.plan
        resources, unknown = review.resolve(review.read(terraform.saved(self._folder, self._way)), PROVIDER, plan)
        if unknown:
            raise AssertionError(f"no fact is made of {unknown[0].address}")
        # What rules remember in an index is of one run.
        context = dataclasses.replace(self._judge.context, index=Index(plan))
        judge = dataclasses.replace(self._judge, context=context)
        found = outside.ask(judge, REVIEW, list(review.facts_of(resources, PROVIDER)))
        if faults := [one for one in found if one.fault]:
            raise AssertionError(f"a rule fails instead of judging: {faults[:3]}")
        return found


def worse(findings: Iterable[Finding]) -> collections.Counter[tuple[str, int]]:
    """How many findings of each rule are so bad or worse: 1 warns, 2 blocks until a person answers, 3 refuses."""
    return collections.Counter((one.rule, level) for one in findings for level in range(1, _level(one) + 1))


def _level(finding: Finding) -> int:
    if finding.state is State.NON_CONFORM:
        return 3
    return {Effect.PASS: 0, Effect.WARN: 1, Effect.BLOCK: 2}[finding.effect]


def mutants() -> Iterator[Mutant]:
    """Every breach, once for each resource and way."""
    with tempfile.TemporaryDirectory() as made, pytest.MonkeyPatch.context() as monkeypatch:
        folder = pathlib.Path(made)
        written.settle(monkeypatch, folder)
        for sample in samples():
            for way in WAYS:
                reviewed = Review(sample.terraform, folder, way)
                if set(reviewed.refused) != sample.refused:
                    raise AssertionError(f"of the {way} something else is refused: {reviewed.refused}")
                for address, part, what, terraform in broken(sample.terraform, sample.addresses):
                    kind = f"{PROVIDER} {address.partition('.')[0]}"
                    yield Mutant(kind, part, what, reviewed.notices(terraform), f"{address}, {way}")


@dataclasses.dataclass(frozen=True)
class Sample:
    """Terraform of which only some rules refuse something, and what of it is broken."""

    terraform: Terraform
    addresses: frozenset[str] | None = None
    """Everything where it is None."""
    refused: frozenset[str] = frozenset()


def samples() -> Iterator[Sample]:
    """All that may be there. Then an address of the Internet at the edge: its service is inside no decision."""
    plan = written.plan_of()
    compliant = written.whole(plan)
    yield Sample(compliant)
    open_edge = written.whole(plan)
    written.exposed(open_edge, written.BASTION)
    more = frozenset(open_edge.resources) - frozenset(compliant.resources)
    yield Sample(open_edge, more, frozenset({"SOV-01"}))


def broken(compliant: Terraform, addresses: Collection[str] | None = None) -> Iterator[tuple[str, str, str, Terraform]]:
    """(address, argument, what is done, the Terraform with that argument wrong), of everything or of some addresses."""
    addresses = {CONFIGURED, *compliant.resources} if addresses is None else addresses
    for part, what, given in _wrong(compliant.provider) if CONFIGURED in addresses else ():
        yield CONFIGURED, part, what, dataclasses.replace(compliant, provider=given)
    alike: set[str] = set()
    for address, arguments in compliant.resources.items():
        if address not in addresses:
            continue
        if (group := _NUMBER.sub("", address)) in alike:
            continue  # its twin is broken
        alike.add(group)
        for part, what, given in _wrong(arguments):
            yield address, part, what, dataclasses.replace(compliant, resources={**compliant.resources, address: given})


def _wrong(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A reference is broken as the text of an id is: what it then says is an id that nothing has."""
    for part, what, given in values.broken(_texts(arguments)):
        yield part, what, _references(given, _known(arguments))


def _known(value: Any) -> dict[str, Ref]:
    if isinstance(value, Ref):
        return {_text(value): value}
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {text: one for each in inner for text, one in _known(each).items()}


def _text(reference: Ref) -> str:
    return f"<{reference}>"


def _texts(value: Any) -> Any:
    if isinstance(value, Ref):
        return _text(value)
    if isinstance(value, Mapping):
        return {key: _texts(one) for key, one in value.items()}
    return [_texts(one) for one in value] if isinstance(value, list) else value


def _references(value: Any, known: Mapping[str, Ref]) -> Any:
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, Mapping):
        return {key: _references(one, known) for key, one in value.items()}
    return [_references(one, known) for one in value] if isinstance(value, list) else value
