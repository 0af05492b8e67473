"""NET-12, LOG-06, LOG-09, STO-06, DAT-09: what is promised beside resources, and what breaks the promise."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from blueprint import data_plan
from blueprint import plan as plans
from blueprint.values import UNKNOWN
from policies.verdicts import Finding, State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, check, to, without

PLAN = estate.plan_of()
EVIDENCE = State.EVIDENCE_REQUIRED
TODAY = dt.date(2026, 11, 23)
NANCY, LYON = "externals/nancy", "externals/lyon"


def say(rule: str, plan: plans.Plan, subject: str | None = None) -> Finding:
    """The worst answer of a rule, or the one about a subject."""
    found = [one for one in judging.say_run(judging.judge_of(plan), rule) if subject is None or one.subject == subject]
    return max(found, key=lambda one: one.state is REFUSED)


def with_link(subject: str, plan: plans.Plan = PLAN, **changes: Any) -> plans.Plan:
    externals = tuple(
        dataclasses.replace(one, link=dataclasses.replace(one.link, **changes)) if one.subject == subject else one
        for one in plan.externals
    )
    return dataclasses.replace(plan, externals=externals)


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "holds its other end"),
        ({"encryption": "aes256gcm16"}, EVIDENCE, ""),
        ({"encryption": "AES-128-GCM"}, EVIDENCE, ""),
        ({"group": 14}, EVIDENCE, ""),
        ({"authentication": "shared_secret", "secret": "links/nancy"}, EVIDENCE, ""),
        ({"ike": 1}, REFUSED, "not IKEv2"),
        ({"encryption": "3DES"}, REFUSED, "AES-GCM"),
        ({"encryption": "AES-256-CBC"}, REFUSED, "AES-GCM"),
        ({"encryption": "AES-64-GCM"}, REFUSED, "AES-GCM"),
        ({"encryption": "AES-256-GCM, 3DES"}, REFUSED, "AES-GCM"),
        ({"group": 13}, REFUSED, "group 13"),
        ({"group": 22}, REFUSED, "group 22"),  # above 14, and of 1024 bits
        ({"partner": "bordeaux"}, REFUSED, "gives no data"),
        ({"authentication": "shared_secret"}, REFUSED, "does not name its secret"),
        ({"authentication": "shared_secret", "secret": "TBD"}, REFUSED, "does not name its secret"),
        ({"authentication": "shared_secret", "secret": "kv/data/ipsec-nancy#psk"}, EVIDENCE, ""),
        ({"authentication": "shared_secret", "secret": "Summer-2026!"}, REFUSED, "never written"),
        ({"authentication": "shared_secret", "secret": "correct horse battery"}, REFUSED, "never written"),
        ({"authentication": "shared_secret", "secret": "9f86d081884c7d659a2feaa0c55ad015"}, REFUSED, "never written"),
        (
            {"authentication": "shared_secret", "secret": "q8Zr3Kx9/Lw2Vt7Yb5Nc1Mf4Hd6Jg0Ps8+w=="},
            REFUSED,
            "never written",
        ),
        (
            {"authentication": "shared_secret", "secret": "links/q8Zr3Kx9Lw2Vt7Yb5Nc1Mf4Hd6Jg0Ps8"},
            REFUSED,
            "never written",
        ),
    ],
)
def test_net_12_a_link(changes: dict[str, Any], state: State, says: str) -> None:
    found = say("NET-12", with_link(NANCY, **changes), NANCY)
    assert found.state is state, found
    assert says in found.message
    assert "secret" not in changes or changes["secret"] not in found.message


def test_net_12_a_secret_serves_one_link() -> None:
    shared = {"authentication": "shared_secret", "secret": "links/all"}
    both = with_link(LYON, with_link(NANCY, **shared), **shared)
    for subject in (NANCY, LYON):
        assert "shares its secret" in say("NET-12", both, subject).message
    assert say("NET-12", both, "externals/snds").state is EVIDENCE
    idle = with_link(LYON, with_link(NANCY, secret="links/all"), secret="links/all")
    assert say("NET-12", idle).state is EVIDENCE, "with certificates, what a secret is called says nothing"


def without_links(**changes: Any) -> plans.Plan:
    externals = tuple(dataclasses.replace(one, link=None, **changes) for one in PLAN.externals)
    return dataclasses.replace(PLAN, externals=externals)


def test_net_12_who_delivers_by_no_public_way_says_by_which_link() -> None:
    found = judging.say_run(judging.judge_of(without_links()), "NET-12")
    assert {one.subject.removeprefix("externals/") for one in found} == set(PLAN.partners)
    assert {one.state for one in found} == {EVIDENCE}
    assert all("by which link" in one.message for one in found)


def test_net_12_a_flow_under_ipsec_says_by_which_link_too() -> None:
    public = without_links(via="internet")
    assert say("NET-12", public).state is IDLE
    flows = tuple(
        dataclasses.replace(one, encryption="ipsec") if one.name == "upstream-time" else one for one in public.flows
    )
    found = judging.say_run(judging.judge_of(dataclasses.replace(public, flows=flows)), "NET-12")
    assert [one.subject for one in found] == ["externals/upstream"]


def with_detections(**changes: Any) -> plans.Plan:
    assert PLAN.detections is not None
    return dataclasses.replace(PLAN, detections=dataclasses.replace(PLAN.detections, **changes))


def with_detection(name: str, **changes: Any) -> plans.Plan:
    assert PLAN.detections is not None
    rules = (dataclasses.replace(one, **changes) if one.name == name else one for one in PLAN.detections.rules)
    return with_detections(rules=tuple(rules))


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("unauthorised_access", {"events": 100, "minutes": 60}, ""),
        ("unauthorised_access", {"events": 1, "minutes": 1}, ""),
        ("unauthorised_access", {"events": 20, "minutes": 1}, ""),
        ("unauthorised_access", {"events": 101, "minutes": 60}, "more than 100 events"),
        ("unauthorised_access", {"events": 0}, "more than 100 events"),
        ("unauthorised_access", {"minutes": 61}, "no window"),
        ("unauthorised_access", {"minutes": 0}, "no window"),
        ("unauthorised_access", {"events": 21, "minutes": 1}, "no window"),  # a threshold that nobody reaches
        ("key_deletion", {"events": 2}, "one is an alert already"),
        ("log_tampering", {"events": 0}, "one is an alert already"),
        ("key_deletion", {"minutes": 600}, ""),
    ],
)
def test_log_06_a_threshold_is_one_that_an_attack_reaches(name: str, changes: dict[str, Any], says: str) -> None:
    found = say("LOG-06", with_detection(name, **changes))
    assert found.state is (REFUSED if says else EVIDENCE), found
    assert says in found.message
    assert not says or found.message.startswith(name)


def test_log_06_the_nine_are_declared() -> None:
    assert PLAN.detections is not None
    assert len(PLAN.detections.rules) == 9
    for left_out in PLAN.detections.rules:
        kept = tuple(one for one in PLAN.detections.rules if one is not left_out)
        found = say("LOG-06", with_detections(rules=kept))
        assert (found.state, found.message) == (REFUSED, f"nothing detects {left_out.name}")


@pytest.mark.parametrize(
    ("tested_on", "state", "says"),
    [
        (None, EVIDENCE, "no trial"),
        (TODAY, EVIDENCE, "no resource shows"),
        (TODAY - dt.timedelta(366), EVIDENCE, "no resource shows"),
        (TODAY - dt.timedelta(367), REFUSED, "within the year"),
        (TODAY + dt.timedelta(1), REFUSED, "within the year"),
    ],
)
def test_log_06_an_alert_was_tried(tested_on: dt.date | None, state: State, says: str) -> None:
    found = say("LOG-06", with_detections(tested_on=tested_on))
    assert found.state is state
    assert says in found.message


@pytest.mark.parametrize("alerts", ["", "TBD", None])
def test_log_06_somebody_is_told(alerts: Any) -> None:
    found = say("LOG-06", with_detections(alerts=alerts))
    assert (found.state, found.message) == (REFUSED, "nobody is told of an alert")


def test_log_06_nothing_is_detected_where_no_trace_arrives() -> None:
    silent = dataclasses.replace(PLAN, flows=tuple(one for one in PLAN.flows if one.from_port != 6514))
    found = say("LOG-06", silent)
    assert (found.state, "no flow takes traces" in found.message) == (REFUSED, True)
    assert say("LOG-06", dataclasses.replace(silent, detections=None)).state is EVIDENCE


def with_proofs(**changes: Any) -> plans.Plan:
    assert PLAN.proofs is not None
    return dataclasses.replace(PLAN, proofs=dataclasses.replace(PLAN.proofs, **changes))


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "after the deployment"),
        ({"drift_hours": 1}, EVIDENCE, ""),
        ({"drift_hours": 25}, REFUSED, "more than 24 hours"),
        ({"drift_hours": 0}, REFUSED, "more than 24 hours"),
        ({"bucket": "bubbles/administration/buckets/nowhere"}, REFUSED, "none of the plan's"),
        ({"bucket": "elsewhere"}, REFUSED, "none of the plan's"),
        ({"bucket": "bubbles/warehouse/buckets/archive"}, REFUSED, "beside the data"),
    ],
)
def test_log_09_where_proofs_go(changes: dict[str, Any], state: State, says: str) -> None:
    found = say("LOG-09", with_proofs(**changes))
    assert found.state is state, found
    assert says in found.message


STORE = "bubbles/administration/buckets/traces"
HERE = {"layer": "storage"}
"""Judged on this offer only: OVHcloud's has no locks, and its declared workaround answers there."""


