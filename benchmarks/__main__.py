"""`make bench`: every benchmark, one line per figure, the slow ones last."""

from __future__ import annotations

import importlib
import os
import sys

MODULES = ("startup", "rules", "unit", "previews", "policy_tools", "flow_rules", "openstack")


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's modules are compiled once, not at each start
    for name in sys.argv[1:] or MODULES:
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
