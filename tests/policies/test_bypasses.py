"""Every way round the pack that the design names is tried by a test, or says why no fact shows it: bypasses.yaml."""

from __future__ import annotations

import ast
import functools
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.policies import estate, judging

TESTS = pathlib.Path(__file__).parent.parent
TABLE: dict[str, dict[str, Any]] = yaml.safe_load((TESTS / "policies" / "bypasses.yaml").read_text(encoding="utf-8"))
FAMILIES = {
    "GOV": 8, "SOV": 7, "NET": 13, "BAS": 6, "KMS": 10, "STO": 8, "IAM": 9, "K8S": 8, "LOG": 9, "CPT": 5, "DAT": 10
}  # fmt: skip
"""The rules of the design. GOV-09 to GOV-11 came later: they are themselves counters to T4, T7 and T8."""


@functools.cache
def parsed(file: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """(test functions, texts) of a file under tests/."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef)), tuple(texts)


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    for part in TABLE.values():
        yield from part.items()


def nodes() -> list[str]:
    return sorted({node for _, entry in entries() for node in entry.get("tests", ())})


def test_every_technique_and_every_rule_is_there() -> None:
    assert list(TABLE) == ["techniques", "rules"]
    assert list(TABLE["techniques"]) == [f"T{number}" for number in range(1, 13)]
    assert list(TABLE["rules"]) == [
        f"{name}-{number:02}" for name, many in FAMILIES.items() for number in range(1, many + 1)
    ]


@pytest.mark.parametrize(("name", "entry"), list(entries()), ids=[name for name, _ in entries()])
def test_an_entry_names_its_bypass_and_what_answers(name: str, entry: dict[str, Any]) -> None:
    if entry == {"none": True}:
        return
    assert set(entry) <= {"bypass", "tests", "unseen"}
    assert entry["bypass"]
    assert entry.get("tests") or entry.get("unseen"), name
    assert len(set(entry.get("tests", ()))) == len(entry.get("tests", ()))


@pytest.mark.parametrize("node", nodes())
def test_what_tries_it_exists(node: str) -> None:
    file, function, *words = node.split("::", 2)
    functions, texts = parsed(file)
    assert function.startswith("test_")
    assert function in functions
    assert all(any(word in text for text in texts) for word in words), words


@pytest.mark.parametrize("kind", sorted({one.kind for one in estate.estate_of().resources.values()}))
def test_t1_what_a_run_of_a_part_leaves_out_passes_by_what_stands_only(kind: str) -> None:
    """Of what `pulumi up --target` leaves out, the engine shows what stands; what does not stand comes empty."""
    whole = estate.estate_of()
    judge = judging.judge_of(whole.plan)
    name, made = next((name, one) for name, one in whole.resources.items() if one.kind == kind)
    if kind == "pulumi:pulumi:Stack":
        return  # the engine's own, always part of a run
    whole.resources[name] = estate.Resource(kind, made.name, {}, made.provider)
    refusing = {one.rule for one in judge.resource(whole.fact(name)) if one.effect == "block"}
    assert refusing & {"GOV-01", "SOV-03"}, refusing
