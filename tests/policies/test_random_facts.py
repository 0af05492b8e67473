"""Rules never fail on well-typed facts, whatever they say: a rule that fails blocks a run without saying why."""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint import facts
from blueprint.facts import Fact, Origin
from blueprint.options import Options
from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed
from policies import planned
from policies.judge import Judge
from tests.policies import estate
from tests.policies.judging import judge_of

KINDS = typing.get_args(Fact)
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "*", "0.0.0.0/0", "::/0", "10.64.0.0/12", "private", "ingress", "egress", "tcp", "any", "-1"]),
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-2, 70000), WORDS)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=8
)
RANGES = st.sampled_from(
    ["0.0.0.0/0", "128.0.0.0/1", "::/0", "10.64.0.0/12", "10.64.16.0/24", "192.0.2.7/32", "2001:db8::/32"]
)
NAMED = {"admitted": RANGES, "cidr": RANGES, "cidrs": RANGES, "destination": RANGES}
"""Fields whose text is always one range: what is none is malformed before a rule sees it."""
st.register_type_strategy(Malformed, st.builds(Malformed, st.just("a word")))


@functools.lru_cache(maxsize=1)
def judge() -> Judge:
    return judge_of(estate.estate_of().plan)


@functools.cache
def subjects() -> st.SearchStrategy[str | None]:
    known = sorted(judge().context.index.subjects)
    return st.one_of(st.none(), WORDS, st.sampled_from(known), st.sampled_from(known).map(lambda one: f"{one}/filter"))


@functools.cache
def origins() -> st.SearchStrategy[Origin]:
    references = st.dictionaries(
        st.sampled_from(["netId", "subnetId", "nics[0].nicId"]), subjects().map(str), max_size=3
    )
    return st.builds(
        Origin,
        urn=st.just("urn"),
        type=st.sampled_from(["outscale:index:Net", "s3:index:Bucket", "command:local:Command", ""]),
        name=WORDS,
        subject=subjects(),
        references=references,
        tags=st.one_of(st.sampled_from([UNKNOWN, NOT_OBSERVABLE, Malformed("tags")]), st.dictionaries(WORDS, WORDS)),
        taggable=st.booleans(),
        targets=references,
        options=st.one_of(st.none(), st.builds(Options, st.booleans(), st.tuples(WORDS), st.booleans())),
        dependencies=st.one_of(st.none(), st.dictionaries(WORDS, st.just(("urn",)), max_size=2)),
    )


def values(hint: Any, words: st.SearchStrategy[str] = WORDS) -> st.SearchStrategy[Any]:
    """Every value that a field's type allows, and every reason for having none."""
    if hint is Any:
        return JSON
    if hint is str:
        return words
    if typing.get_origin(hint) is Mapping or hint is Mapping:
        return st.dictionaries(WORDS, JSON, max_size=3)
    if typing.get_origin(hint) is tuple:
        return st.lists(values(typing.get_args(hint)[0], words), max_size=3).map(tuple)
    if typing.get_args(hint) and typing.get_origin(hint) is not typing.Literal:
        return st.one_of(*(values(one, words) for one in typing.get_args(hint)))
    if dataclasses.is_dataclass(hint) and hint is not Malformed:
        return built(hint)
    return st.from_type(hint)


def built(kind: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    names = [one.name for one in dataclasses.fields(kind) if one.name != "origin"]
    fields = {name: values(hints[name], NAMED.get(name, WORDS)) for name in names}
    if "origin" in hints:
        fields["origin"] = origins()
    return st.builds(kind, **fields)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_rule_fails_on_a_fact_of_any_kind(kind: type) -> None:
    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(built(kind), min_size=1, max_size=3))
    def judged(drawn: list[Fact]) -> None:
        found = [*judge().stack(drawn), *(one for fact in drawn for one in judge().resource(fact))]
        assert [(one.rule, one.message) for one in found if one.fault] == []

    judged()


def test_every_kind_of_fact_is_drawn_and_judged() -> None:
    """Kinds that only the plan gives are judged too: none is left out by a closed list."""
    assert {type(fact) for fact in planned.facts_of(estate.estate_of().plan)} <= set(KINDS)
    assert facts.Bucket in KINDS
