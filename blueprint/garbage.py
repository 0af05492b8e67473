"""How often Python looks for garbage: seldom, in programs that end soon."""

from __future__ import annotations

import gc


def seldom() -> None:
    """From here on: what is there stays, and is not looked at again: best once most is imported.

    Looking as often as Python does by itself is a sixth of a layer's program and a fifth of a command.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
