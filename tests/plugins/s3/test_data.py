"""Nothing that a bucket holds is lost by the plugin's doing."""

from __future__ import annotations

import datetime
import json
import time

import pytest

from plugins.runtime.intents import Intent
from plugins.s3 import emptying
from plugins.s3.session import connect
from tests.plugins.runtime.wire import Halfway, Refused
from tests.plugins.s3.conftest import Bench

pytestmark = pytest.mark.contract
DAY = datetime.timedelta(days=1)


def keys(bench: Bench, bucket: str = "kept") -> int:
    found = bench.s3.list_object_versions(Bucket=bucket)
    return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))


def buckets(bench: Bench) -> list[str]:
    return [bucket["Name"] for bucket in bench.s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_force_destroy_stops_at_one_locked_version_and_deletes_nothing(bench: Bench, mode: str) -> None:
    lock = {"mode": mode, "days": 3}
    _, outputs = bench.create(versioning=True, objectLock=lock, forceDestroy=True)
    bench.s3.put_object(Bucket="kept", Key="locked", Body=b"1")
    until = datetime.datetime.now(datetime.UTC) + 3 * DAY
    with pytest.raises(Refused) as refused:
        bench.engine.delete(bench.urn, "kept", outputs)
    assert "holds 1 locked object version(s)" in str(refused.value)
    assert f"until {until:%Y-%m-%d}" in str(refused.value)
    assert keys(bench) == 1


def test_unlocked_neighbours_of_a_locked_version_survive_too(bench: Bench) -> None:
    _, outputs = bench.create(versioning=True, objectLock={"mode": "GOVERNANCE", "days": 1}, forceDestroy=True)
    now = datetime.datetime.now(datetime.UTC)
    for number in range(5):
        bench.s3.put_object(
            Bucket="kept",
            Key=f"k{number}",
            Body=b"x",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=now + (DAY if number == 4 else datetime.timedelta(seconds=2)),
        )
    with pytest.raises(Refused, match="locked object version"):
        bench.engine.delete(bench.urn, "kept", outputs)
    assert keys(bench) == 5


def test_a_locked_version_under_a_delete_marker_is_found(bench: Bench) -> None:
    _, outputs = bench.create(versioning=True, objectLock={"mode": "GOVERNANCE", "days": 1}, forceDestroy=True)
    bench.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    bench.s3.delete_object(Bucket="kept", Key="k")
    with pytest.raises(Refused, match="holds 1 locked object version"):
        bench.engine.delete(bench.urn, "kept", outputs)
    assert keys(bench) == 2


def test_a_doubt_about_a_lock_stops_the_deletion(bench: Bench) -> None:
    _, outputs = bench.create(versioning=True, objectLock={"mode": "GOVERNANCE", "days": 1}, forceDestroy=True)
    bench.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    bench.control.fault("forbidden", "HeadObject")
    with pytest.raises(Refused):
        bench.engine.delete(bench.urn, "kept", outputs)
    assert keys(bench) == 1


def test_governance_is_never_bypassed(bench: Bench) -> None:
    _, outputs = bench.create(versioning=True, forceDestroy=True)
    mark = bench.control.mark()
    for _ in range(3):
        bench.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    bench.engine.delete(bench.urn, "kept", outputs)
    sent = json.dumps(bench.control.calls(mark))
    assert "bypass" not in sent.lower()


@pytest.mark.parametrize("versioning", [False, True])
def test_a_bucket_with_objects_is_not_deleted_without_force_destroy(bench: Bench, versioning: bool) -> None:
    _, outputs = bench.create(versioning=versioning)
    bench.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    with pytest.raises(Refused, match=r"not empty.*forceDestroy"):
        bench.engine.delete(bench.urn, "kept", outputs)
    assert bench.s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"x"


def test_a_bucket_with_nothing_but_old_versions_is_not_deleted_without_force_destroy(bench: Bench) -> None:
    _, outputs = bench.create(versioning=True)
    bench.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    bench.s3.delete_object(Bucket="kept", Key="k")
    with pytest.raises(Refused, match="not empty"):
        bench.engine.delete(bench.urn, "kept", outputs)
    assert keys(bench) == 2


def test_a_bucket_with_an_unfinished_upload_is_not_deleted_without_force_destroy(bench: Bench) -> None:
    _, outputs = bench.create()
    bench.s3.create_multipart_upload(Bucket="kept", Key="k")
    with pytest.raises(Refused, match="not empty"):
        bench.engine.delete(bench.urn, "kept", outputs)


def test_force_destroy_deletes_versions_markers_and_uploads_then_the_bucket(bench: Bench) -> None:
    _, outputs = bench.create(versioning=True, forceDestroy=True)
    for number in range(3):
        bench.s3.put_object(Bucket="kept", Key=f"a/{number} é", Body=b"x")
        bench.s3.put_object(Bucket="kept", Key=f"a/{number} é", Body=b"y")
    bench.s3.delete_object(Bucket="kept", Key="a/0 é")
    bench.s3.create_multipart_upload(Bucket="kept", Key="k")
    bench.engine.delete(bench.urn, "kept", outputs)
    assert buckets(bench) == []


def test_more_than_a_page_of_objects_is_emptied(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptying, "BATCH", 4)
    _, outputs = bench.create(versioning=True, forceDestroy=True)
    for number in range(11):
        bench.s3.put_object(Bucket="kept", Key=f"k{number // 2}", Body=b"")
    bench.engine.delete(bench.urn, "kept", outputs)
    assert buckets(bench) == []


def test_a_locked_version_on_a_later_page_is_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptying, "BATCH", 4)
    _, outputs = bench.create(versioning=True, objectLock={"mode": "GOVERNANCE", "days": 1}, forceDestroy=True)
    for number in range(9):
        soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
        bench.s3.put_object(
            Bucket="kept", Key=f"k{number}", Body=b"", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=soon
        )
    bench.s3.put_object(Bucket="kept", Key="z", Body=b"")
    time.sleep(3.5)
    with pytest.raises(Refused, match="holds 1 locked object version"):
        bench.engine.delete(bench.urn, "kept", outputs)
    assert keys(bench) == 10


