"""The pack's policies: a few, each dispatching to many rules, because every policy costs time on every resource.

The first one judges a resource; the others report their share of the same findings. A finding that blocks is a
mandatory violation; one that only warns is an advice. Nothing here touches a property: facts do, behind
`policies.boundary`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from blueprint.facts import Fact
from policies import boundary
from policies.verdicts import Effect, Finding, Unjudgeable

if TYPE_CHECKING:
    # Importing it costs as much as the SDK does: the server starts first, and loads it while the program starts.
    from policies.session import Session

NAME = "rempart"
ReportViolation: TypeAlias = Callable[..., None]
"""The SDK's: a message, and for stack policies the URN of the resource."""
FAMILIES = {
    "control": "Nothing is created that no rule judges",
    "sovereignty": "A qualified service, in a declared region",
    "network": "Segmentation, flow matrix, bastion",
    "data": "Bubbles and their storage",
    "compute": "Machines",
}
ADVICE = "advice"
STACK, STACK_ADVICE = "stack", "stack-advice"
FLOOR = EnforcementLevel.MANDATORY
"""The level below which no configuration may bring a policy that blocks."""


class Pack:
    """The policies of one run, over one session, which `session` gives (and waits for)."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session
        self._current = threading.local()
        self._advised: set[str] = set()
        self._told: set[tuple[str, str]] = set()
        """(rule, URN) that the resource rule refused: its stack twin says nothing new."""

    def policies(self) -> list[Policy]:
        """Order matters: the first resource policy and the first stack policy do the judging."""
        first, *others = FAMILIES
        return [
            self._resource_policy(first, self._judge_resource),
            *(self._resource_policy(family, self._report_family(family)) for family in others),
            ResourceValidationPolicy(
                ADVICE, "To be decided, or accepted for now", self._advise_resource, EnforcementLevel.ADVISORY
            ),
            StackValidationPolicy(STACK, "The platform as a whole", self._judge_stack, FLOOR, severity=Severity.HIGH),
            StackValidationPolicy(
                STACK_ADVICE, "To be decided, or accepted for now", self._advise_stack, EnforcementLevel.ADVISORY
            ),
        ]

    def _resource_policy(
        self, family: str, validate: Callable[[ResourceValidationArgs, ReportViolation], None]
    ) -> ResourceValidationPolicy:
        return ResourceValidationPolicy(family, FAMILIES[family], validate, FLOOR, severity=Severity.HIGH)

    def _judge_resource(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        self._current.findings = []
        try:
            fact = self._fact(args)
            self._current.findings = self.session.resource(fact)
        except Unjudgeable as error:
            report(_unjudgeable(error))
        except Exception as error:
            report(_broken(error))
        self._report_family(next(iter(FAMILIES)))(args, report)

    def _report_family(self, family: str) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
        def validate(_: ResourceValidationArgs, report: ReportViolation) -> None:
            for finding in self._current.findings:
                if finding.effect is Effect.BLOCK and self._family(finding) == family:
                    self._told.add((finding.rule, finding.urn))
                    report(self._console(finding))

        return validate

    def _advise_resource(self, _: ResourceValidationArgs, report: ReportViolation) -> None:
        for finding in self._current.findings:
            if finding.effect is Effect.WARN:
                self._advise(finding, lambda text: report(text))

    def _judge_stack(self, args: StackValidationArgs, report: ReportViolation) -> None:
        self._current.findings = []
        try:
            facts = [self._stack_fact(resource) for resource in args.resources]
            self._current.findings = self.session.whole(facts)
        except Unjudgeable as error:
            report(_unjudgeable(error))
        except Exception as error:
            report(_broken(error))
        for finding in self._current.findings:
            if finding.effect is Effect.BLOCK and (finding.rule, finding.urn) not in self._told:
                report(self._console(finding), finding.urn or None)

    def _advise_stack(self, _: StackValidationArgs, report: ReportViolation) -> None:
        for finding in self._current.findings:
            if finding.effect is Effect.WARN:
                self._advise(finding, lambda text, urn=finding.urn: report(text, urn or None))  # type: ignore[misc]

    def _advise(self, finding: Finding, report: Callable[[str], None]) -> None:
        """Each advice once: a hundred resources of one offer make one line."""
        key = f"{finding.rule} {finding.message}"
        if key not in self._advised:
            self._advised.add(key)
            report(self._console(finding))

    @property
    def session(self) -> Session:
        return self._session()

    def _console(self, finding: Finding) -> str:
        return self.session.say(finding)

    def _family(self, finding: Finding) -> str:
        family = self.session.family(finding)
        return family if family in FAMILIES else next(iter(FAMILIES))

    def _fact(self, args: ResourceValidationArgs) -> Fact:
        provider = boundary.mapping(args.provider.props) if args.provider is not None else None
        return self.session.fact(args.resource_type, args.urn, args.name, boundary.mapping(args.props), provider)

    def _stack_fact(self, resource: PolicyResource) -> Fact:
        provider = boundary.mapping(resource.provider.props) if resource.provider is not None else None
        dependencies = {
            name: tuple(one.urn for one in others) for name, others in resource.property_dependencies.items()
        }
        return self.session.fact(
            resource.resource_type,
            resource.urn,
            resource.name,
            boundary.mapping(resource.props),
            provider,
            dependencies,
        )


def _unjudgeable(error: Unjudgeable) -> str:
    return f"GOV-01 · F-002 — the run cannot be judged, so nothing is created: {error}"


def _broken(error: Exception) -> str:
    """The kind of the failure, never its text: that may hold a value."""
    return (
        f"GOV-01 · F-002 — the policy pack failed ({type(error).__name__}), so nothing is created. "
        "Remedy: run `rempart doctor`; if it finds nothing, report this as a defect"
    )
