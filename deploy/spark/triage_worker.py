"""What runs in Spark's Python workers: Arrow batches of requests in, batches of the API's answers out.

A module of its own, sent to the executors beside the job: what stands in the job itself is unpickled anew in every
task, and each would compile the knowledge again.
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
    """Driver and worker would not answer alike, and one output would mix what two editions say."""

    def __init__(self, driver: str, worker: str) -> None:
        super().__init__(f"the driver holds {driver}; this worker holds {worker}")


@cache
def chosen() -> Settings:
    """The settings of this process."""
    return settings.read(os.environ)


@cache
def engine() -> Engine:
    """The engine of this process, made once, with the first batch that comes."""
    return Engine(loader.load(chosen().knowledge_folder(loader.SHIPPED)))


@cache
def items() -> Items:
    """Answers one row as if it came alone."""
    return Items(engine().read, engine().answer, chosen().body_limit_bytes)


def edition() -> str:
    """What decides every byte of an answer: the release of the code, the knowledge and the largest body."""
    return f"release {version('runner-triage')}, {engine().digest}, bodies up to {chosen().body_limit_bytes} bytes"


def answers_of(expected: str) -> Answers:
    """The function for `mapInArrow`; it refuses to answer where the edition is not the expected one."""

    def answers(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        if edition() != expected:
            raise TwoEditions(expected, edition())
        return map(answered, batches)

    return answers


def answered(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its answers in place of its requests, row for row; a missing request is an empty one."""
    rows = [_said_to(body or b"") for body in batch.column(REQUEST).to_pylist()]
    added = pa.RecordBatch.from_pylist(rows, ANSWERED)
    kept = batch.drop_columns(REQUEST)
    return pa.RecordBatch.from_arrays([*kept.columns, *added.columns], [*kept.schema.names, *ANSWERED.names])


def _said_to(body: bytes) -> dict[str, int | bytes]:
    """One row; what nobody foresaw is that row's internal error, as it would be one request's."""
    item = items().answer(body, "spark")
    if item.problem is None:
        return {"status": 200, "assessment": item.body}
    return {"status": item.problem.status, "problem": item.body}
