"""The code of Spark's Python workers, from Arrow batches of requests to batches of answers.

It is a separate module that is sent to the executors. Code in the job itself is unpickled in every task, and each task
would compile the knowledge again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version

import pyarrow as pa

from service import settings
from service.bulk.items import Items
from service.engine import Engine
from service.errors import TriageError
from service.knowledge import loader
from service.settings import Settings

REQUEST = "request"
ANSWERED = pa.schema({"status": pa.int32(), "assessment": pa.string(), "problem": pa.string()})
"""The columns that replace the request, as in a `BatchItem`: one of `assessment` and `problem` is null."""

Answers = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class TwoEditions(TriageError):
    """Raised if driver and worker have different editions, because one output would mix both."""

    def __init__(self, driver: str, worker: str) -> None:
        super().__init__(f"the driver has {driver}; this worker has {worker}")


@cache
def chosen() -> Settings:
    """Return the settings of this process."""
    return settings.read(os.environ)


@cache
def engine() -> Engine:
    """Return the engine of this process, created with the first batch."""
    return Engine(loader.load(chosen().knowledge_folder(loader.SHIPPED)))


@cache
def items() -> Items:
    """Return the object that answers each row by itself."""
    return Items(engine().read, engine().answer, chosen().body_limit_bytes)


def edition() -> str:
    """Return all that determines an answer: the release, the knowledge and the largest body."""
    return f"release {version('runner-triage')}, {engine().digest}, bodies up to {chosen().body_limit_bytes} bytes"


def answers_of(expected: str) -> Answers:
    """Return the function for `mapInArrow`, which raises `TwoEditions` for an unexpected edition."""

    def answers(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        if edition() != expected:
            raise TwoEditions(expected, edition())
        return map(answered, batches)

    return answers


def answered(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with answers in place of requests. A missing request is an empty one."""
    rows = [_said_to(body or b"") for body in batch.column(REQUEST).to_pylist()]
    added = pa.RecordBatch.from_pylist(rows, ANSWERED)
    kept = batch.drop_columns(REQUEST)
    return pa.RecordBatch.from_arrays([*kept.columns, *added.columns], [*kept.schema.names, *ANSWERED.names])


def _said_to(body: bytes) -> dict[str, int | bytes]:
    """Return one row. An unforeseen error is the internal error of this row only."""
    item = items().answer(body, "spark")
    if item.problem is None:
        return {"status": 200, "assessment": item.body}
    return {"status": item.problem.status, "problem": item.body}
