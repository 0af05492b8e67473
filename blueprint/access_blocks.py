"""The blocks of a platform file that say who gets in: accounts at the provider, its doors, and what roles may do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from blueprint.blocks import Block, Count, Days, Name, Text

DoorName = Literal["console", "cli", "api"]
Factor = Literal["webauthn", "certificate", "totp", "none"]


class Door(Block):
    """One way into the provider's account."""

    mfa: Factor
    allowed: Annotated[tuple[Name, ...], Field(min_length=1, description="Externals that it opens to.")]


class Accounts(Block):
    """How persons and services are known at the provider."""

    directory: Text = Field(description="Where persons come from: one for all of them.")
    local: Count = Field(description="Accounts of persons beside the directory: sealed, for a day without it.")
    doors: dict[DoorName, Door]
    access_keys: Literal["none", "services", "persons"] = Field(description="Who holds keys of the API.")
    access_key_days: Days | None = Field(None, description="Days after which a key opens nothing any more.")
    review_days: Days | None = Field(None, description="At most so many days between two reviews of persons' rights.")
    technical_review_days: Days | None = Field(None, description="The same, of services' accounts.")


class Right(Block):
    """What a role may do, and on what."""

    actions: Annotated[tuple[Text, ...], Field(min_length=1, description="One by one, such as `s3:GetObject`.")]
    on: Annotated[tuple[Text, ...], Field(min_length=1, description="Subjects of the platform.")]
