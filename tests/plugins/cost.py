"""What a process costs until it speaks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil


def processor_seconds(command: list[str], folder: Path) -> float:
    """Processor time, user and system, until the first line: what the machine does beside it does not count."""
    environment = {**os.environ, "REMPART_STATE_DIR": str(folder)}
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        times = psutil.Process(process.pid).cpu_times()
        process.kill()
    return float(times.user + times.system)


def importing_pulumi(python: str, folder: Path) -> float:
    code = "import pulumi, time; print('imported', flush=True); time.sleep(60)"
    return processor_seconds([python, "-c", code], folder)
