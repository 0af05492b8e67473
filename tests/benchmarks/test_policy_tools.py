"""One plan under three tools: the plan is whole, its breaches are seen, and a tool that sees others stops the run."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from benchmarks import policy_plan, policy_tools
from cli import exit_codes, review
from policies import addresses
from policies.catalogue import loader as catalogues
from providers.terraform import plan as plans
from tools.preparation import places

SMALL = policy_plan.listed(bubbles=11, volumes=1)


def test_a_plan_of_a_thousand_resources_has_a_breach_in_every_tenth_bubble() -> None:
    listed = policy_plan.listed()
    document = policy_plan.plan(listed)
    addresses_of = [one["address"] for one in document["planned_values"]["root_module"]["resources"]]
    assert len(set(addresses_of)) == len(listed) == 1000
    assert [one["address"] for one in document["resource_changes"]] == addresses_of
    assert policy_plan.breaches(listed) == 8


def test_our_review_names_each_breach_of_the_plan_and_nothing_else_of_that_rule(tmp_path: pathlib.Path) -> None:
    plan, said = tmp_path / "plan.json", tmp_path / "said.json"
    plan.write_text(json.dumps(policy_plan.plan(SMALL)), encoding="utf-8")
    assert review.review(str(plan), None, None, "dev", "json", str(said)) == exit_codes.VIOLATION
    text = said.read_text(encoding="utf-8")
    assert policy_tools.rempart_found(text) == policy_plan.breaches(SMALL) == 2
    named = {one["subject"] for one in json.loads(text)["findings"] if one["message"].endswith("0.0.0.0/0")}
    assert named == {f"openstack_networking_secgroup_rule_v2.rule-{number}-0" for number in (0, 10)}


def test_references_of_the_plan_resolve(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(policy_plan.plan(SMALL)), encoding="utf-8")
    blocks = {block.address: block for block in plans.read(path).blocks}
    port = blocks["openstack_networking_port_v2.port-3-1"]
    assert port.references == {
        "network_id": "openstack_networking_network_v2.network-3",
        "fixed_ip[0].subnet_id": "openstack_networking_subnet_v2.subnet-3",
        "security_group_ids[0]": "openstack_networking_secgroup_v2.group-3",
    }
    assert not [block.address for block in blocks.values() if block.unresolved]


def test_what_each_tool_says_is_counted() -> None:
    failed = [{"check_id": "CKV_OPENSTACK_2"}, {"check_id": "CKV_OPENSTACK_3"}]
    assert policy_tools.checkov_found(json.dumps({"results": {"failed_checks": failed}})) == 1
    denied = [{"rule": "NET-04", "address": "a"}, {"rule": "NET-04", "address": "b"}, {"rule": "NET-05"}]
    assert policy_tools.opa_found(json.dumps({"result": [{"expressions": [{"value": denied}]}]})) == 2


def test_each_tool_goes_once_in_a_turn_and_the_turn_that_warms_up_is_not_measured() -> None:
    seconds = iter([100.0, 100.0, 1.0, 2.0, 5.0, 4.0, 3.0, 9.0])
    runs = {name: (lambda: (next(seconds), "8"), int) for name in ("one", "other")}
    shown = dict(policy_tools.measured(runs, resources=500, breaches=8))
    assert shown["one_1000_resources_seconds"] == 6.0
    assert shown["other_1000_resources_seconds"] == 8.0
    with pytest.raises(SystemExit, match="one found 7 breaches of 8"):
        policy_tools.measured({"one": (lambda: (1.0, "7"), int)}, resources=500, breaches=8)


def test_the_policies_for_opa_have_the_numbers_of_the_catalogue() -> None:
    text = policy_tools.POLICIES.read_text(encoding="utf-8")
    parameters = catalogues.load().parameters
    limits = {int(number) for number in re.findall(r"\) < (\d+)$", text, re.MULTILINE)}
    assert limits == {parameters[rule]["ipv4"] for rule in ("NET-04", "NET-05")}
    blocks = re.findall(r'"([\d.]+/\d+)"', text)
    assert blocks
    assert all(addresses.is_private(block) for block in blocks)


def test_checkov_is_pinned_by_hash_in_an_environment_of_its_own() -> None:
    text = (places.TOOLS / policy_tools.CHECKOV).read_text(encoding="utf-8")
    pins = re.findall(r"^[\w.-]+==\S+.*(?:\\\n +--hash=sha256:\w{64} *)+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) > 50
    assert re.search(r"^checkov==", text, re.MULTILINE)
    assert "checkov" not in (places.ROOT / "uv.lock").read_text(encoding="utf-8")
