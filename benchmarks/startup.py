"""What a person waits for before anything happens: `--help`, and a plugin's start."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks import figures
from blueprint import workspace


def main() -> None:
    root = str(workspace.root())
    python = sys.executable

    def help_() -> float:
        return figures.seconds([python, "-m", "cli.main", "--help"], cwd=root)

    figures.show("help_seconds", min(help_() for _ in range(7)))

    def import_pulumi() -> float:
        return figures.seconds([python, "-c", "import pulumi"], cwd=root)

    plugin, imported = figures.paired(lambda: _port_after("plugins/outscale"), import_pulumi, 7)
    figures.show("plugin_start_over_import_pulumi", plugin - imported)


def _port_after(folder: str) -> float:
    """Seconds until the plugin prints the port that it serves on."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, folder], cwd=workspace.root(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    elapsed = time.perf_counter() - started
    process.kill()
    process.wait()
    if not port.isdigit():
        raise SystemExit(f"{folder} printed {port!r} where a port was expected")
    return elapsed


if __name__ == "__main__":
    main()
