"""The blocks of a platform file that promise what no resource shows: links, backups, watch, proofs, an orderly end."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from blueprint.blocks import Block, Days, Name, Positive, Text

Detected = Literal[
    "break_glass",
    "key_deletion",
    "large_export",
    "log_tampering",
    "network_change",
    "privilege_elevation",
    "source_change",
    "unauthorised_access",
    "unauthorised_export",
]
"""The nine detections that every platform has."""


class Link(Block):
    """The IPsec link by which a partner comes; the partner holds its other end."""

    partner: Name = Field(description="A partner, or `snds`.")
    ike: Annotated[int, Field(ge=1, le=2, description="Version of the key exchange.")]
    encryption: Text = Field(description="With its size, such as AES-256-GCM.")
    group: Positive = Field(description="Number of the Diffie-Hellman group in the IANA's list, such as 20.")
    authentication: Literal["certificate", "shared_secret"]
    secret: Text | None = Field(None, description="Path of the shared secret in the vault: never the secret.")


class Backup(Block):
    """Copies of one thing: how often, where to, under which key, and when one was last brought back."""

    of: Text = Field(description="Subject of a tier or of a bucket.")
    to: Text = Field(description="Subject of the bucket that keeps the copies, or an external.")
    every_hours: Positive
    key: Text | None = Field(None, description="Subject of the key that the copies are encrypted with.")
    restored_on: dt.date | None = Field(None, description="Day of the last trial that brought a copy back.")


class Detection(Block):
    """So many events in so many minutes raise an alert."""

    events: Positive
    minutes: Positive


class Detections(Block):
    """What the collector looks for in the traces, and who is told."""

    alerts: Name = Field(description="The role that is told.")
    tested_on: dt.date | None = Field(None, description="Day of the last trial of an alert.")
    rules: dict[Detected, Detection]


class Proofs(Block):
    """Where the evidence of each deployment is kept, and how often drift is looked for."""

    bucket: Text = Field(description="Subject of the locked bucket that keeps the heads of the chain.")
    drift_hours: Positive = Field(description="Hours between two looks at what differs from the plan.")


class StorageKey(Block):
    """A key that opens object storage: whose buckets, for whom, for how long."""

    bubbles: Annotated[tuple[Name, ...], Field(min_length=1)]
    holder: Name = Field(description="The role whose services use it.")
    days: Days | None = Field(None, description="Days after which it opens nothing any more.")


class Closing(Block):
    """The days on which a space is closed, step by step."""

    rights: dt.date = Field(description="Nobody has a role in it any more.")
    logs: dt.date = Field(description="Its traces are put away.")
    archive: dt.date = Field(description="Its data are in their archive.")
    network: dt.date = Field(description="No flow reaches it any more.")
    data: dt.date = Field(description="Its data are erased, the archive's too.")
    keys: dt.date = Field(description="Its keys are destroyed.")
