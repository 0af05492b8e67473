"""Where the command's output goes: a reader that stops, an alphabet without our signs, a stream that is closed."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from cli import exit_codes

REMPART = str(pathlib.Path(sys.executable).parent / "rempart")


@pytest.mark.parametrize("format", ["table", "json", "md", "svg"])
def test_a_reader_that_stops_is_no_refusal(format: str) -> None:
    """`rempart ... | head` ended with 1, as if something had been refused."""
    command = [REMPART, "plan", "emc2", "--format", format]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stderr is not None
    started.stdout.close()
    said = started.stderr.read()
    started.stderr.close()
    assert (started.wait(120), said) == (exit_codes.UNREAD, b"")


@pytest.mark.parametrize("alphabet", ["ascii", "latin-1"])
@pytest.mark.parametrize("format", ["table", "json", "md"])
def test_an_alphabet_without_our_signs_loses_signs_and_nothing_else(alphabet: str, format: str) -> None:
    command = [REMPART, "plan", "minimal", "--format", format]
    env = {**os.environ, "PYTHONIOENCODING": alphabet}
    done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (exit_codes.OK, b"")
    text = done.stdout.decode(alphabet)
    assert "bubbles/study" in text or "study" in text
    if format == "json":
        assert json.loads(text)


def test_a_closed_output_is_no_defect() -> None:
    done = subprocess.run(
        ["bash", "-c", f"exec {REMPART} plan minimal --format json >&-"],
        stderr=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (exit_codes.OK, b"")
