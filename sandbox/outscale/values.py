"""Values that the OpenAPI document leaves open (every one is "string" there) and the API checks all the same."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Call

RESERVED_FIRST = 4  # .0 to .3 of a Subnet, and its last address, are Outscale's (OpenAPI document, PrivateIpLight)
_CIDR = re.compile(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}")


def network(text: str, field: str = "IpRange") -> IPv4Network:
    """An IPv4 range in CIDR notation with no host bits set."""
    if not _CIDR.fullmatch(text):
        raise ApiError("invalid-block", f"{field}: {text} is not an IPv4 range in CIDR notation")
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise ApiError("invalid-block", f"{field}: {text} is not a range: {error}") from error


def address(text: str, field: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise ApiError("invalid-ip-address", f"{field}: {text} is not an IPv4 address") from error


def one_of(value: str, allowed: tuple[str, ...], field: str, error: str = "invalid-parameter-value") -> str:
    if value not in allowed:
        raise ApiError(error, f"{field} must be one of {', '.join(allowed)}")
    return value


def subregion(call: Call, name: str | None) -> str:
    """A Subregion of this Region; the first when none is named."""
    names = subregions(call.region)
    if name is None:
        return names[0]
    if name not in names:
        raise ApiError("no-such-az", f"{name} is not a Subregion of {call.region} ({', '.join(names)})")
    return name


def subregions(region: str) -> tuple[str, ...]:
    return (region + "a", region + "b")


def name_of_ip(ip: str, region: str) -> str:
    """The private DNS name of an address."""
    return f"ip-{ip.replace('.', '-')}.{region}.compute.internal"
