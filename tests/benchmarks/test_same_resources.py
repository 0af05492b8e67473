"""Both tools are given the same resources: what each one's program declares is counted and compared."""

from __future__ import annotations

import asyncio
import collections
import json
import re
from typing import Any

import pulumi
import pulumi.runtime
import pytest
from pulumi.runtime import mocks

from benchmarks import same_resources, same_resources_program
from tools.preparation import places

PROVIDER = {"cloud": "rempart", "region": "pod1.rbx", "max_retries": 0}


class Recorder(mocks.Mocks):
    """Type, name and inputs of everything that is registered; an id is `TERRAFORM-TYPE.NAME`."""

    def __init__(self) -> None:
        tokens = json.loads((places.TOOLS / "openstack" / "prov" / "tokens.json").read_text(encoding="utf-8"))
        self.types = {token: terraform for terraform, token in tokens["resources"].items()}
        self.seen: dict[tuple[str, str], dict[str, Any]] = {}
        self.providers: list[dict[str, Any]] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ == "pulumi:providers:openstack":
            self.providers.append(dict(args.inputs))
            return "provider", {}
        kind = self.types[args.typ]
        self.seen[kind, args.name] = dict(args.inputs)
        return f"{kind}.{args.name}", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(f"the program asks for {args.token}")


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    """The Pulumi program, run once on what the benchmark writes for it."""
    folder = tmp_path_factory.mktemp("program")
    listed = same_resources.for_pulumi(same_resources.resources())
    text = json.dumps({"provider": PROVIDER, "resources": listed})
    (folder / "resources.json").write_text(text, encoding="utf-8")
    recorder = Recorder()
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(recorder, project="same", stack="dev", preview=False)

    @pulumi.runtime.test
    def run() -> None:
        same_resources_program.register(folder)

    run()
    return recorder


def configured() -> dict[tuple[str, str], dict[str, Any]]:
    """OpenTofu's configuration, after JSON: type and name -> arguments."""
    written = json.loads(json.dumps(same_resources.for_opentofu(same_resources.resources())))
    return {(kind, name): arguments for kind, named in written.items() for name, arguments in named.items()}


def neutral(value: Any) -> Any:
    """An argument under one spelling: no case, no plural, references as `TYPE.NAME`, whole numbers as such."""
    if isinstance(value, dict):
        return {re.sub(r"s$", "", re.sub(r"_", "", key)).lower(): neutral(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [neutral(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return re.sub(r"^\$\{(.+)\.id\}$", r"\1", value) if isinstance(value, str) else value


def test_there_are_240_of_the_kinds_of_a_platform(registered: Recorder) -> None:
    expected = {"network": 18, "subnet": 18, "secgroup": 18, "secgroup_rule": 144, "port": 36, "volume": 6}
    for declared in (configured(), registered.seen):
        counted = collections.Counter(
            re.sub(r"openstack_(networking|blockstorage)_|_v[23]$", "", kind) for kind, _ in declared
        )
        assert counted == expected
        assert counted.total() == 240


def test_both_programs_declare_the_same_resources_with_the_same_arguments(registered: Recorder) -> None:
    theirs, ours = configured(), registered.seen
    assert theirs.keys() == ours.keys()
    for key, arguments in theirs.items():
        assert neutral(ours[key]) == neutral(arguments), key


def test_references_are_followed_by_both_sides(registered: Recorder) -> None:
    port = ("openstack_networking_port_v2", "port-7-1")
    group, subnet = "openstack_networking_secgroup_v2.group-7", "openstack_networking_subnet_v2.subnet-7"
    assert configured()[port]["security_group_ids"] == [f"${{{group}.id}}"]
    assert configured()[port]["fixed_ip"] == [{"subnet_id": f"${{{subnet}.id}}"}]
    assert registered.seen[port]["securityGroupIds"] == [group]
    assert registered.seen[port]["fixedIps"] == [{"subnetId": subnet}]


def test_no_rule_is_declared_twice_in_a_group() -> None:
    """OpenStack refuses a rule that a group has already."""
    rules = [
        tuple(sorted(map(str, one.arguments.items())))
        for one in same_resources.resources()
        if one.kind.cls == "SecGroupRule"
    ]
    assert len(rules) == len(set(rules)) == 144


def test_the_program_has_one_provider_and_sends_no_write_twice(registered: Recorder) -> None:
    assert len(registered.providers) == 1
    assert int(registered.providers[0]["maxRetries"]) == PROVIDER["max_retries"]
