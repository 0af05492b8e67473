"""What Terraform's Cloud Temple types leave unsaid: whom what carries no tag serves.

Only machines of the IaaS carry tags that Terraform writes. What else there is has the name that this project gives, or
the subject that its machine, its bucket or its address makes. What is left without one serves no part of the plan.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from blueprint import naming
from blueprint import plan as plans
from blueprint.properties import as_integer
from blueprint.values import NOT_OBSERVABLE, Missing
from providers import capabilities
from providers.cloudtemple import facts, kinds
from providers.terraform import mapping
from providers.terraform.blocks import Block
from providers.terraform.mapping import Resource

NAME = "cloudtemple"
"""Of the provider resource that facts come below."""
BUCKET_TYPE, GRANT_TYPE = "cloudtemple_object_storage_bucket", "cloudtemple_object_storage_acl_entry"
ADDRESS = "macAddress"
"""The property of a static address that says whose it is: an adapter's, or a machine's that is born with one."""
_DEPTH = 6
"""From a floating address over its binding, the static address and the adapter to the machine, and one to spare."""
ELSEWHERE = "elsewhere"
"""A region that is none: that of an API which the provider does not publish."""


def points_at(key: str) -> bool:
    """Whether a property is an id that facts follow."""
    last = key.rsplit(".", 1)[-1].split("[")[0]
    return last in kinds.NETWORKS or any(key in pointers for pointers in kinds.POINTERS.values())


def expand(block: Block) -> Iterator[Block]:
    """A bucket, and one grant for each `acl_entry` inside it; any other block as it is."""
    yield block
    inner = block.values.get("acl_entry") if block.type == BUCKET_TYPE else None
    for number, entry in enumerate(inner if isinstance(inner, list) else [inner] if inner else []):
        given = entry if isinstance(entry, Mapping) else {"storage_account": NOT_OBSERVABLE, "role": NOT_OBSERVABLE}
        prefix = f"acl_entry[{number}]."
        inside = {key.removeprefix(prefix): one for key, one in block.references.items() if key.startswith(prefix)}
        hidden = frozenset(key.removeprefix(prefix) for key in block.unresolved if key.startswith(prefix))
        hidden |= frozenset() if isinstance(entry, Mapping) else {"storage_account"}
        yield block.with_values(
            {**given, "bucket": block.values.get("name", NOT_OBSERVABLE)},
            address=f"{block.address}.acl_entry[{number}]",
            type=GRANT_TYPE,
            references={**inside, "bucket": block.address},
            unresolved=hidden,
        )


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Where the provider's calls go. An address that nothing here says may come from the environment."""
    address, scheme = given.get("address", NOT_OBSERVABLE), given.get("scheme", "https")
    if not isinstance(address, str):
        return {"region": NOT_OBSERVABLE}
    endpoint = f"{scheme}://{address}" if isinstance(scheme, str) else NOT_OBSERVABLE
    return {"region": _region(address), "endpoint": endpoint}


def _region(address: str) -> str:
    """The region of the offer whose host it is: the provider's types have no argument for one."""
    host = address.split("/")[0].rpartition("@")[2].split(":")[0].lower()
    offers = capabilities.load(NAME).offers.values()
    return next((offer.region for offer in offers if offer.owns(host)), ELSEWHERE)


said = mapping.with_ids


def subjects(resources: Iterable[Resource], plan: plans.Plan | None) -> list[Resource]:
    """The same with subjects: a tag's, a name's, or what the machine, bucket or address that it serves makes."""
    known, named = _copied(list(resources)), _Named(plan)
    cards = _cards(known)
    everything = [_by_card(_by_name(one, known), cards) for one in known]
    own = [dataclasses.replace(one, subject=one.subject or named.of(one)) for one in everything]
    served = _Served(own, plan)
    return [dataclasses.replace(one, subject=one.subject or served.subject(one)) for one in own]


def _copied(known: Sequence[Resource]) -> list[Resource]:
    """Machines with the policies of copies that a resource of its own gives them, beside those that they name.

    Where it does not say to which, any machine that names none may have them.
    """
    given: dict[str | None, list[Any]] = collections.defaultdict(list)
    for one in known:
        if one.kind == kinds.COPIES:
            given[one.ids.get("virtualMachineId")].append(one.properties.get("slaPolicyIds"))
    made = []
    for one in known:
        own = one.properties.get("backupSlaPolicies")
        if one.kind == kinds.VMWARE and one.address in given:
            made.append(_with_copies(one, [own, *given[one.address]]))
        elif one.kind == kinds.VMWARE and None in given:
            made.append(_with_copies(one, [own, NOT_OBSERVABLE]))
        else:
            made.append(one)
    return made


def _with_copies(one: Resource, lists: Sequence[Any]) -> Resource:
    """All policies of some lists. Where none is named, a list that cannot be read may name one."""
    named = [policy for each in lists if isinstance(each, list) for policy in each if policy]
    hidden = next((each for each in lists if isinstance(each, Missing)), None)
    return dataclasses.replace(one, properties={**one.properties, "backupSlaPolicies": named or hidden or []})


