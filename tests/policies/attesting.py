"""Evidence records as a person would have written them about the estate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from policies import records

SEEN_ON = {"platform": "emc2", "target": "outscale-sandbox", "environment": "dev"}


def evidence(rule: str, scope: str, **changes: Any) -> records.Evidence:
    """A record that holds for the last two months of 2026, on real targets too."""
    seen = {} if scope.startswith("offers/") else SEEN_ON
    said = {"id": "EV-9", "statement": "s", "document": "d", "sha256": "ab" * 32, "owner": "a", "approver": "b"}
    days = {"valid_from": dt.date(2026, 11, 1), "valid_until": dt.date(2026, 12, 31), "simulated": False}
    return records.Evidence(**{"rule": rule, "scope": scope, **seen, **said, **days, **changes})


def kept(*found: records.Evidence) -> records.Records:
    return records.Records(evidence=found)
