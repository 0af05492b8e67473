"""The cloud's life: what `up`, `down`, `reset` and `status` do and leave. Keystone alone, at ports of its own."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack as client
import psutil
import pytest

from sandbox.ovh import layout, region, supervising, worlds
from tests.engine import openstack
from tests.engine.openstack import Account, account, sandbox

pytestmark = [pytest.mark.contract, pytest.mark.openstack]


@pytest.fixture(scope="module")
def own(cloud: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[layout.Cloud]:
    with openstack.alone(tmp_path_factory.mktemp("cache")) as found:
        yield found


@pytest.fixture(autouse=True)
def nobody(own: layout.Cloud) -> Iterator[None]:
    """After each test nobody needs the cloud; it stays up for the next."""
    yield
    for world in list(worlds.all_of(own)):
        worlds.leave(own, Path(world.folder))


def up(state: Path) -> Account:
    done = sandbox(state, "up", "ovh", "--only", "keystone")
    assert done.returncode == 0, done.stdout + done.stderr
    return account(state)


def status(state: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sandbox(state, "status", "--format", "json").stdout)["ovh"]
    return found


def ours(cloud: layout.Cloud) -> set[int]:
    """Processes that know the cloud's folder."""
    found = set()
    for process in psutil.process_iter(["cmdline", "status"]):
        if any(str(cloud.folder) in word for word in process.info["cmdline"] or ()):
            found.add(process.pid)
    return found


def test_it_stands_beside_another_one_at_ports_of_its_own(own: layout.Cloud) -> None:
    assert own.first_port >= layout.FIRST_PORT
    assert all(not layout.taken(own.port(name)) for name in ("keystone", "rabbit"))


def test_down_stops_it_when_nobody_else_uses_it_and_up_finds_everything_again(
    own: layout.Cloud, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    first = up(one)
    assert stat.S_IMODE(first.clouds.stat().st_mode) == 0o600
    credential = first.clouds.read_text(encoding="utf-8")
    project = first.connect().current_project_id
    assert up(two).connect().current_project_id != project

    said = sandbox(one, "down", "ovh")
    assert said.returncode == 0
    assert status(one)["state"] == "stopped" and "other sandboxes" in status(one)["detail"]
    assert account(two).connect().current_project_id  # goes on for the other one

    assert sandbox(two, "down", "ovh").returncode == 0
    assert ours(own) == set() and not layout.taken(own.port("keystone"))

    said = sandbox(one, "up", "ovh", "--only", "keystone")
    assert "ovh:   keystone answers (1 of 1, " in said.stderr, said.stderr  # who waits sees it move
    assert account(one).connect().current_project_id == project
    processes = ours(own)
    assert up(one).clouds == first.clouds and ours(own) == processes  # again: nothing changes
    assert first.clouds.read_text(encoding="utf-8") == credential
    assert status(one)["state"] == "running"


def test_a_process_that_died_is_told_and_started_again(own: layout.Cloud, tmp_path: Path) -> None:
    mine = up(tmp_path)
    store = supervising.leader(own, "mariadb")
    assert store is not None
    store.kill()
    store.wait(10)
    seen = status(tmp_path)
    assert seen["state"] == "silent" and "mariadb ended" in seen["detail"]
    up(tmp_path)
    assert mine.connect().current_project_id
    assert status(tmp_path)["state"] == "running"


def test_a_credential_that_was_revoked_is_made_anew(own: layout.Cloud, tmp_path: Path) -> None:
    mine = up(tmp_path)
    before = mine.clouds.read_text(encoding="utf-8")

    world = worlds.find(own, tmp_path / "sandbox" / "ovh")
    assert world is not None

    signed = region.connect(own, username=world.user, password=world.password, project_name=world.project)
    for credential in signed.identity.application_credentials(signed.current_user_id):
        signed.identity.delete_application_credential(signed.current_user_id, credential)
    with pytest.raises(client.exceptions.SDKException):
        mine.connect().authorize()
    assert up(tmp_path).clouds.read_text(encoding="utf-8") != before
    assert mine.connect().current_project_id


def test_reset_leaves_no_project_no_user_and_no_file(own: layout.Cloud, tmp_path: Path) -> None:

    kept, gone = tmp_path / "kept", tmp_path / "gone"
    up(kept)
    mine = up(gone)
    world = worlds.find(own, gone / "sandbox" / "ovh")
    assert world is not None and sandbox(gone, "reset", "ovh", "--yes").returncode == 0
    assert not mine.clouds.exists()
    administrator = region.admin(own)
    assert administrator.identity.find_project(world.project) is None
    assert administrator.identity.find_user(world.user) is None
    assert worlds.find(own, gone / "sandbox" / "ovh") is None
    assert account(kept).connect().current_project_id


def test_a_sandbox_that_is_no_more_is_swept_at_the_next_up(own: layout.Cloud, tmp_path: Path) -> None:

    up(tmp_path / "gone")
    world = worlds.find(own, tmp_path / "gone" / "sandbox" / "ovh")
    assert world is not None
    shutil.rmtree(tmp_path / "gone")
    up(tmp_path / "next")
    assert region.admin(own).identity.find_project(world.project) is None


def test_no_secret_is_on_a_command_line_or_readable_by_others(own: layout.Cloud, tmp_path: Path) -> None:
    up(tmp_path)
    secrets = json.loads((own.folder / "secrets.json").read_text(encoding="utf-8")).values()
    lines = [" ".join(psutil.Process(pid).cmdline()) for pid in ours(own)]
    assert lines and not any(secret in line for secret in secrets for line in lines)
    for path in [*own.etc.rglob("*"), own.folder / "secrets.json", *own.worlds.iterdir()]:
        if path.is_file() and any(secret in path.read_text(encoding="utf-8") for secret in secrets):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(own.folder.stat().st_mode) == 0o700
    for log in own.log.rglob("*"):
        text = log.read_text(encoding="utf-8", errors="replace")
        assert not any(secret in text for secret in secrets), log
