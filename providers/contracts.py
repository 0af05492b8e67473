"""What a provider must do for each brick: one small Protocol per brick, met by the modules of `providers/<provider>/`.

An adapter takes the plan (pure data) and registers resources below the component that calls it. It returns typed
outputs, keyed by subject, so that a component never needs to know how the provider names things.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, Self, TypeAlias

import pulumi

from blueprint import plan as plans
from providers import capabilities

Ids: TypeAlias = Mapping[str, pulumi.Input[str]]
"""Subject -> the provider's id."""

Transform: TypeAlias = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""The escape hatch: (kind, subject, arguments) -> arguments. Policies judge what comes out."""


@dataclasses.dataclass(frozen=True)
class Made:
    """What an adapter gives back: each field maps subjects to what the provider calls them."""

    def merged(self, other: Self) -> Self:
        """Both together; the keys are subjects, so they never meet."""
        pairs = zip(outputs(self).items(), outputs(other).values(), strict=True)
        return type(self)(**{name: {**ours, **theirs} for (name, ours), theirs in pairs})


@dataclasses.dataclass(frozen=True)
class Segmentation(Made):
    """The networks of one or more bubbles.

    networks: bubble subject -> network id; peering subject too where a link is a network of its own. subnets: subnet
    subject -> id, and the subjects of `blueprint.links.segment`. filters: zone subject -> id of the filter (security
    group) of the zone; `<zone>/filter/<n>` for each more that holds rules of the zone. tables: zone subject -> id of
    its route table, where the provider has such.
    """

    networks: Ids = dataclasses.field(default_factory=dict)
    subnets: Ids = dataclasses.field(default_factory=dict)
    filters: Ids = dataclasses.field(default_factory=dict)
    tables: Ids = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Machines(Made):
    """machines: machine subject -> id. disks: disk subject -> id. addresses: machine subject -> public address."""

    machines: Ids = dataclasses.field(default_factory=dict)
    disks: Ids = dataclasses.field(default_factory=dict)
    addresses: Ids = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Buckets(Made):
    """buckets: bucket subject -> bucket name."""

    buckets: Ids = dataclasses.field(default_factory=dict)


def outputs(value: Made) -> dict[str, dict[str, Any]]:
    """The fields of `value`, one level deep: outputs cannot be copied, so `dataclasses.asdict` is not for them."""
    return {field.name: dict(getattr(value, field.name)) for field in dataclasses.fields(value)}


class Session(Protocol):
    """A provider, ready to register resources of one plan."""

    @property
    def plan(self) -> plans.Plan: ...

    @property
    def transformed(self) -> list[str]:
        """Subjects whose arguments the escape hatch changed, in order."""
        ...


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a plan is brought up: what the offer has, and how its APIs are reached.

    endpoints: what the target names -> what the environment gives for it. settings: as the target's file says.
    """

    offer: capabilities.Offer
    endpoints: Mapping[str, str]
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)


class SessionAdapter(Protocol):
    def connect(self, plan: plans.Plan, place: Place, transform: Transform | None) -> Any:
        """Explicit provider resources for the plan's region."""
        ...


class NetworkAdapter(Protocol):
    def segment(self, session: Any, bubble: plans.Bubble, parent: pulumi.Resource) -> Segmentation:
        """One network, its zones, filters, gateways and their routes."""
        ...

    def peer(
        self, session: Any, peering: plans.Peering, networks: Segmentation, parent: pulumi.Resource
    ) -> Segmentation:
        """One link between two networks, and the routes over it. Returns what machines must know of the link."""
        ...

    def exports(self, session: Any) -> Mapping[str, Sequence[str]]:
        """Field of `Segmentation` -> subjects: what this provider's network layer gives to the layers above."""
        ...


class ComputeAdapter(Protocol):
    def run(self, session: Any, machine: plans.Machine, network: Segmentation, parent: pulumi.Resource) -> Machines: ...


class StorageAdapter(Protocol):
    def store(self, session: Any, bucket: plans.Bucket, parent: pulumi.Resource) -> Buckets: ...


class BastionAdapter(Protocol):
    def admit(
        self,
        session: Any,
        bastion: plans.Bastion,
        public_key: str,
        network: Segmentation,
        parent: pulumi.Resource,
    ) -> Machines: ...


@dataclasses.dataclass(frozen=True)
class Adapters:
    """One provider, brick by brick."""

    session: SessionAdapter
    network: NetworkAdapter
    compute: ComputeAdapter
    storage: StorageAdapter
    bastion: BastionAdapter
