"""The parts of a plan that no resource carries: who administers, how pseudonyms are made, how data move and leave."""

from __future__ import annotations

import dataclasses
import datetime as dt


@dataclasses.dataclass(frozen=True, slots=True)
class SignIn:
    """How administrators prove who they are."""

    mfa: str  # "webauthn" | "certificate" | "totp" | "none"
    nominative: bool
    directory: str | None
    lockout_attempts: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """What is kept of administrators' sessions; `bucket` is a subject."""

    mode: str  # "full" | "metadata" | "none"
    bucket: str


@dataclasses.dataclass(frozen=True, slots=True)
class Approval:
    """Who must say yes before one class of sensitive operations."""

    operation: str
    at_least: int
    roles: tuple[str, ...]
    author_excluded: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Pseudonymisation:
    """How pseudonyms are made, and by which plan they are made anew. Subject: `pseudonymisation`."""

    subject: str
    deterministic: bool
    redone_at_each_transfer: bool
    function: str | None
    version: str | None
    plan: str | None  # identifier of the plan
    plan_owner: str | None
    plan_triggers: tuple[str, ...]
    plan_bubbles: tuple[str, ...]  # subjects
    mapping_destroyed_days: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Transfer:
    """Data that pass from a bubble to another, or out. Subject: `transfers/<t>`."""

    subject: str
    source: str  # subject of a bubble
    target: str  # subject of a bubble or of an external
    flow: str  # subject
    dataset: str
    approver: str
    key: str | None
    homologation: str | None
    homologation_date: dt.date | None
    convention: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Gate:
    """The way out of a bubble. Subject: `gates/<g>`."""

    subject: str
    bubble: str  # subject
    quarantine: str  # subject of a bucket
    requesters: tuple[str, ...]
    approvers: tuple[str, ...]
    automatic_check: bool
    anonymity_record: str
    maximum_mib: int
    logs: str  # subject
    disabled_channels: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class KeyModule:
    """The hardware that protects keys. Subject: `keys/module`. `endpoint` and `logs` are subjects."""

    subject: str
    endpoint: str
    logs: str
    readers: tuple[str, ...]
    scheme: str | None
    level: int | None
    number: str | None
    valid_until: dt.date | None


@dataclasses.dataclass(frozen=True, slots=True)
class Workaround:
    """What the platform accepts in place of a brick. Subject: `workarounds/<brick>`."""

    subject: str
    brick: str
    name: str
    owner: str | None = None
    review_days: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Dataset:
    """Data of declared classes, and the subjects of the bubbles that hold them."""

    subject: str
    classes: tuple[str, ...]
    bubbles: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """The IPsec link by which a partner comes, of one external."""

    partner: str
    ike: int
    encryption: str
    group: int
    authentication: str  # "certificate" | "shared_secret"
    secret: str | None
    """Its name in the vault."""


@dataclasses.dataclass(frozen=True, slots=True)
class Backup:
    """Copies of a tier's disks or of a bucket. Subject: `backups/<b>`. Source, target and key are subjects."""

    subject: str
    source: str
    target: str
    every_hours: int
    key: str | None
    restored_on: dt.date | None


@dataclasses.dataclass(frozen=True, slots=True)
class Detection:
    """So many events in so many minutes raise an alert."""

    name: str
    events: int
    minutes: int


@dataclasses.dataclass(frozen=True, slots=True)
class Detections:
    """What is looked for in the traces. Subject: `detections`."""

    subject: str
    alerts: str
    tested_on: dt.date | None
    rules: tuple[Detection, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Proofs:
    """Where the evidence of each deployment is kept. Subject: `proofs`."""

    subject: str
    bucket: str
    drift_hours: int


@dataclasses.dataclass(frozen=True, slots=True)
class StorageKey:
    """A key that opens object storage. Subject: `storage_keys/<k>`; `bubbles` are subjects."""

    subject: str
    bubbles: tuple[str, ...]
    holder: str
    days: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Closing:
    """The days on which a bubble is closed, in the order in which they must come."""

    rights: dt.date
    logs: dt.date
    archive: dt.date
    network: dt.date
    data: dt.date
    keys: dt.date


@dataclasses.dataclass(frozen=True, slots=True)
class Door:
    """One way into the provider's account; `allowed` are subjects of externals."""

    name: str  # "api" | "cli" | "console"
    mfa: str  # as a sign-in's
    allowed: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Accounts:
    """How persons and services are known at the provider. Subject: `accounts`."""

    subject: str
    directory: str
    local: int
    doors: tuple[Door, ...]
    access_keys: str  # "none" | "services" | "persons"
    access_key_days: int | None
    review_days: int | None
    technical_review_days: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Right:
    """What a role may do, and on which subjects. Subject: `roles/<r>`."""

    subject: str
    actions: tuple[str, ...]
    on: tuple[str, ...]
