"""KMS-01, 04 to 10: keys as the plan's inventory declares them, and as a key store would show them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import plan as plans
from blueprint.values import UNKNOWN, Malformed
from policies.verdicts import Effect, State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN

PLAN = estate.plan_of()
AT_REST = "keys/data-at-rest--warehouse--buckets--archive"
IMPORT = "keys/import-wrapping--nancy"
PSEUDONYM = "keys/pseudonymisation--warehouse--project-a"
BUCKET = "bubbles/warehouse/buckets/archive"
EVIDENCE, WORKAROUND = State.EVIDENCE_REQUIRED, State.WORKAROUND_ACCEPTED
BAD = Malformed("x")


def say(rule: str, key: str, plan: plans.Plan = PLAN, *, real: bool = False, **changes: Any) -> Any:
    """What a rule says of a key of the inventory, with something changed; `real` as if a key store showed it."""
    fact = dataclasses.replace(judging.declared(plan, key), **changes)
    if real:
        fact = dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, urn="urn:key", type="vault:index:Key"))
    return judging.ask(judging.judge_of(plan), rule, fact)


def without_workarounds() -> plans.Plan:
    return dataclasses.replace(PLAN, workarounds=())


@pytest.mark.parametrize(
    ("rule", "key", "changes", "state", "says"),
    [
        ("KMS-01", AT_REST, {}, WORKAROUND, "very complex"),
        ("KMS-01", AT_REST, {"protection": "manual_store"}, WORKAROUND, "workaround"),
        ("KMS-01", AT_REST, {"protection": "hsm"}, EVIDENCE, "no key store"),
        ("KMS-01", AT_REST, {"protection": "software"}, REFUSED, "software"),
        ("KMS-01", AT_REST, {"protection": "HSM in name"}, REFUSED, "protected by"),
        ("KMS-01", AT_REST, {"protection": None}, EVIDENCE, "does not say"),
        ("KMS-01", AT_REST, {"protection": UNKNOWN}, UNSEEN, "not known yet"),
        ("KMS-01", AT_REST, {"protection": BAD}, REFUSED, "wrong type"),
        ("KMS-04", AT_REST, {}, CONFORM, ""),
        ("KMS-04", IMPORT, {}, CONFORM, ""),
        ("KMS-04", "keys/import-wrapping--snds", {}, CONFORM, ""),
        ("KMS-04", PSEUDONYM, {}, CONFORM, ""),
        ("KMS-04", AT_REST, {"kind": "data_at_rest+pseudonymisation"}, REFUSED, "data_at_rest+pseudonymisation is not"),
        ("KMS-04", AT_REST, {"kind": ""}, REFUSED, "nothing is not one usage"),
        ("KMS-04", AT_REST, {"scope": "partners/nancy"}, REFUSED, "serves nothing"),
        ("KMS-04", AT_REST, {"scope": "bubbles/warehouse"}, REFUSED, "serves nothing"),
        ("KMS-04", AT_REST, {"receiver": "bubbles/project-a"}, REFUSED, "serves nothing"),
        ("KMS-04", IMPORT, {"scope": "partners/bordeaux"}, REFUSED, "serves nothing"),
        ("KMS-04", PSEUDONYM, {"receiver": "bubbles/warehouse"}, REFUSED, "serves nothing"),
        ("KMS-04", PSEUDONYM, {"receiver": None}, REFUSED, "serves nothing"),
        ("KMS-04", PSEUDONYM, {"scope": "bubbles/nowhere"}, REFUSED, "serves nothing"),
        ("KMS-04", PSEUDONYM, {"receiver": UNKNOWN}, UNSEEN, ""),
        ("KMS-04", PSEUDONYM, {"kind": BAD}, REFUSED, "wrong type"),
        ("KMS-05", AT_REST, {}, CONFORM, ""),
        ("KMS-05", PSEUDONYM, {"derived_from": "keys/master"}, REFUSED, "computed from another"),
        ("KMS-05", PSEUDONYM, {"derived_from": UNKNOWN}, UNSEEN, ""),
        ("KMS-05", PSEUDONYM, {"derived_from": BAD}, REFUSED, "wrong type"),
        ("KMS-06", AT_REST, {}, EVIDENCE, "declared"),
        ("KMS-06", AT_REST, {"algorithm": "aes-128-gcm"}, EVIDENCE, ""),
        ("KMS-06", AT_REST, {"algorithm": "AES-GCM"}, REFUSED, "size is not written"),
        ("KMS-06", AT_REST, {"algorithm": "AES-64"}, REFUSED, "64 bits are too few"),
        ("KMS-06", AT_REST, {"algorithm": "AES-256-ECB"}, REFUSED, "ECB is broken"),
        ("KMS-06", AT_REST, {"algorithm": "3DES-192"}, REFUSED, "DES is broken"),
        ("KMS-06", PSEUDONYM, {"algorithm": "HMAC-SHA-1"}, REFUSED, "SHA1 is broken"),
        ("KMS-06", PSEUDONYM, {"algorithm": "HMAC-MD5"}, REFUSED, "MD5 is broken"),
        ("KMS-06", PSEUDONYM, {"algorithm": "HMAC-SHA-224"}, REFUSED, "224 bits are too few"),
        ("KMS-06", PSEUDONYM, {"algorithm": "SHA-256"}, REFUSED, "none of the catalogue"),
        ("KMS-06", IMPORT, {"algorithm": "RSA-3072"}, EVIDENCE, ""),
        ("KMS-06", IMPORT, {"algorithm": "RSA-2048"}, CONFORM, "needed soon"),
        ("KMS-06", IMPORT, {"algorithm": "RSA-2047"}, REFUSED, "too few"),
        ("KMS-06", IMPORT, {"algorithm": "rsa 1024"}, REFUSED, "too few"),
        ("KMS-06", IMPORT, {"algorithm": "EC-P-256"}, EVIDENCE, ""),
        ("KMS-06", IMPORT, {"algorithm": "EC-P-224"}, REFUSED, "too few"),
        ("KMS-06", IMPORT, {"algorithm": "EC-P192-SHA256"}, REFUSED, "192 bits are too few"),
        ("KMS-06", IMPORT, {"algorithm": "EC P-160, SHA-512/256"}, REFUSED, "160 bits are too few"),
        ("KMS-06", IMPORT, {"algorithm": "EC-SHA3-512"}, REFUSED, "size is not written"),
        ("KMS-06", IMPORT, {"algorithm": "RSA-4096-SHA-256"}, EVIDENCE, ""),
        ("KMS-06", IMPORT, {"algorithm": "RSA-PKCS1-3072"}, EVIDENCE, ""),
        ("KMS-06", PSEUDONYM, {"algorithm": "HMAC-SHA3-256"}, EVIDENCE, ""),
        ("KMS-06", AT_REST, {"algorithm": None}, EVIDENCE, "does not say its algorithm"),
        ("KMS-06", AT_REST, {"algorithm": ""}, EVIDENCE, "does not say its algorithm"),
        ("KMS-06", AT_REST, {"algorithm": UNKNOWN}, UNSEEN, ""),
        ("KMS-06", AT_REST, {"algorithm": BAD}, REFUSED, "wrong type"),
        ("KMS-07", AT_REST, {}, EVIDENCE, "renewal"),
        ("KMS-07", AT_REST, {"rotation_days": 365}, EVIDENCE, ""),
        ("KMS-07", AT_REST, {"rotation_days": 366}, REFUSED, "366 days"),
        ("KMS-07", AT_REST, {"rotation_days": 1}, EVIDENCE, ""),
        ("KMS-07", AT_REST, {"rotation_days": 0}, REFUSED, "0 days"),
        ("KMS-07", AT_REST, {"rotation_days": None}, EVIDENCE, "does not say"),
        ("KMS-07", AT_REST, {"rotation_days": UNKNOWN}, UNSEEN, ""),
        ("KMS-07", AT_REST, {"rotation_days": BAD}, REFUSED, "wrong type"),
        ("KMS-07", PSEUDONYM, {}, CONFORM, ""),
        ("KMS-07", PSEUDONYM, {"rotation_days": 365}, REFUSED, "a timer changes it"),
        ("KMS-07", PSEUDONYM, {"rotation_days": 36500}, REFUSED, "a timer changes it"),
        ("KMS-07", PSEUDONYM, {"scope": "bubbles/administration"}, REFUSED, "says nothing of its bubble"),
        ("KMS-08", AT_REST, {}, EVIDENCE, "who manages"),
        ("KMS-08", AT_REST, {"users": ("role-4",)}, REFUSED, "role-4 both manages and uses"),
        ("KMS-08", AT_REST, {"users": (" Role-4",)}, REFUSED, "role-4 both manages and uses"),
        ("KMS-08", PSEUDONYM, {"users": ("role-9", "ROLE-5")}, REFUSED, "role-5 uses it and works in"),
        ("KMS-08", AT_REST, {"users": ("role-1", "*")}, REFUSED, "everybody"),
        ("KMS-08", AT_REST, {"administrators": ("kms:*",)}, REFUSED, "everybody"),
        ("KMS-08", AT_REST, {"users": ()}, EVIDENCE, "does not say its users"),
        ("KMS-08", AT_REST, {"administrators": ()}, EVIDENCE, "does not say its administrators"),
        ("KMS-08", PSEUDONYM, {}, EVIDENCE, ""),
        ("KMS-08", PSEUDONYM, {"users": ("role-9", "role-5")}, REFUSED, "role-5 uses it and works in"),
        ("KMS-08", PSEUDONYM, {"receiver": "bubbles/warehouse", "users": ("role-1",)}, REFUSED, "role-1"),
        ("KMS-08", AT_REST, {"users": ("role-5",)}, EVIDENCE, ""),
        ("KMS-08", PSEUDONYM, {"receiver": "bubbles/nowhere"}, EVIDENCE, ""),
        ("KMS-08", AT_REST, {"users": UNKNOWN}, UNSEEN, ""),
        ("KMS-08", AT_REST, {"administrators": BAD}, REFUSED, "wrong type"),
        ("KMS-09", AT_REST, {}, EVIDENCE, "stays inside"),
        ("KMS-09", AT_REST, {"exportable": True}, REFUSED, "exported"),
        ("KMS-09", AT_REST, {"exportable": None}, EVIDENCE, "does not say"),
        ("KMS-09", AT_REST, {"deletion_days": 29}, REFUSED, "29 days"),
        ("KMS-09", AT_REST, {"deletion_days": 0}, REFUSED, "0 days"),
        ("KMS-09", AT_REST, {"deletion_days": None}, EVIDENCE, "does not say"),
        ("KMS-09", AT_REST, {"exportable": UNKNOWN}, UNSEEN, ""),
        ("KMS-09", AT_REST, {"deletion_days": BAD}, REFUSED, "wrong type"),
        ("KMS-10", AT_REST, {}, WORKAROUND, "very complex"),
        ("KMS-10", PSEUDONYM, {}, WORKAROUND, ""),
        ("KMS-10", AT_REST, {"protection": "hsm"}, CONFORM, ""),
        ("KMS-10", AT_REST, {"protection": None}, EVIDENCE, "protection"),
        ("KMS-10", AT_REST, {"owner": None}, EVIDENCE, "does not say its owner"),
        ("KMS-10", AT_REST, {"rotation_days": None}, REFUSED, "how long it lives"),
        ("KMS-10", AT_REST, {"owner": "TBD"}, REFUSED, "placeholder"),
        ("KMS-10", AT_REST, {"rotation": None}, EVIDENCE, "does not say its rotation"),
        ("KMS-10", PSEUDONYM, {"rotation": ""}, EVIDENCE, "does not say its rotation"),
        ("KMS-10", PSEUDONYM, {"rotation": "n/a"}, REFUSED, "its rotation is a placeholder"),
        ("KMS-10", AT_REST, {"rotation": UNKNOWN}, UNSEEN, ""),
        ("KMS-10", AT_REST, {"owner": BAD}, REFUSED, "wrong type"),
        ("KMS-10", AT_REST, {"owner": UNKNOWN}, UNSEEN, ""),
    ],
)
def test_a_key(rule: str, key: str, changes: dict[str, Any], state: State, says: str) -> None:
    found = say(rule, key, **changes)
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message
    assert (found.effect is Effect.BLOCK) == (state in (REFUSED, UNSEEN))


@pytest.mark.parametrize("rule", ["KMS-06", "KMS-07", "KMS-08", "KMS-09"])
def test_what_a_key_store_shows_conforms_and_what_the_plan_alone_says_needs_evidence(rule: str) -> None:
    assert say(rule, AT_REST, real=True).state is CONFORM
    assert say(rule, AT_REST).state is EVIDENCE


def test_a_key_kept_outside_without_the_declared_workaround_is_refused() -> None:
    for rule in ("KMS-01", "KMS-10"):
        assert "no accepted workaround" in say(rule, AT_REST, without_workarounds()).message
    other = dataclasses.replace(PLAN, workarounds=(dataclasses.replace(PLAN.workarounds[0], brick="encryption"),))
    assert other.workarounds[0].name != "sovereign third-party key management"
    assert say("KMS-01", AT_REST, other).state is REFUSED


def test_a_workaround_that_the_offer_does_not_accept_is_none() -> None:
    judge = judging.judge_of(PLAN, capabilities=None)
    assert judging.ask(judge, "KMS-01", judging.declared(PLAN, AT_REST)).state is REFUSED


def test_two_keys_for_one_thing_are_refused() -> None:
    key = next(key for key in PLAN.keys if key.subject == AT_REST)
    again = dataclasses.replace(PLAN, keys=(*PLAN.keys, dataclasses.replace(key, subject="keys/again")))
    assert "2 keys serve" in say("KMS-05", AT_REST, again).message
    assert say("KMS-05", PSEUDONYM, again).state is CONFORM


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"plan": None}, "no owned plan"), ({"plan_owner": None}, "no owned plan"), ({"plan_bubbles": ()}, "its bubble")],
)
def test_a_pseudonymisation_key_needs_an_owned_plan(changes: dict[str, Any], says: str) -> None:
    assert PLAN.pseudonymisation is not None
    plan = dataclasses.replace(PLAN, pseudonymisation=dataclasses.replace(PLAN.pseudonymisation, **changes))
    assert says in say("KMS-07", PSEUDONYM, plan).message
    assert say("KMS-07", AT_REST, plan).state is EVIDENCE


def test_pseudonymisation_without_any_service_is_refused() -> None:
    found = say("KMS-07", PSEUDONYM, dataclasses.replace(PLAN, pseudonymisation=None))
    assert (found.state, found.fault) == (REFUSED, False)


def test_a_receiving_bubble_without_an_authorisation_has_no_roles() -> None:
    bubbles = tuple(dataclasses.replace(one, project=None) for one in PLAN.bubbles)
    found = say("KMS-08", PSEUDONYM, dataclasses.replace(PLAN, bubbles=bubbles))
    assert (found.state, found.fault) == (EVIDENCE, False)


def bucket_under(key: Any, name: str = BUCKET) -> Any:
    return dataclasses.replace(estate.estate_of().fact(name), key=key)


@pytest.mark.parametrize(
    ("key", "state"),
    [
        (None, IDLE),
        (AT_REST, CONFORM),
        (IMPORT, REFUSED),
        ("keys/elsewhere", REFUSED),
        (f"alias/{AT_REST}", REFUSED),
        (AT_REST.upper(), REFUSED),
        (UNKNOWN, UNSEEN),
        (BAD, REFUSED),
    ],
)
def test_a_bucket_is_under_its_own_key_or_none_of_ours(key: Any, state: State) -> None:
    assert judging.ask(judging.judge_of(PLAN), "KMS-05", bucket_under(key)).state is state


def test_two_buckets_under_one_key_are_refused_over_the_whole_stack() -> None:
    other = "bubbles/project-a/buckets/archive"
    alone = [bucket_under(AT_REST), bucket_under(None, other), estate.estate_of().fact("bubbles/warehouse")]
    shared = [bucket_under(AT_REST), bucket_under(AT_REST, other)]
    judge = judging.judge_of(PLAN)

    def states(facts: list[Any]) -> list[tuple[str, State]]:
        return [(one.subject, one.state) for one in judge.stack(facts) if one.rule == "KMS-05"]

    assert states(alone) == [(BUCKET, CONFORM)]
    assert states(shared) == [(BUCKET, REFUSED), (other, REFUSED)]


def test_every_key_of_the_sample_is_judged_before_anything_is_created() -> None:
    found = judging.judge_of(PLAN).planned()
    for rule in ("KMS-01", "KMS-04", "KMS-05", "KMS-06", "KMS-07", "KMS-08", "KMS-09", "KMS-10"):
        assert {one.subject for one in found if one.rule == rule} == {key.subject for key in PLAN.keys}
    assert [one for one in found if one.effect is Effect.BLOCK] == []
    assert {one.stage for one in found} == {"run"}
