"""Provider-neutral statements about resources: the only thing that a policy rule sees.

`providers/<p>/facts.py` makes them. `Value[str]` is a string, or why there is none: `blueprint.values`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeAlias

from blueprint.declared_facts import Administration as Administration
from blueprint.declared_facts import ExportGate as ExportGate
from blueprint.declared_facts import KeyModule as KeyModule
from blueprint.declared_facts import PseudonymService as PseudonymService
from blueprint.declared_facts import Tier as Tier
from blueprint.declared_facts import Transfer as Transfer
from blueprint.origin import OUTSIDE as OUTSIDE
from blueprint.origin import UNBOUND as UNBOUND
from blueprint.origin import Origin as Origin
from blueprint.values import NOT_OBSERVABLE, Value


@dataclasses.dataclass(frozen=True, slots=True)
class Network:
    origin: Origin
    cidr: Value[str | None]
    """None where the provider's networks have no range of their own: their segments have."""
    region: Value[str]
    """Where the provider's configuration sends it: a network has no region of its own."""
    default_filter_emptied: Value[bool | None]
    """None where the provider gives no filter by network: each interface names its own."""
    shared: Value[bool] = False
    """Whether other projects of the provider may stand on it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """A subnet."""

    origin: Origin
    cidr: Value[str]
    region: Value[str]
    az: Value[str | None]
    """None where the provider's segments span the availability zones."""
    network: str | None  # subject
    public_addresses_by_default: Value[bool]
    default_way: Value[bool] = False
    """Whether machines are given a default route by standing here."""
    handed_out: Value[tuple[str, ...]] = ()
    """First and last address of each range that it hands out by itself; empty where that is all of its own."""


@dataclasses.dataclass(frozen=True, slots=True)
class FilterGroup:
    """A security group."""

    origin: Origin
    network: str | None
    implicit_rules_removed: Value[bool]
    stateful: Value[bool] = True
    """Whether replies pass by connection state."""


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
    link: str | None = None
    """Subject of the peering, for an interface that stands on a link instead of in its zone's segment."""
    guarded: Value[bool] = True
    """Whether the provider filters it and drops what does not come from its own address."""
    other_addresses: Value[tuple[str, ...]] = ()
    """Ranges that it may send from beside its own address."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attachment:
    """A segment's place on the link or the gateway that serves it."""

    origin: Origin
    link: str | None  # subject of the peering or of the gateway
    segment: str | None  # subject of the segment
    cidr: Value[str | None]
    """The addresses that the segment has there; None where it keeps its own."""
    handed_out: Value[tuple[str, ...]] = ()  # as a segment's


@dataclasses.dataclass(frozen=True, slots=True)
class PublicAddress:
    """A public address, and what it is linked to where this resource is the link."""

    origin: Origin
    target: str | None
    filters: Value[tuple[str, ...]] | None = None
    """Subjects of its filter groups where it is an interface of its own; None where another interface has them."""
    guarded: Value[bool] = True
    other_addresses: Value[tuple[str, ...]] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class BootDisk:
    """What a machine's system stands on."""

    encrypted: Value[bool]
    outlives: Value[bool]  # whether it stays when its machine goes


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
    placement: str | None = None
    """Subject of the tier whose machines the provider keeps apart, where it was told to."""
    boot: Value[BootDisk | None] = NOT_OBSERVABLE  # None: from no volume of its own
    asks_network: Value[bool] = NOT_OBSERVABLE  # for all that it is born with
    access_key: str | None = None  # subject of the key pair that opens it
    also: tuple[Value[str], ...] = ()
    """What else it is given at birth, beside its user data: it is read for secrets, and compared with nothing."""
    copied: Value[bool | None] = None
    """Whether it names a policy by which the provider copies its disks; None where there are no such policies."""
    left_out: Value[bool] = False
    """Whether copies leave out a disk that it is born with."""


@dataclasses.dataclass(frozen=True, slots=True)
class Placement:
    """Which machines stand on different hosts: those of one tier."""

    origin: Origin
    apart: Value[bool]


