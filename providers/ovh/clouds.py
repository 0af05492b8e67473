"""An entry of clouds.yaml, as OpenStack's clients read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def trusting(entry: Mapping[str, Any]) -> bool:
    """True where it says to look at no certificate: what answers may be anybody then."""
    verify, insecure = (str(entry.get(name, "")).strip().lower() for name in ("verify", "insecure"))
    return verify in ("false", "no", "off", "0") or insecure in ("true", "yes", "on", "1")
