"""The parts of the OpenStack adapter that need no engine: labels, groups, sizes, addresses kept, where to sign in."""

from __future__ import annotations

import dataclasses
import ipaddress
import pathlib
from typing import Any

import hypothesis.strategies as st
import pulumi
import pytest
import yaml
from hypothesis import given

from blueprint import exposure, links, loader, planner, target
from blueprint import plan as plans
from policies.verdicts import State
from providers import contracts
from providers.ovh import compute, facts, kinds, labels, network, segments
from providers.ovh import session as sessions
from tests.components import registering
from tests.policies import judging

WHERE = target.load("ovh-sandbox")
PLAN = planner.plan(loader.load(loader.find("emc2")), WHERE, "dev")
MINIMAL = planner.plan(loader.load(loader.find("minimal")), WHERE, "dev")
NAMES = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True)
SUBJECTS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
INPUTS = st.sampled_from(["networkId", "fixedIps[0].subnetId", "securityGroupIds[12]", "networks[3].port", "keyPair"])


def session(plan: plans.Plan = PLAN, **limits: int) -> sessions.Session:
    offer = registering.offer(WHERE)
    brick = offer.bricks["network"]
    changed = brick.model_copy(update={"constraints": {**brick.constraints, **limits}})
    offer = offer.model_copy(update={"bricks": {**offer.bricks, "network": changed}})
    return sessions.connect(plan, contracts.Place(offer, registering.ENDPOINTS, WHERE.settings))


@given(st.dictionaries(INPUTS, SUBJECTS), SUBJECTS)
def test_labels_are_read_as_they_were_written(references: dict[str, str], subject: str) -> None:
    written = labels.labels({"rempart:subject": subject}, references)
    assert labels.references(labels.from_tags(labels.as_tags(written))) == references
    assert labels.references(written) == references
    assert labels.from_tags(labels.as_tags(written))[labels.SUBJECT] == subject
    assert labels.from_description(labels.described(subject, references)) == (subject, references)


def test_a_name_that_is_told_twice_has_neither_value() -> None:
    """Neutron keeps both; the last one won, and a true tag hid a lie beside it."""
    told = labels.from_tags(["rempart:owner=team", "rempart:owner=nobody", "rempart:owner=team", "plain"])
    assert told == {"rempart:owner": "nobody and team", "plain": ""}


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=5))
def test_labels_of_anybody_are_read_without_an_error(text: str, tags: list[str]) -> None:
    labels.from_description(text)
    labels.references(labels.from_tags(tags))


def test_labels_fit_what_openstack_keeps() -> None:
    """255 characters a tag, a description and a value of metadata; 50 tags a resource."""
    for layer in ("network", "compute", "bastion"):
        for _, name, inputs in registering.register("emc2", layer, "ovh-sandbox").resources:
            texts = [*inputs.get("tags", []), *inputs.get("metadata", {}).values(), inputs.get("description", "")]
            assert max(map(len, texts), default=0) <= 255, name
            assert len(inputs.get("tags", [])) <= 50


@pytest.mark.parametrize("limit", [1, 3, 29, 100])
def test_rules_are_spread_over_groups_that_hold_no_more_than_the_limit(limit: int) -> None:
    made = session(rules_per_group=limit)
    for bubble in PLAN.bubbles:
        for zone in bubble.zones:
            found = network.groups(made, zone)
            assert found[0][:2] == (zone.subject, f"{zone.subject}/filter")
            assert max(len(rules) for _, _, rules in found) <= limit
            spread = [rule for _, _, rules in found for rule in rules]
            assert spread == [rule for rule in PLAN.rules if rule.zone == zone.subject]
            exported = network.exports(made)["filters"]
            assert {key for key, _, _ in found} <= set(exported)


