"""The job as an operator starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.engine import Engine
from service.knowledge.loader import load
from tests.spark.conftest import JOB, Reply, reply

Submit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def submit(local: dict[str, str]) -> Submit:
    """Starts the job with `spark-submit` and these settings besides those of every test."""

    def started(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        chosen = local | {name.replace("_", ".", 2): value for name, value in settings.items()}
        options = [part for name, value in chosen.items() for part in ("--conf", f"{name}={value}")]
        command = [str(Path(sys.executable).with_name("spark-submit")), *options, str(JOB / "assess.py"), *arguments]
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("TRIAGE_", "SPARK_", "PYSPARK_"))
        }
        environment = kept | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return started


def test_lines_in_lines_out(submit: Submit, replies: dict[bytes, Reply], tmp_path: Path) -> None:
    """`spark-submit assess.py IN OUT --format ndjson` answers each line, and writes nothing of it to its log."""
    bodies = list(replies)
    (tmp_path / "in.ndjson").write_bytes(b"".join(body + b"\n" for body in bodies))
    run = submit(str(tmp_path / "in.ndjson"), str(tmp_path / "out"), "--format", "ndjson")
    assert run.returncode == 0, run.stderr
    lines = b"".join(part.read_bytes() for part in sorted((tmp_path / "out").glob("part-*"))).splitlines()
    assert [replies[body].body for body in bodies] == [
        reply(replies[body].status, line).body for body, line in zip(bodies, lines, strict=True)
    ]
    assert "findings" not in run.stdout + run.stderr


def test_two_knowledges_never_meet_in_one_output(
    submit: Submit, engine: Engine, small_folder: Path, tmp_path: Path
) -> None:
    """Where a worker holds another knowledge than the driver, the job fails, names both, and leaves no answer."""
    (tmp_path / "in.ndjson").write_bytes(b'{"findings": {"calf_cramp": true}}\n' * 100)
    run = submit(
        str(tmp_path / "in.ndjson"),
        str(tmp_path / "out"),
        "--format",
        "ndjson",
        spark_executorEnv_TRIAGE_KNOWLEDGE=str(small_folder),
    )
    assert run.returncode != 0
    assert "TwoEditions" in run.stderr
    assert engine.digest in run.stderr
    assert load(small_folder).digest in run.stderr
    assert list(tmp_path.glob("out/part-*")) == []
    assert not (tmp_path / "out" / "_SUCCESS").exists()