def test_an_empty_bucket_is_deleted_and_a_second_deletion_is_no_error(bench: Bench) -> None:
    _, outputs = bench.create()
    bench.engine.delete(bench.urn, "kept", outputs)
    assert buckets(bench) == []
    bench.engine.delete(bench.urn, "kept", outputs)


def test_a_retention_that_is_over_holds_nothing_back(bench: Bench) -> None:
    _, outputs = bench.create(versioning=True, objectLock={"mode": "COMPLIANCE", "days": 1}, forceDestroy=True)
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    bench.s3.put_object(Bucket="kept", Key="k", Body=b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=end)
    time.sleep(3)
    bench.engine.delete(bench.urn, "kept", outputs)
    assert buckets(bench) == []


# -- existing buckets are nobody's to take ---------------------------------------------------------------------------


def test_a_bucket_that_exists_already_is_refused_and_left_as_it_is(bench: Bench) -> None:
    bench.s3.create_bucket(Bucket="kept")
    bench.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    with pytest.raises(Refused, match=r"already a bucket kept.*pulumi import"):
        bench.engine.create(bench.urn, bench.checked(versioning=True, forceDestroy=True))
    assert "Status" not in bench.s3.get_bucket_versioning(Bucket="kept")
    with pytest.raises(Refused, match="already a bucket"):
        bench.engine.create(bench.urn, bench.checked(versioning=True))


@pytest.mark.parametrize("fault", ["reset_after", "error_after"])
def test_a_creation_whose_answer_was_lost_goes_on(bench: Bench, fault: str) -> None:
    bench.control.fault(fault, "CreateBucket")
    bench.create(versioning=True)
    assert bench.s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
    assert bench.control.counts()["CreateBucket"] == 1


