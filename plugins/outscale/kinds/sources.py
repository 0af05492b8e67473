"""The read calls that kinds share."""

from __future__ import annotations

from plugins.outscale.sources import Source

NETS = Source("ReadNets", "Nets", "NetIds", "NetId")
SUBNETS = Source("ReadSubnets", "Subnets", "SubnetIds", "SubnetId")
INTERNET_SERVICES = Source("ReadInternetServices", "InternetServices", "InternetServiceIds", "InternetServiceId")
NAT_SERVICES = Source("ReadNatServices", "NatServices", "NatServiceIds", "NatServiceId")
PUBLIC_IPS = Source("ReadPublicIps", "PublicIps", "PublicIpIds", "PublicIpId")
ROUTE_TABLES = Source("ReadRouteTables", "RouteTables", "RouteTableIds", "RouteTableId")
SUBNET_TABLES = Source("ReadRouteTables", "RouteTables", "LinkSubnetIds", "LinkRouteTables[].SubnetId")
SECURITY_GROUPS = Source("ReadSecurityGroups", "SecurityGroups", "SecurityGroupIds", "SecurityGroupId")
NET_PEERINGS = Source("ReadNetPeerings", "NetPeerings", "NetPeeringIds", "NetPeeringId")
NICS = Source("ReadNics", "Nics", "NicIds", "NicId")
KEYPAIRS = Source("ReadKeypairs", "Keypairs", "KeypairIds", "KeypairId")
VMS = Source("ReadVms", "Vms", "VmIds", "VmId")
VOLUMES = Source("ReadVolumes", "Volumes", "VolumeIds", "VolumeId")
