# ruff: noqa: ARG001 - every builder has the one signature, whether or not it needs all of it
"""What Terraform says of Cloud Temple, as neutral facts. Closed world: what is not listed here is `Unmapped`.

What the provider's types do not have is not observable, and never taken for granted: filters, availability zones,
encryption, bucket policies, expiry and locks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from blueprint import facts
from blueprint.facts import Origin
from blueprint.properties import Properties, as_range
from blueprint.values import NOT_OBSERVABLE, Malformed, Missing, Unresolved, Value
from providers import bucket_facts, fact_builders
from providers.cloudtemple import kinds
from providers.fact_builders import Builder

PROVIDERS = {"pulumi:providers:cloudtemple": "cloudtemple", "pulumi:providers:s3": "s3"}
IMAGES = (
    "marketplaceItemId",
    "templateId",
    "contentLibraryItemId",
    "cloneVirtualMachineId",
    "guestOperatingSystemMoref",
)
"""Arguments that say what a machine starts from; one of them is given."""
USER_DATA = (("cloudInit", "user-data"), ("cloudInit", "cloudConfig"), ("extraConfig", "guestinfo.userdata"))
"""Where a machine's user data stands, in the order in which it is looked for."""
BIRTH = ("cloudInit", "extraConfig", "customize", "deployOptions")
"""Arguments that reach a machine as it is born."""
SEED = "cloudInit.seedfrom"
"""An address from which cloud-init takes all that it is told."""
DISC = "mountIso"
"""An image in the machine's drive: what is in it, cloud-init reads too, and nothing says."""
S3 = ("corsRules", "encryption", "forceDestroy", "lifecycleRules", "objectLock", "policy", "website")
"""What only the S3 interface says of a bucket."""
INDEPENDENT = "independent"
"""How the modes of a VMware disk begin that no snapshot of its machine holds, nor any copy made from one."""
ROLES: Mapping[str, Value[str | None]] = {"READ": "read", "WRITE": "write", "FULL_CONTROL": "control"}
"""Role of a grant on a bucket -> what it lets its key do. What another one gives, the documentation does not say."""
GIB = 1 << 30


def fact(
    kind: str,
    urn: str,
    name: str,
    properties: Mapping[str, Any],
    provider: Mapping[str, Any] | None = None,
    dependencies: Mapping[str, tuple[str, ...]] | None = None,
) -> facts.Fact:
    """The fact of one resource of type `kind`. Never raises."""
    props = Properties(properties)
    origin = _origin(kind, urn, name, props, dependencies)
    if kind in PROVIDERS:
        region, endpoint = props.text("region", ""), props.text("endpoint", None)
        return facts.ProviderConfiguration(
            origin, PROVIDERS[kind], region, endpoint, trusting=props.flag("insecure", False)
        )
    build = _BUILDERS.get(kind)
    return build(origin, props, Properties(provider or {})) if build else facts.Unmapped(origin)


def _origin(
    kind: str, urn: str, name: str, props: Properties, dependencies: Mapping[str, tuple[str, ...]] | None
) -> Origin:
    subject, named = fact_builders.marks(props)
    return Origin(
        urn=urn,
        type=kind,
        name=name,
        subject=subject,
        references={**{key: Unresolved(key) for key in _networks(kind, props)}, **named},
        tags=props.texts_by_name("tags") if kind in kinds.TAGGED else {},
        taggable=kind in kinds.TAGGED,
        provider="cloudtemple",
        targets=fact_builders.targets(kind, props, kinds.POINTERS.get(kind, {})),
        dependencies=dependencies,
        service=kinds.service(kind),
    )


def _networks(kind: str, props: Properties) -> Iterator[str]:
    """Every property that points at a network: the resource's own, and those of the adapters that it is born with.

    A machine that does not say which has those of its template.
    """
    yield from (key for key in kinds.NETWORKS if props.has(key))
    adapters = _entries(props, "osNetworkAdapter")
    for index, _ in enumerate(adapters):
        yield f"osNetworkAdapter[{index}].networkId"
    if kind in kinds.MACHINES and not adapters:
        yield "osNetworkAdapter"


def _entries(props: Properties, key: str) -> list[Mapping[str, Any]]:
    """The mappings of a list; a single block may stand without one."""
    value = props.raw(key)
    listed = value if isinstance(value, list) else [value]
    return [entry if isinstance(entry, Mapping) else {} for entry in listed if entry is not None]


