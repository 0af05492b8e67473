"""The pack listens before anything heavy is imported, with the SDK's own messages."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_what_is_slow_to_import_is_not_imported_before_the_pack_listens() -> None:
    modules = run("import sys, policies.server; print(*sys.modules)").split()
    assert "pulumi.runtime.proto.analyzer_pb2" in modules
    slow = {"pulumi", "pulumi.runtime", "pulumi_policy", "pydantic", "yaml", "psutil", "policies.session"}
    assert not slow & set(modules)


def test_whoever_imports_the_sdk_later_gets_the_whole_of_it_with_the_same_messages() -> None:
    said = run(
        "from policies.protocol import messages\n"
        "import pulumi\n"
        "from pulumi.runtime.proto import AnalyzeRequest, analyzer_pb2\n"
        "print(AnalyzeRequest is messages.AnalyzeRequest, analyzer_pb2 is messages, pulumi.Output.from_input)"
    )
    assert said.startswith("True True <function")


def test_an_sdk_that_is_there_already_is_used() -> None:
    said = run(
        "import pulumi\n"
        "from policies.protocol import messages\n"
        "from pulumi.runtime import proto\n"
        "print(proto.AnalyzeRequest is messages.AnalyzeRequest)"
    )
    assert said.strip() == "True"
