"""The pack behind our language host, which serves gRPC for it: calls come in on standard input, answers go out.

The engine waits for two calls for each resource, one after the other. A gRPC server in Python takes longer over them
than the rules do, and importing it longer than all else before the first answer (ADR 0020). The host's side, which says
what the bytes mean, is tools/pulumi/language-python/carried.go.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from typing import BinaryIO

from policies import answers

OPTION = "--carried"
"""How the host says that it carries the calls."""
_CALL = struct.Struct(">II")
_ANSWER = struct.Struct(">BI")


def serve() -> None:
    """Serves until the host closes the pipe: at the end of a run, or of the host."""
    # Ctrl-C reaches the whole process group; the engine decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not talk into the answers
        answer_all(sys.stdin.buffer, out)


def answer_all(calls: BinaryIO, out: BinaryIO) -> None:
    """First the methods that there are, on a line; then an answer for each call, until there are no more."""
    methods = answers.calls(answers.Servicer())
    out.write(" ".join(methods).encode() + b"\n")
    out.flush()
    while len(head := calls.read(_CALL.size)) == _CALL.size:
        name, size = _CALL.unpack(head)
        method, request = calls.read(name).decode(), calls.read(size)
        code, answer = _answer(methods[method], request)
        out.write(_ANSWER.pack(code, len(answer)) + answer)
        out.flush()


def _answer(call: answers.Call, request: bytes) -> tuple[int, bytes]:
    """gRPC's code, and the message or why there is none: of a failure only its kind, as its text may hold a value."""
    try:
        return answers.OK, call.write(call.answer(call.read(request)))
    except answers.Refused as refused:
        return refused.code, str(refused).encode()
    except Exception as error:
        return answers.INTERNAL, f"the policy pack failed ({type(error).__name__}): run `rempart doctor`".encode()
