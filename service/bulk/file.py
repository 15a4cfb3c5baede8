"""A file of requests, one a line, answered into a file over all cores; a run that was cut off goes on where it was.

An answer depends on its request and the knowledge alone, so what a file of answers holds can be checked: its first
and its last line must be what the same requests give now. Chunks reach the system whole and in order, and the file is
synced at the end; a line that was cut off is dropped and answered again.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from itertools import chain
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
    """The whole lines that a file of answers begins with, where they end, and what was cut off behind them."""

    answered: int
    end: int
    first: bytes
    last: bytes
    cut_off: bytes


def assess(source: BinaryIO, target: BinaryIO, way: Way, *, resumes: bool) -> Iterator[Answered]:
    """Answers what `source` asks and `target` does not hold yet; gives each chunk once it is written.

    `resumes` says that `target` can be read and gone on with. It is changed only once it was seen to belong here:
    raises `ForeignAnswers` where `target` holds something other than the answers to the first of these requests.
    """
    held = _held(target) if resumes else _Held(0, 0, b"", b"", b"")
    left = _after(_chunks(source, way.limit), held, way)
    first = next(left, None)
    if resumes:
        target.truncate(held.end)
        target.seek(held.end)
    workers = os.cpu_count() or 1
    # Forked processes would share the locks of whatever threads there are.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), end_with_parent) as pool:
        for answered in _in_order(pool, chain(() if first is None else (first,), left), way, AHEAD * workers):
            target.write(answered.lines)
            target.flush()
            yield answered
    if resumes:
        os.fsync(target.fileno())


def end_with_parent() -> None:
    """Let this process end when the one that started it does: killed, that one can tell nobody."""

    def wait() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


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
    """What `target` holds already."""
    count = end = 0
    first = last = line = b""
    for line in target:
        if line.endswith(b"\n"):
            count, end, first, last = count + 1, end + len(line), first or line, line
    return _Held(count, end, first, last, b"" if line.endswith(b"\n") else line)


def _after(chunks: Iterator[Chunk], held: _Held, way: Way) -> Iterator[Chunk]:
    """The chunks, less the requests whose answers are held; those that are must be answers to them."""
    left = held.answered
    wanted = {place: line for place, line in ((0, held.first), (left - 1, held.last), (left, held.cut_off)) if line}
    for chunk in chunks:
        for place in [place for place in wanted if chunk.first <= place < chunk.first + len(chunk.requests)]:
            again = answer(Chunk([chunk.requests[place - chunk.first]], place, 0), way).lines
            if again[: len(wanted[place])] != wanted.pop(place):
                raise ForeignAnswers
        done = min(left, len(chunk.requests))
        left -= done
        if rest := chunk.requests[done:]:
            yield Chunk(rest, chunk.first + done, chunk.read)
    if left or wanted:
        raise ForeignAnswers
