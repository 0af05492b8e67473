"""The inventory of keys: which keys the platform must hold, of the report's three kinds. No key is made here."""

from __future__ import annotations

from blueprint import data_blocks, references
from blueprint.model import Blueprint
from blueprint.plan import BubbleKind, Key


def inventory(blueprint: Blueprint) -> tuple[Key, ...]:
    """Keys sorted by subject; empty where the blueprint says nothing of keys.

    - data at rest: one per bucket and one per tier that has disks, so that erasing a key erases one thing;
    - import wrapping: one per partner that feeds data, and one for the SNDS copy;
    - pseudonymisation: one per ordered pair of bubbles that data flows between, held by the sender alone.
    """
    if blueprint.keys is None:
        return ()
    found = [*_data_at_rest(blueprint), *_import_wrapping(blueprint), *_pseudonymisation(blueprint)]
    return tuple(sorted(found, key=lambda key: key.subject))


def _data_at_rest(blueprint: Blueprint) -> list[Key]:
    assert blueprint.keys is not None
    kind = blueprint.keys.data_at_rest
    keys = []
    for name, bubble in blueprint.bubbles.items():
        scopes = [("buckets", k) for k in bubble.buckets] + [
            ("tiers", t) for t, tier in bubble.tiers.items() if tier.disks
        ]
        for group, item in scopes:
            subject = f"keys/data-at-rest--{name}--{group}--{item}"
            keys.append(_key(subject, "data_at_rest", f"bubbles/{name}/{group}/{item}", kind))
    return keys


def _import_wrapping(blueprint: Blueprint) -> list[Key]:
    assert blueprint.keys is not None
    kind = blueprint.keys.import_wrapping
    senders = {f"partners/{name}": name for name, partner in blueprint.partners.items() if partner.feeds_data}
    if blueprint.snds and blueprint.snds.copy_ != "none":
        senders["snds"] = "snds"
    return [_key(f"keys/import-wrapping--{name}", "import_wrapping", scope, kind) for scope, name in senders.items()]


def _pseudonymisation(blueprint: Blueprint) -> list[Key]:
    assert blueprint.keys is not None
    kind = blueprint.keys.pseudonymisation
    ends = references.ends(blueprint)
    pairs: dict[tuple[str, str], None] = {}
    for flow in blueprint.flows.values():
        source, target = (ends[end].split("/") for end in (flow.from_, flow.to))
        if source[0] == target[0] == "bubbles" and source[1] != target[1]:
            kinds = {blueprint.bubbles[source[1]].kind, blueprint.bubbles[target[1]].kind}
            if BubbleKind.ADMINISTRATION not in kinds:
                pairs[source[1], target[1]] = None
    return [
        _key(f"keys/pseudonymisation--{a}--{b}", "pseudonymisation", f"bubbles/{a}", kind, f"bubbles/{b}")
        for a, b in pairs
    ]


def _key(subject: str, name: str, scope: str, kind: data_blocks.KeyKind, receiver: str | None = None) -> Key:
    return Key(
        subject=subject,
        kind=name,
        scope=scope,
        rotation=kind.rotation,
        receiver=receiver,
        owner=kind.owner,
        algorithm=kind.algorithm,
        protection=kind.protection,
        rotation_days=kind.rotation_days,
        exportable=kind.exportable,
        deletion_days=kind.deletion_days,
        derived_from=kind.derived_from,
        administrators=kind.administrators,
        users=kind.users,
    )
