"""How a resource says what it serves and what it points at, in fields that OpenStack keeps and gives back.

Networks, subnets, ports, groups, routers and addresses have tags (a list of texts), servers and volumes have metadata
(names to texts): both carry `rempart:...` labels, and `rempart:ref:<input>` for each reference. A filter rule has only
a description: its subject, then each reference. What has no such field (a key pair, an attachment of a disk) is known
by its name, which is its subject.

Each also bears the mark of the stack that made it, from its first moment, so that what no state holds can be told from
another stack's: in the metadata, or in the description, since the plugin writes tags after it made a thing. A rule has
the mark of its group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

NAME, OWN = "Name", "rempart:"
REFERENCE = f"{OWN}ref:"
SUBJECT = "rempart:subject"
STACK = "rempart:stack"
MARK = "stack"
"""In a description: `bubbles/b stack=<name of the stack>`."""


def labels(tags: Mapping[str, str], references: Mapping[str, str]) -> dict[str, str]:
    """Tags and references together, as metadata."""
    return {**tags, **{f"{REFERENCE}{_spelled(key)}": subject for key, subject in references.items()}}


def as_tags(labelled: Mapping[str, str]) -> list[str]:
    """Metadata as a list of tags, sorted: the order of Neutron's tags means nothing."""
    return sorted(f"{name}={value}" for name, value in labelled.items())


def from_tags(tags: Iterable[str]) -> dict[str, str]:
    """The reverse of `as_tags`; a tag without `=` is a name without a value.

    Of a name that is told twice, both values: whichever is true, the thing says something else too.
    """
    told: dict[str, set[str]] = {}
    for tag in tags:
        name, _, value = tag.partition("=")
        told.setdefault(name, set()).add(value)
    return {name: " and ".join(sorted(values)) for name, values in told.items()}


def ours(tag: str) -> bool:
    """Whether the adapter writes tags of that name: others are somebody's, and the plugin lets them be."""
    name = tag.partition("=")[0]
    return name == NAME or name.startswith(OWN)


def references(labelled: Mapping[str, str]) -> dict[str, str]:
    """The references among labels: input -> subject."""
    return {
        _read(name.removeprefix(REFERENCE)): subject for name, subject in labelled.items() if name.startswith(REFERENCE)
    }


def described(subject: str, given: Mapping[str, str]) -> str:
    """A description: `flows/f/ingress/b.z/1 securityGroupId=bubbles/b/zones/z`."""
    return " ".join([subject, *(f"{key}={value}" for key, value in sorted(given.items()))])


def from_description(text: str) -> tuple[str | None, dict[str, str]]:
    """The reverse of `described`; no subject where the text says none."""
    subject, *rest = text.split() or [""]
    pairs = (word.partition("=") for word in rest)
    return subject or None, {key: value for key, sign, value in pairs if sign}


def _spelled(key: str) -> str:
    """`networks[0].port` -> `networks.0.port`: Nova takes no brackets in a name."""
    return key.replace("[", ".").replace("]", "")


def _read(name: str) -> str:
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", name)
