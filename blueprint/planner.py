"""From a blueprint and a target to the plan. Pure: the same input gives the same bytes on every machine."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any

from blueprint import (
    addressing,
    administration,
    assurance,
    exchanges,
    flows,
    indented,
    keyring,
    machines,
    model,
    private_links,
    provenance,
    routing,
)
from blueprint.data_plan import Workaround
from blueprint.errors import BlueprintErrors, Problem, UnknownName
from blueprint.loader import Loaded
from blueprint.model import NAME_PATTERN, Authorisation, Blueprint
from blueprint.plan import Bubble, BubbleKind, Bucket, External, Key, Plan, Project, Subnet, Via, Zone
from blueprint.target import Target


def plan(loaded: Loaded, target: Target, environment: str) -> Plan:
    """Everything that follows from the blueprint on that target.

    Where the target says that it has fewer availability zones than are wanted, everything is planned in those it has,
    in the number that was wanted.

    Raises BlueprintErrors where the target has too few availability zones, UnknownName for an impossible environment.
    """
    if not re.match(NAME_PATTERN, environment):
        raise UnknownName(f"{environment!r} is no name for an environment: lower case, digits, hyphens, such as dev.")
    blueprint = loaded.blueprint
    azs = _azs(loaded, target)
    keys = keyring.inventory(blueprint)
    bubbles = tuple(_bubble(blueprint, name, keys, target.region, azs) for name in sorted(blueprint.bubbles))
    externals = tuple(_external(name, blueprint.externals[name]) for name in sorted(blueprint.externals))
    conversations = flows.all_flows(blueprint)
    rules = flows.expand(conversations, flows.world(blueprint))
    paths = routing.find(bubbles, externals, rules)
    zones = {zone.subject: zone for bubble in bubbles for zone in bubble.zones}
    tiers = machines.of_tiers(blueprint, zones)
    bastion = machines.of_bastion(blueprint, zones)
    buckets = _buckets(blueprint)
    needed = {
        "network": True,
        "storage": bool(buckets),
        "compute": bool(tiers),
        "bastion": bastion is not None,
        "peering": bool(paths.peerings),
        private_links.NEED: bool(private_links.find(externals, rules)),
        "nat": any(gateway.via is Via.NAT for gateway in paths.gateways),
        "bucket-policy": any(bucket.deny_plaintext for bucket in buckets),
        "lifecycle": any(bucket.expire_days or bucket.noncurrent_expire_days for bucket in buckets),
        "object-lock": any(bucket.lock_days for bucket in buckets),
    }
    return Plan(
        platform=blueprint.platform,
        title=blueprint.title,
        environment=environment,
        provider=target.provider,
        region=target.region,
        azs=azs,
        simulated=target.simulated,
        cidr=blueprint.address_space,
        bubbles=bubbles,
        externals=externals,
        flows=tuple(conversations),
        rules=tuple(rules),
        peerings=paths.peerings,
        gateways=paths.gateways,
        routes=paths.routes,
        machines=tiers,
        buckets=buckets,
        bastion=bastion,
        keys=keys,
        assumptions=provenance.assumptions(blueprint, loaded.source_map),
        needs=tuple(brick for brick, is_needed in needed.items() if is_needed),
        transfers=exchanges.transfers(blueprint),
        gates=exchanges.gates(blueprint),
        pseudonymisation=exchanges.pseudonymisation(blueprint),
        data=blueprint.environments[environment].data if environment in blueprint.environments else None,
        peaks=tuple(sorted(blueprint.peaks)),
        partners=exchanges.partners(blueprint),
        workarounds=tuple(
            Workaround(f"workarounds/{brick}", brick, block.name, block.owner, block.review_days)
            for brick, block in sorted(blueprint.workarounds.items())
        ),
        datasets=exchanges.datasets(blueprint),
        key_module=administration.key_module(blueprint),
        backups=assurance.backups(blueprint),
        detections=assurance.detections(blueprint),
        proofs=assurance.proofs(blueprint),
        storage_keys=assurance.storage_keys(blueprint),
        accounts=assurance.accounts(blueprint),
        rights=assurance.rights(blueprint),
    )


def to_json(planned: Plan) -> str:
    """The plan as JSON text: fields in the order of their declaration, days as 2027-05-31, user data left out.

    User data may hold a secret by mistake: the policy pack looks for one, and no output of ours may spread it.
    """
    document = dataclasses.asdict(planned)
    bastions = document["bastion"]["machines"] if document["bastion"] else ()
    for machine in (*document["machines"], *bastions):
        if machine["user_data"]:
            machine["user_data"] = f"({len(machine['user_data'])} characters, not shown)"
    return indented.dumps(document, _encode) + "\n"


def _encode(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"a plan holds no {type(value).__name__}")


def _azs(loaded: Loaded, target: Target) -> tuple[str, ...]:
    wanted = loaded.blueprint.azs
    if wanted > len(target.azs) and not target.fewer_azs:
        message = f"{wanted} availability zones are wanted, target {target.name!r} has {len(target.azs)}"
        remedy = f"choose another target, or list the zone in {target.file}"
        raise BlueprintErrors([Problem(loaded.source_map.at(("azs",)), "azs", message, remedy)])
    return target.azs[:wanted]


def _bubble(blueprint: Blueprint, name: str, keys: tuple[Key, ...], region: str, azs: tuple[str, ...]) -> Bubble:
    block = blueprint.bubbles[name]
    subject = f"bubbles/{name}"
    slot = addressing.given(block.slot)
    zones = tuple(
        _zone(blueprint, subject, slot, zone_name, block.zones[zone_name], region, azs)
        for zone_name in sorted(block.zones)
    )
    held = tuple(key.subject for key in keys if key.scope == subject or key.scope.startswith(f"{subject}/"))
    return Bubble(
        subject=subject,
        name=name,
        kind=block.kind,
        slot=slot,
        cidr=addressing.bubble_cidr(blueprint.address_space, slot),
        data_class=block.data_class or "",
        owner=block.owner or "",
        zones=zones,
        project=_project(block.project or _platform_authorisation(blueprint, block), held),
    )


def _platform_authorisation(blueprint: Blueprint, block: model.Bubble) -> Authorisation | None:
    """A project's bubble needs its own authorisation: the platform's does not stand in for it."""
    return None if block.kind is BubbleKind.PROJECT else blueprint.authorisation


def _project(block: Authorisation | None, keys: tuple[str, ...]) -> Project | None:
    if block is None:
        return None
    return Project(
        identifier=block.identifier or "",
        authorisation=block.authorisation or "",
        owner=block.owner or "",
        start=block.start,
        end=block.end,
        roles=block.roles,
        archive_days=block.archive_days,
        log_sink=block.log_sink,
        keys=keys,
        closing=assurance.closing(block),
    )


def _zone(
    blueprint: Blueprint, bubble: str, bubble_slot: int, name: str, block: model.Zone, region: str, azs: tuple[str, ...]
) -> Zone:
    subject = f"{bubble}/zones/{name}"
    slot = addressing.given(block.slot)
    cidr = addressing.zone_cidr(blueprint.address_space, bubble_slot, slot)
    where = block.region or region
    subnets = tuple(
        Subnet(f"{subject}/az/{az}", az, where, addressing.subnet_cidr(cidr, index, len(azs)))
        for index, az in enumerate(azs)
    )
    return Zone(subject, bubble.removeprefix("bubbles/"), name, block.plane, block.role, slot, where, cidr, subnets)


def _external(name: str, block: model.External) -> External:
    operator, country = (block.operator.name, block.operator.country) if block.operator else (None, None)
    return External(
        f"externals/{name}",
        name,
        block.cidrs,
        block.via,
        block.administration,
        operator,
        country,
        assurance.link(block),
    )


def _buckets(blueprint: Blueprint) -> tuple[Bucket, ...]:
    return tuple(
        Bucket(
            subject=f"bubbles/{bubble_name}/buckets/{name}",
            bubble=bubble_name,
            name=name,
            purpose=block.purpose,
            public=block.public,
            versioning=block.versioning,
            lock_days=block.lock_days,
            expire_days=block.expire_days,
            noncurrent_expire_days=block.noncurrent_expire_days,
            deny_plaintext=block.deny_plaintext,
            lands_from=block.lands_from,
        )
        for bubble_name, bubble in sorted(blueprint.bubbles.items())
        for name, block in sorted(bubble.buckets.items())
    )
