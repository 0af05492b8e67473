"""Nets and their DHCP options. A Net is born with a main route table and a default security group."""

from __future__ import annotations

from sandbox.outscale import states, values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.resources.route_tables import create_main_table
from sandbox.outscale.resources.security_groups import create_default_group
from sandbox.outscale.store import Record

PREFIXES = range(16, 29)  # /16 to /28 (OpenAPI document, CreateNet)


@operation("CreateNet")
def create_net(call: Call) -> Answer:
    block = values.network(call.request["IpRange"])
    if block.prefixlen not in PREFIXES:
        raise ApiError("invalid-cidr-size", f"IpRange: a Net is between /16 and /28, not /{block.prefixlen}")
    tenancy = values.one_of(call.request.get("Tenancy", "default"), ("default", "dedicated"), "Tenancy")
    quota(call, "net", len(call.store.all("net")), "too-many-vpcs")
    net = call.store.insert(
        "net",
        {
            "DhcpOptionsSetId": default_dhcp_options(call).id,
            "IpRange": str(block),
            "State": "pending",
            "Tags": [],
            "Tenancy": tenancy,
        },
    )
    create_main_table(call, net)
    create_default_group(call, net)
    net = states.born(call, states.begin(call, net, "available"))
    return {"Net": net.body}


@operation("ReadNets")
def read_nets(call: Call) -> Answer:
    return read(call, "net")


@operation("UpdateNet")
def update_net(call: Call) -> Answer:
    net = call.store.require("net", call.request["NetId"])
    wanted = call.request["DhcpOptionsSetId"]
    options = default_dhcp_options(call) if wanted == "default" else call.store.require("dhcp-options", wanted)
    return {"Net": call.store.update(net, DhcpOptionsSetId=options.id).body}


@operation("DeleteNet")
def delete_net(call: Call) -> Answer:
    net = call.store.require("net", call.request["NetId"])
    for what, ids in _in_the_way(call, net).items():
        if ids:
            raise ApiError("vpc-is-associated", f"{net.id} still has {what}: {', '.join(ids)}")
    for kind in ("security-group", "route-table"):
        for record in call.store.where(kind, NetId=net.id):
            call.store.delete(record)
    call.store.delete(net)
    return {}


def _in_the_way(call: Call, net: Record) -> dict[str, list[str]]:
    """What must go before the Net does (OpenAPI document, DeleteNet)."""
    store = call.store
    return {
        "Subnets": [r.id for r in store.where("subnet", NetId=net.id)],
        "NAT services": [r.id for r in store.where("nat-service", NetId=net.id)],
        "internet services": [r.id for r in store.where("internet-service", NetId=net.id)],
        "NICs": [r.id for r in store.where("nic", NetId=net.id)],
        "custom route tables": [r.id for r in store.where("route-table", NetId=net.id) if not r.meta.get("main")],
        "security groups": [r.id for r in store.where("security-group", NetId=net.id) if not r.meta.get("default")],
        "Net peerings": [
            r.id
            for r in store.all("net-peering")
            if net.id in (r["SourceNet"]["NetId"], r["AccepterNet"]["NetId"])
            and r["State"]["Name"] in ("pending-acceptance", "active")
        ],
    }


def default_dhcp_options(call: Call) -> Record:
    """The account's default set, made when first needed."""
    found = call.store.where("dhcp-options", Default=True)
    if found:
        return found[0]
    body = {
        "Default": True,
        "DomainName": f"{call.region}.compute.internal",
        "DomainNameServers": ["OutscaleProvidedDNS"],
        "Tags": [],
    }
    return call.store.insert("dhcp-options", body, of_account=True)


@operation("ReadDhcpOptions")
def read_dhcp_options(call: Call) -> Answer:
    return read(call, "dhcp-options")


@operation("CreateDhcpOptions")
def create_dhcp_options(call: Call) -> Answer:
    if not call.request:
        raise ApiError("missing-parameter", "give at least one option")
    body = {"Default": False, "DomainNameServers": ["OutscaleProvidedDNS"], "Tags": [], **call.request}
    return {"DhcpOptionsSet": call.store.insert("dhcp-options", body).body}


@operation("DeleteDhcpOptions")
def delete_dhcp_options(call: Call) -> Answer:
    options = call.store.require("dhcp-options", call.request["DhcpOptionsSetId"])
    users = [r.id for r in call.store.where("net", DhcpOptionsSetId=options.id)]
    if users or options["Default"]:
        raise ApiError("busy", f"{options.id} is the default or is used by {', '.join(users) or 'the account'}")
    call.store.delete(options)
    return {}
