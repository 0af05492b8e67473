"""How a command ends: whatever happens, one message and an exit code from the table, never a traceback."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from cli import exit_codes

INTERRUPTED = "interrupted; run the same command again to go on, or `rempart recover` if a layer stays locked"


def of(command: Callable[[], object]) -> NoReturn:
    """Runs `command`, whose result is its exit code (None where it gives none), and ends the process."""
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        _unread()
    except SystemExit as stopped:  # what click makes of a pipe that nobody reads
        if isinstance(stopped.__context__, BrokenPipeError):
            _unread()
        raise
    except KeyboardInterrupt:
        _stop(INTERRUPTED, exit_codes.INTERRUPTED)
    except typer.Abort:
        _stop("stopped; nothing was changed", exit_codes.INTERRUPTED)
    except Exception as error:
        _explain(error)
    if code == exit_codes.INTERRUPTED:  # what typer makes of a Ctrl-C once the command runs
        _stop(INTERRUPTED, exit_codes.INTERRUPTED)
    sys.exit(code if isinstance(code, int) else exit_codes.OK)


def _unread() -> NoReturn:
    from cli import console

    console.unread()
    sys.exit(exit_codes.UNREAD)


def _explain(error: Exception) -> NoReturn:
    from blueprint import errors

    if isinstance(error, errors.RempartError):
        lacking = isinstance(error, errors.MissingTool)
        _stop(str(error), exit_codes.ENVIRONMENT if lacking else exit_codes.BAD_INPUT)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error)
        sys.exit(exit_codes.BAD_INPUT)
    if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # click's usage errors
        _stop(f"{error.format_message()} (`rempart --help` shows how)", exit_codes.BAD_INPUT)
    if isinstance(error, OSError):
        _stop(_of_this_machine(error), exit_codes.ENVIRONMENT)
    _stop(f"{type(error).__name__}: {error}; this is a defect of rempart, please report it", exit_codes.INTERNAL)


def _of_this_machine(error: OSError) -> str:
    from blueprint import workspace

    if error.errno == errno.ENOSPC:
        return "the disk is full: free some space, then run the same command again"
    if error.filename is None:
        return f"{error}; `rempart doctor` says what this machine lacks"
    what = f"{error.filename}: {error.strerror}"
    if str(error.filename).startswith(str(workspace.state_dir())):
        return f"{what}. Set {workspace.STATE_DIR_VARIABLE} to a folder that can be written, or unset it"
    return f"{what}; `rempart doctor` says what this machine lacks"


def _stop(message: str, code: int) -> NoReturn:
    from cli import console

    console.fail(message)
    sys.exit(code)
