# ruff: noqa: RUF012 - pydantic copies the defaults of fields
"""The blueprint's shape: what a platform file may say.

The model accepts every *well-formed* description, including one that breaks every rule (a public bucket, 0.0.0.0/0, a
foreign region): refusing those is the policy pack's work, which can say why. Here only the form is judged.

Nothing that matters has a default: a field that is left out means "there is none", never a hidden choice, so that every
value of a platform is written in its file and can be attributed to the report, to a regulation or to an assumption.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from blueprint.access_blocks import Accounts
from blueprint.assurance_blocks import Backup, Closing, Detections, Link, Proofs, StorageKey
from blueprint.blocks import (
    NAME_PATTERN,
    AddressSpace,
    Block,
    Cidr,
    Count,
    Days,
    Encryption,
    Model,
    Name,
    Origin,
    Port,
    Ports,
    Positive,
    Protocol,
    Provenance,
    Slot,
    Text,
    port_range,
)
from blueprint.data_blocks import (
    Approval,
    Dataset,
    Environment,
    Exit,
    Gate,
    Keys,
    Partner,
    Peak,
    Pseudonymisation,
    Recording,
    Retention,
    Role,
    Sensitive,
    SignIn,
    Snds,
    Transfer,
    Update,
)
from blueprint.plan import BubbleKind, Plane, ZoneRole

__all__ = [
    "NAME_PATTERN",
    "Block",
    "Blueprint",
    "Model",
    "Name",
    "Origin",
    "Provenance",
    "Slots",
    "Text",
    "port_range",
]


class Slots(Model):
    """Ledger of address slots, kept by `rempart check --fix`: a slot once given is never given again."""

    next: Slot
    retired: tuple[Slot, ...] = ()


class Authorisation(Block):
    """What makes a bubble lawful: who, under which decision, until when."""

    identifier: Text | None = None
    authorisation: Text | None = Field(None, description="Reference of the decision that allows the processing.")
    owner: Text | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    roles: tuple[Name, ...] = ()
    archive_days: Days | None = None
    log_sink: Text | None = Field(None, description="Subject: bubbles/<b>/buckets/<k> or bubbles/<b>/zones/<z>.")
    closing: Closing | None = Field(None, description="Where the space is being closed: when, step by step.")


class Zone(Block):
    slot: Slot | None = None
    plane: Plane
    role: ZoneRole
    region: Text | None = Field(None, description="Only where it is not the target's region.")


class Disk(Block):
    size_gib: Positive
    performance: Literal["standard", "ssd"]
    iops: Positive | None = None


class Tier(Block):
    """Machines of one kind, spread over the availability zones."""

    zone: Name
    count: Count
    vcpus: Positive
    memory_gib: Positive
    image: Text
    disks: dict[Name, Disk] = {}
    user_data: str | None = None
    highly_available: bool = False
    peak_count: Positive | None = Field(None, description="Machines that the yearly peak needs.")


class Bucket(Block):
    purpose: Text
    lands_from: Name | None = Field(None, description="The partner, or `snds`, whose deliveries land here.")
    public: bool = False
    versioning: bool = False
    lock_days: Days | None = None
    expire_days: Days | None = None
    noncurrent_expire_days: Days | None = None
    deny_plaintext: bool = Field(False, description="Refuse requests that do not come through TLS.")


class Bubble(Block):
    slot: Slot | None = None
    slots: Slots | None = Field(None, description="Ledger of the zones' slots.")
    kind: BubbleKind
    data_class: Text | None = None
    owner: Text | None = None
    project: Authorisation | None = Field(None, description="Where absent, the platform's own authorisation holds.")
    zones: Annotated[dict[Name, Zone], Field(min_length=1)]
    tiers: dict[Name, Tier] = {}
    buckets: dict[Name, Bucket] = {}


class Operator(Block):
    """Who runs a place outside the platform."""

    name: Text
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="Where it is established: ISO 3166-1 alpha-2.")]


class External(Block):
    """A place outside the platform."""

    cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)]
    via: Literal["internet", "private"]
    administration: bool = Field(False, description="Administrators come from here, and reach the bastion.")
    operator: Operator | None = None
    link: Link | None = None


class Flow(Block):
    """One allowed conversation. `from` and `to` name a zone (`warehouse.omop`), a bubble, or an external."""

    from_: Annotated[Text, Field(alias="from")]
    to: Text
    protocol: Protocol
    ports: Ports | None = Field(None, description="443 or 8000-8005; none for icmp.")
    encryption: Encryption | None = None
    purpose: Text | None = None
    owner: Text | None = None
    review_date: dt.date | None = None
    waf: bool = Field(False, description="An application firewall stands in front.")
    automated: bool | None = Field(None, description="Machines open it by themselves; false where a person signs in.")


class Service(Block):
    """A service of the platform: one flow to it is generated for every other bubble that holds machines."""

    zone: Text
    protocol: Protocol
    ports: Ports
    encryption: Encryption | None = None
    purpose: Text | None = None
    owner: Text | None = None
    review_date: dt.date | None = None


class Bastion(Block):
    """The only way in for administration: its flows to every bubble, and from `allowed` to it, are generated."""

    zone: Text
    access: Literal["declared_ranges", "vpn"]
    machines_per_az: Positive
    admin_ports: Annotated[tuple[Port, ...], Field(min_length=1)]
    allowed: tuple[Name, ...] = Field((), description="Externals that administrators come from.")
    encryption: Encryption | None = None
    owner: Text | None = None
    review_date: dt.date | None = None
    vcpus: Positive
    memory_gib: Positive
    image: Text
    disks: dict[Name, Disk] = {}
    user_data: str | None = None
    sign_in: SignIn | None = None
    recording: Recording | None = None
    approvals: dict[Sensitive, Approval] = {}


class Workaround(Block):
    """A workaround that the platform accepts for a brick the provider lacks."""

    name: Text
    owner: Text | None = Field(None, description="Who looks after what the workaround leaves to persons.")
    review_days: Days | None = Field(None, description="At most so many days between two looks at it.")


class Blueprint(Block):
    """One platform."""

    platform: Name
    title: Text
    origin: Origin
    source: Text
    address_space: AddressSpace
    azs: Annotated[int, Field(ge=1, le=16, description="Availability zones wanted.")]
    slots: Slots | None = None
    authorisation: Authorisation | None = None
    bubbles: Annotated[dict[Name, Bubble], Field(min_length=1)]
    externals: dict[Name, External] = {}
    flows: dict[Name, Flow] = {}
    services: dict[Name, Service] = {}
    bastion: Bastion | None = None
    workarounds: dict[Name, Workaround] = {}
    retention: Retention | None = None
    roles: dict[Name, Role] = {}
    partners: dict[Name, Partner] = {}
    snds: Snds | None = None
    update: Update | None = None
    peaks: dict[Name, Peak] = {}
    exits: dict[Name, Exit] = {}
    environments: dict[Name, Environment] = {}
    transfers: dict[Name, Transfer] = {}
    gates: dict[Name, Gate] = {}
    keys: Keys | None = None
    pseudonymisation: Pseudonymisation | None = None
    datasets: dict[Name, Dataset] = {}
    backups: dict[Name, Backup] = {}
    detections: Detections | None = None
    proofs: Proofs | None = None
    storage_keys: dict[Name, StorageKey] = {}
    accounts: Accounts | None = None
