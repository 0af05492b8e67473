"""`rempart review`: the rules over Terraform, before or after `apply`, in a plan, a state or the files themselves."""

from __future__ import annotations

import collections
import dataclasses
import importlib
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blueprint import errors, loader, planner, workspace
from blueprint import plan as plans
from blueprint import stack as stacks
from blueprint import target as targets
from blueprint.errors import RempartError
from blueprint.facts import Fact, Origin, ProviderConfiguration, Unjudged
from blueprint.values import Unresolved
from cli import report
from policies import outside, session, unplanned
from policies.catalogue import loader as catalogues
from policies.report import history, model
from policies.verdicts import REVIEW
from providers.terraform import buckets, calls, folder, mapping, plan, sources
from providers.terraform.blocks import Block, Reading
from providers.terraform.mapping import Resource


class NothingToReview(RempartError):
    """No resource, or none of a provider that is known here."""


def review(
    path: str,
    platform: str | None,
    target: str | None,
    environment_name: str,
    format: str = "table",
    output: str | None = None,
    lang: str = "en",
    baseline: str | None = None,
) -> int:
    """Judges Terraform; returns its findings' exit code. With a platform, the findings merge into its report."""
    report.check_options(format, lang)
    reading = read(pathlib.Path(path))
    if not reading.blocks:
        raise NothingToReview(f"{path} holds no resource: there is nothing to judge" + _also(reading))
    aim = targets.load(target, only_read=True) if target else _target(reading)
    planned = planner.plan(loader.load(loader.find(platform)), aim, environment_name) if platform else None
    resources, unknown = resolve(reading, aim.provider, planned)
    if planned is None:  # what says no subject is then known by its address
        resources = [dataclasses.replace(one, subject=one.subject or one.address) for one in resources]
    facts = [*facts_of(resources, aim.provider), *(_unmapped(one, aim.provider) for one in unknown)]
    asked = [(fact, one.location) for one in resources for fact in _unread(one)]
    facts += [fact for fact, _ in asked]
    places = {one.address: one.location for one in unknown} | {one.address: one.location for one in resources}
    places |= {fact.origin.name: location for fact, location in asked}
    places |= {one.subject: one.location for one in reversed(resources) if one.subject}
    home = pathlib.PurePath(path) if reading.kind == "files" else pathlib.PurePath(path).parent
    if not home.is_absolute():  # named from where the command runs: code scanning and a merge request find it so
        places = {subject: (home / place).as_posix() for subject, place in places.items()}
    stamps = {"source": reading.source, "read": reading.kind, "problems": list(reading.problems)}

    def locate(subject: str, _field: str | None) -> str | None:
        return places.get(subject)

    if platform:
        name = stacks.StackName(platform, aim.name, environment_name, unplanned.LAYER)
        outside.judge(name, REVIEW, facts, stamps, locate=locate)
        kept = workspace.findings_dir(str(name))
        run = model.read(kept / f"{REVIEW}.jsonl")
        assert run is not None  # it was just written
        return report.publish(model.of([run], history.read([kept], catalogues.load())), format, output, lang, baseline)
    made, own = unplanned.prepare(aim, reading.source)
    found = outside.ask(made, REVIEW, facts, locate)
    header = session.header(reading.source, REVIEW, made, {**own, **stamps})
    return report.publish(model.of([model.run(header, found)], {}), format, output, lang, baseline)


def read(path: pathlib.Path) -> Reading:
    """A folder of Terraform, or one JSON document of a plan or a state."""
    if path.is_dir():
        return folder.read(path)
    if not path.exists():
        raise NothingToReview(f"{path} is not there: give a folder of Terraform, a plan or a state")
    if path.suffix in (".tf", ".tofu"):
        raise NothingToReview(f"{path} is one file of a configuration: give its folder, {path.parent}")
    return plan.read(path)


