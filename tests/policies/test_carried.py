"""The pack over its two pipes: what comes in as calls goes out as answers, and nothing else does."""

from __future__ import annotations

import io
import pathlib
import struct
import subprocess
import sys
from typing import Any

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as messages

from blueprint import workspace
from policies import answers, carried

REFUSED = messages.ConfigureAnalyzerRequest(
    policyConfig={"network": messages.PolicyConfig(enforcementLevel=messages.DISABLED)}
)


def call(name: str, message: Any) -> bytes:
    body = message.SerializeToString() if hasattr(message, "SerializeToString") else message
    return struct.pack(">II", len(name), len(body)) + name.encode() + body


def answered(*calls: bytes) -> tuple[list[str], list[tuple[int, bytes]]]:
    """What the pack offers, and its answers: gRPC code and message."""
    out = io.BytesIO()
    carried.answer_all(io.BytesIO(b"".join(calls)), out)
    return read(out.getvalue())


def read(said: bytes) -> tuple[list[str], list[tuple[int, bytes]]]:
    greeting, _, rest = said.partition(b"\n")
    found = []
    while rest:
        code, size = struct.unpack(">BI", rest[:5])
        found.append((code, rest[5 : 5 + size]))
        assert len(found[-1][1]) == size, "an answer is shorter than it says"
        rest = rest[5 + size :]
    return greeting.decode().split(), found


def test_the_pack_offers_what_the_engine_asks_but_to_mend() -> None:
    offered, _ = answered()
    assert {"Handshake", "ConfigureStack", "Configure", "GetAnalyzerInfo", "Analyze", "AnalyzeStack"} <= set(offered)
    assert "Remediate" not in offered


def test_calls_are_answered_one_after_the_other() -> None:
    _, found = answered(*[call("GetAnalyzerInfo", empty_pb2.Empty())] * 3)
    assert [code for code, _ in found] == [0, 0, 0]
    assert {messages.AnalyzerInfo.FromString(message).name for _, message in found} == {"rempart"}


def test_a_refusal_has_its_code_and_its_words_and_ends_nothing() -> None:
    _, found = answered(call("Configure", REFUSED), call("GetAnalyzerInfo", empty_pb2.Empty()))
    (refused, words), (after, _) = found
    assert (refused, after) == (answers.INVALID_ARGUMENT, 0)
    assert b"below its floor" in words


@pytest.mark.parametrize("message", [b"\xff\xff\xff\xff", b"\x0a\x7fCanary-7-Bird"], ids=["nonsense", "cut short"])
def test_a_message_that_cannot_be_read_is_an_error_that_names_no_value(message: bytes) -> None:
    _, [(code, words)] = answered(call("Analyze", message))
    assert code == 13
    assert b"rempart doctor" in words and b"Canary" not in words


def test_a_call_that_is_cut_short_is_not_answered() -> None:
    whole = call("GetAnalyzerInfo", empty_pb2.Empty())
    _, found = answered(whole, whole[:5])
    assert len(found) == 1


@pytest.fixture
def process(tmp_path: pathlib.Path) -> Any:
    """The pack as the host starts it, with a library that prints."""
    (tmp_path / "sitecustomize.py").write_text("import atexit; atexit.register(print, 'a library says goodbye')\n")
    return subprocess.Popen(
        [sys.executable, str(workspace.root() / "policies"), carried.OPTION, "127.0.0.1:1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "REMPART_STATE_DIR": str(tmp_path)},
    )


@pytest.mark.contract
def test_the_pack_ends_with_its_pipe_and_what_libraries_print_is_no_answer(process: Any) -> None:
    said, told = process.communicate(call("GetAnalyzerInfo", empty_pb2.Empty()), timeout=60)
    _, found = read(said)
    assert [code for code, _ in found] == [0]
    assert told == b"a library says goodbye\n"
    assert process.returncode == 0


@pytest.mark.contract
def test_the_pack_that_is_carried_loads_no_server() -> None:
    """Importing gRPC would take longer than all else before the first answer, and the engine waits."""
    code = "import sys, policies.carried; print('grpc' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=workspace.root(), capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"
