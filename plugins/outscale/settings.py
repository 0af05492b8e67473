"""The provider's configuration: given values first, then the environment. Credentials are never taken from a file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from plugins.runtime.declare import Field
from plugins.runtime.errors import Problem

# Outscale publishes no figure and throttles identical requests; its own libraries stay at 5. A throttle halves ours.
DEFAULT_RATE = 25.0
CONFIGURATION = (
    Field("endpoint", description="URL of the API, with /api/v1. Default: OSC_ENDPOINT_API, else the region's."),
    Field("region", description="Region, e.g. cloudgouv-eu-west-1. Default: OSC_REGION."),
    Field("accessKey", description="Access key. Default: OSC_ACCESS_KEY."),
    Field("secretKey", secret=True, description="Secret key. Default: OSC_SECRET_KEY."),
    Field(
        "requestsPerSecond",
        "number",
        description="Most calls a second, all processes together. Default: OSC_REQUESTS_PER_SECOND, else 25.",
    ),
)
_VARIABLES = {
    "endpoint": "OSC_ENDPOINT_API",
    "region": "OSC_REGION",
    "accessKey": "OSC_ACCESS_KEY",
    "secretKey": "OSC_SECRET_KEY",
}


@dataclass(frozen=True)
class Settings:
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    requests_per_second: float = DEFAULT_RATE

    @property
    def account(self) -> str:
        """A name for (endpoint, access key), to share limits and notes under; it holds no secret."""
        return hashlib.sha256(f"{self.endpoint}\0{self.access_key}".encode()).hexdigest()[:16]


def settings(given: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings, or one message that names everything that is missing."""
    env = os.environ if environment is None else environment
    values = {name: str(given.get(name) or env.get(variable, "")) for name, variable in _VARIABLES.items()}
    missing = [_VARIABLES[name] for name in ("accessKey", "secretKey", "region") if not values[name]]
    if missing:
        raise Problem(
            f"Outscale: no {', no '.join(missing)}",
            "Set these environment variables, or the provider's configuration of the same meaning",
        )
    endpoint = values["endpoint"] or f"https://api.{values['region']}.outscale.com/api/v1"
    if "://" not in endpoint:  # a bare host is accepted, as Outscale's own tools do
        endpoint = f"https://{endpoint}"
    if not urlsplit(endpoint).path.strip("/"):
        endpoint = f"{endpoint.rstrip('/')}/api/v1"
    return Settings(
        endpoint.rstrip("/"),
        values["region"],
        values["accessKey"],
        values["secretKey"],
        _rate(given.get("requestsPerSecond") or env.get("OSC_REQUESTS_PER_SECOND") or DEFAULT_RATE),
    )


def _rate(value: object) -> float:
    try:
        rate = float(str(value))
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 10_000:
        raise Problem(
            f"Outscale: '{value}' is not a number of calls a second", "Give requestsPerSecond from 1 to 10000"
        )
    return rate
