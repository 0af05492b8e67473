"""Strays of a project: what OpenStack made for a write whose answer was lost, and that no state holds.

OpenStack's plugin is Terraform's. It writes the tags of a thing after it made it, so that a stray may have its name and
its description only: both are the toolkit's own, the description bears the mark of the stack, and all that a thing says
must agree. What anything uses is left to Neutron's own refusal (409), and what changed since it was looked at to its
revision numbers (412); only what Neutron would delete along with a thing is looked for here.

A machine that never ran goes too, where a state holds it as well: see `unborn`; and one with user data that a run was
making as it was cut, where nobody had anything of it: see `cut`. All else that ran or holds data is left to be adopted.

A layer whose state holds nothing is either one whose first run got no answer, or one whose state is lost: `_cut` tells
them apart, and nothing is removed where there is a doubt.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from blueprint import naming
from providers import observation
from providers.ovh import cut, joints, kinds, labels, live, unborn
from providers.ovh.live import Account, Thing
from providers.strays import Claim, Held, Kept, Stray, Swept, Told, Which, Why

REMOVED = {
    kinds.PORT: "port",
    kinds.RULE: "security_group_rule",
    kinds.GROUP: "security_group",
    kinds.ROUTER: "router",
    kinds.SUBNET: "subnet",
    kinds.NETWORK: "network",
}
"""Kinds without data, with their name in openstacksdk, users before what they use."""
BY_NAME = {
    kinds.KEYPAIR: "`openstack keypair delete {}`, if nobody uses it",
    kinds.SERVER_GROUP: "`openstack server group delete {}`, if it has no member",
}
"""Kinds on which OpenStack keeps no mark: they are named only, with what takes them away."""
AFTER_AN_ANSWER = (kinds.SUBNET, kinds.RULE, kinds.INSTANCE, kinds.ATTACHMENT)
"""Kinds that are made only once the id of another of the same layer is known, so that an answer came."""
PLATFORM, ENVIRONMENT = "rempart:platform", "rempart:environment"
NEEDED = ("OS_CLIENT_CONFIG_FILE", "OS_CLOUD")


def account(env: Mapping[str, str], region: str) -> Account:
    """The project, as who deploys to it. Object storage is left out: its plugin is ours, and keeps notes."""
    missing = [name for name in NEEDED if not env.get(name)]
    if missing:
        raise observation.Unreachable(f"{', '.join(missing)} must be in the environment to look for strays")
    clouds, cloud = pathlib.Path(env["OS_CLIENT_CONFIG_FILE"]), env["OS_CLOUD"]
    return Account(region, clouds, cloud, storage="", storage_region="", access_key="", secret_key="")


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """A stray and what the API says of it."""

    stray: Stray
    body: Mapping[str, Any]

    @property
    def born(self) -> dt.datetime | None:
        return live.born(self.body)


def sweep(account: Account, claim: Claim, wanted: frozenset[str], held: Held, told: Told) -> Swept:
    with live.reaching(account):
        cloud = live.connect(account)
        return _sweep(cloud, claim, wanted, held, told)


def _sweep(cloud: Any, claim: Claim, wanted: frozenset[str], held: Held, told: Told) -> Swept:
    removed: list[Stray] = []
    kept: list[Kept] = []
    unborn.settled(lambda: _servers(cloud, claim, wanted))
    claimed = tuple(_claimed(cloud, claim))
    found = [one for one in claimed if _astray(one, held) and one.stray.layer in wanted]
    open_to_it = {layer for layer in wanted if layer in held.layers or _cut(layer, found, held)}
    if joints.LAYER in wanted & held.layers:
        for part in _parted(cloud, claim, held, told):
            if isinstance(part, Kept):
                kept.append(part)
            else:
                removed.append(part)
    for one in sorted(found, key=_order):
        stray = one.stray
        if stray.kind in BY_NAME:
            kept.append(Kept(stray, Why.NAMED, BY_NAME[stray.kind].format(stray.identifier)))
        elif stray.layer not in open_to_it:
            kept.append(Kept(stray, Why.STATE_LOST))
        elif stray.kind not in REMOVED and stray.which is not Which.NEVER_RAN:
            left = _untouched(one, claimed, removed)
            gone = (
                cut.remove(cloud, claim.plan, stray, held, _mine(claim, stray), told) if left.why is Why.DATA else None
            )
            removed += [gone] if gone else []
            kept += [] if gone else [left]
        elif stray.kind == kinds.RULE and one.body.get("security_group_id") not in held.ids:
            continue  # it goes with its group, or stays with it where a port carries that
        elif why := _remove(cloud, claim, stray, told):
            serves = why is Why.USED and _serves(one, claimed)
            kept.append(_untouched(one, claimed, removed) if serves else Kept(stray, why))
        else:
            removed.append(stray)
    kept += _unmarked(cloud, [one for one in found if one.stray in removed])
    return Swept(tuple(removed), tuple(kept))


def _parted(cloud: Any, claim: Claim, held: Held, told: Told) -> Iterator[Stray | Kept]:
    """Interfaces and routes that no state holds: before all else, since what they join may be astray too."""
    things = tuple(live.networking(cloud))
    subjects = {(one.type, one.identifier): said for one in things if (said := subject(one, claim))}
    yield from joints.sweep(cloud, things, claim.plan, subjects, held, told)


def _untouched(one: _Found, claimed: Sequence[_Found], removed: Sequence[Stray]) -> Kept:
    """What holds data or serves somebody. Twins are counted with those that a state holds, and without those gone."""
    same = [
        other.stray
        for other in claimed
        if (other.stray.kind, other.stray.subject) == (one.stray.kind, one.stray.subject) and other.stray not in removed
    ]
    return Kept(one.stray, Why.TWIN if len(same) > 1 else Why.DATA, _unused_address(one))


def _serves(one: _Found, claimed: Sequence[_Found]) -> bool:
    """An interface of a machine that is the stack's too."""
    machines = {other.stray.identifier for other in claimed if other.stray.kind == kinds.INSTANCE}
    return one.stray.kind == kinds.PORT and one.body.get("device_id") in machines


