"""What the command's exit codes mean: the one table."""

from __future__ import annotations

OK = 0
VIOLATION = 1
BAD_INPUT = 2
ENVIRONMENT = 3
LOCKED = 4
INTERNAL = 70
INTERRUPTED = 130
UNREAD = 141

MEANINGS: dict[int, str] = {
    OK: "done, nothing to say against it",
    VIOLATION: "refused: by the policy pack, a waiver or evidence that does not hold, or a difference with the plan",
    BAD_INPUT: "a file, a name or an option is wrong",
    ENVIRONMENT: "something around is missing: a tool, an endpoint, credentials, disk space",
    LOCKED: "another run holds the stack",
    INTERNAL: "a defect of rempart itself: please report it",
    INTERRUPTED: "stopped by Ctrl-C",
    UNREAD: "whoever read the output stopped reading (as `head` does): it says nothing of what was found",
}

EPILOG = "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in MEANINGS.items()) + "."
"""For `rempart --help`."""
