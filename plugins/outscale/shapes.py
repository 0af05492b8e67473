"""How a kind of the Outscale API is declared: its attributes, where it is read, which calls change it.

Everything here is data; `carrier.py` carries it out. An attribute is named as the request field in camelCase; it is
sent as `PascalCase(name)` and read from the same key of the answer, unless the declaration says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from plugins.outscale.session import Session
from plugins.outscale.sources import Item, Source, path
from plugins.runtime.call import Call
from plugins.runtime.declare import TAGS, Field, Values


def pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


@dataclass(frozen=True)
class Attribute(Field):
    """A property and its place in the API.

    key     request field, when it is not PascalCase(name)
    unsent  never part of the creation request
    take    path in the answer, e.g. `State.Name` or `SecurityGroups[].SecurityGroupId`
    encode  plain value -> request value; decode is the way back
    """

    key: str = ""
    unsent: bool = False
    take: str = ""
    encode: Callable[[Any], Any] | None = None
    decode: Callable[[Any], Any] | None = None

    def request(self, value: Any) -> Any:
        return self.encode(value) if self.encode else value

    def request_key(self) -> str:
        return self.key or pascal(self.name)

    def found(self, item: Item) -> Any:
        """The value in an answer, None when it is not there."""
        value = path(item, self.take or pascal(self.name))
        return self.decode(value) if self.decode and value is not None else value


@dataclass(frozen=True)
class Update:
    """A call that changes `fields` (only those that differ are sent, `always` excepted).

    one_by_one  the API takes a single attribute a call
    stopped     the machine must be stopped for it
    """

    call: str
    fields: tuple[str, ...]
    always: tuple[str, ...] = ()
    one_by_one: bool = False
    stopped: bool = False


@dataclass(frozen=True)
class Delete:
    """The call that removes it and the attributes it takes; `listed` are sent as a list under their plural key.

    `answer` is the path of the source's item in the answer, when it has it: it then tells that the thing is gone.
    """

    call: str
    sends: tuple[str, ...]
    listed: Mapping[str, str] | None = None
    answer: str = ""


@dataclass(frozen=True)
class Wait:
    """States, and how long to sleep between looks (seconds: the first time, and at most).

    until   end a creation or an update
    failed  nothing more will come of it
    gone    it does not exist any more, though it is still shown
    alive   when given, the only states in which it exists at all
    busy    path of something whose presence means that a change is still going on
    """

    path: str
    until: tuple[str, ...]
    failed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    alive: tuple[str, ...] = ()
    busy: str = ""
    first: float = 1.0
    most: float = 10.0


class Special(Protocol):
    """What a kind does besides its calls, and what it looks at besides its item."""

    def due(self, outputs: Values, inputs: Values, /) -> bool:
        """Whether `finish` still has something to do."""

    def finish(self, call: Call[Session], id: str, item: Item, inputs: Values, /) -> dict[str, Any]:
        """Runs after the creation, and again in an update while due; can be run any number of times."""

    def observe(self, call: Call[Session], item: Item, /) -> dict[str, Any]:
        """More inputs and outputs, for a read."""


Pick = Callable[[Item, Values], Item | None]
"""From the item of the source and the wanted values, the part that is this resource; None when it is not there."""


@dataclass(frozen=True)
class Shape:
    """One kind of the API.

    id        attributes whose values make the resource's id, the first being the id of the source's item
    answer    path of the object in the answer of the creation; empty: request and answer together are the object
    pick      for a kind that lives inside the item of another (a route in its table)
    unique    the API refuses a second one with the same properties: a lost creation may be sent again
    token     the creation takes a ClientToken: the same token never makes two
    beside    whether an item is one that the API made by itself beside another thing, or one that is already in use:
              no creation asked for it, so none may adopt it, however alike it looks
    """

    name: str
    description: str
    attributes: tuple[Attribute, ...]
    outputs: tuple[Attribute, ...]
    source: Source
    id: tuple[str, ...]
    create: str
    answer: str = ""
    pick: Pick | None = None
    updates: tuple[Update, ...] = ()
    delete: Delete | None = None
    wait: Wait | None = None
    tagged: bool = False
    unique: bool = False
    token: bool = False
    beside: Callable[[Item], bool] | None = None
    special: Special | None = None
    replace_first: bool = False
    check: Callable[[Values], Mapping[str, str]] | None = None

    @property
    def inputs(self) -> tuple[Field, ...]:
        return (*self.attributes, TAGS) if self.tagged else self.attributes

    def attribute(self, name: str) -> Attribute:
        return next(attribute for attribute in (*self.attributes, *self.outputs) if attribute.name == name)

    def part(self, item: Item | None, wanted: Values) -> Item | None:
        """This resource in the item of its source, whatever its state."""
        if item is None or self.pick is None:
            return item
        picked = self.pick(item, wanted)
        return None if picked is None else {**item, **picked}

    def view(self, item: Item | None, wanted: Values) -> Item | None:
        """This resource in the item of its source, or None when it does not exist (any more)."""
        part = self.part(item, wanted)
        if part is None or self.wait is None:
            return part
        state = path(part, self.wait.path)
        dead = state in self.wait.gone or (self.wait.alive and state not in self.wait.alive)
        return None if dead else part

    def traits(self, inputs: Values) -> dict[str, Any]:
        """The properties by which a creation can be recognised: sent, readable, never secret."""
        names = {
            attribute.name
            for attribute in self.attributes
            if not (attribute.unsent or attribute.secret or attribute.write_only or attribute.local)
        }
        return {name: value for name, value in inputs.items() if name in names}


def tags_of(item: Item) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags") or []}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def among(items: str, **where: str) -> Pick:
    """Pick the member of the list `items` whose keys equal the wanted attributes, e.g. `destinationIpRange="Dest..."`.

    A wanted attribute that is not known (an import by id) is not compared.
    """

    def pick(item: Item, wanted: Values) -> Item | None:
        for member in item.get(items) or []:
            if all(wanted.get(name) in (None, "", member.get(key)) for name, key in where.items()):
                found: Item = member
                return found
        return None

    return pick


def itself(present: str, **where: str) -> Pick:
    """The item itself, while its key `present` has a value and the wanted attributes are equal."""

    def pick(item: Item, wanted: Values) -> Item | None:
        agrees = all(wanted.get(name) in (None, "", item.get(key)) for name, key in where.items())
        return item if item.get(present) and agrees else None

    return pick
