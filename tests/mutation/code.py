"""Each rule broken one condition at a time: comparisons turned, terms dropped, numbers moved, refusals let through."""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import importlib
import os
import pathlib
import re
from collections.abc import Callable, Collection, Iterator
from types import CodeType, FunctionType
from typing import TextIO

import pytest

from policies.verdicts import CONFORM
from tests.mutation import journal, suite
from tests.mutation.outcome import Mutant

TESTS = ("tests/policies/test_*rules.py", "tests/policies/test_whole.py", "tests/policies/test_waivers.py")
_NAMED = re.compile(r'\bRule\(\s*"([A-Z0-9]+-\d+)"')
SKIPPED = frozenset({"__init__.py", "model.py"})
STEP = 100
"""After so many mutants, a line says how far it is."""

TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OTHER = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclasses.dataclass(frozen=True)
class Change:
    """One mutant of one function: `tree` is the whole module with the change in it."""

    file: pathlib.Path
    function: str
    line: int
    last_line: int
    before: str
    what: str
    tree: ast.Module


def changes(files: Collection[str] = ()) -> Iterator[Change]:
    """Every change of every rule; of some files only, where they are named."""
    for file in sorted(suite.RULES.glob("*.py")):
        if file.name not in SKIPPED and (not files or file.name in files):
            yield from _of(file)


def _of(file: pathlib.Path) -> Iterator[Change]:
    module = ast.parse(file.read_text(encoding="utf-8"))
    for position, top in enumerate(module.body):
        if not isinstance(top, ast.FunctionDef):
            continue
        nodes = list(ast.walk(top))
        told = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        for index, node in enumerate(nodes):
            if id(node) in told:  # the words of a message decide nothing
                continue
            for what, replace in _wrong(node):
                tree = copy.copy(module)
                changed = copy.deepcopy(top)
                twin = list(ast.walk(changed))[index]
                replace(twin)
                tree.body = [*module.body[:position], changed, *module.body[position + 1 :]]
                line, last = getattr(node, "lineno", top.lineno), getattr(node, "end_lineno", None) or top.lineno
                yield Change(file, top.name, line, last, ast.unparse(node).splitlines()[0][:100], what, tree)


