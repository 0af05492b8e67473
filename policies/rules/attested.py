"""What no resource shows and a record must: the answer that asks for one."""

from __future__ import annotations

from policies.context import Context
from policies.verdicts import State, Verdict


def of_platform(context: Context, message: str, subject: str | None = None) -> Verdict:
    """Asks for evidence; a record about the whole platform will do, whatever the subject."""
    return Verdict(State.EVIDENCE_REQUIRED, message, subject, scope=f"platforms/{context.plan.platform}")
