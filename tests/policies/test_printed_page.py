"""The HTML report on paper: all of it opened, nothing cut, in words that need no colour, without a screen's own parts.

No browser is part of this project, so its print style sheet is read as a browser would apply it: the last rule that
names a thing decides. What a rule of one class or one word says of each property is all that the sheet uses.
"""

from __future__ import annotations

import html.parser
import re

import pytest

from cli import report as command
from policies.catalogue import loader as catalogues
from policies.report import html as page
from policies.report import model
from policies.verdicts import State
from tests.policies import runs
from tests.policies.estate import estate_of

Sheet = dict[str, dict[str, str]]
"""Selector -> property -> value."""


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    estate = estate_of("open-admin-port")
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, tmp_path_factory.mktemp("state"))
        for layer in runs.LAYERS:
            runs.run(estate, layer)
        made = model.merge(command.folders("open-admin-port.outscale-sandbox.dev"))
    return page.render(made, catalogues.load(), "en")


def style(text: str) -> str:
    (found,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    return str(found)


def blocks(text: str, start: str) -> list[str]:
    """What stands between the braces of each at-rule that begins so, whatever is nested in it."""
    found = []
    for match in re.finditer(re.escape(start), text):
        depth, at = 1, text.index("{", match.start()) + 1
        begin = at
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        found.append(text[begin : at - 1])
    return found


def sheet(rules: str) -> Sheet:
    made: Sheet = {}
    for selectors, body in re.findall(r"([^{}@;]+)\{([^{}]*)\}", rules):
        said = dict(one.split(":", 1) for one in body.split(";") if ":" in one)
        for selector in selectors.split(","):
            made.setdefault(selector.strip(), {}).update(said)
    return made


@pytest.fixture(scope="module")
def printed(text: str) -> Sheet:
    (rules,) = blocks(style(text), "@media print")
    return sheet(rules)


@pytest.fixture(scope="module")
def screen(text: str) -> Sheet:
    rules = style(text)
    for at_rule in ("@media", "@page"):
        for block in blocks(rules, at_rule):
            rules = rules.replace(block, "")
    return sheet(rules)


def test_the_paper_has_margins_and_says_in_them_which_page_of_what_it_is(text: str) -> None:
    (margins,) = blocks(style(text), "@page")
    assert re.match(r"margin:(\d\d)mm (\d\d)mm;", margins)
    (left,), (right,) = blocks(margins, "@bottom-left"), blocks(margins, "@bottom-right")
    assert 'content:"open-admin-port / dev / outscale-sandbox"' in left
    assert 'content:counter(page) " / " counter(pages)' in right


def test_a_name_cannot_leave_the_quotes_that_it_stands_in() -> None:
    assert page.quoted("emc2.prod") == "emc2.prod"
    said = page.quoted('";}</style><script>é')
    assert not re.search(r'["<>;{}]', said)
    assert said.endswith("script\\00003e\\0000e9")


def test_nothing_stays_in_place_from_page_to_page(screen: Sheet, printed: Sheet) -> None:
    """What is fixed or sticky is printed over the text of every page."""
    placed = {(name, said["position"]) for one in (screen, printed) for name, said in one.items() if "position" in said}
    assert placed == {(".skip", "absolute"), (".hidden", "absolute")}
    assert printed[".skip"]["display"] == "none"


def test_what_is_folded_is_opened_by_the_sheet_and_by_the_script(text: str, printed: Sheet) -> None:
    """By the sheet where a browser knows the folded part by name, by the script where it does not."""
    folded = printed["details::details-content"]
    assert (folded["content-visibility"], folded["block-size"]) == ("visible", "auto")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    before, after = script.split('"beforeprint"')[1].split('"afterprint"')
    assert "details:not([open])" in before
    assert "one.open=true" in before
    assert "one.open=false" in after


def test_nothing_is_cut_at_the_edge(screen: Sheet, printed: Sheet) -> None:
    scrolling = [name for name, said in screen.items() if "auto" in (said.get("overflow-x"), said.get("overflow"))]
    assert scrolling == [".scroll"]
    assert all(printed[name]["overflow"] == "visible" for name in scrolling)


def test_pages_break_between_things_and_not_inside_them(printed: Sheet) -> None:
    for name in ("h2", "h3", "h4", "summary", "caption"):
        assert printed[name]["break-after"] == "avoid", name
    for name in ("thead", ".inside>p:first-child"):
        assert printed[name]["break-after"] == "avoid", f"what {name} announces stands under it"
    for name in ("tbody>tr:first-child", "details::details-content"):
        assert printed[name]["break-before"] == "avoid", f"a heading stands above {name}"
    for name in ("tr", ".card", ".two", ".two>div", ".inside>dl", "details:not(:has(table))"):
        assert printed[name]["break-inside"] == "avoid", name
    assert printed["thead"]["display"] == "table-header-group"


def test_what_only_a_screen_has_is_not_printed(text: str, printed: Sheet) -> None:
    hidden = {name for name, said in printed.items() if said.get("display") == "none"}
    assert hidden == {"nav", ".switch", "label", "input", "#hits", "#rules>p", ".skip", ".calm"}
    for name in ("nav", "label", "input"):
        assert f"<{name}" in text
    assert 'id="hits"' in text


class Words(html.parser.HTMLParser):
    """The text of each element of some classes, and what stands before a bar."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {"state": [], "hit": []}
        self.links: list[str] = []
        self._in: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "a":
            self.links.append(given.get("href") or "")
        kind = next((one for one in self.found if one in (given.get("class") or "").split()), None)
        if kind is not None:
            self.found[kind].append("")
        if tag not in ("meta", "br", "input"):
            self._in.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        self._in.pop()

    def handle_data(self, data: str) -> None:
        for _, kind in self._in:
            if kind is not None:
                self.found[kind][-1] += data


def test_no_state_is_told_by_its_colour_alone(text: str) -> None:
    """Each coloured word is the state's own, each coloured cell holds its number under the state's name."""
    words = Words(text)
    titles = {one.title.in_(language) for one in catalogues.load().states.values() for language in ("fr", "en")}
    assert len(words.found["state"]) > 20
    assert all(any(title in said for title in titles) for said in words.found["state"])
    assert len(words.found["hit"]) > 5
    assert all(said.strip().isdecimal() for said in words.found["hit"])
    assert len(State) == len(catalogues.load().states)


def test_colours_that_carry_white_words_are_printed(screen: Sheet, printed: Sheet) -> None:
    """A browser leaves backgrounds out on paper: white words would be lost with them."""
    white = {name for name, said in screen.items() if said.get("color") == "#fff" and "background" in said}
    kept = {name for name, said in printed.items() if said.get("print-color-adjust") == "exact"}
    on_paper = {name for name in white if not name.startswith((".switch", "header"))}
    assert on_paper == {".state", ".matrix td.hit"} and on_paper <= kept
    assert (printed["header"]["color"], printed["header"]["background"]) == ("#000", "#fff")


def test_no_address_is_lost_with_a_link(text: str) -> None:
    """Links go to other places of the page only: what is outside stands there as words."""
    links = Words(text).links
    assert links
    assert all(one.startswith("#") for one in links)


def test_a_narrow_window_cuts_no_word(text: str, screen: Sheet) -> None:
    """At 320 pixels what has two columns has one, and a name without spaces is broken."""
    assert screen["dd"]["overflow-wrap"] == "anywhere"
    assert screen["dl"]["grid-template-columns"].endswith("minmax(0,1fr)")
    (narrow,) = (one for one in blocks(style(text), "@media(max-width:520px)"))
    assert sheet(narrow)["dl"]["grid-template-columns"] == "minmax(0,1fr)"


def test_what_scrolls_is_reached_with_the_keyboard(text: str) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (reach,) = blocks(script, "function reach()")
    assert ".scroll" in reach and "one.tabIndex=0" in reach
    assert '"resize",reach' in script and '"toggle",reach' in script
