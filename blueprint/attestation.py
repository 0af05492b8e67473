"""The policy pack's sign that it watches this very run, and the program's demand to see it.

The pack writes `<state>/attestations/<engine pid>.json` when it starts; the program requires it before it registers
anything. Both are children of the same engine process. This prevents accidents (a forgotten variable); it is no defence
against someone who edits the checkout: deploy credentials are.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import os
import pathlib
import time

import psutil

from blueprint import workspace
from blueprint.errors import RempartError

ENGINE = "pulumi"
PATIENCE_SECONDS = 20.0
"""The pack and the program start side by side."""
DIGESTED = ("policies", "providers", "blueprint")
_DIGESTED_SUFFIXES = (".py", ".yaml", ".j2")


class NotUnderPolicy(RempartError):
    """No policy pack watches this run, or not the one of this checkout."""


def write(stack: str, engine_pid: int | None = None) -> pathlib.Path:
    """Says that the pack of this checkout watches the engine that started this process.

    `engine_pid` names another engine: for benchmarks that measure a run without the pack's rules, and nothing else.
    """
    engine = psutil.Process(engine_pid) if engine_pid else _engine()
    if engine is None:
        raise NotUnderPolicy("the policy pack was not started by the engine: there is nothing to attest")
    folder = workspace.state_dir() / "attestations"
    folder.mkdir(parents=True, exist_ok=True)
    _forget_dead(folder)
    content = {
        "engine_pid": engine.pid,
        "engine_started": engine.create_time(),
        "pack_digest": pack_digest(),
        "stack": stack,
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    path = folder / f"{engine.pid}.json"
    draft = folder / f".{engine.pid}.{os.getpid()}"
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)
    return path


def require(stack: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Returns when the pack watches this run of `stack`; raises `NotUnderPolicy`, with what to do, when it does not."""
    engine = _engine()
    if engine is None:
        raise NotUnderPolicy(_refusal("this program was not started by the engine"))
    path = workspace.state_dir() / "attestations" / f"{engine.pid}.json"
    deadline = time.monotonic() + patience_seconds
    while (problem := _problem(path, engine, stack)) is not None:
        if not problem.startswith("no ") or _no_pack_named() or time.monotonic() > deadline:
            raise NotUnderPolicy(_refusal(problem))
        time.sleep(0.05)


def _problem(path: pathlib.Path, engine: psutil.Process, stack: str) -> str | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "no policy pack watches this run"
    except (OSError, ValueError):
        return "the attestation of the policy pack cannot be read"
    if content.get("engine_started") != engine.create_time():
        return "no policy pack watches this run: the attestation is another run's"
    if content.get("stack") != stack:
        return f"the policy pack watches the stack {content.get('stack')}, not {stack}"
    if content.get("pack_digest") != pack_digest():
        return "the policy pack that watches this run is not the one of this checkout"
    return None


def _no_pack_named() -> bool:
    """True where waiting is in vain: the engine was given no pack by variable, and none on its command line."""
    if os.environ.get("PULUMI_OPTION_POLICY_PACK"):
        return False
    engine = _engine()
    return engine is None or not any(word.startswith("--policy-pack") for word in engine.cmdline())


def _refusal(problem: str) -> str:
    pack = workspace.root() / "policies"
    return (
        f"{problem}: nothing is registered. Export PULUMI_OPTION_POLICY_PACK={pack} (`make shell` does), "
        "or use `rempart up`."
    )


def _engine() -> psutil.Process | None:
    """The nearest ancestor named `pulumi`."""
    return next((parent for parent in psutil.Process().parents() if parent.name() == ENGINE), None)


def _forget_dead(folder: pathlib.Path) -> None:
    for path in folder.glob("*.json"):
        if path.stem.isdigit() and not psutil.pid_exists(int(path.stem)):
            path.unlink(missing_ok=True)


@functools.lru_cache(maxsize=1)
def pack_digest() -> str:
    """SHA-256 over everything that decides a verdict: rules, catalogue, records, facts, capabilities, planner."""
    root = workspace.root()
    digest = hashlib.sha256()
    for folder in DIGESTED:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in _DIGESTED_SUFFIXES and path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()
