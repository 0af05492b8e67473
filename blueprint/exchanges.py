"""How data move, as the plan says it: transfers, gates, pseudonyms, and who gives data."""

from __future__ import annotations

from blueprint.data_plan import Dataset, Gate, Pseudonymisation, Transfer
from blueprint.model import Blueprint


def transfers(blueprint: Blueprint) -> tuple[Transfer, ...]:
    """Sorted by subject."""
    found = []
    for name, block in sorted(blueprint.transfers.items()):
        inside, recipient = block.to in blueprint.bubbles, block.recipient
        found.append(
            Transfer(
                subject=f"transfers/{name}",
                source=f"bubbles/{block.from_}",
                target=f"bubbles/{block.to}" if inside else f"externals/{block.to}",
                flow=f"flows/{block.flow}",
                dataset=block.dataset,
                approver=block.approver,
                key=block.key,
                homologation=recipient.homologation if recipient else None,
                homologation_date=recipient.homologation_date if recipient else None,
                convention=recipient.convention if recipient else None,
            )
        )
    return tuple(found)


def datasets(blueprint: Blueprint) -> tuple[Dataset, ...]:
    """Sorted by subject."""
    return tuple(
        Dataset(f"datasets/{name}", block.classes, tuple(f"bubbles/{bubble}" for bubble in block.bubbles))
        for name, block in sorted(blueprint.datasets.items())
    )


def gates(blueprint: Blueprint) -> tuple[Gate, ...]:
    """Sorted by subject."""
    return tuple(
        Gate(
            subject=f"gates/{name}",
            bubble=f"bubbles/{block.bubble}",
            quarantine=block.quarantine,
            requesters=block.requesters,
            approvers=block.approvers,
            automatic_check=block.automatic_check,
            anonymity_record=block.anonymity_record,
            maximum_mib=block.maximum_mib,
            logs=block.logs,
            disabled_channels=block.disabled_channels,
        )
        for name, block in sorted(blueprint.gates.items())
    )


def pseudonymisation(blueprint: Blueprint) -> Pseudonymisation | None:
    block = blueprint.pseudonymisation
    if block is None:
        return None
    plan = block.plan
    return Pseudonymisation(
        subject="pseudonymisation",
        deterministic=block.deterministic,
        redone_at_each_transfer=block.redone_at_each_transfer,
        function=block.function,
        version=block.version,
        plan=plan.identifier if plan else None,
        plan_owner=plan.owner if plan else None,
        plan_triggers=plan.triggers if plan else (),
        plan_bubbles=tuple(f"bubbles/{name}" for name in plan.bubbles) if plan else (),
        mapping_destroyed_days=plan.mapping_destroyed_days if plan else None,
    )


def partners(blueprint: Blueprint) -> tuple[str, ...]:
    """Those that feed data, and `snds` where a copy is held."""
    names = sorted(name for name, partner in blueprint.partners.items() if partner.feeds_data)
    held = blueprint.snds is not None and blueprint.snds.copy_ != "none"
    return (*names, "snds") if held else tuple(names)


def named_keys(blueprint: Blueprint) -> tuple[str, ...]:
    """Keys that transfers name, whether or not they exist."""
    return tuple(block.key for block in blueprint.transfers.values() if block.key is not None)