def _unused_address(one: _Found) -> str:
    """What takes a floating IP away that stands before nothing: somebody may know it, so a person does."""
    free = one.stray.kind == kinds.FLOATING_IP and not one.body.get("port_id")
    return f"`openstack floating ip delete {one.stray.identifier}`, if nobody was given it" if free else ""


def _unmarked(cloud: Any, removed: Sequence[_Found]) -> Iterator[Kept]:
    """Disks that Nova may have made for machines that never ran, and has lost: it gives them no name."""
    unborn_since = [one.born for one in removed if one.stray.which is Which.NEVER_RAN and one.born]
    if not unborn_since or not cloud.has_service("block-storage"):
        return
    for disk in live.volumes(cloud):
        born = live.born(disk.body)
        if unborn.may_be_a_system_disk(disk) and born and born >= min(unborn_since):
            stray = Stray(disk.type, disk.identifier, "without a subject", "compute")
            yield Kept(stray, Why.UNMARKED, unborn.remedy(cloud, disk))


def _cut(layer: str, found: Sequence[_Found], held: Held) -> bool:
    """True where the layer's first run was cut before an answer came: all that bears its mark is younger than its
    state, and of a kind that needs no answer. Else its state is lost, and what bears its mark may serve somebody."""
    begun = held.begun.get(layer)
    if begun is None:
        return False
    marked = [one for one in found if one.stray.layer == layer and one.stray.kind not in BY_NAME]
    return all(not _answered(one.stray) and one.born and one.born >= begun - live.CLOCKS for one in marked)


def _answered(stray: Stray) -> bool:
    return stray.kind in AFTER_AN_ANSWER or (stray.kind == kinds.PORT and stray.layer == "network")


def subject(thing: Thing, claim: Claim) -> str | None:
    """The subject that a thing claims to serve in that stack; None where it bears another mark, or none.

    A thing may have no tags yet; where it has some, they say the same. Of what may be removed, the name does too.
    """
    said, mark = _marked(thing)
    if not said or mark != claim.stack(layer(thing.type, said)):
        return None
    told = tuple(thing.labels.get(name) for name in (PLATFORM, ENVIRONMENT, labels.SUBJECT))
    if thing.labels and told != (*claim.owner, said):
        return None
    if thing.type in REMOVED and thing.body.get("name") != _name(thing.type, said, claim.owner):
        return None
    return said


def _marked(thing: Thing) -> tuple[str | None, str | None]:
    """Subject and stack, as a thing says from its first moment."""
    if thing.type in kinds.METADATA:
        return thing.labels.get(labels.SUBJECT), thing.labels.get(labels.STACK)
    said, more = labels.from_description(str(thing.body.get("description") or ""))
    return said, more.get(labels.MARK)


def layer(kind: str, subject: str) -> str:
    """The layer whose state should hold what has that subject."""
    if kind in (kinds.NETWORK, kinds.SUBNET, kinds.GROUP, kinds.RULE, kinds.ROUTER) or "/attachments/" in subject:
        return "network"
    return "bastion" if subject.split("/")[0] == "bastion" else "compute"


def _name(kind: str, subject: str, owner: tuple[str, str]) -> str:
    """The name that the adapter gives: a bubble's network has the bubble's, the key pair has the bastion's."""
    parts = subject.split("/")
    if kind == kinds.NETWORK and parts[0] == "bubbles":
        parts = parts[1:]
    return naming.of(*owner, *(parts[:-1] if kind == kinds.KEYPAIR else parts))


def _order(one: _Found) -> tuple[int, str, str]:
    """Machines that never ran come first: they are on interfaces."""
    stray = one.stray
    place = list(REMOVED).index(stray.kind) if stray.kind in REMOVED else len(REMOVED)
    return -1 if stray.which is Which.NEVER_RAN else place, stray.subject, stray.identifier


