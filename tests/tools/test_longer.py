"""`make test` says at its end what it did not show, though its tests run in other processes than who speaks."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from blueprint import workspace
from tests import longer

FORMS = (longer.PLATFORMS, longer.KILLS)


def said(folder: pathlib.Path, where: str) -> str:
    """The end of a run on two workers, in which one test of the folder `where` passes."""
    (folder / where).mkdir(parents=True)
    (folder / where / "test_it.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    (folder / "pytest.ini").touch()
    env = {name: value for name, value in os.environ.items() if name not in {form.variable for form in FORMS}}
    command = [sys.executable, "-m", "pytest", "-n", "2", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=folder, env={**env, "PYTHONPATH": str(workspace.root())}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.contract
def test_what_the_offers_lack_is_counted_and_named(tmp_path: pathlib.Path) -> None:
    told = said(tmp_path, "tests/conformance").splitlines()
    (outscale,) = [line for line in told if line.startswith("outscale: ") and "not native" in line]
    (ovh,) = [line for line in told if line.startswith("ovh: ") and "not native" in line]
    (routers,) = [line for line in told if line.startswith("ovh-routers: ") and "not native" in line]
    assert "siem absent" in outscale
    assert {"routers absent", "nat workaround", "object-lock workaround"} <= set(
        ovh.partition("native: ")[2].split(", ")
    )
    assert "routers absent" not in routers and "nat workaround" not in routers
    assert int(ovh.split()[1]) == len(ovh.split(", ")) == int(routers.split()[1]) + 3
    assert "tests/conformance/test_interrupted.py: in the long form only, `make test-platforms`" in told
    assert "ovh: emc2, front, a hand's changes in the long form only, `make test-platforms`" in told
    assert not [line for line in told if "tests/faults" in line]


@pytest.mark.contract
def test_services_that_are_killed_in_the_long_form_only_are_named(tmp_path: pathlib.Path) -> None:
    told = said(tmp_path, "tests/faults").splitlines()
    assert "tests/faults/test_openstack_faults.py: in the long form only, `make test-faults`" in told
    assert not [line for line in told if "not native" in line]


@pytest.mark.contract
def test_a_run_without_those_tests_says_nothing_of_them(tmp_path: pathlib.Path) -> None:
    assert "long form" not in said(tmp_path, "tests/other")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.folder)
def test_what_is_left_out_is_there_and_comes_back_when_asked(
    form: longer.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(form.variable, raising=False)
    assert [name for name in form.left_out() if not (workspace.root() / form.folder / name).is_file()] == []
    assert form.left_out()
    monkeypatch.setenv(form.variable, "1")
    assert form.left_out() == []
    makefile = (workspace.root() / "Makefile").read_text(encoding="utf-8")
    assert f"{form.variable}=1" in makefile and form.target.split()[1] in makefile
