"""The life of the sandbox's endpoints, on real processes: the one of Outscale, which needs no other program."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cli import exit_codes
from cli import sandbox as command
from sandbox import endpoints, probe, processes, services, tools
from sandbox.s3.control import Control
from tests.sandbox.s3.server import need_versitygw

pytestmark = pytest.mark.contract

NAME = "outscale"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path))
    yield tmp_path / "sandbox"
    processes.down()


def pid_of(name: str = NAME) -> int:
    pid = endpoints.read()[name].pid
    assert pid is not None
    return pid


def test_up_starts_an_endpoint_that_answers_and_down_leaves_nothing(state: Path) -> None:
    (found,) = processes.up([NAME])
    assert found.state == "running" and found.simulated
    assert found.url.startswith("http://127.0.0.1:")
    pid = pid_of()
    (after,) = processes.down([NAME])
    assert after.state == "stopped"
    assert not psutil.pid_exists(pid)
    with socket.socket() as end:
        assert end.connect_ex(("127.0.0.1", endpoints.read()[NAME].port)) != 0


def test_up_twice_keeps_the_process_and_down_then_up_keeps_the_port_and_the_keys(state: Path) -> None:
    processes.up([NAME])
    pid, port = pid_of(), endpoints.read()[NAME].port
    keys = services.credentials_path().read_text()
    processes.up([NAME])
    assert pid_of() == pid
    processes.down([NAME])
    processes.up([NAME])
    assert endpoints.read()[NAME].port == port
    assert services.credentials_path().read_text() == keys


def test_the_credentials_are_for_their_owner_only_and_name_the_authority(state: Path) -> None:
    processes.up([NAME])
    path = services.credentials_path()
    content = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(content["access_key"]) == 20 and len(content["secret_key"]) == 40
    assert len(content["control_token"]) >= 32
    assert Path(content["ca_bundle"]).read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_two_ups_at_once_start_one_process(state: Path) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: processes.up([NAME]), range(2)))
    assert both[0][0].pid == both[1][0].pid
    ours = [p for p in psutil.process_iter() if services.SERVICES[NAME].is_run_by(_command_line(p))]
    assert len(ours) == 1


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_killed_endpoint_shows_as_stopped_and_up_brings_it_back(state: Path) -> None:
    processes.up([NAME])
    psutil.Process(pid_of()).kill()
    psutil.wait_procs([psutil.Process(pid_of())] if psutil.pid_exists(pid_of()) else [], timeout=5)
    (found,) = processes.status([NAME])
    assert found.state == "stopped" and "log" in found.detail
    (found,) = processes.up([NAME])
    assert found.state == "running"


def test_a_recorded_pid_that_is_now_somebody_elses_is_left_alone(state: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        endpoints.write({NAME: endpoints.Endpoint("http://127.0.0.1:1/api/v1", _free_port(), stranger.pid, 0.0)})
        assert processes.status([NAME])[0].state == "stopped"
        processes.down([NAME])
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_endpoint_whose_pid_was_never_recorded_is_found_again(state: Path) -> None:
    processes.up([NAME])
    pid, entry = pid_of(), endpoints.read()[NAME]
    endpoints.write({NAME: endpoints.Endpoint(entry.url, entry.port)})
    processes.up([NAME])
    assert pid_of() == pid


def test_a_stranger_on_the_port_is_named_and_not_touched(state: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        endpoints.write({NAME: endpoints.Endpoint(f"http://127.0.0.1:{port}/api/v1", port)})
        with pytest.raises(processes.SandboxError, match=rf"port {port} .* held by .*pid {os.getpid()}"):
            processes.up([NAME])
        assert processes.status([NAME])[0].state == "foreign"


def test_an_endpoint_that_does_not_answer_is_silent_then_restarted_by_up(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes.up([NAME])
    pid = pid_of()
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(probe, "ANSWER_SECONDS", 1)
    monkeypatch.setattr(processes, "STOP_SECONDS", 1)
    impatient = dataclasses.replace(services.SERVICES[NAME], start_seconds=5)
    monkeypatch.setitem(services.SERVICES, NAME, impatient)
    assert processes.status([NAME])[0].state == "silent"
    (found,) = processes.up([NAME])
    assert found.state == "running" and found.pid != pid
    assert not psutil.pid_exists(pid)


def test_an_endpoint_that_dies_at_once_shows_its_last_words_and_their_file(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = services.Service("broken", "sandbox.no_such_module", "nothing")
    monkeypatch.setitem(services.SERVICES, "broken", broken)
    with pytest.raises(processes.SandboxError) as raised:
        processes.up(["broken"])
    assert "No module named" in str(raised.value)
    assert str(broken.log) in str(raised.value)
    assert processes.status(["broken"])[0].state == "stopped"


def test_a_missing_program_is_refused_before_anything_starts(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needy = services.Service("needy", "sandbox.outscale", "nothing", tools=("no-such-program",))
    monkeypatch.setitem(services.SERVICES, "needy", needy)
    tools.find.cache_clear()
    with pytest.raises(processes.SandboxError, match=r"needs no-such-program.*make toolchain"):
        processes.up([NAME, "needy"])
    assert endpoints.read() == {}


def test_a_damaged_record_says_what_to_delete(state: Path) -> None:
    endpoints.path().parent.mkdir(parents=True)
    endpoints.path().write_text("{half")
    with pytest.raises(endpoints.Unreadable, match=r"endpoints\.json.*delete it"):
        processes.status()
    endpoints.path().unlink()


def test_no_credential_of_the_user_reaches_an_endpoint(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSC_SECRET_KEY", "canary")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "canary")
    processes.up([NAME])
    assert "canary" not in psutil.Process(pid_of()).environ().values()


def test_reset_without_a_yes_keeps_the_data(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    processes.up([NAME])
    assert command.reset([NAME], yes=False) == exit_codes.INTERRUPTED
    assert processes.status([NAME])[0].state == "running"
    assert "--yes" in capsys.readouterr().err


def test_reset_forgets_the_data_and_the_port(state: Path) -> None:
    processes.up([NAME])
    assert services.SERVICES[NAME].data.exists()
    assert command.reset([NAME], yes=True, format="quiet") == exit_codes.OK
    assert not services.SERVICES[NAME].data.exists()
    assert endpoints.read() == {}


def test_status_says_simulated_in_both_formats(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    processes.up([NAME])
    assert command.status(format="json") == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert told[NAME]["simulated"] is True and told[NAME]["state"] == "running"
    assert command.status() == exit_codes.OK
    assert "simulated" in capsys.readouterr().out


def test_an_unknown_endpoint_is_bad_input_and_lists_those_that_exist(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.up(["outscal"]) == exit_codes.BAD_INPUT
    assert "outscale, s3" in capsys.readouterr().err


def test_an_unknown_format_is_bad_input(state: Path) -> None:
    assert command.status(format="xml") == exit_codes.BAD_INPUT


def test_the_object_storage_speaks_https_under_the_sandboxes_authority_and_takes_its_child_along(state: Path) -> None:
    need_versitygw()
    (found,) = processes.up(["s3"])
    assert found.state == "running" and found.url.startswith("https://127.0.0.1:")
    children = psutil.Process(pid_of("s3")).children(recursive=True)
    assert [child.name() for child in children] == ["versitygw"]
    assert Control.from_credentials(found.url, services.credentials_path()).inventory() == {}
    processes.down(["s3"])
    assert psutil.wait_procs(children, timeout=5)[1] == []


def _free_port() -> int:
    with socket.socket() as end:
        end.bind(("127.0.0.1", 0))
        return int(end.getsockname()[1])