@pytest.mark.parametrize(
    "case",
    [
        Case("locked in compliance", STORE, None, CONFORM, context=HERE),
        Case("the mode in small letters", STORE, to(objectLock={"mode": "compliance", "days": 183}), CONFORM),
        Case("no lock", STORE, without("objectLock"), REFUSED, "no lock"),
        Case("half a year less a day", STORE, to(objectLock={"mode": "COMPLIANCE", "days": 182}), REFUSED, "182"),
        Case("a lock that can be lifted", STORE, to(objectLock={"mode": "GOVERNANCE", "days": 365}), REFUSED, "lifted"),
        Case("gone with its bucket", STORE, to(forceDestroy=True), REFUSED, "its proofs would go", context=HERE),
        Case("a lock not known yet", STORE, to(objectLock=UNKNOWN), UNSEEN),
        Case("a list where a lock should be", STORE, to(objectLock=[365]), REFUSED, "wrong type"),
        Case("another bucket", "bubbles/warehouse/buckets/archive", None, IDLE),
    ],
    ids=str,
)
def test_log_09_nobody_changes_a_proof(case: Case) -> None:
    check("LOG-09", case)


def test_log_09_without_locks_the_declared_workaround_answers() -> None:
    found = judging.ask(judging.judge_at("ovh-sandbox", "emc2"), "LOG-09", estate.estate_of().fact(STORE))
    assert found.state is CONFORM
    changed = estate.estate_of()
    del changed[STORE].properties["objectLock"]
    found = judging.ask(judging.judge_at("ovh-sandbox", "emc2"), "LOG-09", changed.fact(STORE))
    assert (found.state, "no object-lock" in found.message) == (EVIDENCE, True)


