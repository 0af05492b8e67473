"""Carries out a `Shape`: create, read, update and delete, with tags, waits and partial failures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from plugins.outscale.births import Births, Born, id_parts
from plugins.outscale.failures import Refused, SignInRefused
from plugins.outscale.session import Session
from plugins.outscale.shapes import Attribute, Shape, tag_list, tags_of
from plugins.outscale.sources import Item, path
from plugins.outscale.updating import apply_updates
from plugins.runtime.call import Call
from plugins.runtime.declare import Found, Made, Old, Values
from plugins.runtime.errors import Partial, Problem
from plugins.runtime.failures import Lost

VISIBLE_WITHIN = 30.0  # seconds in which something just created may still be absent from reads
LOST_DELETES = 4  # deletions whose answer may be lost before we give up


class Carrier:
    """The operations of one kind."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._births = Births()

    def create(self, call: Call[Session], inputs: Values) -> Made:
        body = request(self.shape, inputs)
        with self._births.bear(call, self.shape, inputs, body) as born:
            call.session.reader.wrote()
            outputs: dict[str, Any] = {}
            try:
                self._adjust(call, born, inputs)
                self._complete(call, born.id, born.item, inputs, outputs)
            except (Problem, Refused, Lost) as failure:
                raise self._partial(born.id, born.item, outputs, failure) from failure
        try:
            item = self._settled(call, born.id, born.item, inputs)
        except (Problem, Refused, Lost) as failure:
            raise self._partial(born.id, born.item, outputs, failure) from failure
        return Made(born.id, {**self._outputs(item, inputs), **outputs})

    def read(self, call: Call[Session], id: str, inputs: Values | None) -> Found | None:
        shape, reader = self.shape, call.session.reader
        key = str(id_parts(shape, id)[shape.id[0]])
        wanted = {**(inputs or {}), **id_parts(shape, id)}
        item = shape.view(reader.cached(call, shape.source, key), wanted)
        if item is None:  # only a read of its own may say that it is gone
            item = shape.view(reader.one(call, shape.source, key), wanted)
        if item is None:
            return None
        observed = shape.special.observe(call, item) if shape.special else {}
        # What a program does not ask for (an empty default group) is no difference when it is so all the same.
        asked = {n for n in self._input_names() if inputs is None or inputs.get(n)}
        told = {**self._inputs(item), **{n: v for n, v in observed.items() if n in asked}}
        return Found(id, told, {**self._outputs(item, told), **observed})

    def update(self, call: Call[Session], id: str, old: Old, inputs: Values) -> Values:
        applied: dict[str, Any] = {}
        try:
            sent = apply_updates(call, self.shape, id, old.outputs, inputs, applied)
            sent |= self._retag(call, id, dict(old.outputs.get("tags") or {}), inputs, applied)
            special = self.shape.special
            due = special is not None and special.due(old.outputs, inputs)
            if not (sent or due or self._unsettled(old.outputs)):
                return {}
            call.session.reader.wrote()
            item = self._settled(call, id, self._now(call, id, inputs), inputs)
            if special is not None and due:
                applied |= special.finish(call, id, item, inputs)
        except (Problem, Refused, Lost) as failure:
            if applied:
                raise Partial(id, {**old.outputs, **applied}, (_told(self.shape, failure, "update"),)) from failure
            raise _problem(failure, f"to update {self.shape.name} {id}") from failure
        return {**self._outputs(item, inputs), **applied}

    def delete(self, call: Call[Session], id: str, outputs: Values) -> None:
        shape = self.shape
        if shape.delete is None:
            return
        wanted = {**outputs, **id_parts(shape, id)}
        if any(name not in wanted for name in shape.delete.sends):  # the state was cut short by a failure
            item = self._now(call, id, wanted)
            wanted = {**wanted, **self._outputs(item or {}, wanted)}
        pause, lost = 0.5, 0
        conflict: Refused | None = None
        while True:
            try:
                with _after(conflict):
                    answer = call.session.client.write(call, shape.delete.call, self._delete_body(wanted))
                    left = path(answer, shape.delete.answer) if shape.delete.answer else None
                    if left is None or shape.view(left, wanted) is not None:
                        self._wait_gone(call, id, wanted)
                break
            except Refused as refused:
                with _after(refused):
                    gone = (refused.missing or refused.conflict) and self._gone(call, wanted)
                if gone:
                    break
                if not refused.conflict:
                    raise refused.problem(f"to delete {shape.name} {id}") from refused
                # Something that is being deleted too still uses it: wait for it, as long as there is time.
                with _after(refused):
                    call.pause(pause * call.session.client.pauses, f"deleting {shape.name} {id}")
                conflict = refused
            except Lost as failure:
                lost += 1
                if self._gone(call, wanted):
                    break
                if lost >= LOST_DELETES:
                    raise _problem(failure, f"to delete {shape.name} {id}") from failure
                call.pause(pause * call.session.client.pauses, f"deleting {id}")
            pause = min(pause * 1.6, 10.0)
        call.session.reader.wrote()
        left = call.session.journal.deleted(call.urn, id)
        if left:
            call.warn(
                f"An interrupted run left {left} beside {id}, outside the state. It is told in "
                f"{call.session.journal.path(call.urn)}: delete it, or bring the resource back and run `pulumi up`"
            )

    # -- after the creation -----------------------------------------------------------------------------------------

    def _adjust(self, call: Call[Session], born: Born, inputs: Values) -> None:
        """What the creation cannot carry; and what an interrupted run created may differ in what can be changed."""
        have = self._inputs(born.item)
        if not born.adopted:
            carried = {field.name for field in self.shape.attributes if not field.unsent}
            have = {**have, **{name: value for name, value in inputs.items() if name in carried}}
        apply_updates(call, self.shape, born.id, have, inputs, {})

    def _complete(self, call: Call[Session], id: str, item: Item, inputs: Values, outputs: dict[str, Any]) -> None:
        """The special steps and the tags; `outputs` grows with what is done."""
        if self.shape.tagged:
            outputs["tags"] = tags_of(item)
        if self.shape.special:
            outputs |= self.shape.special.finish(call, id, item, inputs)
        if self.shape.tagged:
            self._retag(call, id, outputs["tags"], inputs, outputs)

    def _retag(
        self, call: Call[Session], id: str, have: dict[str, str], inputs: Values, applied: dict[str, Any]
    ) -> bool:
        if not self.shape.tagged:
            return False
        want: dict[str, str] = dict(inputs.get("tags") or {})
        gone = {key: value for key, value in have.items() if key not in want}
        new = {key: value for key, value in want.items() if have.get(key) != value}
        client = call.session.client
        if gone:
            body = {"ResourceIds": [id], "Tags": tag_list(gone)}
            client.write(call, "DeleteTags", body, repeatable=True)
            applied["tags"] = {key: value for key, value in have.items() if key in want}
        if new:
            body = {"ResourceIds": [id], "Tags": tag_list(new)}
            client.write(call, "CreateTags", body, repeatable=True)
            applied["tags"] = want
        return bool(gone or new)

    def _partial(self, id: str, item: Item, outputs: Mapping[str, Any], failure: Exception) -> Partial:
        known = {**self._outputs(item, {}), **outputs}
        return Partial(id, known, (_told(self.shape, failure, "finish"),))

    def _unsettled(self, outputs: Values) -> bool:
        wait = self.shape.wait
        return wait is not None and outputs.get("state") not in wait.until

    def _settled(self, call: Call[Session], id: str, item: Item | None, inputs: Values) -> Item:
        """The item once its state is final; the answer of the creation is enough when it already is."""
        shape, wait = self.shape, self.shape.wait
        absent_until = call.left() - VISIBLE_WITHIN * call.session.client.pauses
        pause = wait.first if wait else 0.5
        while True:
            state = path(item, wait.path) if wait and item is not None else None
            busy = path(item, wait.busy) if wait and wait.busy else None
            if item is not None and (wait is None or (state in wait.until and not busy)):
                return item
            if wait and item is not None and state in (*wait.failed, *wait.gone):
                raise Problem(
                    f"{shape.name} {id} came to the state '{state}'",
                    "Delete it, or mend what the provider's console says about it, then run again",
                )
            if item is None and call.left() < absent_until:
                raise Problem(f"{shape.name} {id} is not shown by {shape.source.call}", "Run with --refresh")
            call.session.reader.wait(call, pause, f"waiting for {shape.name} {id} ({state or 'not visible yet'})")
            pause = min(pause * 1.5, wait.most if wait else 5.0)
            item = self._now(call, id, inputs)

    def _now(self, call: Call[Session], id: str, inputs: Values) -> Item | None:
        wanted = {**inputs, **id_parts(self.shape, id)}
        whole = call.session.reader.one(call, self.shape.source, str(wanted[self.shape.id[0]]))
        return self.shape.part(whole, wanted)

    # -- deletion ---------------------------------------------------------------------------------------------------

    def _delete_body(self, wanted: Values) -> dict[str, Any]:
        delete = self.shape.delete
        assert delete is not None
        listed = delete.listed or {}
        body: dict[str, Any] = {}
        for name in delete.sends:
            value = wanted.get(name)
            if value is None:
                continue
            attribute = self.shape.attribute(name)
            body[listed.get(name) or attribute.request_key()] = [value] if name in listed else attribute.request(value)
        return body

    def _gone(self, call: Call[Session], wanted: Values) -> bool:
        whole = call.session.reader.one(call, self.shape.source, str(wanted[self.shape.id[0]]))
        return self.shape.view(whole, wanted) is None

    def _wait_gone(self, call: Call[Session], id: str, wanted: Values) -> None:
        pause = 0.5
        while not self._gone(call, wanted):
            call.session.reader.wait(call, pause, f"waiting for {self.shape.name} {id} to disappear")
            pause = min(pause * 1.6, 10.0)

    # -- between items and properties -------------------------------------------------------------------------------

    def _input_names(self) -> set[str]:
        return {field.name for field in self.shape.inputs}

    def _inputs(self, item: Item) -> dict[str, Any]:
        """Every readable input that the item has."""
        told = _values(self.shape.attributes, item)
        return {**told, "tags": tags_of(item)} if self.shape.tagged else told

    def _outputs(self, item: Item, inputs: Values) -> dict[str, Any]:
        """Computed outputs, and what the API chose for the inputs that were left to it."""
        chosen = tuple(field for field in self.shape.attributes if field.server_chosen and field.name not in inputs)
        return _values((*self.shape.outputs, *chosen), item)


