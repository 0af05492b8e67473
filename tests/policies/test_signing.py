"""Signatures by the real ssh-keygen: who signed what, and all that must not pass for it."""

from __future__ import annotations

import datetime as dt
import pathlib
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import workspace
from blueprint.errors import MissingTool
from policies import signing
from policies.signing import BadSignature, Namespace, Signers, SigningError
from tests.policies import persons

CONTENT = b"what is signed"


def allowing(*lines: str) -> Signers:
    return Signers("\n".join(lines) + "\n", "/reviewer/allowed_signers", independent=True)


@pytest.fixture(scope="module")
def signature() -> str:
    return signing.sign(CONTENT, persons.key("alice"), Namespace.WAIVER)


def test_the_signer_is_named_with_every_name_of_the_key(signature: str) -> None:
    signers = allowing(
        "# the hospital's",
        "",
        persons.line("alice"),
        persons.line("alice", "a.martin@hospital.example", "security"),
        persons.line("bob"),
    )
    signed = signing.verify(CONTENT, signature, signers, Namespace.WAIVER)
    assert signed.names == ("a.martin@hospital.example", "alice@hospital.example", "security")
    shown = subprocess.run(["ssh-keygen", "-l", "-f", persons.key("alice")], capture_output=True, text=True).stdout
    assert signed.fingerprint in shown


def test_a_key_that_is_not_allowed_signs_for_nobody(signature: str) -> None:
    with pytest.raises(BadSignature, match="not in /reviewer/allowed_signers"):
        signing.verify(CONTENT, signature, allowing(persons.line("bob")), Namespace.WAIVER)


def test_a_signature_holds_for_its_document_and_its_kind_only(signature: str) -> None:
    signers = allowing(persons.line("alice"))
    with pytest.raises(BadSignature, match=r"alice@hospital\.example does not hold"):
        signing.verify(CONTENT + b"!", signature, signers, Namespace.WAIVER)
    with pytest.raises(BadSignature, match="another kind of document"):
        signing.verify(CONTENT, signature, signers, Namespace.DECISION)


def test_a_key_can_be_kept_to_one_kind_of_document(signature: str) -> None:
    signers = allowing(persons.line("alice", options='namespaces="rempart-evidence"'))
    with pytest.raises(BadSignature, match="does not hold"):
        signing.verify(CONTENT, signature, signers, Namespace.WAIVER)


def test_a_key_signs_during_its_time_only(signature: str) -> None:
    signers = allowing(persons.line("alice", options='valid-after="20260101",valid-before="20260201"'))
    inside, after = dt.datetime(2026, 1, 15, tzinfo=dt.UTC), dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    assert signing.verify(CONTENT, signature, signers, Namespace.WAIVER, inside).names
    with pytest.raises(BadSignature, match=r"time in .* is over"):
        signing.verify(CONTENT, signature, signers, Namespace.WAIVER, after)


@pytest.mark.parametrize(
    "text", ["", "signed, Alice", "-----BEGIN SSH SIGNATURE-----\n!\n-----END SSH SIGNATURE-----", "é" * 9]
)
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(BadSignature, match="not an SSH signature"):
        signing.verify(CONTENT, text, allowing(persons.line("alice")), Namespace.WAIVER)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_signature_with_one_wrong_letter_never_holds(signature: str, data: st.DataObject) -> None:
    first, last = (signature.index("\n"), signature.rindex("\n-----END"))
    place = data.draw(st.integers(first + 1, last - 1).filter(lambda at: signature[at] not in "\n="))
    letter = data.draw(st.sampled_from("ABCabc019+/").filter(lambda one: one != signature[place]))
    changed = signature[:place] + letter + signature[place + 1 :]
    if signing_blob(changed) == signing_blob(signature):
        return  # the last letter of base64 holds bits that count for nothing
    with pytest.raises(BadSignature):
        signing.verify(CONTENT, changed, allowing(persons.line("alice")), Namespace.WAIVER)


def signing_blob(text: str) -> bytes:
    import base64

    return base64.b64decode("".join(text.splitlines()[1:-1]))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("*@hospital.example", "a signer is one person"),
        ("alice@hospital.example,!bob", "a signer is one person"),
    ],
)
def test_an_entry_for_several_persons_is_refused(signature: str, line: str, says: str) -> None:
    with pytest.raises(SigningError, match=f"allowed_signers:2: {says}"):
        signing.verify(CONTENT, signature, allowing("#", persons.line("alice", line)), Namespace.WAIVER)


def test_an_authority_is_no_person(signature: str) -> None:
    with pytest.raises(SigningError, match="a signer is one person"):
        signing.verify(CONTENT, signature, allowing(persons.line("alice", options="cert-authority")), Namespace.WAIVER)


def test_a_broken_line_is_named(signature: str) -> None:
    with pytest.raises(SigningError, match="allowed_signers:1: not a line of allowed signers"):
        signing.verify(CONTENT, signature, allowing("alice"), Namespace.WAIVER)


def test_the_reviewer_s_folder_is_independent(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    persons.Reviewer(tmp_path).allows(persons.line("alice"))
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(tmp_path))
    signers = signing.trust()
    assert (signers.independent, signers.names) == (True, {"alice@hospital.example"})
    monkeypatch.setenv(signing.DIGEST_VARIABLE, signers.digest.upper())
    assert signing.trust() == signers
    monkeypatch.setenv(signing.DIGEST_VARIABLE, "0" * 64)
    with pytest.raises(SigningError, match="ask the reviewer which is right"):
        signing.trust()


def test_inside_the_checkout_signers_are_self_declared(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, outside = tmp_path / "checkout", tmp_path / "outside"
    monkeypatch.setattr(workspace, "root", lambda: checkout)
    persons.Reviewer(checkout / "policies" / "trust").allows(persons.line("alice"))
    assert (signing.trust().independent, bool(signing.trust().names)) == (False, True)
    outside.symlink_to(checkout / "policies" / "trust")
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(outside))
    assert not signing.trust().independent


def test_without_signers_nobody_is_allowed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(signing.TRUST_VARIABLE, raising=False)
    monkeypatch.setattr(workspace, "root", lambda: tmp_path)
    assert (signing.trust().names, signing.trust().independent) == (frozenset(), False)


@pytest.mark.parametrize(("given", "says"), [("trust", "not an absolute path"), ("/nowhere/at/all", "no such file")])
def test_a_trust_root_that_is_not_there_is_an_error(given: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.TRUST_VARIABLE, given)
    with pytest.raises(SigningError, match=says):
        signing.trust()


def test_what_is_no_private_key_cannot_sign(tmp_path: pathlib.Path) -> None:
    (tmp_path / "key").write_text("Canary-7-Bird")
    with pytest.raises(SigningError, match="cannot sign") as told:
        signing.sign(CONTENT, tmp_path / "key", Namespace.WAIVER)
    assert "Canary" not in str(told.value)
    with pytest.raises(SigningError, match="no such key"):
        signing.sign(CONTENT, tmp_path / "other", Namespace.WAIVER)


def test_a_machine_without_ssh_keygen_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, signature: str) -> None:
    key = persons.key("alice")
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(MissingTool, match="openssh-client"):
        signing.sign(CONTENT, key, Namespace.WAIVER)
    with pytest.raises(MissingTool, match="openssh-client"):
        signing.verify(CONTENT, signature, allowing(persons.line("alice")), Namespace.WAIVER)
