"""Sovereignty: a qualified service, in a declared region, with the state kept at home."""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import TypeAlias, get_args

from blueprint import facts, values
from blueprint import plan as plans
from blueprint import stack as stacks
from blueprint.facts import Fact
from policies import urls
from policies.context import Context
from policies.rules.lawful import holds_health_data
from policies.rules.model import Rule
from policies.rules.words import empty
from policies.verdicts import CONFORM, Phase, State, Verdict, refused, unread
from providers.capabilities import Judgement, Offer, Standing

BRICKS: tuple[tuple[type, str], ...] = (
    (facts.Network, "network"),
    (facts.Machine, "compute"),
    (facts.Disk, "compute"),
    (facts.Bucket, "storage"),
)
Regional: TypeAlias = (
    facts.Network | facts.Segment | facts.Machine | facts.Disk | facts.Bucket | facts.ProviderConfiguration
)


# SOV-01


def qualified_service(fact: Fact, context: Context) -> Verdict:
    """The service that the resource is made of is inside a qualification decision, on this day, in this region."""
    bastion = context.plan.bastion
    if bastion is not None and fact.origin.path.startswith(f"{bastion.subject}/"):
        return _brick("bastion", context)
    return _brick(fact.origin.service or next(brick for kind, brick in BRICKS if isinstance(fact, kind)), context)


