# What an author may write in other ways than the sample of the reviews does: machines of all three services, cards and
# disks that they are born with, lists of addresses and grants inside a bucket.
terraform {
  required_providers {
    cloudtemple = {
      source = "Cloud-Temple/cloudtemple"
    }
  }
}

provider "cloudtemple" {
  address   = "shiva.cloud-temple.com"
  client_id = "not-a-real-one"
  secret_id = "not-a-real-one"
}

locals {
  id = "de2b8b80-8b90-414a-bc33-e12f61a4c05c"
}

resource "cloudtemple_compute_virtual_machine" "vmware" {
  name                         = "vmware"
  datacenter_id                = local.id
  host_cluster_id              = local.id
  guest_operating_system_moref = "debian12_64Guest"
  cpu                          = 2
  memory                       = 4294967296
  tags                         = { "rempart:subject" = "bubbles/study/tiers/database/1" }
  backup_sla_policies          = [local.id]
  extra_config                 = { "guestinfo.userdata" = "password: not-a-real-one" }
  os_disk {
    capacity  = 10737418240
    disk_mode = "independent_persistent"
  }
}

resource "cloudtemple_compute_virtual_disk" "data" {
  virtual_machine_id = cloudtemple_compute_virtual_machine.vmware.id
  capacity           = 107374182400
  disk_mode          = "persistent"
  provisioning_type  = "dynamic"
  datastore_id       = local.id
}

resource "cloudtemple_compute_network_adapter" "vmware" {
  virtual_machine_id = cloudtemple_compute_virtual_machine.vmware.id
  network_id         = local.id
  type               = "VMXNET3"
  mac_address        = "00:50:56:00:00:01"
}

resource "cloudtemple_compute_iaas_opensource_virtual_machine" "open" {
  name                = "open"
  power_state         = "on"
  cpu                 = 2
  memory              = 4294967296
  template_id         = local.id
  backup_sla_policies = []
  cloud_init          = { cloud_config = "#cloud-config\n", network_config = "token: not-a-real-one" }
  os_network_adapter {
    network_id = local.id
  }
  replication_policy_id = local.id
}

resource "cloudtemple_public_cloud_vm_instance" "instance" {
  name                 = "instance"
  template_id          = local.id
  instance_family_id   = local.id
  availability_zone_id = local.id
  backup_policy_id     = local.id
  cpu                  = 2
  memory               = 4
  os_network_adapter {
    network_id   = local.id
    device_index = 0
  }
}

resource "cloudtemple_object_storage_storage_account" "app" {
  name = "app"
}

resource "cloudtemple_object_storage_bucket" "list" {
  name        = "list"
  access_type = "custom"
  whitelist   = ["0.0.0.0/1", "128.0.0.0/1"]
  versioning  = "Suspended"
  acl_entry {
    storage_account = cloudtemple_object_storage_storage_account.app.name
    role            = "FULL_CONTROL"
  }
}

resource "cloudtemple_object_storage_acl_entry" "app" {
  bucket          = cloudtemple_object_storage_bucket.list.name
  storage_account = cloudtemple_object_storage_storage_account.app.name
  role            = "WRITE"
}

resource "cloudtemple_object_storage_global_access_key" "all" {
}

resource "cloudtemple_iam_personal_access_token" "ci" {
  name            = "ci"
  roles           = [local.id]
  expiration_date = "2027-11-20T00:00:00Z"
}

resource "cloudtemple_vpc_static_ip" "it" {
  private_network_id = local.id
  mac_address        = cloudtemple_compute_network_adapter.vmware.mac_address
}

resource "cloudtemple_vpc_floating_ip" "it" {
  description = "it"
}

resource "cloudtemple_vpc_floating_ip_binding" "it" {
  floating_ip_id = cloudtemple_vpc_floating_ip.it.id
  static_ip_id   = cloudtemple_vpc_static_ip.it.id
}