def test_every_port_of_a_zone_carries_all_its_groups() -> None:
    made = session(rules_per_group=10)
    zone = "bubbles/administration/zones/services"
    filters = {key: f"id-{key}" for key in network.exports(made)["filters"]}
    ids, references = network.group_ids(made, zone, contracts.Segmentation(filters=filters))
    assert len(ids) == 3
    assert [references[f"securityGroupIds[{number}]"] for number in range(3)] == [
        f"{zone}/filter",
        f"{zone}/filter/2",
        f"{zone}/filter/3",
    ]


def test_a_zone_without_rules_has_a_closed_group_all_the_same() -> None:
    zone = PLAN.bubbles[0].zones[0]
    bare = dataclasses.replace(PLAN, rules=())
    assert network.groups(session(bare), zone) == [(zone.subject, f"{zone.subject}/filter", ())]


@given(st.integers(16, 27))
def test_addresses_that_machines_bring_to_a_link_never_meet_the_providers_own(prefix: int) -> None:
    """On a bubble's segment all but the last addresses are handed out; on a link, only those last ones."""
    cidr = str(ipaddress.ip_network(f"10.64.0.0/{prefix}"))
    own, link = segments.pool(cidr, 8, True), segments.pool(cidr, 8, False)
    block = ipaddress.ip_network(cidr)
    assert own[0] == block[1]
    assert own[1] < link[0]
    assert int(link[0]) == int(own[1]) + 1
    assert link[1] == block[-2]
    assert int(link[1]) - int(link[0]) + 1 == 8


@pytest.mark.parametrize(
    ("vcpus", "memory", "name"), [(2, 4, "c3-4"), (1, 1, "c3-4"), (3, 9, "b3-16"), (8, 64, "r3-64")]
)
def test_the_smallest_flavor_that_fits_is_taken(vcpus: int, memory: int, name: str) -> None:
    machine = dataclasses.replace(PLAN.machines[0], vcpus=vcpus, memory_gib=memory)
    assert compute.flavor(machine) == name


def test_a_machine_that_no_flavor_holds_is_named() -> None:
    machine = dataclasses.replace(PLAN.machines[0], vcpus=512)
    with pytest.raises(pulumi.RunError, match=r"tiers/.*512 vCPUs.*flavors\.yaml"):
        compute.flavor(machine)


@pytest.mark.parametrize(("ids", "told"), [((), "no image is named 'Debian 12'"), (("a", "b"), "2 images are named")])
def test_an_image_that_is_not_there_once_is_named_with_the_machine(ids: tuple[str, ...], told: str) -> None:
    machine = dataclasses.replace(PLAN.machines[0], image="debian-12")
    assert compute.only_image(machine, ["a"]) == "a"
    with pytest.raises(pulumi.RunError, match=rf"tiers/.*{told}.*openstack image list"):
        compute.only_image(machine, ids)


def test_a_bastion_behind_a_vpn_has_no_port_on_the_internet() -> None:
    bastion = PLAN.bastion
    assert bastion is not None
    assert exposure.has_place(PLAN, bastion.machines[0])
    hidden = dataclasses.replace(PLAN, bastion=dataclasses.replace(bastion, access="vpn"))
    assert not exposure.has_place(hidden, bastion.machines[0])


def test_only_zones_that_are_routed_over_a_peering_are_on_its_link() -> None:
    for peering in PLAN.peerings:
        zones = set(links.zones(PLAN)[peering.subject])
        spoken = {rule.zone for rule in PLAN.rules if rule.flow in peering.flows}
        assert zones == spoken


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("pod1.rbx", "eu-west-rbx-snc"),
        (" pod12.sbg ", "eu-west-sbg-snc"),
        ("GRA11", "GRA11"),
        ("pod1.rbx.evil", "pod1.rbx.evil"),
    ],
)
def test_a_pod_lies_in_its_region(name: str, made: str) -> None:
    assert facts.region(name) == made


