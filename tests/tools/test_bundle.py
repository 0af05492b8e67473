"""Bundles: what was built on one machine is used on another, without Go and without a network."""

from __future__ import annotations

import pathlib
import tarfile

import pytest

from tests.tools.conftest import Machine
from tools import toolchain
from tools.preparation import installed, places, pythons


@pytest.fixture
def archive(machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A bundle made on a machine that has everything; the machine of the test is then emptied."""
    monkeypatch.setattr(pythons, "project", lambda: None)
    for part in places.PARTS:
        machine.keep(part, "bundled")
    made = tmp_path / "rempart.tar.gz"
    assert toolchain.main(["bundle", str(made)]) == 0
    monkeypatch.setenv("REMPART_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("REMPART_TOOLCHAIN_BUNDLE", str(made))
    return made


def bundled() -> None:
    assert installed.missing() == []
    for part in places.PARTS:
        for name in places.files(part):
            program = places.folder(part) / name
            assert "bundled" in program.read_text(encoding="utf-8")
            assert program.stat().st_mode & 0o111


def test_a_bundle_brings_everything_without_go(archive: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert toolchain.main(["build"]) == 0
    bundled()
    assert f"toolchain taken from {archive}" in capsys.readouterr().err


def test_a_bundle_may_be_a_folder(
    archive: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(archive) as file:
        file.extractall(tmp_path / "unpacked")
    monkeypatch.setenv("REMPART_TOOLCHAIN_BUNDLE", str(tmp_path / "unpacked"))
    assert toolchain.main(["build"]) == 0
    bundled()


def test_a_bundle_of_another_commit_is_refused_by_name(
    archive: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert toolchain.main(["build"]) == 3
    told = capsys.readouterr().err
    assert f"{archive} has no engine-" in told
    assert "REMPART_TOOLCHAIN_BUNDLE" in told
    assert len(installed.missing()) == len(places.PARTS)


def test_a_bundle_that_is_cut_short_is_refused_and_nothing_is_kept(
    archive: pathlib.Path, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.write_bytes(archive.read_bytes()[:60])
    assert toolchain.main(["build"]) == 3
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert str(archive) in told
    assert len(installed.missing()) == len(places.PARTS)
    assert machine.scratch() == []


def test_a_bundle_that_is_not_there_is_named(
    archive: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REMPART_TOOLCHAIN_BUNDLE", "/nowhere.tar")
    assert toolchain.main(["build"]) == 3
    assert "/nowhere.tar, which does not exist" in capsys.readouterr().err


def test_nothing_in_a_bundle_leaves_its_folder(
    archive: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that climb, and links in place of programs, are what an archive from elsewhere can do."""
    with tarfile.open(archive) as file:
        names = file.getnames()
    with tarfile.open(archive, "w:gz") as file:
        for name in names:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            file.addfile(link)
        file.addfile(tarfile.TarInfo("../../escaped"))
    assert toolchain.main(["build"]) == 3
    assert not list(tmp_path.rglob("escaped"))
    assert len(installed.missing()) == len(places.PARTS)


def test_only_what_was_built_can_be_bundled(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert toolchain.main(["bundle", str(machine.folder / "x.tar.gz")]) == 3
    assert "make toolchain" in capsys.readouterr().err
    assert not (machine.folder / "x.tar.gz").exists()
    assert toolchain.main(["bundle"]) == 3
