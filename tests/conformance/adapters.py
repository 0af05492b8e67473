"""The adapters under test. The suite itself names none: an adapter joins with one line here."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from blueprint import target
from providers import capabilities
from tests import longer
from tests.components import registering
from tests.conformance import outscale, ovh
from tests.engine import world as worlds

Start = Callable[[str, pathlib.Path], contextlib.AbstractContextManager[worlds.World]]


class Hand(Protocol):
    """Somebody with the account's credentials, who goes round the toolkit."""

    def close(self, zone: str) -> str:
        """Takes one ingress rule of the zone's filter away. Returns what drift should say of it: a subject."""
        ...

    def open(self, zone: str) -> None:
        """Opens the zone's filter to the world on the port of SSH."""
        ...

    def mark(self, bubble: str) -> None:
        """Writes a tag of the bubble's network that is not true."""
        ...

    def bring(self, zone: str) -> str:
        """Makes a thing that nobody declared, in that zone. Returns its id."""
        ...

    def give_back(self, zone: str) -> str:
        """Gives the zone's filter back the rule out to everywhere with which the provider makes one. Returns its id."""
        ...

    def undo(self) -> None:
        """Takes away what it added; what it took or changed is the toolkit's to bring back."""
        ...


@dataclasses.dataclass(frozen=True)
class Adapter:
    """`needs` are fixtures that the world stands on; `platforms` are brought up whole, `drawn` at random.

    `longer` are brought up in the long form only (`make test-platforms`): they take minutes; and more are drawn there.
    """

    target: str
    start: Start
    hand: Callable[[worlds.World], Hand]
    platforms: tuple[str, ...]
    drawn: tuple[int, int]
    """How many platforms: in every run, in the long form."""
    storage: str
    """Flavor of its object storage (plugins/s3/features.yaml)."""
    room: Callable[[worlds.World], None]
    """Makes the account large enough for all that are drawn."""
    needs: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()
    native: tuple[str, ...] = ()
    """Features that its offer is taken to have: one line of capabilities.yaml turns each of them on."""
    hand_later: bool = False
    """True where a hand's changes and an adoption take minutes: the long form has them."""

    def offer(self) -> capabilities.Offer:
        return registering.offer(target.load(self.target), **dict.fromkeys(self.native, True))

    def brought(self) -> tuple[str, ...]:
        return (*self.platforms, *(self.longer if every_platform() else ()))


def every_platform() -> bool:
    """True where the long form was asked for."""
    return longer.PLATFORMS.asked()


ADAPTERS = {
    "outscale": Adapter(
        "outscale-sandbox",
        worlds.world,
        outscale.Hand,
        platforms=("minimal",),
        longer=("emc2", "front"),  # tests/engine/test_emc2.py brings the first up in every run
        drawn=(4, 24),
        storage="oos",
        room=outscale.room,
    ),
    "ovh": Adapter(
        "ovh-sandbox",
        functools.partial(worlds.world, target="ovh-sandbox"),
        ovh.Hand,
        platforms=("minimal",),
        longer=("emc2", "front"),
        drawn=(1, 12),
        storage="rgw",
        room=ovh.room,
        needs=("cloud",),
        hand_later=True,
    ),
    "ovh-routers": Adapter(
        "ovh-sandbox",
        ovh.with_routers,
        ovh.Hand,
        platforms=("front",),
        longer=("minimal", "emc2"),
        drawn=(0, 12),  # a minute each
        storage="rgw",
        room=ovh.room,
        needs=("cloud",),
        native=("routers",),
        hand_later=True,
    ),
}
LONGER = pytest.mark.timeout(1800)
"""Minutes on two idle cores, and more beside other work."""
ON_OPENSTACK = (pytest.mark.openstack,)
MARKS: dict[str, Any] = {"outscale": (), "ovh": ON_OPENSTACK, "ovh-routers": ON_OPENSTACK}
