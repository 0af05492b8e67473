"""The blueprint's shape: what a platform file may say.

The model accepts every *well-formed* description, including one that breaks every rule (a public bucket, 0.0.0.0/0, a
foreign region): refusing those is the policy pack's work, which can say why. Here only the form is judged.

Nothing that matters has a default: a field that is left out means "there is none", never a hidden choice, so that every
value of a platform is written in its file and can be attributed to the report, to a regulation or to an assumption.
"""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from blueprint.plan import BubbleKind, Plane, ZoneRole

NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""No double hyphen: `--` separates two names in a subject."""


def _cidr(value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("not a range of addresses; one looks like 192.0.2.0/24 or 2001:db8::/32") from None
    if "/" not in value:
        raise ValueError(f"a range of addresses needs its length; for one address write {network}")
    if str(network) != str(ipaddress.ip_interface(value)):
        raise ValueError(f"bits are set beyond the length; the range is {network}")
    return str(network)


def _private_cidr(value: str) -> str:
    network = ipaddress.ip_network(_cidr(value))
    if network.version != 4 or not network.is_private or network.prefixlen > 20:
        raise ValueError("the platform's own addresses are a private IPv4 range of /20 or larger, such as 10.64.0.0/12")
    return str(network)


def _ports(value: object) -> object:
    """`443` or `"8000-8005"`, always kept as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_ports(value: str) -> str:
    first, last = port_range(value)
    if not 0 <= first <= last <= 65535:
        raise ValueError("ports lie between 0 and 65535, the smaller first")
    return value


def port_range(ports: str) -> tuple[int, int]:
    """First and last port of `443` or `8000-8005`."""
    first, _, last = ports.partition("-")
    return int(first), int(last or first)


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=32)]
Text = Annotated[str, StringConstraints(min_length=1)]
Cidr = Annotated[str, AfterValidator(_cidr)]
AddressSpace = Annotated[str, AfterValidator(_private_cidr)]
Ports = Annotated[
    str,
    BeforeValidator(_ports, json_schema_input_type=int | str),
    StringConstraints(pattern=r"^[0-9]{1,5}(-[0-9]{1,5})?$"),
    AfterValidator(_check_ports),
]
Slot = Annotated[int, Field(ge=0, description="Address slot: given by `rempart check --fix`, kept for life.")]
Count = Annotated[int, Field(ge=0, le=999)]
Positive = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=1, le=36600)]
Port = Annotated[int, Field(ge=1, le=65535)]
Protocol = Literal["tcp", "udp", "icmp"]
Encryption = Literal["tls", "mutual_tls", "ssh", "ipsec", "authenticated", "none"]
"""`authenticated`: signed but readable, such as time answers."""


class Origin(enum.StrEnum):
    """Where a value comes from."""

    REPORT = "report"
    REGULATION = "regulation"
    ASSUMPTION = "assumption"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Provenance(Model):
    """Where one field of a block comes from, when it differs from the block's own origin."""

    origin: Origin
    source: Text


class Block(Model):
    """A part of the file that says where its values come from; what it leaves out, it inherits from the part around it.

    `origins` overrides by field: `origins: {vcpus: {origin: assumption, source: ...}}`.
    """

    origin: Origin | None = None
    source: Text | None = Field(None, description="The text the values come from, or why they were assumed.")
    origins: dict[str, Provenance] = Field({}, description="Other origins, by field of this block.")


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


class Bucket(Block):
    purpose: Text
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


class External(Block):
    """A place outside the platform."""

    cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)]
    via: Literal["internet", "private"]
    administration: bool = Field(False, description="Administrators come from here, and reach the bastion.")


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


class Retention(Block):
    """How long traces are kept, and the window that the law allows. Days."""

    traces_days: Days
    minimum_days: Days
    maximum_days: Days


class Role(Block):
    note: Text


class Partner(Block):
    title: Text
    feeds_data: bool


class Snds(Block):
    copy_: Annotated[Literal["none", "partial", "full"], Field(alias="copy")]
    note: Text | None = None


class Update(Block):
    every_months: Positive


class Peak(Block):
    """A yearly load peak."""

    month: Annotated[int, Field(ge=1, le=12)] | None = None
    note: Text


class Exit(Block):
    """A way for data to leave its bubble."""

    kind: Literal["workspace", "child_system"]
    through: Text = Field(description="A bubble, or an external.")
    note: Text


class KeyKind(Block):
    rotation: Text
    note: Text | None = None


class Keys(Block):
    """The three kinds of keys, and how many the report expects at least."""

    expected_at_least: Positive
    data_at_rest: KeyKind
    import_wrapping: KeyKind
    pseudonymisation: KeyKind


class Pseudonymisation(Block):
    deterministic: bool
    redone_at_each_transfer: bool


class Workaround(Block):
    """A workaround that the platform accepts for a brick the provider lacks."""

    name: Text


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
    keys: Keys | None = None
    pseudonymisation: Pseudonymisation | None = None
