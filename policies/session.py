"""One run of the pack: which stack, which plan, which day; then facts in, findings out."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from blueprint import attestation, loader, planner
from blueprint import stack as stacks
from blueprint import target as targets
from blueprint.errors import RempartError
from blueprint.facts import Fact
from policies import backend, records
from policies.catalogue import loader as catalogues
from policies.context import Context, Index
from policies.judge import Judge, console
from policies.recorder import Recorder
from policies.verdicts import Effect, Finding, Unjudgeable
from providers import capabilities
from providers.outscale import facts as outscale

FACTS = {"outscale": outscale.fact}
"""Provider -> its mapping from resources to facts."""


class Session:
    """The run that this process judges, prepared once, when it is first needed."""

    def __init__(self, stack: str, preview: bool) -> None:
        self.stack = stack
        self.preview = preview
        self._lock = threading.Lock()

    @functools.cached_property
    def judge(self) -> Judge:
        """Raises `Unjudgeable`, with what is wrong and where."""
        try:
            return self._prepare()
        except RempartError as error:
            raise Unjudgeable(str(error)) from None

    def _prepare(self) -> Judge:
        name = stacks.parse(self.stack)
        target = targets.load(name.target)
        loaded = loader.load(loader.find(name.platform))
        catalogue = catalogues.load()
        context = Context(
            index=Index(planner.plan(loaded, target, name.environment)),
            parameters=catalogue.parameters,
            capabilities=capabilities.load(target.provider) if capabilities.path(target.provider).exists() else None,
            target=target.name,
            offer=target.offer,
            region=target.region,
            simulated=target.simulated,
            as_of=target.as_of or dt.date.today(),
            preview=self.preview,
            layer=name.layer,
            backend=backend.observe(self.stack),
            endpoints=tuple(os.environ[name] for name in target.endpoints.values() if os.environ.get(name)),
        )
        self._stamps = {
            "platform": name.platform,
            "title": context.plan.title,
            "environment": name.environment,
            "layer": name.layer,
            "target": target.name,
            "offer": target.offer,
            "region": target.region,
            "simulated": target.simulated,
            "as_of": context.as_of.isoformat(),
            "as_of_pinned": target.as_of is not None,
            "blueprint": loaded.source_map.file,
            "blueprint_digest": hashlib.sha256(loaded.path.read_bytes()).hexdigest(),
        }

        def locate(subject: str, field: str | None) -> str:
            place = loaded.source_map.locate(subject, field)
            return f"{place.file}:{place.line}"

        return Judge(context, catalogue, records.load(), locate)

    @functools.cached_property
    def recorder(self) -> Recorder:
        operation = "preview" if self.preview else "up"
        stamps = self._stamps if self.judge else {}
        header = {
            "stack": self.stack,
            "operation": operation,
            "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "pack_digest": attestation.pack_digest(),
            "catalogue_digest": catalogue_digest(),
            "rules": [rule.id for rule in self.judge.rules],
            **stamps,
        }
        return Recorder(self.stack, operation, header)

    def fact(
        self,
        kind: str,
        urn: str,
        name: str,
        properties: Mapping[str, Any],
        provider: Mapping[str, Any] | None,
        dependencies: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Fact:
        return FACTS[self.judge.context.plan.provider](kind, urn, name, properties, provider, dependencies)

    def say(self, finding: Finding) -> str:
        """What the user sees of a finding."""
        return console(finding, self.judge.catalogue)

    def family(self, finding: Finding) -> str:
        """Which of the pack's policies speaks of it."""
        text = self.judge.catalogue.rules.get(finding.rule)
        return text.family if text else ""

    @functools.cached_property
    def about_run(self) -> tuple[Finding, ...]:
        return tuple(self.judge.run())

    def resource(self, fact: Fact) -> list[Finding]:
        """Findings on one resource. What blocks the run as a whole blocks each of its resources."""
        with self._lock:
            found = self.judge.resource(fact)
            self.recorder.write([*self.about_run, *found])
            if fact.origin.type == "pulumi:pulumi:Stack":
                return [*self.about_run, *found]
            stopping = [one for one in self.about_run if one.effect is Effect.BLOCK and not self.preview]
            return [*stopping, *found]

    def whole(self, facts: Sequence[Fact]) -> list[Finding]:
        """Findings on the stack as a whole; closes the record."""
        with self._lock:
            found = self.judge.stack(facts)
            self.recorder.write(found)
            self.recorder.write(self.judge.without_record(self.recorder.rules))
            self.recorder.end()
            return found


def catalogue_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(catalogues.folder().glob("*.yaml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
