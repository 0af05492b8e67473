"""The unit tests of the rules, collected once, run again and again in children: one for each mutant of a rule."""

from __future__ import annotations

import ast
import collections
import contextlib
import gc
import importlib
import os
import pathlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[2]
RULES = ROOT / "policies" / "rules"
LIMIT = 20
"""Seconds of work for one test of one mutant: one that loops for ever is noticed. That its tests are many is not."""
Line = tuple[str, int]
Span = tuple[str, int, int]
"""File, first and last line of a statement."""
HOOK = "__reached__"


class Suite:
    """A pytest plugin: runs everything once to see which lines each test reaches, then hands over to `work`."""

    def __init__(self, work: Callable[[Suite], None]) -> None:
        self._work = work
        self.reaches: dict[Line, list[int]] = collections.defaultdict(list)
        self.seconds: list[float] = []
        self.failed: list[str] = []
        self.items: list[Any] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # Drawn at random, a test under a tracer is too slow for its deadline, and answers differently each time.
        self.items = [item for item in session.items if not getattr(item.obj, "is_hypothesis_test", False)]
        spans: set[Span] = set()
        with _hooked(spans):
            for number, item in enumerate(self.items):
                started = time.perf_counter()
                spans.clear()
                passed = _passes(item, self.items[number + 1] if number + 1 < len(self.items) else None)
                self.seconds.append(time.perf_counter() - started)
                if not passed:
                    self.failed.append(item.nodeid)
                for line in {(file, line) for file, first, last in spans for line in range(first, last + 1)}:
                    self.reaches[line].append(number)
        self._work(self)
        return True

    def tests_of(self, lines: Sequence[Line]) -> list[int]:
        """Tests that reach one of the lines: one of each test function first, the quickest first."""
        found = sorted(
            {number for line in lines for number in self.reaches.get(line, ())}, key=self.seconds.__getitem__
        )
        times: collections.Counter[str] = collections.Counter()
        ranked = []
        for number in found:
            name = self.items[number].originalname
            ranked.append((times[name], self.seconds[number], number))
            times[name] += 1
        return [number for *_, number in sorted(ranked)]

    def notices(self, numbers: Sequence[int]) -> bool:
        """Whether one of these tests fails. Only ever called in a child."""
        chosen = [self.items[number] for number in numbers]
        for index, item in enumerate(chosen):
            signal.setitimer(signal.ITIMER_PROF, LIMIT)  # of its own work: a busy machine notices nothing
            if not _passes(item, chosen[index + 1] if index + 1 < len(chosen) else None):
                return True
        return False


def _passes(item: Any, following: Any) -> bool:
    from _pytest.runner import runtestprotocol

    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=following))


@contextlib.contextmanager
def _hooked(reached: set[Span]) -> Iterator[None]:
    """While it lasts, every function of the rules adds the statements that it runs to `reached`.

    A tracer would do, and slow down everything that is no rule as well.
    """
    kept: list[tuple[FunctionType, CodeType]] = []
    for file in sorted(RULES.glob("*.py")):
        module = importlib.import_module(f"policies.rules.{file.stem}")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for top in tree.body:
            if isinstance(top, ast.FunctionDef):
                _hook(top, str(file))
        made = compile(ast.fix_missing_locations(tree), str(file), "exec", dont_inherit=True)
        vars(module)[HOOK] = lambda *span: reached.add(span)
        for code in made.co_consts:
            function = getattr(module, code.co_name, None) if isinstance(code, CodeType) else None
            if isinstance(function, FunctionType):
                kept.append((function, function.__code__))
                function.__code__ = code
    try:
        yield
    finally:
        for function, code in kept:
            function.__code__ = code


def _hook(top: ast.FunctionDef, file: str) -> None:
    for node in list(ast.walk(top)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, [part for one in block for part in (_call(one, file), one)])


def _call(statement: ast.stmt, file: str) -> ast.stmt:
    """Of a statement with a block, its head is one thing, and each statement inside another."""
    block = getattr(statement, "body", None)
    last = block[0].lineno - 1 if isinstance(block, list) else statement.end_lineno or statement.lineno
    span = [ast.Constant(value) for value in (file, statement.lineno, max(statement.lineno, last))]
    called = ast.Call(ast.Name(HOOK, ast.Load()), [*span], [])
    return ast.fix_missing_locations(ast.copy_location(ast.Expr(called), statement))


def in_children(
    tasks: Mapping[int, Callable[[], bool]], told: Callable[[int, bool], None], workers: int = 2
) -> dict[int, bool]:
    """The answer of each task, run in a child of its own and told at once; one that is too slow or dies answers yes."""
    gc.freeze()  # what stands is shared with the children: a collection there would copy all of it
    answers: dict[int, bool] = {}
    running: dict[int, int] = {}

    def reap() -> None:
        pid, status = os.wait()
        if pid in running:
            number = running.pop(pid)
            answers[number] = not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0)
            told(number, answers[number])

    for number, task in tasks.items():
        running[_child(task)] = number
        if len(running) >= workers:
            reap()
    while running:
        reap()
    return answers


def _child(task: Callable[[], bool]) -> int:
    """A child that ends with 0 where nothing was noticed."""
    pid = os.fork()
    if pid:
        return pid
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    noticed = True
    try:
        noticed = task()
    finally:
        os._exit(1 if noticed else 0)
