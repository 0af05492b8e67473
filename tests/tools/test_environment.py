"""The environment in which `pulumi` works by itself: the same for `make shell`, .envrc and the commands."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import stat
import subprocess
import sys

import pytest

from blueprint import workspace
from cli import environment
from providers.ovh import observed
from tests.tools.conftest import Machine
from tools.preparation import places


@pytest.fixture
def state(machine: Machine) -> pathlib.Path:
    """A state folder of its own, and a user who has set nothing."""
    folder = machine.folder / "state"
    for name in list(os.environ):
        if name.startswith(("PULUMI_", "OSC_", "OOS_", "AWS_", "REMPART_BASTION")):
            machine.patch.delenv(name)
    machine.patch.setenv("REMPART_STATE_DIR", str(folder))
    return folder


def start_sandbox(state: pathlib.Path) -> None:
    folder = state / "sandbox"
    folder.mkdir(parents=True)
    endpoints = {"outscale": {"url": "http://127.0.0.1:1/api/v1"}, "s3": {"url": "https://127.0.0.1:2"}}
    (folder / "endpoints.json").write_text(json.dumps(endpoints), encoding="utf-8")
    credentials = {"access_key": "AK", "secret_key": "it's secret", "ca_bundle": "/ca.pem"}
    (folder / "credentials.json").write_text(json.dumps(credentials), encoding="utf-8")


def test_the_engine_keeps_its_state_and_home_in_the_state_folder(state: pathlib.Path) -> None:
    found = environment.environment()
    assert found["PULUMI_BACKEND_URL"] == f"file://{state}/pulumi-state?metadata=skip"
    assert found["PULUMI_HOME"] == f"{state}/pulumi-home"
    assert (state / "pulumi-state").is_dir()
    assert found["PULUMI_OPTION_POLICY_PACK"] == str(workspace.root() / "policies")
    assert found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == found["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_the_engine_has_no_folder_for_its_logs_unless_somebody_made_one(state: pathlib.Path) -> None:
    logs = state / "pulumi-home" / "logs"
    environment.environment()
    assert "empty folder" in logs.read_text(encoding="utf-8")
    logs.unlink()
    logs.mkdir()
    environment.environment()
    assert logs.is_dir()


def test_a_pulumi_home_of_the_users_own_keeps_its_logs(state: pathlib.Path, machine: Machine) -> None:
    home = machine.folder / "home"
    home.mkdir()
    machine.patch.setenv("PULUMI_HOME", str(home))
    assert environment.environment()["PULUMI_HOME"] == str(home)
    assert list(home.iterdir()) == []


def test_the_toolchain_and_the_virtual_environment_come_first_on_path(state: pathlib.Path, machine: Machine) -> None:
    found = environment.environment()["PATH"].split(os.pathsep)
    ours = [places.folder(part) for part in places.PARTS]
    assert found == [*map(str, ours), str(pathlib.Path(sys.executable).parent), str(machine.bin)]


def test_the_passphrase_is_made_once_and_is_its_owners_only(state: pathlib.Path) -> None:
    path = pathlib.Path(environment.environment()["PULUMI_CONFIG_PASSPHRASE_FILE"])
    first = path.read_text(encoding="utf-8")
    assert len(first) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    environment.environment()
    assert path.read_text(encoding="utf-8") == first


def test_without_a_sandbox_nothing_is_said_of_endpoints(state: pathlib.Path) -> None:
    assert not [name for name in environment.environment() if name.startswith(("OSC_", "OOS_", "AWS_"))]


def test_a_sandbox_gives_endpoints_and_credentials(state: pathlib.Path) -> None:
    start_sandbox(state)
    found = environment.environment()
    assert found["OSC_ENDPOINT_API"] == "http://127.0.0.1:1/api/v1"
    assert found["OOS_ENDPOINT"] == "https://127.0.0.1:2"
    assert (found["OSC_ACCESS_KEY"], found["OSC_SECRET_KEY"]) == ("AK", "it's secret")
    assert found["AWS_CA_BUNDLE"] == "/ca.pem"


def test_what_the_user_has_set_wins_save_for_the_pack(state: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_sandbox(state)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://mine")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "mine")
    monkeypatch.setenv("PULUMI_OPTION_POLICY_PACK", "/a/milder/pack")
    found = environment.environment()
    assert found["PULUMI_BACKEND_URL"] == "s3://mine"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in found
    assert found["PULUMI_OPTION_POLICY_PACK"] == str(workspace.root() / "policies")


def test_the_exports_are_what_a_shell_reads_back(state: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_sandbox(state)
    assert environment.print_exports() == 0
    script = capsys.readouterr().out + '\nprintf %s "$OSC_SECRET_KEY"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "it's secret"
    assert shlex.quote("it's secret") in script


def test_an_endpoint_of_the_users_own_takes_nothing_from_the_sandbox(
    state: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_sandbox(state)
    monkeypatch.setenv("OSC_ENDPOINT_API", "https://api.cloudgouv-eu-west-1.outscale.com/api/v1")
    found = environment.environment()
    assert not {"OSC_ACCESS_KEY", "OSC_SECRET_KEY", "OOS_ENDPOINT", "AWS_CA_BUNDLE"} & set(found)


def test_what_the_user_has_set_is_there_for_who_reads_the_account(
    state: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_sandbox(state)
    theirs = {"OS_CLIENT_CONFIG_FILE": "/home/me/clouds.yaml", "OS_CLOUD": "pod", "OVH_S3_ENDPOINT": "https://s3.pod"}
    theirs |= {"OVH_S3_ACCESS_KEY": "MINE", "OVH_S3_SECRET_KEY": "mine"}
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    entered = environment.enter()
    assert {name: entered.get(name) for name in theirs} == theirs
    assert entered["PULUMI_BACKEND_URL"].startswith("file://")
    account = observed.account(entered, "pod1.rbx")
    assert (str(account.clouds), account.cloud) == ("/home/me/clouds.yaml", "pod")
