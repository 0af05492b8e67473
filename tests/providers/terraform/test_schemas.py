"""What `rempart review` reads of Terraform, held against what the providers' own programs say of their types."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from blueprint.values import NOT_OBSERVABLE, Malformed
from cli import review
from providers.terraform import bucket_parts, buckets, calls, mapping, migration
from providers.terraform.blocks import Block, Reading
from tests.cli import cloudtemple_terraform
from tests.policies import terraforms
from tests.policies.estate import estate_of
from tests.providers.terraform import schemas
from tests.providers.terraform.schemas import CONFIGURATION, Attribute, Blocks, Type

PROVIDERS = {"outscale": "outscale", "openstack": "ovh", "cloudtemple": "cloudtemple"}
"""Schema -> provider, as this project names it."""
UNREAD = {
    "outscale": {
        "outscale_net_peering": {"source_net_account_id"},
        "outscale_security_group_rule": {"security_group_account_id_to_link", "security_group_name_to_link"},
        "outscale_vm": {
            "block_device_mappings",
            "get_admin_password",
            "is_source_dest_checked",
            "keypair_name_wo",
            "security_group_names",
        },
        "outscale_volume": {"termination_snapshot_name"},
    },
    "openstack": {
        "openstack_blockstorage_volume_v3": set(),
        "openstack_compute_instance_v2": {"network_mode", "security_groups"},
        "openstack_compute_keypair_v2": {"user_id", "value_specs"},
        "openstack_compute_servergroup_v2": {"value_specs"},
        "openstack_compute_volume_attach_v2": {"multiattach"},
        "openstack_networking_floatingip_v2": {"tenant_id", "value_specs"},
        "openstack_networking_network_v2": {"segments", "tenant_id", "transparent_vlan", "value_specs"},
        "openstack_networking_port_v2": {
            "binding",
            "device_id",
            "device_owner",
            "extra_dhcp_option",
            "tenant_id",
            "value_specs",
        },
        "openstack_networking_router_v2": {"tenant_id", "value_specs"},
        "openstack_networking_secgroup_rule_v2": {"tenant_id"},
        "openstack_networking_secgroup_v2": {"tenant_id"},
        "openstack_networking_subnet_v2": {
            "dns_nameservers",
            "prefix_length",
            "subnetpool_id",
            "tenant_id",
            "value_specs",
        },
    },
    "cloudtemple": {"cloudtemple_compute_iaas_opensource_virtual_machine": {"replication_policy_id"}},
}
"""Arguments that may open what no rule looks at: a review asks for an answer wherever one is given."""
NESTED = {
    "outscale": [
        ("outscale_net", "tags.key", "string"),
        ("outscale_net", "tags.value", "string"),
        ("outscale_security_group_rule", "rules.from_port_range", "number"),
        ("outscale_security_group_rule", "rules.to_port_range", "number"),
        ("outscale_security_group_rule", "rules.ip_protocol", "string"),
        ("outscale_security_group_rule", "rules.ip_ranges", "list(string)"),
        ("outscale_vm", "nics.nic_id", "string"),
        ("outscale_vm", "primary_nic.nic_id", "string"),
        (CONFIGURATION, "region", "string"),
        (CONFIGURATION, "insecure", "bool"),
        (CONFIGURATION, "api.region", "string"),
        (CONFIGURATION, "api.endpoint", "string"),
        (CONFIGURATION, "api.insecure", "bool"),
        (CONFIGURATION, "endpoints.api", "string"),
    ],
    "openstack": [
        ("openstack_compute_instance_v2", "block_device.boot_index", "number"),
        ("openstack_compute_instance_v2", "block_device.delete_on_termination", "bool"),
        ("openstack_compute_instance_v2", "block_device.destination_type", "string"),
        ("openstack_compute_instance_v2", "block_device.source_type", "string"),
        ("openstack_compute_instance_v2", "block_device.uuid", "string"),
        ("openstack_compute_instance_v2", "block_device.volume_type", "string"),
        ("openstack_compute_instance_v2", "network.port", "string"),
        ("openstack_compute_instance_v2", "personality.content", "string"),
        ("openstack_compute_instance_v2", "scheduler_hints.group", "string"),
        ("openstack_compute_servergroup_v2", "policies", "list(string)"),
        ("openstack_networking_port_v2", "allowed_address_pairs.ip_address", "string"),
        ("openstack_networking_port_v2", "fixed_ip.subnet_id", "string"),
        ("openstack_networking_subnet_v2", "allocation_pool.start", "string"),
        ("openstack_networking_subnet_v2", "allocation_pool.end", "string"),
        (CONFIGURATION, "auth_url", "string"),
        (CONFIGURATION, "endpoint_overrides", "map(string)"),
        (CONFIGURATION, "insecure", "bool"),
        (CONFIGURATION, "region", "string"),
    ],
    "cloudtemple": [
        ("cloudtemple_compute_virtual_machine", "cloud_init", "map(string)"),
        ("cloudtemple_compute_virtual_machine", "extra_config", "map(string)"),
        ("cloudtemple_compute_virtual_machine", "os_disk.disk_mode", "string"),
        ("cloudtemple_compute_virtual_machine", "os_network_adapter.network_id", "string"),
        ("cloudtemple_compute_virtual_machine", "os_network_adapter.mac_address", "string"),
        ("cloudtemple_compute_iaas_opensource_virtual_machine", "os_network_adapter.network_id", "string"),
        ("cloudtemple_public_cloud_vm_instance", "os_network_adapter.network_id", "string"),
        ("cloudtemple_object_storage_bucket", "acl_entry.role", "string"),
        ("cloudtemple_object_storage_bucket", "acl_entry.storage_account", "string"),
        (CONFIGURATION, "address", "string"),
        (CONFIGURATION, "scheme", "string"),
    ],
    "aws": [
        ("aws_s3_bucket_acl", "acl", "string"),
        ("aws_s3_bucket_cors_configuration", "cors_rule.allowed_origins", "set(string)"),
        ("aws_s3_bucket_lifecycle_configuration", "rule.status", "string"),
        ("aws_s3_bucket_lifecycle_configuration", "rule.filter.prefix", "string"),
        ("aws_s3_bucket_lifecycle_configuration", "rule.expiration.days", "number"),
        ("aws_s3_bucket_lifecycle_configuration", "rule.noncurrent_version_expiration.noncurrent_days", "number"),
        (
            "aws_s3_bucket_lifecycle_configuration",
            "rule.noncurrent_version_expiration.newer_noncurrent_versions",
            "number",
        ),
        (
            "aws_s3_bucket_lifecycle_configuration",
            "rule.abort_incomplete_multipart_upload.days_after_initiation",
            "number",
        ),
        ("aws_s3_bucket_object_lock_configuration", "rule.default_retention.days", "number"),
        ("aws_s3_bucket_object_lock_configuration", "rule.default_retention.mode", "string"),
        ("aws_s3_bucket_object_lock_configuration", "rule.default_retention.years", "number"),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            "rule.apply_server_side_encryption_by_default.sse_algorithm",
            "string",
        ),
        ("aws_s3_bucket_versioning", "versioning_configuration.status", "string"),
    ],
}
"""(type, path, what it holds) of what readers look for inside blocks and in the provider's own block."""
SHAPED = {
    "cidr": "10.0.0.0/24",
    "ip_range": "10.0.0.0/24",
    "destination_ip_range": "10.0.0.0/24",
    "destination_cidr": "10.0.0.0/24",
    "remote_ip_prefix": "10.0.0.0/24",
    "ip_ranges": ["10.0.0.0/24"],
    "whitelist": ["192.0.2.0/28"],
    "start": "10.0.0.2",
    "end": "10.0.0.9",
    "flow": "Inbound",
    "direction": "ingress",
    "protocol": "tcp",
    "ip_protocol": "tcp",
    "access_type": "custom",
    "ethertype": "IPv4",
}
"""Values of arguments that are not any text."""
ONE_OF = {"outscale_route": {"gateway_id", "nat_service_id", "net_peering_id", "nic_id"}}
"""Arguments that stand in place of another one."""


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_type_and_argument_that_is_read_is_the_providers_own(name: str) -> None:
    schema, types = schemas.load(name), mapping.load(PROVIDERS[name])
    read = {kind for kind, text in types.types.items() if not text.older}
    assert read == set(schema.types) - {CONFIGURATION}
    assert not {kind for kind, text in types.types.items() if text.older} & (set(schema.types) | schema.others)
    for kind in read:
        text = types.types[kind]
        assert {*text.arguments, *text.passed_over} <= schemas.writable(schema.types[kind]), kind
    anywhere = {one for kind in read for one in schemas.writable(schema.types[kind])}
    assert set(types.passed_over) <= anywhere
    assert schema.version in types.source


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_argument_is_read_or_passed_over_with_a_reason_or_asked_about(name: str) -> None:
    schema, types = schemas.load(name), mapping.load(PROVIDERS[name])
    left = {
        kind: schemas.writable(schema.types[kind]) - {*text.arguments, *text.passed_over, *types.passed_over}
        for kind, text in types.types.items()
        if not text.older and not text.unjudged
    }
    assert {kind: rest for kind, rest in left.items() if rest} == {k: v for k, v in UNREAD[name].items() if v}


