"""Runs of their own, a platform and the target on one day, for every test of Cloud Temple's Terraform."""

from __future__ import annotations

import pathlib

import pytest

from blueprint import plan as plans
from blueprint import target as targets
from blueprint import workspace
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import Terraform
from tests.policies import runs


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Runs of their own, the platform, and the target on one day: dates must not move under the tests."""
    runs.settle(monkeypatch, tmp_path / "work")
    monkeypatch.setenv(workspace.PLATFORMS_VARIABLE, str(written.platform(tmp_path / "platforms")))
    kept = (targets.folder().parent / "reviewed" / "cloudtemple.yaml").read_text(encoding="utf-8")
    pinned = tmp_path / "reviewed"
    pinned.mkdir()
    (pinned / "cloudtemple.yaml").write_text(f"{kept}as_of: 2026-11-29\n", encoding="utf-8")
    monkeypatch.setattr(targets, "_reviewed", lambda: pinned)
    return tmp_path


@pytest.fixture
def plan(folder: pathlib.Path) -> plans.Plan:
    return written.plan_of()


@pytest.fixture
def small(plan: plans.Plan) -> Terraform:
    return written.compliant(plan)
