"""Strays of a project: what OpenStack made for a write whose answer was lost, and that no state holds.

OpenStack's plugin is Terraform's. It writes the tags of a thing after it made it, so that a stray may have its name and
its description only: both are the toolkit's own, and both must say the same subject. What anything uses is left to
Neutron's own refusal (409), and what changed since it was looked at to its revision numbers (412); only what Neutron
would delete along with a thing is looked for here.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blueprint import naming
from providers import observation
from providers.ovh import kinds, labels, live
from providers.ovh.live import Account, Thing
from providers.strays import Held, Kept, Stray, Swept, Told, Why

REMOVED = {
    kinds.PORT: "port",
    kinds.RULE: "security_group_rule",
    kinds.GROUP: "security_group",
    kinds.SUBNET: "subnet",
    kinds.NETWORK: "network",
}
"""Kinds without data, with their name in openstacksdk, users before what they use."""
PLATFORM, ENVIRONMENT = "rempart:platform", "rempart:environment"
NEEDED = ("OS_CLIENT_CONFIG_FILE", "OS_CLOUD")


def account(env: Mapping[str, str], region: str) -> Account:
    """The project, as who deploys to it. Object storage is left out: its plugin is ours, and keeps notes."""
    missing = [name for name in NEEDED if not env.get(name)]
    if missing:
        raise observation.Unreachable(f"{', '.join(missing)} must be in the environment to look for strays")
    clouds, cloud = pathlib.Path(env["OS_CLIENT_CONFIG_FILE"]), env["OS_CLOUD"]
    return Account(region, clouds, cloud, storage="", storage_region="", access_key="", secret_key="")


def sweep(account: Account, claim: tuple[str, str], wanted: frozenset[str], held: Held, told: Told) -> Swept:
    with live.reaching(account):
        cloud = live.connect(account)
        return _sweep(cloud, claim, wanted, held, told)


def _sweep(cloud: Any, claim: tuple[str, str], wanted: frozenset[str], held: Held, told: Told) -> Swept:
    removed: list[Stray] = []
    kept: list[Kept] = []
    found = [one for one in _strays(cloud, claim, held) if one.layer in wanted]
    for stray in sorted(found, key=_order):
        if stray.layer not in held.layers:
            kept.append(Kept(stray, Why.STATE_LOST))
        elif stray.kind not in REMOVED:
            kept.append(Kept(stray, Why.DATA))
        elif why := _remove(cloud, claim, stray, told):
            kept.append(Kept(stray, why))
        else:
            removed.append(stray)
    return Swept(tuple(removed), tuple(kept))


def subject(thing: Thing, claim: tuple[str, str]) -> str | None:
    """The subject that a thing claims to serve in that platform and environment; None where that cannot be read.

    Of what may be removed, name and subject must agree. A thing without tags must have its subject as description.
    """
    said = thing.labels.get(labels.SUBJECT) if thing.labels else str(thing.body.get("description") or "")
    if thing.labels and (thing.labels.get(PLATFORM), thing.labels.get(ENVIRONMENT)) != claim:
        return None
    named = thing.body.get("name") == _name(thing.type, said, claim) if said else False
    return said if named or (said and thing.labels and thing.type not in REMOVED) else None


def layer(kind: str, subject: str) -> str:
    """The layer whose state should hold what has that subject."""
    if kind in (kinds.NETWORK, kinds.SUBNET, kinds.GROUP, kinds.RULE, kinds.ROUTER) or "/attachments/" in subject:
        return "network"
    return "bastion" if subject.split("/")[0] == "bastion" else "compute"


def _name(kind: str, subject: str, claim: tuple[str, str]) -> str:
    """The name that the adapter gives: a bubble's network has the bubble's."""
    parts = subject.split("/")
    bubble = kind == kinds.NETWORK and parts[0] == "bubbles"
    return naming.of(*claim, *(parts[1:] if bubble else parts))


def _order(stray: Stray) -> tuple[int, str, str]:
    place = list(REMOVED).index(stray.kind) if stray.kind in REMOVED else len(REMOVED)
    return place, stray.subject, stray.identifier


def _strays(cloud: Any, claim: tuple[str, str], held: Held) -> Iterator[Stray]:
    """Ids are compared, never names: a stray has the name of what stands."""
    things = [*live.networking(cloud), *_machines(cloud)]
    groups = {one.identifier: said for one in things if one.type == kinds.GROUP and (said := subject(one, claim))}
    for thing in things:
        said = _rule(thing, groups) if thing.type == kinds.RULE else subject(thing, claim)
        if said and thing.identifier not in held.ids:
            yield Stray(thing.type, thing.identifier, said, layer(thing.type, said))


def _machines(cloud: Any) -> Iterator[Thing]:
    """Servers and volumes, where the project has a service for them."""
    for service, listing in (("compute", live.servers), ("block-storage", live.volumes)):
        if cloud.has_service(service):
            yield from listing(cloud)


def _rule(thing: Thing, groups: Mapping[str, str]) -> str | None:
    """A rule is claimed by its group, and says its own subject and its group's."""
    said, references = labels.from_description(str(thing.body.get("description") or ""))
    group = groups.get(str(thing.body.get("security_group_id")))
    return said if group and references.get("securityGroupId") == group else None


