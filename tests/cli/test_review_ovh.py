"""OpenStack's Terraform says the same resources as the adapter registers: the same facts follow from both."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from typing import Any

import pytest

from blueprint import loader, planner
from blueprint import stack as stacks
from blueprint import target as targets
from blueprint.facts import Fact
from blueprint.values import NOT_OBSERVABLE
from cli import review
from providers.ovh import facts as ovh
from providers.ovh import kinds, labels
from providers.terraform import mapping
from providers.terraform.blocks import Block
from tests.components import registering
from tests.policies.terraforms import snake

TYPES = mapping.load("ovh").types
UNNAMED = (kinds.KEYPAIR, kinds.SERVER_GROUP, kinds.SUBNET_ROUTE)
"""No label, no target: nothing in Terraform says their subject. A route's next hop is an address: see the plan."""


def registered(layer: str) -> list[tuple[str, str, dict[str, Any]]]:
    made = registering.register("minimal", layer, "ovh-sandbox")
    return [(kind, name, inputs) for kind, name, inputs in made.resources if kind.startswith("openstack:")]


def state(bare: bool) -> dict[str, Any]:
    """What `terraform show -json` prints of the same resources; `bare` without the labels of ids.

    A link's own labels stay: what it joins is no id.
    """
    resources = []
    for layer in stacks.LAYERS:
        for kind, name, inputs in registered(layer):
            terraform, text = next((name, text) for name, text in TYPES.items() if text.kind == kind)
            back = {renamed: argument for argument, renamed in text.rename.items()}
            values = {back.get(key, snake(key)): _snake(value) for key, value in inputs.items()}
            if bare and kind in kinds.TAGGED and not name.startswith("peerings/"):
                values["tags"] = [tag for tag in values["tags"] if not tag.startswith(labels.REFERENCE)]
            address = f"{terraform}.{re.sub(r'[^a-z0-9]', '_', name)}"
            known = {**values, "id": f"{name}-id"}
            resources.append({"address": address, "mode": "managed", "type": terraform, "values": known})
    return {"values": {"root_module": {"resources": resources}}}


def _snake(value: Any) -> Any:
    if isinstance(value, dict) and not any(str(key).startswith("rempart:") for key in value):
        return {snake(key): _snake(item) for key, item in value.items()}
    return [_snake(item) for item in value] if isinstance(value, list) else value


def told(fact: Fact) -> Any:
    """A fact without what depends on where it was read."""
    origin = dataclasses.replace(fact.origin, urn="", name="", dependencies=None, tags={})
    return dataclasses.replace(fact, origin=origin)


def test_every_kind_of_the_adapter_has_its_terraform_type() -> None:
    mapped = {text.kind for text in TYPES.values()}
    assert {kind for layer in stacks.LAYERS for kind, _, _ in registered(layer)} <= mapped
    assert mapped <= {value for value in vars(kinds).values() if isinstance(value, str)}


@pytest.mark.parametrize("bare", [False, True], ids=["labelled", "followed by id"])
def test_the_same_facts_follow(bare: bool, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state(bare)))
    plan = planner.plan(loader.load(loader.find("minimal")), targets.load("ovh-sandbox"), "dev")
    resources, unknown = review.resolve(review.read(path), "ovh", plan)
    assert unknown == []
    read = {(one.origin.type, one.origin.subject): told(one) for one in review.facts_of(resources, "ovh")}
    compared = 0
    for layer in ("network",) if bare else stacks.LAYERS:  # ids of another layer are made up by the harness
        for kind, name, inputs in registered(layer):
            wanted = told(ovh.fact(kind, name, name, inputs, {"region": NOT_OBSERVABLE}))
            if kind in UNNAMED:
                continue
            found = read[kind, wanted.origin.subject]
            assert found == wanted, name
            compared += 1
    assert compared > (20 if bare else 40)


def test_a_route_is_the_planned_one_over_the_link_that_its_next_hop_is_on() -> None:
    plan = planner.plan(loader.load(loader.find("minimal")), targets.load("ovh-sandbox"), "dev")
    made = registering.register("minimal", "network", "ovh-sandbox", routers=True).resources
    route = next(one for one in made if one[0] == kinds.SUBNET_ROUTE)
    subject, references = kinds.NAMED[kinds.SUBNET_ROUTE](route[1])
    from providers.ovh import terraform

    def tagged(kind: str, address: str, subject: str) -> mapping.Resource:
        return mapping.Resource(address, kind, {"tags": [f"{labels.SUBJECT}={subject}"]}, {}, "", {})

    ids = {"subnetId": "subnet", "nextHop": "port"}
    one = mapping.Resource("route", kinds.SUBNET_ROUTE, {"destinationCidr": route[2]["destinationCidr"]}, ids, "", {})
    ends = [
        tagged(kinds.SUBNET, "subnet", references["subnetId"]),
        tagged(kinds.PORT, "port", references["nextHop"]),
    ]
    named = terraform.subjects([one, *ends], plan)[0]
    assert named.subject == route[1]
    assert subject.startswith("bubbles/")


def test_a_type_without_its_arguments_is_no_crash() -> None:
    for name, text in TYPES.items():
        block = Block(f"{name}.x", name, {}, {}, frozenset(), "main.tf:1", {})
        mapping.translate(block, text)
