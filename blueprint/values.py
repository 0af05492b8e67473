"""A value of a fact, or why there is none: rules judge no property before they have asked.

A value unknown to the engine is `UNKNOWN`; a value that the provider's API does not have is `NOT_OBSERVABLE`;
a value of the wrong type is `Malformed`. None of them is ever equal to a good value.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import TypeAlias, TypeGuard, TypeVar


class Missing(enum.Enum):
    """Values of their own: neither present nor absent."""

    UNKNOWN = "unknown"
    NOT_OBSERVABLE = "not_observable"


UNKNOWN = Missing.UNKNOWN
NOT_OBSERVABLE = Missing.NOT_OBSERVABLE


@dataclasses.dataclass(frozen=True, slots=True)
class Malformed:
    """A property whose type is not the declared one; `expected` says what was. The value itself is never kept."""

    expected: str


T = TypeVar("T")
Value: TypeAlias = T | Missing | Malformed  # Value[str]: a string, or why there is none


def known(value: Value[T]) -> TypeGuard[T]:
    """True where `value` is a value, and not a reason for having none."""
    return not isinstance(value, Missing | Malformed)


def read(value: Value[T]) -> T:
    """A value that a rule has seen to be there (`policies.verdicts.unread`). Raises for one that is not: no pass."""
    if isinstance(value, Missing | Malformed):
        raise TypeError("a value is judged that is not there")
    return value


def given(value: Value[T | None]) -> T:
    """The same, where a resource may do without the value and a rule has seen that this one does not."""
    found = read(value)
    if found is None:
        raise TypeError("a value is judged that was not given")
    return found


class Unobservable(Exception):
    """A rule needs what nothing here shows: it answers `not_observable`, never a guess."""


class Unresolved(str):
    """Stands for the subject of what a property points at, where nothing here names it: a rule that looks stops there.

    Holds the property's name.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise Unobservable(elsewhere(self))

    __ne__ = __eq__

    def __hash__(self) -> int:
        raise Unobservable(elsewhere(self))


def elsewhere(unresolved: Unresolved) -> str:
    """Why a rule cannot follow a property, in words."""
    return f"what `{unresolved}` points at is given elsewhere: nothing here names it"
