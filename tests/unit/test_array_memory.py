"""The common memory bound of arrays in progress."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service import settings
from service.errors import Overloaded, SettingsFault
from service.web.array_memory import ARRAY_MEMORY_BYTES, ArrayMemory
from service.web.routes import BATCH_TIMES


def test_the_largest_array_that_can_be_allowed_has_room() -> None:
    """Under every allowed body limit, a single array is never refused for lack of memory."""
    largest = ARRAY_MEMORY_BYTES // BATCH_TIMES
    assert settings.read({"TRIAGE_BODY_LIMIT_BYTES": str(largest)}).body_limit_bytes == largest
    with pytest.raises(SettingsFault):
        settings.read({"TRIAGE_BODY_LIMIT_BYTES": str(largest + 1)})


def test_arrays_have_a_common_bound() -> None:
    """An array over the common bound is refused at any stage; answered arrays free their share."""
    arrays = ArrayMemory()
    first: Any = {}
    second: Any = {}
    third: Any = {}

    async def come(one: Any, size: int) -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": bytes(size), "more_body": True}

        await arrays.holding(one, receive)()

    asyncio.run(come(first, ARRAY_MEMORY_BYTES - 1))
    asyncio.run(come(second, 1))
    with pytest.raises(Overloaded):
        asyncio.run(come(second, 1))
    arrays.release(second)
    asyncio.run(come(third, 1))
    arrays.release(first)
    asyncio.run(come(third, ARRAY_MEMORY_BYTES - 1))