@pytest.mark.parametrize(
    ("name", "kind", "path", "holds"), [(name, *one) for name, each in NESTED.items() for one in each]
)
def test_what_is_read_inside_a_block_is_there_in_that_shape(name: str, kind: str, path: str, holds: str) -> None:
    found = dict(schemas.paths(schemas.load(name).types[kind]))[path]
    assert isinstance(found, Attribute)
    assert (found.holds, found.given != "told") == (holds, True)


def test_the_secret_half_of_a_credential_has_the_providers_own_name() -> None:
    known = {one for name in PROVIDERS for one in schemas.load(name).types[CONFIGURATION]}
    assert {"secret_key_id", "secret_id", "password", "token", "application_credential_secret"} <= known & (
        calls.CREDENTIALS
    )


def value(name: str, what: Attribute | Blocks) -> Any:
    """Something of the shape that a plan gives it."""
    if name in SHAPED:
        return SHAPED[name]
    if isinstance(what, Blocks):
        one = {key: value(key, inner) for key, inner in what.inside.items() if inner.given != "told"}
        return [one] if what.nested in ("list", "set") else one
    word = what.holds.partition("(")[0]
    plain: Mapping[str, Any] = {"string": "text", "number": 22, "bool": True, "map": {"key": "text"}}
    return plain.get(word, ["text"])


