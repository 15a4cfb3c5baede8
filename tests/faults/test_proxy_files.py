"""nginx with the configuration of `docs/data-protection.md` stores no body."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_port
from tests.waiting import until

PAGE = Path(__file__).parents[2] / "docs" / "data-protection.md"
BUFFERED = re.compile(r"(request body|upstream response) is buffered to a temporary file")
LINE = b'{"findings": {"ache": true}}\n'


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Callable[[str, int], tuple[int, Path]]]:
    """Start nginx with these locations; return its port and error log."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is missing and cannot be installed")
    processes: list[subprocess.Popen[bytes]] = []

    def start(locations: str, upstream: int) -> tuple[int, Path]:
        port = free_port()
        (tmp_path / "logs").mkdir(exist_ok=True)
        temporary = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(
            f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/errors warn;\n"
            f"events {{}}\nhttp {{ access_log off; client_max_body_size 8m; {temporary}\n"
            f"upstream triage {{ server 127.0.0.1:{upstream}; }}\n"
            f"server {{ listen 127.0.0.1:{port} sndbuf=128k;\n{locations}\n}} }}\n"
        )
        processes.append(
            subprocess.Popen([program, "-p", str(tmp_path), "-e", f"{tmp_path}/errors", "-c", str(configuration)])
        )
        until(lambda: _listens(port), "nginx does not start")
        return port, tmp_path / "errors"

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _send_long_bodies(port: int) -> None:
    """Send a 64 KiB report, a 2 MiB array and a stream."""
    url = f"http://127.0.0.1:{port}/assess"
    report = {"content-type": "application/json"}
    assert httpx.post(url, content=LINE.strip().ljust(65_536), headers=report).status_code == 200
    array = b"[" + b",".join([LINE.strip().ljust(2_000)] * 1_000) + b"]"
    small = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)])
    with (
        httpx.Client(transport=small, timeout=60) as client,
        client.stream("POST", f"{url}/batch", content=array, headers=report) as response,
    ):
        assert response.status_code == 200
        parts = response.iter_raw(65_536)
        next(parts)
        time.sleep(1)  # a slow client, for which a proxy buffers the response
        assert sum(len(part) for part in parts) > 100_000
    lines = (LINE for _ in range(5_000))
    stream = httpx.post(f"{url}/batch", content=lines, headers={"content-type": "application/x-ndjson"}, timeout=60)
    assert stream.content.count(b"\n") == 5_000


def test_no_body_is_written_to_a_file_as_the_page_configures_nginx(
    serve: Callable[..., Any], nginx: Callable[[str, int], tuple[int, Path]]
) -> None:
    """With the page's configuration nginx does not warn that it buffers a body to a temporary file."""
    (locations,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    port, errors = nginx(locations, serve().port)
    _send_long_bodies(port)
    assert BUFFERED.findall(errors.read_text()) == []


def test_nginx_writes_bodies_to_files_by_default(
    serve: Callable[..., Any], nginx: Callable[[str, int], tuple[int, Path]]
) -> None:
    """Without the page's configuration nginx logs the warnings that the test above excludes."""
    port, errors = nginx("location / { proxy_pass http://triage; }", serve().port)
    _send_long_bodies(port)
    assert set(BUFFERED.findall(errors.read_text())) == {"request body", "upstream response"}
