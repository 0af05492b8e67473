"""What a plugin may say when something goes wrong: one message (what, the API's code, what to do), no traceback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Problem(Exception):
    """A failure that the user can understand and mend.

    `code` is the API's own code or type, `remedy` one sentence on what to do. `uncertain` says that nobody knows
    whether the call took effect: the engine then keeps the operation as pending.
    """

    what: str
    remedy: str = ""
    code: str = ""
    uncertain: bool = False

    def __str__(self) -> str:
        text = self.what.rstrip(".")
        if self.code:
            text += f" [{self.code}]"
        return f"{text}. {self.remedy}".strip() if self.remedy else text


@dataclass
class Partial(Exception):
    """The resource exists (`id`) but is not finished: the engine stores id and outputs, the next `up` calls Update."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join(self.reasons)
