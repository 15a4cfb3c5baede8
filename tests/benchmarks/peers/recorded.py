"""The recorded answers that the bare handlers give: the bytes of our own answer, by the bytes of the request."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from service.engine import Engine

VARIABLE = "RECORDED_ANSWERS"


def record(engine: Engine, bodies: list[bytes], file: Path) -> None:
    """Write the answer to each of `bodies` to `file`."""
    file.write_bytes(msgspec.msgpack.encode({body: engine.answer(engine.read(body)).body for body in bodies}))


def recorded() -> dict[bytes, bytes]:
    """The answers in the file that the environment names."""
    return msgspec.msgpack.decode(Path(os.environ[VARIABLE]).read_bytes(), type=dict[bytes, bytes])
