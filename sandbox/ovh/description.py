"""What the cloud is made of (cloud.yaml) and what its customers find in it (offer.yaml)."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Process:
    """One process. `command` has folders in braces; `late` ones need the accounts and stand for a `host`."""

    name: str
    service: str
    command: tuple[str, ...]
    late: bool = False
    host: str = ""


@dataclass(frozen=True)
class Service:
    """One OpenStack service: its entry in the catalogue, its databases, what prepares them, its processes."""

    name: str
    type: str
    path: str
    messages: bool
    databases: tuple[str, ...]
    prepare: tuple[tuple[str, ...], ...]
    processes: tuple[Process, ...]


@functools.cache
def offer() -> Mapping[str, Any]:
    """offer.yaml as it is written."""
    return _read("offer.yaml")


def hosts() -> tuple[str, ...]:
    return tuple(f"compute-{number + 1}" for number in range(offer()["hosts"]["count"]))


@functools.cache
def packages() -> Mapping[str, str]:
    """Debian package -> the program that shows that it is there."""
    return dict(_read("cloud.yaml")["packages"])


@functools.cache
def ports() -> Mapping[str, int]:
    """Name -> distance from the cloud's first port."""
    return dict(_read("cloud.yaml")["ports"])


@functools.cache
def services() -> tuple[Service, ...]:
    return tuple(_service(name, tree) for name, tree in _read("cloud.yaml")["services"].items())


def chosen(names: Iterable[str]) -> tuple[Service, ...]:
    """The services of these names in the order in which they start, all of them where none is named."""
    wanted, known = set(names), {service.name for service in services()}
    if strange := sorted(wanted - known):
        raise SandboxError(f"OpenStack here has no service {strange[0]!r}; there are {', '.join(sorted(known))}")
    return tuple(one for one in services() if not wanted or one.name in wanted | {"keystone"})


@functools.cache
def digest() -> str:
    """Changes with everything that a running cloud was made from."""
    total = hashlib.sha256()
    for path in sorted(HERE.rglob("*")):
        inside = path.parent == HERE / "inside" and path.suffix == ".py"
        if inside or path.suffix in {".yaml", ".j2", ".txt"}:
            total.update(str(path.relative_to(HERE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def _service(name: str, tree: Mapping[str, Any]) -> Service:
    processes = [_process(one, name, what) for one, what in tree["processes"].items()]
    for one, what in tree.get("hosts", {}).items():
        processes += [_host_process(one, name, what, number, host) for number, host in enumerate(hosts(), 1)]
    return Service(
        name,
        tree["type"],
        tree.get("path", ""),
        tree.get("messages", False),
        tuple(tree["databases"]),
        tuple(tuple(line.split()) for line in tree["prepare"]),
        tuple(processes),
    )


def _process(name: str, service: str, tree: Mapping[str, Any]) -> Process:
    if "run" in tree:
        return Process(name, service, tuple(tree["run"].split()))
    how = ("--module", tree["wsgi"]) if "wsgi" in tree else ("--paste", tree["paste"])
    served = ("{bin}/python", "{inside}/wsgi.py", name, f"{{port_{service}}}", str(tree["threads"]), *how)
    return Process(name, service, (*served, *tree.get("arguments", "").split()))


def _host_process(name: str, service: str, tree: Mapping[str, Any], number: int, host: str) -> Process:
    command = tuple(word.replace("{host}", str(number)) for word in tree["run"].split())
    return Process(name.replace("{host}", str(number)), service, command, late=True, host=host)


@functools.cache
def _read(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return tree
