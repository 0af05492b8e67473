"""How the program waits at its end: every output counts, each is looked at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from pulumi.runtime import settings, stack

from stacks import waiting

Body = Callable[[], Awaitable[None]]


@pytest.fixture(autouse=True)
def nothing_before() -> Iterator[None]:
    settings.SETTINGS.outputs.clear()
    settings.SETTINGS.rpc_manager.clear()
    yield
    settings.SETTINGS.outputs.clear()
    settings.SETTINGS.rpc_manager.clear()


class Counted(asyncio.Future[Any]):
    """A future that counts who asks to be told of its end."""

    asked = 0

    def add_done_callback(self, *args: Any, **kwargs: Any) -> None:
        self.asked += 1
        super().add_done_callback(*args, **kwargs)


def run(body: Body) -> None:
    asyncio.run(body())  # type: ignore[arg-type]


def made(count: int) -> list[Counted]:
    """Outputs that nothing has settled yet."""
    found = [Counted() for _ in range(count)]
    settings.SETTINGS.outputs.update(found)
    return found


async def settle(futures: list[Counted]) -> None:
    for one in futures:
        await asyncio.sleep(0)
        one.set_result(None)


def test_it_ends_when_every_output_is_there_and_has_looked_at_each_once() -> None:
    async def body() -> None:
        futures = made(50)
        await asyncio.gather(waiting.outputs(), settle(futures))
        assert all(one.done() for one in futures)
        assert {one.asked for one in futures} == {1}

    run(body)


def test_an_output_that_is_made_while_it_waits_is_waited_for() -> None:
    async def body() -> None:
        first = made(1)
        later: list[Counted] = []

        async def go_on() -> None:
            await asyncio.sleep(0)
            later.extend(made(1))
            first[0].set_result(None)
            await settle(later)

        await asyncio.gather(waiting.outputs(), go_on())
        assert later and later[0].done()

    run(body)


def test_the_first_failure_ends_it_though_others_go_on() -> None:
    async def body() -> None:
        futures = made(3)
        futures[1].set_exception(ValueError("no such zone"))
        with pytest.raises(ValueError, match="no such zone"):
            await asyncio.wait_for(waiting.outputs(), 5)

    run(body)


def test_a_registration_that_the_engine_refused_is_no_failure_of_the_program() -> None:
    async def body() -> None:
        futures = made(2)
        futures[0].set_exception(stack.ResourceRegistrationFailed())
        await asyncio.gather(waiting.outputs(), settle(futures[1:]))
        assert not settings.SETTINGS.outputs

    run(body)


def test_calls_that_outputs_start_are_waited_for_too() -> None:
    async def body() -> None:
        waits: list[bool] = []

        async def calls(await_all_outstanding_tasks: bool = True) -> None:
            """As the SDK's: it leaves no call behind."""
            waits.append(await_all_outstanding_tasks)
            settings.SETTINGS.rpc_manager.rpcs.clear()

        futures = made(1)

        async def a_call_from_an_output() -> None:
            await asyncio.sleep(0)
            settings.SETTINGS.rpc_manager.rpcs.append(asyncio.ensure_future(asyncio.sleep(0)))
            futures[0].set_result(None)

        await asyncio.gather(waiting.by_outputs(calls)(), a_call_from_an_output())
        assert waits == [False, False]

    run(body)


def test_the_program_s_end_is_the_sdks_own_with_this_wait_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run_pulumi_func` must find the replacement by that name, or it would be left out without a word."""
    monkeypatch.setattr(stack, "wait_for_rpcs", stack.wait_for_rpcs)
    waiting.once_each()
    seen: list[str] = []

    async def shut_down() -> None:
        seen.append("callbacks")

    async def told() -> None:
        seen.append("shutdown")

    monkeypatch.setattr(stack, "_wait_for_shutdown", told)
    monkeypatch.setattr(stack, "_shutdown_callbacks", shut_down)

    async def body() -> None:
        futures: list[Counted] = []

        def program() -> None:
            futures.extend(made(5))

        await asyncio.gather(stack.run_pulumi_func(program), _settled_soon(futures))
        assert {one.asked for one in futures} == {1}

    run(body)
    assert seen == ["shutdown", "callbacks"]


async def _settled_soon(futures: list[Counted]) -> None:
    while not futures:
        await asyncio.sleep(0)
    await settle(futures)
