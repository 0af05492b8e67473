"""What stands in for the engine where offers are compared: it answers all that adapters ask, or says what it lacks."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import stack as stacks
from blueprint import target
from stacks import planned

ASKED = {
    "outscale-sandbox": {"outscale:index:getImages"},
    "ovh-sandbox": {"openstack:images/getImageIds:getImageIds", "openstack:networking/getNetwork:getNetwork"},
}


@pytest.mark.parametrize("name", target.names())
def test_every_look_up_of_every_adapter_is_answered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = set()
    answer = planned._Monitor.call

    def call(self: planned._Monitor, args: Any) -> Any:
        asked.add(args.token)
        return answer(self, args)

    monkeypatch.setattr(planned._Monitor, "call", call)
    for layer in stacks.LAYERS:
        made = planned.layer("minimal", target.load(name), "dev", layer)
        assert all(one.layer == layer for one in made)
    assert asked == ASKED[name]


@pytest.mark.parametrize(
    ("name", "layer", "token", "said"),
    [
        ("outscale-sandbox", "compute", "outscale:index:getImages", "outscale:index:getImages"),
        ("ovh-sandbox", "compute", "openstack:images/getImageIds:getImageIds", "getImageIds"),
        ("ovh-sandbox", "bastion", "openstack:networking/getNetwork:getNetwork", "getNetwork"),
    ],
)
def test_a_look_up_that_is_not_answered_is_named(
    name: str, layer: str, token: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planned, "LOOKED_UP", {key: one for key, one in planned.LOOKED_UP.items() if key != token})
    with pytest.raises(Exception, match=said) as told:
        planned.layer("minimal", target.load(name), "dev", layer)
    assert "stacks/planned.py" in str(told.value)


def test_an_output_that_is_not_answered_is_named_with_the_resource_that_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine's mock gives None for it: it was left out of what is compared, without a word."""
    token = "openstack:networking/getNetwork:getNetwork"
    monkeypatch.setattr(planned, "LOOKED_UP", {**planned.LOOKED_UP, token: {"name": "planned"}})
    with pytest.raises(NotImplementedError, match=r"network_id of the Port .*bastion.*stacks/planned.py"):
        planned.layer("minimal", target.load("ovh-sandbox"), "dev", "bastion")
