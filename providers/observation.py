"""What is really there, in neutral words: facts read from a provider's API, whose they are, and who asked.

`providers/<p>/observed.py` makes them. Nothing here or there reads a state file: the rules that judge declared inputs
judge these facts too, with ids that were followed from one answer of the API to the next.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import pathlib
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from blueprint import errors
from blueprint import plan as plans
from blueprint.facts import Fact


class Unreachable(errors.RempartError):
    """The provider's API gave no answer that can be used: endpoint, credentials or network."""


class Standing(enum.StrEnum):
    """What a result is called. `declared` is what a run said; the others are what an API answered."""

    DECLARED = "declared"
    SIMULATED = "simulated"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


@dataclasses.dataclass(frozen=True, slots=True)
class Chain:
    """The certificate that an endpoint showed. `authority` is "system" where the machine's own roots vouch for it."""

    host: str
    authority: str
    issuer: str
    sha256: str
    not_after: str


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Who asked: the account that the API says it is, and where the credentials came from. Never the credentials."""

    account: str
    credentials: str
    """Name of the environment variable or of the cloud in clouds.yaml."""
    reader: bool
    """True where the credentials are those set aside for reading."""


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """What the API shows otherwise than the plan: a field of a subject, with both values where neither is secret."""

    subject: str
    what: str
    identifier: str
    declared: str = ""
    found: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Observed:
    """The whole account, as one platform sees it."""

    facts: tuple[Fact, ...]
    """What is the platform's, and what is nobody's."""
    unmanaged: tuple[str, ...]
    """`<kind> <id>` of what is nobody's: no tag claims it, or the tag's platform is unknown here."""
    others: Mapping[str, int]
    """`<platform>.<environment>` -> number of things that are another platform's."""
    expected: tuple[str, ...]
    """Parts of the plan of which the account must show everything: see `policies.rules.whole`."""
    beside: int
    """Things that the provider makes by itself beside what stands: default groups, main tables, boot disks."""


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Opening:
    """What may pass: a protocol and a range of ports, both ends included. ICMP has ports 0 to 65535 here."""

    protocol: str
    first: int
    last: int


class Reach(enum.StrEnum):
    """ANY: some address of one side reaches some address of the other. EVERY: each reaches each."""

    ANY = "any"
    EVERY = "every"


class FlowObserver(Protocol):
    """Who can talk with whom, worked out from what the provider's API answers and never from Pulumi's state."""

    def openings(self, source: str, destination: str, reach: Reach) -> frozenset[Opening]:
        """What passes from one zone or external to another, both given by subject. Filters and ways are both needed."""
        ...


class LiveAdapter(Protocol):
    """One provider, read."""

    @property
    def READER(self) -> tuple[str, ...]:
        """Variables that give an identity set aside for reading; all of them, or none."""
        ...

    def account(self, env: Mapping[str, str], region: str) -> Any:
        """Credentials and endpoints, whole: nothing is read from the environment later. Raises `Unreachable`."""
        ...

    def endpoints(self, account: Any) -> Mapping[str, str]:
        """API -> URL that is really asked."""
        ...

    def authority(self, account: Any) -> str | None:
        """The file of certificate authorities that the account names; None for the machine's own.

        Raises `Unreachable` where the account says to look at no certificate at all.
        """
        ...

    def identity(self, account: Any) -> Identity: ...

    def observe(self, account: Any, plan: plans.Plan, known: Sequence[str]) -> Observed:
        """The account as facts. `known` are the platforms of this checkout: another name claims nothing."""
        ...

    def flows(self, account: Any, plan: plans.Plan) -> FlowObserver: ...


def load(provider: str) -> LiveAdapter:
    """The live adapter of a provider. Raises `Unreachable` where it has none."""
    if provider not in known():
        raise Unreachable(f"{provider} has no live adapter yet; those that have: {', '.join(known())}")
    module: LiveAdapter = importlib.import_module(f"providers.{provider}.observed")
    return module


def whole_or_none(names: Sequence[str], env: Mapping[str, str]) -> None:
    """Raises `Unreachable` where some of `names` are set and not all: another than was meant would read."""
    missing = [name for name in names if not env.get(name)]
    if missing and len(missing) < len(names):
        given = ", ".join(name for name in names if name not in missing)
        raise Unreachable(
            f"{given} is set and {', '.join(missing)} is not: an identity for reading needs both, or unset the first "
            "to read with the deployer's"
        )


def known() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in pathlib.Path(__file__).parent.glob("*/observed.py")))


def standing(
    simulated: bool, registered: Iterable[str], endpoints: Mapping[str, str], chains: Mapping[str, Chain]
) -> tuple[Standing, str]:
    """What a result read from `endpoints` may be called, and why it may be called no better.

    Verified: every endpoint is a host that the offer registers, asked over TLS, with a certificate that the machine's
    own roots vouch for. `registered` are host names; `chains` is what each https endpoint showed, by API.
    """
    if simulated:
        return Standing.SIMULATED, "the target is a sandbox"
    hosts = frozenset(registered)
    for api, url in sorted(endpoints.items()):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "https":
            return Standing.UNVERIFIED, f"the {api} endpoint is not asked over TLS"
        if parts.hostname not in hosts:
            return Standing.UNVERIFIED, f"{parts.hostname} is not a host that the offer registers"
        chain = chains.get(api)
        if chain is None or chain.host != parts.hostname or chain.authority != "system":
            return Standing.UNVERIFIED, f"no authority of this machine vouches for the certificate of {parts.hostname}"
    if not endpoints:
        return Standing.UNVERIFIED, "no endpoint was asked"
    return Standing.VERIFIED, "registered hosts, over TLS"
