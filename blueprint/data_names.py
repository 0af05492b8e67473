"""Names in the blocks that speak of data: bubbles, flows, roles, keys and buckets that must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blueprint import exchanges, keyring, references
from blueprint.model import Blueprint
from blueprint.references import Finding
from blueprint.source_map import Path


def check(blueprint: Blueprint) -> Iterator[Finding]:
    yield from _transfers(blueprint)
    yield from _gates(blueprint)
    yield from _administration(blueprint)
    yield from _keys(blueprint)
    for name, dataset in blueprint.datasets.items():
        for index, one in enumerate(dataset.bubbles):
            yield from _known(("datasets", name, "bubbles", index), "bubble", one, blueprint.bubbles)
    yield from _assurances(blueprint)
    yield from _access(blueprint)
    partners = _partners(blueprint)
    for bubble_name, bubble in blueprint.bubbles.items():
        for name, bucket in bubble.buckets.items():
            path: Path = ("bubbles", bubble_name, "buckets", name, "lands_from")
            yield from _known(path, "partner (or snds)", bucket.lands_from, partners)


def _transfers(blueprint: Blueprint) -> Iterator[Finding]:
    places = [*blueprint.bubbles, *blueprint.externals]
    keys = _inventory(blueprint) if blueprint.transfers else ()
    for name, block in blueprint.transfers.items():
        path: Path = ("transfers", name)
        yield from _known((*path, "from"), "bubble", block.from_, blueprint.bubbles)
        yield from _known((*path, "to"), "bubble or external", block.to, places)
        yield from _known((*path, "flow"), "flow", block.flow, blueprint.flows)
        yield from _known((*path, "approver"), "role", block.approver, blueprint.roles)
        yield from _known((*path, "key"), "key in the inventory", block.key, keys)


def _gates(blueprint: Blueprint) -> Iterator[Finding]:
    sinks = references.sinks(blueprint)
    for name, block in blueprint.gates.items():
        path: Path = ("gates", name)
        yield from _known((*path, "bubble"), "bubble", block.bubble, blueprint.bubbles)
        yield from _known((*path, "quarantine"), "subject of a bucket", block.quarantine, _buckets(sinks))
        yield from _known((*path, "logs"), "subject of a bucket or zone", block.logs, sinks)
        yield from _roles((*path, "requesters"), block.requesters, blueprint)
        yield from _roles((*path, "approvers"), block.approvers, blueprint)


def _administration(blueprint: Blueprint) -> Iterator[Finding]:
    bastion = blueprint.bastion
    if bastion is None:
        return
    if bastion.recording is not None:
        buckets = _buckets(references.sinks(blueprint))
        yield from _known(("bastion", "recording", "bucket"), "subject of a bucket", bastion.recording.bucket, buckets)
    for operation, block in bastion.approvals.items():
        yield from _roles(("bastion", "approvals", operation, "roles"), block.roles, blueprint)


def _keys(blueprint: Blueprint) -> Iterator[Finding]:
    if blueprint.keys is not None:
        for kind in ("data_at_rest", "import_wrapping", "pseudonymisation"):
            block = getattr(blueprint.keys, kind)
            yield from _roles(("keys", kind, "administrators"), block.administrators, blueprint)
            yield from _roles(("keys", kind, "users"), block.users, blueprint)
        if (module := blueprint.keys.module) is not None:
            path: Path = ("keys", "module")
            places = [*references.zones(blueprint), *blueprint.externals]
            yield from _known((*path, "endpoint"), "zone or external", module.endpoint, places)
            yield from _known((*path, "logs"), "subject of a bucket or zone", module.logs, references.sinks(blueprint))
            yield from _roles((*path, "readers"), module.readers, blueprint)
    if blueprint.pseudonymisation is not None and blueprint.pseudonymisation.plan is not None:
        for index, name in enumerate(blueprint.pseudonymisation.plan.bubbles):
            path = ("pseudonymisation", "plan", "bubbles", index)
            yield from _known(path, "bubble", name, blueprint.bubbles)


def _assurances(blueprint: Blueprint) -> Iterator[Finding]:
    stores = _buckets(references.sinks(blueprint))
    for name, external in blueprint.externals.items():
        if external.link is not None:
            path: Path = ("externals", name, "link", "partner")
            yield from _known(path, "partner (or snds)", external.link.partner, _partners(blueprint))
    keys = _inventory(blueprint) if blueprint.backups else ()
    tiers = [f"bubbles/{b}/tiers/{t}" for b, bubble in blueprint.bubbles.items() for t in bubble.tiers]
    for name, backup in blueprint.backups.items():
        path = ("backups", name)
        yield from _known((*path, "of"), "subject of a tier or bucket", backup.of, [*tiers, *stores])
        yield from _known((*path, "to"), "subject of a bucket, or external", backup.to, [*stores, *blueprint.externals])
        yield from _known((*path, "key"), "key in the inventory", backup.key, keys)
    if blueprint.detections is not None:
        yield from _known(("detections", "alerts"), "role", blueprint.detections.alerts, blueprint.roles)
    if blueprint.proofs is not None:
        yield from _known(("proofs", "bucket"), "subject of a bucket", blueprint.proofs.bucket, stores)
    for name, key in blueprint.storage_keys.items():
        yield from _known(("storage_keys", name, "holder"), "role", key.holder, blueprint.roles)
        for index, one in enumerate(key.bubbles):
            yield from _known(("storage_keys", name, "bubbles", index), "bubble", one, blueprint.bubbles)


def _access(blueprint: Blueprint) -> Iterator[Finding]:
    for name, door in blueprint.accounts.doors.items() if blueprint.accounts else ():
        for index, one in enumerate(door.allowed):
            yield from _known(("accounts", "doors", name, "allowed", index), "external", one, blueprint.externals)


def _partners(blueprint: Blueprint) -> list[str]:
    return [*blueprint.partners, *(["snds"] if blueprint.snds else [])]


def _inventory(blueprint: Blueprint) -> tuple[str, ...]:
    """Subjects of keys; none while a flow names an end that does not exist, which is said elsewhere."""
    ends = references.ends(blueprint)
    if any(end not in ends for flow in blueprint.flows.values() for end in (flow.from_, flow.to)):
        return exchanges.named_keys(blueprint)
    return tuple(key.subject for key in keyring.inventory(blueprint))


def _buckets(sinks: Iterable[str]) -> list[str]:
    return [subject for subject in sinks if "/buckets/" in subject]


def _roles(path: Path, names: Iterable[str], blueprint: Blueprint) -> Iterator[Finding]:
    for index, name in enumerate(names):
        yield from _known((*path, index), "role", name, blueprint.roles)


def _known(path: Path, kind: str, word: str | None, known: Iterable[str]) -> Iterator[Finding]:
    if word is not None and word not in known:
        yield references.dangling(path, kind, word, known)
