"""SOV-01 to SOV-07: qualified, in the declared region, among listed operators, with the state at home."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from blueprint import plan as plans
from blueprint.values import UNKNOWN
from policies import records
from policies.backend import Backend
from policies.verdicts import Effect, Phase, State
from providers import capabilities
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, REFUSED, UNSEEN, Case, check, to, unknown, without
from tests.policies.judging import judge_of, say_run

SUBNET = "bubbles/warehouse/zones/omop/az/a"
VM = "bubbles/warehouse/tiers/omop/1"
NET = "bubbles/warehouse"
BUCKET = "bubbles/warehouse/buckets/archive"
NOTHING = records.Records()

SOV_03 = [
    Case("a segment in the target's region conforms", SUBNET, None, CONFORM),
    Case("a network whose provider says the region conforms", NET, None, CONFORM),
    Case("an explicit provider conforms", "outscale", None, CONFORM),
    Case("a bucket in the target's region conforms", BUCKET, None, CONFORM),
    Case(
        "another region of the same provider is refused", SUBNET, to(subregionName="eu-west-2a"), REFUSED, "eu-west-2"
    ),
    Case("another country is refused", VM, to(placementSubregionName="us-east-2a"), REFUSED, "us-east-2"),
    Case("a segment without a subregion is refused", SUBNET, without("subregionName"), REFUSED, "default"),
    Case(
        "another availability zone than planned is refused",
        SUBNET,
        to(subregionName="cloudgouv-eu-west-1b"),
        REFUSED,
        "availability zone",
    ),
    Case("an unknown subregion waits", SUBNET, unknown("subregionName"), UNSEEN),
    Case("a list of subregions is refused", SUBNET, to(subregionName=["a"]), REFUSED, "wrong type"),
    Case("spaces around a subregion change nothing", SUBNET, to(subregionName=" cloudgouv-eu-west-1a "), CONFORM),
    Case("a provider without a region is refused", "outscale", without("region"), REFUSED, "default"),
    Case("a provider of another region is refused", "oos", to(region="eu-west-2"), REFUSED, "eu-west-2"),
    Case(
        "a provider that goes elsewhere is refused",
        "outscale",
        to(endpoint="https://api.us-east-2.outscale.com"),
        REFUSED,
        "endpoint",
    ),
    Case(
        "a provider at the region's own endpoint conforms",
        "outscale",
        to(endpoint="https://api.cloudgouv-eu-west-1.outscale.com/api/v1"),
        CONFORM,
    ),
    Case(
        "a look-alike of that endpoint is refused",
        "outscale",
        to(endpoint="https://api.cloudgouv-eu-west-1.outscale.com.example.org/"),
        REFUSED,
        "endpoint",
    ),
    Case("an endpoint that is no URL is refused", "outscale", to(endpoint="nonsense"), REFUSED, "endpoint"),
    Case(
        "even where the target's own is none",
        "outscale",
        to(endpoint="nonsense"),
        REFUSED,
        "endpoint",
        context={"endpoints": ("nonsense",)},
    ),
    Case(
        "so is any, where nobody described the offer",
        "outscale",
        to(endpoint="https://api.cloudgouv-eu-west-1.outscale.com/api/v1"),
        REFUSED,
        "endpoint",
        context={"capabilities": None},
    ),
    Case("a region allowed is not yet the target's", NET, None, REFUSED, "the target's", context={"region": "x"}),
    Case("a provider whose endpoint is not known yet waits", "outscale", unknown("endpoint"), UNSEEN),
    Case("a provider without an endpoint is refused", "outscale", without("endpoint"), REFUSED, "left to a default"),
    Case("so is one of buckets", "oos", without("endpoint"), REFUSED, "left to a default"),
    Case(
        "where the target gives none, there is none to compare",
        "oos",
        without("endpoint"),
        CONFORM,
        context={"endpoints": ()},
    ),
    Case(
        "Terraform may leave its endpoint to its provider",
        "outscale",
        without("endpoint"),
        CONFORM,
        context={"place": Phase.HCL},
    ),
]


@pytest.mark.parametrize("case", SOV_03, ids=str)
def test_sov_03(case: Case) -> None:
    check("SOV-03", case)


def test_a_resource_through_a_provider_of_another_region_is_refused() -> None:
    changed = estate.estate_of()
    changed[NET].provider["region"] = "eu-west-2"
    assert judging.say(judging.judge_of(changed.plan), changed, "SOV-03", NET).state is State.NON_CONFORM
    changed[NET].provider["region"] = UNKNOWN
    assert judging.say(judging.judge_of(changed.plan), changed, "SOV-03", NET).pending


def test_zones_outside_the_region_are_refused_before_they_are_created() -> None:
    changed = estate.estate_of("foreign-region")
    judge = judging.judge_of(changed.plan)
    refused = [
        name for name in changed.resources for one in judge.resource(changed.fact(name)) if one.effect == "block"
    ]
    assert sorted(refused) == sorted(
        name
        for name, one in changed.resources.items()
        if one.kind.endswith(":Subnet") and not one.properties["subregionName"].startswith(estate.REGION)
    )
    assert refused


@pytest.mark.parametrize(
    ("day", "state", "effect", "says"),
    [
        ("2026-11-23", State.EVIDENCE_ACCEPTED_UNTIL, Effect.WARN, "in 7 days"),
        ("2026-11-29", State.EVIDENCE_ACCEPTED_UNTIL, Effect.WARN, "in 1 day"),
        ("2026-11-30", State.EVIDENCE_ACCEPTED_UNTIL, Effect.WARN, "today"),
        ("2026-12-01", State.NON_CONFORM, Effect.BLOCK, "ended on 2026-11-30"),
    ],
)
@pytest.mark.parametrize("name", [NET, VM, BUCKET, "bastion/1"])
def test_a_qualification_holds_until_its_last_day_included(
    day: str, state: State, effect: Effect, says: str, name: str
) -> None:
    changed = estate.estate_of()
    judge = judging.judge_of(changed.plan, as_of=dt.date.fromisoformat(day))
    found = judging.say(judge, changed, "SOV-01", name)
    assert (found.state, found.effect) == (state, effect)
    assert says in found.message


def test_the_sandbox_record_is_worth_nothing_on_a_real_target() -> None:
    changed = estate.estate_of()
    found = judging.say(judging.judge_of(changed.plan, simulated=False), changed, "SOV-01", NET)
    assert (found.state, found.effect) == (State.EVIDENCE_REQUIRED, Effect.BLOCK)


def test_without_a_record_a_second_hand_source_needs_evidence() -> None:
    changed = estate.estate_of()
    assert judging.say(judging.judge_of(changed.plan, NOTHING), changed, "SOV-01", NET).state is State.EVIDENCE_REQUIRED


def _continuity(**changes: object) -> records.Records:
    base = {
        "id": "CO-1",
        "offer": "iaas-cloud-on-demand",
        "reason": "r",
        "exit_plan": "e",
        "decided_by": ("a", "b"),
        "decided_on": dt.date(2026, 12, 1),
        "valid_until": dt.date(2027, 2, 28),
        "simulated": False,
    }
    return records.Records(continuity=(records.Continuity.model_validate({**base, **changes}),))


@pytest.mark.parametrize(
    ("day", "kept", "effect"),
    [
        ("2026-12-01", _continuity(), Effect.WARN),
        ("2027-02-28", _continuity(), Effect.WARN),
        ("2027-03-01", _continuity(), Effect.BLOCK),
        ("2026-12-01", _continuity(offer="another"), Effect.BLOCK),
        ("2026-12-01", NOTHING, Effect.BLOCK),
    ],
)
def test_a_continuity_decision_lets_a_lapsed_offer_run_and_never_makes_it_conform(
    day: str, kept: records.Records, effect: Effect
) -> None:
    changed = estate.estate_of()
    judge = judging.judge_of(changed.plan, kept, as_of=dt.date.fromisoformat(day), simulated=False)
    found = judging.say(judge, changed, "SOV-01", NET)
    assert (found.state, found.effect) == (State.NON_CONFORM, effect)


def test_a_simulated_continuity_decision_is_worth_nothing_on_a_real_target() -> None:
    changed = estate.estate_of()
    for simulated, effect in ((True, Effect.WARN), (False, Effect.BLOCK)):
        judge = judging.judge_of(
            changed.plan, _continuity(simulated=True), as_of=dt.date(2026, 12, 1), simulated=simulated
        )
        assert judging.say(judge, changed, "SOV-01", NET).effect is effect


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"offer": "iaas-eu-west-2", "region": "eu-west-2"}, "inside no qualification"),
        ({"offer": "unheard-of"}, "in no capability file"),
        ({"region": "eu-west-2"}, "is described for"),
        ({"capabilities": None}, "in no capability file"),
    ],
)
def test_an_offer_that_is_not_qualified_is_refused(changes: dict[str, object], says: str) -> None:
    changed = estate.estate_of()
    found = judging.say(judging.judge_of(changed.plan, **changes), changed, "SOV-01", NET)
    assert found.state is State.NON_CONFORM
    assert says in found.message


OOS = "oos.cloudgouv-eu-west-1.outscale.com"


@pytest.mark.parametrize(
    ("backend", "simulated", "state"),
    [
        (Backend("file:///tmp/state"), True, State.CONFORM),
        (Backend("file:///tmp/state"), False, State.NON_CONFORM),
        (Backend("file://~"), True, State.CONFORM),
        (Backend(f"s3://state?endpoint=https://{OOS}&region=x"), False, State.CONFORM),
        (Backend(f"s3://state?endpoint={OOS}"), False, State.CONFORM),
        (Backend("s3://state?endpoint=127.0.0.1:18443&s3ForcePathStyle=true"), True, State.CONFORM),
        (Backend("s3://state"), False, State.NON_CONFORM),
        (Backend("s3://state?endpoint=https://s3.us-east-1.amazonaws.com"), True, State.NON_CONFORM),
        (Backend(f"s3://state?endpoint=https://{OOS}.example.org"), True, State.NON_CONFORM),
        (Backend("https://api.pulumi.com"), True, State.NON_CONFORM),
        (Backend("gs://state"), True, State.NON_CONFORM),
        (Backend("azblob://state"), True, State.NON_CONFORM),
        (Backend(None), True, State.NOT_OBSERVABLE),
        (Backend("file:///tmp/state", "awskms://key"), True, State.NON_CONFORM),
        (Backend("file:///tmp/state", "default"), True, State.NON_CONFORM),
        (Backend("file:///tmp/state", "hashivault://key"), True, State.CONFORM),
    ],
)
def test_sov_07(backend: Backend, simulated: bool, state: State) -> None:
    judge = judging.judge_of(estate.plan_of(), backend=backend, simulated=simulated)
    (found,) = say_run(judge, "SOV-07")
    assert found.state is state
    assert (found.effect is Effect.BLOCK) == (state is not State.CONFORM)


def test_sov_07_a_store_of_no_host_is_not_at_home_whatever_the_target_says() -> None:
    judge = judging.judge_of(estate.plan_of(), backend=Backend("s3://state"), endpoints=("nonsense",))
    (found,) = say_run(judge, "SOV-07")
    assert found.state is State.NON_CONFORM


def test_a_password_in_a_backend_url_is_never_shown() -> None:
    judge = judging.judge_of(estate.plan_of(), backend=Backend("postgres://user:hunter2@db.example.org/state"))
    found = next(one for one in judge.run() if one.rule == "SOV-07")
    assert found.state is State.NON_CONFORM
    assert "hunter2" not in found.message


def _with_offer(**changes: Any) -> Any:
    kept = capabilities.load("outscale")
    offer = kept.offers["iaas-cloud-on-demand"].model_copy(update=changes)
    return kept.model_copy(update={"offers": {**kept.offers, "iaas-cloud-on-demand": offer}})


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("3.2", State.CONFORM),
        (" 3.2", State.CONFORM),
        ("3.10", State.CONFORM),
        ("4", State.CONFORM),
        ("3.1", State.NON_CONFORM),
        ("3", State.NON_CONFORM),
        ("latest", State.NON_CONFORM),
        ("3.x", State.NON_CONFORM),
    ],
)
def test_sov_02_a_version_that_keeps_extra_european_law_out(version: str, state: State) -> None:
    kept = capabilities.load("outscale").offers["iaas-cloud-on-demand"].qualification
    assert kept is not None
    offers = _with_offer(qualification=kept.model_copy(update={"version": version}))
    (found,) = say_run(judge_of(estate.estate_of().plan, capabilities=offers), "SOV-02")
    assert found.state is state


@pytest.mark.parametrize("offers", [None, _with_offer(qualification=None)])
def test_sov_02_no_decision_is_no_version(offers: Any) -> None:
    (found,) = say_run(judge_of(estate.estate_of().plan, capabilities=offers), "SOV-02")
    assert (found.state, found.effect) == (State.NON_CONFORM, Effect.BLOCK)


def test_sov_06_the_certificate_holds_on_its_days_and_must_be_read_first_hand() -> None:
    plan = estate.estate_of().plan
    (found,) = say_run(judge_of(plan), "SOV-06")
    assert (found.state, found.until) == (State.EVIDENCE_REQUIRED, "2029-08-27")
    kept = capabilities.load("outscale").offers["iaas-cloud-on-demand"].hds
    assert kept is not None
    day = kept.valid_until
    read = kept.model_copy(update={"second_hand": False, "read_on": day})
    for as_of, state in ((day, State.CONFORM), (day + dt.timedelta(1), State.NON_CONFORM)):
        (found,) = say_run(judge_of(plan, capabilities=_with_offer(hds=read), as_of=as_of), "SOV-06")
        assert found.state is state


def test_sov_06_no_certificate_on_record_needs_one_and_only_health_data_do() -> None:
    plan = estate.estate_of().plan
    (found,) = say_run(judge_of(plan, capabilities=_with_offer(hds=None), simulated=False), "SOV-06")
    assert (found.state, found.effect) == (State.EVIDENCE_REQUIRED, Effect.BLOCK)
    technical = tuple(dataclasses.replace(bubble, data_class="technical") for bubble in plan.bubbles)
    (found,) = say_run(judge_of(dataclasses.replace(plan, bubbles=technical)), "SOV-06")
    assert found.state is State.NOT_APPLICABLE


OUTSIDE = "externals/upstream"


def operated(operator: str | None, country: str | None, platform: str = "emc2") -> plans.Plan:
    plan = estate.estate_of(platform).plan
    changed = tuple(
        dataclasses.replace(one, operator=operator, country=country) if one.subject == OUTSIDE else one
        for one in plan.externals
    )
    return dataclasses.replace(plan, externals=changed)


@pytest.mark.parametrize(
    ("operator", "country", "state", "says"),
    [
        ("a French mirror", "FR", State.EVIDENCE_REQUIRED, "only a contract"),
        ("a German mirror", "DE", State.EVIDENCE_REQUIRED, "only a contract"),
        (None, None, State.EVIDENCE_REQUIRED, "does not say who"),
        ("a mirror", "US", REFUSED, "in US, outside the European Union"),
        ("a mirror", "GB", REFUSED, "outside the European Union"),
        ("a mirror", "CH", REFUSED, "outside the European Union"),
        ("a mirror", "fr", REFUSED, "outside the European Union"),
        ("a mirror", None, REFUSED, "outside the European Union"),
        ("TBD", "FR", REFUSED, "placeholder"),
        (" ", "FR", REFUSED, "placeholder"),
    ],
)
def test_sov_05_each_place_that_flows_lead_to_has_an_operator(
    operator: str | None, country: str | None, state: State, says: str
) -> None:
    judge = judge_of(operated(operator, country), kept=NOTHING)
    (found,) = [one for one in say_run(judge, "SOV-05") if one.subject == OUTSIDE]
    assert (found.state, says in found.message, found.fault) == (state, True, False), found
    assert found.effect is (Effect.BLOCK if state is REFUSED else Effect.WARN)


def test_sov_05_judges_destinations_only() -> None:
    found = {one.subject for one in say_run(judge_of(operated(None, None)), "SOV-05")}
    assert found == {"externals/child-system", "externals/object-storage", OUTSIDE}
    quiet = dataclasses.replace(operated(None, None), flows=())
    assert [one.state for one in say_run(judge_of(quiet), "SOV-05")] == [State.NOT_APPLICABLE]


def test_sov_05_on_openstack_too() -> None:
    found = say_run(judging.judge_at("ovh-sandbox", "emc2", kept=NOTHING), "SOV-05")
    assert {one.state for one in found} == {State.EVIDENCE_REQUIRED}
