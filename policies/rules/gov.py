"""The control itself: a closed world, tags that tell the truth, references that go where they say."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from blueprint import facts
from blueprint import stack as stacks
from blueprint.facts import Fact
from blueprint.values import UNKNOWN, Malformed
from policies.context import Context
from policies.rules import read_stacks
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused

NATIVE = (
    facts.Network,
    facts.Segment,
    facts.FilterGroup,
    facts.FilterRule,
    facts.Route,
    facts.RouteTable,
    facts.Gateway,
    facts.Peering,
    facts.Interface,
    facts.Attachment,
    facts.PublicAddress,
    facts.Machine,
    facts.Placement,
    facts.Disk,
    facts.Bucket,
    facts.AccessKey,
    facts.Credential,
    facts.Support,
)
ENGINE_ROLES = ("stack", "engine-provider")
"""Supports that are the engine's own: no provider has them."""
NOT_GIVEN = "is another layer's to give, and comes from no stack that is read: it is typed by hand, or only read"
NOT_MADE = (
    "this stack neither makes nor adopts, and no layer is below it: "
    "what is only read (`.get()`), or typed by hand, no rule judges"
)
"""What is wrong with an id, where a layer is below this one and where none is."""
_TWICE = "{} is it already: the plan has it once"
SUFFIXES = ("/filter", "/table", "/nic", "/address")
"""What may follow the subject that a reference names: a zone's filter stands for the zone."""


# GOV-01


def mapped(fact: Fact, context: Context) -> Verdict:
    """Every resource is of a known type and says which part of the blueprint it serves."""
    if isinstance(fact, facts.Unmapped):
        return refused(f"no rule knows resources of type {fact.origin.type}")
    if isinstance(fact, facts.Unjudged):
        return Verdict(State.EVIDENCE_REQUIRED, fact.why, scope=f"types/{fact.origin.type}")
    if isinstance(fact, facts.ProviderConfiguration | facts.StackReference) or (
        isinstance(fact, facts.Support) and fact.role in ENGINE_ROLES
    ):
        return CONFORM
    if not fact.origin.subject:
        return refused("it does not say which part of the blueprint it serves (`subject`)")
    if isinstance(fact, facts.Component):
        return CONFORM
    if not _exists(fact, context):
        return refused("its subject is not in the plan")
    if fact.origin.unread:
        return refused(f"no rule reads {', '.join(fact.origin.unread)}: leave it out")
    if fact.origin.earlier:
        return refused(_TWICE.format(fact.origin.earlier.rpartition("::")[2]))
    layer = _layer(fact)
    if context.layer in stacks.LAYERS and context.layer != layer:
        return refused(f"the {layer} layer makes it, and this is the {context.layer} layer: it would be there twice")
    return CONFORM


def _layer(fact: Fact) -> str:
    """The layer that makes it, whatever the provider: each thing of the plan is made once, by one stack."""
    subject = fact.origin.path
    if subject.split("/")[0] == "bastion":
        return "bastion"
    if isinstance(fact, facts.Bucket | facts.Credential) or _grants(fact):
        return "storage"
    return "compute" if "/tiers/" in subject else "network"


def _grants(fact: Fact) -> bool:
    """Of grants a bucket has as many as keys: the plan does not have them as things of their own."""
    return isinstance(fact, facts.Support) and fact.role == "bucket-grant"


