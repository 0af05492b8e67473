"""Virtual environments: the project's, and those of pinned tools."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from tests.tools.conftest import Machine
from tools import toolchain
from tools.preparation import places, pythons
from tools.preparation.telling import Trouble


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_python_that_the_lock_was_made_for_is_taken(version: tuple[int, int]) -> None:
    pythons.require_python(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_another_one_is_refused_with_the_command(version: tuple[int, int]) -> None:
    with pytest.raises(Trouble, match=r"make PYTHON=python3\.11 toolchain"):
        pythons.require_python(version)


def fake_venv(monkeypatch: pytest.MonkeyPatch, pip: str) -> list[pathlib.Path]:
    """`python -m venv` makes a folder whose python is a shell script; gives the folders that were made."""
    made: list[pathlib.Path] = []

    def make(where: pathlib.Path) -> None:
        made.append(where)
        (where / "bin").mkdir(parents=True)
        (where / "bin" / "python").write_text(f"#!/bin/sh\n{pip}\n", encoding="utf-8")
        (where / "bin" / "python").chmod(0o755)

    monkeypatch.setattr(pythons, "_make", make)
    return made


def test_a_pinned_tool_is_fetched_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fake_venv(monkeypatch, f'echo "$@" > {machine.folder}/asked')
    first = pythons.pinned(pythons.UV, "a moment")
    assert pythons.pinned(pythons.UV, "a moment") == first == pythons.place(pythons.UV)
    assert len(made) == 1
    asked = (machine.folder / "asked").read_text(encoding="utf-8")
    assert "--require-hashes" in asked
    assert "uv-requirements.txt" in asked


def test_a_fetch_that_was_cut_short_is_done_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_venv(monkeypatch, "exit 0")
    (pythons.place(pythons.UV) / "rempart-whole").unlink(missing_ok=True)
    pythons.pinned(pythons.UV, "a moment")
    (pythons.place(pythons.UV) / "rempart-whole").unlink()
    again = fake_venv(monkeypatch, "exit 0")
    monkeypatch.setattr(pythons, "_make", lambda where: again.append(where))
    pythons.pinned(pythons.UV, "a moment")
    assert again == [pythons.place(pythons.UV)]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: Failed to establish a new connection", "PIP_INDEX_URL"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not what is pinned"),
        ("cause: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("ERROR: No space left on device", "The disk is full"),
    ],
)
def test_a_fetch_that_fails_says_what_to_do_and_keeps_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, said: str, advice: str
) -> None:
    fake_venv(monkeypatch, f"echo '{said}' >&2; exit 1")
    with pytest.raises(Trouble, match=advice):
        pythons.pinned(pythons.GO, "a moment")
    assert not pythons.place(pythons.GO).exists()


def test_a_debian_without_venv_is_told_the_package(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "The virtual environment was not created successfully because ensurepip is not available."
    python = machine.install("python3", f"echo '{words}'; exit 1")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(Trouble, match="apt install python3-venv"):
        pythons.pinned(pythons.UV, "a moment")


def test_a_lock_that_cannot_be_followed_is_one_message(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    uv = pythons.place(pythons.UV)
    machine.install("uv", "echo 'error: Failed to fetch: dns error' >&2; exit 2", uv / "bin")
    (uv / "rempart-whole").touch()
    monkeypatch.setattr(places, "ROOT", tmp_path)
    with pytest.raises(Trouble, match=r"(?s)dns error.*HTTPS_PROXY"):
        pythons.project()


def test_the_lock_is_followed_to_the_letter(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    uv = pythons.place(pythons.UV)
    machine.install("uv", f'echo "$PWD $@ venv=$VIRTUAL_ENV" > {tmp_path}/asked', uv / "bin")
    (uv / "rempart-whole").touch()
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setenv("VIRTUAL_ENV", "/of/something/else")
    pythons.project()
    asked = (tmp_path / "asked").read_text(encoding="utf-8").strip()
    assert asked == f"{tmp_path} sync --frozen --quiet --python {sys.executable} venv="


def test_pip_and_uv_trust_what_the_machine_trusts(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    monkeypatch.delenv("PIP_CERT", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    uv = pythons.place(pythons.UV)
    fake_venv(monkeypatch, f'echo "$PIP_CERT" > {tmp_path}/pip')
    pythons.pinned(pythons.UV, "a moment")
    machine.install("uv", f'echo "$SSL_CERT_FILE" > {tmp_path}/uv', uv / "bin")
    monkeypatch.setattr(places, "ROOT", tmp_path)
    pythons.project()
    for program in ("pip", "uv"):
        assert (tmp_path / program).read_text(encoding="utf-8").strip() == str(authority)


def test_a_machine_without_authorities_leaves_each_tool_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone"))
    monkeypatch.setattr(pythons, "_AUTHORITIES", ())
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: type("Paths", (), {"cafile": None})())
    assert pythons.trust() == {}


def test_the_preparation_needs_the_standard_library_only() -> None:
    """It runs before anything is installed, from any folder: -I -S hides what this test's Python has."""
    script = places.TOOLS / "toolchain.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), "--help"], cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert toolchain.__doc__ is not None
    assert toolchain.__doc__.splitlines()[0] in done.stdout
