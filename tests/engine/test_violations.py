"""What must be refused is refused by the real engine, at preview and at `up --skip-preview`; read back from the API."""

from __future__ import annotations

import pytest

from blueprint import stack as stacks
from providers.outscale import live
from tests.engine.world import World

pytestmark = pytest.mark.engine

ADMIN_PORT = 22
CASES = {
    "open-admin-port": ("network", "NET-04"),
    "open-admin-port-halves": ("network", "NET-04"),
    "open-admin-port-v6": ("network", "NET-04"),
    "public-bucket": ("storage", "STO-02"),
    "foreign-region": ("network", "SOV-03"),
    "password-in-user-data": ("compute", "CPT-05"),
    "unstructured-documents": ("network", "GOV-08"),
}
WORLD = {"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0"}


def offending(platform: str, things: tuple[live.Thing, ...]) -> list[str]:
    """What of the violation exists at the provider."""
    if platform.startswith("open-admin-port"):
        return [
            rule_range
            for group in things
            if group.kind == "SecurityGroup"
            for rule in group.body["InboundRules"]
            for rule_range in rule.get("IpRanges", ())
            if rule_range in WORLD
        ]
    if platform == "foreign-region":
        names = [t.body["SubregionName"] for t in things if t.kind == "Subnet"]
        return [name for name in names if not name.startswith("cloudgouv-eu-west-1")]
    if platform == "public-bucket":
        return [t.identifier for t in things if t.kind == "Bucket" and t.bubble == "study"]
    if platform == "unstructured-documents":
        return [t.identifier for t in things]  # the run is refused: nothing of it may exist
    tags = ({tag["Key"]: tag["Value"] for tag in t.body["Tags"]} for t in things if t.kind == "Vm")
    return [tag["rempart:subject"] for tag in tags if "/tiers/workspace/" in tag["rempart:subject"]]


@pytest.mark.parametrize("platform", CASES)
def test_preview_refuses_with_rule_requirement_place_and_remedy(platform: str, world: World) -> None:
    layer, rule = CASES[platform]
    before = live.count(world.things())
    stack = world.stack(platform, layer)
    created = world.pulumi("stack", "init", stack)
    assert created.returncode == 0, created.stderr
    env = {stacks.PROVISIONAL: "network"} if layer == "compute" else {}
    preview = world.pulumi("preview", "-s", stack, env=env)
    said = preview.stdout + preview.stderr
    assert preview.returncode != 0
    line = next((text for text in said.splitlines() if f"{rule} · " in text), "")
    assert f"stacks/platforms/violations/{platform}.yaml:" in line, said[-3000:]
    assert "Remedy:" in said
    assert "Traceback" not in said
    assert live.count(world.things()) == before


@pytest.mark.parametrize("platform", CASES)
def test_up_without_preview_never_creates_the_offending_resource(platform: str, world: World) -> None:
    layer, rule = CASES[platform]
    known = {t.identifier for t in world.things()}
    if layer == "compute":
        below = world.pulumi("up", "--yes", "--skip-preview", "-s", _init(world, platform, "network"))
        assert below.returncode == 0, below.stdout[-2000:]
    forced = world.pulumi("up", "--yes", "--skip-preview", "-s", _init(world, platform, layer))
    try:
        assert forced.returncode != 0
        assert rule in forced.stdout + forced.stderr
        new = tuple(t for t in world.things() if t.identifier not in known)
        assert offending(platform, new) == []
    finally:
        gone = world.rempart("destroy", platform, "-e", world.name, "--unprotect", "--yes")
        assert gone.returncode == 0, gone.stdout + gone.stderr


def _init(world: World, platform: str, layer: str) -> str:
    assert layer in stacks.LAYERS
    stack = world.stack(platform, layer)
    world.pulumi("stack", "init", stack)  # exists already where the other test ran first
    return stack
