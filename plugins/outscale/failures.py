"""What can come back from a call, sorted by what it lets us conclude.

| class | was the call executed? | a read | a write |
|---|---|---|---|
| NotSent | no: no connection | tried again | tried again |
| Throttled | no: 429, or 503 RequestLimitExceeded | tried again | tried again |
| NoCapacity | no | - | tried again, three times |
| Lost | nobody knows: time-out, reset, 5xx | tried again | looked for, never re-sent blindly |
| Refused | no: 4xx with an error | told | told |
| SignInRefused | no: 401 | told, and the breaker opens | the same |

NotSent, Throttled and Lost are the runtime's (plugins/runtime/failures.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from plugins.runtime.errors import Problem


@dataclass
class Refused(Exception):
    """An answer of Outscale that says no."""

    call: str
    status: int
    type: str
    code: str
    details: str

    def __str__(self) -> str:
        return f"{self.call}: {self.details or self.type} [{self.code} {self.type}]"

    @property
    def missing(self) -> bool:
        """It says that something named in the request does not exist (which must then be confirmed by a read)."""
        return self.type.startswith("InvalidResource") or self.status == 404

    @property
    def conflict(self) -> bool:
        """It may pass later: something else still uses the resource, or its state is changing."""
        return self.type in ("ResourceConflict", "InvalidState") or (
            self.status == 409 and self.type != "OperationNotSupported"
        )

    @property
    def no_capacity(self) -> bool:
        return self.type.startswith("InsufficientCapacity")

    @property
    def forbidden(self) -> bool:
        return self.status == 403

    def problem(self, doing: str) -> Problem:
        return Problem(f"Outscale refused {doing}: {self.details or self.type}", self._remedy(), self._label())

    def _label(self) -> str:
        return f"{self.call} {self.status} {self.code} {self.type}".strip()

    def _remedy(self) -> str:
        if self.forbidden:
            return f"Give this access key the right to {self.call}, then run again"
        if self.type.startswith("TooManyResources"):
            return "Ask Outscale's support for a higher quota, or remove what is not used"
        if self.no_capacity:
            return "Outscale has no room for it now: wait, or choose another type or subregion"
        if self.type == "OperationNotSupported":
            return "Lift what protects it (for a VM, an `up` with deletionProtection: false), then run again"
        if self.conflict:
            return "Something with this name or range is already there, or still uses it: import it, or remove it"
        if self.missing:
            return "Something it refers to is not there: run with --refresh to see what changed"
        return "Mend the property that the message names"


class SignInRefused(Problem):
    """The credentials are not accepted."""
