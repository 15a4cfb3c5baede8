"""Batches from file to file, with equal bytes after any interruption."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.bulk.items import Items
from service.engine import Engine
from service.knowledge import loader

GOOD = b'{"findings": {"ache": true, "hot_run": %b}, "training": {"km": [10, %d]}}'
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    """Two thousand requests: 1 % invalid, one blank, no final line feed."""
    lines = [GOOD % ((b"true", b"false")[n % 2], n % 90) if n % 100 else b'{"findings": %d}' % n for n in range(2000)]
    file = tmp_path / "in.ndjson"
    file.write_bytes(b"\n\n".join((b"\n".join(lines[:900]), b"\n".join(lines[900:]))))
    return file


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "service", "assess", *map(str, arguments)]


@pytest.fixture
def environment(small_folder: Path) -> dict[str, str]:
    """Settings that name the small knowledge."""
    return os.environ | {"TRIAGE_KNOWLEDGE": str(small_folder)}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Run `triage assess` and return the completed process."""

    def runner(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            _command(*arguments), env=environment, capture_output=True, timeout=120, check=False, **options
        )

    return runner


@pytest.fixture
def expected(requests: Path, small_folder: Path) -> list[bytes]:
    """The engine's line for each valid request, else none."""
    engine = Engine(loader.load(small_folder))
    lines = [line for line in requests.read_bytes().split(b"\n") if line.strip()]
    items = Items(engine.read, engine.answer, 65_536)
    return [items.answer(line, "").line if n % 100 else b"" for n, line in enumerate(lines)]


def test_every_line_is_answered_in_order(run: Run, requests: Path, tmp_path: Path, expected: list[bytes]) -> None:
    """Each valid request has the engine's bytes, each invalid one a problem; the totals follow."""
    out = tmp_path / "out.ndjson"
    ended = run("--batch", requests, out)
    assert (ended.returncode, ended.stderr) == (0, b"2000 answered, 20 of them refused\n")
    answers = out.read_bytes().splitlines()
    assert len(answers) == 2000
    for place, (answer, wanted) in enumerate(zip(answers, expected, strict=True)):
        assert answer == wanted or (not wanted and b'"instance":"item/%d"' % place in answer)


def test_standard_streams_give_the_same(run: Run, requests: Path, tmp_path: Path) -> None:
    """IN and OUT may be pipes, and `--explain` applies."""
    out = tmp_path / "out.ndjson"
    run("--batch", requests, out)
    assert run("--batch", "-", "-", input=requests.read_bytes()).stdout == out.read_bytes()
    (explained,) = run("--explain", "full", "--batch", "-", "-", input=GOOD % (b"true", 9)).stdout.splitlines()
    assert b'"explanation":{' in explained


@pytest.mark.parametrize("kept", [0, 1, 2_000, 3_001, 100_000, 1_000_000, -1, -2])
def test_an_interrupted_run_is_resumed(run: Run, requests: Path, tmp_path: Path, kept: int) -> None:
    """A resumed run completes the file, wherever it was cut, without a lost or repeated item."""
    out = tmp_path / "out.ndjson"
    run("--batch", requests, out)
    whole = out.read_bytes()
    out.write_bytes(whole[:kept])
    held = whole[:kept].count(b"\n")
    ended = run("--batch", requests, out)
    assert out.read_bytes() == whole
    assert ended.returncode == 0
    assert ended.stderr.startswith(b"%d answered" % (2000 - held))
    assert (b"; %d answered before" % held in ended.stderr) is (held > 0)


def _children(process: subprocess.Popen[bytes]) -> list[str]:
    """The children of a process."""
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


