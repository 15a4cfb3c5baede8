"""The job, started by the commands of its README."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from service.engine import Engine
from service.knowledge.loader import load
from tests.spark.conftest import JOB, ROOT, Reply, reply

README = (JOB / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"^```bash\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    for line in block.replace("\\\n", "").splitlines()
]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(local: dict[str, str], tmp_path: Path) -> Run:
    """Run the README's local command, with settings for Spark."""

    def ran(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
        (command,) = [words for words in COMMANDS if words[0] == ".venv/bin/python"]
        _, script, *arguments = command
        lines = [f"{name} {value}\n" for name, value in (local | settings).items()]
        (tmp_path / "spark-defaults.conf").write_text("".join(lines))
        foreign = ("TRIAGE_", "SPARK_", "PYSPARK_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return subprocess.run(
            [sys.executable, str(ROOT / script), *arguments],
            env=kept | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return ran


def test_lines_in_lines_out(run: Run, replies: dict[bytes, Reply], tmp_path: Path) -> None:
    """The README's command answers each line at its place, and its log has no content of a request."""
    bodies = list(replies)
    (tmp_path / "requests.ndjson").write_bytes(b"".join(body + b"\n" for body in bodies))
    ended = run({})
    assert ended.returncode == 0, ended.stderr
    lines = b"".join(part.read_bytes() for part in sorted((tmp_path / "answers").glob("part-*"))).splitlines()
    items = [msgspec.json.decode(line, type=dict[str, msgspec.Raw]) for line in lines]
    assert [replies[body] for body in bodies] == [
        reply(int(bytes(item["status"])), bytes(item["assessment"] if "assessment" in item else item["problem"]))
        for item in items
    ]
    assert "calf_cramp" not in ended.stdout + ended.stderr


def test_two_knowledges_never_meet_in_one_output(run: Run, engine: Engine, small_folder: Path, tmp_path: Path) -> None:
    """If a worker has another knowledge than the driver, the job fails, names both, and writes no results."""
    (tmp_path / "requests.ndjson").write_bytes(b'{"findings": {"calf_cramp": true}}\n' * 100)
    ended = run({"spark.executorEnv.TRIAGE_KNOWLEDGE": str(small_folder)})
    assert ended.returncode != 0
    assert "TwoEditions" in ended.stderr
    assert engine.digest in ended.stderr
    assert load(small_folder).digest in ended.stderr
    assert list(tmp_path.glob("answers/part-*")) == []
    assert not (tmp_path / "answers" / "_SUCCESS").exists()
    assert "calf_cramp" not in ended.stdout + ended.stderr


@pytest.mark.usefixtures("job")
def test_the_readme_names_existing_options() -> None:
    """The columns, files and options in the README are the job's."""
    import triage_worker  # noqa: PLC0415 (found beside the job)

    for column in ("id", triage_worker.REQUEST, *triage_worker.ANSWERED.names, triage_worker.TwoEditions.__name__):
        assert f"`{column}`" in README
    (submitted,) = [words for words in COMMANDS if "spark-submit" in words]
    for word in (word for words in COMMANDS for word in words if word.startswith(("deploy/", "requirements"))):
        assert (ROOT / word).is_file()
    options = [words for words in COMMANDS if "--format" in words]
    assert {words[words.index("--format") + 1] for words in options} == {"parquet", "ndjson"}
    assert str(Path(triage_worker.__file__).relative_to(ROOT)) in submitted
