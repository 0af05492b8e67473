"""The provider's configuration: given values first, then the environment. AWS profiles and files are never read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugins.runtime.errors import Problem
from plugins.s3 import features

_OUTSCALE: Mapping[str, tuple[str, ...]] = {
    "endpoint": ("OOS_ENDPOINT",),
    "region": ("OSC_REGION",),
    "accessKey": ("OOS_ACCESS_KEY", "OSC_ACCESS_KEY"),
    "secretKey": ("OOS_SECRET_KEY", "OSC_SECRET_KEY"),
    "caBundle": ("AWS_CA_BUNDLE",),
}
_OVH: Mapping[str, tuple[str, ...]] = {
    "endpoint": ("OVH_S3_ENDPOINT",),
    "region": ("OVH_S3_REGION",),
    "accessKey": ("OVH_S3_ACCESS_KEY",),
    "secretKey": ("OVH_S3_SECRET_KEY",),
    "caBundle": ("AWS_CA_BUNDLE",),
}
# One provider's keys never reach another's endpoint: each has variables of its own.
_OF_FLAVOR = {"ovh": _OVH, "rgw": _OVH}
_REQUIRED = ("endpoint", "region", "accessKey", "secretKey")


@dataclass(frozen=True)
class Settings:
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    flavor: str = features.DEFAULT
    ca_bundle: str = ""

    @property
    def account(self) -> str:
        """A name for (endpoint, access key), to share limits and notes under; it holds no secret."""
        return hashlib.sha256(f"{self.endpoint}\0{self.access_key}".encode()).hexdigest()[:16]


def settings(given: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings, or one message that names everything that is missing."""
    env = os.environ if environment is None else environment
    flavor = features.flavor(str(given.get("flavor") or features.DEFAULT))
    named = _OF_FLAVOR.get(flavor.key, _OUTSCALE)
    values = {name: str(given.get(name) or _first(env, variables)) for name, variables in named.items()}
    if missing := [named[name][-1] for name in _REQUIRED if not values[name]]:
        raise Problem(
            f"Object storage: no {', no '.join(missing)}",
            "Set these environment variables, or the provider's configuration of the same meaning",
        )
    if "://" not in values["endpoint"]:
        values["endpoint"] = f"https://{values['endpoint']}"
    if values["caBundle"] and not Path(values["caBundle"]).is_file():
        raise Problem(f"There is no file of authorities {values['caBundle']}", "Check caBundle or AWS_CA_BUNDLE")
    return Settings(
        values["endpoint"].rstrip("/"),
        values["region"],
        values["accessKey"],
        values["secretKey"],
        flavor.key,
        values["caBundle"],
    )


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((env[name] for name in names if env.get(name)), "")
