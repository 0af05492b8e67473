"""What Terraform's OpenStack types leave unsaid: references, and the name of what carries no label.

Facts read labels from tags, metadata and descriptions. An author who writes `rempart:subject` need not write every
reference too: what Terraform itself follows is added to the labels, and a label that the author wrote goes first.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from blueprint import plan as plans
from blueprint.values import NOT_OBSERVABLE
from providers.ovh import kinds, labels
from providers.terraform import mapping
from providers.terraform.blocks import Block
from providers.terraform.mapping import Resource

NAME = "openstack"
USER_DATA = "userData"
LINKS = {kinds.ATTACHMENT: "volumeId", kinds.ROUTER_INTERFACE: "portId", kinds.FLOATING_LINK: "floatingIp"}
"""Kind without a label -> the property whose target it links: its name is that subject and `/link`."""


def points_at(key: str) -> bool:
    """Whether a property is an id that facts follow."""
    return key.split("[")[0] in kinds.EXTERNAL_ID or "." in key


def expand(block: Block) -> Iterator[Block]:
    yield block


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Beside the region, where it signs in, and what turns single services elsewhere.

    An address that nothing here says comes from the environment.
    """
    where = {"authUrl": given.get("auth_url", NOT_OBSERVABLE), "endpointOverrides": given.get("endpoint_overrides")}
    return mapping.place(given, **where, insecure=given.get("insecure"))


def subjects(resources: Iterable[Resource], plan: plans.Plan | None) -> list[Resource]:
    """The same with subjects: a label's, a description's, or the name that the linked resources make."""
    planned = {one.subject: one.user_data for one in plan.all_machines} if plan is not None else {}
    labelled = [dataclasses.replace(one, subject=_labelled(one)) for one in resources]
    everything = [_with_user_data(one, planned.get(one.subject or "")) for one in labelled]
    known = {one.address: one.subject for one in everything if one.subject}
    routes = {(one.zone, one.destination): one.subject for one in plan.routes} if plan is not None else {}
    return [one if one.subject else dataclasses.replace(one, subject=_named(one, known, routes)) for one in everything]


def _with_user_data(one: Resource, planned: str | None) -> Resource:
    """The same with the plan's user data, where what is kept of the machine's own is the digest of just that."""
    digest = one.digests.get(USER_DATA)
    if planned is None or digest != hashlib.sha1(planned.encode(), usedforsecurity=False).hexdigest():
        return one
    return dataclasses.replace(one, properties={**one.properties, USER_DATA: planned})


def said(one: Resource, references: Mapping[str, str]) -> dict[str, Any]:
    """The properties, with what Terraform follows as labels."""
    given = dict(one.properties)
    if one.kind in kinds.TAGGED:
        written = given.get("tags") or []
        if isinstance(written, list) and all(isinstance(tag, str) for tag in written):
            given["tags"] = labels.as_tags({**labels.labels({}, references), **labels.from_tags(written)})
    elif one.kind in kinds.METADATA:
        written = given.get("metadata") or {}
        if isinstance(written, Mapping):
            given["metadata"] = {**labels.labels({}, references), **written}
    elif one.kind == kinds.RULE and one.subject:
        _, written = labels.from_description(str(given.get("description", "")))
        given["description"] = labels.described(one.subject, {**references, **written})
    return given


def _labelled(one: Resource) -> str | None:
    given = one.properties
    if one.kind in kinds.TAGGED:
        tags = given.get("tags")
        texts = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        return labels.from_tags(texts).get(labels.SUBJECT)
    if one.kind in kinds.METADATA:
        metadata = given.get("metadata")
        found = metadata.get(labels.SUBJECT) if isinstance(metadata, Mapping) else None
        return found if isinstance(found, str) else None
    text = given.get("description")
    return labels.from_description(text)[0] if one.kind == kinds.RULE and isinstance(text, str) else None


def _named(one: Resource, known: Mapping[str, str], routes: Mapping[tuple[str, str], str]) -> str | None:
    if one.kind in LINKS:
        target = known.get(one.ids.get(LINKS[one.kind]) or "")
        return f"{target}/link" if target else None
    if one.kind == kinds.SUBNET_ROUTE:
        subnet, port = known.get(one.ids.get("subnetId") or ""), known.get(one.ids.get("nextHop") or "")
        zone, _, az = (subnet or "").partition("/az/")
        route = routes.get((zone, str(one.properties.get("destinationCidr"))))
        link = (port or "").partition("/attachments/")[0]
        return f"{route}/az/{az}/via/{link}" if route and link else None
    return None
