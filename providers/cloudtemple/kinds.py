"""The kinds of resource that Terraform's Cloud Temple types become, and what each points at.

Three services have machines: VMware, OpenIaaS and VM Instances. Networks, private networks and datacentres are ordered
in the console: Terraform has them as data sources, so that what points at one points at nothing that can be followed.
"""

from __future__ import annotations

from collections.abc import Mapping

VMWARE, OPENIAAS, INSTANCE = (
    "cloudtemple:vmware:VirtualMachine",
    "cloudtemple:openiaas:VirtualMachine",
    "cloudtemple:instances:Instance",
)
DISKS: Mapping[str, str] = {
    "cloudtemple:vmware:VirtualDisk": VMWARE,
    "cloudtemple:openiaas:VirtualDisk": OPENIAAS,
    "cloudtemple:instances:Disk": INSTANCE,
}
"""Kind of disk -> kind of the machine that it belongs to."""
ADAPTERS: Mapping[str, str] = {
    "cloudtemple:vmware:NetworkAdapter": VMWARE,
    "cloudtemple:openiaas:NetworkAdapter": OPENIAAS,
    "cloudtemple:instances:NetworkAdapter": INSTANCE,
}
"""The same for network adapters."""
MACHINES = (VMWARE, OPENIAAS, INSTANCE)
STATIC_IP, FLOATING_IP, BINDING = (
    "cloudtemple:vpc:StaticIp",
    "cloudtemple:vpc:FloatingIp",
    "cloudtemple:vpc:FloatingIpBinding",
)
BUCKET, GRANT, ACCOUNT, GLOBAL_KEY = (
    "cloudtemple:storage:Bucket",
    "cloudtemple:storage:AclEntry",
    "cloudtemple:storage:StorageAccount",
    "cloudtemple:storage:GlobalAccessKey",
)
COPIES = "cloudtemple:backup:SlaPolicyAssignment"
"""A policy of copies that is given to a machine by a resource of its own."""
TOKEN = "cloudtemple:iam:PersonalAccessToken"
UNJUDGED = (
    "cloudtemple:vmware:VirtualController",
    "cloudtemple:openiaas:ReplicationPolicy",
    "cloudtemple:instances:Snapshot",
)
TAGGED = frozenset({VMWARE, OPENIAAS})
"""Kinds whose tags Terraform can write. A bucket's can only be read."""
SERVICES: Mapping[str, str] = {"instances": "vm-instances", "vpc": "vpc"}
"""Middle of a kind -> the feature of the offer that it is of, where that is not the brick itself."""

POINTERS: Mapping[str, Mapping[str, str]] = {
    **{kind: {"virtualMachineId": machine} for kind, machine in (*DISKS.items(), *ADAPTERS.items())},
    BINDING: {"floatingIpId": FLOATING_IP, "staticIpId": STATIC_IP},
    COPIES: {"virtualMachineId": VMWARE},
    GRANT: {"bucket": BUCKET, "storageAccount": ACCOUNT},
}
"""Kind -> property -> kind of what it points at."""
NETWORKS = ("networkId", "privateNetworkId")
"""Properties that point at a network, which no resource of Terraform's is."""


def service(kind: str) -> str:
    return SERVICES.get(kind.split(":")[1], "") if kind.count(":") == 2 else ""
