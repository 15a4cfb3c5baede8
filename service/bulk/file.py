"""Answers a file of requests on all cores.

An interrupted run can be resumed. An answer depends only on its request and the knowledge, so the content of a file of
answers can be checked. Its first and last answer, and its first and last refusal, must equal those that the same
requests give now.

Chunks reach the system whole and in order, and the file is synced at the end. A line that was cut off is dropped and
answered again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from service.bulk.items import ASSESSED, Items
from service.bulk.lines import Lines
from service.engine import Engine
from service.errors import AnswersMismatch
from service.knowledge import loader
from service.parent_process import end_with_parent

READ_BYTES: Final = 1 << 18
"""Bytes per read of the source."""

CHUNK: Final = 256
"""Requests per chunk of one process. Their answers are some megabytes."""

CHUNKS_IN_FLIGHT: Final = 3
"""Chunks in progress per process. No process waits, and few answers are in memory."""


class BatchOptions(NamedTuple):
    """The options that apply to every request.

    `folder` holds the knowledge, and `limit` is the largest request, in bytes. `explained` adds the explanation.
    """

    folder: Path
    limit: int
    explained: bool


class Chunk(NamedTuple):
    """Consecutive requests of the source.

    `first` is the place of the first request. `read` is the number of bytes that were read to get the requests.
    """

    requests: list[bytes]
    first: int
    read: int


class Answered(NamedTuple):
    """The answers to a chunk, one per line.

    `answered` is the number of answers, and `refused` is the number of problems among them.
    """

    lines: bytes
    answered: int
    refused: int
    read: int


class OutputState(NamedTuple):
    """The answers that a file of answers already holds.

    `answered` is the number of whole lines at its start, and `end` is the offset of their end. `samples` maps places to
    the lines to be compared. A cut-off line after the whole ones is among them.
    """

    answered: int
    end: int
    samples: Mapping[int, bytes]


def assess(source: BinaryIO, target: BinaryIO, options: BatchOptions, state: OutputState | None) -> Iterator[Answered]:
    """Answer the requests of `source` that `target` does not answer yet.

    Yields each chunk after it is written. `state` describes the answers in `target`, or is None if `target` is not a
    file to resume. `target` is changed only after those answers are checked.

    Raises `AnswersMismatch` if `target` holds anything but the answers to the first requests of `source`.
    """
    left = _after(_chunks(source, options.limit), state or OutputState(0, 0, {}), options)
    first = next(left, None)
    if state is not None:
        with _named(target):
            target.truncate(state.end)
            target.seek(state.end)
    chunks = chain(() if first is None else (first,), left)
    workers = os.cpu_count() or 1
    # Forked processes would inherit the locks of all running threads.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _end_with_parent) as pool:
        for answered in _in_order(pool, chunks, options, CHUNKS_IN_FLIGHT * workers):
            with _named(target):
                target.write(answered.lines)
                target.flush()
            yield answered
    if state is not None:
        with _named(target):
            os.fsync(target.fileno())


@contextlib.contextmanager
def _named(file: BinaryIO) -> Iterator[None]:
    """Add the file's name to an error of reading or writing.

    Such an error has no file name of its own.
    """
    try:
        yield
    except OSError as fault:
        fault.filename = file.name
        raise


def _end_with_parent() -> None:
    end_with_parent(partial(os._exit, 1))


def _in_order(
    pool: ProcessPoolExecutor, chunks: Iterator[Chunk], options: BatchOptions, in_flight: int
) -> Iterator[Answered]:
    futures: deque[Future[Answered]] = deque()
    for chunk in chunks:
        futures.append(_submitted(pool, chunk, options))
        if len(futures) >= in_flight:
            yield futures.popleft().result()
    while futures:
        yield futures.popleft().result()


def _submitted(pool: ProcessPoolExecutor, chunk: Chunk, options: BatchOptions) -> Future[Answered]:
    """Submit a chunk to the pool.

    Processes that start during this call leave Ctrl-C to this process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(answer, chunk, options)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def answer(chunk: Chunk, options: BatchOptions) -> Answered:
    """Return the answers to one chunk.

    Each process compiles the knowledge once, with its first chunk.
    """
    items = _items(options)
    answered = [items.answer(request, f"item/{place}") for place, request in enumerate(chunk.requests, chunk.first)]
    lines = b"".join([item.line + b"\n" for item in answered])
    return Answered(lines, len(answered), sum(item.problem is not None for item in answered), chunk.read)


@cache
def _items(options: BatchOptions) -> Items:
    engine = Engine(loader.load(options.folder))
    return Items(engine.read, engine.answer_explained if options.explained else engine.answer, options.limit)


def _chunks(source: BinaryIO, limit: int) -> Iterator[Chunk]:
    """Yield all requests of `source`, in chunks."""
    lines = Lines(limit)
    requests: list[bytes] = []
    first = read = 0
    ended = False
    while not ended:
        with _named(source):
            part = source.read(READ_BYTES)
        ended = not part
        read += len(part)
        requests.extend(lines.end() if ended else lines.feed(part))
        while len(requests) >= CHUNK or (ended and requests):
            yield Chunk(requests[:CHUNK], first, read)
            first, read = first + len(requests[:CHUNK]), 0
            del requests[:CHUNK]


def read_output_state(target: BinaryIO) -> OutputState:
    """Return the answers that `target` already holds."""
    count = end = 0
    first: dict[tuple[bool, bool], tuple[int, bytes]] = {}
    last: dict[tuple[bool, bool], tuple[int, bytes]] = {}
    with _named(target):
        for line in target:
            is_whole = line.endswith(b"\n")
            kind = is_whole, line.startswith(ASSESSED)
            last[kind] = count, line
            first.setdefault(kind, last[kind])
            if is_whole:
                count, end = count + 1, end + len(line)
    return OutputState(count, end, dict((*first.values(), *last.values())))


def _after(chunks: Iterator[Chunk], state: OutputState, options: BatchOptions) -> Iterator[Chunk]:
    """Yield the chunks without the requests that are already answered.

    Raises `AnswersMismatch` if an earlier answer does not belong to its request.
    """
    left = state.answered
    wanted = dict(state.samples)
    for chunk in chunks:
        for place in [place for place in wanted if chunk.first <= place < chunk.first + len(chunk.requests)]:
            again = answer(Chunk([chunk.requests[place - chunk.first]], place, 0), options).lines
            if again[: len(wanted[place])] != wanted.pop(place):
                raise AnswersMismatch
        done = min(left, len(chunk.requests))
        left -= done
        if rest := chunk.requests[done:]:
            yield Chunk(rest, chunk.first + done, chunk.read)
    if left or wanted:
        raise AnswersMismatch
