# What an author may write in other ways than this project's adapter does: blocks in one another, blocks made by
# `dynamic`, one resource for each of some, interfaces inside the machine, an address by its own text.
terraform {
  required_providers {
    outscale = {
      source = "outscale/outscale"
    }
  }
}

provider "outscale" {
  api {
    region   = "cloudgouv-eu-west-1"
    endpoint = "https://api.cloudgouv-eu-west-1.outscale.com/api/v1"
  }
}

locals {
  tags  = { "rempart:subject" = "bubbles/administration", "rempart:platform" = "minimal" }
  zones = { a = "10.64.16.0/24", b = "10.64.17.0/24" }
}

variable "admins" {
  default = ["192.0.2.0/28", "0.0.0.0/0"]
}

resource "outscale_net" "it" {
  ip_range = "10.64.16.0/20"
  dynamic "tags" {
    for_each = local.tags
    content {
      key   = tags.key
      value = tags.value
    }
  }
}

resource "outscale_subnet" "it" {
  for_each                = local.zones
  net_id                  = outscale_net.it.net_id
  ip_range                = each.value
  subregion_name          = "cloudgouv-eu-west-1${each.key}"
  map_public_ip_on_launch = each.key == "b"
}

resource "outscale_security_group" "it" {
  description                  = "administration"
  net_id                       = outscale_net.it.net_id
  remove_default_outbound_rule = true
  tags {
    key   = "rempart:subject"
    value = "bubbles/administration/zones/bastion/filter"
  }
}

resource "outscale_security_group_rule" "it" {
  flow              = "Inbound"
  security_group_id = outscale_security_group.it.security_group_id
  rules {
    from_port_range = 22
    to_port_range   = 22
    ip_protocol     = "tcp"
    ip_ranges       = var.admins
  }
  rules {
    ip_protocol = "-1"
    security_groups_members {
      security_group_id = outscale_security_group.it.security_group_id
    }
  }
}

resource "outscale_keypair" "it" {
  keypair_name = "it"
  public_key   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8yZyQxqS8gOjd9kJkq0rY6eJ0Zr7Q1zQm1nY0b3QkA it"
}

resource "outscale_nic" "it" {
  subnet_id          = outscale_subnet.it["a"].subnet_id
  security_group_ids = [outscale_security_group.it.security_group_id]
}

resource "outscale_vm" "it" {
  image_id     = "ami-12345678"
  vm_type      = "tinav6.c2r4p1"
  keypair_name = outscale_keypair.it.keypair_name
  user_data    = base64encode("#cloud-config\npassword: not-a-real-one\n")
  primary_nic {
    device_number = 0
    nic_id        = outscale_nic.it.nic_id
  }
  nics {
    device_number      = 1
    subnet_id          = outscale_subnet.it["b"].subnet_id
    security_group_ids = [outscale_security_group.it.security_group_id]
  }
  block_device_mappings {
    device_name = "/dev/xvdb"
    bsu {
      volume_size = 10
      snapshot_id = "snap-12345678"
    }
  }
}

resource "outscale_public_ip" "it" {
}

resource "outscale_public_ip_link" "it" {
  public_ip = outscale_public_ip.it.public_ip
  vm_id     = outscale_vm.it.vm_id
}

resource "outscale_volume" "it" {
  subregion_name = "cloudgouv-eu-west-1a"
  size           = 100
  snapshot_id    = "snap-12345678"
}

resource "outscale_volume_link" "it" {
  device_name = "/dev/xvdc"
  volume_id   = outscale_volume.it.volume_id
  vm_id       = outscale_vm.it.vm_id
}
