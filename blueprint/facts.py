"""Provider-neutral statements about resources: the only thing that a policy rule sees.

`providers/<p>/facts.py` makes them from (type, properties); rules in `policies/rules/` judge them.
A value unknown to the engine is `UNKNOWN`; a value that the provider's API does not have is `NOT_OBSERVABLE`;
a value of the wrong type is `Malformed`. None of them is ever equal to a good value.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard, TypeVar


class Missing(enum.Enum):
    """Values of their own: neither present nor absent."""

    UNKNOWN = "unknown"
    NOT_OBSERVABLE = "not_observable"


UNKNOWN = Missing.UNKNOWN
NOT_OBSERVABLE = Missing.NOT_OBSERVABLE


@dataclasses.dataclass(frozen=True, slots=True)
class Malformed:
    """A property whose type is not the declared one; `expected` says what was. The value itself is never kept."""

    expected: str


T = TypeVar("T")
Value: TypeAlias = T | Missing | Malformed  # Value[str]: a string, or why there is none


def known(value: Value[T]) -> TypeGuard[T]:
    """True where `value` is a value, and not a reason for having none."""
    return not isinstance(value, Missing | Malformed)


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Which resource a fact speaks of, and whom it serves."""

    urn: str
    type: str
    name: str
    subject: str | None
    """The blueprint path that the adapter wrote into the resource; None where it wrote none."""
    references: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Input property -> subject of the resource it should point at, as the adapter wrote it."""
    tags: Value[Mapping[str, str]] = dataclasses.field(default_factory=dict)
    taggable: bool = False
    provider: str = ""
    targets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Input property -> type of the resource it points at: every id that the resource gives, whatever it declares."""
    dependencies: Mapping[str, tuple[str, ...]] | None = None
    """Input property -> URNs that the engine saw it come from. None before the whole stack is known."""


@dataclasses.dataclass(frozen=True, slots=True)
class Network:
    origin: Origin
    cidr: Value[str]
    region: Value[str]
    """Where the provider's configuration sends it: a network has no region of its own."""
    default_filter_emptied: Value[bool]


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """A subnet."""

    origin: Origin
    cidr: Value[str]
    region: Value[str]
    az: Value[str]
    network: str | None  # subject
    public_addresses_by_default: Value[bool]


@dataclasses.dataclass(frozen=True, slots=True)
class FilterGroup:
    """A security group."""

    origin: Origin
    network: str | None
    implicit_rules_removed: Value[bool]


@dataclasses.dataclass(frozen=True, slots=True)
class FilterRule:
    origin: Origin
    direction: Value[str]  # "ingress" | "egress"
    protocol: Value[str]  # "tcp" | "udp" | "icmp" | "any"
    from_port: Value[int]  # 0..65535; "any" protocol or -1 normalises to 0..65535
    to_port: Value[int]
    cidrs: Value[tuple[str, ...]]
    group: str | None  # subject of the zone whose filter holds the rule
    flow: str | None  # subject of the flow it says it implements


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    origin: Origin
    destination: Value[str]
    via: Value[str]  # "internet" | "nat" | "peering" | "machine" | "other"
    table: str | None  # subject of the zone
    target: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class RouteTable:
    origin: Origin
    network: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Gateway:
    origin: Origin
    kind: str  # "internet" | "nat"
    network: str | None  # subject of the bubble (internet, once linked) or of the subnet (NAT)


@dataclasses.dataclass(frozen=True, slots=True)
class Peering:
    origin: Origin
    source: str | None  # subject of a bubble
    accepter: str | None
    accepter_account: Value[str | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Interface:
    origin: Origin
    segment: str | None
    filters: Value[tuple[str, ...]]
    """Subjects of the filter groups; an empty tuple is the provider's default group."""


@dataclasses.dataclass(frozen=True, slots=True)
class PublicAddress:
    """A public address, and what it is linked to where this resource is the link."""

    origin: Origin
    target: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    origin: Origin
    image: Value[str]
    size: Value[str]
    region: Value[str]
    az: Value[str]
    segment: str | None
    filters: Value[tuple[str, ...]]
    interfaces: Value[tuple[str, ...]]
    """Subjects of the interfaces that it is born with; where there are some, they carry the segment and the filters."""
    user_data: Value[str]
    """As the machine receives it, before decoding. Rules never echo it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Disk:
    origin: Origin
    size_gib: Value[int]
    az: Value[str]
    region: Value[str]
    encrypted: Value[bool]


@dataclasses.dataclass(frozen=True, slots=True)
class Bucket:
    origin: Origin
    name: Value[str]
    region: Value[str]
    acl: Value[str]  # "private" where none is set
    policy: Value[Mapping[str, Any] | None]  # parsed document; keys as written
    cors_origins: Value[tuple[str, ...]]
    website: Value[bool]
    encrypted: Value[bool]
    key: Value[str | None]  # subject of a managed key of the platform's own
    versioning: Value[bool]
    lock_days: Value[int | None]
    force_destroy: Value[bool]


@dataclasses.dataclass(frozen=True, slots=True)
class Component:
    """One of this project's components: a grouping, never a resource at the provider."""

    origin: Origin


@dataclasses.dataclass(frozen=True, slots=True)
class Support:
    """A mapped resource that carries no judgement of its own (a link, a key pair); `role` says what it is."""

    origin: Origin
    role: str


@dataclasses.dataclass(frozen=True, slots=True)
class ProviderConfiguration:
    """An explicit provider resource: where the resources below it really go."""

    origin: Origin
    provider: str
    region: Value[str]
    endpoint: Value[str | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Unmapped:
    """A resource type that no provider's facts.py knows: a violation by itself (closed world)."""

    origin: Origin


Fact: TypeAlias = (
    Network
    | Segment
    | FilterGroup
    | FilterRule
    | Route
    | RouteTable
    | Gateway
    | Peering
    | Interface
    | PublicAddress
    | Machine
    | Disk
    | Bucket
    | Component
    | Support
    | ProviderConfiguration
    | Unmapped
)
