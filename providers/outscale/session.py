"""Explicit Outscale and OOS providers, and the one way in which this folder registers a resource."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pulumi
import rempart_outscale as outscale
import rempart_s3 as s3

from blueprint import naming
from blueprint import plan as plans
from providers import adoption, contracts, tagging

Kind = TypeVar("Kind", bound=pulumi.CustomResource)


@dataclasses.dataclass(frozen=True)
class Session:
    """One plan on one account. Providers are registered when first used, so that a layer shows only what it needs."""

    plan: plans.Plan
    place: contracts.Place
    transform: contracts.Transform | None = None
    transformed: list[str] = dataclasses.field(default_factory=list)

    @functools.cached_property
    def outscale(self) -> outscale.Provider:
        return outscale.Provider("outscale", region=self.plan.region, endpoint=self.place.endpoints["api"])

    @functools.cached_property
    def s3(self) -> s3.Provider:
        return s3.Provider("oos", region=self.plan.region, endpoint=self.place.endpoints["storage"], flavor="oos")

    def name(self, *parts: str) -> str:
        """A name that the provider takes: platform, environment, readable parts, hash."""
        return naming.of(self.plan.platform, self.plan.environment, *parts)

    def tags(self, subject: str, brick: str, bubble: str | None) -> dict[str, str]:
        """What a resource says of itself (GOV-02)."""
        return tagging.tags(self.plan, subject, brick, bubble)

    def make(
        self,
        kind: type[Kind],
        subject: str,
        arguments: Mapping[str, Any],
        *,
        parent: pulumi.Resource,
        references: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        protect: bool = False,
        depends_on: Sequence[pulumi.Resource] | None = None,
    ) -> Kind:
        """Registers one native resource, named by its subject.

        `references` says, in words that policies can read before ids exist, what each id points at.
        """
        args: dict[str, Any] = {**arguments, "subject": subject, "references": dict(references or {})}
        if tags is not None:
            args["tags"] = dict(tags)
        if self.transform is not None:
            changed = self.transform(kind.__name__, subject, dict(args))
            if changed != args:
                self.transformed.append(subject)
                args = changed
        provider = self.s3 if kind.__module__.startswith("rempart_s3") else self.outscale
        options = pulumi.ResourceOptions(
            parent=parent,
            provider=provider,
            protect=protect,
            depends_on=list(depends_on or ()),
            import_=adoption.identifier(subject),
        )
        return kind(subject, opts=options, **args)


def connect(plan: plans.Plan, place: contracts.Place, transform: contracts.Transform | None = None) -> Session:
    """A session; the endpoints are `api` and `storage`."""
    return Session(plan, place, transform)