def qualified_services(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The same for public addresses of a service that is not the whole network's."""
    for fact in everything:
        if isinstance(fact, facts.PublicAddress) and fact.origin.service:
            verdict = _brick(fact.origin.service, context)
            yield dataclasses.replace(verdict, subject=fact.origin.subject, urn=fact.origin.urn)


def qualified_layer(context: Context) -> Verdict:
    """The same for the layer as a whole. A reading of everything is of no one layer: there each resource says it."""
    if context.layer not in stacks.LAYERS:
        return Verdict(State.NOT_APPLICABLE, "it is asked of each resource")
    return _brick(context.layer, context)


def _brick(brick: str, context: Context) -> Verdict:
    offer = _offer(context)
    if offer is None:
        return refused(_no_offer(context))
    if offer.region != context.region:
        return refused(f"{offer.name} is described for {offer.region}, the target is in {context.region}")
    judgement: Judgement = context.index.remember(("SOV-01", brick), lambda: offer.judge(brick, context.as_of))
    return _verdict(judgement, context)


def _offer(context: Context) -> Offer | None:
    return context.capabilities.offer(context.offer) if context.capabilities else None


def _no_offer(context: Context) -> str:
    return f"the offer {context.offer!r} of target {context.target} is in no capability file"


def _verdict(judgement: Judgement, context: Context) -> Verdict:
    message, until, scope = judgement.message, judgement.until, f"offers/{context.offer}"
    if judgement.standing is Standing.QUALIFIED:
        return Verdict(State.CONFORM, message, until=until, warning=judgement.warning)
    if judgement.standing is Standing.EVIDENCE_REQUIRED:
        return Verdict(State.EVIDENCE_REQUIRED, message, until=until, scope=scope)
    if judgement.standing is Standing.LAPSED:
        return Verdict(State.NON_CONFORM, message, scope=f"lapsed/{context.offer}")
    return refused(message)


# SOV-02


def version_of_decision(context: Context) -> Verdict:
    """The decision is under a version that keeps extra-European law out (chapter 19.6, since 3.2)."""
    offer = _offer(context)
    if offer is None:
        return refused(_no_offer(context))
    if offer.qualification is None:
        return refused(f"{offer.name} has no qualification")
    wanted, given = str(context.parameter("SOV-02", "version")), offer.qualification.version
    if _numbers(given) < _numbers(wanted):
        return refused(f"{offer.name} is qualified under {given}: {wanted} is needed")
    return CONFORM


def _numbers(version: str) -> tuple[int, ...]:
    """`3.10` is later than `3.2`; what is not a number is earlier than every number."""
    return tuple(int(part) if part.isdecimal() else -1 for part in version.strip().split("."))


# SOV-05


def listed_operators(context: Context) -> tuple[Verdict, ...]:
    """Each outside place that a flow leads to has an operator of its own name, established in the European Union."""
    reached = {flow.destination for flow in context.plan.flows}
    outside = [one for one in context.plan.externals if one.subject in reached]
    return tuple(_operated(one, context) for one in outside) or (
        Verdict(State.NOT_APPLICABLE, "no flow leads out of the platform"),
    )


def _operated(external: plans.External, context: Context) -> Verdict:
    subject = external.subject
    if external.operator is None:
        message = "the blueprint does not say who runs it (`operator`)"
        return Verdict(State.EVIDENCE_REQUIRED, message, subject, scope=subject)
    if empty(external.operator):
        return refused("its operator is a placeholder", subject=subject, field="operator")
    if external.country not in context.parameter("SOV-05", "countries"):
        message = f"its operator is established in {external.country}, outside the European Union"
        return refused(message, subject=subject, field="operator")
    message = "its operator is declared; only a contract shows who runs it and from where"
    return Verdict(State.EVIDENCE_REQUIRED, message, subject, scope=subject)


# SOV-06


def certified_host(context: Context) -> Verdict:
    """Health data lie with a certified host: the offer's certificate, on this day."""
    if not holds_health_data(context):
        return Verdict(State.NOT_APPLICABLE, "no bubble holds health data")
    offer = _offer(context)
    if offer is None:
        return refused(_no_offer(context))
    if offer.hds is None:
        return Verdict(
            State.EVIDENCE_REQUIRED, f"no HDS certificate of {offer.name} is on record", scope=f"offers/{context.offer}"
        )
    return _verdict(offer.hds.judge(context.as_of), context)


# SOV-03


def declared_region(fact: Regional, context: Context) -> Verdict:
    """Everything lies in the target's region, which is one of those allowed; the provider says it explicitly."""
    if trouble := unread(fact, "region"):
        return trouble
    region = values.read(fact.region)
    if not region:
        return refused("its region is left to a default: the provider must be given one")
    if region not in context.parameter("SOV-03", "regions"):
        return refused(f"region {region} is not one of those allowed")
    if region != context.region:
        return refused(f"region {region} is not the target's {context.region}")
    if isinstance(fact, facts.ProviderConfiguration):
        return _endpoint(fact, context)
    if isinstance(fact, facts.Segment | facts.Machine | facts.Disk):
        return _availability_zone(fact, context)
    return CONFORM


def _endpoint(fact: facts.ProviderConfiguration, context: Context) -> Verdict:
    """A provider of the right region goes elsewhere by another endpoint, and by what no rule reads."""
    if fact.others:
        names = ", ".join(f"`{name}`" for name in fact.others)
        return refused(f"no rule reads its {names}, by which it may go elsewhere or sign in as another")
    if trouble := unread(fact, "endpoint"):
        return trouble
    if trouble := unread(fact, "profile"):
        return trouble
    if context.endpoints and fact.profile is not None and fact.profile not in context.endpoints:
        return refused("it signs in with other credentials than the target's")
    if fact.endpoint is None:
        engine = context.phase is not Phase.HCL  # which says of its endpoints what it likes
        return refused("its endpoint is left to a default") if context.endpoints and engine else CONFORM
    # What signs in by an entry of clouds.yaml says its address beside: the target names the entry. A reading says where
    # it asked, by the same entry.
    elsewhere = fact.profile is not None or context.phase is Phase.LIVE
    at_home = _at_home(str(fact.endpoint), context, any_port=elsewhere)
    return CONFORM if at_home else refused("its endpoint is none of the target's")


def _at_home(url: str, context: Context, *, any_port: bool = False) -> bool:
    """Whether a URL is at one of the target's endpoints, or at a host of its offer's region."""
    place = urls.place(url)
    if place is None:
        return False
    offer = context.capabilities.offer(context.offer) if context.capabilities else None
    if offer is not None and offer.region == context.region and offer.owns(place.host):
        return True
    known = {urls.place(one) for one in context.endpoints} - {None}
    return place in known or (any_port and place.host in {one.host for one in known if one is not None})


def _availability_zone(fact: facts.Segment | facts.Machine | facts.Disk, context: Context) -> Verdict:
    if trouble := unread(fact, "az"):
        return trouble
    subject, index = fact.origin.path, context.index
    planned: str | None = None
    if isinstance(fact, facts.Segment) and subject in index.subnets:
        planned = index.subnets[subject][0].az
    elif isinstance(fact, facts.Machine) and subject in index.machines:
        planned = index.machines[subject].az
    elif isinstance(fact, facts.Disk) and subject in index.disks:
        planned = index.disks[subject][1].az
    if planned is not None and fact.az != planned and not (fact.az is None and not isinstance(fact, facts.Machine)):
        return refused(f"its availability zone is not the planned {planned}")
    return CONFORM


# SOV-07


def state_at_home(context: Context) -> Verdict:
    """State and secrets stay on a store of one's own: never a third-country service."""
    backend = context.backend
    kind = backend.secrets.split("://")[0].lower()
    if kind not in context.parameter("SOV-07", "secrets_providers"):
        return refused(f"the secrets provider {kind} is not one of those allowed")
    if backend.url is None:
        return Verdict(State.NOT_OBSERVABLE, "nothing says where the state is kept", scope="backend")
    scheme, _, rest = backend.url.partition("://")
    if scheme == "file":
        if context.simulated:
            return CONFORM
        return refused("the state is kept in a file on this machine: that is for simulated targets only")
    if scheme != "s3":
        return refused(f"the state is kept by {scheme}://{rest.split('/')[0].split('@')[-1]}: not a store of one's own")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(backend.url).query)
    endpoint = query.get("endpoint", [""])[0]
    url = endpoint if "//" in endpoint or not endpoint else f"{_scheme(query)}://{endpoint}"
    if not _at_home(url, context, any_port=context.simulated):
        place = urls.place(url)
        where = place.host if place else "no plain address" if endpoint else "a default endpoint"
        return refused(f"the state is kept at {where}: not one of the target's")
    if not context.simulated and not (url.lower().startswith("https://") and _scheme(query) == "https"):
        return refused("the state is sent in clear: its store is asked without TLS")
    return CONFORM


def _scheme(query: dict[str, list[str]]) -> str:
    """What the engine asks its store by: TLS, unless it is told not to."""
    off = {value.strip().lower() for name in ("disable_https", "disableSSL") for value in query.get(name, [])}
    return "http" if off - {"false", "0", "f"} else "https"


RULES = (
    Rule("SOV-01", tuple(kind for kind, _ in BRICKS), qualified_service, qualified_services, qualified_layer),
    Rule("SOV-02", run=version_of_decision),
    Rule("SOV-03", get_args(Regional), declared_region),
    Rule("SOV-05", run=listed_operators),
    Rule("SOV-06", run=certified_host),
    Rule("SOV-07", run=state_at_home),
)
