"""Reads: filters, pages, the offer, the log of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import REGION, Refused, Server


def pages(server: Server, operation: str, field: str, **request: Any) -> list[list[dict[str, Any]]]:
    found = []
    token: dict[str, str] = {}
    while True:
        answer = server.call(operation, **request, **token)
        found.append(answer[field])
        if "NextPageToken" not in answer:
            return found
        token = {"NextPageToken": answer["NextPageToken"]}


def test_pages_cover_everything_once_in_order_of_creation(server: Server) -> None:
    made = [world.net(server, f"10.{n}.0.0/16") for n in range(5)]
    found = pages(server, "ReadNets", "Nets", ResultsPerPage=2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert [net["NetId"] for page in found for net in page] == made


def test_what_is_created_or_deleted_between_two_pages_neither_repeats_nor_hides_others(server: Server) -> None:
    made = [world.net(server, f"10.{n}.0.0/16") for n in range(4)]
    first = server.call("ReadNets", ResultsPerPage=2)
    server.call("DeleteNet", NetId=made[0])
    late = world.net(server, "10.9.0.0/16")
    second = server.call("ReadNets", ResultsPerPage=10, NextPageToken=first["NextPageToken"])
    assert [net["NetId"] for net in second["Nets"]] == [made[2], made[3], late]


@pytest.mark.parametrize("size", [0, 1001])
def test_a_page_has_1_to_1000_results(server: Server, size: int) -> None:
    with pytest.raises(Refused) as caught:
        server.call("ReadNets", ResultsPerPage=size)
    assert caught.value.code == "4047"


@pytest.mark.parametrize("token", ["!", "bm9uc2Vuc2U="])
def test_a_made_up_page_token_is_refused(server: Server, token: str) -> None:
    with pytest.raises(Refused) as caught:
        server.call("ReadNets", NextPageToken=token)
    assert caught.value.status == 400


def test_a_page_token_serves_only_its_own_question(server: Server) -> None:
    for n in range(2):
        world.net(server, f"10.{n}.0.0/16")
    token = server.call("ReadNets", ResultsPerPage=1)["NextPageToken"]
    with pytest.raises(Refused):
        server.call("ReadNets", NextPageToken=token, Filters={"States": ["available"]})
    with pytest.raises(Refused):
        server.call("ReadSubnets", NextPageToken=token)


def test_all_filters_must_match_and_any_value_of_one(server: Server) -> None:
    one, two = world.net(server), world.net(server, "10.1.0.0/16")

    def found(**filters: Any) -> list[str]:
        return [net["NetId"] for net in server.call("ReadNets", Filters=filters)["Nets"]]

    assert found(NetIds=[one, two]) == [one, two]
    assert found(NetIds=[one, two], IpRanges=["10.1.0.0/16"]) == [two]
    assert found(NetIds=[one], IpRanges=["10.1.0.0/16"]) == []
    assert found(NetIds=["vpc-00000000"]) == []
    assert found(NetIds=[]) == []


def test_filters_go_into_lists_and_nested_fields(server: Server, net_id: str) -> None:
    place = world.subnet(server, net_id)
    vm = world.vm(server, place)
    for filters in (
        {"NicSubnetIds": [place]},
        {"SubregionNames": [REGION + "a"]},
        {"VmStateNames": ["running"]},
        {"SecurityGroupNames": ["default"], "NetIds": [net_id]},
    ):
        assert [one["VmId"] for one in server.call("ReadVms", Filters=filters)["Vms"]] == [vm]
    assert server.call("ReadVms", Filters={"VmStateNames": ["stopped"]})["Vms"] == []
    tables = server.call("ReadRouteTables", Filters={"LinkRouteTableMain": False})["RouteTables"]
    assert tables == []


def test_the_region_has_two_subregions(server: Server) -> None:
    names = [one["SubregionName"] for one in server.call("ReadSubregions")["Subregions"]]
    assert names == [REGION + "a", REGION + "b"]
    assert server.call("ReadSubregions", Filters={"SubregionNames": [REGION + "b"]})["Subregions"][0]["LocationCode"]


def test_an_image_is_found_by_name_and_can_be_started(server: Server, net_id: str) -> None:
    image = server.call("ReadImages", Filters={"ImageNames": ["Debian-12-2026.10.05-0"]})["Images"]
    assert [one["ImageId"] for one in image] == [world.IMAGE]


def test_vm_types_are_filtered_by_size(server: Server) -> None:
    types = server.call("ReadVmTypes", Filters={"VcoreCounts": [2], "MemorySizes": [4]})["VmTypes"]
    assert "tinav5.c2r4p2" in [one["VmTypeName"] for one in types]


def test_quotas_count_what_is_used(server: Server, net_id: str) -> None:
    quotas = server.call("ReadQuotas", Filters={"QuotaNames": ["vpc_limit"]})["QuotaTypes"]
    assert [(q["UsedValue"], q["MaxValue"]) for q in quotas[0]["Quotas"]] == [(1, 50)]


def test_the_log_shows_calls_newest_first_refused_ones_too(server: Server, net_id: str) -> None:
    with pytest.raises(Refused) as refused:
        server.call("DeleteNet", NetId="vpc-00000000")
    logs = server.call("ReadApiLogs")["Logs"]
    assert [(log["QueryCallName"], log["ResponseStatusCode"]) for log in logs] == [
        ("DeleteNet", 400),
        ("CreateNet", 200),
    ]
    assert logs[0]["RequestId"] == refused.value.response.json()["ResponseContext"]["RequestId"]
    assert "Authorization: *****" in logs[0]["QueryHeaderRaw"]
    assert logs[1]["QueryPayloadRaw"] == '{"IpRange": "10.0.0.0/16"}'
    only = server.call("ReadApiLogs", Filters={"QueryCallNames": ["CreateNet"]}, With={"QueryHeaderRaw": False})["Logs"]
    assert [log["QueryCallName"] for log in only] == ["CreateNet"]
    assert "QueryHeaderRaw" not in only[0]


def test_the_pages_of_the_log_do_not_move_while_it_grows(server: Server) -> None:
    for _ in range(5):
        server.call("ReadNets")
    found = pages(server, "ReadApiLogs", "Logs", ResultsPerPage=2)
    assert [log["QueryCallName"] for page in found for log in page] == ["ReadNets"] * 5


def test_the_log_is_bounded_by_dates(server: Server) -> None:
    server.call("ReadNets")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert server.call("ReadApiLogs", Filters={"QueryDateAfter": tomorrow})["Logs"] == []
    assert server.call("ReadApiLogs", Filters={"QueryDateBefore": "2020-01-01"})["Logs"] == []
    assert len(server.call("ReadApiLogs", Filters={"QueryDateBefore": tomorrow})["Logs"]) == 3


def test_calls_are_counted_since_a_mark(server: Server) -> None:
    server.call("ReadNets")
    mark = server.control.mark()
    server.call("ReadNets")
    server.call("ReadVms")
    assert server.control.counts(since=mark) == {"ReadNets": 1, "ReadVms": 1}
