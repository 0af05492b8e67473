"""Creations that survive a lost answer or a kill: intent first, then the call, then the id; adoption by strict rules.

What may be adopted: exactly one thing that has the traits of the intent, was not there before it, is untagged or
tagged exactly as intended, and is not what the API makes by itself (`Shape.beside`). Anything else stops the creation
with a message; nothing is ever deleted here.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from plugins.outscale.failures import Refused
from plugins.outscale.session import Session
from plugins.outscale.shapes import Shape, tags_of
from plugins.outscale.sources import Item, path
from plugins.runtime.call import Call
from plugins.runtime.declare import Values
from plugins.runtime.diffing import same
from plugins.runtime.errors import Problem
from plugins.runtime.failures import Lost
from plugins.runtime.intents import Candidate, Intent, adoptable, unclaimed

LOOKS = (0.0, 1.0, 2.0, 4.0)  # seconds before each look for what a lost call may have made
YOUNG = 60.0  # an older intent needs one look: whatever it made is visible by now
SENDS = 3  # times that a creation which cannot make two is sent
SNAPSHOT_AGE = 60.0  # seconds for which the ids that were there before are remembered


@dataclass(frozen=True)
class Born:
    """`adopted`: it was there when we came back, so its other properties must still be compared."""

    id: str
    item: Item
    adopted: bool = False


class Births:
    """Creations of one process. Remembers the ids it made, which a listing read earlier does not show."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._made: dict[str, set[str]] = {}

    @contextmanager
    def bear(self, call: Call[Session], shape: Shape, inputs: Values, body: dict[str, Any]) -> Iterator[Born]:
        """Create it, or find what an interrupted run created. The caller tags it before leaving the context."""
        traits = shape.traits(inputs)
        if shape.unique or shape.token:
            yield self._bear(call, shape, inputs, body, 0.0)
            return
        with call.session.turnstile.alone(shape.name, traits) as others_at:
            yield self._bear(call, shape, inputs, body, others_at)

    def _bear(self, call: Call[Session], shape: Shape, inputs: Values, body: dict[str, Any], others_at: float) -> Born:
        journal = call.session.journal
        earlier = journal.get(call.urn)
        left_over = _left_over(call, shape, inputs, earlier)
        if left_over is not None:
            return left_over
        traits = shape.traits(inputs)
        # What an earlier sending may still make must not count as having been there, nor be made twice.
        same_again = earlier is not None and not earlier.id and earlier.traits == traits
        resumed = earlier if same_again and (shape.unique or shape.token) else None
        intent = Intent(
            call.urn,
            traits,
            tags=dict(inputs.get("tags") or {}),
            present=resumed.present if resumed else self._present(call, shape, traits, others_at),
            before=journal.known(call.urn),
            token=resumed.token if resumed else str(uuid.uuid4()) if shape.token else "",
        )
        journal.write(intent)
        try:
            token = {"ClientToken": intent.token} if intent.token else {}
            born = self._send(call, shape, intent, {**body, **token}, resumed=resumed is not None)
        except Problem as problem:
            if not problem.uncertain:
                journal.forget(call.urn)
            raise
        _note(call, intent, born.id)
        with self._mutex:
            self._made.setdefault(shape.name, set()).add(born.id)
        return born

    def _present(self, call: Call[Session], shape: Shape, traits: Values, others_at: float) -> tuple[str, ...]:
        """Ids that already match: from one listing of the kind, and from what this process has made since."""
        if shape.token:  # the token alone tells ours from others
            return ()
        not_before = max(time.time() - SNAPSHOT_AGE, others_at)
        items = call.session.reader.listing(call, shape.source, not_before)
        found = {candidate.id for candidate in _matching(shape, items, traits)}
        with self._mutex:
            return tuple(sorted(found | self._made.get(shape.name, set())))

    def _send(self, call: Call[Session], shape: Shape, intent: Intent, body: dict[str, Any], *, resumed: bool) -> Born:
        doing = f"to create {shape.name}"
        for attempt in range(1, SENDS + 1):
            try:
                answer = call.session.client.write(call, shape.create, body)
                return _from_answer(shape, body, answer)
            except Refused as refused:
                if not refused.conflict or (attempt == 1 and not resumed):
                    raise refused.problem(doing) from refused
                lost: Exception = refused  # our own earlier sending may be what is in the way
            except Lost as error:
                lost = error
            with _still_uncertain():
                found = _look(call, shape, intent, LOOKS)
            if found is not None:
                return found
            if not (shape.unique or shape.token):
                break
        raise Problem(
            f"No answer came to {shape.create} ({lost}), and nothing that it could have made is visible: "
            "nothing was adopted and nothing was sent again",
            "Run again: it looks once more before it creates anything",
            uncertain=True,
        )


@contextmanager
def _still_uncertain() -> Iterator[None]:
    """Whatever stops the search, the creation may have been done: the intent must stay."""
    try:
        yield
    except Problem as problem:
        problem.uncertain = True
        raise


def _from_answer(shape: Shape, body: dict[str, Any], answer: Item) -> Born:
    if shape.answer:
        wanted = {attribute.name: body.get(attribute.request_key()) for attribute in shape.attributes}
        item = shape.part(path(answer, shape.answer), wanted)
    else:
        item = {**body, **answer}
    if item is None:
        raise Problem(
            f"The answer of {shape.create} does not hold what it created", "Run again: it is looked for", uncertain=True
        )
    return Born(make_id(shape, item), item)


