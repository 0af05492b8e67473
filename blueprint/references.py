"""Names inside a blueprint that point at other parts of it: zones, bubbles, externals, buckets."""

from __future__ import annotations

from blueprint.model import Blueprint


def ends(blueprint: Blueprint) -> dict[str, str]:
    """Every name that `from` and `to` of a flow may use, with the subject it stands for.

    >>> ends(b)["warehouse.omop"]
    'bubbles/warehouse/zones/omop'
    """
    names: dict[str, str] = {}
    for bubble_name, bubble in blueprint.bubbles.items():
        names[bubble_name] = f"bubbles/{bubble_name}"
        for zone_name in bubble.zones:
            names[f"{bubble_name}.{zone_name}"] = f"bubbles/{bubble_name}/zones/{zone_name}"
    for external_name in blueprint.externals:
        names.setdefault(external_name, f"externals/{external_name}")
    return names


def zones(blueprint: Blueprint) -> dict[str, str]:
    """The `<bubble>.<zone>` names, with their subjects."""
    return {name: subject for name, subject in ends(blueprint).items() if "/zones/" in subject}


def sinks(blueprint: Blueprint) -> set[str]:
    """Subjects that may receive logs: zones and buckets."""
    buckets = {f"bubbles/{b}/buckets/{k}" for b, bubble in blueprint.bubbles.items() for k in bubble.buckets}
    return buckets | set(zones(blueprint).values())
