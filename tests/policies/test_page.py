"""The HTML report: one file that needs nothing, reads in two languages, and can be used without a mouse or a screen."""

from __future__ import annotations

import html.parser
import itertools
import pathlib
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from cli import report as command
from policies.catalogue import loader as catalogues
from policies.report import html as page
from policies.report import model
from policies.verdicts import State
from tests.policies import runs
from tests.policies.estate import estate_of

EVIL = "<script>alert(1)</script>"
VOID = {"meta", "br", "input", "link", "img", "hr"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> model.Report:
    estate = estate_of("open-admin-port")
    estate.resources[EVIL] = estate["stack"].__class__("x:index:<b>", EVIL, {}, {})
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, tmp_path_factory.mktemp("state"))
        for layer in runs.LAYERS:
            runs.run(estate, layer)
        return model.merge(command.folders("open-admin-port.outscale-sandbox.dev"))


@pytest.fixture(scope="module", params=["fr", "en"])
def text(report: model.Report, request: pytest.FixtureRequest) -> str:
    return page.render(report, catalogues.load(), request.param)


class Tree(html.parser.HTMLParser):
    """Tags in order with their attributes, and what is wrong with their nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def every(self, *names: str) -> Iterator[dict[str, str]]:
        return (attributes for tag, attributes in self.tags if tag in names)


@pytest.fixture(scope="module")
def tree(text: str) -> Tree:
    return Tree(text)


def test_every_tag_is_closed_in_order(tree: Tree) -> None:
    assert tree.wrong == []
    assert tree.open == []


def test_it_needs_nothing_from_outside_and_every_link_in_it_goes_somewhere(text: str, tree: Tree) -> None:
    links = [one[name] for _, one in tree.tags for name in ("href", "src", "action") if name in one]
    assert [one for one in links if not one.startswith("#")] == []
    ids = [one["id"] for _, one in tree.tags if "id" in one]
    assert {one[1:] for one in links} <= set(ids)
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_it_speaks_both_languages_word_for_word(text: str, tree: Tree) -> None:
    languages = Counter(one.get("lang") for one in tree.every("span"))
    assert languages["fr"] == languages["en"] > 100
    assert "Simulated." in text
    assert "Simulé." in text


def test_it_can_be_used_without_a_mouse_or_a_screen(text: str, tree: Tree) -> None:
    for landmark in ("header", "nav", "main", "footer"):
        assert len(list(tree.every(landmark))) == 1, landmark
    assert next(tree.every("html"))["lang"] in ("fr", "en")
    assert next(tree.every("a"))["class"] == "skip"
    levels = [int(tag[1]) for tag, _ in tree.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - sooner <= 1 for sooner, later in itertools.pairwise(levels))
    assert len(list(tree.every("table"))) == len(list(tree.every("caption"))) > 4
    assert all(one.get("scope") in ("col", "row", "colgroup") for one in tree.every("th"))
    labels = {one["for"] for one in tree.every("label")}
    assert all(one["id"] in labels for one in tree.every("input"))
    assert all(one.get("aria-pressed") in ("true", "false") for one in tree.every("button"))
    assert "focus-visible" in text
    assert not any("tabindex" in one and int(one["tabindex"]) > 0 for _, one in tree.tags)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_state_and_every_grey_can_be_read(text: str) -> None:
    """WCAG 2.1 AA: 4.5 to 1 for text."""
    colours = dict(re.findall(r"--([a-z_]+):(#[0-9a-f]{6})", text))
    assert set(colours) >= {str(state) for state in State}
    for name in (*State, "soft", "link", "brand"):
        assert contrast(colours[str(name)], "#ffffff") >= 4.5, name
    assert contrast(colours["soft"], colours["ground"]) >= 4.5


def test_what_a_blueprint_says_cannot_become_part_of_the_page(text: str) -> None:
    assert "<script>alert" not in text
    assert "x:index:<b>" not in text
    assert "&lt;script&gt;alert" in text


def test_each_requirement_says_its_rules_evidence_history_and_limits(text: str, report: model.Report) -> None:
    for row in report.requirements:
        block = text.split(f'<details id="{row.id}">')[1].split("<details id=")[0]
        if not row.applicable:
            assert "Not applicable:" in block
            continue
        for word in ("Rules", "Subjects judged", "Evidence", "Waivers", "History", "What it does not prove"):
            assert word in block, (row.id, word)
        assert "the endpoints are simulated" in block
        assert all(f'href="#{rule}"' in block for rule in row.rules)


def test_a_requirement_that_no_rule_judged_proves_nothing(text: str, report: model.Report) -> None:
    unjudged = [row.id for row in report.requirements if row.applicable and not row.judged]
    assert unjudged
    for identifier in unjudged:
        block = text.split(f'<details id="{identifier}">')[1].split("<details id=")[0]
        assert "Nothing: no rule judged anything here." in block


def test_rates_have_their_n_and_their_three_days(text: str) -> None:
    section = text.split('<section id="rates"')[1].split("</section>")[0]
    assert "disclosed subset" in section
    assert section.count("+3 ") == section.count("+6 ") == 2
    assert re.search(r"\d+ / 10", section)
    assert "2118" in section


def test_a_matrix_cell_counts_the_findings_of_a_requirement_in_a_state(text: str, report: model.Report) -> None:
    section = text.split('<section id="matrix"')[1].split("</section>")[0]
    for row in report.requirements:
        line = section.split(f'href="#{row.id}"')[1].split("</tr>")[0]
        cells = [int(one) for one in re.findall(r'class="hit is-[a-z_]+">(\d+)<', line)]
        assert sum(cells) == (sum(row.states.values()) if row.applicable else 0)


def test_history_says_when_a_requirement_changed(tmp_path: pathlib.Path) -> None:
    changed = estate_of()
    changed["bubbles/warehouse/buckets/archive"].properties["acl"] = "public-read"
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, tmp_path)
        runs.run(estate_of(), "storage")
        runs.run(changed, "storage")
        runs.run(changed, "storage")
        runs.run(estate_of(), "storage")
        history = model.merge(command.folders("emc2.outscale-sandbox.dev")).history
    assert [event.state for event in history["R-153"]][1] is State.NON_CONFORM
    assert len(history["R-153"]) == 3
    assert history["R-153"][0].where == "emc2.outscale-sandbox.dev.storage up"
