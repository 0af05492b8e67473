"""Every text that a rule refers to is described, sourced and dated; one that leads nowhere is a mistake with a line."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from blueprint.errors import BlueprintErrors
from policies.catalogue import legal, loader, references
from policies.catalogue.loader import OWN


def test_every_reference_of_every_rule_is_described_and_none_is_left_over() -> None:
    used = set()
    for text in loader.load().rules.values():
        imposed = {*text.objective_imposed_by, *text.mechanism_imposed_by}
        used |= {*text.references, *(imposed - OWN)}
    assert used == set(references.load().references)


def test_every_text_imposes_what_the_rule_also_refers_to() -> None:
    """What imposes an objective is what a reader follows."""
    for identifier, text in loader.load().rules.items():
        assert text.objective_imposed_by, identifier
        assert text.mechanism_imposed_by, identifier


def test_every_snds_number_of_2017_has_its_section_of_2024_and_no_other_text_has_one() -> None:
    for name, one in references.load().references.items():
        assert (one.section_2024 is not None) == (one.text == "SNDS"), name


def test_no_text_that_rules_rest_on_is_repealed() -> None:
    kept = legal.load()
    for name, text in references.load().texts.items():
        if text.legal is not None:
            assert kept.texts[text.legal].ends is None, name


@pytest.fixture
def copy(tmp_path: pathlib.Path) -> pathlib.Path:
    return pathlib.Path(shutil.copytree(loader.folder(), tmp_path / "catalogue"))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("rules/gov.yaml", "references: [SNC 8.3.b, SNDS 3.4]", "references: [SNC 8.3.z]", "SNC 8.3.z leads nowhere"),
        ("rules/sov.yaml", "objective_imposed_by: [SNC 19.6]", "objective_imposed_by: [SNC 99]", "SNC 99 leads"),
        ("rules/gov.yaml", "mechanism_imposed_by: [Rempart]", "mechanism_imposed_by: [Remparts]", "Remparts leads"),
        ("references.yaml", "EDS 5.8: {text: EDS,", "EDS 5.8: {text: EDZ,", "no such text"),
        ("references.yaml", "legal: eds-2021", "legal: eds-2020", "legal.yaml"),
        ("references.yaml", "    confidence: stated", "    confidence: sure", "one of"),
    ],
)
def test_a_reference_that_leads_nowhere_has_a_line(
    copy: pathlib.Path, file: str, old: str, new: str, says: str
) -> None:
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BlueprintErrors, match=rf"{file}:\d+") as caught:
        references.read(copy)
    assert says in str(caught.value)
