"""Everything that is malformed is said at once, with its line, what was expected and a remedy; never a traceback.

`golden/errors/<case>.yaml` is read, `<case>.txt` is what a person gets. REMPART_GOLDEN=write rewrites the texts.
"""

from __future__ import annotations

import os
import pathlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import loader, yaml_reader
from blueprint.errors import BlueprintErrors, UnknownName
from tests.blueprint.worlds import load_text, minimal

FOLDER = pathlib.Path(__file__).parent / "golden" / "errors"
CASES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_the_message_is_the_golden_one(case: pathlib.Path) -> None:
    with pytest.raises(BlueprintErrors) as caught:
        loader.load(case)
    expected = case.with_suffix(".txt")
    if os.environ.get("REMPART_GOLDEN") == "write":
        expected.write_text(f"{caught.value}\n", encoding="utf-8")
    assert f"{caught.value}\n" == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_every_problem_has_a_line_and_a_remedy(case: pathlib.Path) -> None:
    with pytest.raises(BlueprintErrors) as caught:
        loader.load(case)
    lines = case.read_text(encoding="utf-8").count("\n") + 1
    for problem in caught.value.problems:
        assert 1 <= problem.location.line <= lines
        assert problem.location.column >= 1
        assert problem.message
        assert problem.remedy


def test_a_password_in_a_wrong_place_is_never_echoed() -> None:
    with pytest.raises(BlueprintErrors) as caught:
        loader.load(FOLDER / "wrong-types.yaml")
    assert "user_data" in str(caught.value)
    assert "Correct-Horse" not in str(caught.value)


def refusal(path: pathlib.Path) -> str:
    with pytest.raises(BlueprintErrors) as caught:
        loader.load(path)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_a_missing_file_is_said(tmp_path: pathlib.Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.yaml")


def test_a_folder_is_said(tmp_path: pathlib.Path) -> None:
    assert "this is a folder" in refusal(tmp_path)


def test_an_empty_file_is_said(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "empty.yaml"
    path.touch()
    assert "the file is empty" in refusal(path)


def test_text_that_is_not_utf8_is_said_with_its_place(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"platform: x\ntitle: entrep\xf4t\n")
    assert f"{path}:2:14: the file is not UTF-8" in refusal(path)


def test_a_huge_file_is_refused_unread(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("#" * (yaml_reader.MAX_BYTES + 1))
    assert "larger than 1 MiB" in refusal(path)


def test_control_characters_are_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "control.yaml"
    path.write_bytes(b"platform: x\x00y\n")
    assert "this is not YAML" in refusal(path)


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000], ids=["lists", "blocks", "items"])
def test_deep_nesting_is_refused_before_it_is_built(text: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "deep.yaml"
    path.write_text(text)
    assert "nested deeper" in refusal(path)


def test_a_billion_laughs_is_refused_before_it_is_built(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "laughs.yaml"
    levels = ["a0: &a0 [lol, lol, lol]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path.write_text("\n".join(levels))
    with pytest.raises(BlueprintErrors) as caught:
        loader.load(path)
    assert {p.message for p in caught.value.problems} == {"anchors and aliases (& and *) are not read"}


def test_an_unreadable_file_is_said(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "loop.yaml"
    path.symlink_to(path)
    assert "cannot be read" in refusal(path)


def test_an_unknown_platform_lists_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"unknown platform 'emc3'. Did you mean 'emc2'\? Known: emc2, .*minimal"):
        loader.find("emc3")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(minimal())), ANYTHING)
def test_any_value_in_any_field_loads_or_is_explained(field: str, value: object) -> None:
    import yaml

    text = yaml.safe_dump(minimal(**{field: value}), allow_unicode=True)
    try:
        load_text(text)
    except BlueprintErrors as error:
        assert error.problems


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_explained(text: str) -> None:
    with pytest.raises(BlueprintErrors):
        load_text(text)
