"""How long the unit tier takes: everything that is neither contract, engine nor faults."""

from __future__ import annotations

import sys

from benchmarks import figures
from blueprint import workspace


def main() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "loadfile",
        "-m",
        "not contract and not engine and not faults",
    ]
    figures.show("unit_tier_seconds", figures.seconds(command, cwd=str(workspace.root())))


if __name__ == "__main__":
    main()
