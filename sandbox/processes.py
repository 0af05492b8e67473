"""Start and stop the sandbox's endpoints: detached processes on 127.0.0.1, one at a time under a file lock.

A process is ours when its command line runs our module with our data folder: a pid alone may be somebody else's by now,
and an `up` that was killed may have recorded none. Anything else on the port is a stranger, and is left alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import filelock
import psutil

from blueprint import workspace
from sandbox import certificates, endpoints, probe, services, tools
from sandbox.endpoints import Endpoint
from sandbox.errors import SandboxError, UnknownEndpoint
from sandbox.outscale import credentials
from sandbox.services import HOST, SERVICES, Service

State = Literal["running", "silent", "stopped", "foreign"]
STOP_SECONDS = 15
LOCK_SECONDS = 900  # a first start of OpenStack takes minutes on a slow machine
LOG_LINES = 8
_SECRET_PREFIXES = ("OSC_", "OOS_", "AWS_", "PULUMI_", "OS_")  # an endpoint has no use for anybody's credentials


@dataclass(frozen=True)
class Status:
    """One endpoint as it is now. `since` is in seconds since the epoch; `detail` explains what is not as it should."""

    name: str
    state: State
    url: str
    pid: int | None
    since: float | None
    log: str
    detail: str = ""
    simulated: bool = True


def up(
    names: Iterable[str] | None = None,
    tell: Callable[[str], None] = lambda _text: None,
    *,
    routers: bool = False,
    parts: Iterable[str] = (),
) -> list[Status]:
    """Start what is down and wait until it answers; what is up is left as it is. `tell` gets a line per endpoint.

    `routers` and `parts` are for the endpoint ovh: routers and floating IPs allowed, services of OpenStack (all of them
    where none is named).
    """
    wanted = _chosen(names)
    with _locked():
        for service in wanted:
            for tool in service.tools:
                _require(tool, service)
        _prepare()
        for service in wanted:
            if service.shared:
                entry = _shared().up(service.data, tell, routers, parts)
                endpoints.write({**endpoints.read(), service.name: entry})
            else:
                _start(service, tell)
    return status(service.name for service in wanted)


def down(names: Iterable[str] | None = None) -> list[Status]:
    """Stop endpoints and make sure that they are gone; their data and their ports stay."""
    wanted = _chosen(names, SERVICES)
    with _locked():
        for service in wanted:
            _stop(service)
    return status(service.name for service in wanted)


def reset(names: Iterable[str] | None = None) -> list[Status]:
    """Stop endpoints, forget their data and their ports."""
    wanted = _chosen(names, SERVICES)
    with _locked():
        for service in wanted:
            _stop(service, forget=True)
            if service.data.exists():
                shutil.rmtree(service.data)
            endpoints.write({name: entry for name, entry in endpoints.read().items() if name != service.name})
    return status(service.name for service in wanted)


def status(names: Iterable[str] | None = None) -> list[Status]:
    """How the endpoints are, asked of the machine and of the endpoints themselves."""
    recorded = endpoints.read()
    return [_status(service, recorded.get(service.name)) for service in _chosen(names, SERVICES)]


# -- start -----------------------------------------------------------------------------------------------------------


def _prepare() -> None:
    """What all endpoints share: keys and certificates, made once."""
    try:
        credentials.ensure(services.credentials_path())
        content = json.loads(services.credentials_path().read_text(encoding="utf-8"))
    except credentials.BadCredentials as error:
        raise SandboxError(str(error)) from error
    authority = str(certificates.ensure(services.tls_folder()).authority)
    if content.get("ca_bundle") != authority:
        text = json.dumps({**content, "ca_bundle": authority}, indent=2) + "\n"
        endpoints.replace_file(services.credentials_path(), text, 0o600)


def _start(service: Service, tell: Callable[[str], None]) -> None:
    recorded = endpoints.read()
    entry = recorded.get(service.name)
    running = _process(service, entry)
    if running is not None and entry is not None:
        _record(service, entry.port, running)
        if probe.answers(service.root(entry.port), _wait(service, running)):
            tell(f"{service.name}: already up at {entry.url} (simulated)")
            return
        _stop(service)
    port = entry.port if entry is not None else _free_port(recorded.values())
    if _is_taken(port):
        raise SandboxError(_taken(service, port))
    endpoints.write({**recorded, service.name: Endpoint(service.url(port), port)})
    began = time.monotonic()
    process = _spawn(service, port)
    _record(service, port, process)
    if not probe.answers(service.root(port), _wait(service, process)):
        message = _failure(service, process)
        _stop(service)
        raise SandboxError(message)
    tell(f"{service.name}: up at {service.url(port)} (simulated, {time.monotonic() - began:.1f} s)")


def _spawn(service: Service, port: int) -> psutil.Process:
    service.data.mkdir(parents=True, exist_ok=True)
    service.log.parent.mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET_PREFIXES)}
    with service.log.open("ab") as log:
        child = subprocess.Popen(
            service.command(port),
            cwd=workspace.root(),
            env={**clean, workspace.STATE_DIR_VARIABLE: str(workspace.state_dir())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        return psutil.Process(child.pid)
    except psutil.NoSuchProcess:
        raise SandboxError(_died(service)) from None


def _record(service: Service, port: int, process: psutil.Process) -> None:
    started = process.create_time()
    entry = Endpoint(service.url(port), port, process.pid, started)
    endpoints.write({**endpoints.read(), service.name: entry})


def _wait(service: Service, process: psutil.Process) -> Callable[[], bool]:
    """Says whether to go on waiting: until the time is up or the process ends."""
    deadline = time.monotonic() + service.start_seconds

    def go_on() -> bool:
        return time.monotonic() < deadline and _alive(process)

    return go_on


def _failure(service: Service, process: psutil.Process) -> str:
    if _alive(process):
        return (
            f"the endpoint {service.name} did not answer within {service.start_seconds:.0f} s and was stopped; "
            f"{_last_lines(service)}"
        )
    return _died(service)


def _died(service: Service) -> str:
    return f"the endpoint {service.name} ended as soon as it was started; {_last_lines(service)}"


def _last_lines(service: Service) -> str:
    try:
        lines = service.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    except FileNotFoundError:
        lines = []
    shown = "".join(f"\n    {line}" for line in lines) or " it is empty"
    return f"the end of {service.log}:{shown}"


def _free_port(taken: Iterable[Endpoint]) -> int:
    avoid = {entry.port for entry in taken}
    while True:
        with socket.socket() as probe_socket:
            probe_socket.bind((HOST, 0))
            port = int(probe_socket.getsockname()[1])
        if port not in avoid:
            return port


def _require(tool: str, service: Service) -> None:
    try:
        tools.find(tool)
    except tools.Missing as missing:
        raise SandboxError(f"the endpoint {service.name} needs {tool}, {missing}") from missing


# -- stop ------------------------------------------------------------------------------------------------------------


def _stop(service: Service, forget: bool = False) -> None:
    recorded = endpoints.read()
    entry = recorded.get(service.name)
    if service.shared:
        _leave(service, entry, forget)
        return
    process = _process(service, entry)
    if process is not None:
        _end(service, process)
    if entry is None:
        return
    endpoints.write({**recorded, service.name: replace(entry, pid=None, started=None)})
    if process is not None and _is_taken(entry.port):
        raise SandboxError(f"{service.name} was stopped, yet its port still answers. {_taken(service, entry.port)}")


def _leave(service: Service, entry: Endpoint | None, forget: bool) -> None:
    """What other sandboxes of this machine use too goes on for them."""
    if entry is not None:
        (_shared().reset if forget else _shared().down)(service.data)
        endpoints.write({**endpoints.read(), service.name: replace(entry, pid=None, started=None)})


def _end(service: Service, process: psutil.Process) -> None:
    """Ask, wait, insist; its children go with it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [*process.children(recursive=True), process]
        process.terminate()
        _gone, left = psutil.wait_procs([process], timeout=STOP_SECONDS)
        for member in [*left, *(one for one in family if _alive(one))]:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        _gone, left = psutil.wait_procs(family, timeout=5)
        if any(_alive(one) for one in left):
            raise SandboxError(f"{service.name} (pid {process.pid}) could not be stopped; see {service.log}")


