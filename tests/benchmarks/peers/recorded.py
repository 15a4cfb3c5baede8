"""Our recorded responses by request, for the bare handlers."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from service.engine import Engine

VARIABLE = "RECORDED_ANSWERS"


def record(engine: Engine, bodies: list[bytes], file: Path) -> None:
    """Write the response to each of `bodies` to `file`."""
    file.write_bytes(msgspec.msgpack.encode({body: engine.answer(engine.read(body)).body for body in bodies}))


def recorded() -> dict[bytes, bytes]:
    """The responses in the file named by the environment."""
    return msgspec.msgpack.decode(Path(os.environ[VARIABLE]).read_bytes(), type=dict[bytes, bytes])