@pytest.mark.parametrize("fault", ["reset_before", "error"])
def test_a_creation_that_was_not_done_is_told_and_done_by_the_next_run(bench: Bench, fault: str) -> None:
    bench.control.fault(fault, "CreateBucket")
    with pytest.raises(Refused, match="it is not there"):
        bench.create()
    bench.create()
    assert buckets(bench) == ["kept"]


def test_a_bucket_made_by_a_run_that_died_is_taken_over_by_the_same_resource_only(bench: Bench) -> None:
    """The state never learned of it: only the note says that it is ours."""
    bench.create(versioning=True)
    other = bench.engine.urn("Bucket", "other")
    with pytest.raises(Refused, match="already a bucket"):
        bench.engine.create(other, bench.checked())
    bench.create(versioning=True)
    assert bench.control.counts()["CreateBucket"] == 1


def test_a_run_that_died_between_the_call_and_its_answer_leaves_a_note_that_the_next_one_reads(bench: Bench) -> None:
    session = connect(bench.configuration())
    session.journal.write(Intent(bench.urn, {"bucket": "kept"}))
    bench.s3.create_bucket(Bucket="kept")
    bench.create(versioning=True)
    assert bench.s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
    assert bench.control.counts()["CreateBucket"] == 1


def test_a_bucket_taken_over_without_the_lock_that_is_asked_for_is_refused(bench: Bench) -> None:
    session = connect(bench.configuration())
    session.journal.write(Intent(bench.urn, {"bucket": "kept"}))
    bench.s3.create_bucket(Bucket="kept")
    with pytest.raises(Refused, match="only be chosen at creation"):
        bench.create(versioning=True, objectLock={"mode": "COMPLIANCE", "days": 1})


def test_once_the_state_has_it_a_bucket_is_not_taken_over_again(bench: Bench) -> None:
    state = bench.create()
    bench.drift(state)
    with pytest.raises(Refused, match="already a bucket"):
        bench.create()


def test_a_failure_after_the_creation_keeps_the_id_and_the_next_run_finishes(bench: Bench) -> None:
    bench.control.fault("forbidden", "PutBucketVersioning")
    news = bench.checked(versioning=True, encryption={"algorithm": "AES256"})
    with pytest.raises(Halfway) as halfway:
        bench.engine.create(bench.urn, news)
    assert halfway.value.id == "kept"
    assert "versioning of the bucket kept" in halfway.value.reasons[0]
    bench.engine.update(bench.urn, "kept", halfway.value.inputs.values, halfway.value.outputs.values, news)
    assert bench.s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
    assert bench.s3.get_bucket_encryption(Bucket="kept")


def test_a_lock_cannot_be_added_and_the_bucket_is_not_replaced(bench: Bench) -> None:
    state = bench.create(versioning=True)
    bench.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    news = bench.checked(versioning=True, objectLock={"mode": "COMPLIANCE", "days": 1})
    assert list(bench.engine.diff(bench.urn, "kept", *state, news).replaces) == []
    with pytest.raises(Refused, match="only be chosen at creation"):
        bench.update(state, versioning=True, objectLock={"mode": "COMPLIANCE", "days": 1})
    assert keys(bench) == 1


def test_a_preview_makes_no_call(bench: Bench) -> None:
    mark = bench.control.mark()
    bench.engine.create(bench.urn, bench.checked(), preview=True)
    assert bench.control.counts(mark) == {}


def test_a_refused_read_keeps_the_bucket_in_the_state(bench: Bench) -> None:
    news, outputs = bench.create()
    for fault in ("forbidden", "error"):
        bench.control.fault(fault, "*", count=10)
        with pytest.raises(Refused):
            bench.engine.read(bench.urn, "kept", news, outputs)
        bench.control.clear_faults()
    assert bench.engine.read(bench.urn, "kept", news, outputs)[0] == "kept"


def test_a_bucket_that_is_gone_leaves_the_state(bench: Bench) -> None:
    news, outputs = bench.create()
    bench.s3.delete_bucket(Bucket="kept")
    assert bench.engine.read(bench.urn, "kept", news, outputs)[0] == ""
