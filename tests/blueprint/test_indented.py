"""Our writer of indented JSON gives the standard library's bytes: digests and hash chains stand on them."""

from __future__ import annotations

import datetime as dt
import enum
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint import indented


class Word(enum.StrEnum):
    ONE = "one"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([Word.ONE, (), {}, [], 'é\u2028\x00"\\/\ud7ff', 1 << 70, float("inf")]),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.just(Word.ONE), inner),
)


def standard(value: Any, **options: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, **options)


@given(VALUES)
def test_any_value_is_written_as_the_standard_library_does(value: Any) -> None:
    assert indented.dumps(value) == standard(value)


def test_what_is_no_json_is_asked_of_the_caller() -> None:
    value = {"days": [dt.date(2026, 11, 29), 1, None, True]}
    assert indented.dumps(value, dt.date.isoformat) == standard(value, default=dt.date.isoformat)
    with pytest.raises(TypeError, match="date is not JSON serializable"):
        indented.dumps(value)


@pytest.mark.parametrize("name", [1, None, True, ("a",)])
def test_a_field_is_named_by_text(name: Any) -> None:
    with pytest.raises(TypeError, match="must be a string"):
        indented.dumps({name: 1})
