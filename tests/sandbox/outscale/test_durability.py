"""What survives: restarts, and kills in the middle of writes."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

from sandbox.outscale import app, credentials, document
from sandbox.outscale.store import Store
from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import REGION, Server, running_server, signed_headers

pytestmark = pytest.mark.contract


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        net = world.net(server)
        vm = server.call("CreateVms", ImageId=world.IMAGE, SubnetId=world.subnet(server, net))["Vms"][0]["VmId"]
        server.control.fault("error", "ReadSubnets", after=5)
        server.control.settings(quota__net=7)
        for _ in range(4):
            server.post("ReadNets", {}, access_key="STRANGER")
        before, calls = server.control.ids(), len(server.control.calls())
        secret = server.secret_key
    with running_server(tmp_path) as server:
        assert server.secret_key == secret
        assert server.control.ids() == before
        assert len(server.control.calls()) == calls
        assert [f["after"] for f in server.control.faults()] == [5]
        assert server.control.settings()["quota.net"] == 7
        assert "locked" in server.post("ReadNets", {}, access_key="STRANGER").text
        world.wait(server, "ReadVms", "VmIds", vm, "Vms", "running")


def test_a_kill_at_any_moment_leaves_no_half_write(tmp_path: Path) -> None:
    """Killed while clients write as fast as they can, several times; then every Net and every VM is whole."""
    acknowledged: list[str] = []
    for round_number in range(3):
        with running_server(tmp_path) as server:
            server.control.settings(rate__requests=0)
            place = world.subnet(server, world.net(server, f"10.{round_number}.0.0/16"), f"10.{round_number}.0.0/20")
            writers = [threading.Thread(target=_write, args=(server, place, acknowledged)) for _ in range(2)]
            for writer in writers:
                writer.start()
            time.sleep(0.4 + 0.13 * round_number)
            server.kill()
            for writer in writers:
                writer.join()
    with running_server(tmp_path) as server:
        vms = {vm["VmId"]: vm for vm in server.call("ReadVms")["Vms"]}
        assert set(acknowledged) <= set(vms), "an answer was given and the write is lost"
        assert len(acknowledged) > 3
        for vm in vms.values():
            assert len(vm["Nics"]) == 1
            assert len(vm["BlockDeviceMappings"]) == 1
        counts = server.control.inventory()
        assert counts["Nic"] == counts["Volume"] == counts["Vm"]
        assert counts["RouteTable"] == counts["SecurityGroup"] == counts["Net"]


def test_a_full_disk_refuses_the_write_and_reads_go_on(tmp_path: Path) -> None:
    keys = credentials.ensure(tmp_path / "credentials.json")
    store = Store(tmp_path / "outscale.sqlite")
    application = app.build(document.load(tmp_path), keys, REGION, store)

    def post(operation: str, request: dict[str, Any]) -> tuple[int, str]:
        body = json.dumps(request).encode()
        headers = signed_headers(keys, "127.0.0.1", operation, body)

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(application)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.post(f"/api/v1/{operation}", content=body, headers=headers)

        answer = asyncio.run(send())
        return answer.status_code, answer.text

    pages = store.execute("PRAGMA page_count").fetchone()[0]
    store.execute(f"PRAGMA max_page_count={pages + 2}")
    answers = [post("CreateNet", {"IpRange": "10.0.0.0/16"}) for _ in range(10)]
    assert answers[0][0] == 200
    assert answers[-1][0] == 500
    assert "disk full" in answers[-1][1]
    assert post("DeleteNet", {"NetId": "vpc-00000000"})[0] == 400, "a refusal that cannot be logged is still given"
    made = sum(status == 200 for status, _text in answers)
    store.execute("PRAGMA max_page_count=100000")
    assert len(json.loads(post("ReadNets", {})[1])["Nets"]) == made
    assert store.counts()["Net"] == store.counts()["RouteTable"] == made


def _write(server: Server, place: str, acknowledged: list[str]) -> None:
    while True:
        try:
            answer: dict[str, Any] = server.call("CreateVms", ImageId=world.IMAGE, SubnetId=place)
        except (requests.RequestException, AssertionError):
            return
        acknowledged.append(answer["Vms"][0]["VmId"])
