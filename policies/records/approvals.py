"""Two persons behind a document: its owner's signature, and another's consent over every word of it."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
from typing import TypeVar

from blueprint.model import Model, Text
from policies import signing
from policies.records import checks
from policies.signing import BadSignature, Namespace, Signed, Signers


class Approval(Model):
    """Given on a day, by `ssh-keygen -Y sign`, over `content`."""

    on: dt.date
    signature: Text


class Approvable(Model):
    """A document that one person answers for and another approves."""

    owner: Text
    """Who asks and answers for it: a name of the allowed signers."""
    request: Text | None = None
    """The owner's own signature, over everything but the two signatures. Needed on real targets."""
    approval: Approval | None = None


A = TypeVar("A", bound=Approvable)


def content(document: Approvable, on: dt.date) -> bytes:
    """The canonical bytes that an approval given on that day covers: everything but the approval itself."""
    words = {**document.model_dump(mode="json", exclude={"approval"}), "approved_on": on.isoformat()}
    return json.dumps(words, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def requested(document: A, key: pathlib.Path, namespace: Namespace) -> A:
    """The same, signed by its owner. The bytes are others than an approval's: neither signature serves as the other."""
    return document.model_copy(update={"request": signing.sign(_asked(document), key, namespace)})


def trouble(document: Approvable, signers: Signers, namespace: Namespace, *, simulated: bool) -> str | None:
    """Why the owner does not stand behind the document; None where they do, or where a simulated target needs less."""
    if not any(checks.same_person(document.owner, name) for name in signers.names):
        return f"its owner {document.owner} is not in {signers.place}, so nothing tells owner and approver apart"
    if document.request is None:
        return None if simulated else "its owner has not signed it, which a real target needs"
    try:
        names = signing.verify(_asked(document), document.request, signers, namespace).names
    except BadSignature as error:
        return f"its owner: {error}"
    if any(checks.same_person(document.owner, name) for name in names):
        return None
    return f"it was signed in the name of {document.owner} by {', '.join(names)}"


def approved(document: A, key: pathlib.Path, on: dt.date, namespace: Namespace) -> A:
    """The same, signed."""
    signature = signing.sign(content(document, on), key, namespace)
    return document.model_copy(update={"approval": Approval(on=on, signature=signature)})


def _asked(document: Approvable) -> bytes:
    words = document.model_dump(mode="json", exclude={"request", "approval"})
    return json.dumps(words, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def approver(document: Approvable, signers: Signers, namespace: Namespace) -> Signed | None:
    """Who approved; None for nobody yet. Raises `BadSignature`."""
    if document.approval is None:
        return None
    words = content(document, document.approval.on)
    return signing.verify(words, document.approval.signature, signers, namespace)
