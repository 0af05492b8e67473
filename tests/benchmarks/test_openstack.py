"""The comparison itself: who goes when, what is counted, what is shown. The tools are stood in for."""

from __future__ import annotations

import collections

import pytest

from benchmarks import openstack, same_resources

WANTED = collections.Counter({same_resources.NETWORK: 2, same_resources.PORT: 4})


class Cloud:
    """Holds what the last operation left, and who did it; each operation takes a second more than the one before."""

    def __init__(self, leaves: int = 0) -> None:
        self.held: openstack.Counted = collections.Counter()
        self.said: list[str] = []
        self.leaves = leaves

    def tool(self, name: str) -> openstack.Run:
        def run(operation: str) -> float:
            self.said.append(f"{name} {operation}")
            gone = operation in openstack.GONE
            self.held = collections.Counter({same_resources.PORT: self.leaves} if gone and self.leaves else {})
            if not gone:
                self.held = collections.Counter(WANTED)
            return float(len(self.said))

        return run

    def compared(self, rounds: int) -> openstack.Taken:
        runs = {name: self.tool(name) for name in (openstack.OURS, openstack.THEIRS)}
        return openstack.in_turns(runs, WANTED, lambda: self.held, rounds)


def test_each_tool_goes_first_in_turn_and_does_the_whole_round() -> None:
    cloud = Cloud()
    cloud.compared(rounds=3)
    turns = [cloud.said[at : at + len(openstack.ROUND)] for at in range(0, len(cloud.said), len(openstack.ROUND))]
    first, second = sorted([openstack.OURS, openstack.THEIRS])
    assert [turn[0].split()[0] for turn in turns] == [first, second, second, first] * 2
    assert all([said.split()[1] for said in turn] == list(openstack.ROUND) for turn in turns)


def test_the_round_that_warms_up_is_not_measured() -> None:
    taken = Cloud().compared(rounds=2)
    assert len(taken[openstack.OURS, "nothing_to_do"]) == 2
    assert len(taken[openstack.OURS, "up"]) == 4
    assert min(one.seconds for times in taken.values() for one in times) > 2 * len(openstack.ROUND)


def test_what_destroy_leaves_behind_stops_the_run() -> None:
    with pytest.raises(SystemExit, match="there are 1 Port, and there should be none"):
        Cloud(leaves=1).compared(rounds=1)


def took(*seconds: float) -> list[openstack.Took]:
    """Half of the time on a processor."""
    return [openstack.Took(one, one / 2) for one in seconds]


def test_figures_are_medians_and_their_ratio() -> None:
    taken = {
        (tool, operation): took(1.0) for tool in (openstack.OURS, openstack.THEIRS) for operation in openstack.ROUND
    }
    taken[openstack.OURS, "up"], taken[openstack.THEIRS, "up"] = took(9.0, 3.0, 2.0), took(4.0, 2.0, 100.0)
    taken[openstack.OURS, openstack.BLIND] = took(0.25)
    shown = dict(openstack.medians(taken))
    assert shown["openstack_up_seconds"] == 3.0
    assert shown["opentofu_up_seconds"] == 4.0
    assert shown["openstack_up_over_opentofu"] == 0.75
    assert shown["openstack_destroy_over_opentofu"] == 1.0
    assert shown["openstack_destroy_as_each_does_over_opentofu"] == 0.25, "theirs looks unless told otherwise"
    assert (shown["openstack_up_processor_seconds"], shown["opentofu_up_processor_seconds"]) == (1.5, 2.0)
    assert list(shown).count("openstack_up_seconds") == 1
