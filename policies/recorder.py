"""Every (rule, subject, state) of a run as JSON lines: what the engine does not keep, reports read here.

One file per stack and operation: a header with the stamps, then one line per finding, then an end. A file without an
end is an interrupted run, and the report says so.
"""

from __future__ import annotations

import json
import os
import pathlib
import threading
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from blueprint import workspace
from policies.report import history
from policies.verdicts import Finding, State

_encode = json.JSONEncoder(ensure_ascii=False).encode
"""As `json.dumps`, which makes an encoder of its own for each line."""


class Recorder:
    """Writes one findings file. The file is made with the first line, so that a run that judges nothing leaves none."""

    def __init__(self, stack: str, operation: str, header: Mapping[str, Any]) -> None:
        self._path = workspace.findings_dir(stack) / f"{operation}.jsonl"
        self._header = dict(header)
        self._lock = threading.Lock()
        self._file: TextIO | None = None
        self._seen: dict[tuple[str, str, str, str], str] = {}
        self._states: dict[tuple[str, str, str, str], State] = {}
        self.rules: set[str] = set()

    @property
    def path(self) -> pathlib.Path:
        return self._path

    def write(self, findings: Iterable[Finding]) -> None:
        """Appends what is new; the same answer twice (the engine may ask again) is one line."""
        with self._lock:
            for finding in findings:
                self.rules.add(finding.rule)
                key = (finding.rule, finding.subject, finding.urn, finding.stage)
                line = _encode({"kind": "finding", **finding.flat()})
                if self._seen.get(key) != line:
                    self._seen[key] = line
                    self._states[key] = finding.state
                    self._line(line)
            if self._file is not None:
                self._file.flush()

    def end(self) -> None:
        """The run was judged to its end; the stack's history has a line more."""
        with self._lock:
            self._line(json.dumps({"kind": "end", "rules": sorted(self.rules), "findings": len(self._seen)}))
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
            history.append(self._path.parent, self._header, ((key[0], state) for key, state in self._states.items()))

    def _line(self, text: str) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8")
            self._file.write(_encode({"kind": "run", **self._header}) + "\n")
        self._file.write(text + "\n")
