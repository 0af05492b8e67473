"""The typed Python classes of a plugin, generated from its declaration: `python -m plugins.runtime.sdk s3`.

The generator is the engine's own (`pulumi package gen-sdk`). What it makes is committed under plugins/<name>/sdk; a
test generates it again and compares.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from blueprint import workspace
from plugins.runtime.declare import Plugin
from plugins.runtime.schema import schema


class NotGenerated(RuntimeError):
    """The generator could not be run; the message is its own."""


def folder(name: str) -> Path:
    """Where the classes of the plugin `name` are kept."""
    return workspace.root() / "plugins" / name / "sdk"


def load(name: str) -> Plugin[Any]:
    """The declaration of the plugin `name`."""
    plugin: Plugin[Any] = importlib.import_module(f"plugins.{name}.plugin").PLUGIN
    return plugin


def generate(plugin: Plugin[Any], out: Path) -> None:
    """Write the classes of `plugin` into the folder `out`, which must not exist."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        described = work / "schema.json"
        described.write_text(json.dumps(schema(plugin)), encoding="utf-8")
        environment = {
            **os.environ,
            "PULUMI_HOME": str(work / "home"),
            "PULUMI_BACKEND_URL": f"file://{work}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        }
        command = ["pulumi", "package", "gen-sdk", str(described), "--language", "python", "--out", str(work / "out")]
        try:
            run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        except FileNotFoundError as error:
            raise NotGenerated("pulumi is not on PATH: `make toolchain`, then `make shell`") from error
        if run.returncode != 0:
            raise NotGenerated(run.stderr.strip() or run.stdout.strip())
        shutil.move(work / "out" / "python", out)


def files(sdk: Path) -> dict[str, bytes]:
    """Path -> content of what was generated; caches and build leftovers are not."""
    made = (path for path in sdk.rglob("*") if path.is_file())
    kept = (path for path in made if not any(p == "__pycache__" or p.endswith(".egg-info") for p in path.parts))
    return {path.relative_to(sdk).as_posix(): path.read_bytes() for path in kept}


def main(names: list[str]) -> int:
    """Generate the classes of each plugin again, in place."""
    for name in names:
        with tempfile.TemporaryDirectory() as work:
            made = Path(work) / "sdk"
            generate(load(name), made)
            shutil.rmtree(folder(name), ignore_errors=True)
            shutil.move(made, folder(name))
        print(f"plugins/{name}/sdk: generated again")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
