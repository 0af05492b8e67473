"""Evidence bundles: nothing in one can be changed, added, taken out or put elsewhere without being named."""

from __future__ import annotations

import datetime as dt
import io
import pathlib
import subprocess
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.bundle import archive, bundle, manifest, stamping
from policies.bundle.archive import Broken
from policies.bundle.manifest import FILE, SIGNATURE, STAMP, SUMS, Manifest
from policies.signing import Signers
from tests.policies import persons

MEMBERS = {
    "about.json": b"{}\n",
    "findings/network/up.jsonl": b'{"kind": "run"}\n' * 40,
    "blueprint.yaml": b"name: emc2\n",
    "empty.txt": b"",
    "block": b"x" * 512,
}
SIGNERS = Signers(f"{persons.line('alice')}\n", "/reviewer/allowed_signers", independent=True)


MADE = dt.datetime(2026, 11, 28, 15, tzinfo=dt.UTC)


def made(
    sequence: int = 1, previous: str | None = None, at: dt.datetime = MADE, **changes: bytes
) -> tuple[Manifest, bytes]:
    members = {**MEMBERS, **changes}
    whole = Manifest(
        platform="emc2",
        target="outscale-sandbox",
        environment="dev",
        simulated=True,
        made_at=at,
        sequence=sequence,
        previous=previous,
        digests={"blueprint": "ab" * 32},
        members=manifest.listed(members),
    )
    return whole, bundle.seal(whole, members, persons.key("alice"))


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return made()[1]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("bundle") / "evidence.tar"


def checked(place: pathlib.Path, content: bytes, signers: Signers = SIGNERS) -> bundle.Checked:
    place.write_bytes(content)
    return bundle.check(place, signers)


