"""What the machine has by itself is used; what is too old or incomplete is not."""

from __future__ import annotations

import pathlib

import pytest

from tests.tools.conftest import Machine
from tools.preparation import installed, places


@pytest.mark.parametrize("version", ["v3.259.0", "v3.260.1", "v4.0.0", "3.259.0"])
def test_an_installed_pulumi_is_used_as_it_is(machine: Machine, version: str) -> None:
    found = machine.install_pulumi(version)
    assert installed.pulumi() == found
    assert places.ENGINE not in installed.missing()
    assert installed.folders() == [places.folder(places.S3)]


@pytest.mark.parametrize("version", ["v3.258.9", "v3.26.0", "v2.999.0", "nonsense"])
def test_one_that_is_too_old_or_says_nothing_is_not(machine: Machine, version: str) -> None:
    machine.install_pulumi(version)
    assert installed.pulumi() is None
    assert places.ENGINE in installed.missing()


def test_one_without_its_python_language_host_is_not(machine: Machine) -> None:
    machine.install_pulumi("v3.259.0", host=False)
    assert installed.pulumi() is None


def test_its_language_host_may_be_beside_the_program_that_a_link_names(
    machine: Machine, tmp_path: pathlib.Path
) -> None:
    home = tmp_path / "opt"
    for name in ("pulumi-language-python", "pulumi-language-python-exec"):
        machine.install(name, folder=home)
    (machine.bin / "pulumi").symlink_to(machine.install("pulumi", "echo v3.259.0", home))
    assert installed.pulumi() == machine.bin / "pulumi"


def test_a_pulumi_that_does_not_run_is_not_used(machine: Machine) -> None:
    machine.install_pulumi("v3.259.0")
    machine.install("pulumi", "echo v3.259.0; exit 1")
    assert installed.pulumi() is None
    (machine.bin / "pulumi").write_bytes(b"\x7fELF, but of another machine")
    assert installed.pulumi() is None


def test_what_we_built_for_another_commit_is_not_an_installed_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = machine.cache / "toolchain" / "engine-0123456789abcdef" / "bin"
    for name in ("pulumi-language-python", "pulumi-language-python-exec"):
        machine.install(name, folder=other)
    machine.install("pulumi", "echo v3.259.0", other)
    monkeypatch.setenv("PATH", str(other))
    assert installed.pulumi() is None


def test_an_installed_versitygw_is_used(machine: Machine) -> None:
    assert places.S3 in installed.missing()
    machine.install("versitygw")
    assert places.S3 not in installed.missing()


@pytest.mark.parametrize(("version", "used"), [("go1.26.0", True), ("go1.27.1", True), ("go1.19.8", False)])
def test_go_is_used_where_it_is_recent_enough(machine: Machine, version: str, used: bool) -> None:
    machine.install_go("exit 0", version)
    assert (installed.go() is not None) == used


@pytest.mark.parametrize(
    ("words", "numbers"),
    [("v3.259.0\n", (3, 259, 0)), ("go version go1.26.8 linux/amd64", (1, 26, 8)), ("go1.27", (1, 27, 0)), ("", ())],
)
def test_versions_are_read_from_a_programs_own_words(words: str, numbers: tuple[int, ...]) -> None:
    assert installed.parse_version(words) == numbers
