"""What every block of a platform file is made of: the types of its values, and where they come from."""

from __future__ import annotations

import enum
import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""No double hyphen: `--` separates two names in a subject."""


def _cidr(value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("not a range of addresses; one looks like 192.0.2.0/24 or 2001:db8::/32") from None
    if "/" not in value:
        raise ValueError(f"a range of addresses needs its length; for one address write {network}")
    if str(network) != str(ipaddress.ip_interface(value)):
        raise ValueError(f"bits are set beyond the length; the range is {network}")
    return str(network)


def _private_cidr(value: str) -> str:
    network = ipaddress.ip_network(_cidr(value))
    if network.version != 4 or not network.is_private or network.prefixlen > 20:
        raise ValueError("the platform's own addresses are a private IPv4 range of /20 or larger, such as 10.64.0.0/12")
    return str(network)


def _ports(value: object) -> object:
    """`443` or `"8000-8005"`, always kept as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_ports(value: str) -> str:
    first, last = port_range(value)
    if not 0 <= first <= last <= 65535:
        raise ValueError("ports lie between 0 and 65535, the smaller first")
    return value


def port_range(ports: str) -> tuple[int, int]:
    """First and last port of `443` or `8000-8005`."""
    first, _, last = ports.partition("-")
    return int(first), int(last or first)


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=32)]
Text = Annotated[str, StringConstraints(min_length=1)]
Cidr = Annotated[str, AfterValidator(_cidr)]
AddressSpace = Annotated[str, AfterValidator(_private_cidr)]
Ports = Annotated[
    str,
    BeforeValidator(_ports, json_schema_input_type=int | str),
    StringConstraints(pattern=r"^[0-9]{1,5}(-[0-9]{1,5})?$"),
    AfterValidator(_check_ports),
]
Slot = Annotated[int, Field(ge=0, description="Address slot: given by `rempart check --fix`, kept for life.")]
Count = Annotated[int, Field(ge=0, le=999)]
Positive = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=1, le=36600)]
Port = Annotated[int, Field(ge=1, le=65535)]
Protocol = Literal["tcp", "udp", "icmp"]
Encryption = Literal["tls", "mutual_tls", "ssh", "ipsec", "authenticated", "none"]
"""`authenticated`: signed but readable, such as time answers."""


class Origin(enum.StrEnum):
    """Where a value comes from."""

    REPORT = "report"
    REGULATION = "regulation"
    ASSUMPTION = "assumption"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Provenance(Model):
    """Where one field of a block comes from, when it differs from the block's own origin."""

    origin: Origin
    source: Text


class Block(Model):
    """A part of the file that says where its values come from; what it leaves out, it inherits from the part around it.

    `origins` overrides by field: `origins: {vcpus: {origin: assumption, source: ...}}`.
    """

    origin: Origin | None = None
    source: Text | None = Field(None, description="The text the values come from, or why they were assumed.")
    origins: dict[str, Provenance] = Field({}, description="Other origins, by field of this block.")
