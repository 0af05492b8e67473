"""`rempart evidence`: made where the platform is run, checked where only the archive and the signers are."""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import typer.testing

from blueprint.errors import RempartError
from cli import exit_codes
from cli.evidence import collecting, commands
from policies import records, signing
from policies.bundle import archive, states
from tests.cli import calling
from tests.policies import estate, persons, runs
from tests.policies.bundle import authority
from tests.policies.bundle.authority import Authority

CANARY = "Canary-7-Bird"
EXPORTED = {
    "version": 3,
    "deployment": {
        "resources": [
            {"urn": "urn:pulumi:x::rempart::pulumi:pulumi:Stack::x", "type": "pulumi:pulumi:Stack"},
            {
                "urn": "urn:pulumi:x::rempart::a:b:C::c",
                "type": "a:b:C",
                "inputs": {"userData": CANARY, "key": {states.SIGNATURE: states.SECRET, "ciphertext": "v1:one"}},
            },
        ]
    },
}

said_once = functools.cache(collecting._said)
"""What git and the engine answer is the same for every bundle of this run: they are started once."""


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """Findings of every layer of EMC2, with a password in a machine's user data."""
    changed = estate.estate_of().copy()
    changed["bubbles/warehouse/tiers/omop/1"].properties["userData"] = f"#cloud-config\npassword: {CANARY}\n"
    folder = tmp_path_factory.mktemp("findings")
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, folder)
        for layer in runs.LAYERS:
            runs.run(changed, layer)
    yield folder / "findings"


@pytest.fixture(autouse=True)
def kept(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, findings: pathlib.Path) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path)
    (tmp_path / "findings").symlink_to(findings)
    persons.Reviewer(tmp_path / "trust").allows(persons.line("alice"))
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(tmp_path / "trust"))
    monkeypatch.setattr(collecting, "_exported", lambda name, env: EXPORTED)
    monkeypatch.setattr(collecting, "_said", said_once)
    return tmp_path


def rempart(*words: str) -> typer.testing.Result:
    return calling.rempart("evidence", *words)


def make(*more: str) -> pathlib.Path:
    done = rempart("make", "emc2", "--key", str(persons.key("alice")), *more)
    assert done.exit_code == exit_codes.OK, f"{done.output}{done.exception!r}"
    return pathlib.Path(done.output.partition("written: ")[2].partition("\n")[0])


def verified(*words: str) -> dict[str, Any]:
    done = rempart("verify", *words, "--format", "json")
    found: dict[str, Any] = json.loads(done.output)
    assert done.exit_code == (exit_codes.OK if found["holds"] else exit_codes.VIOLATION)
    return found


