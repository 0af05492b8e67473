"""Bring the cloud up: what it runs on, databases, services, accounts, region. Every step can be repeated."""

from __future__ import annotations

import base64
import concurrent.futures
import functools
import json
import pathlib
import secrets
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable

from sandbox import endpoints
from sandbox.errors import SandboxError
from sandbox.ovh import configuration, description, installing, layout, region, supervising
from sandbox.ovh.description import Process, Service
from sandbox.ovh.layout import HOST, Cloud

Tell = Callable[[str], None]
PACKAGES = "packages"
TOGETHER = 3
"""Databases that are prepared at the same time."""
ERLANG = "/usr/lib/erlang"
RABBIT_ARGUMENTS = "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"


def up(cloud: Cloud, services: tuple[Service, ...], tell: Tell) -> None:
    """Start what is down, and wait until the region is as a customer finds it."""
    if running(cloud, services):
        return
    began = time.monotonic()
    installing.packages(cloud.log / "apt.log", tell)
    installing.environment(cloud, tell)
    configuration.write(cloud)
    (cloud.data / PACKAGES).write_text(cloud.venv.name, encoding="utf-8")
    first = not (cloud.data / "mariadb" / "mysql").is_dir()
    tell(f"ovh: start OpenStack {', '.join(one.name for one in services)} ({'75' if first else '25'} s or more) ...")
    _free(cloud, services)
    if any(service.messages for service in services):
        _messages(cloud)
    _databases(cloud, services)
    _prepare(cloud, services, tell)
    for process in (one for service in services for one in service.processes if not one.late):
        if process.service == "nova" or process.service == "cinder":
            _wait_for_messages(cloud)
        _start(cloud, process)
    supervising.wait(cloud, "keystone", lambda: _answers(cloud, "keystone"))
    region.accounts(cloud, services)
    for process in (one for service in services for one in service.processes if one.late):
        _start(cloud, process)
    for number, service in enumerate(services, 1):
        supervising.wait(cloud, service.name, functools.partial(_answers, cloud, service.name))
        tell(f"ovh:   {service.name} answers ({number} of {len(services)}, {time.monotonic() - began:.0f} s)")
    if any(service.name == "nova" for service in services):
        _hosts(cloud)
    region.fill(cloud, services)
    endpoints.replace_file(_ready(cloud), json.dumps(_mark(services)) + "\n")
    tell(f"ovh: OpenStack answers at {cloud.url('keystone')}/v3 (simulated, {time.monotonic() - began:.0f} s)")


def running(cloud: Cloud, services: Iterable[Service]) -> bool:
    """Do all these services run, as they were left by an `up` that came to its end?"""
    try:
        ready = json.loads(_ready(cloud).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    wanted = [process.name for service in services for process in service.processes]
    there = all(supervising.alive(cloud, name) for name in [*wanted, "mariadb"])
    return there and set(wanted) <= set(ready["processes"])


def current(cloud: Cloud) -> bool:
    """Was the cloud that runs started from the files that are here?"""
    try:
        return bool(json.loads(_ready(cloud).read_text(encoding="utf-8"))["digest"] == description.digest())
    except (OSError, ValueError, KeyError):
        return True


def of_other_packages(cloud: Cloud) -> bool:
    """Were its databases made by other packages than those that are wanted now?"""
    stamp = cloud.data / PACKAGES
    return stamp.exists() and stamp.read_text(encoding="utf-8") != cloud.venv.name


def dead(cloud: Cloud) -> list[str]:
    """Processes that were started and ended by themselves."""
    return [name for name in supervising.names(cloud) if not supervising.alive(cloud, name)]


def down(cloud: Cloud) -> None:
    """Stop everything: the APIs first, then what they keep their data in."""
    everything = supervising.names(cloud)
    stores = [name for name in everything if name in {"mariadb", "rabbit", "epmd"}]
    supervising.end(cloud, [name for name in everything if name not in stores])
    supervising.end(cloud, [name for name in stores if name != "epmd"], patience=30)
    supervising.end(cloud, [name for name in stores if name == "epmd"])
    _ready(cloud).unlink(missing_ok=True)


def _mark(services: tuple[Service, ...]) -> dict[str, object]:
    names = [process.name for service in services for process in service.processes]
    return {"digest": description.digest(), "processes": names}


def _ready(cloud: Cloud) -> pathlib.Path:
    return cloud.folder / "ready.json"


def _free(cloud: Cloud, services: tuple[Service, ...]) -> None:
    """A port that somebody else holds would be found out late, and badly told."""
    for service in services:
        own = any(supervising.alive(cloud, process.name) for process in service.processes)
        if not own and layout.taken(cloud.port(service.name)):
            raise SandboxError(
                f"port {cloud.port(service.name)}, which {service.name} of OpenStack answers at, is held by another "
                f"program: stop it, or delete {cloud.folder} to start from nothing at other ports"
            )


def _start(cloud: Cloud, process: Process) -> None:
    supervising.start(cloud, process.name, cloud.command(process.command), configuration.environment(cloud))


def _answers(cloud: Cloud, service: str) -> bool:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"{cloud.url(service)}/", timeout=10).close()
    except urllib.error.HTTPError:  # an answer, if not the one hoped for
        return True
    except OSError:
        return False
    return True