def layout(content: bytes) -> list[tuple[int, int, str]]:
    """(first byte of the content, first after it, name) of each member."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return [(one.offset_data, one.offset_data + one.size, one.name) for one in tar]


def test_a_bundle_holds_and_says_who_signed_it(place: pathlib.Path, sealed: bytes) -> None:
    found = checked(place, sealed)
    assert (found.problems, found.holds) == ((), True)
    assert found.signed is not None
    assert found.signed.names == ("alice@hospital.example",)
    assert made()[1] == sealed, "the same content gives the same bytes"


def test_it_opens_with_the_tools_that_everybody_has(place: pathlib.Path, sealed: bytes, tmp_path: pathlib.Path) -> None:
    place.write_bytes(sealed)
    subprocess.run(["tar", "-xf", place, "-C", tmp_path], check=True)
    done = subprocess.run(["sha256sum", "--strict", "-c", SUMS], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.count(": OK")) == (0, len(MEMBERS) + 2)


@given(st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_named(place: pathlib.Path, sealed: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    found = checked(place, bytes(changed))
    assert not found.holds
    named = {member for member, _ in found.problems}
    inside = [name for first, last, name in layout(sealed) if first <= at < last]
    if inside and inside[0] not in (SUMS, SIGNATURE):
        assert named == set(inside)
    elif inside:  # a line of sums that differs: the list or the seal, and which one cannot be told
        assert inside[0] in named <= {SUMS, SIGNATURE}
    else:
        assert len(named) == 1, "a header, the padding or the end"


@pytest.mark.parametrize("name", [*MEMBERS, FILE, SIGNATURE, SUMS])
def test_what_is_taken_out_is_named(place: pathlib.Path, sealed: bytes, name: str) -> None:
    members = archive.decode(sealed)
    found = checked(place, archive.encode((one, content) for one, content in members.items() if one != name))
    assert name in {member for member, _ in found.problems}


def test_what_is_added_is_named(place: pathlib.Path, sealed: bytes) -> None:
    members = {**archive.decode(sealed), "zzz.txt": b"mine"}
    found = checked(place, archive.encode(members.items()))
    assert found.problems == (("zzz.txt", "the manifest does not list it: it was added"),)


def test_another_order_is_told(place: pathlib.Path, sealed: bytes) -> None:
    found = checked(place, archive.encode(reversed(archive.decode(sealed).items())))
    assert [member for member, _ in found.problems] == ["the archive"]


def test_a_bundle_of_a_stranger_does_not_hold(place: pathlib.Path, sealed: bytes) -> None:
    signers = Signers(f"{persons.line('bob')}\n", "/reviewer/allowed_signers", independent=True)
    found = checked(place, sealed, signers)
    assert [member for member, _ in found.problems] == [SIGNATURE]
    assert not found.holds


def test_a_manifest_that_was_written_anew_needs_a_new_signature(place: pathlib.Path, sealed: bytes) -> None:
    whole, other = made(**{"about.json": b'{"changed": true}\n'})
    members = archive.decode(other)
    members[SIGNATURE] = archive.decode(sealed)[SIGNATURE]
    members[SUMS] = manifest.sums(whole, members)
    found = checked(place, archive.encode(members.items()))
    assert [member for member, _ in found.problems] == [SIGNATURE]


def tarred(*entries: tarfile.TarInfo, content: bytes = b"") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for one in entries:
            tar.addfile(one, io.BytesIO(content) if one.isreg() else None)
    return target.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mtime = kind, size, link, 0
    return info


HOSTILE = {
    "a name that climbs": tarred(entry("../../etc/passwd", size=1), content=b"x"),
    "an absolute name": tarred(entry("/etc/passwd", size=1), content=b"x"),
    "a climbing part": tarred(entry("a/../../b", size=1), content=b"x"),
    "a hidden name": tarred(entry(".ssh/authorized_keys", size=1), content=b"x"),
    "a terminal's escape": tarred(entry("a\x1b[2J", size=1), content=b"x"),
    "a link": tarred(entry("a", tarfile.SYMTYPE, link="/etc/passwd")),
    "a hard link": tarred(entry("a", tarfile.LNKTYPE, link="manifest.json")),
    "a folder": tarred(entry("a", tarfile.DIRTYPE)),
    "a device": tarred(entry("a", tarfile.CHRTYPE)),
    "a member twice": tarred(entry("a", size=1), entry("a", size=1), content=b"x"),
    "a size beyond the end": tarred(entry("a")).replace(b"\0" * 11, b"77777777777", 1),
    "a compressed archive": __import__("gzip").compress(tarred(entry("a"))),
    "a sparse bomb": tarred(entry("a", b"S")),
    "no archive": b"PK\x03\x04" + b"a" * 600,
    "nothing": b"",
    "something after the end": tarred(entry("a")) + b"x",
    "a second archive after the end": tarred(entry("a")) * 2,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_a_plain_archive_is_refused(place: pathlib.Path, content: bytes) -> None:
    found = checked(place, content)
    assert found.problems
    assert not found.holds
    assert "\x1b" not in str(found.problems)


def test_an_archive_that_is_too_large_is_not_read(place: pathlib.Path) -> None:
    with place.open("wb") as file:
        file.truncate(archive.MAX_BYTES + 1)
    found = bundle.check(place, SIGNERS)
    assert "larger than" in found.problems[0][1]
    place.write_bytes(b"")


@given(st.binary(max_size=2048))
@settings(max_examples=50, deadline=None)
def test_noise_is_refused_without_a_traceback(noise: bytes) -> None:
    with pytest.raises(Broken):
        archive.decode(noise + b"x")


@pytest.mark.parametrize("name", ["../x", "/x", "", "a//b", "a/./b", ".x", "a\nb", "é", "a" * 101, FILE])
def test_a_member_that_could_not_be_read_back_is_not_written(name: str) -> None:
    whole, _ = made()
    with pytest.raises(Broken):
        bundle.seal(whole, {name: b""}, persons.key("alice"))


def test_a_chain_shows_forks_gaps_and_replacements(place: pathlib.Path) -> None:
    one, first = made()
    two, second = made(2, one.head)
    three, third = made(3, two.head)
    other, fork = made(2, one.head, **{"about.json": b"[]\n"})
    _, on_fork = made(3, other.head)

    def told(*contents: bytes) -> list[str]:
        return [text for _, text in bundle.chained([checked(place, content) for content in contents])]

    assert told(third, first, second) == []
    assert told(first, third) == ["bundle 2 is missing before it"]
    assert told(first, second, fork) == ["two bundles have this number: the chain was forked"]
    assert told(first, second, on_fork) == ["it does not continue bundle 2: another one stood before it"]
    assert three.sequence == 3


def test_a_bundle_that_was_made_before_the_one_that_it_continues_is_told(place: pathlib.Path) -> None:
    """With the clock turned back, what lapsed since would look as if it still held."""
    one, first = made()
    _, second = made(2, one.head, MADE - dt.timedelta(days=30))
    found = [checked(place, content) for content in (first, second)]
    assert all(one.holds for one in found)
    assert bundle.chained(found) == [
        ("emc2.outscale-sandbox.dev 2", "it says that it was made before bundle 1: a clock was wrong")
    ]


def test_a_time_without_a_zone_is_no_time() -> None:
    text = made()[0].encode().replace(b"2026-11-28T15:00:00Z", b"2026-11-28T15:00:00")
    with pytest.raises(Broken, match="made_at"):
        manifest.parse(text)


def test_a_stamp_that_is_older_than_what_it_stamps_is_told(
    place: pathlib.Path, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    whole, _ = made()
    stamped = bundle.seal(whole, MEMBERS, persons.key("alice"), lambda _signature: b"stamp")
    place.write_bytes(stamped)
    for early, holds in ((dt.timedelta(minutes=9), True), (dt.timedelta(minutes=11), False)):
        monkeypatch.setattr(stamping, "verify", lambda *_, early=early: MADE - early)
        found = bundle.check(place, SIGNERS, tmp_path)
        assert found.holds is holds
        assert [name for name, _ in found.problems] == ([] if holds else [STAMP])