def _wrong(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    """(what is done, how to do it to a copy of the node)."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            other = TURNED[type(operator)]
            yield f"{type(operator).__name__} becomes {other.__name__}", functools.partial(_turn, place, other)
    elif isinstance(node, ast.BoolOp):
        for place in range(len(node.values)):
            yield f"term {place + 1} dropped", functools.partial(_drop, place)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", _drop_not
    elif isinstance(node, ast.If | ast.IfExp) and _whole(node.test):
        yield "condition turned", _turn_condition
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        for place, test in _filters(node):
            if _whole(test):
                yield f"filter {ast.unparse(test)[:60]} turned", functools.partial(_turn_filter, place)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OTHER:
        yield f"{node.func.id} becomes {OTHER[node.func.id]}", _the_other
    elif isinstance(node, ast.Return) and _refuses(node.value):
        yield "refusal let through", _let_through
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "one more", _one_more


def _turn(place: int, other: type[ast.cmpop], node: ast.AST) -> None:
    assert isinstance(node, ast.Compare)
    node.ops[place] = other()


def _drop(place: int, node: ast.AST) -> None:
    assert isinstance(node, ast.BoolOp)
    del node.values[place]
    if len(node.values) == 1:  # `a and a` is `a`: the node keeps its type
        node.values.append(copy.deepcopy(node.values[0]))


def _whole(test: ast.expr) -> bool:
    """Whether nothing else breaks a condition: comparisons, terms and `not` are changed by themselves."""
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    return not negated and not isinstance(test, ast.Compare | ast.BoolOp)


def _drop_not(node: ast.AST) -> None:
    assert isinstance(node, ast.UnaryOp)
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _filters(node: ast.AST) -> list[tuple[int, ast.expr]]:
    """The conditions of a comprehension, numbered across its loops."""
    assert isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
    return list(enumerate(test for loop in node.generators for test in loop.ifs))


def _turn_filter(place: int, node: ast.AST) -> None:
    assert isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
    loop, index = [(loop, index) for loop in node.generators for index in range(len(loop.ifs))][place]
    loop.ifs[index] = ast.UnaryOp(ast.Not(), loop.ifs[index])


def _the_other(node: ast.AST) -> None:
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    node.func.id = OTHER[node.func.id]


def _turn_condition(node: ast.AST) -> None:
    assert isinstance(node, ast.If | ast.IfExp)
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _refuses(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "refused"


def _let_through(node: ast.AST) -> None:
    assert isinstance(node, ast.Return)
    node.value = ast.Name("CONFORM", ast.Load())


def _one_more(node: ast.AST) -> None:
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    node.value += 1


def apply(change: Change) -> None:
    """Puts the changed code into the function that is loaded."""
    module = importlib.import_module(f"policies.rules.{change.file.stem}")
    code = compile(ast.fix_missing_locations(change.tree), str(change.file), "exec", dont_inherit=True)
    vars(module).setdefault("CONFORM", CONFORM)  # a refusal let through needs it
    function = getattr(module, change.function)
    assert isinstance(function, FunctionType)
    function.__code__ = next(
        one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == change.function
    )


def tests_of(files: Collection[str]) -> list[pathlib.Path]:
    """The tests of the rules; of some files only, those that name one of their rules, or import them.

    A helper that has no rule of its own (`ports.py`) is judged by the tests of all rules.
    """
    every = [path for pattern in TESTS for path in sorted(suite.ROOT.glob(pattern))]
    words: set[str] = set()
    for name in files:
        rules = _NAMED.findall((suite.RULES / name).read_text(encoding="utf-8"))
        if not rules:
            return every
        words |= {*rules, f"policies.rules import {name.removesuffix('.py')}\n"}
    texts = {path: path.read_text(encoding="utf-8") for path in every}
    return [path for path in every if any(word in texts[path] for word in words)] or every


def mutants(files: Collection[str] = ()) -> list[Mutant]:
    """Every change of every rule (of some files only, where they are named), with whether a test noticed it.

    What was found is kept as it is found: a run that was cut short goes on, as long as code and tests are the same.
    Raises AssertionError where the tests fail before anything is changed.
    """
    found: list[Mutant] = []
    whole: list[bool] = []

    def work(suited: suite.Suite) -> None:
        assert not suited.failed, f"red before anything is changed: {suited.failed[:3]}"
        unchanged = functools.partial(suited.notices, range(len(suited.items)))
        red = suite.in_children({0: unchanged}, lambda *_: None)
        assert not red[0], "red in a child, where nothing is changed"
        every = dict(enumerate(changes(files)))
        kept = journal.of(files)
        left = {number: functools.partial(_noticed, suited, one) for number, one in every.items()}
        for number in kept.known:
            del left[number]
        suite.in_children(left, functools.partial(_told, kept, len(every), progress))
        found.extend(_mutant(change, kept.known[number]) for number, change in every.items())
        kept.close()
        whole.append(True)

    tests = [str(path) for path in tests_of(files)]
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as progress:  # pytest keeps what is written to its own
        pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests], plugins=[suite.Suite(work)])
    if not whole:
        raise AssertionError("the rules were not judged: pytest says why, above")
    return found


def _told(kept: journal.Journal, of: int, progress: TextIO, number: int, noticed: bool) -> None:
    kept.add(number, noticed)
    if len(kept.known) % STEP == 0:
        survived = sum(not answer for answer in kept.known.values())
        print(f"  {len(kept.known)} of {of} mutants, {survived} survived", file=progress, flush=True)


def _noticed(suited: suite.Suite, change: Change) -> bool:
    lines = [(str(change.file), line) for line in range(change.line, change.last_line + 1)]
    apply(change)
    return suited.notices(suited.tests_of(lines))


def _mutant(change: Change, noticed: bool) -> Mutant:
    place = f"{change.file.relative_to(suite.ROOT)}:{change.line}"
    return Mutant(f"{change.file.name}:{change.function}", change.before, change.what, noticed, place)
