"""Notes about unfinished creations, and who may be adopted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.runtime.errors import Problem
from plugins.runtime.intents import Candidate, Intent, Journal, adoptable, unclaimed

URN = "urn:pulumi:emc2.outscale-sandbox.dev.network::rempart::outscale:index:Net::a"
TAGS = {"Name": "a"}
INTENT = Intent(URN, {"ipRange": "10.0.0.0/16"}, TAGS, present=("there",), before="old")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, "account")


def test_a_note_survives_the_process(journal: Journal, tmp_path: Path) -> None:
    journal.write(INTENT)
    assert Journal(tmp_path, "account").get(URN) == INTENT
    assert "emc2.outscale-sandbox.dev.network" in str(journal.path(URN))


def test_another_account_or_stack_or_resource_has_its_own_notes(journal: Journal, tmp_path: Path) -> None:
    journal.write(INTENT)
    assert Journal(tmp_path, "other").get(URN) is None
    assert journal.get(URN.replace("dev", "prod")) is None
    assert journal.get(URN + "b") is None


def test_a_made_note_goes_when_the_engine_names_the_id(journal: Journal) -> None:
    journal.write(INTENT)
    journal.made(INTENT, "new")
    journal.recorded(URN, "old")
    assert journal.get(URN) is not None, "the state still holds what is being replaced"
    journal.recorded(URN, "new")
    assert journal.get(URN) is None


def test_a_pending_note_goes_when_the_engine_names_an_id_that_was_not_there_before(journal: Journal) -> None:
    journal.write(INTENT)
    journal.recorded(URN, "old")
    assert journal.get(URN) == INTENT
    journal.recorded(URN, "new")
    assert journal.get(URN) is None


def test_deleting_the_old_one_keeps_the_note_about_the_new_one_and_tells_it(journal: Journal, tmp_path: Path) -> None:
    journal.write(INTENT)
    journal.made(INTENT, "new")
    assert journal.deleted(URN, "old") == "", "this very run is replacing it"
    later = Journal(tmp_path, "account")
    assert later.deleted(URN, "old") == "new"
    assert later.get(URN) is not None
    assert later.deleted(URN, "new") == ""
    assert later.get(URN) is None


def test_a_cut_note_stops_with_its_path(journal: Journal) -> None:
    journal.write(INTENT)
    journal.path(URN).write_text('{"urn"')
    with pytest.raises(Problem) as problem:
        journal.get(URN)
    assert str(journal.path(URN)) in str(problem.value)
    journal.recorded(URN, "new")  # the engine's own calls are not stopped by it


@pytest.mark.parametrize(
    ("candidate", "ours"),
    [
        (Candidate("new"), True),
        (Candidate("new", TAGS), True),
        (Candidate("new", {"Name": "b"}), False),
        (Candidate("new", {**TAGS, "more": ""}), False),
        (Candidate("there"), False),
        (Candidate("there", TAGS), False),
        (Candidate("old", TAGS), False),
    ],
)
def test_only_what_can_come_from_the_intent_is_adoptable(candidate: Candidate, ours: bool) -> None:
    assert (adoptable(INTENT, [candidate]) == [candidate]) is ours


candidates = st.builds(
    Candidate, st.sampled_from("abcdef"), st.dictionaries(st.sampled_from(["Name", "k"]), st.sampled_from("ab"))
)


@given(st.lists(candidates), st.sets(st.sampled_from("abcdef")), st.sampled_from(["", "a", "b"]))
def test_nothing_that_was_there_or_is_tagged_otherwise_is_ever_adoptable(
    found: list[Candidate], present: set[str], before: str
) -> None:
    intent = Intent(URN, {}, TAGS, present=tuple(present), before=before)
    for candidate in adoptable(intent, found):
        assert candidate.id not in present
        assert candidate.id != before
        assert candidate.tags in ({}, TAGS)


OTHER = URN + "-other"


def test_what_another_note_names_is_never_adopted() -> None:
    """Two look-alikes: the other one was made, its tags were not. Adopting it would give one thing two owners."""
    named = Intent(OTHER, INTENT.traits, present=("mine",), id="theirs")
    assert unclaimed([Candidate("theirs")], [named]) == []
    assert unclaimed([Candidate("mine"), Candidate("theirs")], [named]) == [Candidate("mine")]


def test_of_two_pending_look_alikes_the_later_one_tells_which_is_whose() -> None:
    later = Intent(OTHER, INTENT.traits, present=("mine",))
    assert unclaimed([Candidate("mine"), Candidate("theirs")], [later]) == [Candidate("mine")]


def test_what_cannot_be_told_apart_is_left_to_a_person() -> None:
    other = Intent(OTHER, INTENT.traits)
    both = [Candidate("a"), Candidate("b")]
    assert unclaimed(both, [other]) == both
    assert unclaimed(both, []) == both


def test_the_journal_gives_the_other_notes_of_the_stack_with_the_same_traits(journal: Journal) -> None:
    alike, different = Intent(OTHER, INTENT.traits), Intent(URN + "-third", {"ipRange": "10.1.0.0/16"})
    for intent in (INTENT, alike, different):
        journal.write(intent)
    assert journal.others(URN, INTENT.traits) == [alike]