# -- what is there ---------------------------------------------------------------------------------------------------


def _status(service: Service, entry: Endpoint | None) -> Status:
    if entry is None:
        return Status(service.name, "stopped", "", None, None, str(service.log))
    if service.shared:
        shared_state, detail, log = _shared().status(service.data)
        return Status(service.name, shared_state, entry.url, entry.pid, entry.started, log, detail)
    process = _process(service, entry)
    if process is None:
        if _is_taken(entry.port):
            return Status(service.name, "foreign", entry.url, None, None, str(service.log), _taken(service, entry.port))
        detail = "it ended by itself; see its log" if entry.pid is not None else ""
        return Status(service.name, "stopped", entry.url, None, None, str(service.log), detail)
    answering = probe.answers(service.root(entry.port), lambda: False)
    detail = "" if answering else "its process is alive but does not answer: `rempart sandbox up` restarts it"
    found: State = "running" if answering else "silent"
    return Status(service.name, found, entry.url, process.pid, process.create_time(), str(service.log), detail)


def _process(service: Service, entry: Endpoint | None) -> psutil.Process | None:
    """Our process for this endpoint, if it lives."""
    if entry is None:
        return None
    if entry.pid is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry.pid)
            if _is_ours(service, process):
                return process
    return next((process for process in psutil.process_iter() if _is_ours(service, process)), None)


def _is_ours(service: Service, process: psutil.Process) -> bool:
    try:
        return service.is_run_by(process.cmdline()) and _alive(process)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_taken(port: int) -> bool:
    with socket.socket() as end:
        end.settimeout(1)
        return end.connect_ex((HOST, port)) == 0


def _taken(service: Service, port: int) -> str:
    owner = _listener(port)
    who = f"{owner.name()} (pid {owner.pid})" if owner is not None else "another program"
    return (
        f"port {port} of the endpoint {service.name} is held by {who}: stop it, or delete the entry of "
        f"{service.name} in {endpoints.path()} to be given another port"
    )


def _listener(port: int) -> psutil.Process | None:
    try:
        connections: list[Any] = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            with contextlib.suppress(psutil.NoSuchProcess):
                return psutil.Process(connection.pid)
    return None


def _shared() -> Any:
    """What runs once for all sandboxes of a machine; imported when it is needed: its client is slow to import."""
    from sandbox.ovh import endpoint

    return endpoint


def _chosen(names: Iterable[str] | None, instead: Iterable[str] = services.DEFAULT) -> list[Service]:
    """The services of these names; those of `instead` where none is named."""
    wanted = list(dict.fromkeys(names or ())) or list(instead)
    for name in wanted:
        if name not in SERVICES:
            raise UnknownEndpoint(f"there is no endpoint {name!r}; there are {', '.join(SERVICES)}")
    return [SERVICES[name] for name in wanted]


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    folder = workspace.sandbox_dir()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    lock = filelock.FileLock(folder / "lock")
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except filelock.Timeout:
        raise SandboxError(
            f"another `rempart sandbox` command has been at work for {LOCK_SECONDS} s: wait for it, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()
