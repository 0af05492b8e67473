"""Public IPs (from the ranges reserved for documentation) and their links to NICs."""

from __future__ import annotations

from ipaddress import IPv4Network

from sandbox.outscale import states
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.store import Record, check_id

# RFC 5737: never routed, so that a simulated address cannot be mistaken for someone's.
POOL = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")
_LINK = ("LinkPublicIpId", "NicAccountId", "NicId", "PrivateIp", "VmId")
AUTO_ATTACH = "osc.fcu.eip.auto-attach"


@operation("CreatePublicIp")
def create_public_ip(call: Call) -> Answer:
    existing = call.store.all("public-ip")
    quota(call, "public_ip", len(existing), "too-many-ips")
    taken = {ip["PublicIp"] for ip in existing}
    free = (str(host) for block in POOL for host in IPv4Network(block).hosts() if str(host) not in taken)
    ip = call.store.insert("public-ip", {"PublicIp": next(free), "Tags": []})
    return {"PublicIp": states.born(call, ip).body}


@operation("ReadPublicIps")
def read_public_ips(call: Call) -> Answer:
    return read(call, "public-ip")


@operation("DeletePublicIp")
def delete_public_ip(call: Call) -> Answer:
    ip = _named(call)
    if "LinkPublicIpId" in ip.body or "NatServiceId" in ip.body:
        raise ApiError("locked-address", f"{ip.id} is in use by {ip.body.get('NicId') or ip.body.get('NatServiceId')}")
    call.store.delete(ip)
    return {}


@operation("LinkPublicIp")
def link_public_ip(call: Call) -> Answer:
    ip = _named(call)
    nic = _target(call)
    if not call.store.where("internet-service", NetId=nic["NetId"]):
        raise ApiError("gateway-not-attached", f"{nic['NetId']} has no internet service")
    if "NatServiceId" in ip.body:
        raise ApiError("locked-address", f"{ip.id} is in use by {ip['NatServiceId']}")
    addresses = {one["PrivateIp"]: one["IsPrimary"] for one in nic["PrivateIps"]}
    private_ip = call.request.get("PrivateIp") or next(a for a, primary in addresses.items() if primary)
    if private_ip not in addresses:
        raise ApiError("invalid-ip-address", f"{private_ip} is not a private IP of {nic.id}")
    if "LinkPublicIpId" in ip.body:
        if ip["NicId"] == nic.id and ip["PrivateIp"] == private_ip:
            return {"LinkPublicIpId": ip["LinkPublicIpId"]}
        if not call.request.get("AllowRelink", False):
            raise ApiError("locked-address", f"{ip.id} is linked to {ip['NicId']} and AllowRelink is false")
    others = [o for o in call.store.where("public-ip", NicId=nic.id, PrivateIp=private_ip) if o.id != ip.id]
    if others:
        raise ApiError("locked-address", f"{private_ip} of {nic.id} already has {others[0].id}")
    vm_id = nic.meta.get("link", {}).get("VmId")
    link_id = call.store.new_id("eipassoc")
    call.store.update(
        ip, LinkPublicIpId=link_id, NicAccountId=call.account_id, NicId=nic.id, PrivateIp=private_ip, VmId=vm_id
    )
    return {"LinkPublicIpId": link_id}


@operation("UnlinkPublicIp")
def unlink_public_ip(call: Call) -> Answer:
    link_id = call.request.get("LinkPublicIpId")
    if link_id is None:
        ip = _named(call)
    else:
        check_id(link_id, "eipassoc")
        found = call.store.where("public-ip", LinkPublicIpId=link_id)
        if not found:
            raise ApiError("no-such-ip-association", f"{link_id} does not exist")
        ip = found[0]
    if "LinkPublicIpId" not in ip.body:
        raise ApiError("no-such-ip-association", f"{ip.id} is not linked")
    unlink(call, ip)
    return {}


def unlink(call: Call, ip: Record) -> None:
    call.store.update(ip, **dict.fromkeys(_LINK))


def unlink_from_nic(call: Call, nic: Record, *, keep: frozenset[str] = frozenset()) -> None:
    """Take away every public IP of a NIC but those in `keep`."""
    for ip in call.store.where("public-ip", NicId=nic.id):
        if ip["PublicIp"] not in keep:
            unlink(call, ip)


def _named(call: Call) -> Record:
    if "PublicIpId" in call.request:
        return call.store.require("public-ip", call.request["PublicIpId"])
    if "PublicIp" not in call.request:
        raise ApiError("missing-parameter", "give PublicIpId or PublicIp")
    found = call.store.where("public-ip", PublicIp=call.request["PublicIp"])
    if not found:
        raise ApiError("no-such-ip", f"{call.request['PublicIp']} does not belong to this account")
    return found[0]


def _target(call: Call) -> Record:
    """The NIC to link to: named, or the only one of the VM named."""
    given = [name for name in ("NicId", "VmId") if name in call.request]
    if len(given) != 1:
        raise ApiError("invalid-parameter-set" if given else "missing-parameter", "give either NicId or VmId")
    if given == ["NicId"]:
        return call.store.require("nic", call.request["NicId"])
    vm = call.store.require("vm", call.request["VmId"])
    if vm["State"] not in ("running", "stopped"):
        raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}")
    nics = call.store.linked("nic", vm.id)
    if len(nics) != 1:
        raise ApiError("invalid-parameter-value", f"{vm.id} has {len(nics)} NICs: give NicId")
    return nics[0]
