"""The plan: everything that follows from a blueprint and a target, before any cloud is asked.

`planner.plan()` makes one. Components register what it says, the policy pack recomputes it, the command line draws it.
Every part carries a `subject`: its stable path in the blueprint, which also travels in tags, descriptions and findings.
All addresses are strings in CIDR notation; sizes are GiB; times are days unless the name says otherwise.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

from blueprint import data_plan


class Plane(enum.StrEnum):
    """Where filtering happens (F-003)."""

    PERIMETER = "perimeter"
    OPERATION = "operation"
    SERVICE = "service"


class ZoneRole(enum.StrEnum):
    """What a zone is for; rules about the Internet and public addresses depend on it."""

    EDGE = "edge"
    SERVICE = "service"
    DATA = "data"
    ADMIN = "admin"


class BubbleKind(enum.StrEnum):
    INGESTION = "ingestion"
    WAREHOUSE = "warehouse"
    PROJECT = "project"
    EXPORT = "export"
    ADMINISTRATION = "administration"


class Direction(enum.StrEnum):
    INGRESS = "ingress"
    EGRESS = "egress"


class Via(enum.StrEnum):
    """How traffic leaves a zone: an internet service, a NAT service, a peering."""

    INTERNET = "internet"
    NAT = "nat"
    PEERING = "peering"


@dataclasses.dataclass(frozen=True, slots=True)
class Subnet:
    """One zone in one availability zone. Subject: `bubbles/<b>/zones/<z>/az/<a>`."""

    subject: str
    az: str  # "a", "b": the letter the region gives it
    region: str
    cidr: str


@dataclasses.dataclass(frozen=True, slots=True)
class Zone:
    """A subnet of a bubble, spread over availability zones. Subject: `bubbles/<b>/zones/<z>`."""

    subject: str
    bubble: str
    name: str
    plane: Plane
    role: ZoneRole
    slot: int
    region: str
    cidr: str
    subnets: tuple[Subnet, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Project:
    """What makes a bubble lawful (DAT-02): who, why, until when."""

    identifier: str
    authorisation: str
    owner: str
    start: dt.date | None
    end: dt.date | None
    roles: tuple[str, ...]
    archive_days: int | None
    log_sink: str | None
    """Subject of the zone or bucket that receives the bubble's logs."""
    keys: tuple[str, ...] = ()
    """Subjects of the keys of the bubble."""
    closing: data_plan.Closing | None = None
    """Where it is being closed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Bubble:
    """A sealed space. Subject: `bubbles/<b>`. One network of its own at the provider."""

    subject: str
    name: str
    kind: BubbleKind
    slot: int
    cidr: str
    data_class: str
    owner: str
    zones: tuple[Zone, ...]
    project: Project | None
    """Platform bubbles carry the platform's own authorisation. None where the file omits it."""


@dataclasses.dataclass(frozen=True, slots=True)
class External:
    """A place outside the platform. Subject: `externals/<e>`."""

    subject: str
    name: str
    cidrs: tuple[str, ...]
    via: str  # "internet" | "private"
    administration: bool
    """True where administrators come from (the bastion's declared ranges)."""
    operator: str | None = None
    """Who runs it; None where the blueprint does not say."""
    country: str | None = None
    """Where its operator is established, by its code of two letters (ISO 3166-1)."""
    link: data_plan.Link | None = None
    """The IPsec link by which it comes; None where the blueprint does not say."""


@dataclasses.dataclass(frozen=True, slots=True)
class Flow:
    """One allowed conversation of the matrix. Subject: `flows/<f>`.

    `source` and `destination` are subjects of a zone, a bubble, or an external.
    """

    subject: str
    name: str
    source: str
    destination: str
    protocol: str  # "tcp" | "udp" | "icmp"
    from_port: int
    to_port: int
    encryption: str
    purpose: str
    owner: str
    review_date: dt.date | None
    generated: bool
    waf: bool
    automated: bool | None = None
    """Whether machines open it by themselves; None where the blueprint does not say."""


@dataclasses.dataclass(frozen=True, slots=True)
class FilterRule:
    """One directed rule of one flow, on one zone's filter. Subject: `flows/<f>/<direction>/<bubble>.<zone>/<n>`."""

    subject: str
    flow: str  # subject of the flow
    direction: Direction
    zone: str  # subject of the zone whose filter holds the rule
    protocol: str
    from_port: int
    to_port: int
    cidr: str  # source of an ingress rule, destination of an egress rule
    peer: str  # subject of the zone, bubble or external behind `cidr`


@dataclasses.dataclass(frozen=True, slots=True)
class Peering:
    """A link between the networks of two bubbles that have at least one flow. Subject: `peerings/<a>--<b>`, a < b."""

    subject: str
    a: str  # bubble name
    b: str
    flows: tuple[str, ...]  # subjects