def _remove(cloud: Any, claim: tuple[str, str], stray: Stray, told: Told) -> Why | None:
    """Removes one stray as it is now; says why where it is left."""
    import openstack.exceptions

    noun = REMOVED[stray.kind]
    try:
        body = getattr(cloud.network, f"get_{noun}")(stray.identifier).to_dict()
        now = live.tagged(stray.kind, body)
        if not _same(cloud, claim, stray, now):
            return Why.CHANGED
        if _used(cloud, now):
            return Why.USED
        told(stray)
        revision = body.get("revision_number")
        getattr(cloud.network, f"delete_{noun}")(stray.identifier, ignore_missing=True, if_revision=revision)
    except openstack.exceptions.NotFoundException:
        return None
    except openstack.exceptions.PreconditionFailedException:
        return Why.CHANGED
    except openstack.exceptions.ConflictException:
        return Why.USED
    return None


def _same(cloud: Any, claim: tuple[str, str], stray: Stray, now: Thing) -> bool:
    """It is the project's own, and still says what it said."""
    if now.body.get("project_id") != cloud.current_project_id:
        return False
    if stray.kind == kinds.RULE:
        return labels.from_description(str(now.body.get("description") or ""))[0] == stray.subject
    return subject(now, claim) == stray.subject


def _used(cloud: Any, thing: Thing) -> bool:
    """What Neutron would take away along with it, or not mind: everything else it refuses by itself."""
    return any(_users(cloud, thing))


def _users(cloud: Any, thing: Thing) -> Iterator[bool]:
    network, body, identifier = cloud.network, thing.body, thing.identifier
    if thing.type == kinds.PORT:
        yield bool(body.get("device_id") or body.get("device_owner"))
        yield any(True for _ in network.ips(port_id=identifier))
    if thing.type == kinds.GROUP:
        yield any(True for _ in network.security_group_rules(remote_group_id=identifier))
        yield any(not _born_with(one.to_dict()) for one in network.security_group_rules(security_group_id=identifier))
    yield bool(body.get("is_shared") or body.get("shared") or body.get("is_router_external"))
    if thing.type == kinds.NETWORK:
        yield any(True for _ in network.subnets(network_id=identifier))
    if thing.type in (kinds.NETWORK, kinds.SUBNET):
        yield any(_foreign(port.to_dict(), thing) for port in network.ports(network_id=_network(thing)))


def _network(thing: Thing) -> str:
    return thing.identifier if thing.type == kinds.NETWORK else str(thing.body.get("network_id"))


def _foreign(port: Mapping[str, Any], thing: Thing) -> bool:
    """A port that Neutron did not make by itself. Of a subnet, one that has an address in it."""
    inside = thing.type == kinds.NETWORK or thing.identifier in _subnets(port.get("fixed_ips") or ())
    return inside and str(port.get("device_owner") or "") not in live.PROVIDERS_OWN


def _subnets(addresses: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(one.get("subnet_id")) for one in addresses}


def _born_with(rule: Mapping[str, Any]) -> bool:
    """A rule that Neutron gives to each group at birth, and that the plugin had no time to delete."""
    return rule.get("direction") == "egress" and not any(
        rule.get(key) for key in ("protocol", "remote_ip_prefix", "remote_group_id", "description")
    )
