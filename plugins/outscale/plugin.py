"""The Outscale plugin: every kind, every lookup, the configuration."""

from __future__ import annotations

from plugins.outscale.carrier import Carrier
from plugins.outscale.kinds import gateways, machines, nets, peerings, routes, security, volumes
from plugins.outscale.lookups import LOOKUPS
from plugins.outscale.session import Session, connect
from plugins.outscale.settings import CONFIGURATION
from plugins.outscale.shapes import Shape
from plugins.runtime.declare import Kind, Plugin

VERSION = "0.1.0"

SHAPES: tuple[Shape, ...] = (
    nets.NET,
    nets.SUBNET,
    gateways.INTERNET_SERVICE,
    gateways.INTERNET_SERVICE_LINK,
    gateways.NAT_SERVICE,
    gateways.PUBLIC_IP,
    gateways.PUBLIC_IP_LINK,
    routes.ROUTE_TABLE,
    routes.ROUTE,
    routes.ROUTE_TABLE_LINK,
    security.SECURITY_GROUP,
    security.SECURITY_GROUP_RULE,
    peerings.NET_PEERING,
    peerings.NET_PEERING_ACCEPTATION,
    machines.NIC,
    machines.KEYPAIR,
    machines.VM,
    volumes.VOLUME,
    volumes.VOLUME_LINK,
)


def kind(shape: Shape) -> Kind[Session]:
    return Kind(
        shape.name,
        shape.description,
        shape.inputs,
        shape.outputs,
        Carrier(shape),
        delete_before_replace=shape.replace_first,
        check=shape.check,
    )


PLUGIN: Plugin[Session] = Plugin(
    name="outscale",
    version=VERSION,
    description="3DS Outscale, through its own API.",
    kinds=tuple(kind(shape) for shape in SHAPES),
    configuration=CONFIGURATION,
    connect=connect,
    lookups=LOOKUPS,
    python_package="rempart_outscale",
)
