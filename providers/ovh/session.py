"""The explicit OpenStack provider, what the offer has, and how resources carry their labels.

What registers them is `providers.registration`.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_openstack as openstack
import yaml

from blueprint import links
from blueprint import plan as plans
from providers import contracts, registration
from providers.ovh import clouds, kinds, labels

REGION = "openstack-region"
"""Setting of a target: the name that OpenStack gives to the region (a pod of it)."""
NO_SECOND_TRY = 0
"""A try again of Terraform's client sends a write again whose answer was lost, and OpenStack then makes a second thing.

Nothing is sent twice blindly: the run fails, and `rempart recover` looks first at what was made. See `strays`.
"""


@dataclasses.dataclass(frozen=True)
class Session(registration.Session):
    """One plan in one project."""

    FLAVOR = "rgw"

    placements: dict[str, openstack.compute.ServerGroup] = dataclasses.field(default_factory=dict)
    """Server groups that this layer has made, by tier."""

    @functools.cached_property
    def native(self) -> openstack.Provider:
        """Only names go into the state: credentials stay in clouds.yaml, which the plugin reads itself.

        Where that entry signs in, and whether it looks at certificates, is said aloud, so that policies judge it.
        """
        entry = _entry(self.place.endpoints["configuration"], self.place.endpoints["cloud"])
        return openstack.Provider(
            "openstack",
            cloud=self.place.endpoints["cloud"],
            auth_url=str(entry["auth"]["auth_url"]),
            insecure=clouds.trusting(entry) or None,
            region=self.place.settings.get(REGION, self.plan.region),
            max_retries=NO_SECOND_TRY,
        )

    @functools.cached_property
    def external_network(self) -> pulumi.Output[Any]:
        """The provider's own network to the Internet: the one that is marked external."""
        options = pulumi.InvokeOutputOptions(provider=self.native)
        return openstack.networking.get_network_output(external=True, opts=options)

    @functools.cached_property
    def link_interfaces(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Machine subject -> (interface subject, peering subject) for each link that it stands on itself."""
        found: dict[str, list[tuple[str, str]]] = collections.defaultdict(list)
        for subject, machine, peering in () if self.routers else links.interfaces(self.plan):
            found[machine.subject].append((subject, peering.subject))
        return found

    @functools.cached_property
    def tiers(self) -> Mapping[str, int]:
        """Tier subject -> how many machines it has; the bastion is one."""
        return collections.Counter(machine.subject.rpartition("/")[0] for machine in self.plan.all_machines)

    @property
    def routers(self) -> bool:
        """Whether the offer has routers and floating IPs."""
        return self.place.offer.has("routers")

    def number(self, brick: str, name: str) -> int:
        """A constraint of a brick, as capabilities.yaml says."""
        return int(self.place.offer.bricks[brick].constraints[name])

    def labelled(
        self, kind: type[Any], subject: str, references: Mapping[str, str], tags: Mapping[str, str] | None
    ) -> dict[str, Any]:
        """In fields that OpenStack keeps, where there are some: `labels` says which, and `kinds` reads them back."""
        token, tags = getattr(kind, "pulumi_type", ""), tags or {}
        if token == kinds.RULE:
            return {"description": labels.described(subject, references)}
        if token in kinds.TAGGED:
            marked = labels.described(subject, {labels.MARK: pulumi.get_stack()})
            return {"description": marked, "tags": labels.as_tags(labels.labels(tags, references))}
        if token in kinds.METADATA:
            return {"metadata": {**labels.labels(tags, references), labels.STACK: pulumi.get_stack()}}
        return {"subject": subject, "references": dict(references)} if kind.__module__.startswith("rempart_") else {}


def connect(plan: plans.Plan, place: contracts.Place, transform: contracts.Transform | None = None) -> Session:
    """A session; the endpoints are `configuration` (a clouds.yaml), `cloud` (its entry) and `storage`."""
    return Session(plan, place, transform)


def _entry(configuration: str, cloud: str) -> Mapping[str, Any]:
    """That entry of clouds.yaml, which gives an `auth_url`. Nothing else is read."""
    try:
        read = yaml.safe_load(pathlib.Path(configuration).read_text(encoding="utf-8"))
        found: Mapping[str, Any] = read["clouds"][cloud]
        str(found["auth"]["auth_url"])
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        raise pulumi.RunError(
            f"{configuration} gives no auth_url for the cloud {cloud!r}: correct it, or set OS_CLIENT_CONFIG_FILE and "
            "OS_CLOUD to a file and an entry that do"
        ) from None
    return found