def _left_over(call: Call[Session], shape: Shape, inputs: Values, intent: Intent | None) -> Born | None:
    """What an interrupted creation of the same URN made, if it made anything."""
    journal = call.session.journal
    if intent is None:
        return None
    traits = shape.traits(inputs)
    if intent.id:
        if intent.id == journal.known(call.urn):  # the state has it: this creation is its replacement
            return None
        item = _by_id(call, shape, intent.id)
        if item is None:
            journal.forget(call.urn)
            return None
        _refuse_other_traits(shape, item, traits, intent.id, str(journal.path(call.urn)))
        return Born(intent.id, item, adopted=True)
    patient = time.time() - intent.started < YOUNG and not (shape.unique or shape.token)
    found = _look(call, shape, intent, LOOKS if patient else LOOKS[:1])
    if found is None:
        return None  # the note stays until the next one replaces it
    _refuse_other_traits(shape, found.item, traits, found.id, str(journal.path(call.urn)))
    _note(call, intent, found.id)
    return found


def _note(call: Call[Session], intent: Intent, id: str) -> None:
    """Keep the id. A full disk must not lose it: the engine gets it all the same."""
    try:
        call.session.journal.made(intent, id)
    except Problem as problem:
        call.warn(f"{id} was created, but its note could not be kept: {problem}")


def _refuse_other_traits(shape: Shape, item: Item, traits: Values, id: str, note: str) -> None:
    """What can still be changed in place will be; what cannot makes it another resource."""
    differing = [
        name
        for name, value in traits.items()
        if shape.attribute(name).immutable and not same(shape.attribute(name), shape.attribute(name).found(item), value)
    ]
    if differing:
        raise Problem(
            f"An interrupted run created {shape.name} {id}, and {', '.join(differing)} changed since: "
            "it can neither be adopted nor forgotten",
            f"Delete {id}, or import it, or put the old value back; then run again (the note is {note})",
        )


def _look(call: Call[Session], shape: Shape, intent: Intent, looks: tuple[float, ...]) -> Born | None:
    """The one thing that the intent can have made; None when there is none; a Problem when there are several."""
    pauses = call.session.client.pauses
    for seconds in looks:
        if seconds:
            call.pause(seconds * pauses, f"looking for what {shape.create} made")
        items = _candidates(call, shape, intent)
        eligible = adoptable(intent, _matching(shape, items, intent.traits))
        if eligible and not (shape.unique or shape.token):
            eligible = unclaimed(eligible, call.session.journal.others(intent.urn, intent.traits))
        if len(eligible) > 1:
            ids = ", ".join(candidate.id for candidate in eligible)
            raise Problem(
                f"A creation of {shape.name} was interrupted and several match it: {ids}. None is adopted",
                f"Delete those that nobody needs, or import the right one, then run again "
                f"(the note is {call.session.journal.path(intent.urn)})",
                uncertain=True,
            )
        if eligible:
            item = _by_id(call, shape, eligible[0].id)
            if item is not None:
                return Born(eligible[0].id, item, adopted=True)
    return None


def _candidates(call: Call[Session], shape: Shape, intent: Intent) -> tuple[Item, ...]:
    """Items of the source among which the creation may be."""
    source, session = shape.source, call.session
    if intent.token:
        return tuple(session.client.pages(call, source.call, source.items, {"ClientTokens": [intent.token]}))
    if shape.pick is not None:
        parent = session.reader.one(call, source, str(intent.traits[shape.id[0]]))
        return () if parent is None else (parent,)
    return session.reader.listing(call, source, time.time())


def _matching(shape: Shape, items: tuple[Item, ...], traits: Values) -> list[Candidate]:
    """Those with the traits that a creation of ours can have made."""
    found = []
    for whole in items:
        item = shape.view(whole, traits)
        if item is None or (shape.beside is not None and shape.beside(item)):
            continue
        if all(same(shape.attribute(name), shape.attribute(name).found(item), value) for name, value in traits.items()):
            found.append(Candidate(make_id(shape, item), tags_of(item) if shape.tagged else {}))
    return found


def _by_id(call: Call[Session], shape: Shape, id: str) -> Item | None:
    wanted = id_parts(shape, id)
    return shape.view(call.session.reader.one(call, shape.source, str(wanted[shape.id[0]])), wanted)


def make_id(shape: Shape, item: Item) -> str:
    """The resource's id: the values of its id attributes, joined by `_`."""
    values = (shape.attribute(name).found(item) for name in shape.id)
    return "_".join("" if value is None else str(value) for value in values)


def id_parts(shape: Shape, id: str) -> dict[str, Any]:
    """The attributes that an id holds."""
    parts = id.split("_", len(shape.id) - 1)
    if len(parts) != len(shape.id):
        raise Problem(
            f"'{id}' is not the id of a {shape.name}", f"Its form is {'_'.join(f'<{name}>' for name in shape.id)}"
        )
    values: dict[str, Any] = {}
    for name, text in zip(shape.id, parts, strict=True):
        if text:
            values[name] = int(text) if shape.attribute(name).type == "integer" else text
    return values
