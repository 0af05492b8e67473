"""The blocks of a platform file that speak of data: who gives them, under which keys, how they move, how they end."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from blueprint.access_blocks import Right
from blueprint.blocks import Block, Days, Name, Positive, Text

Sensitive = Literal["key_deletion", "policy_change", "export", "re_identification", "firewall", "rights"]
"""Classes of operations that one person never does alone."""
Channel = Literal["clipboard", "drive", "print", "usb", "mail"]
"""Ways out of a remote desktop."""


class Retention(Block):
    """How long traces are kept, and the window that the law allows. Days."""

    traces_days: Days
    minimum_days: Days
    maximum_days: Days


class Role(Block):
    note: Text
    rights: tuple[Right, ...] = Field((), description="What its holders may do at the provider.")


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


class Environment(Block):
    """What the stacks of one environment may hold."""

    data: Literal["synthetic", "real"]


class Exit(Block):
    """A way for data to leave its bubble."""

    kind: Literal["workspace", "child_system"]
    through: Text = Field(description="A bubble, or an external.")
    note: Text


class KeyKind(Block):
    rotation: Text
    note: Text | None = None
    owner: Text | None = None
    algorithm: Text | None = Field(None, description="With its size, such as AES-256-GCM or RSA-4096-OAEP.")
    protection: Literal["hsm", "external_hsm", "manual_store", "software"] | None = None
    rotation_days: Days | None = Field(None, description="The longest life of one key; none where no timer changes it.")
    exportable: bool | None = None
    deletion_days: Days | None = Field(None, description="Days between the order to destroy a key and its end.")
    derived_from: Text | None = Field(None, description="The key that keys of this kind are computed from, if any.")
    administrators: tuple[Name, ...] = Field((), description="Roles that make and destroy them, and never use them.")
    users: tuple[Name, ...] = Field((), description="Roles whose services use them.")


class Certificate(Block):
    """Who evaluated a key module, at which level, until when."""

    scheme: Literal["fips-140-2", "fips-140-3", "anssi", "common-criteria"]
    level: Positive | None = Field(None, description="For the FIPS schemes: 1 to 4.")
    number: Text
    valid_until: dt.date | None = None


class KeyModule(Block):
    """The hardware that protects keys, of the offer or of a third party: where it answers, where its traces go."""

    endpoint: Text = Field(description="Where it answers: a zone (`administration.services`), or an external.")
    logs: Text = Field(description="Subject of the bucket or zone that receives its traces.")
    readers: tuple[Name, ...] = Field((), description="Roles that read its traces; none of them administers keys.")
    certificate: Certificate | None = None


class Keys(Block):
    """The three kinds of keys, and how many the report expects at least."""

    expected_at_least: Positive
    data_at_rest: KeyKind
    import_wrapping: KeyKind
    pseudonymisation: KeyKind
    module: KeyModule | None = None


class Repseudonymisation(Block):
    """The plan by which pseudonyms are made anew: the only way in which their keys change."""

    identifier: Text
    triggers: Annotated[tuple[Text, ...], Field(min_length=1)]
    owner: Text
    bubbles: Annotated[tuple[Name, ...], Field(min_length=1)]
    mapping_destroyed_days: Days = Field(description="Days after which the table from old to new pseudonyms is gone.")


class Pseudonymisation(Block):
    deterministic: bool
    redone_at_each_transfer: bool
    function: Text | None = Field(None, description="A keyed function, such as HMAC-SHA-256 or AES-SIV.")
    version: Text | None = Field(None, description="Recorded with each transfer, so that a pseudonym can be explained.")
    plan: Repseudonymisation | None = None


class Recipient(Block):
    """What makes a system outside the platform a lawful recipient."""

    homologation: Text
    homologation_date: dt.date
    convention: Text


class Transfer(Block):
    """Data that pass from a bubble to another, or out to a child system: which, by which flow, under which key."""

    from_: Annotated[Name, Field(alias="from")]
    to: Name = Field(description="A bubble, or an external.")
    flow: Name
    dataset: Text = Field(description="The part of the data that passes.")
    approver: Name = Field(description="The role that says yes.")
    key: Text | None = Field(None, description="Subject of the pseudonymisation key of this pair and of no other.")
    recipient: Recipient | None = Field(None, description="For an external only.")


class Gate(Block):
    """A bubble's way out: who asks, who says yes, what is checked, what is written."""

    bubble: Name
    quarantine: Text = Field(description="Subject of the bucket where results wait.")
    requesters: Annotated[tuple[Name, ...], Field(min_length=1)]
    approvers: Annotated[tuple[Name, ...], Field(min_length=1)]
    automatic_check: bool
    anonymity_record: Text = Field(description="Reference of the record that says why results are anonymous.")
    maximum_mib: Positive
    logs: Text = Field(description="Subject of the bucket or zone that receives its traces.")
    disabled_channels: tuple[Channel, ...] = Field((), description="Ways out of the workspaces that are closed.")


class SignIn(Block):
    """How a person proves who they are."""

    mfa: Literal["webauthn", "certificate", "totp", "none"]
    nominative: bool
    directory: Text | None = None
    lockout_attempts: Positive | None = None


class Recording(Block):
    mode: Literal["full", "metadata", "none"]
    bucket: Text = Field(description="Subject of the bucket that keeps the sessions.")


class Approval(Block):
    """Who must say yes before a sensitive operation, the asker not counted."""

    at_least: Positive
    roles: Annotated[tuple[Name, ...], Field(min_length=1)]
    author_excluded: bool


DataClass = Literal[
    "aggregated",
    "clinical_pseudonymised",
    "directly_identifying",
    "genetic",
    "gps_track",
    "matching_table",
    "nir_linkable",
    "omop_pseudonymised",
    "snds_pseudonymised",
    "synthetic",
    "unstructured",
]
"""What a dataset holds. Some classes make a requirement apply that a decision sets aside."""


class Dataset(Block):
    """Data of declared classes, and the bubbles that hold them."""

    classes: Annotated[tuple[DataClass, ...], Field(min_length=1)]
    bubbles: Annotated[tuple[Name, ...], Field(min_length=1)]
    note: Text | None = None
