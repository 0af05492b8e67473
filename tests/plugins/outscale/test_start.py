"""The plugin's process starts about as fast as `import pulumi`, and says its port first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from blueprint import workspace
from tests.plugins import cost

pytestmark = pytest.mark.contract
FOLDER = workspace.root() / "plugins" / "outscale"


def start(tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(FOLDER), "127.0.0.1:1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "REMPART_STATE_DIR": str(tmp_path)},
    )


def test_the_process_prints_its_port_serves_and_stops_when_told(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty()).version
    process.terminate()
    assert process.wait(timeout=60) == 0


def test_a_start_costs_little_more_than_importing_pulumi(tmp_path: Path) -> None:
    started = [sys.executable, str(FOLDER), "127.0.0.1:1"]
    # Several pairs: caches are cold at first, and a busy machine slows one of the two more than the other.
    assert any(
        cost.processor_seconds(started, tmp_path) <= cost.importing_pulumi(sys.executable, tmp_path) + 0.3
        for _ in range(6)
    )


def test_what_is_slow_to_import_is_not_imported_at_start() -> None:
    code = "import sys, plugins.outscale.plugin, plugins.runtime.serve; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "pulumi.runtime.proto.provider_pb2" in modules
    assert not {"pulumi", "requests", "boto3", "osc_sdk_python", "pydantic", "jsonschema"} & set(modules)
