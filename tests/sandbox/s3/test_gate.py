"""The gate itself, in front of a real versitygw: its marks, its log, its control API, its faults, its life."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.exceptions
import psutil
import pytest

from tests.sandbox.s3.asking import plain_get, policy, refused
from tests.sandbox.s3.server import Server, free_port, need_versitygw

pytestmark = pytest.mark.contract


def test_every_answer_says_simulated(gate: Server, s3: Any) -> None:
    headers = s3.list_buckets()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-rempart-simulated"] == "true"
    with pytest.raises(botocore.exceptions.ClientError) as error:
        s3.get_bucket_location(Bucket="nowhere")
    assert error.value.response["ResponseMetadata"]["HTTPHeaders"]["x-rempart-simulated"] == "true"


def test_calls_are_logged_by_name_without_secrets(gate: Server, s3: Any) -> None:
    mark = gate.control.mark()
    s3.create_bucket(Bucket="logged")
    s3.put_object(Bucket="logged", Key="k", Body=b"canary-body")
    s3.put_bucket_policy(Bucket="logged", Policy=policy("logged", "Allow", "s3:GetObject", "/*"))
    assert gate.control.counts(mark) == {"CreateBucket": 1, "PutBucketPolicy": 1, "PutObject": 1}
    everything = json.dumps(gate.control.calls())
    assert "canary-body" not in everything
    assert gate.keys["secret_key"] not in everything + gate.log


def test_the_inventory_counts_what_versitygw_holds(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="counted")
    s3.put_bucket_versioning(Bucket="counted", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket="counted", Key="k", Body=b"x")
    s3.delete_object(Bucket="counted", Key="k")
    assert gate.control.inventory() == {"Bucket": 1, "ObjectVersion": 2, "DeleteMarker": 1}
    assert gate.control.ids() == {"Bucket": ["counted"]}


def test_the_control_api_wants_its_token(gate: Server) -> None:
    for path in ("/_sandbox/inventory", "/_sandbox/calls", "/_sandbox/faults"):
        assert plain_get(gate, path)[0] == 403


@pytest.mark.parametrize(
    ("kind", "code", "done"),
    [
        ("throttle", "SlowDown", False),
        ("forbidden", "AccessDenied", False),
        ("error", "InternalError", False),
        ("error_after", "InternalError", True),
    ],
)
def test_a_fault_strikes_once(gate: Server, s3: Any, kind: str, code: str, done: bool) -> None:
    gate.control.fault(kind, "CreateBucket")
    assert refused(s3.create_bucket, Bucket="struck") == code
    assert bool(gate.control.inventory()) is done
    assert [fault["fired"] for fault in gate.control.faults()] == [1]


@pytest.mark.parametrize(("kind", "done"), [("reset_before", False), ("reset_after", True)])
def test_a_connection_breaks_before_or_after_the_work(gate: Server, s3: Any, kind: str, done: bool) -> None:
    gate.control.fault(kind, "CreateBucket")
    with pytest.raises(botocore.exceptions.HTTPClientError):
        s3.create_bucket(Bucket="broken")
    assert bool(gate.control.inventory()) is done


def test_a_gate_whose_versitygw_dies_stops_and_says_why(tmp_path: Path) -> None:
    need_versitygw()
    server = Server(tmp_path, free_port()).start()
    assert server.process is not None
    (child,) = psutil.Process(server.process.pid).children()
    child.kill()
    server.process.wait(20)
    assert "versitygw ended" in server.log


def test_a_gate_that_is_stopped_leaves_no_socket_and_no_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_versitygw()
    sockets = tmp_path / "s"
    sockets.mkdir()
    monkeypatch.setenv("TMPDIR", str(sockets))
    server = Server(tmp_path, free_port()).start()
    assert list(sockets.iterdir())
    server.stop()
    assert list(sockets.iterdir()) == []
    assert "versitygw ended" not in server.log


def test_versitygw_does_not_outlive_a_killed_gate(tmp_path: Path) -> None:
    need_versitygw()
    server = Server(tmp_path, free_port()).start()
    assert server.process is not None
    (child,) = psutil.Process(server.process.pid).children()
    server.process.kill()
    server.process.wait()
    assert psutil.wait_procs([child], timeout=10)[1] == []
