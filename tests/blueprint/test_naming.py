from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint import naming

TEXT = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
PARTS = st.lists(st.text(TEXT, max_size=80), min_size=1, max_size=6)
READABLE = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True), min_size=1, max_size=5)


@given(PARTS, st.integers(10, 255))
def test_a_name_fits_its_length_and_alphabet(parts: list[str], length: int) -> None:
    name = naming.fit(parts, length)
    assert 0 < len(name) <= length
    assert set(name) <= set(naming.LOWER)
    assert name[0] != "-" != name[-1]
    assert "--" not in name


@given(PARTS, st.integers(10, 64))
def test_a_name_without_hyphens_keeps_to_its_alphabet(parts: list[str], length: int) -> None:
    name = naming.fit(parts, length, string.ascii_lowercase + string.digits)
    assert 0 < len(name) <= length
    assert name.isalnum()


@given(st.lists(PARTS, min_size=2, max_size=20, unique_by=tuple), st.integers(10, 63))
def test_different_things_have_different_names(many: list[list[str]], length: int) -> None:
    assert len({naming.fit(parts, length) for parts in many}) == len(many)


@given(READABLE)
def test_a_name_that_fits_stays_readable(parts: list[str]) -> None:
    plain = "-".join(part.strip("-") for part in parts)
    while "--" in plain:
        plain = plain.replace("--", "-")
    assert naming.fit(parts, 255).startswith(plain)


def test_where_the_parts_are_cut_matters() -> None:
    assert naming.fit(["a-b", "c"], 63) != naming.fit(["a", "b-c"], 63)
    assert naming.fit(["A"], 63) != naming.fit(["a"], 63)


def test_a_name_is_the_same_for_ever() -> None:
    """Changing this renames, hence replaces, everything that is deployed."""
    assert naming.of("emc2", "dev", "bubbles", "warehouse") == "emc2-dev-bubbles-warehouse-atfev2jc"
    long = naming.fit(["emc2", "dev", "bubbles/warehouse/zones/omop/very/long/path"], 30)
    assert long == "emc2-dev-bubbles-ware-vtpc72yz"


@pytest.mark.parametrize(("parts", "length"), [([], 63), (["a"], 9), (["a\x00b"], 63)])
def test_an_impossible_name_is_refused(parts: list[str], length: int) -> None:
    with pytest.raises(ValueError, match="a name needs"):
        naming.fit(parts, length)
