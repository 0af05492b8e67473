# What two of Rempart's rules say of the Internet, for OPA. The numbers are those of the catalogue.
package rempart

resources := input.planned_values.root_module.resources

private := ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]

# NET-04: no source is a piece of the Internet larger than a /16.
deny contains {"rule": "NET-04", "address": one.address} if {
	some one in resources
	one.type == "openstack_networking_secgroup_rule_v2"
	one.values.direction == "ingress"
	wide(one.values.remote_ip_prefix)
}

# NET-05: nothing leaves towards a piece of the Internet larger than a /16.
deny contains {"rule": "NET-05", "address": one.address} if {
	some one in resources
	one.type == "openstack_networking_secgroup_rule_v2"
	one.values.direction == "egress"
	wide(one.values.remote_ip_prefix)
}

wide(range) if {
	to_number(split(range, "/")[1]) < 16
	not inside_private(range)
}

inside_private(range) if {
	some block in private
	net.cidr_contains(block, range)
}
