"""The platforms of the benchmark: as many rules as they say, and none that the policy pack would refuse."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from benchmarks import flow_rules
from blueprint import loader, planner, target, workspace
from tests.mutation import platforms


@pytest.mark.parametrize("rules", [flow_rules.FEW, flow_rules.MANY])
def test_a_platform_of_so_many_rules_has_so_many(rules: int, tmp_path: pathlib.Path) -> None:
    data = flow_rules.platform(rules)
    path = tmp_path / f"{data['platform']}.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    plan = planner.plan(loader.load(path), target.load("ovh-sandbox"), "dev")
    assert len(plan.rules) == len({rule.subject for rule in plan.rules}) == rules


def test_the_pack_refuses_nothing_of_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"rules-{flow_rules.FEW}"
    (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(flow_rules.platform(flow_rules.FEW)), encoding="utf-8")
    monkeypatch.setenv(workspace.PLATFORMS_VARIABLE, str(tmp_path))
    monkeypatch.setattr(platforms, "PLATFORM", name)
    layer = platforms.Layer("ovh-sandbox", "network")
    assert len(layer.resources) > flow_rules.FEW
    assert layer.refused() == []
