"""Nova's own driver without a hypervisor, with a host identity and machines that outlive a restart.

Nova looks for drivers in its own package only: this file is copied there as nova/virt/rempart.py.
"""

from __future__ import annotations

import io

from nova import context as contexts
from nova import objects
from nova.image import glance
from nova.virt import fake, node

GONE = ("building", "error", "deleted", "shelved_offloaded")


class RempartDriver(fake.FakeDriver):
    def init_host(self, host):
        super().init_host(host)
        for machine in objects.InstanceList.get_by_host(contexts.get_admin_context(), host):
            if machine.vm_state not in GONE:
                self.instances[machine.uuid] = fake.FakeInstance(machine.name, machine.power_state, machine.uuid)
                flavor = machine.flavor
                self.resources.claim(vcpus=flavor.vcpus, mem=flavor.memory_mb, disk=flavor.root_gb)

    def snapshot(self, context, instance, image_id, update_task_state):
        super().snapshot(context, instance, image_id, update_task_state)
        images = glance.API()
        meta = images.get(context, image_id)
        meta.update({"disk_format": "raw", "container_format": "bare", "name": meta["name"]})
        images.update(context, image_id, meta, io.BytesIO(bytes(4096)), purge_props=False)

    def get_nodenames_by_uuid(self, refresh=False):
        return {node.get_local_node_uuid(): self.get_available_nodes()[0]}

    def get_available_resource(self, nodename):
        return dict(super().get_available_resource(nodename), uuid=node.get_local_node_uuid())
