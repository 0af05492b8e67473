"""Runs of their own, a platform and the target on one day, for every test of Cloud Temple's Terraform."""

from __future__ import annotations

import pathlib

import pytest

from blueprint import plan as plans
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import Terraform


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    written.settle(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def plan(folder: pathlib.Path) -> plans.Plan:
    return written.plan_of()


@pytest.fixture
def small(plan: plans.Plan) -> Terraform:
    return written.compliant(plan)