def claimed_once(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The same over the whole stack. Of a reading of everything, GOV-10 says it."""
    if context.whole:
        return
    claims: dict[tuple[str, str], list[Fact]] = collections.defaultdict(list)
    for fact in everything:
        if isinstance(fact, NATIVE) and fact.origin.subject and not _grants(fact):
            claims[fact.origin.type, fact.origin.subject].append(fact)
    for first, *others in claims.values():
        for fact in others:
            verdict = refused(_TWICE.format(first.origin.name))
            yield dataclasses.replace(verdict, subject=fact.origin.subject, urn=fact.origin.urn)


def _exists(fact: Fact, context: Context) -> bool:
    """Whether the plan has such a subject for this very kind of resource."""
    index, subject = context.index, fact.origin.path
    if isinstance(fact, facts.Network):
        return subject in index.bubbles
    if isinstance(fact, facts.Segment):
        return subject in index.subnets
    if isinstance(fact, facts.FilterGroup):
        zone, _, number = subject.partition("/filter")
        return "/filter" in subject and zone in index.zones and (not number or number[1:].isdecimal())
    if isinstance(fact, facts.RouteTable):
        return subject.endswith("/table") and subject.removesuffix("/table") in index.zones
    if isinstance(fact, facts.FilterRule):
        return subject in index.rules
    if isinstance(fact, facts.Route):
        return subject in index.routes
    if isinstance(fact, facts.Gateway):
        return subject.removesuffix("/link") in index.gateways
    if isinstance(fact, facts.Peering):
        return subject in index.peerings
    if isinstance(fact, facts.Interface):
        return subject in index.interfaces
    if isinstance(fact, facts.Attachment):
        return fact.segment in index.subnets and (fact.link in index.peerings or fact.link in index.gateways)
    if isinstance(fact, facts.Placement):
        return subject.removesuffix("/placement") in index.tier_subjects
    if isinstance(fact, facts.PublicAddress):
        address = subject.removesuffix("/link")
        owner = address.removesuffix("/address")
        return owner != address and (owner in index.gateways or owner in index.machines)
    if isinstance(fact, facts.Machine):
        return subject in index.machines
    if isinstance(fact, facts.Disk):
        return subject in index.disks
    if isinstance(fact, facts.Bucket):
        return subject in index.buckets
    if isinstance(fact, facts.AccessKey):
        return subject == _administrators_key(context)
    if isinstance(fact, facts.Credential):
        return subject in {key.subject for key in context.plan.storage_keys} and fact.opens == "storage"
    return isinstance(fact, facts.Support) and _supports(fact.role, subject, context)


def _supports(role: str, subject: str, context: Context) -> bool:
    index = context.index
    if role == "table-link":
        return subject.removesuffix("/table-link") in index.subnets and subject.endswith("/table-link")
    if role == "acceptation":
        return subject.removesuffix("/acceptation") in index.peerings and subject.endswith("/acceptation")
    if role == "attachment-link":
        link, _, segment = subject.removesuffix("/link").partition("/attachments/")
        return segment in index.subnets and (link in index.peerings or link in index.gateways)
    if role == "static-address":
        return subject.removesuffix("/static") in index.interfaces and subject.endswith("/static")
    if role == "bucket-grant":
        return subject.removesuffix("/grant") in index.buckets and subject.endswith("/grant")
    if role == "copy-policy":
        return subject.removesuffix("/copies") in index.machines and subject.endswith("/copies")
    return role == "disk-link" and subject.removesuffix("/link") in index.disks and subject.endswith("/link")


def _administrators_key(context: Context) -> str | None:
    """The one key pair of the plan: it opens the bastion, and nothing else."""
    return f"{context.plan.bastion.subject}/keypair" if context.plan.bastion is not None else None


# GOV-02


def truthful_tags(fact: Fact, context: Context) -> Verdict:
    """The tags are there, and say what the plan says: a tag typed by hand cannot lie."""
    if not fact.origin.taggable:
        return Verdict(State.NOT_APPLICABLE, "the provider has no tags for this kind")
    tags = fact.origin.tags
    if isinstance(tags, Malformed):
        return refused(f"`tags` has the wrong type: {tags.expected} was expected")
    if tags is UNKNOWN:
        return Verdict(State.NOT_OBSERVABLE, "`tags` is not known yet", pending=True)
    if not isinstance(tags, Mapping):
        return Verdict(State.NOT_OBSERVABLE, "`tags` cannot be read from this provider")
    wanted = _tags(fact, context)
    missing = [name for name in wanted if not tags.get(name)]
    if missing:
        return refused(f"it has no tag {', '.join(missing)}")
    lying = [name for name, allowed in wanted.items() if tags[name] not in allowed]
    return refused(f"its tag {', '.join(lying)} is not what the plan says") if lying else CONFORM


def _tags(fact: Fact, context: Context) -> dict[str, tuple[str, ...]]:
    """Tag -> the values that tell the truth."""
    plan, subject = context.plan, fact.origin.path
    bubble = context.index.bubble_of(subject)
    end = bubble.project.end if bubble and bubble.project else None
    return {
        "rempart:platform": (plan.platform,),
        "rempart:environment": (plan.environment,),
        "rempart:subject": (subject,),
        "rempart:bubble": (bubble.name,) if bubble else ("platform",),
        "rempart:brick": tuple(context.parameter("GOV-02", "bricks")),
        "rempart:data_class": (bubble.data_class,) if bubble and bubble.data_class else ("none",),
        "rempart:owner": (bubble.owner,) if bubble and bubble.owner else ("platform",),
        "rempart:project_end": (end.isoformat(),) if end else ("none",),
    }


# GOV-09


def references_as_planned(fact: Fact, context: Context) -> Verdict:
    """Every id that a resource gives says what it points at, and that is what the plan says."""
    origin = fact.origin
    if isinstance(fact, facts.Support) and fact.role in ENGINE_ROLES:
        return Verdict(State.NOT_APPLICABLE, "it points at nothing")
    silent = [key for key in origin.targets if not origin.references.get(key)]
    if silent:
        return refused(f"{', '.join(f'`{key}`' for key in silent)} does not say what it points at (`references`)")
    wrong = [name for name, got, wanted in _expected(fact, context) if got != wanted]
    return refused(f"its {', '.join(wrong)} is not the planned one") if wrong else CONFORM


def _expected(fact: Fact, context: Context) -> list[tuple[str, object, object]]:
    """(what, as declared, as planned). Kinds whose own rule compares already (rules, routes, peerings) are left out."""
    index, subject = context.index, fact.origin.path
    home = "/".join(subject.split("/")[:2])
    if isinstance(fact, facts.FilterGroup | facts.RouteTable):
        return [] if fact.network == facts.UNBOUND else [("network", fact.network, home)]
    if isinstance(fact, facts.FilterRule) and subject in index.rules:
        return [("zone", fact.group, index.rules[subject].zone)]
    if isinstance(fact, facts.Interface):
        machine, link = index.interfaces.get(subject, (None, None))
        return [*_standing(fact.segment, fact.filters, machine), ("link", fact.link, link)] if machine else []
    if isinstance(fact, facts.Machine):
        machine = index.machines.get(subject)
        if machine is None:
            return []
        administered = index.tier_of(machine)[1] == "bastion"
        key = ("key pair", fact.access_key, _administrators_key(context) if administered else None)
        if fact.interfaces:
            return [
                ("interface", _own(fact.interfaces, subject, context), (f"{subject}/nic",)),
                ("filter", fact.filters, ()),
                key,
            ]
        return [*_standing(fact.segment, fact.filters, machine), key]
    if isinstance(fact, facts.Support):
        return _links(fact, context)
    return []


def _own(interfaces: object, machine: str, context: Context) -> object:
    """The interfaces without those that the plan gives it beside its own: its links, its public address (NET-09)."""
    if not isinstance(interfaces, tuple):
        return interfaces
    more = (f"{machine}/address", *context.index.link_interfaces.get(machine, ()))
    return tuple(name for name in interfaces if name not in more)


def _standing(segment: object, filters: object, machine: object) -> list[tuple[str, object, object]]:
    return [
        ("segment", segment, getattr(machine, "subnet", None)),
        ("filter", filters, (getattr(machine, "zone", None),)),
    ]


def _links(fact: facts.Support, context: Context) -> list[tuple[str, object, object]]:
    subject, given = fact.origin.path, fact.ends
    if fact.role == "table-link":
        segment = subject.removesuffix("/table-link")
        _, zone = context.index.subnets.get(segment, (None, None))
        table = (given.get("table") or "").removesuffix("/table")
        return [("segment", given.get("segment"), segment), ("table", table, zone.subject if zone else None)]
    if fact.role == "acceptation":
        return [("peering", given.get("peering"), subject.removesuffix("/acceptation"))]
    if fact.role == "copy-policy":
        return [("machine", given.get("machine"), subject.removesuffix("/copies"))]
    if fact.role == "disk-link":
        disk = subject.removesuffix("/link")
        machine = context.index.disks[disk][1].subject if disk in context.index.disks else None
        return [("disk", given.get("disk"), disk), ("machine", given.get("machine"), machine)]
    return []


def references_are_true(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """What a resource says that it points at is what the engine saw its id come from."""
    made: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    types: dict[str, str] = {}
    strange = _strange(context)
    for fact in everything:
        types[fact.origin.urn] = fact.origin.type
        if fact.origin.subject:
            made[(fact.origin.type, fact.origin.subject)].add(fact.origin.urn)
    for fact in everything:
        seen = fact.origin.dependencies
        if fact.origin.targets and seen is not None:
            verdict = _proved(fact.origin, seen, made, types, strange)
            yield dataclasses.replace(verdict, subject=fact.origin.subject, urn=fact.origin.urn)


def _strange(context: Context) -> str | None:
    """What is wrong with an id of something that this stack does not make, unless a stack that it reads may give it.

    None where that is no breach: what is there already (the account, Terraform) is of no layer, and before the layer
    below exists, placeholders stand for its ids.
    """
    if context.layer not in stacks.LAYERS or context.provisional:
        return None
    return NOT_GIVEN if context.layer in stacks.STANDS_ON else NOT_MADE


def _proved(
    origin: facts.Origin,
    seen: Mapping[str, tuple[str, ...]],
    made: Mapping[tuple[str, str], set[str]],
    types: Mapping[str, str],
    strange: str | None,
) -> Verdict:
    """`strange`: see `_strange`."""
    proved = False
    for key, kind in origin.targets.items():
        if key not in origin.references and _base(key) not in seen:
            continue  # an output of the provider's, not an input: the resource rule judged every input
        named = origin.references.get(key, "")
        wanted = {urn for suffix in ("", *SUFFIXES) for urn in made.get((kind, named + suffix), ())}
        came_from = {urn for urn in seen.get(_base(key), ()) if types.get(urn) == kind}
        if not wanted:
            if came_from:
                return refused(f"`{key}` comes from a resource other than the {named or 'unnamed'} that it names")
            given = strange is NOT_GIVEN and any(map(read_stacks.is_reference, seen.get(_base(key), ())))
            # One that is not named came back beside an input that is, as the network of a port.
            if strange and named and named != facts.OUTSIDE and not given:
                return refused(f"`{key}` names {named}, which {strange}")
        elif not came_from & wanted:
            return refused(f"`{key}` does not come from {named}, which it names")
        elif not _all_named(came_from, origin, key, kind, made):
            return refused(f"`{key}` also comes from a resource that it does not name")
        else:
            proved = True
    if not proved:
        return Verdict(State.NOT_APPLICABLE, "none of its ids is of something made here: the live check proves them")
    return CONFORM


def _base(key: str) -> str:
    """The property that the engine knows: `securityGroupIds` of `securityGroupIds[0]`, `nics` of `nics[0].nicId`."""
    return key.split("[")[0].split(".")[0]


def _all_named(
    came_from: set[str], origin: facts.Origin, key: str, kind: str, made: Mapping[tuple[str, str], set[str]]
) -> bool:
    """A list's ids share one engine property: each must be named by some key of it."""
    names = [origin.references.get(other, "") for other in origin.targets if _base(other) == _base(key)]
    allowed = {urn for name in names for suffix in ("", *SUFFIXES) for urn in made.get((kind, name + suffix), ())}
    return came_from <= allowed


RULES = (
    Rule(
        "GOV-01",
        (*NATIVE, facts.Component, facts.ProviderConfiguration, facts.StackReference, facts.Unjudged, facts.Unmapped),
        mapped,
        claimed_once,
    ),
    Rule("GOV-02", NATIVE[:-1], truthful_tags),
    Rule("GOV-09", NATIVE, references_as_planned, references_are_true),
)
