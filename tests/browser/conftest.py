"""Running services, a proxy in front, and an offline Chromium."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.processes import running, running_service
from tests.browser.try_page import Opened, opener
from tests.ports import free_port

_CHROMIUM = "/usr/bin/chromium"
_NGINX = "/usr/sbin/nginx"
_README = Path(__file__).parents[2] / "deploy" / "README.md"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
_PROXY = """
daemon off;
master_process off;
error_log stderr;
pid {folder}/pid;
events {{}}
http {{
    access_log off;
    proxy_temp_path {folder}/proxy;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
}}
"""


_STRIPPING, _PASSING_ON = re.findall(r"```nginx\n(.*?)```", _README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="session")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shipped service."""
    with running_service(tmp_path_factory.mktemp("direct")) as address:
        yield address


@pytest.fixture(scope="session")
def stripped(tmp_path_factory: pytest.TempPathFactory, direct: str) -> Iterator[str]:
    """The service below a prefix that nginx strips."""
    with _nginx(tmp_path_factory.mktemp("stripped"), _STRIPPING, direct) as address:
        yield f"{address}/triage"


@pytest.fixture(scope="session")
def passed_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with a prefix, which nginx passes on."""
    folder = tmp_path_factory.mktemp("passed_on")
    with (
        running_service(folder, TRIAGE_ROOT_PATH="/triage") as upstream,
        _nginx(folder, _PASSING_ON, upstream) as address,
    ):
        yield f"{address}/triage"


@pytest.fixture(params=["direct", "stripped", "passed_on"])
def address(request: pytest.FixtureRequest) -> str:
    """Each address of the service in turn."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium that resolves only this machine's names."""
    if shutil.which(_CHROMIUM) is None:
        pytest.skip(f"{_CHROMIUM} is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, direct: str) -> Iterator[Opened]:
    """Open `/try` of a shipped service."""
    yield from opener(chromium, direct)


@pytest.fixture
def opened_everywhere(chromium: Browser, address: str) -> Iterator[Opened]:
    """Open `/try` at each address of the service in turn."""
    yield from opener(chromium, address)


@contextmanager
def _nginx(folder: Path, locations: str, upstream: str) -> Iterator[str]:
    """An nginx with the README's locations, in front of `upstream`."""
    if shutil.which(_NGINX) is None:
        pytest.skip(f"{_NGINX} is missing")
    port = free_port()
    here = locations.replace("http://127.0.0.1:8000", upstream)
    (folder / "nginx.conf").write_text(_PROXY.format(folder=folder, port=port, locations=here), encoding="utf-8")
    command = [_NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with running(
        command, folder / "nginx.log", f"http://127.0.0.1:{port}", "/triage/docs", dict(os.environ)
    ) as address:
        yield address
