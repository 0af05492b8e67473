"""How often Python looks for garbage."""

from __future__ import annotations

import gc

from blueprint import garbage


def test_it_is_looked_for_seldom_and_what_is_there_is_left_alone() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        garbage.seldom()
        assert gc.isenabled() and gc.get_threshold()[0] >= 50_000
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
