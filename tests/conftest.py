"""What holds for every test: under CI a test that cannot run fails, and a failure is told at once."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator

import pytest

from blueprint import workspace
from tests import longer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job that a shell starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Worlds share their compiled modules: each would compile the SDKs again beside its own state. So do all processes that
# tests start, and the workers, also where the caller's environment says to keep none.
os.environ.setdefault("PYTHONPYCACHEPREFIX", str(workspace.root() / ".pytest_cache" / "compiled"))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

Report = pytest.TestReport | pytest.CollectReport


def _no_skip(report: Report) -> Report:
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and CI=true: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, Report]:
    return _no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, Report]:
    """A whole file may skip itself (`importorskip`, `allow_module_level`)."""
    return _no_skip((yield))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and terminal is not None:
        config.pluginmanager.register(_AtOnce(terminal))


class _AtOnce:
    """Says what failed when it fails: a run that is cut short has no summary."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._terminal.write_line(f"\n{report.when} of {report.nodeid} failed:\n{report.longreprtext[-3000:]}\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What this run did not show. Here, and not beside the tests: with `-n`, only this process's words are seen."""
    found = (one for kind in ("passed", "failed", "error") for one in terminalreporter.stats.get(kind, ()))
    for line in longer.told(one.nodeid for one in found):
        terminalreporter.write_line(line)


LONGEST_FIRST = ("faults", "engine", "contract")


ENDPOINTS = frozenset({"module_server", "running"})
"""Fixtures that start a strict endpoint: what asks for one is no unit test, whichever file it stands in."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tiers that wait longest start first, so that no worker is alone with one of them at the end."""
    for item in items:
        if not ENDPOINTS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("contract")
    weight = {tier: place for place, tier in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: min((weight.get(mark.name, len(weight)) for mark in item.iter_markers()), default=3))


def pytest_collection_finish() -> None:
    """A sixth of the unit tier was the garbage collector, which walked what stays to the end again and again."""
    gc.collect()
    gc.freeze()  # what was imported and collected is never garbage
    gc.set_threshold(200_000, 20, 50)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The machine's OpenStack, up until this process's last test; each world has a project of its own in it."""
    from tests.engine import openstack  # its client is slow to import

    with openstack.joined(tmp_path_factory.mktemp("cloud")):
        yield
