"""The explicit Outscale provider, and how its resources carry their labels: see `providers.registration`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import rempart_outscale as outscale

from blueprint import plan as plans
from providers import contracts, registration


class Session(registration.Session):
    """One plan on one account."""

    FLAVOR = "oos"

    @functools.cached_property
    def native(self) -> outscale.Provider:
        return outscale.Provider("outscale", region=self.plan.region, endpoint=self.place.endpoints["api"])

    def labelled(
        self,
        kind: type[Any],  # noqa: ARG002 - every kind has the same fields
        subject: str,
        references: Mapping[str, str],
        tags: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        """Every type of our own plugins has `subject` and `references`, which never leave the state."""
        told: dict[str, Any] = {"subject": subject, "references": dict(references)}
        return told if tags is None else {**told, "tags": dict(tags)}


def connect(plan: plans.Plan, place: contracts.Place, transform: contracts.Transform | None = None) -> Session:
    """A session; the endpoints are `api` and `storage`."""
    return Session(plan, place, transform)
