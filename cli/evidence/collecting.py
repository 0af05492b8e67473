"""What goes into an evidence bundle: findings, reports, what was planned and what stands, waivers, tools, who asked."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import pathlib
import platform as machine
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from blueprint import loader, planner, workspace
from blueprint import stack as stacks
from blueprint import target as targets
from cli import environment, report
from policies import records, signing
from policies.bundle import manifest, states
from policies.catalogue import loader as catalogues
from policies.records import decisions, waivers
from policies.report import formats, model

REPORTS = {"report.json": ("json", "en"), "report.en.html": ("html", "en"), "report.fr.html": ("html", "fr")}
PACKAGES = ("rempart", "pulumi", "pulumi-policy", "pydantic", "boto3", "rfc3161-client")
STAMPED = ("standing", "standing_why", "identity", "endpoints", "chains", "unmanaged")
"""What `rempart verify` leaves in the header of its findings."""


@dataclasses.dataclass(frozen=True)
class Collected:
    members: dict[str, bytes]
    digests: dict[str, str]
    simulated: bool
    missing: tuple[str, ...]
    """What a reviewer would look for and will not find, with how to get it."""


def collect(platform: str, target_name: str, environment_name: str) -> Collected:
    """Raises `RempartError` for a platform or target that is not there, or that no run has judged."""
    target = targets.load(target_name)
    loaded = loader.load(loader.find(platform))
    plan = planner.to_json(planner.plan(loaded, target, environment_name)).encode()
    folders = report.folders(f"{platform}.{target_name}.{environment_name}")
    merged = model.merge(folders)
    names = [stacks.StackName(platform, target_name, environment_name, layer) for layer in stacks.LAYERS]
    state, missing = _states(names)
    about, silent = _about(target, folders)
    members = {
        "about.json": about,
        "state.json": state,
        **_findings(folders),
        **_reports(merged),
        **_records(platform, target_name, environment_name),
    }
    digests = {
        # Digests only: a blueprint may hold, in a machine's user data, what the rules refuse.
        "blueprint": manifest.sha256(loaded.path.read_bytes()),
        "plan": manifest.sha256(plan),
        "state": manifest.sha256(state),
        "signers": signing.trust().digest,
        **_pack(merged),
    }
    return Collected(members, digests, merged.simulated, (*merged.problems, *missing, *silent))


def _findings(folders: Iterable[pathlib.Path]) -> dict[str, bytes]:
    """Every file that a run left, by layer: `findings/network/up.jsonl`."""
    return {
        f"findings/{folder.name.rpartition('.')[2]}/{path.name}": path.read_bytes()
        for folder in folders
        for path in sorted(folder.glob("*.jsonl"))
    }


def _reports(merged: model.Report) -> dict[str, bytes]:
    catalogue = catalogues.load()
    return {
        f"reports/{name}": formats.render(kind, merged, catalogue, lang).encode()
        for name, (kind, lang) in REPORTS.items()
    }


def _records(platform: str, target: str, environment_name: str) -> dict[str, bytes]:
    """Evidence, continuity, and the decisions and waivers of this platform. Documents stay with their owner: evidence
    holds their digests."""
    place = records.folder()
    mine = [
        path
        for path, waiver in waivers.load(place)
        if (waiver.platform, waiver.target, waiver.environment) == (platform, target, environment_name)
    ]
    decided = [path for path in _all(place, decisions.FOLDER) if decisions.read(path).platform == platform]
    found = (*_all(place, "evidence"), *_all(place, "continuity"), *decided, *mine)
    return {f"records/{path.parent.name}/{path.name}": path.read_bytes() for path in found}


def _all(place: pathlib.Path, name: str) -> list[pathlib.Path]:
    return sorted((place / name).glob("*.yaml"))


def _pack(merged: model.Report) -> dict[str, str]:
    header = merged.runs[0].header
    known = {"pack": header.get("pack_digest"), "catalogue": header.get("catalogue_digest")}
    return {name: str(digest) for name, digest in known.items() if digest}


def _states(names: Iterable[stacks.StackName]) -> tuple[bytes, list[str]]:
    """Resources and digests of each layer, through the engine's own export, which keeps secrets sealed."""
    env = environment.whole()
    found: dict[str, Any] = {}
    for name in names:
        exported = _exported(str(name), env)
        if exported is not None:
            found[name.layer] = states.summary(exported)
    missing = [] if found else ["no state: no layer stands, or the engine cannot read it (`rempart up`)"]
    return _json(found), missing


def _exported(name: str, env: Mapping[str, str]) -> Mapping[str, Any] | None:
    program = shutil.which("pulumi", path=env.get("PATH"))
    if program is None:
        return None
    command = [program, "stack", "export", "--non-interactive", "--stack", name]
    done = subprocess.run(command, cwd=workspace.root(), env=dict(env), capture_output=True, check=False)
    try:
        content = json.loads(done.stdout) if done.returncode == 0 else None
    except ValueError:
        return None
    return content if isinstance(content, Mapping) else None


def _about(target: targets.Target, folders: Iterable[pathlib.Path]) -> tuple[bytes, list[str]]:
    """Tools, target, and what the provider's API said of itself and of who asked, where it was read."""
    read = [run for folder in folders if (run := model.read(folder / "verify.jsonl")) is not None]
    live = {name: read[-1].header.get(name) for name in STAMPED} | {"time": read[-1].time} if read else None
    content = {
        "target": {
            "name": target.name,
            "provider": target.provider,
            "offer": target.offer,
            "region": target.region,
            "simulated": target.simulated,
            "as_of": target.as_of.isoformat() if target.as_of else None,
        },
        "tools": _tools(),
        "commit": _said("git", "-C", str(workspace.root()), "rev-parse", "HEAD"),
        "changed_since_commit": bool(_said("git", "-C", str(workspace.root()), "status", "--porcelain")),
        "live": live,
    }
    silent = [] if live else ["no live reading, so no calling identity: `rempart verify` asks the provider"]
    return _json(content), silent


def _tools() -> dict[str, str]:
    found = {"python": machine.python_version()}
    for name in PACKAGES:
        found[name] = importlib.metadata.version(name)
    found["engine"] = _said("pulumi", "version") or "not found"
    return found


def _said(*command: str) -> str:
    """The first line of what a program answers; empty where it is not there, or fails."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    return done.stdout.strip().partition("\n")[0] if done.returncode == 0 else ""


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
