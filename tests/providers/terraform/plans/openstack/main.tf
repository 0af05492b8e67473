# What an author may write in other ways than this project's adapter does: lists of one, sets of labels, blocks made by
# `dynamic`, one resource for each of some, and arguments that open what no other says.
terraform {
  required_providers {
    openstack = {
      source = "terraform-provider-openstack/openstack"
    }
  }
}

provider "openstack" {
  auth_url           = "https://keystone.example.org/v3"
  region             = "eu-west-rbx-snc"
  insecure           = true
  endpoint_overrides = { network = "https://neutron.example.org/" }
}

variable "ways" {
  default = { ssh = 22, tls = 443 }
}

resource "openstack_networking_network_v2" "it" {
  name        = "it"
  tags        = ["rempart:subject=bubbles/administration", "rempart:platform=minimal"]
  value_specs = { shared = "true" }
}

resource "openstack_networking_subnet_v2" "it" {
  network_id      = openstack_networking_network_v2.it.id
  cidr            = "10.64.16.0/24"
  no_gateway      = true
  dns_nameservers = ["192.0.2.53"]
  allocation_pool {
    start = "10.64.16.10"
    end   = "10.64.16.200"
  }
}

resource "openstack_networking_secgroup_v2" "it" {
  name                 = "it"
  delete_default_rules = true
  tags                 = ["rempart:subject=bubbles/administration/zones/bastion/filter"]
}

resource "openstack_networking_secgroup_rule_v2" "it" {
  for_each          = var.ways
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = each.value
  port_range_max    = each.value
  remote_ip_prefix  = "0.0.0.0/0"
  security_group_id = openstack_networking_secgroup_v2.it.id
}

resource "openstack_networking_port_v2" "it" {
  network_id         = openstack_networking_network_v2.it.id
  security_group_ids = [openstack_networking_secgroup_v2.it.id]
  device_owner       = "network:dhcp"
  fixed_ip {
    subnet_id  = openstack_networking_subnet_v2.it.id
    ip_address = "10.64.16.20"
  }
  allowed_address_pairs {
    ip_address = "0.0.0.0/0"
  }
}

resource "openstack_compute_servergroup_v2" "it" {
  name     = "it"
  policies = ["anti-affinity"]
}

resource "openstack_compute_keypair_v2" "it" {
  name = "it"
}

resource "openstack_compute_instance_v2" "it" {
  name        = "it"
  flavor_name = "b3-8"
  key_pair    = openstack_compute_keypair_v2.it.name
  user_data   = "#cloud-config\n"
  admin_pass  = "not-a-real-one"
  block_device {
    uuid                  = "0c1d0b1e-0000-4000-8000-000000000000"
    source_type           = "image"
    destination_type      = "volume"
    volume_size           = 20
    volume_type           = "high-speed-luks"
    boot_index            = 0
    delete_on_termination = false
  }
  network {
    port = openstack_networking_port_v2.it.id
  }
  network {
    name = "Ext-Net"
  }
  scheduler_hints {
    group = openstack_compute_servergroup_v2.it.id
  }
  personality {
    file    = "/etc/secret"
    content = "password: not-a-real-one"
  }
}

resource "openstack_blockstorage_volume_v3" "it" {
  size     = 100
  image_id = "0c1d0b1e-0000-4000-8000-000000000000"
  metadata = { "rempart:subject" = "bubbles/study/tiers/database/1/disks/data" }
}

resource "openstack_compute_volume_attach_v2" "it" {
  instance_id = openstack_compute_instance_v2.it.id
  volume_id   = openstack_blockstorage_volume_v3.it.id
}

resource "openstack_networking_router_v2" "it" {
  name                = "it"
  external_network_id = "0c1d0b1e-0000-4000-8000-000000000001"
}

resource "openstack_networking_router_interface_v2" "it" {
  router_id = openstack_networking_router_v2.it.id
  subnet_id = openstack_networking_subnet_v2.it.id
}

resource "openstack_networking_floatingip_v2" "it" {
  pool = "Ext-Net"
}

resource "openstack_networking_floatingip_associate_v2" "it" {
  floating_ip = openstack_networking_floatingip_v2.it.address
  port_id     = openstack_networking_port_v2.it.id
}
