"""With CI=true a test that cannot run is a failure; an expected failure stays one."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from blueprint import workspace

FILES = {
    "inside": "import pytest\ndef test_it():\n    pytest.skip('no engine')\n",
    "marked": "import pytest\n@pytest.mark.skip(reason='no engine')\ndef test_it():\n    pass\n",
    "whole": "import pytest\npytest.skip('no engine', allow_module_level=True)\n",
    "fixture": "import pytest\n@pytest.fixture\ndef it():\n    pytest.skip('none')\ndef test_it(it):\n    pass\n",
    "expected": "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_it():\n    assert False\n",
}


def run(folder: pathlib.Path, ci: str) -> tuple[int, str]:
    for name, text in FILES.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").touch()
    options = ("-p", "tests.conftest", "-p", "no:cacheprovider", "--continue-on-collection-errors", "-rA")
    env = {**os.environ, "CI": ci, "PYTHONPATH": str(workspace.root())}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.contract
def test_a_skip_of_any_kind_fails_under_ci(tmp_path: pathlib.Path) -> None:
    code, said = run(tmp_path, "true")
    assert code == 1
    closing = said.splitlines()[-1]
    assert "1 failed, 1 xfailed, 3 errors" in closing, said
    for name in FILES.keys() - {"expected"}:
        assert f"test_{name}.py was skipped, and CI=true" in said.replace("::test_it", "")


@pytest.mark.contract
@pytest.mark.parametrize("ci", ["", "false"])
def test_a_skip_is_a_skip_elsewhere(tmp_path: pathlib.Path, ci: str) -> None:
    code, said = run(tmp_path, ci)
    assert code == 0
    assert "4 skipped, 1 xfailed" in said.splitlines()[-1]