def blocks(kind: str, type_: Type) -> Iterator[Block]:
    """One with every argument, and one with those only that an author has to give."""
    whole = {name: value(name, what) for name, what in type_.items() if name in schemas.writable(type_)}
    whole = {name: one for name, one in whole.items() if name not in ONE_OF.get(kind, ())}
    needed = {name: one for name, one in whole.items() if type_[name].given == "required"}
    for which, values in (("whole", whole), ("needed", needed)):
        yield Block(f"{kind}.{which}", kind, values, {}, frozenset(), "main.tf:1", {}, written=frozenset(values))


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_value_of_the_providers_own_shape_is_taken_for_another(name: str) -> None:
    schema = schemas.load(name)
    known = {kind: type_ for kind, type_ in schema.types.items() if kind != CONFIGURATION}
    made = tuple(block for kind, type_ in known.items() for block in blocks(kind, type_))
    resources, unknown = review.resolve(Reading("x", "plan", made), PROVIDERS[name], None)
    assert unknown == []
    strange = {
        (fact.origin.urn, field.name)
        for fact in review.facts_of(resources, PROVIDERS[name])
        for field in dataclasses.fields(fact)
        if isinstance(getattr(fact, field.name), Malformed)
    }
    assert {one for one in strange if ".whole" in one[0]} == set()
    # What an author may leave out, and may not: `one of` two arguments is no requirement that a schema knows.
    assert {one for one in strange if ".needed" in one[0]} <= {
        ("outscale_security_group_rule.needed", "cidrs"),
        ("outscale_route.needed", "via"),
        ("cloudtemple_object_storage_bucket.needed", "admitted"),
        ("openstack_networking_subnet_v2.needed", "cidr"),
    }


# The samples that other tests review


def wrong(address: str, given: Mapping[str, Any], type_: Type) -> Iterator[str]:
    """What the provider would refuse at once."""
    for name in sorted(set(given) - schemas.writable(type_)):
        yield f"{address} has no argument {name}"
    for name, what in type_.items():
        if what.given == "required" and name not in given:
            yield f"{address} needs {name}"
        if isinstance(what, Blocks) and name in given:
            for one in given[name]:
                yield from wrong(f"{address}.{name}", one, what.inside)


