"""What a blueprint promises and no resource shows, as the plan says it: links, backups, watch, closings, access."""

from __future__ import annotations

from blueprint import model
from blueprint.data_plan import (
    Accounts,
    Backup,
    Closing,
    Detection,
    Detections,
    Door,
    Link,
    Proofs,
    Right,
    StorageKey,
)


def link(external: model.External) -> Link | None:
    block = external.link
    if block is None:
        return None
    return Link(block.partner, block.ike, block.encryption, block.group, block.authentication, block.secret)


def closing(authorisation: model.Authorisation) -> Closing | None:
    block = authorisation.closing
    if block is None:
        return None
    return Closing(block.rights, block.logs, block.archive, block.network, block.data, block.keys)


def backups(blueprint: model.Blueprint) -> tuple[Backup, ...]:
    """Sorted by subject."""
    return tuple(
        Backup(
            subject=f"backups/{name}",
            source=block.of,
            target=f"externals/{block.to}" if block.to in blueprint.externals else block.to,
            every_hours=block.every_hours,
            key=block.key,
            restored_on=block.restored_on,
        )
        for name, block in sorted(blueprint.backups.items())
    )


def detections(blueprint: model.Blueprint) -> Detections | None:
    block = blueprint.detections
    if block is None:
        return None
    rules = tuple(Detection(name, one.events, one.minutes) for name, one in sorted(block.rules.items()))
    return Detections("detections", block.alerts, block.tested_on, rules)


def proofs(blueprint: model.Blueprint) -> Proofs | None:
    block = blueprint.proofs
    return Proofs("proofs", block.bucket, block.drift_hours) if block else None


def storage_keys(blueprint: model.Blueprint) -> tuple[StorageKey, ...]:
    """Sorted by subject."""
    return tuple(
        StorageKey(f"storage_keys/{name}", tuple(f"bubbles/{one}" for one in block.bubbles), block.holder, block.days)
        for name, block in sorted(blueprint.storage_keys.items())
    )


def accounts(blueprint: model.Blueprint) -> Accounts | None:
    block = blueprint.accounts
    if block is None:
        return None
    doors = tuple(
        Door(name, door.mfa, tuple(f"externals/{one}" for one in door.allowed))
        for name, door in sorted(block.doors.items())
    )
    return Accounts(
        subject="accounts",
        directory=block.directory,
        local=block.local,
        doors=doors,
        access_keys=block.access_keys,
        access_key_days=block.access_key_days,
        review_days=block.review_days,
        technical_review_days=block.technical_review_days,
    )


def rights(blueprint: model.Blueprint) -> tuple[Right, ...]:
    """Sorted by role, in the order in which each lists them."""
    return tuple(
        Right(f"roles/{name}", right.actions, right.on)
        for name, role in sorted(blueprint.roles.items())
        for right in role.rights
    )
