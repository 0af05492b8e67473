"""What OpenStack runs on: three Debian packages, and Python packages pinned by hash in an environment of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.ovh import description
from sandbox.ovh.layout import Cloud
from tools.preparation import pythons
from tools.preparation.telling import Trouble, last_lines

POLICY = Path("/usr/sbin/policy-rc.d")
APT = ("-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Options::=--force-confold")
# Two defects that cost minutes, mended in our own environment: (file, what is written there, what is put in its place).
MENDED = (
    # oslo.messaging looks for an answer every half second (launchpad 2035113): each call between services costs that.
    ("oslo_messaging/_drivers/amqpdriver.py", r"time\.sleep\(0\.5\)", "time.sleep(0.01)"),
    # neutron 28 sends one query for each rule that a security group has, at every new rule in it.
    (
        "neutron/db/models/securitygroup.py",
        r"backref=orm\.backref\('default_security_group'\),",
        "backref=orm.backref('default_security_group', lazy='selectin'),",
    ),
)


def missing_packages() -> list[str]:
    """Debian packages that are not there."""
    return [name for name, program in description.packages().items() if not shutil.which(program)]


def packages(log: Path, tell: Callable[[str], None]) -> None:
    """Install the Debian packages that are missing; nothing is asked of a machine that has them."""
    wanted = missing_packages()
    if not wanted:
        return
    if not shutil.which("apt-get"):
        raise SandboxError(
            f"OpenStack here needs MariaDB and RabbitMQ, and this machine has no apt-get to install them with: install "
            f"{' '.join(wanted)} (Debian's names) yourself, or leave the endpoint ovh out"
        )
    if os.geteuid() != 0:
        raise SandboxError(
            "OpenStack here needs Debian packages that are missing, and only root may install them: "
            f"sudo apt-get install --no-install-recommends {' '.join(wanted)}, then `rempart sandbox up ovh`"
        )
    tell(f"ovh: apt-get install {' '.join(wanted)} (about 20 s) ...")
    made = not POLICY.exists()
    if made:  # installed, not started: the cloud starts its own
        POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        POLICY.chmod(0o755)
    try:
        if _apt(log, "install", *wanted):
            _apt(log, "update")
            if _apt(log, "install", *wanted):
                raise SandboxError(f"apt-get install {' '.join(wanted)} failed; {tail(log)}")
    finally:
        if made:
            POLICY.unlink(missing_ok=True)


def environment(cloud: Cloud, tell: Callable[[str], None]) -> None:
    """OpenStack's own virtual environment; there whole or not at all."""
    if (cloud.venv / "rempart-whole").exists():
        return
    tell("ovh: install OpenStack's Python packages, pinned by hash (about 30 s, 500 MB) ...")
    try:
        uv = str(pythons.pinned(pythons.UV, "about 10 s") / "bin" / "uv")
    except Trouble as trouble:
        raise SandboxError(str(trouble)) from trouble
    shutil.rmtree(cloud.venv, ignore_errors=True)
    _uv([uv, "venv", "--quiet", "--python", sys.executable, str(cloud.venv)])
    pins = [f"--requirements={description.HERE / 'requirements.txt'}"]
    build = [f"--build-constraints={description.HERE / 'build-requirements.txt'}"]
    python = ["--python", str(cloud.venv / "bin" / "python")]
    _uv(
        [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--compile-bytecode", *python, *pins, *build]
    )
    _mend(cloud.venv)
    (cloud.venv / "rempart-whole").touch()


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, for a message."""
    try:
        words = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        words = ""
    shown = "".join(f"\n    {line}" for line in words.splitlines()[-lines:]) or " it is empty"
    return f"the end of {log}:{shown}"


def _mend(venv: Path) -> None:
    site = next((venv / "lib").glob("python3.*")) / "site-packages"
    for name, written, instead in MENDED:
        text, count = re.subn(written, instead, (site / name).read_text(encoding="utf-8"))
        if count != 1:
            raise SandboxError(f"{name} of OpenStack's packages is not the one that this sandbox was made for")
        # uv links files from its cache: a new file takes the link's place, and the cache stays as it was.
        with tempfile.NamedTemporaryFile("w", dir=(site / name).parent, delete=False, encoding="utf-8") as new:
            new.write(text)
        Path(new.name).chmod(0o644)
        Path(new.name).replace(site / name)
    shutil.copy(description.HERE / "inside" / "nova_driver.py", site / "nova" / "virt" / "rempart.py")


def _uv(command: list[str]) -> None:
    env = {name: value for name, value in {**pythons.trust(), **os.environ}.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(
            f"OpenStack's Python packages cannot be installed:\n{last_lines(done.stderr)}\n"
            "Check the network (HTTPS_PROXY, UV_INDEX_URL), then `rempart sandbox up ovh`"
        )


def _apt(log: Path, action: str, *names: str) -> int:
    log.parent.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    with log.open("ab") as out:
        done = subprocess.run(["apt-get", action, *APT, *names], env=env, stdout=out, stderr=out, check=False)
    return done.returncode
