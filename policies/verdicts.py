"""What rules answer. A `Verdict` is a rule's; a `Finding` is the verdict with all that a reader needs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import operator
from typing import Any

from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed


class State(enum.StrEnum):
    """The one vocabulary of findings; `policies/catalogue/states.yaml` says what each does to a run."""

    CONFORM = "conform"
    NON_CONFORM = "non_conform"
    WORKAROUND_ACCEPTED = "workaround_accepted"
    WAIVED_UNTIL = "waived_until"
    EVIDENCE_ACCEPTED_UNTIL = "evidence_accepted_until"
    EVIDENCE_REQUIRED = "evidence_required"
    NOT_OBSERVABLE = "not_observable"
    NOT_APPLICABLE = "not_applicable"


ASKING = (State.EVIDENCE_REQUIRED, State.NOT_OBSERVABLE)
"""What a record of evidence answers, where the value is not only late (`pending`)."""


class Effect(enum.StrEnum):
    """What a finding does to the run."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"


class Phase(enum.StrEnum):
    """Where, and when, a finding is made; `policies/catalogue/states.yaml` has a column for each."""

    PREVIEW = "preview"
    UP = "up"
    STATE = "state"
    LIVE = "live"
    HCL = "hcl"


AUDIT, REVIEW, VERIFY = "audit", "review", "verify"
"""Operations that judge what is there already: a state, Terraform, the provider's API."""


class Unjudgeable(Exception):
    """The run cannot be judged (no such platform, a malformed file): nothing may then be created."""


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """One answer of one rule about one subject. `message` never holds a value that could be a secret."""

    state: State
    message: str = ""
    subject: str | None = None
    """None for the fact's own subject."""
    urn: str | None = None
    """For stack rules: which resource; None for the whole stack."""
    pending: bool = False
    """The engine does not know the value yet: decided, blocking, before creation."""
    warning: bool = False
    """Passes, but a person should know."""
    until: dt.date | None = None
    scope: str = ""
    """What a record (evidence, continuity) may be about beside the subject: `offer/<offer>`, `kind/<kind>`."""
    fault: bool = False
    """The rule itself failed: never a pass."""
    about: tuple[str, ...] = ()
    """Requirements that it is about, where it is not about all of the rule's."""
    field: str | None = None
    """Field of the subject's block that is to be corrected, where one is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One line of the findings file."""

    rule: str
    subject: str
    state: State
    effect: Effect
    message: str
    urn: str
    type: str
    location: str
    requirements: tuple[str, ...]
    stage: str  # "resource": before creation; "stack": over everything; "run": about the run itself
    pending: bool = False
    fault: bool = False
    until: str | None = None
    record: str | None = None
    """Identifier of the evidence or continuity record that decided."""
    scope: str = ""
    """What a record may be about beside the subject: see `Verdict`."""

    def flat(self) -> dict[str, Any]:
        """Its fields, all of them plain: `dataclasses.asdict` copies in depth, half of what a run costs."""
        return dict(zip(_FIELDS, _VALUES(self), strict=True))


_FIELDS = tuple(Finding.__dataclass_fields__)
_VALUES = operator.attrgetter(*_FIELDS)
CONFORM = Verdict(State.CONFORM)
UNJUDGED = "catalogue"
"""Stage of what the catalogue answers for a rule without a function."""
WITHOUT_FUNCTION = "no function judges these yet, so each needs evidence"
"""Said before the names of rules for which the catalogue answers."""


def refused(
    message: str,
    *,
    subject: str | None = None,
    urn: str | None = None,
    about: tuple[str, ...] = (),
    field: str | None = None,
) -> Verdict:
    """A breach, said in a few words."""
    return Verdict(State.NON_CONFORM, message, subject, urn, about=about, field=field)


def unread(fact: object, *fields: str) -> Verdict | None:
    """Why one of `fields` cannot be judged, or None when all can. Names the property, never its value."""
    pending: str | None = None
    for field in fields:
        value = getattr(fact, field)
        if isinstance(value, Malformed):
            return refused(f"`{field}` has the wrong type: {value.expected} was expected")
        if value is UNKNOWN:
            pending = pending or field
        elif value is NOT_OBSERVABLE:
            return Verdict(State.NOT_OBSERVABLE, f"`{field}` cannot be read from this provider")
    if pending:
        return Verdict(State.NOT_OBSERVABLE, f"`{pending}` is not known yet", pending=True)
    return None
