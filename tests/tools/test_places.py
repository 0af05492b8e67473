"""Where things are kept: a folder's name follows what it is built from, and nothing else."""

from __future__ import annotations

import importlib.metadata
import pathlib
import re
import shutil

import pytest

from tests.tools.conftest import Machine
from tools.preparation import places
from tools.preparation.telling import Trouble


@pytest.fixture
def copy(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A second clone of tools/, elsewhere."""
    there = tmp_path / "elsewhere" / "tools"
    shutil.copytree(places.TOOLS, there, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(places, "TOOLS", there)
    return there


def labels() -> list[str]:
    return [places.label(part) for part in places.PARTS]


def test_a_second_clone_finds_what_the_first_one_built(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    before = labels()
    request.getfixturevalue("copy")
    assert labels() == before


@pytest.mark.parametrize("name", ["pulumi/go.sum", "pulumi/go.mod", "pulumi/language-python/run.go", "pulumi/tools.go"])
def test_another_pin_or_source_is_another_engine(copy: pathlib.Path, name: str) -> None:
    engine, s3 = labels()
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert labels()[0] != engine
    assert labels()[1] == s3


@pytest.mark.parametrize("name", ["pulumi/language-python/run_test.go", "toolchain.py", "pulumi/notes.md"])
def test_what_is_not_built_changes_nothing(copy: pathlib.Path, name: str) -> None:
    before = labels()
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert labels() == before


def test_the_cache_is_where_the_user_says_even_from_another_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMPART_CACHE", "here")
    assert places.cache() == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REMPART_CACHE", "~/there")
    assert places.cache() == tmp_path / "home" / "there"
    monkeypatch.delenv("REMPART_CACHE")
    assert places.cache() == tmp_path / "home" / ".cache" / "rempart"


def test_an_account_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REMPART_CACHE", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(Trouble, match="REMPART_CACHE"):
        places.cache()


def test_a_part_is_built_only_when_its_folder_is_there(machine: Machine) -> None:
    assert not places.built(places.S3)
    machine.keep(places.S3)
    assert places.built(places.S3)


def test_everything_is_of_one_version_of_pulumi() -> None:
    version = ".".join(map(str, places.PULUMI_VERSION))
    modules = (places.TOOLS / "pulumi" / "go.mod").read_text(encoding="utf-8")
    assert re.findall(r"github.com/pulumi/pulumi/(?:pkg|sdk)/v3 v(\S+)", modules) == [version, version]
    host = (places.TOOLS / "pulumi" / "language-python" / "host.go").read_text(encoding="utf-8")
    assert f'const version = "{version}"' in host
    assert importlib.metadata.version("pulumi") == version


def test_the_s3_servers_version_is_the_one_that_is_pinned() -> None:
    modules = (places.TOOLS / "versitygw" / "go.mod").read_text(encoding="utf-8")
    pinned = re.findall(r"github.com/versity/versitygw (v\S+)", modules)
    assert len(pinned) == 1
    assert places.S3.programs[0].ldflags.endswith(f"main.Version={pinned[0]}")


def test_nothing_is_fetched_without_a_pin_and_a_hash() -> None:
    for name in ("uv-requirements.txt", "go-requirements.txt"):
        lines = (places.TOOLS / name).read_text(encoding="utf-8").replace("\\\n", "").splitlines()
        pins = [line for line in lines if line.strip() and not line.startswith("#")]
        assert pins
        for pin in pins:
            assert re.fullmatch(r"[a-z-]+==[\d.]+(\s+--hash=sha256:[0-9a-f]{64})+", pin.strip())
    for module in ("pulumi", "versitygw", "openstack"):
        assert (places.TOOLS / module / "go.sum").stat().st_size > 0