def merged(expressions: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is written, whether a plan has its value or not."""
    made = {**dict.fromkeys(expressions), **after}
    for name, each in expressions.items():
        if isinstance(each, list):
            values = after.get(name) or [{}] * len(each)
            made[name] = [{**dict.fromkeys(one), **value} for one, value in zip(each, values, strict=True)]
    return made


def test_the_sample_of_cloud_temple_is_what_its_provider_takes(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudtemple_terraform.settle(monkeypatch, tmp_path)
    sample = cloudtemple_terraform.whole(cloudtemple_terraform.plan_of())
    cloudtemple_terraform.exposed(sample, cloudtemple_terraform.BASTION)
    types = schemas.load("cloudtemple").types
    kinds = {address: address.partition(".")[0] for address in sample.resources}
    assert [
        said for address, given in sample.resources.items() for said in wrong(address, given, types[kinds[address]])
    ] == []
    assert len(set(kinds.values())) >= 8


def test_the_sample_of_outscale_is_what_its_provider_takes() -> None:
    types = {**schemas.load("outscale").types, **schemas.load("aws").types}
    document = terraforms.plan(estate_of("minimal"))
    written = document["configuration"]["root_module"]["resources"]
    changes = {one["address"]: one["change"]["after"] for one in document["resource_changes"]}
    for one in written:
        given = merged(one["expressions"], changes[one["address"]])
        assert list(wrong(one["address"], given, types[one["type"]])) == []
    attributes = {f"{kind}.{name}" for kind, type_ in types.items() for name in type_}
    named = {
        reference
        for one in written
        for expression in one["expressions"].values()
        for reference in (expression.get("references", ()) if isinstance(expression, dict) else ())
        if reference.count(".") == 2
    }
    assert len(named) > 20
    for reference in named:
        kind, _, attribute = reference.split(".")
        assert f"{kind}.{attribute}" in attributes, reference


# Buckets of the aws provider


def test_every_argument_of_a_bucket_that_is_read_is_the_providers_own() -> None:
    types = schemas.load("aws").types
    assert set(buckets.READ) == {buckets.BUCKET, *bucket_parts.PARTS} == set(types)
    for kind, arguments in buckets.READ.items():
        assert arguments <= schemas.writable(types[kind]), kind
    anywhere = {one for type_ in types.values() for one in schemas.writable(type_)}
    assert anywhere >= buckets.PASSED_OVER
    assert set(buckets.HARMLESS) == set(schemas.load("aws").others)


def test_what_else_a_bucket_of_an_older_version_says_is_asked_about() -> None:
    types = schemas.load("aws").types
    left = schemas.writable(types[buckets.BUCKET]) - buckets.READ[buckets.BUCKET] - buckets.PASSED_OVER - {"region"}
    assert left == {"acceleration_status", "logging"}
    provider = {"endpoints": [{"s3": "https://oos.cloudgouv-eu-west-1.outscale.com"}], "region": "r"}
    values = {"bucket": "b", "logging": [{"target_bucket": "other"}], "region": "elsewhere"}
    block = Block("aws_s3_bucket.b", buckets.BUCKET, values, {}, frozenset(), "x", provider, written=frozenset(values))
    (made,) = buckets.merge([block])
    assert made.unread == ("aws_s3_bucket.logging",)
    assert made.provider["region"] == "elsewhere"


@pytest.mark.parametrize(("kept", "days"), [(None, 30), (0, 30), (5, None), (NOT_OBSERVABLE, NOT_OBSERVABLE)])
def test_old_versions_of_which_some_are_kept_whatever_their_age_have_no_term(kept: Any, days: Any) -> None:
    rule = {"status": "Enabled", "noncurrent_version_expiration": [{"noncurrent_days": 30}]}
    rule["noncurrent_version_expiration"][0]["newer_noncurrent_versions"] = kept  # type: ignore[index]
    (made,) = bucket_parts._lifecycle({"rule": [rule]})["lifecycleRules"]
    assert made["noncurrentExpirationDays"] == days


def test_the_types_of_the_platform_that_is_left_are_the_providers_own() -> None:
    assert set(migration.load("azurerm").types) <= set(schemas.types_of("azurerm"))
