from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib

import pytest

from blueprint import loader, planner, stack, target
from blueprint.errors import BlueprintErrors, UnknownName
from blueprint.stack import StackName
from tests.blueprint.worlds import TARGET, load_data, minimal


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        (
            "emc2.outscale-sandbox.dev.network",
            StackName("emc2", "outscale-sandbox", "dev", "network"),
        ),
        ("a.b.c.compute.project-a", StackName("a", "b", "c", "compute", "project-a")),
    ],
)
def test_a_stack_name_is_read_and_written_back(name: str, parsed: StackName) -> None:
    assert stack.parse(name) == parsed
    assert str(parsed) == name


@pytest.mark.parametrize(
    "name", ["", "emc2", "emc2.t.dev", "a.b.c.network.d.e", "A.b.c.network", "a..c.network", "a.b.c d.network"]
)
def test_another_form_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(UnknownName, match=r"emc2\.outscale-sandbox\.dev\.network"):
        stack.parse(name)


def test_an_unknown_layer_lists_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"unknown layer 'netwrk'. Did you mean 'network'\? Known: bastion, "):
        stack.parse("emc2.outscale-sandbox.dev.netwrk")


def test_the_sandbox_target_is_simulated_and_in_the_qualified_region() -> None:
    sandbox = target.load("outscale-sandbox")
    assert sandbox.simulated
    assert (sandbox.region, sandbox.azs) == ("cloudgouv-eu-west-1", ("a", "b"))
    assert sandbox.as_of == dt.date(2026, 11, 23)
    assert dict(sandbox.endpoints) == {"api": "OSC_ENDPOINT_API", "storage": "OOS_ENDPOINT"}


@pytest.mark.parametrize("name", ["outscale-sandbx", "../targets/outscale-sandbox", ""])
def test_an_unknown_target_lists_those_there_are(name: str) -> None:
    with pytest.raises(UnknownName, match=r"unknown target .*Known: .*outscale-sandbox"):
        target.load(name)


def test_a_wrong_target_file_is_explained(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text("name: other\nprovider: outscale\noffer: x\nregion: r\nazs: []\nsimulated: 1\n")
    monkeypatch.setattr(target, "folder", lambda: tmp_path)
    with pytest.raises(BlueprintErrors) as caught:
        target.load("mine")
    assert [p.path for p in caught.value.problems] == ["endpoints", "azs", "simulated"]


def test_a_target_must_have_its_files_name(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "name: other\nprovider: outscale\noffer: x\nregion: r\nazs: [a]\nendpoints: {}\nsimulated: true\n"
    (tmp_path / "mine.yaml").write_text(text)
    monkeypatch.setattr(target, "folder", lambda: tmp_path)
    with pytest.raises(BlueprintErrors, match=r"mine\.yaml:1:1: name: the file is mine\.yaml"):
        target.load("mine")


def test_too_few_availability_zones_are_refused_with_the_blueprints_line() -> None:
    loaded = load_data(minimal(azs=2))
    one = dataclasses.replace(TARGET, azs=("a",))
    with pytest.raises(BlueprintErrors, match=r"test.yaml:6:1: azs: 2 availability zones are wanted, .* has 1"):
        planner.plan(loaded, one, "dev")


@pytest.mark.parametrize("environment", ["", "Dev", "a.b", "a b"])
def test_an_impossible_environment_is_refused(environment: str) -> None:
    with pytest.raises(UnknownName, match="no name for an environment"):
        planner.plan(load_data(minimal()), TARGET, environment)


def test_platforms_are_found_in_sub_folders_by_name() -> None:
    assert loader.find("public-bucket") == loader.folder() / "violations" / "public-bucket.yaml"


def test_where_an_offer_shows_fewer_zones_everything_is_planned_in_those_in_the_number_that_was_wanted() -> None:
    loaded = loader.load(loader.find("minimal"))
    two, one = (planner.plan(loaded, target.load(f"{where}-sandbox"), "dev") for where in ("outscale", "ovh"))
    assert one.azs == ("nova-vm",)
    assert {machine.az for machine in one.machines} == {"nova-vm"}
    assert [machine.subject for machine in one.machines] == [machine.subject for machine in two.machines]
    assert one.bastion is not None and two.bastion is not None
    assert len(one.bastion.machines) == len(two.bastion.machines) == 2
    assert one.rules == two.rules
