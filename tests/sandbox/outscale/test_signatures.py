"""Who gets in: signatures, clock, lock-out, rate."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.sandbox.outscale.server import REGION, Server


def post(server: Server, body: bytes = b"{}", **how: object) -> requests.Response:
    return server.post("ReadNets", body, **how)


@pytest.mark.parametrize("vendor", ["OSC4", "AWS4"])
@pytest.mark.parametrize("service", ["api", "oapi"])
def test_both_algorithms_are_accepted(server: Server, vendor: str, service: str) -> None:
    assert post(server, vendor=vendor, service=service).status_code == 200


@pytest.mark.parametrize(
    "how",
    [
        {"secret_key": "wrong"},
        {"access_key": "UNKNOWN"},
        {"region": "eu-west-2"},
        {"service": "s3"},
        {"off_by": timedelta(minutes=-16)},
        {"off_by": timedelta(minutes=16)},
        {"signed": ("host", "x-osc-date")},
        {"signed": ("content-type", "x-osc-date")},
        {"signed": ("content-type", "host")},
    ],
    ids=lambda how: "-".join(how),
)
def test_a_bad_signature_is_refused_with_401(server: Server, how: dict[str, Any]) -> None:
    if how.get("signed") == ("content-type", "host"):
        headers = server.sign("ReadNets", b"{}", signed=("content-type", "host", "x-osc-date"))
        headers["authorization"] = headers["authorization"].replace(";x-osc-date", "")
        answer = requests.post(f"{server.url}/ReadNets", data=b"{}", headers=headers, timeout=10)
    elif "off_by" in how:
        answer = post(server, at=datetime.now(UTC) + how["off_by"])  # now, not when the file was collected
    else:
        answer = post(server, **how)
    assert answer.status_code == 401
    assert answer.json()["Errors"][0]["Type"] == "AccessDenied"


def test_a_clock_off_by_less_than_15_minutes_is_accepted(server: Server) -> None:
    assert post(server, at=datetime.now(UTC) - timedelta(minutes=14)).status_code == 200


def test_a_payload_changed_after_signing_is_refused(server: Server) -> None:
    headers = server.sign("ReadNets", b"{}")
    answer = requests.post(f"{server.url}/ReadNets", data=b'{"Filters": {}}', headers=headers, timeout=10)
    assert answer.status_code == 401


def test_a_signature_for_another_operation_is_refused(server: Server) -> None:
    headers = server.sign("ReadNets", b"{}")
    answer = requests.post(f"{server.url}/ReadSubnets", data=b"{}", headers=headers, timeout=10)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "authorization", [None, "Basic eA==", "OSC4-HMAC-SHA256 nonsense", "AWS4-HMAC-SHA256 Credential=a/b"]
)
def test_a_missing_or_foreign_authorization_is_refused(server: Server, authorization: str | None) -> None:
    headers = {"content-type": "application/json"}
    if authorization:
        headers["authorization"] = authorization
    assert requests.post(f"{server.url}/ReadNets", data=b"{}", headers=headers, timeout=10).status_code == 401


def test_four_bad_signins_lock_the_key_even_for_good_signatures(server: Server) -> None:
    for _ in range(3):
        post(server, secret_key="wrong")
    assert post(server).status_code == 200, "three are forgiven, and a good one clears them"
    for _ in range(4):
        post(server, secret_key="wrong")
    answer = post(server)
    assert answer.status_code == 401
    assert "locked" in answer.json()["Errors"][0]["Details"]
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_a_lock_ends_and_the_next_is_longer(server: Server) -> None:
    server.control.settings(lockout__seconds=0.4)
    waits = []
    for _ in range(2):
        for _ in range(4):
            post(server, secret_key="wrong")
        started = datetime.now(UTC)
        while post(server, secret_key="wrong").headers.get("Retry-After"):
            pass
        waits.append((datetime.now(UTC) - started).total_seconds())
    assert 0.3 < waits[0] < waits[1]


def test_too_many_calls_in_the_window_answer_503(server: Server) -> None:
    server.control.settings(rate__requests=3, rate__window_ms=60_000)
    answers = [post(server) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 503]
    assert answers[-1].json()["Errors"][0]["Type"] == "RequestLimitExceeded"


def test_identical_calls_have_a_limit_of_their_own(server: Server) -> None:
    server.control.settings(rate__identical=2, rate__window_ms=60_000)
    assert [post(server).status_code for _ in range(3)] == [200, 200, 503]
    assert post(server, b'{"ResultsPerPage": 2}').status_code == 200


def test_no_secret_reaches_the_log_or_the_disk_or_an_answer(server: Server) -> None:
    answer = post(server, secret_key="wrong")
    signature = server.sign("ReadNets", b"{}")["authorization"].rpartition("=")[2]
    calls = json.dumps(server.control.calls())
    stored = b"".join(path.read_bytes() for path in server.folder.glob("outscale.sqlite*")).decode("latin-1")
    for place in (answer.text, calls, server.log, stored):
        assert server.secret_key not in place
        assert server.credentials.control_token not in place
        assert signature not in place
        assert "Signature=" not in place


def test_the_credentials_file_is_private(server: Server) -> None:
    assert (server.folder / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert (server.folder / "outscale.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.mark.contract
def test_the_official_sdk_signs_in_and_makes_a_net(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from osc_sdk_python import Gateway

    monkeypatch.setenv("OSC_ENDPOINT_API", server.url)
    with Gateway(
        access_key=server.access_key, secret_key=server.secret_key, region=REGION, max_retries=0, protocol="http"
    ) as gateway:
        made = gateway.CreateNet(IpRange="10.1.0.0/16")["Net"]
        assert gateway.ReadNets(Filters={"NetIds": [made["NetId"]]})["Nets"] == [made]
        with pytest.raises(requests.HTTPError, match="code = 5065, code_type = InvalidResource"):
            gateway.DeleteNet(NetId="vpc-00000000")
