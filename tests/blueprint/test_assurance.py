"""What is promised beside resources reaches the plan as it is written, each under the subject that findings name."""

from __future__ import annotations

import datetime as dt
import pathlib

import pytest

from blueprint import data_plan, loader, planner, target
from blueprint import plan as plans
from blueprint.errors import BlueprintErrors

SAMPLE = loader.find("emc2")
BACKUPS = """
backups:
  omop:
    of: bubbles/warehouse/tiers/omop
    to: bubbles/administration/buckets/traces
    every_hours: 12
    key: keys/data-at-rest--administration--buckets--traces
    restored_on: 2026-10-01
  elsewhere: {of: bubbles/warehouse/buckets/archive, to: nancy, every_hours: 24}
"""
ENDS = "      end: 2026-12-15\n"
CLOSING = """      closing:
        {rights: 2026-12-16, logs: 2026-12-17, archive: 2026-12-18,
         network: 2027-01-02, data: 2027-12-18, keys: 2028-01-01}
"""


def planned(folder: pathlib.Path, text: str) -> plans.Plan:
    path = folder / "emc2.yaml"
    path.write_text(text, encoding="utf-8")
    return planner.plan(loader.load(path), target.load("outscale-sandbox"), "dev")


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> plans.Plan:
    text = SAMPLE.read_text(encoding="utf-8")
    assert text.count(ENDS) == 2
    return planned(tmp_path, text.replace(ENDS, ENDS + CLOSING, 1) + BACKUPS)


def test_backups_name_what_they_copy_and_where(plan: plans.Plan) -> None:
    assert plan.backups == (
        data_plan.Backup("backups/elsewhere", "bubbles/warehouse/buckets/archive", "externals/nancy", 24, None, None),
        data_plan.Backup(
            "backups/omop",
            "bubbles/warehouse/tiers/omop",
            "bubbles/administration/buckets/traces",
            12,
            "keys/data-at-rest--administration--buckets--traces",
            dt.date(2026, 10, 1),
        ),
    )


def test_a_space_that_closes_says_each_day(plan: plans.Plan) -> None:
    closing = data_plan.Closing(
        rights=dt.date(2026, 12, 16),
        logs=dt.date(2026, 12, 17),
        archive=dt.date(2026, 12, 18),
        network=dt.date(2027, 1, 2),
        data=dt.date(2027, 12, 18),
        keys=dt.date(2028, 1, 1),
    )
    found = {bubble.name: bubble.project.closing for bubble in plan.bubbles if bubble.project}
    assert found["project-a"] == closing
    assert {found[name] for name in found if name != "project-a"} == {None}


def test_the_sample_s_links_watch_proofs_and_keys(plan: plans.Plan) -> None:
    links = {one.name: one.link for one in plan.externals}
    assert links["nancy"] == data_plan.Link("nancy", 2, "AES-256-GCM", 20, "certificate", None)
    assert {name for name, link in links.items() if link} == set(plan.partners)
    assert plan.detections is not None
    assert (plan.detections.alerts, plan.detections.tested_on) == ("role-4", None)
    assert data_plan.Detection("unauthorised_access", 5, 15) in plan.detections.rules
    assert plan.proofs == data_plan.Proofs("proofs", "bubbles/administration/buckets/traces", 24)
    assert data_plan.StorageKey("storage_keys/export", ("bubbles/export",), "role-3", 90) in plan.storage_keys


def test_the_sample_s_accounts_and_what_a_role_may_do(tmp_path: pathlib.Path, plan: plans.Plan) -> None:
    operators = ("externals/hdh-operators",)
    doors = tuple(data_plan.Door(name, "webauthn", operators) for name in ("api", "cli", "console"))
    assert plan.accounts == data_plan.Accounts("accounts", "hdh-directory", 2, doors, "services", 90, 365, 90)
    assert plan.rights == ()
    text = SAMPLE.read_text(encoding="utf-8")
    noted = '"profile 1 of 9, name not public"'
    given = f"{noted}, rights: [{{actions: [s3:GetObject], on: [bubbles/warehouse]}}]"
    assert planned(tmp_path, text.replace(noted, given)).rights == (
        data_plan.Right("roles/role-1", ("s3:GetObject",), ("bubbles/warehouse",)),
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("access_keys: services", "access_keys: anybody", "access_keys"),
        ("local: 2", "local: two", "local"),
        ("console: {mfa", "window: {mfa", "window"),
        ("cli: {mfa: webauthn", "cli: {mfa: sms", "mfa"),
        ("ike: 2", "ike: 3", "ike"),
        ("group: 20", "group: twenty", "group"),
        ("group: 20", "group: [20]", "group"),
        ("break_glass: {events: 1", "broken_glass: {events: 1", "broken_glass"),
        ("drift_hours: 24\n", "drift_hours: 0\n", "drift_hours"),
        ("holder: role-3, days: 90", "holder: role-3, days: ninety", "days"),
        ("every_hours: 12", "every_hours: '12'", "every_hours"),
        ("restored_on: 2026-10-01", "restored_on: last year", "restored_on"),
        (", keys: 2028-01-01", "", "keys"),
    ],
)
def test_a_word_of_the_wrong_type_has_its_line(tmp_path: pathlib.Path, old: str, new: str, says: str) -> None:
    text = SAMPLE.read_text(encoding="utf-8").replace(ENDS, ENDS + CLOSING, 1) + BACKUPS
    assert old in text
    with pytest.raises(BlueprintErrors) as caught:
        planned(tmp_path, text.replace(old, new, 1))
    assert says in str(caught.value)
    assert f"{tmp_path}/emc2.yaml:" in str(caught.value)
