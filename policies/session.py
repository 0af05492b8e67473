"""One run of the pack: which stack, which plan, which day; then facts in, findings out."""

from __future__ import annotations

import dataclasses
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
from blueprint.options import Options
from policies import backend, lines, manifest, provisional, records, signing
from policies.catalogue import legal
from policies.catalogue import loader as catalogues
from policies.context import Context, Index
from policies.judge import RUN, Judge, fold
from policies.recorder import Recorder
from policies.records import decisions, standing
from policies.records.standing import Grounds, Standing
from policies.verdicts import Effect, Finding, Unjudgeable
from providers import capabilities, images
from providers.cloudtemple import facts as cloudtemple
from providers.outscale import facts as outscale
from providers.ovh import facts as ovh

FACTS = {"cloudtemple": cloudtemple.fact, "outscale": outscale.fact, "ovh": ovh.fact}
"""Provider -> its mapping from resources to facts."""
LOCAL = ("subject", "references")
"""Inputs that no provider receives."""


def with_options(fact: Fact, options: Options | None) -> Fact:
    """A provider's mapping never sees options: they are the engine's."""
    return with_origin(fact, options=options)


def with_origin(fact: Fact, **known: Any) -> Fact:
    """What the run knows of a resource, and no provider's mapping."""
    return dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, **known))


class Session:
    """The run that this process judges, prepared once, when it is first needed."""

    def __init__(self, stack: str, preview: bool) -> None:
        self.stack = stack
        self.preview = preview
        self._lock = threading.Lock()
        self._declared: dict[str, Mapping[str, Any]] = {}
        self._claims: dict[tuple[str, str], str] = {}
        """(type, subject) -> URN of the first resource of this run that says so."""

    @functools.cached_property
    def judge(self) -> Judge:
        """Raises `Unjudgeable`, with what is wrong and where."""
        try:
            return self._prepare()
        except RempartError as error:
            raise Unjudgeable(str(error)) from None

    def _prepare(self) -> Judge:
        name = stacks.parse(self.stack)
        stacks.check_whole(name)
        judge, self._stamps = prepare(name, self.preview)
        return judge

    @functools.cached_property
    def recorder(self) -> Recorder:
        operation = "preview" if self.preview else "up"
        stamps = self._stamps if self.judge else {}
        return Recorder(self.stack, operation, header(self.stack, operation, self.judge, stamps))

    def fact(
        self,
        kind: str,
        urn: str,
        name: str,
        properties: Mapping[str, Any],
        provider: Mapping[str, Any] | None,
        dependencies: Mapping[str, tuple[str, ...]] | None = None,
        options: Options | None = None,
    ) -> Fact:
        """The neutral fact; `dependencies` is None before the whole stack is known.

        The whole stack shows what the provider gave back. An imported resource's provider never learned its subject nor
        its references: they are those that this same run declared.
        """
        if dependencies is None:
            self._declared[urn] = {key: properties[key] for key in LOCAL if key in properties}
        elif "subject" not in properties:
            properties = {**properties, **self._declared.get(urn, {})}
        made = FACTS[self.judge.context.plan.provider](kind, urn, name, properties, provider, dependencies)
        if dependencies is None and made.origin.subject:
            first = self._claims.setdefault((kind, made.origin.subject), urn)
            made = with_origin(made, earlier="" if first == urn else first)
        return with_options(made, options)

    def say(self, finding: Finding) -> str:
        """What the user sees of a finding."""
        return lines.write(finding, self.judge.catalogue)

    def family(self, finding: Finding) -> str:
        """Which of the pack's policies speaks of it."""
        text = self.judge.catalogue.rules.get(finding.rule)
        return text.family if text else ""

    @functools.cached_property
    def foreseen(self) -> tuple[Finding, ...]:
        """Findings on the run and on what the plan declares: they need no resource."""
        return (*self.judge.run(), *self.judge.planned(), *self.judge.unjudged())

    @functools.cached_property
    def about_run(self) -> tuple[Finding, ...]:
        """The same, recorded once: with the first resource, since a run that registers none leaves no record."""
        self.recorder.write(self.foreseen)
        return self.foreseen

    @functools.cached_property
    def told(self) -> tuple[Finding, ...]:
        """What is said of the run: those of rules without a function in one line."""
        note = provisional.note(self.judge.context.layer, self._below, self.judge.locate(RUN, None))
        return (*fold(self.about_run), *note)

    @functools.cached_property
    def stopping(self) -> tuple[Finding, ...]:
        """What blocks the run as a whole: nothing at preview, where it is only told."""
        return () if self.preview else tuple(one for one in self.told if one.effect is Effect.BLOCK)

    @property
    def _below(self) -> tuple[str, ...]:
        return self.judge.context.provisional

    def _recorded(self, found: Sequence[Finding]) -> list[Finding]:
        """Writes what was found; returns what the console tells one by one."""
        softened = provisional.soften(found, self._below)
        self.recorder.write(softened)
        return provisional.loud(softened, self._below)

    def resource(self, fact: Fact) -> list[Finding]:
        """Findings on one resource. What blocks the run as a whole blocks each of its resources."""
        with self._lock:
            told = self.told
            found = self._recorded(self.judge.resource(fact))
            return [*(told if fact.origin.type == "pulumi:pulumi:Stack" else self.stopping), *found]

    def whole(self, facts: Sequence[Fact]) -> list[Finding]:
        """Findings on the stack as a whole; closes the record."""
        with self._lock:
            found = self._recorded(self.judge.stack(facts))
            self.recorder.write(self.judge.without_record(self.recorder.rules))
            self.recorder.end()
            return found


