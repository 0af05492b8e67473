"""How an adapter registers a resource, whatever the provider: named by its subject, adopted, changed by the hatch."""

from __future__ import annotations

import abc
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import pulumi
import rempart_s3 as s3

from blueprint import naming
from blueprint import plan as plans
from providers import adoption, contracts, tagging

Kind = TypeVar("Kind", bound=pulumi.CustomResource)


@dataclasses.dataclass(frozen=True)
class Session(abc.ABC):
    """One plan at one place. Providers are registered when first used, so that a layer shows only what it needs.

    A provider's own `session.py` says two things more: its `native` provider, and how a resource is `labelled`.
    """

    FLAVOR: ClassVar[str]
    """What the offer's object storage is: see `plugins/s3`."""

    plan: plans.Plan
    place: contracts.Place
    transform: contracts.Transform | None = None
    transformed: list[str] = dataclasses.field(default_factory=list)

    @property
    @abc.abstractmethod
    def native(self) -> pulumi.ProviderResource:
        """The explicit provider of all that is no bucket."""

    @abc.abstractmethod
    def labelled(
        self, kind: type[Any], subject: str, references: Mapping[str, str], tags: Mapping[str, str] | None
    ) -> dict[str, Any]:
        """The arguments that carry a resource's subject, its references and its tags; `facts.py` reads them back."""

    @functools.cached_property
    def s3(self) -> s3.Provider:
        endpoint = self.place.endpoints["storage"]
        return s3.Provider(self.FLAVOR, region=self.plan.region, endpoint=endpoint, flavor=self.FLAVOR)

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
        deleted_with: pulumi.Resource | None = None,
        name: str | None = None,
    ) -> Kind:
        """Registers one native resource, named by its subject; `name` where several serve one subject.

        `references` says, in words that policies can read before ids exist, what each id points at. `deleted_with` is
        what the provider never deletes without this one: where both are to go, only that one is asked for.
        """
        args = {**arguments, **self.labelled(kind, subject, references or {}, tags)}
        if self.transform is not None:
            changed = self.transform(kind.__name__, subject, dict(args))
            if changed != args:
                self.transformed.append(subject)
                args = changed
        options = pulumi.ResourceOptions(
            parent=parent,
            provider=self.s3 if kind.__module__.startswith("rempart_s3") else self.native,
            protect=protect,
            depends_on=list(depends_on or ()),
            deleted_with=deleted_with,
            import_=adoption.identifier(name or subject),
        )
        return kind(name or subject, opts=options, **args)