def _claimed(cloud: Any, claim: Claim) -> Iterator[_Found]:
    """All that bears the stack's mark, whoever holds it."""
    things = [*live.networking(cloud), *_machines(cloud)]
    subjects = {(one.type, one.identifier): said for one in things if (said := subject(one, claim))}
    names = _names(claim)
    for thing in things:
        if thing.type == kinds.RULE:
            group = subjects.get((kinds.GROUP, str(thing.body.get("security_group_id"))))
            said = _rule_of(thing.body, group) if group else None
        elif thing.type in BY_NAME:
            said = names.get((thing.type, str(thing.body.get("name"))))
        else:
            said = subjects.get((thing.type, thing.identifier))
        if said:
            ran_never = thing.type == kinds.INSTANCE and unborn.never_ran(thing.body)
            which = Which.NEVER_RAN if ran_never else Which.UNHELD
            yield _Found(Stray(thing.type, thing.identifier, said, layer(thing.type, said), which), thing.body)
            yield from _attached(thing, said, subjects)


def _attached(disk: Thing, said: str, subjects: Mapping[tuple[str, str], str]) -> Iterator[_Found]:
    """That a disk of a machine is attached to that machine: the adapter's, though Nova keeps no mark on it."""
    for body in disk.body.get("attachments") or () if disk.type == kinds.VOLUME else ():
        server = str(body.get("server_id"))
        if subjects.get((kinds.INSTANCE, server)) == said.partition("/disks/")[0]:
            name = f"{said}/link"
            yield _Found(
                Stray(kinds.ATTACHMENT, f"{server}/{disk.identifier}", name, layer(kinds.ATTACHMENT, name)), body
            )


def _astray(one: _Found, held: Held) -> bool:
    """Ids are compared, never names: a stray has the name of what stands."""
    return one.stray.which is Which.NEVER_RAN or one.stray.identifier not in held.ids


def _servers(cloud: Any, claim: Claim, wanted: frozenset[str]) -> list[Thing]:
    """The machines of the wanted layers."""
    found = live.servers(cloud) if cloud.has_service("compute") else ()
    return [one for one in found if (said := subject(one, claim)) and layer(one.type, said) in wanted]


def _machines(cloud: Any) -> Iterator[Thing]:
    """Servers, what they need, and volumes, where the project has a service for them."""
    if cloud.has_service("compute"):
        yield from live.servers(cloud)
        yield from live.beside_servers(cloud)
    if cloud.has_service("block-storage"):
        yield from live.volumes(cloud)


def _names(claim: Claim) -> dict[tuple[str, str], str]:
    """(kind, name) -> subject of what bears no mark, as the plan has them."""
    bastion = claim.plan.bastion
    tiers = {machine.subject.rpartition("/")[0] for machine in claim.plan.all_machines}
    wanted = {(kinds.SERVER_GROUP, f"{tier}/placement") for tier in tiers}
    wanted |= {(kinds.KEYPAIR, f"{bastion.subject}/keypair")} if bastion else set()
    return {(kind, _name(kind, said, claim.owner)): said for kind, said in wanted}


def _rule_of(rule: Mapping[str, Any], group: str) -> str | None:
    """The subject of a rule of ours in the group of that subject; None for another's."""
    said, references = labels.from_description(str(rule.get("description") or ""))
    return said if references.get("securityGroupId") == group else None


def _remove(cloud: Any, claim: Claim, stray: Stray, told: Told) -> Why | None:
    """Removes one stray as it is now; says why where it is left."""
    import openstack.exceptions

    if stray.which is Which.NEVER_RAN:
        return unborn.remove(cloud, stray.identifier, _mine(claim, stray), lambda: told(stray))
    noun = REMOVED[stray.kind]
    try:
        body = getattr(cloud.network, f"get_{noun}")(stray.identifier).to_dict()
        now = live.tagged(stray.kind, body)
        if not _same(cloud, claim, stray, now):
            return Why.CHANGED
        if _used(cloud, now, stray):
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


def _mine(claim: Claim, machine: Stray) -> Callable[[Mapping[str, str]], bool]:
    """Judges metadata that are read later: they still say what they said."""
    return lambda metadata: subject(Thing(machine.kind, machine.identifier, {}, metadata), claim) == machine.subject


def _same(cloud: Any, claim: Claim, stray: Stray, now: Thing) -> bool:
    """It is the project's own, and still says what it said."""
    if now.body.get("project_id") != cloud.current_project_id:
        return False
    if stray.kind == kinds.RULE:
        return labels.from_description(str(now.body.get("description") or ""))[0] == stray.subject
    return subject(now, claim) == stray.subject


def _used(cloud: Any, thing: Thing, stray: Stray) -> bool:
    """What Neutron would take away along with it, or not mind: everything else it refuses by itself."""
    return any(_users(cloud, thing, stray.subject))


def _users(cloud: Any, thing: Thing, subject: str) -> Iterator[bool]:
    network, body, identifier = cloud.network, thing.body, thing.identifier
    if thing.type == kinds.PORT:
        yield bool(body.get("device_id") or body.get("device_owner"))
        yield any(True for _ in network.ips(port_id=identifier))
    if thing.type == kinds.GROUP:
        yield any(True for _ in network.security_group_rules(remote_group_id=identifier))
        rules = [one.to_dict() for one in network.security_group_rules(security_group_id=identifier)]
        yield not all(_born_with(rule) or _rule_of(rule, subject) for rule in rules)
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
