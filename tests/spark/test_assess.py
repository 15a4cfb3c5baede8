"""The job's output equals the API's responses, row by row."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from service.engine import Engine
from service.report.report import Report
from tests.spark.conftest import Reply, reply

_ROWS = 3_000


@pytest.fixture(scope="module")
def bodies(replies: dict[bytes, Reply]) -> list[bytes]:
    """Thousands of requests in random order, each body several times."""
    repeated = list(itertools.islice(itertools.cycle(replies), _ROWS))
    random.Random(6).shuffle(repeated)  # noqa: S311 (the same each time)
    return repeated


def _parquet(folder: Path, ids: list[Any], requests: pa.Array) -> str:
    """A table in three files of different size, with many row groups."""
    folder.mkdir()
    table = pa.table({"id": ids, "request": requests, "note": ["stays behind"] * len(ids)})
    cuts = [0, 200, 1700, len(table)]
    for number, (start, end) in enumerate(itertools.pairwise(cuts)):
        pq.write_table(table.slice(start, end - start), folder / f"{number}.parquet", row_group_size=250)
    return str(folder)


def _replies(rows: list[dict[str, Any]]) -> Iterator[Reply]:
    for row in rows:
        assert (row["assessment"] is None) != (row["problem"] is None)
        assert (row["assessment"] is None) == (row["status"] != 200)
        yield reply(row["status"], (row["assessment"] or row["problem"]).encode())


def _item(line: bytes) -> Reply:
    """The status and the inner bytes of a `BatchItem`."""
    status, inner = msgspec.json.decode(line, type=dict[str, msgspec.Raw]).values()
    return reply(int(bytes(status)), bytes(inner))


def test_a_table_is_answered_as_the_api_answers(
    job: ModuleType, spark: SparkSession, replies: dict[bytes, Reply], bodies: list[bytes], tmp_path: Path
) -> None:
    """Each row has one result, at its place, under its id, with the status and bytes of `POST /assess`."""
    ids = [f"run-{number * 7919 % _ROWS}" for number in range(_ROWS)]
    source = _parquet(tmp_path / "in", ids, pa.array(bodies, pa.binary()))
    job.assess(spark, source, str(tmp_path / "out"), "parquet")
    table = pq.read_table(tmp_path / "out")
    assert table.column_names == ["id", "status", "assessment", "problem"]
    assert table["id"].to_pylist() == ids
    assert [replies[body] for body in bodies] == list(_replies(table.to_pylist()))


def test_text_and_nothing_are_requests_too(
    job: ModuleType, spark: SparkSession, replies: dict[bytes, Reply], tmp_path: Path
) -> None:
    """Requests may be text, ids may be numbers, and a missing request is refused like an empty one."""
    asked = [body for body in replies if body.isascii()]
    source = _parquet(tmp_path / "in", list(range(len(asked) + 1)), pa.array([*map(bytes.decode, asked), None]))
    job.assess(spark, source, str(tmp_path / "out"), "parquet")
    table = pq.read_table(tmp_path / "out")
    assert table["id"].to_pylist() == list(range(len(asked) + 1))
    assert [*(replies[body] for body in asked), replies[b""]] == list(_replies(table.to_pylist()))


def test_lines_are_answered_in_their_order(
    job: ModuleType, spark: SparkSession, replies: dict[bytes, Reply], bodies: list[bytes], tmp_path: Path
) -> None:
    """Line n of the output files, in their order, answers line n of the input files.

    The files differ in size and are read in small blocks, of which Spark itself takes the largest first.
    """
    (tmp_path / "in").mkdir()
    for number, (start, end) in enumerate(itertools.pairwise([0, 100, 2_000, _ROWS])):
        (tmp_path / "in" / f"{number}.ndjson").write_bytes(b"".join(body + b"\n" for body in bodies[start:end]))
    in_small_parts = spark.newSession()
    in_small_parts.conf.set("spark.sql.files.maxPartitionBytes", 100_000)
    in_small_parts.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    in_small_parts.conf.set("spark.sql.shuffle.partitions", 7)
    job.assess(in_small_parts, str(tmp_path / "in"), str(tmp_path / "out"), "ndjson")
    parts = sorted((tmp_path / "out").glob("part-*"))
    assert len(parts) == 7
    lines = b"".join(part.read_bytes() for part in parts).splitlines()
    assert [replies[body] for body in bodies] == [_item(line) for line in lines]


def test_an_existing_output_is_never_overwritten(job: ModuleType, spark: SparkSession, tmp_path: Path) -> None:
    """An existing output stops the job and is not changed."""
    source = _parquet(tmp_path / "in", ["one"], pa.array([b"{}"]))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept").write_text("as it is")
    for format_ in ("parquet", "ndjson"):
        with pytest.raises(AnalysisException, match="PATH_ALREADY_EXISTS"):
            job.assess(spark, source, str(tmp_path / "out"), format_)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["kept"]


def test_a_table_without_its_columns_is_named(job: ModuleType, spark: SparkSession, tmp_path: Path) -> None:
    """A table without an id or a request column stops the job with the column's name."""
    for name, other in (("id", "request"), ("request", "id")):
        pq.write_table(pa.table({other: ["{}"]}), tmp_path / f"{name}.parquet")
        with pytest.raises(AnalysisException, match=f"`{name}`"):
            job.assess(spark, str(tmp_path / f"{name}.parquet"), str(tmp_path / "out"), "parquet")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("job")
def test_a_worker_compiles_the_knowledge_once(spark: SparkSession) -> None:
    """A Python process creates one engine, whatever the number of its parts."""
    import triage_worker  # noqa: PLC0415 (found beside the job)

    spark.sparkContext.addPyFile(triage_worker.__file__)
    answers = triage_worker.answers_of(triage_worker.edition())

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in answers(batches):
            made = triage_worker.engine.cache_info().misses
            yield pa.RecordBatch.from_pydict({"process": [os.getpid()], "engines": [made]})

    parts = spark.range(20, numPartitions=20).selectExpr("cast('{}' as binary) request")
    rows = parts.mapInArrow(counted, "process long, engines long").collect()
    assert len(rows) == 20
    assert {row.engines for row in rows} == {1}
    assert len({row.process for row in rows}) < len(rows)


@pytest.mark.usefixtures("job")
def test_one_row_that_fails_does_not_end_the_others(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error in one request is a 500 in its own row, without details."""
    import triage_worker  # noqa: PLC0415 (found beside the job)

    class Failing:
        """An engine that fails on one body."""

        answer = engine.answer

        def read(self, body: bytes) -> Report:
            if body == b"stumble":
                raise ZeroDivisionError("calf_cramp")
            return engine.read(body)

    monkeypatch.setattr(triage_worker, "engine", Failing)
    good = b'{"findings": {"calf_cramp": true}}'
    rows = triage_worker.answered(pa.RecordBatch.from_pydict({"request": [good, b"stumble", good]})).to_pylist()
    assert [row["status"] for row in rows] == [200, 500, 200]
    assert rows[0]["assessment"].encode() == rows[2]["assessment"].encode() == engine.answer(engine.read(good)).body
    assert "calf_cramp" not in rows[1]["problem"]