def test_decisions_about_this_platform_are_in_it_and_no_others(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "emc2-not-applicable"
    text = (records.folder() / "decisions" / f"{name}.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "records"
    (folder / "decisions").mkdir(parents=True)
    (folder / "decisions" / f"{name}.yaml").write_text(text, encoding="utf-8")
    other = text.replace(f"id: {name}", "id: other").replace("platform: emc2", "platform: minimal")
    (folder / "decisions" / "other.yaml").write_text(other, encoding="utf-8")
    monkeypatch.setattr(records, "folder", lambda: folder)
    assert list(collecting._records("emc2", "outscale-sandbox", "dev")) == [f"records/decisions/{name}.yaml"]
    assert list(collecting._records("minimal", "outscale-sandbox", "dev")) == ["records/decisions/other.yaml"]


def test_a_bundle_is_made_here_and_checked_elsewhere(
    kept: pathlib.Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = make()
    members = archive.read(path)
    assert {f"findings/{layer}/up.jsonl" for layer in runs.LAYERS} <= set(members)
    assert {"about.json", "state.json", "reports/report.fr.html"} <= set(members)
    assert "records/evidence/outscale-2118-sandbox.yaml" in members
    assert "records/decisions/emc2-not-applicable.yaml" in members
    about = json.loads(members["about.json"])
    assert (about["target"]["region"], about["target"]["simulated"]) == ("cloudgouv-eu-west-1", True)
    assert about["tools"]["pulumi"]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "e.tar").write_bytes(path.read_bytes())
    (elsewhere / "allowed_signers").write_bytes((kept / "trust" / "allowed_signers").read_bytes())
    monkeypatch.delenv(signing.TRUST_VARIABLE)
    monkeypatch.setenv("REMPART_STATE_DIR", str(elsewhere))
    found = verified(str(elsewhere / "e.tar"), "--signers", str(elsewhere / "allowed_signers"))
    assert found["holds"] is True
    assert found["bundles"][0]["signed_by"] == ["alice@hospital.example"]
    changed = bytearray(path.read_bytes())
    changed[path.read_bytes().index(b'"simulated": true', 60_000)] ^= 1
    (elsewhere / "e.tar").write_bytes(changed)
    found = verified(str(elsewhere / "e.tar"), "--signers", str(elsewhere / "allowed_signers"))
    assert found["holds"] is False
    assert len(found["bundles"][0]["problems"]) == 1


def test_no_secret_is_in_a_bundle(kept: pathlib.Path) -> None:
    members = archive.read(make())
    assert [name for name, content in members.items() if CANARY.encode() in content] == []
    assert b"v1:one" not in members["state.json"]
    assert len(json.loads(members["state.json"])["network"]["resources"]) == 2


def test_the_digest_of_a_state_leaves_out_what_is_sealed_and_nothing_else() -> None:
    def digest(key: str, data: str = CANARY) -> object:
        resource = EXPORTED["deployment"]["resources"][1]
        sealed = {states.SIGNATURE: states.SECRET, "ciphertext": key}
        changed = {**resource, "inputs": {"userData": data, "list": [sealed], "key": sealed}}
        return states.summary({"deployment": {"resources": [changed]}})["resources"][0]["sha256"]

    assert digest("v1:one") == digest("v1:two")
    assert digest("v1:one") != digest("v1:one", "another")
    assert states.summary({"deployment": None}) == {"resources": []}


def test_bundles_form_a_chain_that_shows_what_is_left_out(kept: pathlib.Path) -> None:
    one, two, three = make(), make(), make()
    assert [path.name for path in (one, two, three)] == ["000001.tar", "000002.tar", "000003.tar"]
    assert verified(str(three), str(one), str(two))["holds"] is True
    found = verified(str(one), str(three))
    assert found["chain_problems"] == [
        {"bundle": "emc2.outscale-sandbox.dev 3", "problem": "bundle 2 is missing before it"}
    ]
    fork = make("--previous", str(one), "--output", str(kept / "fork.tar"))
    assert "forked" in verified(str(one), str(two), str(fork))["chain_problems"][0]["problem"]


def test_a_stamp_is_asked_for_and_checked(tmp_path: pathlib.Path) -> None:
    (tmp_path / "authority").mkdir()
    with authority.serving(tmp_path / "authority") as stamps:
        path = make("--tsa", stamps.url)
        _stamped(path, stamps)
        done = rempart("make", "emc2", "--key", str(persons.key("alice")), "--tsa", f"{stamps.url}-not")
        assert isinstance(done.exception, RempartError)
        assert "answers 503" in str(done.exception)
    assert [one.name for one in path.parent.iterdir()] == [path.name], "nothing half-made is left"


def _stamped(path: pathlib.Path, stamps: Authority) -> None:
    assert verified(str(path))["bundles"][0]["stamped_at"] is None
    assert verified(str(path), "--tsa-roots", str(stamps.roots))["bundles"][0]["stamped_at"]
    shown = rempart("verify", str(path)).output
    assert "not checked: give --tsa-roots" in shown
    assert "simulated: it says nothing of a real provider" in shown


def test_a_bundle_is_never_written_over(kept: pathlib.Path) -> None:
    path = make()
    done = rempart("make", "emc2", "--key", str(persons.key("alice")), "--output", str(path))
    assert "never written over" in str(done.exception)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("make", "emc9", "--key", "KEY"), "Did you mean 'emc2'"),
        (("make", "emc2", "--key", "KEY", "--target", "x"), "unknown target"),
        (("make", "minimal", "--key", "KEY"), "nothing was judged yet"),
        (("make", "emc2", "--key", "/nonexistent"), "no such key"),
        (("make", "emc2", "--key", "KEY", "--previous", "/nonexistent"), "cannot be read"),
        (("make", "emc2", "--key", "KEY", "--lock-to", "heads"), "is no bucket"),
        (("verify", "/nonexistent"), "cannot be read"),
        (("verify", "/nonexistent", "--signers", "/nonexistent"), "no such file"),
        (("verify", "/nonexistent", "--format", "xml"), "use text, json"),
    ],
)
def test_bad_input_is_one_clear_message(words: tuple[str, ...], says: str) -> None:
    done = rempart(*(str(persons.key("alice")) if word == "KEY" else word for word in words))
    assert isinstance(done.exception, RempartError), done.output
    assert says in str(done.exception)


def test_nobody_is_trusted_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    path = make()
    monkeypatch.delenv(signing.TRUST_VARIABLE)
    with pytest.raises(RempartError, match="nobody is allowed to sign"):
        commands.verify([str(path)], None, None, None, "text")
