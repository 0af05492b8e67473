"""How a command ends where this machine lacks something."""

from __future__ import annotations

import errno
import pathlib
from collections.abc import Callable

import pytest

from cli import ending, exit_codes
from tests.cli.calling import rempart


def ended(command: Callable[[], object]) -> object:
    with pytest.raises(SystemExit) as caught:
        ending.of(command)
    return caught.value.code


def raising(error: BaseException) -> Callable[[], object]:
    def command() -> object:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "the disk is full: free some space"),
        (OSError(errno.EACCES, "Permission denied", "/x/y"), "/x/y: Permission denied; `rempart doctor`"),
        (OSError("something without a name"), "something without a name; `rempart doctor` says"),
    ],
    ids=["a full disk", "a file", "no file"],
)
def test_what_the_machine_lacks_is_told_with_the_next_step(
    error: OSError, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(raising(error)) == exit_codes.ENVIRONMENT
    told = " ".join(capsys.readouterr().err.split())
    assert says in told
    assert "Errno" not in told


def test_a_state_folder_that_cannot_be_made_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REMPART_STATE_DIR", "/dev/null/state")
    assert ended(lambda: pathlib.Path("/dev/null/state/pulumi-state").mkdir()) == exit_codes.ENVIRONMENT
    told = " ".join(capsys.readouterr().err.split())
    assert (
        "/dev/null/state/pulumi-state: Not a directory. Set REMPART_STATE_DIR to a folder that can be written" in told
    )


@pytest.mark.parametrize("code", [0, 1, 3, None])
def test_a_command_s_code_is_the_process_s(code: int | None) -> None:
    assert ended(lambda: code) == (code or exit_codes.OK)


def test_a_review_of_an_empty_name_is_not_one_of_this_folder() -> None:
    said = rempart("review", "")
    assert said.exit_code == exit_codes.BAD_INPUT
    assert "PATH is missing" in said.output
