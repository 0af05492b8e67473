"""Create, read, update and delete a bucket, over its documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plugins.runtime import diffing
from plugins.runtime.call import Call
from plugins.runtime.declare import Found, Made, Old, Values
from plugins.runtime.errors import Partial, Problem
from plugins.runtime.failures import Lost
from plugins.runtime.intents import Intent
from plugins.s3 import emptying, wording
from plugins.s3.documents import DOCUMENTS, Document
from plugins.s3.failures import Refused

if TYPE_CHECKING:
    from plugins.s3.session import Session

GONE = ("NoSuchBucket", "404")
POLL_SECONDS = 0.5


class BucketOperations:
    """The calls of the kind Bucket. The id is the bucket's name."""

    def create(self, call: Call[Session], inputs: Values) -> Made:
        name = str(inputs["bucket"])
        actual = _make(call, name, inputs)
        try:
            _apply(call, name, inputs, actual)
        except Problem as problem:
            raise Partial(name, _outputs(name, inputs), (str(problem),)) from problem
        return Made(name, _outputs(name, inputs))

    def read(self, call: Call[Session], id: str, inputs: Values | None) -> Found | None:
        if not _exists(call, id):
            return None
        actual = _read(call, id)
        if inputs is not None and wording.same_policy(actual.get("policy"), inputs.get("policy")):
            actual["policy"] = inputs.get("policy")  # the same in other words is no drift
        lockable = actual.pop("objectLockEnabled")
        told = {name: value for name, value in actual.items() if value is not None}
        return Found(id, {"bucket": id, **told}, {"arn": _arn(id), "objectLockEnabled": lockable})

    def update(self, call: Call[Session], id: str, old: Old, inputs: Values) -> Values:  # noqa: ARG002
        """Brings what is there to the inputs: what another hand or a failed run left is mended too."""
        if not _exists(call, id):
            raise Problem(f"The bucket {id} is gone", "`pulumi refresh` takes it out of the state; then run again")
        actual = _read(call, id)
        _refuse_lock_change(id, inputs, actual)
        try:
            _apply(call, id, inputs, actual)
        except Problem as problem:
            raise Partial(id, {**_outputs(id, inputs), **inputs}, (str(problem),)) from problem
        return {"arn": _arn(id), "objectLockEnabled": actual["objectLockEnabled"]}

    def delete(self, call: Call[Session], id: str, outputs: Values) -> None:
        storage = call.session.storage
        if not _exists(call, id):
            call.session.journal.forget(call.urn)
            return
        if not emptying.is_empty(call, storage, id):
            if not outputs.get("forceDestroy"):
                raise _not_empty(id)
            emptying.refuse_locked(call, storage, id)
            emptying.empty(call, storage, id)
        try:
            storage.write(call, "delete_bucket", Bucket=id)
        except Refused as refused:
            if refused.code == "BucketNotEmpty":
                raise _not_empty(id) from refused
            if refused.code not in GONE:
                raise refused.problem(f"to delete the bucket {id}") from refused
        except Lost as lost:
            if _exists(call, id):
                raise Problem(f"No answer to the deletion of the bucket {id} ({lost})", "Run again") from lost
        while _exists(call, id):
            call.pause(POLL_SECONDS, f"waiting for the bucket {id} to be gone")
        call.session.journal.forget(call.urn)


def _not_empty(name: str) -> Problem:
    return Problem(
        f"The bucket {name} is not empty: it holds objects, old versions, delete markers or unfinished uploads",
        "Empty it, or set forceDestroy to true and run `pulumi up` before the deletion",
        "BucketNotEmpty",
    )


# -- creation --------------------------------------------------------------------------------------------------------


def _make(call: Call[Session], name: str, inputs: Values) -> Mapping[str, Any]:
    """Create the bucket, or take over the one that an earlier run of this very resource began. What it has, then.

    Creating has no client token, and some storages answer "done" for a bucket that one already has: so whatever exists
    and is not of a noted intent is refused.
    """
    journal = call.session.journal
    noted = journal.get(call.urn)
    exists = _exists(call, name)
    if noted is not None and noted.traits.get("bucket") == name and name not in noted.present:
        if exists:
            journal.made(noted, name)
            return _taken_over(call, name, inputs)
    elif exists:
        raise Problem(
            f"There is already a bucket {name}, which this program did not create",
            f"Choose another name, or take it over with `pulumi import s3:index:Bucket NAME {name}`",
            "BucketAlreadyOwnedByYou",
        )
    if noted is not None and noted.traits.get("bucket") != name:
        call.warn(f"An earlier run may have created the bucket {noted.traits.get('bucket')} for this resource: check")
    intent = Intent(call.urn, {"bucket": name})
    journal.write(intent)
    _create(call, name, bool(inputs.get("objectLock")))
    journal.made(intent, name)
    return _fresh(bool(inputs.get("objectLock")))


