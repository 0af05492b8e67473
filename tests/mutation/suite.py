"""The unit tests of the rules, collected once, run again and again in children: one for each mutant of a rule."""

from __future__ import annotations

import collections
import os
import pathlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[2]
RULES = ROOT / "policies" / "rules"
LIMIT = 60
"""Seconds for one mutant: one that loops for ever is noticed."""
Line = tuple[str, int]


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
        for number, item in enumerate(self.items):
            started, lines = time.perf_counter(), set[Line]()
            sys.settrace(_tracer(lines))
            try:
                passed = _passes(item, self.items[number + 1] if number + 1 < len(self.items) else None)
            finally:
                sys.settrace(None)
            self.seconds.append(time.perf_counter() - started)
            if not passed:
                self.failed.append(item.nodeid)
            for line in lines:
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
        return any(
            not _passes(item, chosen[index + 1] if index + 1 < len(chosen) else None)
            for index, item in enumerate(chosen)
        )


def _passes(item: Any, following: Any) -> bool:
    from _pytest.runner import runtestprotocol

    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=following))


def _tracer(lines: set[Line]) -> Callable[[FrameType, str, Any], Any]:
    folder = str(RULES)

    def here(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return here

    def anywhere(frame: FrameType, event: str, _: Any) -> Any:
        return here if frame.f_code.co_filename.startswith(folder) else None

    return anywhere


def in_children(tasks: Sequence[Callable[[], bool]], workers: int = 2) -> list[bool]:
    """The answer of each task, run in a child of its own; one that is too slow or dies answers yes."""
    answers: list[bool] = [True] * len(tasks)
    running: dict[int, int] = {}
    waiting: Iterator[int] = iter(range(len(tasks)))
    for number in waiting:
        running[_child(tasks[number])] = number
        if len(running) >= workers:
            _reap(running, answers)
    while running:
        _reap(running, answers)
    return answers


def _reap(running: dict[int, int], answers: list[bool]) -> None:
    pid, status = os.wait()
    if pid in running:
        answers[running.pop(pid)] = not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0)


def _child(task: Callable[[], bool]) -> int:
    """A child that ends with 0 where nothing was noticed."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(LIMIT)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    noticed = True
    try:
        noticed = task()
    finally:
        os._exit(1 if noticed else 0)