@dataclasses.dataclass(frozen=True, slots=True)
class Gateway:
    """An internet service or a NAT service of a bubble. Subject: `bubbles/<b>/gateways/<via>`."""

    subject: str
    bubble: str
    via: Via
    zone: str | None
    """Subject of the edge zone where a NAT service stands; None for an internet service."""


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """One route of one zone's table. Subject: `<zone>/routes/<cidr with - for . : and />`."""

    subject: str
    zone: str
    destination: str
    via: Via
    target: str  # subject of the gateway or the peering


@dataclasses.dataclass(frozen=True, slots=True)
class Disk:
    """Subject: `<machine>/disks/<d>`."""

    subject: str
    name: str
    size_gib: int
    performance: str  # "standard" | "ssd"
    iops: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a tier. Subject: `bubbles/<b>/tiers/<t>/<n>`."""

    subject: str
    bubble: str
    zone: str  # subject of the zone
    subnet: str  # subject of the subnet
    tier: str
    index: int
    az: str
    vcpus: int
    memory_gib: int
    image: str
    user_data: str
    highly_available: bool
    disks: tuple[Disk, ...]
    peak_count: int | None = None
    """Machines that its tier needs at the yearly peak."""


@dataclasses.dataclass(frozen=True, slots=True)
class Bucket:
    """Subject: `bubbles/<b>/buckets/<k>`."""

    subject: str
    bubble: str
    name: str
    purpose: str
    public: bool
    versioning: bool
    lock_days: int | None
    expire_days: int | None
    noncurrent_expire_days: int | None
    deny_plaintext: bool
    lands_from: str | None = None
    """The partner, or `snds`, whose deliveries land here."""


@dataclasses.dataclass(frozen=True, slots=True)
class Bastion:
    """The only way in for administration. Subject: `bastion`; its machines are `bastion/<n>`."""

    subject: str
    zone: str
    access: str  # "declared_ranges" | "vpn"
    machines: tuple[Machine, ...]
    admin_ports: tuple[int, ...]
    sign_in: data_plan.SignIn | None = None
    recording: data_plan.Recording | None = None
    approvals: tuple[data_plan.Approval, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """One entry of the keyring's inventory. Subject: `keys/<k>`."""

    subject: str
    kind: str  # "data_at_rest" | "import_wrapping" | "pseudonymisation"
    scope: str  # subject that the key serves
    rotation: str
    receiver: str | None = None
    """Bubble that receives what a pseudonymisation key made, and never holds the key."""
    owner: str | None = None
    algorithm: str | None = None
    protection: str | None = None  # "hsm" | "external_hsm" | "manual_store" | "software"
    rotation_days: int | None = None
    exportable: bool | None = None
    deletion_days: int | None = None
    derived_from: str | None = None
    administrators: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Assumption:
    """A value that neither the report nor a regulation gives."""

    subject: str
    field: str
    value: str
    note: str
    location: str  # file:line


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """The whole. Sequences are sorted by subject: the same blueprint gives the same bytes."""

    platform: str
    title: str
    environment: str
    provider: str
    region: str
    azs: tuple[str, ...]
    simulated: bool
    cidr: str
    bubbles: tuple[Bubble, ...]
    externals: tuple[External, ...]
    flows: tuple[Flow, ...]
    rules: tuple[FilterRule, ...]
    peerings: tuple[Peering, ...]
    gateways: tuple[Gateway, ...]
    routes: tuple[Route, ...]
    machines: tuple[Machine, ...]  # without the bastion's
    buckets: tuple[Bucket, ...]
    bastion: Bastion | None
    keys: tuple[Key, ...]
    assumptions: tuple[Assumption, ...]
    needs: tuple[str, ...]
    """What the blueprint needs: bricks ("network", "compute", ...), and features that an offer may lack ("peering")."""
    transfers: tuple[data_plan.Transfer, ...] = ()
    gates: tuple[data_plan.Gate, ...] = ()
    pseudonymisation: data_plan.Pseudonymisation | None = None
    data: str | None = None
    """"synthetic" | "real": what this environment may hold; None where the blueprint does not say."""
    peaks: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    """Those that feed data, and `snds` where a copy is held."""
    workarounds: tuple[data_plan.Workaround, ...] = ()

    @property
    def all_machines(self) -> tuple[Machine, ...]:
        """Those of the tiers, then the bastion's."""
        return (*self.machines, *(self.bastion.machines if self.bastion else ()))

    def bubble(self, name: str) -> Bubble:
        return next(b for b in self.bubbles if b.name == name)

    def zone(self, subject: str) -> Zone:
        return next(z for b in self.bubbles for z in b.zones if z.subject == subject)

    def flow(self, subject: str) -> Flow:
        return next(f for f in self.flows if f.subject == subject)

    datasets: tuple[data_plan.Dataset, ...] = ()
    key_module: data_plan.KeyModule | None = None
    backups: tuple[data_plan.Backup, ...] = ()
    detections: data_plan.Detections | None = None
    proofs: data_plan.Proofs | None = None
    storage_keys: tuple[data_plan.StorageKey, ...] = ()
    accounts: data_plan.Accounts | None = None
    rights: tuple[data_plan.Right, ...] = ()
