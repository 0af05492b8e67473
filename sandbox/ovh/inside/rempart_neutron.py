"""An ML2 mechanism driver that binds every port at once: there is no agent to do it."""

from __future__ import annotations

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class RempartDriver(api.MechanismDriver):
    def initialize(self):
        pass

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        for segment in context.segments_to_bind:
            details = {portbindings.CAP_PORT_FILTER: True, portbindings.OVS_HYBRID_PLUG: False}
            status = constants.PORT_STATUS_ACTIVE
            context.set_binding(segment[api.ID], portbindings.VIF_TYPE_OVS, details, status=status)
            return
