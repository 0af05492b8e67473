"""`make mutation`: every mutant, the survivors with their reasons, and the score last."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from tests.mutation import code, declarations, outcome, platforms, suite

FLOOR = 95.0
RULES = "rules"
PARTS: Mapping[str, Callable[[], Iterable[outcome.Mutant]]] = {
    "platforms": platforms.mutants,
    "declarations": declarations.mutants,
    RULES: code.mutants,
}


def main(arguments: Sequence[str]) -> int:
    mutants: list[outcome.Mutant] = []
    reasons = outcome.accepted()
    files: list[str] = []
    for part in _parts(arguments):
        if part.startswith(f"{RULES}/"):
            files.append(part.removeprefix(f"{RULES}/"))
        else:
            mutants += _judged(part, PARTS[part], reasons)
    if files:
        mutants += _judged(", ".join(files), lambda: code.mutants(files), reasons)
    lines, strange = outcome.report(mutants, reasons)
    if not arguments:
        lines += outcome.idle(mutants, reasons)
    print("\n".join(sorted(set(lines))))
    total = outcome.score(mutants, reasons)
    print(f"{len(mutants)} mutants, {len(strange)} survivors that nobody accepted")
    print(f"mutation score {total:.1f}")
    return 0 if total >= FLOOR else 1


def _parts(arguments: Sequence[str]) -> list[str]:
    """The parts that are asked for; all of them where none is named."""
    files = sorted(
        {f"{RULES}/{path.name}" for path in suite.RULES.glob("*.py")} - {f"{RULES}/{n}" for n in code.SKIPPED}
    )
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description="Breaks compliant platforms, what the plan declares, and the rules themselves, one property or "
        "condition at a time, and tells what nothing notices. Ends with 1 below 95 in a hundred. "
        "The rules take longest, a quarter of an hour: a run that was cut short goes on where it stopped, as long as "
        "code and tests are the same.",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        choices=[*PARTS, *files, []],
        help=f"{', '.join(PARTS)}, or one file of the rules ({RULES}/kms.py); all of them where none is named",
    )
    return list(parser.parse_args(arguments).parts) or list(PARTS)


def _judged(
    name: str, made: Callable[[], Iterable[outcome.Mutant]], reasons: Sequence[outcome.Accepted]
) -> list[outcome.Mutant]:
    started = time.monotonic()
    found = list(made())
    noticed, seconds = outcome.score(found, reasons), time.monotonic() - started
    print(f"{name}: {len(found)} mutants, {noticed:.1f} noticed in a hundred, {seconds:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
