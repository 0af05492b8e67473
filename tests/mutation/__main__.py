"""`make mutation`: every mutant, the survivors with their reasons, and the score last."""

from __future__ import annotations

import sys

from tests.mutation import code, declarations, outcome, platforms

FLOOR = 95.0


def main() -> int:
    mutants: list[outcome.Mutant] = []
    reasons = outcome.accepted()
    for name, made in (
        ("platforms", platforms.mutants),
        ("declarations", declarations.mutants),
        ("rules", code.mutants),
    ):
        found = list(made())
        mutants += found
        print(f"{name}: {len(found)} mutants, {outcome.score(found, reasons):.1f} noticed in a hundred", flush=True)
    lines, strange = outcome.report(mutants, reasons)
    print("\n".join(sorted(set(lines))))
    total = outcome.score(mutants, reasons)
    print(f"{len(mutants)} mutants, {len(strange)} survivors that nobody accepted")
    print(f"mutation score {total:.1f}")
    return 0 if total >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
