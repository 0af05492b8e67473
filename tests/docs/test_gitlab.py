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
    found = [match for line in lines() for match in re.findall(r"\.venv/bin/rempart ([a-z]+)([^;)&\n]*)", line)]
    assert {name for name, _ in found} == {"env", "check", "review", "preview", "report", "sandbox"}
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
    artifacts = jobs["rempart preview"]["artifacts"]
    named = {*artifacts["paths"], *artifacts["reports"].values()}
    assert set(artifacts["reports"]) == {"junit", "codequality"}
    assert named == {f"rempart.{suffix}" for suffix in written.values()}


def test_only_the_folder_that_is_named_is_reviewed_as_terraform() -> None:
    """The root would hold this project's own samples, which are wrong on purpose, and packages of the environment."""
    job = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["rempart review"]
    assert job["rules"] == [{"if": "$REMPART_TERRAFORM"}]
    assert job["script"] == ['.venv/bin/rempart review "$REMPART_TERRAFORM" --format junit --output review.xml']


def test_what_is_built_from_sources_is_kept_from_job_to_job() -> None:
    jobs = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    kept = jobs[".rempart"]["cache"]
    assert jobs["variables"]["REMPART_CACHE"] == f"$CI_PROJECT_DIR/{kept['paths'][0]}"
    for name in kept["key"]["files"]:
        assert (workspace.root() / name).is_file()
    ignored = (workspace.root() / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{kept['paths'][0].split('/')[0]}/" in ignored


def test_a_preview_on_the_sandbox_has_a_sandbox_and_a_key_for_its_bastion() -> None:
    """The target that the template is delivered with: without them its first run failed."""
    jobs = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    assert jobs["variables"]["REMPART_TARGET"] == "outscale-sandbox"
    first, *_, last = jobs["rempart preview"]["script"]
    assert "rempart preview" in last
    up, env, key = (
        first.index(word) for word in ("sandbox up outscale s3", "rempart env", "REMPART_BASTION_PUBLIC_KEY")
    )
    assert up < env < key, "what the sandbox answers at is exported once it is up"
