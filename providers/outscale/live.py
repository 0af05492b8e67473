"""What is really there, asked of the provider's API and of no state file."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from providers import buckets, observation

KINDS = {
    "Net": ("ReadNets", "Nets"),
    "Subnet": ("ReadSubnets", "Subnets"),
    "RouteTable": ("ReadRouteTables", "RouteTables"),
    "SecurityGroup": ("ReadSecurityGroups", "SecurityGroups"),
    "InternetService": ("ReadInternetServices", "InternetServices"),
    "NatService": ("ReadNatServices", "NatServices"),
    "NetPeering": ("ReadNetPeerings", "NetPeerings"),
    "PublicIp": ("ReadPublicIps", "PublicIps"),
    "Nic": ("ReadNics", "Nics"),
    "Keypair": ("ReadKeypairs", "Keypairs"),
    "Vm": ("ReadVms", "Vms"),
    "Volume": ("ReadVolumes", "Volumes"),
}
GONE = {"terminated", "deleted", "rejected", "expired", "failed"}
"""States in which the API still lists an object that no longer exists."""


@dataclasses.dataclass(frozen=True)
class Account:
    """Credentials and endpoints of one account. `ca_bundle` verifies the object storage's certificate."""

    region: str
    access_key: str
    secret_key: str = dataclasses.field(repr=False)
    oapi: str
    oos: str
    ca_bundle: str | None = None
    store_keys: tuple[str, str] | None = dataclasses.field(default=None, repr=False)
    """Access and secret key of object storage where they differ: OOS knows root keys only."""
    credentials: str = "OSC_ACCESS_KEY"
    """Name of the variable that the access key comes from, for the record."""


@dataclasses.dataclass(frozen=True)
class Thing:
    """One object at the provider. `platform` and `bubble` come from its tags; "" where it has none."""

    kind: str
    identifier: str
    platform: str
    bubble: str
    body: Mapping[str, Any]
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)


def read(account: Account) -> tuple[Thing, ...]:
    """Everything of the account, page by page; default groups and main tables included, as the API lists them."""
    return (*_compute_and_network(account), *_buckets(account))


def client(account: Account) -> Any:
    """The vendor's own client, without its Gateway: `client(account).api("ReadNets", Filters=...)`."""
    from osc_sdk_python import call, credentials

    return call.Call(
        access_key=account.access_key,
        secret_key=account.secret_key,
        region=account.region,
        endpoints=credentials.Endpoint(api=account.oapi),
    )


def count(things: tuple[Thing, ...]) -> dict[str, int]:
    """Kind -> number, rules counted from inside their groups and routes from inside their tables."""
    totals: dict[str, int] = {}
    for thing in things:
        totals[thing.kind] = totals.get(thing.kind, 0) + 1
        if thing.kind == "SecurityGroup":
            totals["SecurityGroupRule"] = totals.get("SecurityGroupRule", 0) + rules(thing)
    return totals


def orphan(thing: Thing, things: tuple[Thing, ...]) -> bool:
    """True for what no platform's tags claim, save what the provider makes by itself beside something that stands.

    A Net is born with a group and a main table, a Vm with the disk of its image.
    """
    if thing.platform:
        return False
    if thing.kind in ("SecurityGroup", "RouteTable"):
        return not any(net.kind == "Net" and net.identifier == thing.body.get("NetId") for net in things)
    if thing.kind == "Volume":
        return not any(link.get("DeleteOnVmDeletion") for link in thing.body.get("LinkedVolumes", ()))
    return True


def rules(group: Thing) -> int:
    """Rules of a group, one for each range: the API folds ranges of the same ports into one entry."""
    sides = (group.body.get(side, ()) for side in ("InboundRules", "OutboundRules"))
    return sum(
        len(rule.get("IpRanges", ())) + len(rule.get("SecurityGroupsMembers", ())) for side in sides for rule in side
    )


def _compute_and_network(account: Account) -> Iterator[Thing]:
    call = client(account)
    for kind, (action, field) in KINDS.items():
        for body in _pages(call, action, field):
            if state(body) in GONE:
                continue
            tags = {tag["Key"]: tag["Value"] for tag in body.get("Tags", ())}
            yield Thing(
                kind,
                str(body.get(f"{kind}Id") or body.get("KeypairName", "")),
                tags.get("rempart:platform", ""),
                tags.get("rempart:bubble", ""),
                body,
                tags,
            )


def state(body: Mapping[str, Any]) -> str:
    """Most kinds say a word; a peering says {"Name": word, "Message": ...}."""
    state = body.get("State", "")
    return str(state.get("Name", "")) if isinstance(state, Mapping) else str(state)


def _pages(call: Any, action: str, field: str) -> Iterator[Mapping[str, Any]]:
    token: dict[str, str] = {}
    while True:
        answer = call.api(action, **token)
        yield from answer.get(field, ())
        if not answer.get("NextPageToken"):
            return
        token = {"NextPageToken": answer["NextPageToken"]}


def store(account: Account) -> Any:
    """A client of the account's object storage."""
    access_key, secret_key = account.store_keys or (account.access_key, account.secret_key)
    return buckets.client(account.oos, account.region, access_key, secret_key, account.ca_bundle)


@contextlib.contextmanager
def reaching(account: Account) -> Iterator[None]:
    """What goes wrong on the way to the API becomes one `Unreachable`, without what was asked or answered."""
    import requests
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (requests.RequestException, BotoCoreError, ClientError, OSError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        what = f"HTTP {status}" if status else type(error).__name__
        raise observation.Unreachable(
            f"{account.oapi} or {account.oos} cannot be read ({what}): check that the endpoints answer "
            f"(`rempart doctor`) and that {account.credentials} may read"
        ) from None


def _buckets(account: Account) -> Iterator[Thing]:
    client = store(account)
    for bucket in client.list_buckets().get("Buckets", ()):
        tags = buckets.tags(client, bucket["Name"])
        platform, bubble = tags.get("rempart:platform", ""), tags.get("rempart:bubble", "")
        yield Thing("Bucket", bucket["Name"], platform, bubble, bucket, tags)
