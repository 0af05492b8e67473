"""`rempart review` of a folder that nobody wrote in good faith: it ends, and what was not read never passes."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import resource as rlimit
import subprocess
import sys
import time

import pytest

from blueprint import loader
from blueprint.errors import BlueprintErrors
from cli import review
from providers.terraform import plan, resolving, written
from providers.terraform.blocks import BadTerraform
from tests.cli.reviewing import PROVIDER, of, reviewed, write
from tests.policies import estate, runs, terraforms

RULE = """resource "outscale_security_group_rule" "one" {
  flow              = "Inbound"
  ip_protocol       = "tcp"
  from_port_range   = 22
  to_port_range     = 22
  ip_range          = "0.0.0.0/0"
  security_group_id = "sg-1"
}
"""
NET = 'resource "outscale_net" "one" {\n  ip_range = "10.0.0.0/16"\n}\n'


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


def refused(folder: pathlib.Path, where: pathlib.Path, file: str, says: str) -> None:
    """The file is named, and something that no rule knows stands for what is in it."""
    document = reviewed(folder, where)
    assert [says in one for one in document["problems"] if one.startswith(file)] == [True], document["problems"]
    state, message = of(document, "GOV-01")[f"file {file}"]
    assert (state, "unread_file" in message) == ("non_conform", True)
    assert document["exit_code"] == 1
    assert "outscale_net.one" in of(document, "NET-02"), "the other files are judged"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'resource "x" "y" {\n  a = = 1\n}\n', "not HCL"),
        ("caf\xe9".encode("latin-1"), "not HCL"),
        (RULE.encode("utf-16"), "not HCL"),
        (b"locals {\n  a = " + b"[" * 4000 + b"]" * 4000 + b"\n}\n" + RULE.encode(), "not HCL"),
        (b"# " + b"x" * written.MAX_BYTES + b"\n" + RULE.encode(), "larger than 4 MiB"),
    ],
    ids=["no HCL", "another alphabet", "two bytes a letter", "nested too deep", "too large"],
)
def test_a_file_that_is_not_read_is_something_that_no_rule_knows(
    state_dir: pathlib.Path, content: bytes, says: str
) -> None:
    """Terraform may read what this parser does not: the others conformed, and the review ended well."""
    folder = write(state_dir, main=PROVIDER + NET)
    (folder / "other.tf").write_bytes(content)
    refused(folder, state_dir, "other.tf", says)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_never_ends_is_never_opened(state_dir: pathlib.Path, kind: str) -> None:
    folder = write(state_dir, main=PROVIDER + NET)
    if kind == "pipe":
        os.mkfifo(folder / "other.tf")
    else:
        (folder / "other.tf").symlink_to("/dev/zero")
    refused(folder, state_dir, "other.tf", "no file that ends")


def test_a_link_to_nothing_is_named_and_a_folder_of_such_a_name_is_none(state_dir: pathlib.Path) -> None:
    folder = write(state_dir, main=PROVIDER + NET)
    (folder / "gone.tf").symlink_to("nowhere")
    (folder / "modules.tf").mkdir()
    refused(folder, state_dir, "gone.tf", "cannot be read")
    assert len(review.read(folder).problems) == 1


def test_nothing_but_such_a_file_is_still_refused(state_dir: pathlib.Path) -> None:
    folder = state_dir / "terraform"
    folder.mkdir()
    os.mkfifo(folder / "main.tf")
    assert of(reviewed(folder, state_dir), "GOV-01")["file main.tf"][0] == "non_conform"


ENDLESS = {
    "a module that calls itself": {"main": PROVIDER + NET + 'module "me" {\n  source = "./"\n}\n'},
    "two that call each other": {
        "main": PROVIDER + NET + 'module "a" {\n  source = "./a"\n}\n',
        "a__main": 'module "b" {\n  source = "../b"\n}\n',
        "b__main": 'module "a" {\n  source = "../a"\n}\n' + RULE,
    },
    "a count without end": {"main": PROVIDER + NET + RULE.replace("{\n", "{\n  count = 100000000\n", 1)},
}


@pytest.mark.parametrize("case", ENDLESS)
def test_what_takes_too_long_is_ended_and_judged_as_it_is_written(
    state_dir: pathlib.Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "SECONDS", 3.0)
    folder = write(state_dir, **ENDLESS[case])
    begun = time.monotonic()
    document = reviewed(folder, state_dir)
    assert time.monotonic() - begun < 60
    assert any("cannot be resolved" in one for one in document["problems"]), document["problems"]
    assert "outscale_net.one" in of(document, "NET-02")
    if "itself" not in case:
        assert of(document, "NET-04")["outscale_security_group_rule.one"][0] == "non_conform"


def test_a_resolver_that_was_ended_is_started_anew(tmp_path: pathlib.Path) -> None:
    (tmp_path / "main.tf").write_text(NET)
    with resolving.resolver() as resolve:
        before = resolve(tmp_path, [])
        assert resolve._child is not None
        resolve._child.kill()
        with pytest.raises(resolving.Unresolved, match="too much memory"):
            resolve(tmp_path, [])
        again = resolve(tmp_path, [])
    assert list(before) == list(again) == ["outscale_net"]
    assert resolve._child is None


def test_a_process_with_many_open_files_resolves_too(tmp_path: pathlib.Path) -> None:
    (tmp_path / "main.tf").write_text(NET)
    soft, hard = rlimit.getrlimit(rlimit.RLIMIT_NOFILE)
    rlimit.setrlimit(rlimit.RLIMIT_NOFILE, (max(soft, min(hard, 2048)), hard))
    with contextlib.ExitStack() as opened, resolving.resolver() as resolve:
        try:
            while opened.enter_context(pathlib.Path(os.devnull).open("rb")).fileno() < 1100:
                pass
            assert list(resolve(tmp_path, [])) == ["outscale_net"]
        finally:
            rlimit.setrlimit(rlimit.RLIMIT_NOFILE, (soft, hard))


def test_the_reviewed_folder_gives_no_code_to_the_review(state_dir: pathlib.Path) -> None:
    """It is often the current folder: a module of a name that Python looks for there would be run."""
    folder = write(state_dir, main=PROVIDER + NET)
    for name in ("tfparse", "json", "providers"):
        (folder / f"{name}.py").write_text(f"import pathlib\npathlib.Path({str(state_dir / 'run')!r}).touch()\n")
    command = [str(pathlib.Path(sys.executable).parent / "rempart"), "review", ".", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert json.loads(done.stdout)["problems"] == []
    assert not (state_dir / "run").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"errored": True}, "the plan failed"),
        ({"complete": False}, "of a part only"),
        ({"errored": False, "complete": True}, ""),
        (
            {
                "complete": False,
                "deferred_changes": [{"reason": "instance_count_unknown", "resource_change": {"address": "a_b.c"}}],
            },
            "a_b.c is put off (instance_count_unknown)",
        ),
    ],
    ids=["failed", "a part", "whole", "put off"],
)
def test_a_plan_that_leaves_something_out_is_refused_for_it(
    state_dir: pathlib.Path, more: dict[str, object], says: str
) -> None:
    """What was planned before the failure conformed, and nothing said that the rest was missing."""
    document = terraforms.plan(estate.estate_of("minimal"))
    path = state_dir / "plan.json"
    path.write_text(json.dumps({**document, **more}))
    reading = review.read(path)
    assert [one.type for one in reading.blocks].count("unread_plan") == len(reading.problems) == bool(says)
    if says:
        (problem,) = reading.problems
        assert says in problem
        refusals = of(reviewed(path, state_dir), "GOV-01")
        assert [state for name, (state, _) in refusals.items() if "(not planned)" in name] == ["non_conform"]


def test_a_document_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_BYTES", 1 << 20)
    with pytest.raises(BadTerraform, match="larger than 1 MiB"):
        review.read(pathlib.Path("/dev/zero"))
    with pytest.raises(BlueprintErrors, match="larger than 1 MiB"):
        loader.load(pathlib.Path("/dev/zero"))