@pytest.mark.parametrize("field", ["detections", "proofs"])
def test_what_is_not_declared_needs_a_record(field: str) -> None:
    rule = {"detections": "LOG-06", "proofs": "LOG-09"}[field]
    plan = dataclasses.replace(PLAN, **{field: None})
    found = say(rule, plan)
    assert (found.state, f"`{field}`" in found.message) == (EVIDENCE, True)
    bucket = judging.ask(judging.judge_of(plan), "LOG-09", estate.estate_of().fact(STORE))
    assert bucket.state is (IDLE if field == "proofs" else CONFORM)


WAREHOUSE = "storage_keys/warehouse"


def with_key(**changes: Any) -> plans.Plan:
    keys = (dataclasses.replace(one, **changes) if one.subject == WAREHOUSE else one for one in PLAN.storage_keys)
    return dataclasses.replace(PLAN, storage_keys=tuple(keys))


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "one set of keys"),
        ({"days": 1}, EVIDENCE, ""),
        ({"bubbles": ("bubbles/warehouse", "bubbles/warehouse")}, EVIDENCE, ""),
        ({"bubbles": ("bubbles/warehouse", "bubbles/project-a")}, REFUSED, "several bubbles"),
        ({"bubbles": ()}, REFUSED, "several bubbles"),
        ({"bubbles": ("bubbles/nowhere",)}, REFUSED, "no bubble of the plan"),
        ({"days": 91}, REFUSED, "within 90 days"),
        ({"days": 0}, REFUSED, "within 90 days"),
        ({"days": None}, REFUSED, "within 90 days"),
        ({"holder": "role-5"}, REFUSED, "role-5 has no role"),
    ],
)
def test_sto_06_a_key_of_the_storage(changes: dict[str, Any], state: State, says: str) -> None:
    found = say("STO-06", with_key(**changes), WAREHOUSE)
    assert found.state is state, found
    assert says in found.message


def test_sto_06_each_bubble_with_buckets_has_its_own() -> None:
    fewer = tuple(one for one in PLAN.storage_keys if one.subject != WAREHOUSE)
    found = say("STO-06", dataclasses.replace(PLAN, storage_keys=fewer))
    assert (found.state, found.subject) == (REFUSED, "bubbles/warehouse")
    assert say("STO-06", dataclasses.replace(PLAN, storage_keys=())).state is EVIDENCE
    assert say("STO-06", dataclasses.replace(PLAN, buckets=())).state is IDLE


