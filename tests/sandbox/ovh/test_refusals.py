"""What the cloud needs and does not find is told before anything is started. No cloud runs here."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli import exit_codes
from cli import sandbox as command
from sandbox.errors import SandboxError
from sandbox.ovh import configuration, description, installing, layout, starting, supervising
from sandbox.ovh.layout import Cloud
from tests.engine import openstack


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without MariaDB and RabbitMQ, a cache and a state of its own."""
    monkeypatch.setenv("REMPART_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path / "state"))
    programs = set(description.packages().values())
    monkeypatch.setattr(installing.shutil, "which", lambda name: None if name in programs else f"/usr/bin/{name}")
    return monkeypatch


def test_who_is_not_root_is_told_what_to_ask_for(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare.setattr(os, "geteuid", lambda: 1000)
    assert command.up(["ovh"]) == exit_codes.ENVIRONMENT
    told = " ".join(capsys.readouterr().err.split())
    assert (
        "sudo apt-get install --no-install-recommends mariadb-server-core mariadb-client-core rabbitmq-server" in told
    )
    assert "then `rempart sandbox up ovh`" in told and "Traceback" not in told
    assert not list((tmp_path / "cache" / "openstack").glob("venv-*"))


def test_a_machine_without_apt_is_told_which_programs_to_bring(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setattr(installing.shutil, "which", lambda _name: None)
    assert command.up(["ovh"]) == exit_codes.ENVIRONMENT
    told = " ".join(capsys.readouterr().err.split())
    assert "no apt-get" in told and "leave the endpoint ovh out" in told


@pytest.mark.parametrize(
    ("user", "apt", "why"), [(1000, True, "only root may install them"), (0, False, "there is no apt-get")]
)
def test_a_run_of_tests_there_says_what_it_skips_and_why(
    user: int, apt: bool, why: str, bare: pytest.MonkeyPatch
) -> None:
    programs = installing.shutil.which
    bare.setattr(os, "geteuid", lambda: user)
    bare.setattr(installing.shutil, "which", lambda name: programs(name) if apt or name != "apt-get" else None)
    bare.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match=f"OpenStack needs mariadb-server-core, .*, and {why}"):
        openstack.need()
    bare.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=why):
        openstack.need()


def test_where_root_can_install_them_nothing_is_skipped(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(os, "geteuid", lambda: 0)
    openstack.need()


def test_a_service_that_does_not_exist_is_refused(bare: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxError, match=r"no service 'swift'; there are barbican, .*neutron"):
        description.chosen(["swift"])


def test_a_package_that_is_not_the_one_that_was_mended_is_refused(tmp_path: Path) -> None:
    for name, _written, _instead in installing.MENDED:
        path = tmp_path / "lib" / "python3.11" / "site-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("time.sleep(1)\n", encoding="utf-8")
    with pytest.raises(SandboxError, match="is not the one that this sandbox was made for"):
        installing._mend(tmp_path)


# -- configuration ---------------------------------------------------------------------------------------------------


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setenv("REMPART_CACHE", str(tmp_path / "cache"))
    found = layout.cloud()
    paste = found.venv / "etc" / "nova" / "api-paste.ini"
    paste.parent.mkdir(parents=True)
    paste.write_text("", encoding="utf-8")
    return found


def test_every_file_is_for_its_owner_only_and_no_command_holds_a_password(cloud: Cloud) -> None:
    configuration.write(cloud)
    written = [path for path in cloud.etc.rglob("*.conf") if path.is_file()]
    assert len(written) >= 9 and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written)
    known = layout.passwords(cloud)
    secrets = (known.admin, known.service, known.rabbit, known.key_encryption_key)
    commands = [
        word
        for service in description.services()
        for template in (*service.prepare, *(process.command for process in service.processes))
        for word in cloud.command(template)
    ]
    assert commands and not any(secret in word for secret in secrets for word in commands)
    assert not any(secret in repr(known) for secret in secrets)


def test_nothing_of_the_callers_reaches_a_process(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSC_SECRET_KEY", "theirs")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy")
    env = configuration.environment(cloud)
    assert "theirs" not in env.values() and not any("proxy" in name.lower() for name in env if name != "no_proxy")


def test_writing_it_again_gives_the_same(cloud: Cloud) -> None:
    configuration.write(cloud)
    before = {path: path.read_text(encoding="utf-8") for path in cloud.etc.rglob("*") if path.is_file()}
    configuration.write(cloud)
    assert {path: path.read_text(encoding="utf-8") for path in cloud.etc.rglob("*") if path.is_file()} == before


def test_ports_are_kept_and_those_of_others_are_left_alone(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert layout.cloud().first_port == cloud.first_port
    monkeypatch.setattr(layout, "taken", lambda port: port == cloud.first_port + 3)
    assert layout._free_ports(cloud.folder) not in (cloud.first_port, None)
    assert layout._free_ports(cloud.folder / "other") != layout._free_ports(cloud.folder)


def test_a_first_start_tells_each_step_that_is_done(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a minute or more: who waits sees it move."""
    configuration.write(cloud)
    monkeypatch.setattr(starting, "_prepare_one", lambda of, service: starting._prepared(of, service).touch())
    told: list[str] = []
    services = description.chosen(["neutron", "nova"])
    starting._prepare(cloud, services, told.append)
    assert [line.rpartition("(")[2] for line in told] == ["1 of 3)", "2 of 3)", "3 of 3)"]
    assert {line.split()[1] for line in told} == {"keystone's", "neutron's", "nova's"}
    starting._prepare(cloud, services, told.append)
    assert len(told) == 3, "what is done is not told again"


# -- processes -------------------------------------------------------------------------------------------------------


@pytest.mark.contract
def test_a_process_that_ends_as_it_starts_is_told_with_the_end_of_its_log(cloud: Cloud) -> None:
    configuration.write(cloud)
    script = "import sys; print('no such table: projects'); sys.exit(1)"
    supervising.start(cloud, "keystone", [sys.executable, "-c", script], {})
    with pytest.raises(SandboxError, match=r"keystone of OpenStack ended as it started; .*\n.*no such table: projects"):
        supervising.wait(cloud, "keystone", lambda: False)


@pytest.mark.contract
def test_what_a_process_left_in_its_session_goes_with_it(cloud: Cloud) -> None:
    configuration.write(cloud)
    wait = "import signal; signal.pause()"
    script = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {wait!r}]); {wait}"
    supervising.start(cloud, "nova", [sys.executable, "-c", script], {})
    supervising.wait(cloud, "nova", lambda: len(supervising._session(cloud, "nova")) == 2, 60)
    leader = supervising.leader(cloud, "nova")
    assert leader is not None
    leader.kill()
    leader.wait(10)
    assert not supervising.alive(cloud, "nova") and len(supervising._session(cloud, "nova")) == 1
    supervising.end(cloud, ["nova"])
    assert supervising._session(cloud, "nova") == [] and supervising.names(cloud) == []


@pytest.fixture(params=["led", "without its leader"])
def stranger(request: pytest.FixtureRequest) -> Iterator[tuple[int, psutil.Process]]:
    """Somebody else's session, by its number, and a process of it."""
    wait = "import signal; signal.pause()"
    after = wait if request.param == "led" else "pass"
    script = (
        f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {wait!r}]).pid, flush=True); {after}"
    )
    leader = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert leader.stdout is not None
    member = psutil.Process(int(leader.stdout.readline()))
    if request.param != "led":
        leader.wait(60)
    yield leader.pid, member
    member.kill()
    leader.kill()
    leader.wait(60)


@pytest.mark.contract
def test_a_strangers_session_with_a_remembered_number_is_left_alone(
    cloud: Cloud, stranger: tuple[int, psutil.Process]
) -> None:
    configuration.write(cloud)
    number, member = stranger
    (cloud.run / "nova.json").write_text(f'{{"pid": {number}, "started": 1.0}}', encoding="utf-8")
    assert os.getsid(member.pid) == number and not supervising.alive(cloud, "nova")
    supervising.end(cloud, ["nova"])
    assert member.is_running() and member.status() != psutil.STATUS_ZOMBIE
    assert supervising.names(cloud) == []
