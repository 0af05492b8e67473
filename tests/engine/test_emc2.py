"""The main job on the real engine: EMC2 comes up on the sandbox, and everything asserted is read back from the API."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import pathlib
import sys
from collections import Counter

import pytest

from blueprint import loader, planner, target, workspace
from blueprint import plan as plans
from blueprint import stack as stacks
from cli import report
from policies import signing
from policies.bundle import archive
from providers.outscale import live
from tests.conformance import parity
from tests.engine.world import World
from tests.policies import persons

pytestmark = pytest.mark.engine

LAYERS = ("network", "storage", "compute", "bastion")
FINDINGS = pathlib.Path(__file__).parent / "golden" / "emc2-findings.txt"


@pytest.fixture(scope="module")
def plan(world: World) -> plans.Plan:
    return planner.plan(loader.load(loader.find("emc2")), target.load("outscale-sandbox"), world.name)


@pytest.fixture(scope="module")
def up(world: World) -> list[dict[str, object]]:
    done = world.rempart("up", "emc2", "--environment", world.name, "--yes", "--format", "json")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def there(up: list[dict[str, object]], world: World) -> tuple[live.Thing, ...]:
    return world.things()


def of(things: tuple[live.Thing, ...], kind: str) -> list[live.Thing]:
    return [thing for thing in things if thing.kind == kind]


def subject(thing: live.Thing) -> str:
    return next((tag["Value"] for tag in thing.body.get("Tags", ()) if tag["Key"] == "rempart:subject"), "")


def test_every_bubble_is_a_network_of_its_own(there: tuple[live.Thing, ...], plan: plans.Plan) -> None:
    nets = {subject(net): net.body["IpRange"] for net in of(there, "Net")}
    assert nets == {bubble.subject: bubble.cidr for bubble in plan.bubbles}


def test_every_zone_is_in_two_availability_zones(there: tuple[live.Thing, ...], plan: plans.Plan) -> None:
    subnets = {subject(s): (s.body["IpRange"], s.body["SubregionName"]) for s in of(there, "Subnet")}
    expected = {
        subnet.subject: (subnet.cidr, f"{subnet.region}{subnet.az}")
        for bubble in plan.bubbles
        for zone in bubble.zones
        for subnet in zone.subnets
    }
    assert subnets == expected
    assert {az[-1] for _, az in subnets.values()} == {"a", "b"}


def test_the_filters_hold_the_flow_matrix_and_nothing_else(there: tuple[live.Thing, ...], plan: plans.Plan) -> None:
    found: Counter[tuple[object, ...]] = Counter()
    for group in of(there, "SecurityGroup"):
        zone = subject(group).removesuffix("/filter")
        for side, direction in (("InboundRules", "ingress"), ("OutboundRules", "egress")):
            for rule in group.body[side]:
                assert not rule.get("SecurityGroupsMembers"), "rules are by address range"
                for cidr in rule["IpRanges"]:
                    ports = (rule["FromPortRange"], rule["ToPortRange"])
                    found[(zone, direction, rule["IpProtocol"], *ports, cidr)] += 1
    expected = {(r.zone, str(r.direction), r.protocol, r.from_port, r.to_port, r.cidr) for r in plan.rules}
    assert set(found) == expected
    assert max(found.values()) == 1


def test_default_groups_are_empty(there: tuple[live.Thing, ...], plan: plans.Plan) -> None:
    defaults = [g for g in of(there, "SecurityGroup") if g.body["SecurityGroupName"] == "default"]
    assert len(defaults) == len(plan.bubbles)
    assert all(not group.body["InboundRules"] and not group.body["OutboundRules"] for group in defaults)


def test_no_table_of_a_data_or_admin_zone_leads_to_the_internet(
    there: tuple[live.Thing, ...], plan: plans.Plan
) -> None:
    zones = {zone.subject: zone for bubble in plan.bubbles for zone in bubble.zones}
    seen = 0
    for table in of(there, "RouteTable"):
        zone = zones.get(subject(table).removesuffix("/table"))
        if zone is None or zone.role not in (plans.ZoneRole.DATA, plans.ZoneRole.ADMIN):
            continue
        seen += 1
        for route in table.body["Routes"]:
            assert ipaddress.ip_network(route["DestinationIpRange"]).prefixlen > 0
            assert not route.get("GatewayId", "").startswith("igw-")
    assert seen > 0


def test_bubbles_meet_only_where_a_flow_is_declared(there: tuple[live.Thing, ...], plan: plans.Plan) -> None:
    names = {net.identifier: subject(net).removeprefix("bubbles/") for net in of(there, "Net")}
    pairs = {
        frozenset((names[p.body["SourceNet"]["NetId"]], names[p.body["AccepterNet"]["NetId"]]))
        for p in of(there, "NetPeering")
    }
    assert pairs == {frozenset((peering.a, peering.b)) for peering in plan.peerings}
    assert all(peering.body["State"]["Name"] == "active" for peering in of(there, "NetPeering"))
    kinds = {bubble.name: bubble.kind for bubble in plan.bubbles}
    projects = {name for name, kind in kinds.items() if kind is plans.BubbleKind.PROJECT}
    assert not [pair for pair in pairs if pair <= projects], "project bubbles never meet"


def test_only_edge_zones_hold_public_addresses(there: tuple[live.Thing, ...], plan: plans.Plan) -> None:
    edges = {
        ipaddress.ip_network(zone.cidr)
        for bubble in plan.bubbles
        for zone in bubble.zones
        if zone.role is plans.ZoneRole.EDGE
    }
    linked = [vm for vm in of(there, "Vm") if vm.body.get("PublicIp")]
    assert plan.bastion is not None
    assert {subject(vm) for vm in linked} == {machine.subject for machine in plan.bastion.machines}
    for vm in linked:
        assert any(ipaddress.ip_address(vm.body["PrivateIp"]) in edge for edge in edges)


def test_machines_run_where_the_plan_puts_them(there: tuple[live.Thing, ...], plan: plans.Plan) -> None:
    assert plan.bastion is not None
    running = {subject(vm): (vm.body["State"], vm.body["Placement"]["SubregionName"][-1]) for vm in of(there, "Vm")}
    assert running == {m.subject: ("running", m.az) for m in (*plan.machines, *plan.bastion.machines)}
    linked = {subject(volume) for volume in of(there, "Volume") if volume.body["LinkedVolumes"]}
    assert linked >= {disk.subject for m in (*plan.machines, *plan.bastion.machines) for disk in m.disks}


def test_buckets_are_private_versioned_locked_and_closed_to_plain_http(
    there: tuple[live.Thing, ...], world: World, plan: plans.Plan
) -> None:
    import boto3

    account = world.account()
    client = boto3.client(
        "s3",
        endpoint_url=account.oos,
        region_name=account.region,
        aws_access_key_id=account.access_key,
        aws_secret_access_key=account.secret_key,
        verify=account.ca_bundle,
    )
    names = [thing.identifier for thing in of(there, "Bucket")]
    assert len(names) == len(plan.buckets)
    for name in names:
        grantees = [grant["Grantee"].get("URI", "") for grant in client.get_bucket_acl(Bucket=name)["Grants"]]
        assert not any("AllUsers" in uri for uri in grantees)
        assert client.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        assert "aws:SecureTransport" in client.get_bucket_policy(Bucket=name)["Policy"]


def test_the_findings_are_those_that_were_committed(
    up: list[dict[str, object]], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule or a resource that comes or goes shows here; the new table is then read and committed by a person."""
    monkeypatch.setenv(workspace.STATE_DIR_VARIABLE, str(world.folder))
    rows = report.findings_by_state(f"emc2.outscale-sandbox.{world.name}")
    lines = [f"{rule} {state} {number}" for rule, states in rows for state, number in sorted(states.items())]
    assert "\n".join(lines) + "\n" == FINDINGS.read_text(encoding="utf-8")


