"""Heads of chains in a bucket of another account, locked by a real versitygw."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from cli import exit_codes
from cli.evidence import collecting, commands, heads
from cli.evidence.heads import NotKept
from policies import signing
from policies.bundle.manifest import Manifest
from tests.policies import persons
from tests.sandbox.s3.server import Server, free_port, need_versitygw

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    need_versitygw()
    running = Server(tmp_path_factory.mktemp("heads"), free_port()).start()
    running.client().create_bucket(Bucket="heads", ObjectLockEnabledForBucket=True)
    running.client().create_bucket(Bucket="open")
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def account(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(
        heads.VARIABLES, (server.url, server.keys["access_key"], server.keys["secret_key"]), strict=True
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(heads.AUTHORITY, server.ca)
    monkeypatch.setenv(heads.REGION, "cloudgouv-eu-west-1")


def manifest(sequence: int = 1, platform: str = "emc2", previous: str | None = None) -> Manifest:
    return Manifest(
        platform=platform,
        target="outscale-sandbox",
        environment="dev",
        simulated=True,
        made_at=dt.datetime(2026, 11, 28, tzinfo=dt.UTC),
        sequence=sequence,
        previous=previous,
        digests={},
        members={},
    )


def test_a_head_is_kept_and_nobody_can_take_it_away(server: Server) -> None:
    where, whole = heads.place("s3://heads/kept"), manifest()
    assert heads.put(where, whole, days=2) == "s3://heads/kept/emc2.outscale-sandbox.dev/000001.json"
    assert heads.put(where, whole).endswith("000001.json"), "once more changes nothing"
    assert heads.check(where, whole) - dt.datetime.now(dt.UTC) > dt.timedelta(days=1)
    s3: Any = server.client()
    (version,) = s3.list_object_versions(Bucket="heads", Prefix="kept/")["Versions"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="heads", Key=version["Key"], VersionId=version["VersionId"])


def test_another_bundle_of_the_same_number_is_refused() -> None:
    where = heads.place("s3://heads/forked")
    heads.put(where, manifest(2, previous="ab" * 32))
    with pytest.raises(NotKept, match="keeps another head 2"):
        heads.put(where, manifest(2, previous="cd" * 32))


def test_writing_over_a_head_or_hiding_it_is_told(server: Server) -> None:
    where, s3 = heads.place("s3://heads/over"), server.client()
    for sequence, change in ((1, s3.put_object), (2, s3.delete_object)):
        whole = manifest(sequence, previous="ab" * 32 if sequence > 1 else None)
        heads.put(where, whole)
        body = {"Body": b"{}"} if sequence == 1 else {}
        change(Bucket="heads", Key=where.key(whole.chain, sequence), **body)
        with pytest.raises(NotKept, match="2 versions"):
            heads.check(where, whole)


def test_a_head_that_was_never_kept_is_told() -> None:
    with pytest.raises(NotKept, match="never kept there"):
        heads.check(heads.place("s3://heads/none"), manifest())


def test_a_bucket_that_does_not_lock_is_refused() -> None:
    with pytest.raises(NotKept, match="cannot be kept in open"):
        heads.put(heads.place("s3://open"), manifest())


def test_a_lock_that_can_be_lifted_is_no_lock(server: Server) -> None:
    where, whole = heads.place("s3://heads/weak"), manifest()
    server.client().put_object(
        Bucket="heads",
        Key=where.key(whole.chain, 1),
        Body=heads._content(whole),
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=dt.datetime.now(dt.UTC) + dt.timedelta(days=1),
    )
    with pytest.raises(NotKept, match="not COMPLIANCE"):
        heads.check(where, whole)


def test_the_last_number_of_a_chain_is_known() -> None:
    where = heads.place("s3://heads/last")
    heads.put(where, manifest(1))
    heads.put(where, manifest(2, previous="ab" * 32))
    heads.put(where, manifest(1, platform="other"))
    assert heads.last(where, manifest().chain) == 2
    assert heads.last(where, "nothing.x.dev") == 0


def test_a_bundle_is_checked_against_the_head_that_is_kept(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    persons.Reviewer(tmp_path / "trust").allows(persons.line("alice"))
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(tmp_path / "trust"))
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path / "state"))
    content = {"about.json": b"{}\n"}
    monkeypatch.setattr(collecting, "collect", lambda *_: collecting.Collected(content, {}, True, ()))

    def make(name: str, *more: str | None) -> str:
        path = str(tmp_path / name)
        place = ("emc2", "outscale-sandbox", "dev", str(persons.key("alice")))
        assert commands.make(*place, path, *more) == exit_codes.OK
        return path

    def verify(*files: str) -> int:
        return commands.verify(files, None, None, "s3://heads/cli", "text")

    first = make("1.tar", None, None, "s3://heads/cli")
    second = make("2.tar", first, None, None)
    assert verify(first) == exit_codes.OK
    assert "head kept in the locked bucket until" in capsys.readouterr().out
    assert verify(first, second) == exit_codes.VIOLATION
    assert "never kept there" in capsys.readouterr().out
    assert commands.keep(second, "s3://heads/cli") == exit_codes.OK
    assert verify(first, second) == exit_codes.OK
    content["about.json"] = b"{ }\n"
    other = make("other.tar", first, None, None)
    assert verify(first, other) == exit_codes.VIOLATION
    assert "keeps another head 2" in capsys.readouterr().out
    with pytest.raises(NotKept, match="keeps another head 2"):
        commands.keep(other, "s3://heads/cli")
    assert verify(first) == exit_codes.OK
    assert "knows a newer bundle" in capsys.readouterr().err
    assert commands.verify((first,), None, None, "s3://heads/cli", "json") == exit_codes.OK
    assert json.loads(capsys.readouterr().out)["newer_bundles"] == {"emc2.outscale-sandbox.dev": 2}


@pytest.mark.parametrize("url", ["heads", "https://heads", "s3://", "s3:///x"])
def test_what_is_no_bucket_is_told(url: str) -> None:
    with pytest.raises(NotKept, match="is no bucket"):
        heads.place(url)


def test_keys_that_are_missing_or_wrong_are_told_without_showing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(heads.VARIABLES[2], "Canary-7-Bird")
    with pytest.raises(NotKept) as told:
        heads.put(heads.place("s3://heads"), manifest())
    assert "Canary" not in str(told.value)
    monkeypatch.delenv(heads.VARIABLES[2])
    with pytest.raises(NotKept, match="REMPART_HEADS_SECRET_KEY not set"):
        heads.place("s3://heads")
