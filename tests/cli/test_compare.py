"""Offers side by side: every cell comes from a capability file, a target, the plan, or what layers would register."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import html.parser
import json
import pathlib
import re

import pytest
import yaml

from blueprint import loader, planner, target
from cli import compare, comparison
from cli.report import BadOption
from policies import registry
from policies.catalogue import loader as catalogues
from providers import capabilities


@pytest.fixture(scope="module")
def made() -> comparison.Comparison:
    return comparison.compare("minimal", "dev")


def test_every_described_offer_has_a_column_and_says_its_decision(made: comparison.Comparison) -> None:
    offers = {(p, key) for p in comparison.described() for key in capabilities.load(p).offers}
    assert {(one.offer.provider, one.key) for one in made.columns} == offers
    assert {one.offer.provider for one in made.columns if one.target} >= {"outscale", "ovh"}
    table = comparison.sections(made)[0]
    for column, row in zip(made.columns, table.rows, strict=True):
        decision = column.offer.qualification
        assert (decision.decision if decision else "none") in row[2]


def test_an_offer_without_an_adapter_is_described_beside_the_others(made: comparison.Comparison) -> None:
    (column,) = [one for one in made.columns if one.offer.provider == "cloudtemple"]
    assert (column.target, column.plan, column.made) == (None, None, {})
    assert "brought up by nothing" in column.problem
    assert comparison.state(column.offer, "vpc", made.as_of) == "native, unqualified"
    assert comparison.state(column.offer, "lifecycle", made.as_of) == "native"


def test_the_matrix_is_counted_from_what_would_be_registered(made: comparison.Comparison) -> None:
    for column in made.columns:
        if column.target is None:
            assert column.made == {}
            continue
        plan = planner.plan(loader.load(loader.find("minimal")), target.load(column.target.name), "dev")
        assert column.made["filter rules"] == len(plan.rules)
        assert column.made["networks"] == len(plan.bubbles)
        assert column.made["machines"] == len(plan.all_machines)
        assert column.made["buckets"] == len(plan.buckets)
        assert column.made["resources"] > column.made["filter rules"]


def test_a_qualification_that_ends_shows_on_later_days(made: comparison.Comparison) -> None:
    offer = capabilities.load("outscale").offers["iaas-cloud-on-demand"]
    assert offer.qualification is not None
    last = offer.qualification.valid_until
    assert comparison.state(offer, "network", last) == "native"
    assert comparison.state(offer, "network", last + dt.timedelta(days=1)) == "native, qualification lapsed"
    assert made.days == (dt.date(2026, 11, 23), dt.date(2027, 2, 23), dt.date(2027, 5, 23))


def test_a_roadmap_is_applied_from_its_day() -> None:
    offer = capabilities.load("outscale").offers["iaas-cloud-on-demand"]
    step = capabilities.Roadmap(
        date=dt.date(2026, 11, 25), becomes="native", source="s", confidence="low", assessor="a"
    )
    brick = offer.bricks["siem"].model_copy(update={"roadmap": (step,), "qualified": True})
    later = offer.model_copy(update={"bricks": {**offer.bricks, "siem": brick}})
    assert comparison.state(later, "siem", dt.date(2026, 11, 24)) == "absent"
    assert comparison.state(later, "siem", dt.date(2026, 11, 25)) == "native"


def test_fewer_zones_than_wanted_is_not_met(made: comparison.Comparison) -> None:
    rows = next(one for one in comparison.sections(made) if one.title == "Constraints").rows
    met = {row[0]: row[3] for row in rows if row[1] == "availability zones"}
    for column in made.columns:
        if column.target:
            assert met[column.title] == ("yes" if len(column.offer.azs) >= made.azs else "no")


@pytest.mark.parametrize("format", ["table", "md", "html", "json"])
def test_every_format_names_every_offer(
    format: str, made: comparison.Comparison, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "compare", lambda *_: made)
    path = tmp_path / "out" / f"compare.{format}"
    assert compare.compare("minimal", "dev", format, str(path)) == 0
    text = path.read_text(encoding="utf-8")
    for column in made.columns:
        assert column.offer.name in text
    if format == "json":
        assert {one["key"] for one in json.loads(text)["offers"]} == {one.key for one in made.columns}
    if format == "html":
        assert "http" not in text, "one file, no network"
        html.parser.HTMLParser().feed(text)


COLUMNS = {
    "Offers": {"offer", "region (zones)", "decision", "valid"},
    "Constraints": {"offer", "constraint", "met"},
    "Workarounds": {"brick", "workaround", "requirement", "complexity", "security", "functional"},
}
MADE = {"networks", "filter groups", "filter rules", "ports", "machines"}


@pytest.mark.parametrize("format", ["md", "html", "json"])
def test_every_format_holds_every_table_with_its_columns_and_cells(
    format: str, made: comparison.Comparison, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "compare", lambda *_: made)
    path = tmp_path / f"compare.{format}"
    assert compare.compare("minimal", "dev", format, str(path)) == 0
    text = html.unescape(path.read_text(encoding="utf-8"))
    tables = {one.title: one for one in comparison.sections(made)}
    assert tables.keys() == {*COLUMNS, "Brick by brick", "Roadmap", "The same matrix"}
    assert {title: set(tables[title].headers) & columns for title, columns in COLUMNS.items()} == COLUMNS
    assert [str(day) for day in made.days] == list(tables["Roadmap"].headers[2:])
    assert {row[0] for row in tables["The same matrix"].rows} >= MADE
    for one in tables.values():
        words = [one.title, *one.headers, *(cell for row in one.rows for cell in row)]
        assert [word for word in words if word not in text and json.dumps(word)[1:-1] not in text] == []


def test_every_word_of_a_workaround_is_its_files_own(made: comparison.Comparison) -> None:
    """Read here from the file itself: nothing is typed by hand in between."""
    rows = {(row[0], row[1]): row[2:7] for row in comparison.sections(made)[4].rows}
    found = {}
    for column in made.columns:
        path = pathlib.Path(capabilities.__file__).parent / column.offer.provider / "capabilities.yaml"
        said = yaml.safe_load(path.read_text(encoding="utf-8"))["offers"][column.key]
        for name, part in {**said["bricks"], **said.get("features", {})}.items():
            its = part.get("workaround")
            if its and (name in said["bricks"] or part["state"] != "native"):
                words = (its["name"], its["requirement"], its["complexity"].replace("_", " "))
                found[column.title, name] = (*words, its["impact"]["security"], its["impact"]["functional"])
    assert rows == found
    assert len(found) > 10


def test_what_ends_within_six_months_is_a_line_of_the_roadmap(made: comparison.Comparison) -> None:
    rows = comparison.sections(made)[2].rows
    (line,) = [row for row in rows if row[:2] == ("network", "outscale: IaaS Cloud on Demand")]
    assert line[2:] == ("native", "native, qualification lapsed", "native, qualification lapsed")
    assert not [row for row in rows if row[1].startswith("ovh: ") and row[0] == "network"], "its decision holds"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(BadOption):
        compare.compare("minimal", "dev", "docx")


def test_each_workaround_is_shown_with_what_judges_it(made: comparison.Comparison) -> None:
    rows = next(one for one in comparison.sections(made) if one.title == "Workarounds").rows
    cells = {(row[0].partition(":")[0], row[1]): row[-1] for row in rows}
    judging = {part for rule in registry.RULES for part in rule.instead}
    known = set(catalogues.load().rules)
    for (_, part), cell in cells.items():
        named = re.findall(r"[A-Z0-9]{3}-[0-9]{2}", cell)
        assert set(named) <= known
        assert ("judged by" in cell) is (part in judging), cell
        assert ("no rule" in cell) is (part not in judging), cell
    assert cells["outscale", "encryption"] == "not declared; judged by KMS-01, KMS-10"
    assert cells["ovh", "peering"].endswith("judged by NET-08")
    assert "LOG-03" in cells["ovh", "lifecycle"]


def test_a_workaround_that_no_rule_judges_says_so() -> None:
    own = capabilities.load("ovh").offers["snc-cloud-platform"].bricks["kubernetes"].workaround
    assert own is not None
    assert comparison.judged("kubernetes", own) == "no rule judges it: a record for K8S-06, K8S-07, K8S-08"
    assert comparison.judged("something-else", own) == "no rule judges it"


def test_flows_that_only_a_private_link_carries_are_named_on_every_offer(made: comparison.Comparison) -> None:
    """Whatever the offer has: nothing here makes a link, so no cell may read as if the flows passed."""
    emc2 = {
        one.target.name: planner.plan(loader.load(loader.find("emc2")), target.load(one.target.name), "dev")
        for one in made.columns
        if one.target
    }
    columns = tuple(dataclasses.replace(one, plan=emc2[one.target.name]) if one.target else one for one in made.columns)
    tables = {one.title: one for one in comparison.sections(dataclasses.replace(made, columns=columns))}
    rows = [row for row in tables["Constraints"].rows if row[1] == "private-link"]
    assert [row[0] for row in rows] == [one.title for one in columns if one.target]
    for row in rows:
        assert row[3] == "outside"
        assert "snds (delivery-snds)" in row[4] and "researchers (access-a, access-b)" in row[4]
    (carried,) = [row for row in tables["The same matrix"].rows if row[0] == "flows that only a private link carries"]
    assert all(cell.startswith("13: ") and "snds" in cell for cell in carried[1:])
    (none,) = [row for row in comparison.sections(made)[-1].rows if row[0].startswith("flows that only a private")]
    assert set(none[1:]) == {"0"}
