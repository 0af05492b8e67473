"""Cinder's own driver without a back end, with what it leaves out."""

from __future__ import annotations

import io
import json
import pathlib

from cinder import interface
from cinder.image import image_utils
from cinder.tests import fake_driver
from oslo_utils import imageutils


def _info(path, **_options):
    """Images here are raw; looking into them otherwise takes sudo and qemu-img."""
    size = pathlib.Path(path).stat().st_size
    told = {"format": "raw", "virtual-size": size, "actual-size": size}
    return imageutils.QemuImgInfo(json.dumps(told), format="json")


image_utils.qemu_img_info = _info


@interface.volumedriver
class RempartVolumes(fake_driver.FakeLoggingVolumeDriver):
    def extend_volume(self, volume, new_size):
        pass

    def copy_image_to_volume(self, context, volume, image_service, image_id, disable_sparse=False):
        pass

    def copy_image_to_encrypted_volume(self, context, volume, image_service, image_id, disable_sparse=False):
        pass

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        formats = {"disk_format": "raw", "container_format": "bare"}
        image_service.update(context, image_meta["id"], formats, io.BytesIO(bytes(4096)))

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        return {}, True

    def revert_to_snapshot(self, context, volume, snapshot):
        pass

    def retype(self, context, volume, new_type, diff, host):
        return True, None
