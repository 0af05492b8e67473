"""Every subject of a plan leads to the line that a person must look at."""

from __future__ import annotations

import pathlib

import pytest

from blueprint import loader, planner, target
from blueprint.plan import Plan
from tests.blueprint.worlds import load_text

TEXT = """\
platform: test
title: Test
origin: assumption
source: a test
address_space: 10.0.0.0/16
azs: 1
bubbles:
  left:
    slot: 0
    kind: project
    zones:
      front: {slot: 0, plane: perimeter, role: edge}
    tiers:
      web: {zone: front, count: 1, vcpus: 1, memory_gib: 1, image: debian-12}
    buckets:
      archive:
        purpose: x
        public: true
  right:
    slot: 1
    kind: administration
    zones:
      door: {slot: 0, plane: perimeter, role: edge}
externals:
  office: {cidrs: [192.0.2.0/24], via: internet}
flows:
  push: {from: left.front, to: right.door, protocol: tcp, ports: 443}
services:
  dns: {zone: right.door, protocol: tcp, ports: 853}
bastion:
  zone: right.door
  access: vpn
  machines_per_az: 1
  admin_ports: [22]
  allowed: [office]
  vcpus: 1
  memory_gib: 1
  image: debian-12
"""


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("bubbles/left", 8),
        ("bubbles/left/zones/front", 12),
        ("bubbles/left/zones/front/az/a", 12),
        ("bubbles/left/zones/front/routes/192-0-2-0-24", 12),
        ("bubbles/left/tiers/web/1/disks/data", 14),
        ("bubbles/left/buckets/archive", 16),
        ("bubbles/left/buckets/archive/no/such/thing", 16),
        ("flows/push", 27),
        ("flows/push/egress/left.front/1", 27),
        ("flows/dns--left/ingress/right.door/1", 29),
        ("flows/admin-22--office/ingress/right.door/1", 30),
        ("bastion/1/nic", 30),
        ("peerings/left--right", 27),
        ("bubbles/right/gateways/internet", 30),
        ("bubbles/right/gateways/internet/link", 30),
        ("externals/office", 25),
        ("nothing/of/the/kind", 1),
    ],
)
def test_a_subject_leads_to_its_line_or_to_the_nearest_block(subject: str, line: int) -> None:
    assert load_text(TEXT).source_map.locate(subject).line == line


def test_a_field_leads_to_its_own_line_where_it_is_written() -> None:
    source_map = load_text(TEXT).source_map
    assert source_map.locate("bubbles/left/buckets/archive", "public").line == 18
    assert source_map.locate("bubbles/left/buckets/archive", "lock_days").line == 16
    assert str(source_map.locate("bubbles/left/zones/front", "role")) == "test.yaml:12:42"


@pytest.mark.parametrize("path", loader.platforms().values(), ids=lambda path: path.stem)
def test_every_subject_of_every_platform_leads_somewhere_of_its_own(path: pathlib.Path) -> None:
    loaded = loader.load(path)
    plan = planner.plan(loaded, target.load("outscale-sandbox"), "dev")
    for subject in subjects(plan):
        location = loaded.source_map.locate(subject)
        assert location.line > 1, subject
        assert location.file.endswith(f"{path.stem}.yaml")


def subjects(plan: Plan) -> list[str]:
    parts = [*plan.bubbles, *plan.externals, *plan.flows, *plan.rules, *plan.peerings, *plan.gateways, *plan.routes]
    parts += [*plan.machines, *plan.buckets, *(z for b in plan.bubbles for z in b.zones)]
    return [part.subject for part in parts]