def request(shape: Shape, inputs: Values) -> dict[str, Any]:
    """The body of the creation."""
    return {
        attribute.request_key(): attribute.request(inputs[attribute.name])
        for attribute in shape.attributes
        if attribute.name in inputs and not attribute.unsent
    }


def _values(attributes: tuple[Attribute, ...], item: Item) -> dict[str, Any]:
    found = {attribute.name: attribute.found(item) for attribute in attributes if not attribute.write_only}
    return {name: value for name, value in found.items() if value is not None}


def _told(shape: Shape, failure: Exception, doing: str) -> str:
    return str(_problem(failure, f"to {doing} {shape.name}"))


@contextlib.contextmanager
def _after(refused: Refused | None) -> Iterator[None]:
    """Where the time is up after a refusal, that refusal is told: it says what is in the way."""
    try:
        yield
    except SignInRefused:
        raise
    except Problem as problem:
        if refused is None:
            raise
        raise Problem(f"{problem.what}; the last answer was: {refused}", problem.remedy) from problem


def _problem(failure: Exception, doing: str) -> Problem:
    if isinstance(failure, Problem):
        return failure
    if isinstance(failure, Refused):
        return failure.problem(doing)
    return Problem(f"No answer came to a call sent {doing} ({failure})", "Run again: it goes on from here")