def _machine(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    user_data, also = _born_with(props)
    image = next((props.text(key, "") for key in IMAGES if props.has(key)), "")
    return facts.Machine(
        origin,
        image,
        "",
        provider.text("region", ""),
        NOT_OBSERVABLE,
        Unresolved("networkId"),
        NOT_OBSERVABLE,
        (),
        user_data,
        also=also,
        copied=_copied(props),
        left_out=_born_apart(props),
    )


def _born_apart(props: Properties) -> Value[bool]:
    """Whether a disk that the machine is born with stays out of every copy of it."""
    modes = [_apart(Properties(disk)) for disk in _entries(props, "osDisk")]
    if any(mode is True for mode in modes):
        return True
    hidden = props.raw("osDisk") if isinstance(props.raw("osDisk"), Missing) else False
    return next((mode for mode in modes if mode is not False), hidden)


def _apart(props: Properties) -> Value[bool]:
    mode = props.text("diskMode", "")
    return mode.strip().lower().startswith(INDEPENDENT) if isinstance(mode, str) else mode


def _copied(props: Properties) -> Value[bool]:
    key = "backupPolicyId" if props.has("backupPolicyId") else "backupSlaPolicies"
    value: Any = props.raw(key)
    if isinstance(value, Missing):
        return value
    named = [one for one in value if one] if isinstance(value, list) else value
    return bool(named)


def _born_with(props: Properties) -> tuple[Value[str], tuple[Value[str], ...]]:
    """(user data, everything else that it is given): each text as it is, and beside its name, which may say more."""
    main = next(((outer, key) for outer, key in USER_DATA if _has(props, outer, key)), None)
    user_data: Any = props.raw(main[0])[main[1]] if main else ""
    also: list[Value[str]] = [NOT_OBSERVABLE] if props.has(DISC) else []
    for outer in BIRTH:
        for path, value in _leaves(props.raw(outer), outer):
            if isinstance(value, Missing):
                also.append(value)
            elif main is None or path != ".".join(main):
                also += [str(value), f"{path.rpartition('.')[2]}: {value}"]
            if path == SEED and isinstance(value, str):
                also.append(f"#include\n{value}")  # as cloud-init reads a file of addresses
    return user_data if isinstance(user_data, str | Missing) else Malformed("a string"), tuple(also)


def _has(props: Properties, outer: str, key: str) -> bool:
    value = props.raw(outer)
    return isinstance(value, Mapping) and value.get(key) is not None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    elif value is not None:
        yield path, value


def _disk(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    """Sizes are in bytes, but for VM Instances."""
    size = props.integer("capacity", props.integer("size", 0))
    if isinstance(size, int) and not origin.service:
        size //= GIB
    region = provider.text("region", "")
    copied = _copied(props) if props.has("backupSlaPolicies") else None
    return facts.Disk(origin, size, NOT_OBSERVABLE, region, NOT_OBSERVABLE, left_out=_apart(props), copied=copied)


def _adapter(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    """No filter stands before it that a type shows, nor anything that keeps it to its own address."""
    segment = Unresolved("networkId")
    return facts.Interface(origin, segment, NOT_OBSERVABLE, None, NOT_OBSERVABLE, NOT_OBSERVABLE)


def _floating_ip(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.PublicAddress(origin, None)


def _binding(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    """It leads to the machine whose adapter has the static address."""
    target = origin.references.get("staticIpId", "")
    return facts.PublicAddress(origin, target if isinstance(target, Unresolved) else target.removesuffix("/static"))


def _bucket(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    """`public` answers everybody, `private` the addresses of the tenant, `custom` those of its list.

    The type says no more: the rest is the S3 interface's, and known where another provider's resources say it.
    """
    access = props.text("accessType", Malformed("public, private or custom"))
    status = props.raw("versioning")
    given = {key: props.raw(key) if props.has(key) else NOT_OBSERVABLE for key in S3}
    given |= {
        "bucket": props.raw("name"),
        "acl": props.raw("acl") if access in ("private", "custom") else access,
        "versioning": status == "Enabled" if isinstance(status, str) else status,
    }
    made = bucket_facts.bucket(origin, Properties(given), provider.text("region", ""))
    return dataclasses.replace(made, admitted=_admitted(props, access))


def _s3_bucket(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    """One that the S3 interface makes: from which addresses it answers, nothing says."""
    made = bucket_facts.bucket(origin, props, provider.text("region", ""))
    return dataclasses.replace(made, admitted=NOT_OBSERVABLE)


def _admitted(props: Properties, access: Value[str]) -> Value[tuple[str, ...] | None]:
    """A list counts wherever it is written; an access that goes by a list has one."""
    if props.has("whitelist"):
        return _ranges(props)
    if access == "custom":
        return Malformed("a list of addresses")
    return () if access == "private" else None


def _ranges(props: Properties) -> Value[tuple[str, ...]]:
    listed = props.texts("whitelist")
    if not isinstance(listed, tuple):
        return listed
    ranges = [as_range(one) for one in listed]
    strange = next((one for one in ranges if not isinstance(one, str)), None)
    return tuple(one for one in ranges if isinstance(one, str)) if strange is None else strange


def _grant(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    ends = {"bucket": origin.references.get("bucket"), "account": origin.references.get("storageAccount")}
    role = props.text("role", "")
    gives = ROLES.get(role.strip().upper(), NOT_OBSERVABLE) if isinstance(role, str) else role
    return facts.Support(origin, "bucket-grant", ends, gives)


def _storage_account(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Credential(origin, "storage", everything=False, until=NOT_OBSERVABLE)


def _global_key(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Credential(origin, "storage", everything=True, until=NOT_OBSERVABLE)


def _token(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Credential(origin, "api", everything=False, until=props.text("expirationDate", ""))


def _unjudged(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    why = props.text("unjudged", "")
    return facts.Unjudged(origin, why) if isinstance(why, str) and why else facts.Unmapped(origin)


_BUILDERS: Mapping[str, Builder] = {
    **dict.fromkeys(kinds.MACHINES, _machine),
    **dict.fromkeys(kinds.DISKS, _disk),
    **dict.fromkeys(kinds.ADAPTERS, _adapter),
    kinds.STATIC_IP: fact_builders.support("static-address"),
    kinds.FLOATING_IP: _floating_ip,
    kinds.BINDING: _binding,
    kinds.BUCKET: _bucket,
    "s3:index:Bucket": _s3_bucket,
    kinds.COPIES: fact_builders.support("copy-policy", machine="virtualMachineId"),
    kinds.GRANT: _grant,
    kinds.ACCOUNT: _storage_account,
    kinds.GLOBAL_KEY: _global_key,
    kinds.TOKEN: _token,
    **dict.fromkeys(kinds.UNJUDGED, _unjudged),
}
