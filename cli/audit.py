"""`rempart audit`: the rules over a state, a file of it or a platform's own. Nothing is asked of any provider."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO

from blueprint import stack as stacks
from blueprint import target as targets
from blueprint import workspace
from blueprint.errors import RempartError
from blueprint.facts import Fact
from cli import console, engine, environment, layers, report
from policies import outside, state
from policies.catalogue import loader as catalogues
from policies.report import history, model
from policies.verdicts import AUDIT

STDIN = "-"
SEALED = (
    "{count} secrets are sealed, and rules that need them cannot answer; to judge them too, without a file in clear: "
    "`pulumi stack export --show-secrets | rempart audit -`"
)


class NotOurs(RempartError):
    """The state is of another program."""


def audit(
    subject: str,
    target: str,
    environment_name: str,
    format: str = "table",
    output: str | None = None,
    lang: str = "en",
    baseline: str | None = None,
) -> int:
    """Judges a state file (`-` for standard input), or every stack of a platform; returns its findings' exit code."""
    report.check_options(format, lang)
    if subject == STDIN:
        names = [judge(sys.stdin.buffer, "standard input", None)]
    elif pathlib.Path(subject).is_file():
        names = [_file(pathlib.Path(subject))]
    else:
        names = list(_platform(layers.Platform(subject, target, environment_name)))
    runs = [run for name in names if (run := model.read(workspace.findings_dir(str(name)) / f"{AUDIT}.jsonl"))]
    folders = [workspace.findings_dir(str(name)) for name in names]
    return report.publish(model.of(runs, history.read(folders, catalogues.load())), format, output, lang, baseline)


def judge(file: IO[bytes], name: str, tell: Callable[[int], None] | None) -> stacks.StackName:
    """Judges one state, leaves its findings beside the pack's, and says which stack it is of."""
    counts = state.Counts()
    facts: list[Fact] = []
    settled: list[Fact] = []
    found: stacks.StackName | None = None
    provider = ""
    subjects: dict[str, str] = {}
    for one in state.resources(file, name, counts):
        if found is None:
            found = _stack(one, name)
            provider = targets.load(found.target).provider
        inputs, given = state.declared(one, subjects)
        facts.append(outside.fact(provider, one.type, one.urn, one.name, inputs, one.provider, None, one.options))
        settled.append(outside.fact(provider, one.type, one.urn, one.name, given, one.provider, one.dependencies))
        if tell is not None:
            tell(counts.resources)
    assert found is not None  # an empty state raised
    stamps = {"source": name, "resources": counts.resources, "sealed": counts.sealed}
    outside.judge(found, AUDIT, facts, stamps, settled=settled)
    if counts.sealed:
        console.err().print(SEALED.format(count=counts.sealed), soft_wrap=True)
    return found


def _stack(one: state.Resource, name: str) -> stacks.StackName:
    try:
        return stacks.parse(one.stack)
    except RempartError as error:
        raise NotOurs(f"{name} is the state of another program: {error}") from None


def _file(path: pathlib.Path) -> stacks.StackName:
    with path.open("rb") as file, _progress(path.name, path.stat().st_size, file) as tell:
        return judge(file, path.name, tell)


def _platform(platform: layers.Platform) -> Iterator[stacks.StackName]:
    env = environment.enter()
    names = [platform.stack(layer) for layer in stacks.LAYERS]
    standing = [name for name in names if engine.stands(name, env)]
    if not standing:
        raise model.NoFindings(
            f"no layer of {platform.name} stands on {platform.target} ({platform.environment}): "
            "`rempart up` brings it up, or give a state file"
        )
    for name in standing:
        with _exported(name, env) as file, console.err().status(f"reading the state of {name} ..."):
            yield judge(file, str(name), None)


@contextlib.contextmanager
def _exported(name: stacks.StackName, env: Mapping[str, str]) -> Iterator[IO[bytes]]:
    """The engine's own export, secrets in clear, through a pipe: never a file."""
    command = ["pulumi", "stack", "export", "--show-secrets", "--non-interactive", "--stack", str(name)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, cwd=workspace.root(), env=dict(env), stdout=subprocess.PIPE, stderr=said) as process,
    ):
        assert process.stdout is not None
        try:
            yield process.stdout
        except state.BadState:
            process.kill()
            said.seek(0)
            message, _ = engine.explain(str(name), said.read().decode(errors="replace"), [])
            raise state.BadState(f"the state of {name} cannot be exported: {message}") from None


@contextlib.contextmanager
def _progress(name: str, size: int, file: IO[bytes]) -> Iterator[Callable[[int], None] | None]:
    """How far a large file is read; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    import rich.progress

    with rich.progress.Progress(console=console.err(), transient=True) as bar:
        task = bar.add_task(f"reading {name}", total=size)
        yield lambda _count: bar.update(task, completed=file.tell())
