"""GOV-04: what the engine is told beside the properties never takes away what another rule judged."""

from __future__ import annotations

import collections
import dataclasses
import io
import json
from typing import Any

import pulumi
import pytest

from blueprint.options import Options
from policies import session, state
from policies.rules import options
from policies.verdicts import Effect, State
from providers.ovh import facts as ovh
from providers.ovh import kinds
from tests.components import registering
from tests.policies import elsewhere, estate, judging, states
from tests.policies.cases import CONFORM, IDLE, REFUSED

NET = "bubbles/warehouse"
DISK = "bubbles/warehouse/tiers/omop/1/disks/data"
BUCKET = "bubbles/warehouse/buckets/archive"
PROTECTED, BARE = Options(protect=True, ignored=()), Options(protect=False, ignored=())


def taking(last: str, stack: str = "stack") -> Options:
    """Protected, and in the place of that."""
    return dataclasses.replace(PROTECTED, taken_over=(f"urn:pulumi:{stack}::rempart::{last}",))


CASES = [
    ("a protected bucket conforms", BUCKET, PROTECTED, CONFORM, ""),
    ("a protected disk conforms", DISK, PROTECTED, CONFORM, ""),
    ("a network holds no data and conforms", NET, BARE, CONFORM, ""),
    ("a protected network is the same", NET, PROTECTED, CONFORM, ""),
    ("a bucket that may go by the way is refused", BUCKET, BARE, REFUSED, "not protected"),
    ("a disk that may go by the way is refused", DISK, BARE, REFUSED, "not protected"),
    ("an ignored property is refused", NET, Options(False, ("ipRange",)), REFUSED, "changes of ipRange"),
    ("an ignored part of a property is the same", BUCKET, Options(True, ("policy.Statement[0]",)), REFUSED, "policy"),
    ("everything ignored is the same", NET, Options(False, ("*",)), REFUSED, "changes of *"),
    ("a protected one is ignored all the same", BUCKET, Options(True, ("b", "a")), REFUSED, "changes of a, b"),
    ("an ignored endpoint is refused", "outscale", Options(False, ("endpoint",)), REFUSED, "endpoint"),
    ("what a stack leaves behind is refused", NET, Options(False, (), retained=True), REFUSED, "retainOnDelete"),
    ("what a stack takes away conforms", NET, Options(False, (), retained=False), CONFORM, ""),
    (
        "what takes another's place is refused",
        BUCKET,
        taking("s3:index:Bucket::bubbles/export/buckets/out"),
        REFUSED,
        "out",
    ),
    ("what was of another type is refused", BUCKET, taking(f"s3:index:Other::{BUCKET}"), REFUSED, "(`aliases`)"),
    ("what stood in another stack is refused", BUCKET, taking(f"s3:index:Bucket::{BUCKET}", "t"), REFUSED, "aliases"),
    (
        "what stood under another component conforms",
        BUCKET,
        taking(f"rempart:components:Old$s3:index:Bucket::{BUCKET}"),
        CONFORM,
        "",
    ),
    ("what no engine made is not its business", NET, None, IDLE, "not read from the engine"),
    ("data that no engine made is not its business", BUCKET, None, IDLE, "not read from the engine"),
]


@pytest.mark.parametrize(
    ("on", "given", "wanted", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_options(on: str, given: Options | None, wanted: State, says: str) -> None:
    whole = estate.estate_of()
    judge = judging.judge_of(whole.plan)
    found = judging.ask(judge, "GOV-04", session.with_options(whole.fact(on), given))
    assert found.state is wanted
    assert says in found.message
    assert found.effect is (Effect.BLOCK if wanted is REFUSED else Effect.PASS)


@pytest.mark.parametrize("kind", [kinds.VOLUME, "s3:index:Bucket", kinds.NETWORK])
def test_on_openstack_too(kind: str) -> None:
    judge = judging.judge_at(elsewhere.TARGET, "emc2")
    fact = ovh.fact(kind, "urn", "name", {"subject": BUCKET}, elsewhere.PROVIDER)
    bare = judging.ask(judge, "GOV-04", session.with_options(fact, BARE))
    assert bare.state is (CONFORM if kind == kinds.NETWORK else REFUSED)
    assert judging.ask(judge, "GOV-04", session.with_options(fact, PROTECTED)).state is CONFORM
    ignoring = dataclasses.replace(PROTECTED, ignored=("volumeType",))
    assert judging.ask(judge, "GOV-04", session.with_options(fact, ignoring)).state is REFUSED


@pytest.mark.parametrize("place", ["outscale-sandbox", elsewhere.TARGET])
def test_what_adapters_ask_of_the_engine_conforms(place: str) -> None:
    """The real options of all that two layers register, through the SDK."""
    judge, answers = judging.judge_at(place, "emc2"), collections.Counter[State]()
    holding = 0
    for layer in ("storage", "compute"):
        told: dict[tuple[str, str], Options] = {}

        def look(args: pulumi.ResourceTransformationArgs, told: dict[tuple[str, str], Options] = told) -> None:
            asked = args.opts
            told[args.type_, args.name] = Options(bool(asked.protect), tuple(asked.ignore_changes or ()), None)

        made = registering.register("emc2", layer, place, look)
        for kind, name, inputs in made.resources:
            fact = session.FACTS[judge.context.plan.provider](kind, "urn", name, inputs, None, None)
            fact = session.with_options(fact, told[kind, name])
            answers.update(one.state for one in judge.resource(fact) if one.rule == "GOV-04")
            holding += isinstance(fact, options.HOLDING_DATA)
    assert set(answers) == {CONFORM}
    assert holding > len(judge.context.plan.buckets), "volumes too"


def kept(change: dict[str, Any]) -> list[state.Resource]:
    """The state of one protected bucket, with raw fields changed."""
    whole = estate.estate_of()
    whole.resources = {BUCKET: whole.resources[BUCKET]}
    document = states.deployment(whole, "emc2.outscale-sandbox.dev.storage")
    for one in document["deployment"]["resources"]:
        one.update(change)
    file = io.BufferedReader(io.BytesIO(json.dumps(document).encode()))
    return list(state.resources(file, "a state", state.Counts()))


def test_a_state_says_all_of_them() -> None:
    *_, bucket = kept({})
    assert bucket.options == Options(protect=True, ignored=(), retained=False)
    *_, bucket = kept({"protect": False, "ignoreChanges": ["policy"], "retainOnDelete": True})
    assert bucket.options == Options(protect=False, ignored=("policy",), retained=True)
    *_, bucket = kept({"aliases": ["urn:x"]})
    assert bucket.options == Options(protect=True, ignored=(), retained=False, taken_over=("urn:x",))


@pytest.mark.parametrize(
    "change", [{"protect": "no"}, {"protect": 0}, {"retainOnDelete": []}, {"ignoreChanges": "policy"}, {"aliases": "x"}]
)
def test_an_option_of_another_type_is_no_state_of_the_engine_s(change: dict[str, Any]) -> None:
    with pytest.raises(state.BadState, match="not as the engine writes it"):
        kept(change)