def _by_name(one: Resource, known: Sequence[Resource]) -> Resource:
    """A grant names its bucket and its account: where the name is written out, it is the one of that name."""
    ids = dict(one.ids)
    for key, kind in kinds.POINTERS[kinds.GRANT].items() if one.kind == kinds.GRANT else ():
        name = one.properties.get(key)
        if key not in ids and isinstance(name, str):
            ids[key] = next((o.address for o in known if o.kind == kind and o.properties.get("name") == name), None)
    return dataclasses.replace(one, ids=ids)


def _cards(known: Sequence[Resource]) -> dict[str, str]:
    """Hardware address, where one is written out -> the adapter, or the machine that is born with it."""
    found: dict[str, str] = {}
    for one in known:
        inline = one.properties.get("osNetworkAdapter") if one.kind in kinds.MACHINES else None
        inside = [card.get(ADDRESS) for card in inline if isinstance(card, Mapping)] if isinstance(inline, list) else []
        own = [one.properties.get(ADDRESS)] if one.kind in kinds.ADAPTERS else []
        found |= {card.lower(): one.address for card in (*own, *inside) if isinstance(card, str)}
    return found


def _by_card(one: Resource, cards: Mapping[str, str]) -> Resource:
    """A static address says whose it is by a hardware address: where that is written out, it is that card's."""
    card = one.properties.get(ADDRESS)
    if one.kind != kinds.STATIC_IP or ADDRESS in one.ids or not isinstance(card, str):
        return one
    return dataclasses.replace(one, ids={**one.ids, ADDRESS: cards.get(card.lower())})


class _Named:
    """The subjects of what has the name that this project gives to it."""

    def __init__(self, plan: plans.Plan | None) -> None:
        self._names: dict[tuple[str, str], str] = {}
        if plan is None:
            return
        for machine in plan.all_machines:
            self._put(plan, kinds.MACHINES, machine.subject, machine.subject.split("/"))
            for disk in machine.disks:
                self._put(plan, kinds.DISKS, disk.subject, disk.subject.split("/"))
        for bucket in plan.buckets:
            self._put(plan, (kinds.BUCKET,), bucket.subject, (bucket.bubble, bucket.name))
        for key in plan.storage_keys:
            self._put(plan, (kinds.ACCOUNT,), key.subject, key.subject.split("/"))

    def _put(self, plan: plans.Plan, among: Iterable[str], subject: str, parts: Iterable[str]) -> None:
        name = naming.of(plan.platform, plan.environment, *parts)
        self._names |= {(kind, name): subject for kind in among}

    def of(self, one: Resource) -> str | None:
        return self._names.get((one.kind, str(one.properties.get("name"))))


class _Served:
    """The subjects of what serves something else that has one."""

    def __init__(self, everything: Sequence[Resource], plan: plans.Plan | None) -> None:
        self._by_address = {one.address: one for one in everything}
        self._everything = everything
        machines = plan.all_machines if plan is not None else ()
        self._disks = {machine.subject: machine.disks for machine in machines}
        self._adapters = collections.Counter(
            one.ids.get("virtualMachineId") for one in everything if one.kind in kinds.ADAPTERS
        )

    def subject(self, one: Resource) -> str | None:
        machine = self._machine(one)
        if one.kind in kinds.DISKS:
            return self._disk(one, machine)
        if one.kind in kinds.ADAPTERS:
            # Of several, nothing says which is the one that the plan gives to the machine.
            born = one.ids.get("virtualMachineId") in self._born_connected
            alone = self._adapters[one.ids.get("virtualMachineId")] == 1 and not born
            return f"{machine}/nic" if machine and alone else None
        suffix = {kinds.STATIC_IP: "/nic/static", kinds.BINDING: "/address/link", kinds.FLOATING_IP: "/address"}
        if one.kind in suffix:
            return f"{machine}{suffix[one.kind]}" if machine else None
        if one.kind == kinds.COPIES:
            return f"{machine}/copies" if machine else None
        if one.kind == kinds.GRANT:
            bucket = self._by_address.get(one.ids.get("bucket") or "")
            return f"{bucket.subject}/grant" if bucket is not None and bucket.subject else None
        return None

    @property
    def _born_connected(self) -> set[str]:
        """Addresses of machines that say themselves which adapters they are born with."""
        return {one.address for one in self._everything if one.properties.get("osNetworkAdapter")}

    def _machine(self, one: Resource | None, depth: int = _DEPTH) -> str | None:
        """The subject of the machine that something serves, followed from one resource to the next."""
        if one is None or not depth:
            return None
        if one.kind in kinds.MACHINES:
            return one.subject
        if one.kind == kinds.FLOATING_IP:
            bound = [
                o for o in self._everything if o.kind == kinds.BINDING and o.ids.get("floatingIpId") == one.address
            ]
            return self._machine(bound[0], depth - 1) if len(bound) == 1 else None
        for key in ("virtualMachineId", "staticIpId", ADDRESS):
            if key in one.ids:
                return self._machine(self._by_address.get(one.ids[key] or ""), depth - 1)
        return None

    def _disk(self, one: Resource, machine: str | None) -> str | None:
        """The planned disk of that machine, where there is one of its size only."""
        size = as_integer(one.properties.get("capacity", one.properties.get("size")))
        gib = size if kinds.service(one.kind) or not isinstance(size, int) else size // facts.GIB
        alike = [disk for disk in self._disks.get(machine or "", ()) if disk.size_gib == gib]
        return alike[0].subject if len(alike) == 1 else None
