"""A file of requests, one a line, answered into a file over all cores; a run that was cut off goes on where it was.

An answer depends on its request and the knowledge alone, so what a file of answers holds can be checked: its first
and its last line must be what the same requests give now. Chunks reach the system whole and in order, and the file is
synced at the end; a line that was cut off is dropped and answered again.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from service.bulk.items import Items
from service.bulk.lines import Lines
from service.engine import Engine
from service.errors import ForeignAnswers
from service.knowledge import loader

READ_AT_ONCE: Final = 1 << 18
CHUNK: Final = 256
"""Requests that one process answers before it hands them back: some megabytes of answers."""

AHEAD: Final = 3
"""Chunks on their way for each process, so that none waits and little is held."""


class Way(NamedTuple):
    """How every request is answered: by which knowledge, up to which size, explained or plainly."""

    folder: Path
    limit: int
    explained: bool


class Chunk(NamedTuple):
    """Some requests in a row: the place of the first, and how far the source was read to get them."""

    requests: list[bytes]
    first: int
    read: int


class Answered(NamedTuple):
    """The answers to a chunk, one a line; how many they are, and how many of them are problems."""

    lines: bytes
    answered: int
    refused: int
    read: int


class _Held(NamedTuple):
    """The whole lines that a file of answers begins with."""

    answered: int
    first: bytes
    last: bytes


def assess(source: BinaryIO, target: BinaryIO, way: Way) -> Iterator[Answered]:
    """Answers what `source` asks and `target` does not hold yet; gives each chunk once it is written.

    Raises `ForeignAnswers` where `target` holds something other than the answers to the first of these requests.
    """
    chunks = _chunks(source, way.limit)
    held = _held(target) if target.seekable() else _Held(0, b"", b"")
    left = _after(chunks, held, way) if held.answered else chunks
    workers = os.cpu_count() or 1
    # Forked processes would share the locks of whatever threads there are.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for answered in _in_order(pool, left, way, AHEAD * workers):
            target.write(answered.lines)
            target.flush()
            yield answered
    if target.seekable():
        os.fsync(target.fileno())


def _in_order(pool: ProcessPoolExecutor, chunks: Iterator[Chunk], way: Way, ahead: int) -> Iterator[Answered]:
    under_way: deque[Future[Answered]] = deque()
    for chunk in chunks:
        under_way.append(pool.submit(answer, chunk, way))
        if len(under_way) >= ahead:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def answer(chunk: Chunk, way: Way) -> Answered:
    """The answers to one chunk; each process compiles the knowledge once, with its first chunk."""
    items = _items(way)
    answered = [items.answer(request, f"item/{place}") for place, request in enumerate(chunk.requests, chunk.first)]
    lines = b"".join([item.body + b"\n" for item in answered])
    return Answered(lines, len(answered), sum(item.problem is not None for item in answered), chunk.read)


@cache
def _items(way: Way) -> Items:
    engine = Engine(loader.load(way.folder))
    return Items(engine.read, engine.answer_explained if way.explained else engine.answer, way.limit)


def _chunks(source: BinaryIO, limit: int) -> Iterator[Chunk]:
    """All requests of `source`, in chunks."""
    lines = Lines(limit)
    requests: list[bytes] = []
    first = read = 0
    ended = False
    while not ended:
        part = source.read(READ_AT_ONCE)
        ended = not part
        read += len(part)
        requests.extend(lines.end() if ended else lines.feed(part))
        while len(requests) >= CHUNK or (ended and requests):
            yield Chunk(requests[:CHUNK], first, read)
            first, read = first + len(requests[:CHUNK]), 0
            del requests[:CHUNK]


def _held(target: BinaryIO) -> _Held:
    """What `target` holds already, less a last line that was cut off."""
    count = end = 0
    first = last = b""
    for line in target:
        if line.endswith(b"\n"):
            count, end, first, last = count + 1, end + len(line), first or line, line
    target.truncate(end)
    target.seek(end)
    return _Held(count, first, last)


def _after(chunks: Iterator[Chunk], held: _Held, way: Way) -> Iterator[Chunk]:
    """The chunks, less the requests whose answers are held; those that are must be answers to them."""
    left = held.answered
    wanted = {0: held.first, held.answered - 1: held.last}
    for chunk in chunks:
        some = chunk.requests[:left]
        for place, line in wanted.items():
            if chunk.first <= place < chunk.first + len(some):
                again = answer(Chunk([chunk.requests[place - chunk.first]], place, 0), way)
                if again.lines != line:
                    raise ForeignAnswers
        left -= len(some)
        if rest := chunk.requests[len(some) :]:
            yield Chunk(rest, chunk.first + len(some), chunk.read)
    if left:
        raise ForeignAnswers
