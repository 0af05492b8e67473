"""The GitLab template is YAML, and every `rempart` command in it is one that the command line knows."""

from __future__ import annotations

import re
import shlex

import typer.main
import yaml

from blueprint import workspace
from cli import main
from cli import report as command

TEMPLATE = workspace.root() / "docs" / "gitlab" / "rempart.gitlab-ci.yml"


def lines() -> list[str]:
    jobs = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    return [
        line
        for job in jobs.values()
        for part in ("before_script", "script", "after_script")
        for line in job.get(part, ())
    ]


def test_every_command_exists_with_its_options() -> None:
    app = typer.main.get_command(main.app)
    found = [match for line in lines() for match in re.findall(r"\.venv/bin/rempart ([a-z]+)([^;)]*)", line)]
    assert {name for name, _ in found} == {"env", "check", "review", "preview", "report"}
    for name, rest in found:
        known = {option for one in app.commands[name].params for option in one.opts}
        used = {word for word in shlex.split(rest) if word.startswith("--")}
        assert used <= known, name


def test_every_format_exists_and_every_artifact_is_written() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    (pairs,) = re.findall(r"for each in ([^;]+);", " ".join(lines()))
    written = dict(pair.split(":") for pair in pairs.split())
    assert set(written) <= set(command.FORMATS)
    jobs = yaml.safe_load(text)
    named = {*jobs["rempart preview"]["artifacts"]["paths"], jobs["rempart preview"]["artifacts"]["reports"]["junit"]}
    assert named == {f"rempart.{suffix}" for suffix in written.values()}
