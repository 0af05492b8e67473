"""What README and docs say is so: targets exist, commands run, tables and pictures are those of today."""

from __future__ import annotations

import pathlib
import re
import shlex
import subprocess
import sys
import tomllib

import pytest
import typer

import cli.main
from blueprint import target as targets
from blueprint import workspace
from cli import exit_codes, waive_app

ROOT = workspace.root()
PAGES = [ROOT / "README.md", ROOT / "README.fr.md", *sorted((ROOT / "docs").glob("*.md"))]


def code(page: pathlib.Path) -> list[str]:
    """Everything between backquotes, blocks included."""
    text = page.read_text(encoding="utf-8")
    written = [re.sub(r"\\\n\s*", "", block) for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.S)]
    blocks = [line for block in written for line in block.splitlines()]
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: pathlib.Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = {match[1] for line in code(page) if (match := re.match(r"make ([a-z-]+)", line))}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_links_exists(page: pathlib.Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not link.startswith("http") and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.contract
@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "README.fr.md"], ids=lambda page: page.name)
def test_the_offline_commands_of_the_readme_run(page: pathlib.Path) -> None:
    commands = [line for line in code(page) if line.startswith(("rempart check", "rempart plan"))]
    assert commands
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *shlex.split(command)[1:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_rempart_command_that_a_page_shows_has_that_name_and_those_options(page: pathlib.Path) -> None:
    pieces = (re.split(r"\s(?:&&|#|>|\|)|\.\.\.", line)[0] for line in code(page))
    wrong = {line: problem for line in pieces if line.startswith("rempart ") and (problem := unlike_the_command(line))}
    assert wrong == {}


def unlike_the_command(line: str) -> str | None:
    """What `line` names and the command line does not have: a command, or an option."""
    command = typer.main.get_command(cli.main.app)
    for word in shlex.split(line)[1:]:
        known = getattr(command, "commands", {})
        if word.startswith("-"):
            if word.partition("=")[0] not in {"--help", *(name for one in command.params for name in one.opts)}:
                return f"{command.name} has no {word}"
        elif known:
            unknown = [one for one in word.split("|") if one not in known]
            if unknown and waive_app.ASK not in known:  # `rempart waive RULE` asks
                return f"{command.name} has no {unknown[0]}"
            command = known[waive_app.ASK if unknown else word.split("|")[0]]
    return None


def test_a_page_that_shows_a_command_or_an_option_that_is_not_there_is_seen() -> None:
    assert unlike_the_command("rempart plan emc2 --format md") is None
    assert unlike_the_command("rempart evidence|waive") is None
    assert unlike_the_command("rempart plam emc2") == "rempart has no plam"
    assert unlike_the_command("rempart plan emc2 --from azurerm") == "plan has no --from"


@pytest.mark.parametrize(("page", "sandbox"), [("outscale.md", "outscale-sandbox"), ("ovh.md", "ovh-sandbox")])
def test_the_target_that_a_page_tells_to_write_is_a_real_one(
    page: str, sandbox: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").split())
    assert f"Copy `stacks/targets/{sandbox}.yaml`" in told
    assert "write `simulated: false`" in told
    text = (ROOT / "stacks" / "targets" / f"{sandbox}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^as_of:.*\n", "", text.replace("simulated: true", "simulated: false"))
    (tmp_path / "mine.yaml").write_text(text.replace(f"name: {sandbox}", "name: mine"), encoding="utf-8")
    monkeypatch.setattr(targets, "folder", lambda: tmp_path)
    mine = targets.load("mine")
    assert (mine.simulated, mine.as_of) == (False, None)


def test_both_readmes_show_the_same_commands_and_lead_to_the_same_pages() -> None:
    def commands(name: str) -> set[str]:
        lines = (line.split("#")[0].strip() for line in code(ROOT / name))
        said = {line for line in lines if line.startswith(("make ", "rempart ", "pulumi "))}
        return {re.sub(r" --lang fr| --output \S+", "", line) for line in said}

    def links(name: str) -> set[str]:
        return set(re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text(encoding="utf-8"))) - {
            "README.md",
            "README.fr.md",
        }

    assert commands("README.md") == commands("README.fr.md")
    assert links("README.md") == links("README.fr.md")


def test_the_table_of_exit_codes_is_the_codes() -> None:
    page = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, re.M))
    assert rows == {str(number): meaning for number, meaning in exit_codes.MEANINGS.items()}


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[=<>~ ]", dependency)[0] for dependency in project["dependencies"]}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \| [^|]+ \|$", page, re.M)) == names


@pytest.mark.contract
def test_the_picture_is_the_blueprint_of_today(tmp_path: pathlib.Path) -> None:
    drawn = tmp_path / "emc2.svg"
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "plan", "emc2", "--format", "svg", "--output", str(drawn)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert drawn.read_text(encoding="utf-8") == (ROOT / "docs" / "emc2.svg").read_text(encoding="utf-8"), (
        "`make pictures` draws it again"
    )


def test_every_figure_of_the_benchmarks_has_its_line_in_the_page() -> None:
    from benchmarks import figures

    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert [name for name in figures.budgets() if f"`{name}`" not in page] == []
