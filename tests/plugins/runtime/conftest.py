from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.runtime.toy import Shelf, toy
from tests.plugins.runtime.wire import Engine, engine


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def box(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A configured toy plugin, served."""
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path))
    with engine(toy(shelf)) as served:
        served.configure()
        yield served
