"""The estate of OVHcloud: the same cases as for Outscale, in OpenStack's words.

A case is written once, in the words of `estate`. Here the changed resource becomes what OpenStack would have in its
place, and the same rule must answer the same. A change that has no counterpart there (a range of a network, a tag of a
bucket) is left out: `translated` says None for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from blueprint import loader, planner
from blueprint import plan as plans
from blueprint import target as targets
from blueprint.facts import Fact
from blueprint.values import UNKNOWN
from providers.ovh import facts as ovh
from providers.ovh import kinds, labels
from tests.policies.estate import Estate, Resource

TARGET = "ovh-sandbox"
PROVIDER = {"region": "pod1.rbx", "cloud": "rempart", "authUrl": "http://127.0.0.1:18080/v3"}
RGW = {"region": "eu-west-rbx-snc", "endpoint": "https://127.0.0.1:18443", "flavor": "rgw"}
Words = Mapping[str, str]

KINDS: Mapping[str, tuple[str, Words, Words]] = {
    "outscale:index:Net": (kinds.NETWORK, {}, {}),
    "outscale:index:Subnet": (kinds.SUBNET, {"ipRange": "cidr", "netId": "networkId"}, {"netId": "networkId"}),
    "outscale:index:SecurityGroup": (kinds.GROUP, {"implicitRulesRemoved": "deleteDefaultRules"}, {}),
    "outscale:index:SecurityGroupRule": (
        kinds.RULE,
        {
            "flow": "direction",
            "ipProtocol": "protocol",
            "fromPortRange": "portRangeMin",
            "toPortRange": "portRangeMax",
            "ipRange": "remoteIpPrefix",
            "securityGroupId": "securityGroupId",
        },
        {"securityGroupId": "securityGroupId"},
    ),
    "outscale:index:Nic": (
        kinds.PORT,
        {"securityGroupIds": "securityGroupIds", "subnetId": "fixedIps"},
        {"subnetId": "fixedIps[0].subnetId", "securityGroupIds[0]": "securityGroupIds[0]"},
    ),
    "outscale:index:Vm": (
        kinds.INSTANCE,
        {"nics": "networks", "userData": "userData"},
        {"nics[0].nicId": "networks[0].port", "nics[1].nicId": "networks[1].port"},
    ),
    "outscale:index:Volume": (kinds.VOLUME, {"size": "size"}, {}),
    "s3:index:Bucket": (
        "s3:index:Bucket",
        {
            name: name
            for name in ("bucket", "acl", "policy", "website", "corsRules", "encryption", "versioning", "forceDestroy")
        },
        {},
    ),
}
"""Kind -> the kind there, its inputs there, the inputs whose references it says there."""

CARRIED = frozenset({"subject", "references", "tags"})
DIRECTION = {"Inbound": "ingress", "Outbound": "egress"}


@functools.lru_cache(maxsize=8)
def plan_of(platform: str) -> plans.Plan:
    return planner.plan(loader.load(loader.find(platform)), targets.load(TARGET), "dev")


@functools.lru_cache(maxsize=8)
def _estate_of(platform: str) -> Estate:
    return Estate(plan_of(platform))


def translated(platform: str, name: str, change: Callable[[dict[str, Any]], None] | None) -> Fact | None:
    """The fact of one resource after a change; None where the resource or the change has no counterpart."""
    whole, place = _estate_of(platform).copy(), _there(name)
    resource = whole.resources.get(place)
    if resource is None or resource.kind not in KINDS:
        return None
    before = dict(resource.properties)
    if change is not None:
        change(resource.properties)
    _, words, pointing = KINDS[resource.kind]
    after = resource.properties
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    if not changed <= {*words, *CARRIED} or ("tags" in changed and resource.kind.startswith("s3:")):
        return None
    return _fact(resource, pointing)


def _there(subject: str) -> str:
    """The one availability zone of the offer stands for the first."""
    return subject.replace("/az/a", "/az/nova-vm") if subject.endswith("/az/a") else subject


def _fact(resource: Resource, pointing: Words) -> Fact | None:
    kind, words, _ = KINDS[resource.kind]
    given = resource.properties
    made = {words[key]: _value(key, value) for key, value in given.items() if key in words}
    subject = given.get("subject")
    references = given.get("references", {})
    if not isinstance(references, Mapping) or (subject is not None and not isinstance(subject, str)):
        return None
    said = {pointing[key]: _there(value) for key, value in references.items() if key in pointing}
    made |= _filled(kind, said)
    if kind == kinds.RULE:
        made["description"] = labels.described(subject or "", said)
    elif kind in kinds.TAGGED | kinds.METADATA:
        carried = _carried(given.get("tags"), subject, said)
        made["tags" if kind in kinds.TAGGED else "metadata"] = _as_list(carried) if kind in kinds.TAGGED else carried
    else:
        made |= {"subject": subject}
    provider = RGW if kind.startswith("s3:") else PROVIDER
    urn = f"urn:pulumi:stack::rempart::{kind}::{resource.name}"
    return ovh.fact(kind, urn, resource.name, made, provider)


def _value(key: str, value: Any) -> Any:
    if key == "flow":
        return DIRECTION.get(value.strip().capitalize(), value) if isinstance(value, str) else value
    if key == "subnetId":
        return [{"subnetId": value}]
    if key == "nics" and isinstance(value, list):
        return [{"port": one.get("nicId")} if isinstance(one, Mapping) else one for one in value]
    return value


def _filled(kind: str, said: dict[str, str]) -> dict[str, Any]:
    """What a compliant resource has there and the other provider's has not."""
    if kind == kinds.NETWORK:
        return {"portSecurityEnabled": True}
    if kind == kinds.SUBNET:
        return {"noGateway": True}
    if kind == kinds.PORT:
        segment = said.get("fixedIps[0].subnetId", "")
        said["networkId"] = "/".join(segment.split("/")[:2]) or "bubbles/other"
        return {"networkId": "net-1", "portSecurityEnabled": True}
    if kind == kinds.VOLUME:
        return {"volumeType": "public_standard_luks"}
    if kind == kinds.INSTANCE:
        return {"availabilityZone": "nova-vm"}
    return {}


def _as_list(carried: Any) -> Any:
    if not isinstance(carried, dict):
        return carried
    hidden = [value for value in carried.values() if value is UNKNOWN]
    return [*labels.as_tags({key: value for key, value in carried.items() if value is not UNKNOWN}), *hidden]


def _carried(tags: Any, subject: str | None, said: Mapping[str, str]) -> Any:
    """Tags, subject and references as OpenStack keeps them: one thing there, three in the words of the case."""
    if tags is UNKNOWN or not isinstance(tags, Mapping):
        return tags
    own = {key: value for key, value in tags.items() if key != labels.SUBJECT}
    given = {labels.SUBJECT: subject} if subject is not None else {}
    return labels.labels({**own, **given}, said)
