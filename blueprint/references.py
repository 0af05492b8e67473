"""Names inside a blueprint that point at other parts of it: zones, bubbles, externals, buckets."""

from __future__ import annotations

from collections.abc import Iterable

from blueprint.errors import suggest
from blueprint.model import Blueprint
from blueprint.source_map import Path

Finding = tuple[Path, str, str]
"""Path in the file, what is wrong, how to mend it."""


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


def dangling(path: Path, kind: str, word: str, known: Iterable[str]) -> Finding:
    """A name that points at nothing, with the nearest one that would do."""
    names = sorted(set(known))
    message = f"there is no {kind} {word!r}"
    if close := suggest(word, names):
        return path, message, f"did you mean {close!r}?"
    if not names:
        return path, message, "declare it: there is none yet"
    more = ", ..." if len(names) > 12 else ""
    return path, message, f"declare it, or use one of: {', '.join(names[:12])}{more}"
