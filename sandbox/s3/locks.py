"""Default retention as S3 has it: each new version gets its own end, counted from its upload.

versitygw enforces retention version by version; its own default counts from the day of the configuration, for all
versions at once, and shows on none. So the gate keeps the configuration, and stamps each new version itself.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from xml.etree import ElementTree

from sandbox.s3.errors import S3Error
from sandbox.s3.xml import NAMESPACE, parse

MODES = ("GOVERNANCE", "COMPLIANCE")


@dataclass(frozen=True)
class Retention:
    """Days from the upload."""

    mode: str
    days: int

    def stamp(self, now: datetime.datetime) -> bytes:
        """The retention of a version that is uploaded now, as PutObjectRetention takes it."""
        end = (now + datetime.timedelta(days=self.days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        inside = f"<Mode>{self.mode}</Mode><RetainUntilDate>{end}</RetainUntilDate>"
        return f'<Retention xmlns="{NAMESPACE}">{inside}</Retention>'.encode()


def accept(body: bytes) -> bytes:
    """The configuration as it is kept, or why it is refused."""
    root = parse(body, "ObjectLockConfiguration")
    if root.findtext("{*}ObjectLockEnabled") != "Enabled":
        raise S3Error("MalformedXML", "ObjectLockEnabled must be Enabled: object lock cannot be turned off")
    _default(root)
    return body


def default(document: bytes | None) -> Retention | None:
    """The default retention of a kept configuration."""
    return None if document is None else _default(ElementTree.fromstring(document))


def _default(root: ElementTree.Element) -> Retention | None:
    rule = root.find("{*}Rule/{*}DefaultRetention")
    if rule is None:
        return None
    mode, days, years = (rule.findtext(f"{{*}}{name}") for name in ("Mode", "Days", "Years"))
    length = days or years or ""
    if mode not in MODES or (days is None) == (years is None) or not length.isdigit() or int(length) < 1:
        raise S3Error("MalformedXML", f"a default retention has a mode ({', '.join(MODES)}) and either days or years")
    return Retention(mode, int(length) * (1 if days else 365))