@pytest.mark.parametrize(
    "text", ["", "clouds: []", "clouds: {other: {}}", "clouds: {rempart: {auth: {password: hunter2}}}", "{"]
)
def test_a_file_of_clouds_that_gives_no_place_to_sign_in_is_told_without_its_content(
    text: str, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(pulumi.RunError) as refused:
        sessions._entry(str(path), "rempart")
    assert "OS_CLIENT_CONFIG_FILE" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_only_names_of_the_cloud_reach_the_provider() -> None:
    given_to: dict[str, Any] = dict(
        next(
            (kind, inputs)
            for kind, _, inputs in registering.register("minimal", "network", "ovh-sandbox").resources
            if kind == "pulumi:providers:openstack"
        )[1]
    )
    assert set(given_to) == {"cloud", "authUrl", "region", "maxRetries"}


@pytest.mark.parametrize(
    ("said", "refused"),
    [({"verify": False}, True), ({"verify": "no"}, True), ({"insecure": True}, True), ({"verify": True}, False)],
)
def test_a_cloud_that_looks_at_no_certificate_is_deployed_to_by_nobody(
    said: dict[str, Any], refused: bool, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin reads clouds.yaml by itself, and no rule would: the adapter says it aloud, and NET-10 refuses it."""
    entry = yaml.safe_load(registering.CLOUDS.read_text(encoding="utf-8"))
    entry["clouds"]["rempart"] |= {"auth": {"auth_url": "https://127.0.0.1:18500/v3"}, **said}
    path = tmp_path / "clouds.yaml"
    path.write_text(yaml.safe_dump(entry), encoding="utf-8")
    monkeypatch.setitem(registering.ENDPOINTS, "configuration", str(path))
    made = registering.register("minimal", "network", "ovh-sandbox", look=lambda _: None).resources
    kind, name, inputs = next(one for one in made if one[0] == "pulumi:providers:openstack")
    found = judging.ask(judging.judge_at("ovh-sandbox", "minimal"), "NET-10", facts.fact(kind, "urn::x", name, inputs))
    assert (found.state is State.NON_CONFORM) is refused, found
    assert ("certificate" in found.message) is refused


def test_machines_boot_from_an_encrypted_volume_that_ends_with_them() -> None:
    made = registering.register("emc2", "compute", "ovh-sandbox").resources
    boots = [inputs["blockDevices"] for kind, _, inputs in made if kind == kinds.INSTANCE]
    assert len(boots) == len(PLAN.machines)
    for (device,) in boots:
        assert (device["sourceType"], device["destinationType"]) == ("image", "volume")
        assert device["volumeType"] in facts.encrypted_types()
        assert device["deleteOnTermination"] is True


def test_data_disks_are_protected() -> None:
    """Asked of the engine's own options: a transform of the stack sees each resource before it is made."""
    seen: dict[str, bool] = {}

    def look(args: pulumi.ResourceTransformationArgs) -> None:
        seen[args.name] = bool(args.opts.protect)

    registering.register("minimal", "compute", "ovh-sandbox", look=look)
    disks = {disk.subject for machine in MINIMAL.machines for disk in machine.disks}
    assert {name for name, protected in seen.items() if protected} == disks


def test_each_rule_goes_with_its_group_and_nothing_else_goes_unasked() -> None:
    """Only what Neutron takes away by itself may be left out of a destroy."""
    groups: dict[str, str] = {}

    def look(args: pulumi.ResourceTransformationArgs) -> None:
        with_it = args.opts.deleted_with
        if with_it is not None:
            assert args.type_ == kinds.RULE, args.name
            groups[args.name] = with_it._name

    for platform in ("minimal", "emc2"):
        for native in ({}, {"routers": True}):
            groups.clear()
            made = registering.register(platform, "network", "ovh-sandbox", look=look, **native)
            rules = [inputs for kind, _, inputs in made.resources if kind == kinds.RULE]
            said = [labels.from_description(inputs["description"]) for inputs in rules]
            assert groups == {subject: references["securityGroupId"] for subject, references in said}