def test_sto_06_who_has_no_authorisation_holds_no_key() -> None:
    bubbles = tuple(dataclasses.replace(one, project=None) if one.name == "warehouse" else one for one in PLAN.bubbles)
    assert "has no role" in say("STO-06", dataclasses.replace(PLAN, bubbles=bubbles), WAREHOUSE).message


HOME = "bubbles/project-a"
LATER = data_plan.Closing(
    rights=dt.date(2026, 12, 16),
    logs=dt.date(2026, 12, 20),
    archive=dt.date(2026, 12, 31),
    network=dt.date(2027, 1, 15),
    data=dt.date(2027, 12, 31),
    keys=dt.date(2028, 1, 15),
)


def closing(plan: plans.Plan = PLAN, **changes: Any) -> plans.Plan:
    """Project a is being closed."""
    return of_project(plan, closing=dataclasses.replace(LATER, **changes))


def of_project(plan: plans.Plan = PLAN, **changes: Any) -> plans.Plan:
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, **changes)) if one.subject == HOME else one
        for one in plan.bubbles
    )
    return dataclasses.replace(plan, bubbles=bubbles)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, ""),
        ({"rights": dt.date(2026, 12, 20)}, ""),  # two steps on one day
        ({"keys": dt.date(2027, 12, 31)}, ""),
        ({"keys": dt.date(2027, 12, 30)}, "its keys go before its data"),
        ({"rights": dt.date(2026, 12, 21)}, "its logs go before its rights"),
        ({"archive": dt.date(2026, 12, 19)}, "its archive go before its logs"),
        ({"network": dt.date(2026, 12, 30)}, "its network go before its archive"),
        ({"data": dt.date(2027, 12, 30)}, "before their archive ends"),
        ({"data": dt.date(2027, 1, 14)}, "its data go before its network"),
    ],
)
def test_dat_09_a_space_closes_in_order(changes: dict[str, Any], says: str) -> None:
    found = say("DAT-09", closing(**changes), HOME)
    assert found.state is (REFUSED if says else EVIDENCE), found
    assert says in found.message


def test_dat_09_an_archive_without_a_length_ends_never() -> None:
    assert "before their archive ends" in say("DAT-09", of_project(closing(), archive_days=None), HOME).message


PAST = {name: TODAY - dt.timedelta(1000 - 10 * step) for step, name in enumerate(("rights", "logs", "archive"))}


def test_dat_09_what_was_closed_stands_no_more() -> None:
    """Step by step, what the plan still holds is named; the day of a step counts, the day before does not."""
    early = closing(rights=TODAY)
    assert "roles still have some" in say("DAT-09", early, HOME).message
    assert say("DAT-09", closing(rights=TODAY + dt.timedelta(1)), HOME).state is EVIDENCE
    gone = of_project(closing(**PAST, network=TODAY), roles=())
    assert "still reaches it" in say("DAT-09", gone, HOME).message
    alone = tuple(one for one in gone.flows if not any(end.startswith(HOME) for end in (one.source, one.destination)))
    gone = dataclasses.replace(gone, flows=alone)
    assert say("DAT-09", gone, HOME).state is EVIDENCE
    erased = of_project(closing(gone, **PAST, network=TODAY, data=TODAY), roles=())
    assert "still stands" in say("DAT-09", erased, HOME).message
    without_buckets = dataclasses.replace(erased, buckets=tuple(b for b in erased.buckets if b.bubble != "project-a"))
    assert "still stands" in say("DAT-09", without_buckets, HOME).message
    empty = dataclasses.replace(without_buckets, machines=tuple(m for m in erased.machines if m.bubble != "project-a"))
    assert say("DAT-09", empty, HOME).state is EVIDENCE


def test_dat_09_a_space_that_is_open_is_not_judged_and_one_that_ended_is() -> None:
    assert say("DAT-09", PLAN, HOME).state is IDLE
    assert say("DAT-09", of_project(end=TODAY), HOME).state is IDLE
    ended = say("DAT-09", of_project(end=TODAY - dt.timedelta(1)), HOME)
    assert (ended.state, "nothing says how it closes" in ended.message) == (REFUSED, True)
    assert say("DAT-09", of_project(end=None), HOME).state is IDLE
    bare = tuple(dataclasses.replace(one, project=None) if one.subject == HOME else one for one in PLAN.bubbles)
    subjects = [
        one.subject for one in judging.say_run(judging.judge_of(dataclasses.replace(PLAN, bubbles=bare)), "DAT-09")
    ]
    assert subjects, "the other space is judged"
    assert HOME not in subjects, "a space of no project is DAT-02's business"
    others = tuple(one for one in PLAN.bubbles if one.kind is not plans.BubbleKind.PROJECT)
    assert "no project's space" in say("DAT-09", dataclasses.replace(PLAN, bubbles=others)).message