def resolve(reading: Reading, provider: str, planned: plans.Plan | None) -> tuple[list[Resource], list[Block]]:
    """(resources in our words with their subjects, blocks of types that nothing here knows)."""
    texts = mapping.load(provider) if mapping.path(provider).exists() else None
    types = texts.types if texts is not None else {}
    own = importlib.import_module(f"providers.{provider}.terraform") if types else None
    resources: list[Resource] = []
    from_where = [(one, sources.foreign(one)) for one in reading.blocks]
    blocks = [one for one, source in from_where if source is None]
    unknown = [
        dataclasses.replace(one, type=f"{source}:{one.type}") for one, source in from_where if source is not None
    ]
    stored = buckets.merge(blocks)
    on_an_endpoint = {one.address for one in blocks if buckets.endpoint(one.provider)}
    for block in blocks:
        if texts is not None and own is not None and block.type in types:
            for one in own.expand(block):
                made = mapping.translate(one, types[one.type])
                resources.append(dataclasses.replace(made, unread=mapping.unread(one, texts)))
        elif not (block.type in buckets.TYPES and block.address in on_an_endpoint):
            unknown.append(block)
    unknown += buckets.strays(resources, types, blocks)
    resources = buckets.complete(resources, types, blocks)
    named = own.subjects(resources, planned) if own is not None else resources
    return [*named, *stored], unknown


def facts_of(resources: Sequence[Resource], provider: str) -> Iterator[Fact]:
    own = importlib.import_module(f"providers.{provider}.terraform")
    by_address = {one.address: one for one in resources}
    configured: list[tuple[str, Any, str | None, Mapping[str, Any]]] = []
    for one in resources:
        stored = one.kind == buckets.KIND
        plain = {key: value for key, value in one.provider.items() if key not in calls.CREDENTIALS}
        given = plain if stored else own.configuration(one.provider)
        known = ("s3" if stored else own.NAME, one.provider.get("alias"), calls.credential(one.provider), given)
        if one.provider and known not in configured:
            configured.append(known)
        references: dict[str, str] = {}
        dependencies: dict[str, tuple[str, ...]] = collections.defaultdict(tuple)
        for key, address in one.ids.items():
            if own.points_at(key):
                target = by_address.get(address or "")
                references[key] = (target.subject or f"unmanaged {address}") if target else Unresolved(key)
                if target:
                    dependencies[key.split("[")[0].split(".")[0]] += (target.address,)
        if stored:
            properties: Mapping[str, Any] = {**one.properties, "references": references, "subject": one.subject}
        else:
            properties = own.said(one, references)
        name = one.subject or one.address
        yield outside.fact(provider, one.kind, one.address, name, properties, given, dict(dependencies))
    seen: collections.Counter[str] = collections.Counter()
    for name, alias, secret, values in configured:
        kind, said = f"pulumi:providers:{name}", f"{name}.{alias}" if isinstance(alias, str) else name
        seen[said] += 1
        said += f" ({seen[said]})" if seen[said] > 1 else ""  # modules may have one of the same name each
        fact = outside.fact(provider, kind, f"pulumi:providers:{said}", f"provider {said}", values, None, None)
        yield dataclasses.replace(fact, secret=secret) if isinstance(fact, ProviderConfiguration) else fact


def _unmapped(block: Block, provider: str) -> Fact:
    return outside.fact(provider, f"terraform:{block.type}", block.address, block.address, {}, None, None)


def _unread(one: Resource) -> Iterator[Unjudged]:
    """An answer is asked for each argument that no rule sees."""
    for argument in one.unread:
        place = f"{one.address}.{argument.partition('.')[2]}"
        why = f"no rule reads its argument `{argument.partition('.')[2]}`"
        yield Unjudged(Origin(place, f"terraform:{argument}", place, None), why)


def _target(reading: Reading) -> targets.Target:
    """The first target of the provider that most resources are of."""
    providers = mapping.types_of(reading.blocks)
    counted = collections.Counter(providers[one.type] for one in reading.blocks if one.type in providers)
    found = [one for one, _ in counted.most_common(1)] or list(mapping.known())  # buckets alone are of any of them
    for name in (*targets.names(), *targets.only_reviewed()):
        target = targets.load(name, only_read=True)
        if target.provider in found:
            return target
    raise NothingToReview(f"no target of {found[0]} is described in {errors.display(targets.folder())}: give --target")


def _also(reading: Reading) -> str:
    return "".join(f"\n{problem}" for problem in reading.problems)
