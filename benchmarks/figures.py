"""One line per figure: `name value unit budget ok|over`. Budgets are data, in budgets.yaml."""

from __future__ import annotations

import functools
import pathlib
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml


@functools.cache
def budgets() -> dict[str, dict[str, Any]]:
    text = pathlib.Path(__file__).with_name("budgets.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded


def line(name: str, value: float) -> str:
    """A figure against its budget; one without a budget is printed for information."""
    entry = budgets().get(name)
    if entry is None:
        return f"{name} {value:.3g} - - ok"
    verdict = "ok" if value <= entry["budget"] else "over"
    return f"{name} {value:.3g} {entry['unit']} {entry['budget']} {verdict}"


def show(name: str, value: float) -> None:
    print(line(name, value), flush=True)


def progress(text: str) -> None:
    """What a long benchmark has measured so far, beside the figures: a run that is cut short leaves it."""
    print(f"# {text}", file=sys.stderr, flush=True)


def seconds(
    command: Sequence[str], env: Mapping[str, str] | None = None, cwd: str | None = None, code: int | None = 0
) -> float:
    """Wall-clock seconds of a whole process; `code` is the exit code that it must end with (None: any but 0)."""
    return timed(command, env, cwd, code)[0]


def timed(
    command: Sequence[str], env: Mapping[str, str] | None = None, cwd: str | None = None, code: int | None = 0
) -> tuple[float, str]:
    """The same, and what the process said."""
    started = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    if (done.returncode == 0) if code is None else (done.returncode != code):
        raise SystemExit(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return elapsed, done.stdout


def processor() -> float:
    """Processor seconds of all processes that this one has started and that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def paired(first: Callable[[], float], second: Callable[[], float], times: int) -> tuple[float, float]:
    """Medians of two measurements taken in turns, so that a noisy machine is noisy for both; one warm-up each."""
    first(), second()
    pairs = [(first(), second()) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
