"""Starting the endpoint: its credentials file, its command line."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox.outscale import credentials
from tests.sandbox.outscale.server import ROOT, running_server

pytestmark = pytest.mark.contract


def test_missing_credentials_are_made_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    made = credentials.ensure(path)
    assert credentials.ensure(path) == made
    assert len(made.secret_key) == 40
    assert made.secret_key not in repr(made)
    assert made.control_token not in repr(made)


def test_what_others_wrote_in_the_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    given = {"access_key": "A", "secret_key": "S", "ca_bundle": "/somewhere"}
    path.write_text(json.dumps(given), encoding="utf-8")
    made = credentials.ensure(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content == {**given, "control_token": made.control_token}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"access_key": 1}', '{"secret_key": ""}'])
def test_credentials_that_cannot_be_used_stop_the_start_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(text, encoding="utf-8")
    done = _start(tmp_path, "--port", "1", "--credentials", str(path))
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_text(encoding="utf-8") == text


def test_a_port_that_is_taken_stops_the_start_with_its_reason(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        done = _start(tmp_path, "--port", str(holder.getsockname()[1]), "--credentials", str(tmp_path / "c.json"))
    assert done.returncode != 0
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_listens_on_the_loopback_only(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        process = psutil.Process(server.process.pid)
        listening = [c.laddr.ip for c in process.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_endpoint_that_is_stopped_ends_well_and_closes_its_store(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "outscale.sqlite-wal"
    with running_server(tmp_path) as server:
        server.call("CreateNet", IpRange="10.0.0.0/16")
        assert log.exists()
        server.process.send_signal(number)
        assert server.process.wait(10) == 0
    assert not log.exists(), "SQLite takes its log away when the last connection is closed"


def _start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox.outscale", "--data", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