def told(findings: list[dict[str, object]]) -> set[tuple[object, ...]]:
    """What is said of the provider's resources."""
    native = [one for one in findings if str(one["type"]).startswith(("outscale:", "s3:"))]
    return {(one["rule"], one["subject"], str(one["state"]), one["message"]) for one in native}


def test_an_audit_of_the_states_says_what_the_pack_said(
    up: list[dict[str, object]], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(workspace.STATE_DIR_VARIABLE, str(world.folder))
    prefix = f"emc2.outscale-sandbox.{world.name}"
    try:
        audited = world.rempart("audit", "emc2", "-e", world.name, "--format", "json")
    finally:
        for path in (world.folder / "findings").glob(f"{prefix}.*/audit.jsonl"):
            path.unlink()
    document = json.loads(audited.stdout)
    blocking = [one for one in document["findings"] if one["effect"] == "block"]
    assert (audited.returncode, blocking, document["problems"]) == (0, [], [])
    assert [run["operation"] for run in document["runs"]] == ["audit"] * len(LAYERS)

    packed = report.model.merge(report.folders(prefix)).findings
    assert told(document["findings"]) == told([dataclasses.asdict(one) for one in packed])


def test_pulumi_s_own_analysis_of_a_state_finds_what_the_audit_finds(up: list[dict[str, object]], world: World) -> None:
    """Of the provider's resources, and of the stack that this one reads: what a run of the pack sees in ids only."""
    stack, below = world.stack("emc2", "compute"), world.stack("emc2", "network")
    record = world.folder / "findings" / stack / "audit.jsonl"

    def findings() -> set[tuple[object, ...]]:
        lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
        record.unlink()
        found = [line for line in lines if line["kind"] == "finding"]
        read = [line for line in found if line["rule"] == "NET-02" and line["stage"] == "stack"]
        assert [(line["subject"], line["state"], line["type"]) for line in read] == [
            (below, "conform", stacks.REFERENCE)
        ]
        return told(found)

    try:
        analyzed = world.pulumi("policy", "analyze", "--policy-pack", str(workspace.root() / "policies"), "-s", stack)
        assert analyzed.returncode == 0, analyzed.stdout + analyzed.stderr
        found = findings()
        assert world.rempart("audit", "emc2", "-e", world.name, "--format", "json").returncode == 0
        assert len(found) > 100 and found == findings()
    finally:
        for path in (world.folder / "findings").glob(f"emc2.outscale-sandbox.{world.name}.*/audit.jsonl"):
            path.unlink()


def test_a_reading_of_the_api_says_what_the_pack_said(
    up: list[dict[str, object]], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the two tests above and those of Terraform (test_observability.py): EMC2 gets one answer in every place."""
    monkeypatch.setenv(workspace.STATE_DIR_VARIABLE, str(world.folder))
    deployment = f"emc2.outscale-sandbox.{world.name}"
    try:
        verified = world.rempart("verify", "emc2", "-e", world.name)
        assert verified.returncode == 0, verified.stdout[-3000:] + verified.stderr
        live, packed = parity.answers(deployment)
    finally:
        for path in (world.folder / "findings").glob(f"{deployment}.*/verify.jsonl"):
            path.unlink()
    assert len(packed) > 500
    assert live == packed


def test_nothing_changes_the_second_time(up: list[dict[str, object]], world: World) -> None:
    again = world.rempart("up", "emc2", "--environment", world.name, "--yes", "--format", "json")
    assert again.returncode == 0, again.stdout + again.stderr
    changes = [result["changes"] for result in json.loads(again.stdout)]
    assert len(changes) == len(LAYERS)
    assert all(set(change) <= {"same"} for change in changes), changes


def test_pulumi_works_by_itself_from_a_shell(up: list[dict[str, object]], world: World) -> None:
    preview = world.pulumi("preview", "-s", world.stack("emc2", "network"))
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "unchanged" in preview.stdout


def test_without_the_pack_the_program_refuses(up: list[dict[str, object]], world: World) -> None:
    bare = {"PULUMI_OPTION_POLICY_PACK": ""}
    preview = world.pulumi("preview", "-s", world.stack("emc2", "network"), env=bare)
    assert preview.returncode != 0
    assert "policy pack" in preview.stdout + preview.stderr
    assert "Traceback" not in preview.stdout + preview.stderr


def test_a_pack_configuration_that_disables_a_rule_is_refused(
    up: list[dict[str, object]], world: World, tmp_path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"all": "disabled"}), encoding="utf-8")
    env = {"PULUMI_OPTION_POLICY_PACK_CONFIG": str(config)}
    preview = world.pulumi("preview", "-s", world.stack("emc2", "network"), env=env)
    assert preview.returncode != 0, preview.stdout


def test_a_rule_added_by_hand_is_seen_as_drift_and_taken_away(
    up: list[dict[str, object]], there: tuple[live.Thing, ...], world: World
) -> None:
    call = live.client(world.account())
    group = next(g for g in of(there, "SecurityGroup") if subject(g) == "bubbles/warehouse/zones/omop/filter")
    gone = group.body["InboundRules"][0]
    call.api(
        "DeleteSecurityGroupRule",
        SecurityGroupId=group.identifier,
        Flow="Inbound",
        IpProtocol=gone["IpProtocol"],
        FromPortRange=gone["FromPortRange"],
        ToPortRange=gone["ToPortRange"],
        IpRange=gone["IpRanges"][0],
    )
    stack = world.stack("emc2", "network")
    seen = world.pulumi("preview", "--refresh", "-s", stack)
    assert "1 to create" in seen.stdout, seen.stdout[-2000:]
    mended = world.pulumi("up", "--yes", "--refresh", "-s", stack)
    assert mended.returncode == 0, mended.stdout[-2000:]
    again = next(t for t in world.things() if t.identifier == group.identifier)
    assert len(again.body["InboundRules"]) == len(group.body["InboundRules"])


def test_no_secret_is_left_in_clear(up: list[dict[str, object]], world: World) -> None:
    secret = world.env["OSC_SECRET_KEY"].encode()
    holders = [
        path
        for path in world.folder.rglob("*")
        if path.is_file() and path.name != "credentials.json" and secret in path.read_bytes()
    ]
    assert holders == []


def test_no_resource_says_on_which_machine_it_was_made(up: list[dict[str, object]], world: World) -> None:
    """Neither lines of the program nor folders: others read the state. The SDK registers the stack before we begin."""
    for layer in LAYERS:
        resources = world.state(world.stack("emc2", layer))["deployment"]["resources"]
        said = json.dumps([one for one in resources if one["type"] != "pulumi:pulumi:Stack"])
        named = ("stackTrace", "sourcePosition", "project://", str(world.checkout), sys.prefix)
        assert len(resources) > 2 and [word for word in named if word in said] == []


def test_the_evidence_is_one_signed_archive_without_a_secret(
    up: list[dict[str, object]], world: World, tmp_path: pathlib.Path
) -> None:
    persons.Reviewer(tmp_path).allows(persons.line("alice"))
    env, path = {signing.TRUST_VARIABLE: str(tmp_path)}, tmp_path / "evidence.tar"
    options = ("--key", str(persons.key("alice")), "--output", str(path))
    made = world.rempart("evidence", "make", "emc2", "-e", world.name, *options, env=env)
    assert made.returncode == 0, made.stderr
    checked = world.rempart("evidence", "verify", str(path), env=env)
    assert checked.returncode == 0, checked.stdout
    members = archive.read(path)
    states = json.loads(members["state.json"])
    for layer in LAYERS:
        resources = world.state(world.stack("emc2", layer))["deployment"]["resources"]
        assert {one["urn"] for one in states[layer]["resources"]} == {one["urn"] for one in resources}
    secrets = [world.env["OSC_SECRET_KEY"].encode(), (world.folder / "passphrase").read_bytes().strip()]
    assert [name for name, content in members.items() if any(secret in content for secret in secrets)] == []


def test_protected_data_is_not_destroyed_unasked(up: list[dict[str, object]], world: World) -> None:
    refused = world.rempart("destroy", "emc2", "-e", world.name, "--layer", "storage", "--yes")
    assert refused.returncode != 0
    assert of(world.things(), "Bucket")


def test_zz_destroy_leaves_nothing(up: list[dict[str, object]], world: World) -> None:
    gone = world.rempart("destroy", "emc2", "-e", world.name, "--unprotect", "--yes")
    assert gone.returncode == 0, gone.stdout[-3000:] + gone.stderr[-3000:]
    assert live.count(world.things()) == {}