@dataclasses.dataclass(frozen=True, slots=True)
class Disk:
    origin: Origin
    size_gib: Value[int]
    az: Value[str | None]
    """None where the provider's volumes have no zone of the machines' kind."""
    region: Value[str]
    encrypted: Value[bool]
    snapshot: Value[str | None] = None
    """Where its content comes from; None for an empty disk."""
    left_out: Value[bool] = False
    """Whether copies of its machine leave it out."""
    copied: Value[bool | None] = None
    """Whether it names a policy of copies of its own; None where it goes with its machine."""


@dataclasses.dataclass(frozen=True, slots=True)
class Expiry:
    """One rule by which objects go: those whose key begins with `prefix`, after so many days."""

    prefix: Value[str]
    days: Value[int | None]
    noncurrent_days: Value[int | None]
    unfinished_days: Value[int | None] = None  # of the parts of uploads that nobody finished


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
    has_policies: bool = True
    """False where the store has no bucket policies at all, as far as its sources show."""
    expiry: Value[tuple[Expiry, ...]] = ()
    lock_mode: Value[str | None] = None  # "COMPLIANCE": nobody lifts it; "GOVERNANCE": whoever has the right does
    admitted: Value[tuple[str, ...] | None] = None
    """Ranges from which it answers at all; None where its store keeps no such list of its own."""


@dataclasses.dataclass(frozen=True, slots=True)
class StackReference:
    """Another stack whose outputs are read: `<platform>.<target>.<environment>.<layer>`."""

    origin: Origin
    stack: Value[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """A key, as the plan's inventory or a key store describes it."""

    origin: Origin
    kind: Value[str]  # "data_at_rest" | "import_wrapping" | "pseudonymisation"
    scope: Value[str]  # subject that it serves
    receiver: Value[str | None]  # subject of the bubble that receives what it made
    owner: Value[str | None]
    algorithm: Value[str | None]
    protection: Value[str | None]
    rotation: Value[str | None]  # in words: all there is where no timer changes it
    rotation_days: Value[int | None]
    exportable: Value[bool | None]
    deletion_days: Value[int | None]
    derived_from: Value[str | None]
    administrators: Value[tuple[str, ...]]
    users: Value[tuple[str, ...]]


@dataclasses.dataclass(frozen=True, slots=True)
class Component:
    """One of this project's components: a grouping, never a resource at the provider."""

    origin: Origin


@dataclasses.dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair as the provider knows it: who holds the private half enters the machines that it opens."""

    origin: Origin
    given: Value[bool]  # its public half; else the provider made both, and the state has the private one


@dataclasses.dataclass(frozen=True, slots=True)
class Support:
    """A mapped resource that carries no judgement of its own (a link); `role` says what it is."""

    origin: Origin
    role: str
    ends: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    """What it joins ("segment", "table", "disk", "machine", "peering") -> subject of each, as it says."""
    gives: Value[str | None] = None
    """What a grant lets its key do: "read", "write" or "control" (say who else may). None where it is no grant."""


@dataclasses.dataclass(frozen=True, slots=True)
class Credential:
    """A key of the provider's own interfaces that a resource makes: its secret half lies in the state."""

    origin: Origin
    opens: str  # "api" | "storage"
    everything: bool  # whether it opens all that the account has there
    until: Value[str]  # the day on which it ends, as it is written


@dataclasses.dataclass(frozen=True, slots=True)
class Unjudged:
    """A known type that shows no rule anything to judge: a record must answer for it. `why` says so in words."""

    origin: Origin
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class ProviderConfiguration:
    """An explicit provider resource: where the resources below it really go."""

    origin: Origin
    provider: str
    region: Value[str]
    endpoint: Value[str | None]
    profile: Value[str | None] = None  # entry of the user's configuration to sign in with
    secret: str | None = None  # name of the argument in which a credential is written out; its value is never kept
    others: tuple[str, ...] = ()
    """Names of arguments that no rule reads: by one of them it may go elsewhere, or as another."""
    trusting: Value[bool] = False
    """Whether it takes the endpoint's word for who it is: TLS without a look at the certificate."""


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
    | Attachment
    | PublicAddress
    | Machine
    | Placement
    | Disk
    | Bucket
    | StackReference
    | Key
    | KeyModule
    | Transfer
    | ExportGate
    | PseudonymService
    | Administration
    | Tier
    | Component
    | AccessKey
    | Support
    | Credential
    | Unjudged
    | ProviderConfiguration
    | Unmapped
)
