"""What the engine and the SDK say of their own work only when they are asked."""

from __future__ import annotations

import pytest

from tests.engine.world import World

pytestmark = pytest.mark.engine
SAID_BY_THE_SDK = "resource registration successful"


@pytest.mark.parametrize(("asked", "said"), [({}, False), ({"PULUMI_OPTION_DEBUG": "true"}, True)])
def test_the_sdks_debug_messages_come_when_they_are_asked_for(asked: dict[str, str], said: bool, world: World) -> None:
    stack = world.stack("minimal", "storage")
    world.initialise(stack)
    seen = world.pulumi("preview", "-s", stack, env=asked)
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert (SAID_BY_THE_SDK in seen.stdout + seen.stderr) is said
    assert (world.folder / "pulumi-home" / "logs").is_file()  # and the engine has kept no log
