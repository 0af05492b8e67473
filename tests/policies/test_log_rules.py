"""LOG-01, 02, 05, 07, 08: who sends traces, where to, how, who looks at them, and one clock for all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from blueprint import plan as plans
from policies.verdicts import Effect, Finding, State
from tests.policies import estate
from tests.policies.judging import judge_of, say_run

COLLECTOR = "bubbles/administration/zones/services"


def emc2() -> plans.Plan:
    return estate.estate_of().plan


def flows(change: Callable[[plans.Flow], plans.Flow | None]) -> plans.Plan:
    """EMC2 with every flow changed, or dropped where `change` gives None."""
    changed = (change(flow) for flow in emc2().flows)
    return dataclasses.replace(emc2(), flows=tuple(flow for flow in changed if flow is not None))


def of_logs(**changes: Any) -> plans.Plan:
    return flows(lambda flow: dataclasses.replace(flow, **changes) if flow.from_port == 6514 else flow)


def machines(keep: Callable[[plans.Machine], bool]) -> plans.Plan:
    return dataclasses.replace(emc2(), machines=tuple(one for one in emc2().machines if keep(one)))


def say(name: str, plan: plans.Plan | None = None, **changes: Any) -> list[Finding]:
    return say_run(judge_of(plan or emc2(), **changes), name)


def worst(name: str, plan: plans.Plan | None = None) -> tuple[State, str]:
    found = [one for one in say(name, plan) if one.state is not State.CONFORM]
    return (found[0].state, found[0].subject) if found else (State.CONFORM, "")


@pytest.mark.parametrize("name", ["LOG-01", "LOG-02", "LOG-05", "LOG-08"])
def test_the_sample_conforms(name: str) -> None:
    assert say(name)
    assert worst(name) == (State.CONFORM, "")


@pytest.mark.parametrize("name", ["LOG-01", "LOG-02", "LOG-08"])
def test_without_a_machine_there_is_nothing_to_log(name: str) -> None:
    (found,) = say(name, dataclasses.replace(emc2(), machines=(), bastion=None))
    assert found.state is State.NOT_APPLICABLE


def test_log_01_a_bubble_whose_traces_go_nowhere_is_refused() -> None:
    plan = flows(lambda flow: None if flow.name == "logs--warehouse" else flow)
    assert worst("LOG-01", plan) == (State.NON_CONFORM, "bubbles/warehouse")


def test_log_01_one_silent_zone_is_enough() -> None:
    plan = flows(lambda flow: None if flow.name == "logs--administration.bastion" else flow)
    assert worst("LOG-01", plan) == (State.NON_CONFORM, "bubbles/administration")


def test_log_01_a_bubble_without_a_sink_is_refused() -> None:
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, log_sink=None))
        if one.name == "export" and one.project
        else one
        for one in emc2().bubbles
    )
    assert worst("LOG-01", dataclasses.replace(emc2(), bubbles=bubbles)) == (State.NON_CONFORM, "bubbles/export")


def test_log_02_no_collector_is_refused() -> None:
    plan = flows(lambda flow: None if flow.from_port == 6514 else flow)
    assert worst("LOG-02", plan)[0] is State.NON_CONFORM


@pytest.mark.parametrize(
    ("place", "state"),
    [
        ("bubbles/warehouse/zones/omop", State.NON_CONFORM),
        ("externals/upstream", State.EVIDENCE_REQUIRED),
        ("bubbles/administration/zones/bastion", State.NON_CONFORM),
    ],
)
def test_log_02_collectors_stand_apart(place: str, state: State) -> None:
    assert worst("LOG-02", of_logs(destination=place)) == (state, place)


def test_log_02_two_collectors_in_two_zones() -> None:
    one = machines(lambda one: one.zone != COLLECTOR or (one.tier, one.index) == ("collector", 1))
    assert worst("LOG-02", one) == (State.NON_CONFORM, COLLECTOR)
    same = tuple(dataclasses.replace(one, az="a") if one.zone == COLLECTOR else one for one in emc2().machines)
    assert worst("LOG-02", dataclasses.replace(emc2(), machines=same)) == (State.NON_CONFORM, COLLECTOR)


@pytest.mark.parametrize(
    "change",
    [
        {"encryption": "tls"},
        {"encryption": "none"},
        {"protocol": "udp"},
        {"encryption": "none", "from_port": 500, "to_port": 520},
        {"encryption": "tls", "from_port": 1, "to_port": 65535},
    ],
)
def test_log_05_traces_are_neither_read_nor_forged_on_their_way(change: dict[str, Any]) -> None:
    state, subject = worst("LOG-05", of_logs(**change))
    assert state is State.NON_CONFORM
    assert subject.startswith("flows/")


def test_log_07_the_workaround_is_accepted_with_its_complexity() -> None:
    (found,) = say("LOG-07")
    assert (found.state, found.effect, found.subject) == (State.WORKAROUND_ACCEPTED, Effect.PASS, "workarounds/siem")
    assert "(complex)" in found.message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "reading by hand"}, "does not accept"),
        ({"review_days": 61}, "60 days"),
        ({"review_days": None}, "60 days"),
        ({"review_days": 0}, "60 days"),
        ({"owner": "TBD"}, "owner"),
        ({"owner": None}, "owner"),
        ({"owner": ""}, "owner"),
    ],
)
def test_log_07_a_workaround_that_nobody_looks_after_is_none(change: dict[str, Any], says: str) -> None:
    changed = tuple(dataclasses.replace(one, **change) if one.brick == "siem" else one for one in emc2().workarounds)
    (found,) = say("LOG-07", dataclasses.replace(emc2(), workarounds=changed))
    assert (found.state, found.effect) == (State.NON_CONFORM, Effect.BLOCK)
    assert says in found.message


def test_log_07_collectors_have_room_and_nothing_declared_is_nothing_to_judge() -> None:
    bare = tuple(dataclasses.replace(one, disks=()) if one.zone == COLLECTOR else one for one in emc2().machines)
    (found,) = say("LOG-07", dataclasses.replace(emc2(), machines=bare))
    assert found.state is State.NON_CONFORM
    (found,) = say("LOG-07", dataclasses.replace(emc2(), workarounds=()))
    assert found.state is State.NOT_APPLICABLE


def of_time(change: Callable[[plans.Flow], plans.Flow | None]) -> plans.Plan:
    return flows(lambda flow: change(flow) if flow.from_port == 123 else flow)


def test_log_08_no_time_service_needs_a_record() -> None:
    assert worst("LOG-08", of_time(lambda flow: None))[0] is State.EVIDENCE_REQUIRED


def test_log_08_one_clock_for_all() -> None:
    apart = of_time(
        lambda flow: (
            dataclasses.replace(flow, destination="bubbles/warehouse/zones/omop")
            if flow.name == "ntp--export"
            else flow
        )
    )
    assert worst("LOG-08", apart)[0] is State.NON_CONFORM
    without_time = of_time(lambda flow: None if flow.name == "ntp--export" else flow)
    assert worst("LOG-08", without_time) == (State.NON_CONFORM, "bubbles/export")


def test_log_08_only_the_clock_asks_outside() -> None:
    past = of_time(
        lambda flow: (
            dataclasses.replace(flow, source="bubbles/warehouse/zones/omop") if flow.name == "upstream-time" else flow
        )
    )
    assert worst("LOG-08", past) == (State.NON_CONFORM, "bubbles/warehouse/zones/omop")
    one = machines(lambda one: one.zone != COLLECTOR or (one.tier, one.index) == ("collector", 1))
    assert worst("LOG-08", one) == (State.NON_CONFORM, COLLECTOR)


def of_projects(**changes: Any) -> plans.Plan:
    """EMC2 with what every bubble says of its project changed."""
    bubbles = tuple(dataclasses.replace(one, **changes) for one in emc2().bubbles)
    return dataclasses.replace(emc2(), bubbles=bubbles)


def with_sink(sink: str | None, only: str | None = None) -> plans.Plan:
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, log_sink=sink))
        if one.project and only in (None, one.name)
        else one
        for one in emc2().bubbles
    )
    return dataclasses.replace(emc2(), bubbles=bubbles)


def test_log_01_a_bubble_without_a_project_names_no_sink() -> None:
    found = say("LOG-01", of_projects(project=None))
    assert {(one.state, "no sink" in one.message) for one in found} == {(State.NON_CONFORM, True)}
    assert len(found) == len(emc2().bubbles)


@pytest.mark.parametrize("name", ["LOG-02", "LOG-08"])
def test_two_machines_are_enough_and_one_is_not(name: str) -> None:
    two = machines(lambda one: one.zone != COLLECTOR or one.tier == "collector")
    assert len([one for one in two.machines if one.zone == COLLECTOR]) == 2
    assert worst(name, two) == (State.CONFORM, "")
    one = machines(lambda one: one.zone != COLLECTOR or (one.tier, one.index) == ("collector", 1))
    assert worst(name, one) == (State.NON_CONFORM, COLLECTOR)


def test_log_02_where_the_region_has_one_zone_two_machines_still_collect() -> None:
    def one_az(index: int) -> plans.Plan:
        kept = machines(lambda one: one.zone != COLLECTOR or (one.tier == "collector" and one.index <= index))
        return dataclasses.replace(
            kept, azs=("a",), machines=tuple(dataclasses.replace(one, az="a") for one in kept.machines)
        )

    assert worst("LOG-02", one_az(2)) == (State.CONFORM, "")
    assert worst("LOG-02", one_az(1)) == (State.NON_CONFORM, COLLECTOR)


def test_log_02_where_the_region_has_three_zones_two_are_enough() -> None:
    assert worst("LOG-02", dataclasses.replace(emc2(), azs=("a", "b", "c"))) == (State.CONFORM, "")


def test_log_02_traces_that_end_nowhere_are_refused() -> None:
    assert worst("LOG-02", of_logs(destination="nowhere")) == (State.NON_CONFORM, "nowhere")


def test_log_05_without_a_flow_of_traces_there_is_nothing_to_judge() -> None:
    (found,) = say("LOG-05", flows(lambda flow: None if flow.from_port == 6514 else flow))
    assert (found.state, "no flow of traces" in found.message) == (State.NOT_APPLICABLE, True)


@pytest.mark.parametrize(("gib", "state"), [(10, State.WORKAROUND_ACCEPTED), (9, State.NON_CONFORM)])
def test_log_07_ten_gibibytes_a_machine_are_room_enough(gib: int, state: State) -> None:
    """EMC2 has 28 machines with the bastion's, and one disk here holds what they need."""
    count = len(judge_of(emc2()).context.index.machines)
    sizes = {"bubbles/administration/tiers/collector/1": gib * count}
    sized = tuple(
        dataclasses.replace(
            one,
            disks=tuple(dataclasses.replace(disk, size_gib=sizes.get(one.subject, 0)) for disk in one.disks),
        )
        if one.zone == COLLECTOR
        else one
        for one in emc2().machines
    )
    (found,) = say("LOG-07", dataclasses.replace(emc2(), machines=sized))
    assert (found.state, found.fault) == (state, False), found


def test_log_07_a_review_each_day_is_a_review() -> None:
    daily = tuple(dataclasses.replace(one, review_days=1) if one.brick == "siem" else one for one in emc2().workarounds)
    (found,) = say("LOG-07", dataclasses.replace(emc2(), workarounds=daily))
    assert found.state is State.WORKAROUND_ACCEPTED


def test_log_08_two_clocks_are_named_by_the_first() -> None:
    other = of_time(
        lambda flow: (
            dataclasses.replace(flow, destination="bubbles/warehouse/zones/omop")
            if flow.name == "ntp--export"
            else flow
        )
    )
    (found,) = say("LOG-08", other)
    assert (found.subject, found.message) == (COLLECTOR, "bubbles take time from different zones")


def test_log_08_a_zone_without_machines_needs_no_time() -> None:
    plan = of_time(lambda flow: None if flow.name == "ntp--administration.bastion" else flow)
    assert worst("LOG-08", plan) == (State.NON_CONFORM, "bubbles/administration")
    assert worst("LOG-08", dataclasses.replace(plan, bastion=None)) == (State.CONFORM, "")
