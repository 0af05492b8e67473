"""What each adapter really registers, judged: a change on either side that breaks the other shows here."""

from __future__ import annotations

import pytest

from blueprint import stack as stacks
from policies.session import FACTS
from policies.verdicts import Effect, Finding
from tests.components import registering
from tests.policies import estate, judging

VARIANTS: dict[str, tuple[str, dict[str, bool]]] = {
    "outscale": ("outscale-sandbox", {}),
    "ovh": ("ovh-sandbox", {}),
    "ovh-routers": ("ovh-sandbox", {"routers": True}),
}


def blocking(platform: str, layer: str, variant: str) -> list[Finding]:
    """What the pack refuses of what the adapter registers, resource by resource."""
    place, features = VARIANTS[variant]
    made = registering.register(platform, layer, place, **features)
    judge = judging.judge_at(place, platform, layer=layer)
    providers = {kind.rpartition(":")[2]: inputs for kind, _, inputs in made.resources if "pulumi:providers:" in kind}
    fact = FACTS[made.plan.provider]
    assert len(made.resources) > 4
    return [
        found
        for kind, name, inputs in made.resources
        for found in judge.resource(fact(kind, estate.urn(kind, name), name, inputs, providers.get(kind.split(":")[0])))
        if found.effect is Effect.BLOCK
    ]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("layer", stacks.LAYERS)
@pytest.mark.parametrize("platform", ["emc2", "minimal"])
def test_nothing_that_the_adapter_registers_is_refused(platform: str, layer: str, variant: str) -> None:
    refused = [f"{one.rule} {one.subject}: {one.message}" for one in blocking(platform, layer, variant)]
    assert refused == []


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    ("platform", "layer", "rule"),
    [
        ("open-admin-port", "network", "NET-04"),
        ("open-admin-port-halves", "network", "NET-04"),
        ("open-admin-port-v6", "network", "NET-04"),
        ("foreign-region", "network", "SOV-03"),
        ("public-bucket", "storage", "STO-02"),
        ("password-in-user-data", "compute", "CPT-05"),
    ],
)
def test_what_a_violating_blueprint_registers_is_refused(platform: str, layer: str, rule: str, variant: str) -> None:
    # Violating platforms declare no workaround: where an offer has no expiry and no lock, their buckets show it.
    also = {"DAT-08", "LOG-03", "LOG-04"} if layer == "storage" and variant != "outscale" else set()
    assert {found.rule for found in blocking(platform, layer, variant)} == {rule, *also}