def prepare(
    name: stacks.StackName, preview: bool, whole: frozenset[str] = frozenset()
) -> tuple[Judge, dict[str, object]]:
    """The judge of one stack, and the stamps of its findings. `whole`: see `Context`.

    Raises `RempartError` for a platform or a target that is not there, or is wrong.
    """
    target = targets.load(name.target, only_read=True)
    loaded = loader.load(loader.find(name.platform))
    catalogue = catalogues.load()
    index = Index(planner.plan(loaded, target, name.environment))
    waivers = _waivers(name, target, index, catalogue)
    context = Context(
        index=index,
        parameters=catalogue.parameters,
        capabilities=capabilities.find(target.provider),
        target=target.name,
        offer=target.offer,
        region=target.region,
        simulated=target.simulated,
        as_of=target.as_of or dt.date.today(),
        preview=preview,
        layer=name.layer,
        backend=backend.observe(str(name)),
        images=images.load(target.provider),
        endpoints=tuple(os.environ[name] for name in target.endpoints.values() if os.environ.get(name)),
        whole=whole,
        provisional=stacks.provisional(name.layer, os.environ) if preview else (),
        waivers=waivers,
        legal=legal.load(),
        decisions=decisions.of_platform(records.folder(), name.platform),
        manifest=manifest.read(),
    )
    stamps = {
        "platform": name.platform,
        "title": context.plan.title,
        "environment": name.environment,
        "layer": name.layer,
        "target": target.name,
        "provider": target.provider,
        "offer": target.offer,
        "region": target.region,
        "simulated": target.simulated,
        "as_of": context.as_of.isoformat(),
        "as_of_pinned": target.as_of is not None,
        "blueprint": loaded.source_map.file,
        "blueprint_digest": hashlib.sha256(loaded.path.read_bytes()).hexdigest(),
        "waivers": {one.waiver.id: hashlib.sha256(one.waiver.signed_content()).hexdigest() for one in waivers},
        "signers_digest": waivers[0].signers_digest if waivers else None,
    }
    files = {f"waivers/{one.waiver.id}": one.location for one in waivers}

    @functools.cache  # most resources of a bubble are of a few lines
    def locate(subject: str, field: str | None) -> str:
        if subject in files:
            return files[subject]
        place = loaded.source_map.locate(subject, field)
        return f"{place.file}:{place.line}"

    return Judge(context, catalogue, records.load(), locate), stamps


def _waivers(
    name: stacks.StackName, target: targets.Target, index: Index, catalogue: catalogues.Catalogue
) -> tuple[Standing, ...]:
    def grounds() -> Grounds:
        as_of = target.as_of or dt.date.today()
        return Grounds(catalogue.rules, index.subjects, signing.trust(), as_of, target.simulated)

    return standing.of_run(records.folder(), name.platform, name.target, name.environment, grounds)


def header(stack: str, operation: str, judge: Judge, stamps: Mapping[str, object]) -> dict[str, object]:
    """The first line of a findings file."""
    return {
        "stack": stack,
        "operation": operation,
        "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "pack_digest": attestation.pack_digest(),
        "catalogue_digest": catalogue_digest(),
        "rules": [*(rule.id for rule in judge.rules), *judge.catalogue.unjudged],
        **stamps,
    }


def catalogue_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(catalogues.folder().rglob("*.yaml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
