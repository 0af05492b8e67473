"""What a run does not show: what the offers lack, by name, and the tests that only the long forms have.

Told by tests/conftest.py, which every process reads: the conftest of a folder is read by whoever collects it, and with
`-n` that is the workers, whose words nobody sees.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator


@dataclasses.dataclass(frozen=True)
class Form:
    """A folder's long form: the variable that asks for it, the make target that sets it, the files it alone has."""

    folder: str
    variable: str
    target: str
    files: tuple[str, ...]

    def asked(self) -> bool:
        return bool(os.environ.get(self.variable))

    def left_out(self) -> list[str]:
        """Files that are not collected now: pytest's `collect_ignore`."""
        return [] if self.asked() else list(self.files)


PLATFORMS = Form("tests/conformance", "REMPART_EVERY_PLATFORM", "make test-platforms", ("test_interrupted.py",))
KILLS = Form(
    "tests/faults",
    "REMPART_EVERY_KILL",
    "make test-faults",
    ("test_openstack_faults.py", "test_openstack_shortages.py"),
)


def told(ran: Iterable[str]) -> Iterator[str]:
    """Lines for the end of a run. `ran`: node ids of the tests that ran."""
    nodes = tuple(ran)
    for form in (PLATFORMS, KILLS):
        if not any(node.startswith(f"{form.folder}/") for node in nodes):
            continue
        if form is PLATFORMS:
            yield from _offers()
        for file in form.left_out():
            yield f"{form.folder}/{file}: in the long form only, `{form.target}`"


def _offers() -> Iterator[str]:
    """What the offers do not have natively is never passed over in silence: counted, and by name."""
    from tests.conformance.adapters import ADAPTERS  # clients of every provider: slow to import

    for name, adapter in sorted(ADAPTERS.items()):
        offer = adapter.offer()
        lacking = [f"{brick} {text.state}" for brick, text in sorted(offer.bricks.items()) if text.state != "native"]
        lacking += [f"{part} {text.state}" for part, text in sorted(offer.features.items()) if not offer.has(part)]
        yield f"{name}: {len(lacking)} parts not native: {', '.join(lacking) or 'none'}"
        later = [
            *adapter.longer,
            *(["a hand's changes"] if adapter.hand_later else []),
            *([] if adapter.drawn[0] else ["drawn platforms"]),
        ]
        if later and not PLATFORMS.asked():
            yield f"{name}: {', '.join(later)} in the long form only, `{PLATFORMS.target}`"