def _create(call: Call[Session], name: str, locked: bool) -> None:
    storage, journal = call.session.storage, call.session.journal
    lock = {"ObjectLockEnabledForBucket": True} if locked else {}
    try:
        storage.write(call, "create_bucket", Bucket=name, **lock)
    except Refused as refused:
        journal.forget(call.urn)
        raise refused.problem(f"to create the bucket {name}") from refused
    except Lost as lost:
        # There was none a moment ago: if there is one now, it is ours.
        if not _exists(call, name):
            raise Problem(
                f"No answer to the creation of the bucket {name} ({lost}), and it is not there",
                "Run again: a late bucket is recognised",
            ) from lost


def _taken_over(call: Call[Session], name: str, inputs: Values) -> Mapping[str, Any]:
    actual = _read(call, name)
    _refuse_lock_change(name, inputs, actual)
    return actual


def _fresh(locked: bool) -> dict[str, Any]:
    """What a new bucket has, without asking."""
    return {
        **{document.name: document.nothing for document in DOCUMENTS},
        "versioning": locked,
        "objectLockEnabled": locked,
    }


# -- documents -------------------------------------------------------------------------------------------------------


def _read(call: Call[Session], name: str) -> dict[str, Any]:
    """Every document that this storage has, and whether the bucket can lock objects."""
    found: dict[str, Any] = {
        document.name: document.read(call, call.session.storage, name) for document in _documents(call.session)
    }
    return {**found, "objectLockEnabled": _is_lockable(call, name)}


def _is_lockable(call: Call[Session], name: str) -> bool:
    if not call.session.flavor.has("objectLock"):
        return False
    absent = ("ObjectLockConfigurationNotFoundError",)
    return wording.is_lockable(call.session.storage.read(call, "get_object_lock_configuration", absent, Bucket=name))


def _documents(session: Session) -> list[Document]:
    return [document for document in DOCUMENTS if session.flavor.has(document.name)]


def _apply(call: Call[Session], name: str, inputs: Values, actual: Mapping[str, Any]) -> None:
    """Write what differs. An ACL that closes goes first, one that opens last."""
    from plugins.s3.bucket import INPUTS  # bucket.py declares the kind with these operations

    fields = {field.name: field for field in INPUTS}
    documents = _documents(call.session)
    if inputs.get("acl", "private") == "private":
        documents.sort(key=lambda document: document.name != "acl")
    for document in documents:
        wanted, has = inputs.get(document.name), actual.get(document.name)
        if document.name == "policy" and wording.same_policy(wanted or None, has):
            continue
        if not diffing.same(fields[document.name], wanted, has):
            _write(call, document, name, wanted)


def _write(call: Call[Session], document: Document, name: str, wanted: Any) -> None:
    if document.name == "objectLock" and not wanted:
        call.warn(f"The bucket {name} keeps object lock for ever; from now on new objects get no retention by default")
    try:
        document.apply(call, call.session.storage, name, wanted)
    except Refused as refused:
        raise refused.problem(f"{document.name} of the bucket {name}") from refused
    except Lost as lost:
        raise Problem(
            f"No answer when {document.name} of the bucket {name} was set ({lost})",
            "Run the same command again: it compares with what is there and goes on",
        ) from lost


def _refuse_lock_change(name: str, inputs: Values, actual: Mapping[str, Any]) -> None:
    if inputs.get("objectLock") and not actual["objectLockEnabled"]:
        raise Problem(
            f"The bucket {name} was created without object lock, which can only be chosen at creation",
            "Declare another bucket with objectLock and copy the objects into it: this one is never replaced by itself",
        )


def _exists(call: Call[Session], name: str) -> bool:
    """Confirmed by an answer with an error code: a HEAD cannot tell a refused sign-in from somebody else's bucket."""
    return call.session.storage.read(call, "get_bucket_location", GONE, Bucket=name) is not None


def _arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def _outputs(name: str, inputs: Values) -> dict[str, Any]:
    return {"arn": _arn(name), "objectLockEnabled": bool(inputs.get("objectLock"))}
