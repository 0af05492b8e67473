"""RFC 3161 time stamps by a real authority (openssl), and answers that are none."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import Iterator

import pytest

from policies.bundle import stamping
from policies.bundle.stamping import NoStamp
from tests.policies.bundle import authority
from tests.policies.bundle.authority import Authority

CONTENT = b"-----BEGIN SSH SIGNATURE-----"


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority.serving(tmp_path_factory.mktemp("authority")) as found:
        yield found


@pytest.fixture(scope="module")
def stamp(stamps: Authority) -> bytes:
    return stamping.ask(stamps.url, CONTENT)


def test_an_authority_says_when(stamps: Authority, stamp: bytes) -> None:
    at = stamping.verify(stamp, CONTENT, stamps.roots)
    assert abs(at - dt.datetime.now(dt.UTC)) < dt.timedelta(hours=1)


def test_a_stamp_is_of_one_content(stamps: Authority, stamp: bytes) -> None:
    with pytest.raises(NoStamp, match="does not hold"):
        stamping.verify(stamp, CONTENT + b"x", stamps.roots)


def test_an_authority_under_another_root_says_nothing(stamp: bytes, tmp_path: pathlib.Path) -> None:
    authority.prepare(tmp_path)
    with pytest.raises(NoStamp, match="does not hold"):
        stamping.verify(stamp, CONTENT, tmp_path / "root.pem")


def test_a_damaged_stamp_does_not_hold(stamps: Authority, stamp: bytes) -> None:
    at = stamp.index(b"\x30\x82", 40) + 200
    for changed in (stamp[:at] + bytes([stamp[at] ^ 1]) + stamp[at + 1 :], stamp[:50], b"", b"no stamp"):
        with pytest.raises(NoStamp):
            stamping.verify(changed, CONTENT, stamps.roots)


def test_an_authority_that_does_not_answer_is_told(stamps: Authority, tmp_path: pathlib.Path) -> None:
    with pytest.raises(NoStamp, match="answers 503"):
        stamping.ask(stamps.url.replace("/stamp", "/busy"), CONTENT)
    with pytest.raises(NoStamp, match="does not answer"):
        stamping.ask("http://127.0.0.1:1/stamp", CONTENT)


def test_a_file_without_a_certificate_is_told(stamp: bytes, tmp_path: pathlib.Path) -> None:
    for path in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(NoStamp, match="holds no certificate"):
            stamping.verify(stamp, CONTENT, path)