def _runs(process: str) -> bool:
    """Whether a process runs; a zombie has no command."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False


def test_a_killed_run_leaves_no_process_behind(environment: dict[str, str], tmp_path: Path, requests: Path) -> None:
    """The workers exit when their run is killed."""
    many = tmp_path / "many"
    many.write_bytes(requests.read_bytes() * 200)
    killed = subprocess.Popen(_command("--batch", many, tmp_path / "out"), env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while len(workers := _children(killed)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    while any(_runs(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_run_is_resumed(environment: dict[str, str], run: Run, requests: Path, tmp_path: Path) -> None:
    """A run that is killed repeatedly with all its processes ends with the same file."""
    many, whole, out = (tmp_path / name for name in ("many", "whole.ndjson", "out.ndjson"))
    many.write_bytes(requests.read_bytes() * 10)
    run("--batch", many, whole)
    for written in (-1, 0, 1_000_000, 3_000_000):
        cut_off = subprocess.Popen(
            _command("--batch", many, out), env=environment, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while cut_off.poll() is None and (not out.exists() or out.stat().st_size <= written):
            time.sleep(0.001)
        os.killpg(cut_off.pid, signal.SIGKILL)
        assert cut_off.wait() == -signal.SIGKILL
    assert run("--batch", many, out).returncode == 0
    assert out.read_bytes() == whole.read_bytes()


def test_a_file_of_other_answers_is_not_resumed(run: Run, requests: Path, tmp_path: Path) -> None:
    """A file of other requests, other options or too many lines is left unchanged."""
    out = tmp_path / "out.ndjson"
    run("--batch", requests, out)
    whole = out.read_bytes()
    few = tmp_path / "few.ndjson"
    few.write_bytes(b"\n".join(requests.read_bytes().splitlines()[:10]))
    changed = tmp_path / "changed.ndjson"
    changed.write_bytes(requests.read_bytes().replace(b"[10, 3]", b"[10, 4]"))
    first = tmp_path / "first.ndjson"
    first.write_bytes(GOOD % (b"true", 1) + requests.read_bytes())
    for arguments in (["--batch", few, out], ["--batch", first, out], ["--explain", "full", "--batch", requests, out]):
        ended = run(*arguments)
        assert (ended.returncode, out.read_bytes()) == (1, whole)
        assert b"out.ndjson: does not match the answers to these requests by this knowledge" in ended.stderr


def test_refusals_do_not_hide_another_way(run: Run, tmp_path: Path) -> None:
    """If the first and the last requests are refused, whose lines never differ, lines in between are compared."""
    requests, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    requests.write_bytes(b"{}\n" + GOOD % (b"true", 9) + b"\n{}\n" + GOOD % (b"true", 8))
    run("--batch", requests, out)
    held = b"".join(out.read_bytes().splitlines(keepends=True)[:3])
    out.write_bytes(held)
    assert run("--explain", "full", "--batch", requests, out).returncode == 1
    assert out.read_bytes() == held
    out.unlink()
    run("--explain", "full", "--batch", requests, out)
    explained = out.read_bytes()
    assert run("--batch", requests, out).returncode == 1
    assert out.read_bytes() == explained


@pytest.mark.parametrize("moment", ["start", "midst"])
def test_ctrl_c_ends_a_run_in_one_line(
    environment: dict[str, str], run: Run, requests: Path, tmp_path: Path, moment: str
) -> None:
    """Ctrl-C ends all processes with one line of output, and the next run resumes."""
    many, out = tmp_path / "many", tmp_path / "out"
    many.write_bytes(requests.read_bytes() * 20)
    default_sigint = ["env", "--default-signal=INT"]  # a background process of a shell ignores SIGINT
    stopped = subprocess.Popen(
        [*default_sigint, *_command("--batch", many, out)],
        env=environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while len(_children(stopped)) < 2 or (moment == "midst" and not out.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    os.killpg(stopped.pid, signal.SIGINT)
    assert stopped.communicate(timeout=30)[1] == b"stopped\n"
    assert stopped.returncode == 130
    held = out.read_bytes().count(b"\n")
    ended = run("--batch", many, out)
    assert ended.returncode == 0
    assert (b"; %d answered before" % held in ended.stderr) is (held > 0)


def test_two_runs_do_not_write_one_file(run: Run, requests: Path, tmp_path: Path) -> None:
    """The second run exits with an error and leaves the file unchanged."""
    out = tmp_path / "out.ndjson"
    with out.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ended = run("--batch", requests, out)
    assert (ended.returncode, ended.stderr) == (1, b"%b: another run is writing it\n" % bytes(out))
    assert out.read_bytes() == b""


def test_a_run_on_a_full_disk_is_reported_and_resumed(run: Run, requests: Path, tmp_path: Path) -> None:
    """A run on a full disk fails with a message, and the next run completes the file."""
    whole, out = tmp_path / "whole.ndjson", tmp_path / "out.ndjson"
    run("--batch", requests, whole)

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    ended = run("--batch", requests, out, preexec_fn=small)
    assert ended.returncode == 1
    assert b"File too large" in ended.stderr
    assert out.stat().st_size <= 500_000
    assert run("--batch", requests, out).returncode == 0
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("arguments", [[], ["a.json", "--batch", "in", "out"]])
def test_one_file_or_a_batch(run: Run, arguments: list[str]) -> None:
    """Neither or both of FILE and `--batch` is an error."""
    ended = run(*arguments)
    assert ended.returncode == 2
    assert b"give one FILE, or --batch IN OUT" in ended.stderr


@pytest.mark.parametrize("content", [b"a note of mine", b"a note of mine\n", b"one\ntwo", b'{"triage":{"level":"x'])
def test_a_file_of_something_else_stays_as_it_is(run: Run, requests: Path, tmp_path: Path, content: bytes) -> None:
    """A file with other content is left unchanged, even if its last line is incomplete."""
    out = tmp_path / "mine.txt"
    out.write_bytes(content)
    assert run("--batch", requests, out).returncode == 1
    assert out.read_bytes() == content


def test_standard_output_may_be_a_file(run: Run, environment: dict[str, str], requests: Path, tmp_path: Path) -> None:
    """Standard output may be a write-only file with content."""
    whole, out = tmp_path / "whole.ndjson", tmp_path / "out.ndjson"
    run("--batch", requests, whole)
    out.write_bytes(b"before\n")
    with out.open("ab") as file:
        ended = subprocess.run(
            _command("--batch", requests, "-"), env=environment, stdout=file, stderr=subprocess.PIPE, check=False
        )
    assert (ended.returncode, out.read_bytes()) == (0, b"before\n" + whole.read_bytes())