# -- MariaDB and RabbitMQ --------------------------------------------------------------------------------------------


def _messages(cloud: Cloud) -> None:
    folder = cloud.data / "rabbit"
    folder.mkdir(parents=True, exist_ok=True)
    env = configuration.environment(cloud)
    epmd = next(iter(sorted(pathlib.Path(ERLANG).glob("erts-*/bin/epmd"))), None)
    if epmd is None:
        raise SandboxError(f"RabbitMQ is there, but not Erlang's epmd below {ERLANG}: reinstall erlang-base")
    supervising.start(cloud, "epmd", [str(epmd), "-address", HOST, "-port", str(cloud.port("epmd"))], env)
    rabbit = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": "rempart@localhost",
        "RABBITMQ_CONFIG_FILE": str(cloud.etc / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(cloud.log),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(cloud.etc / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(cloud.run / "rabbit.pid"),
        "RABBITMQ_DIST_PORT": str(cloud.port("erlang")),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(cloud.port("epmd")),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": RABBIT_ARGUMENTS,
    }
    program = description.packages()["rabbitmq-server"]
    supervising.start(cloud, "rabbit", ["bash", program], {**env, **rabbit})


def _wait_for_messages(cloud: Cloud) -> None:
    supervising.wait(cloud, "rabbit", lambda: layout.taken(cloud.port("rabbit")))


def _databases(cloud: Cloud, services: tuple[Service, ...]) -> None:
    data = cloud.data / "mariadb"
    env = configuration.environment(cloud)
    if not (data / "mysql").is_dir():
        shutil.rmtree(data, ignore_errors=True)
        user = pathlib.Path(data.parent).owner()
        new = ["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={data}", "--skip-test-db"]
        _carry_out(cloud, "mariadb-install", [*new, "--auth-root-authentication-method=normal"], env)
    supervising.start(cloud, "mariadb", ["mariadbd", f"--defaults-file={cloud.etc / 'my.cnf'}"], env)
    supervising.wait(cloud, "mariadb", lambda: sql(cloud, "select 1") is not None)
    names = [name for service in services for name in service.databases]
    made = "".join(f"create database if not exists {name} character set utf8mb3;" for name in names)
    if sql(cloud, made) is None:
        raise SandboxError(f"the databases of OpenStack cannot be made; {installing.tail(cloud.log / 'mariadb.log')}")


def sql(cloud: Cloud, query: str) -> str | None:
    """What MariaDB answers; None where it does not."""
    command = ["mariadb", "--no-defaults", "-S", str(cloud.socket), "-u", "root", "-N", "-B"]
    done = subprocess.run(command, input=query, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


# -- once for each service -------------------------------------------------------------------------------------------


def _prepare(cloud: Cloud, services: tuple[Service, ...], tell: Tell) -> None:
    """Databases filled, several at a time: it is most of a first start, so each is told."""
    todo = [service for service in services if not _prepared(cloud, service).exists()]
    if any(service.name == "keystone" for service in todo):
        _keys(cloud)
    slow_first = sorted(todo, key=lambda service: (service.name not in {"nova", "neutron"}, service.name))
    with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
        begun = {pool.submit(_prepare_one, cloud, service): service.name for service in slow_first}
        for number, done in enumerate(concurrent.futures.as_completed(begun), 1):
            done.result()
            tell(f"ovh:   {begun[done]}'s tables are made ({number} of {len(begun)})")


def _prepare_one(cloud: Cloud, service: Service) -> None:
    env = {**configuration.environment(cloud), "OS_BOOTSTRAP_PASSWORD": layout.passwords(cloud).admin}
    for command in service.prepare:
        _carry_out(cloud, f"prepare-{service.name}", cloud.command(command), env)
    _prepared(cloud, service).touch()


def _prepared(cloud: Cloud, service: Service) -> pathlib.Path:
    return cloud.data / f"{service.name}.prepared"


def _keys(cloud: Cloud) -> None:
    """What fernet_setup and credential_setup make: 32 random bytes each."""
    for folder in (cloud.data / "keystone" / "fernet", cloud.data / "keystone" / "credential"):
        folder.chmod(0o700)
        for name in ("0", "1"):
            key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
            endpoints.replace_file(folder / name, key, 0o600)


def _carry_out(cloud: Cloud, name: str, command: list[str], env: dict[str, str]) -> None:
    log = cloud.log / f"{name}.out"
    with log.open("ab") as out:
        done = subprocess.run(command, env=env, cwd="/", stdout=out, stderr=out, check=False)
    if done.returncode:
        raise SandboxError(f"{pathlib.Path(command[0]).name} of OpenStack failed; {installing.tail(log)}")


def _hosts(cloud: Cloud) -> None:
    """Nova learns of its hosts once; its own periodic discovery would take 30 s."""
    stamp = cloud.data / "hosts.discovered"
    if stamp.exists():
        return
    count = len(description.hosts())
    query = "select count(*) from nova.compute_nodes where deleted = 0"
    supervising.wait(cloud, "nova-compute-1", lambda: (sql(cloud, query) or "").strip() == str(count))
    command = ("{bin}/nova-manage", "--config-file", "{etc}/nova/nova.conf", "cell_v2", "discover_hosts")
    _carry_out(cloud, "discover-hosts", cloud.command(command), configuration.environment(cloud))
    stamp.touch()
