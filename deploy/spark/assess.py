"""The bulk job, which assesses a table of requests with Spark.

Its responses equal those of `POST /assess` byte for byte. spark-submit sets the master, memory and cores.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import triage_worker
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType
from triage_worker import REQUEST

_ROWS_AT_ONCE = 1000
"""An answer has some 10 KB, so Spark's default of 10,000 rows would be 100 MB of answers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job of a command line."""
    chosen = _parser().parse_args(arguments)
    # By default Spark starts its workers with any `python3`. On a cluster the submitter sets this variable.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("runner-triage").getOrCreate()
    try:
        assess(spark, chosen.input, chosen.output, chosen.format)
    finally:
        spark.stop()
    return 0


def assess(spark: SparkSession, source: str, target: str, format_: str) -> None:
    """Assess the requests in `source` and write them to `target`, which must not exist."""
    spark.sparkContext.addPyFile(triage_worker.__file__)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", _ROWS_AT_ONCE)
    if format_ == "parquet":
        _answered(_rows(spark, source)).write.parquet(target, mode="errorifexists")
    else:
        lines = _answered(_lines(spark, source)).select(_line())
        lines.write.mode("errorifexists").text(target)


def _line() -> Column:
    """Return a row as one line of `POST /assess/batch`, with an unchanged body."""
    assessment = f.concat(f.lit(',"assessment":'), "assessment")
    problem = f.concat(f.lit(',"problem":'), "problem")
    return f.concat(f.lit('{"status":'), f.col("status").cast("string"), f.coalesce(assessment, problem), f.lit("}"))


def _rows(spark: SparkSession, source: str) -> DataFrame:
    """Return the rows of a table with their ids, without other columns."""
    return _in_order(spark.read.parquet(source), "id", f.col(REQUEST).cast("binary").alias(REQUEST))


def _lines(spark: SparkSession, source: str) -> DataFrame:
    """Return one request per line."""
    return _in_order(spark.read.text(source, lineSep="\n"), f.col("value").cast("binary").alias(REQUEST))


def _in_order(read: DataFrame, *columns: Column | str) -> DataFrame:
    """Return the rows in the order of files and lines, in parts of similar size.

    Spark itself reads the largest blocks first, and a small file on one core. The sort comes before the assessment,
    while the rows are small.
    """
    place = "_metadata.file_path", "_metadata.file_block_start", f.monotonically_increasing_id()
    return read.select(*columns, f.struct(*place).alias("place")).orderBy("place").drop("place")


def _answered(requests: DataFrame) -> DataFrame:
    kept = [field for field in requests.schema if field.name != REQUEST]
    answers = triage_worker.answers_of(triage_worker.edition())
    return requests.mapInArrow(answers, StructType([*kept, *from_arrow_schema(triage_worker.ANSWERED)]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assess.py", description="Assess many requests with Spark, each as POST /assess would."
    )
    parser.add_argument("input", metavar="INPUT", help="a file or folder that Spark can read")
    parser.add_argument("output", metavar="OUTPUT", help="the folder to write, which must not exist")
    parser.add_argument("--format", choices=["parquet", "ndjson"], required=True, help="of the input and the output")
    return parser


if __name__ == "__main__":
    sys.exit(main())
