"""The promises of `docs/data-protection.md` about a running service."""

from __future__ import annotations

import contextlib
import json
import re
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

REPORT = b'{"findings": {"ache": true, "temp": 43.2109876}}'
PLANTED = ("43.2109876", "203.0.113.77")


@pytest.fixture
def core_dumps_allowed() -> Iterator[None]:
    """Allow core dumps up to the hard limit for child processes."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] == 0:
        pytest.skip("core dumps are disabled here, so a limit of 0 proves nothing")
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


def _processes(service: Any) -> list[Path]:
    """The `/proc` folders of the service's process and its workers."""
    parent = Path(f"/proc/{service.process.pid}")
    children = (parent / "task" / parent.name / "children").read_text(encoding="ascii").split()
    return [parent, *(parent.with_name(pid) for pid in children)]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.usefixtures("core_dumps_allowed")
def test_no_process_writes_its_memory_into_a_core_dump(start: Callable[..., Any], workers: str) -> None:
    """The core size limit is 0 in the serving process and in each worker, whatever limit they inherit."""
    service = start(workers=workers)
    processes = _processes(service)
    assert len(processes) >= int(workers)
    for process in processes:
        limits = (process / "limits").read_text(encoding="ascii")
        assert re.search(r"^Max core file size +0 ", limits, re.MULTILINE), limits
    assert service.stop() == 0


def _open_files(process: Path) -> Iterator[str]:
    """The open files of a process, without devices."""
    for descriptor in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed in between
            target = str(descriptor.readlink())
            if target.startswith("/") and not target.startswith("/dev/"):
                yield target


def test_nothing_of_a_request_is_in_a_file(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service writes only its log and its counters, and neither holds a value or an address."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    service = start(workers="2", rate_limit="1000/hour", proxies="1")
    headers = {"content-type": "application/json", "x-forwarded-for": "203.0.113.77"}
    url = f"http://127.0.0.1:{service.port}/assess"
    sent = {"": REPORT, "/batch": b"[" + REPORT + b"]", "?explain=full": REPORT, "?": REPORT + b"x"}
    statuses = [httpx.post(url + path, content=body, headers=headers).status_code for path, body in sent.items()]
    assert statuses == [200, 200, 200, 400]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for path in written:
        name = str(path.relative_to(tmp_path))
        assert re.fullmatch(r"triage-metrics-\w+/(counter|histogram|gauge_\w+)_\d+\.db", name)
    texts = [path.read_bytes().decode("latin-1") for path in (*written, service.log_file)]
    assert [planted for planted in PLANTED for text in texts if planted in text] == []
    open_files = {target for process in _processes(service) for target in _open_files(process)}
    assert open_files <= {str(service.log_file), *map(str, written)}
    assert service.stop() == 0
    assert list(tmp_path.iterdir()) == []
    assert all(json.loads(line) for line in service.log_file.read_text().splitlines())
