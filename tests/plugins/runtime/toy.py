"""A plugin with one kind kept in memory, to test the runtime alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plugins.runtime.call import Call
from plugins.runtime.declare import TAGS, Field, Found, Kind, ListOf, Lookup, Made, Old, Plugin, Record, Values
from plugins.runtime.errors import Partial, Problem


@dataclass
class Shelf:
    """The session: what exists, the calls made, and the failures to inject by operation name."""

    boxes: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def recorded(self, urn: str, id: str) -> None:
        self.seen.append((urn, id))

    def enter(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.fail:
            raise self.fail[operation]


class BoxOperations:
    def create(self, call: Call[Shelf], inputs: Values) -> Made:
        call.session.enter("create")
        id = f"box-{len(call.session.boxes) + 1}"
        call.session.boxes[id] = dict(inputs)
        if "tag" in call.session.fail:
            raise Partial(id, {"tags": {}}, ("the tags were refused",))
        return Made(id, {"boxId": id, "token": "tell-nobody", "state": "ready"})

    def read(self, call: Call[Shelf], id: str, inputs: Values | None) -> Found | None:
        call.session.enter("read")
        box = call.session.boxes.get(id)
        if box is None:
            return None
        told = {"color": "grey", **{name: value for name, value in box.items() if name != "password"}}
        return Found(id, told, {"boxId": id, "token": "tell-nobody", "state": "ready"})

    def update(self, call: Call[Shelf], id: str, old: Old, inputs: Values) -> Values:
        call.session.enter("update")
        call.session.boxes[id] = dict(inputs)
        return {"state": "ready"}

    def delete(self, call: Call[Shelf], id: str, outputs: Values) -> None:
        call.session.enter("delete")
        call.session.boxes.pop(id, None)


def _check_box(inputs: Values) -> Mapping[str, str]:
    return {"size": "at most 10"} if inputs.get("size", 0) > 10 else {}


def _find(call: Call[Shelf], inputs: Values) -> Values:
    call.session.enter("find")
    return {"ids": sorted(call.session.boxes)}


def _connect(shelf: Shelf, configuration: Values) -> Shelf:
    if configuration.get("endpoint") == "nowhere":
        raise Problem("The shelf at nowhere does not answer", "Check the endpoint", code="E1")
    return shelf


BOX = Kind(
    "Box",
    "A box.",
    inputs=(
        Field("label", required=True, immutable=True),
        Field("size", "integer", default=1),
        Field("color", server_chosen=True, immutable=True),
        Field("members", ListOf("string"), unordered=True),
        Field("parts", ListOf(Record("Part", (Field("name", required=True), Field("weight", "integer", default=2))))),
        Field("password", secret=True, write_only=True, immutable=True),
        Field("mode", choices=("open", "closed")),
        TAGS,
    ),
    outputs=(Field("boxId"), Field("token", secret=True), Field("state", volatile=True)),
    operations=BoxOperations(),
    delete_before_replace=True,
    check=_check_box,
)


def toy(shelf: Shelf) -> Plugin[Shelf]:
    return Plugin(
        "toy",
        "0.1.0",
        "A toy.",
        kinds=(BOX,),
        lookups=(Lookup("getBoxes", "All.", (Field("prefix"),), (Field("ids", ListOf("string")),), _find),),
        configuration=(Field("endpoint"), Field("password", secret=True), Field("retries", "integer")),
        connect=lambda configuration: _connect(shelf, configuration),
    )
