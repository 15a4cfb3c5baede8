"""What the README claims is what happens."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED
from service.review import vignettes
from service.review.scorecard import score

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _README, re.DOTALL | re.MULTILINE)


def _curl() -> list[str]:
    (command,) = [block for block in _blocks("bash") if block.startswith("curl")]
    return shlex.split(command)


def _missing(part: Any, whole: Any, path: str = "") -> list[str]:
    """The paths at which `part` says something that `whole` does not; a list may leave items out at its end."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return [fault for name in part for fault in _missing(part[name], whole.get(name), f"{path}/{name}")]
    if isinstance(part, list) and isinstance(whole, list) and len(part) <= len(whole):
        pairs = zip(part, whole, strict=False)
        return [fault for number, (a, b) in enumerate(pairs) for fault in _missing(a, b, f"{path}/{number}")]
    return [] if part == whole else [path]


def test_the_example_s_output_is_the_real_one(engine: Engine) -> None:
    """Each value that the README shows of the answer stands at the same place in the real answer."""
    body = _curl()[_curl().index("-d") + 1].encode()
    answer = json.loads(engine.answer(engine.read(body)).body)
    (shown,) = _blocks("json")
    assert _missing(json.loads(shown), answer) == []


def test_the_example_posts_json_to_the_served_route() -> None:
    """The curl command names the route, the port that `make run` serves, and the media type."""
    assert "http://127.0.0.1:8000/assess" in _curl()
    assert "Content-Type: application/json" in _curl()


def test_the_command_line_gives_the_bytes_of_the_api(engine: Engine, tmp_path: Path) -> None:
    """`service assess request.json` and `service assess -` print what the API answers to the same body."""
    body = _curl()[_curl().index("-d") + 1].encode()
    expected = engine.answer(engine.read(body)).body
    request = tmp_path / "request.json"
    request.write_bytes(body)
    for argument, sent in ((str(request), None), ("-", body)):
        command = [sys.executable, "-m", "service", "assess", argument]
        run = subprocess.run(command, input=sent, capture_output=True, check=True, cwd=_ROOT)
        assert expected == run.stdout.removesuffix(b"\n")


@pytest.mark.parametrize("command", ["check", "openapi"])
def test_the_other_commands_succeed(command: str) -> None:
    """The commands that the README names exist and end well on the shipped knowledge."""
    run = subprocess.run([sys.executable, "-m", "service", command], capture_output=True, check=False, cwd=_ROOT)
    assert run.returncode == 0, run.stderr


def test_the_make_targets_named_exist() -> None:
    """Every `make` verb that the README and the contributor's page name is one of the Makefile's."""
    pages = _README + (_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`?\bmake ([a-z]+)", " ".join(re.findall(r"`[^`]+`|^make .*$", pages, re.MULTILINE))))
    targets = set(re.findall(r"^([a-z]+):", (_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


def test_the_map_of_the_house_is_the_house() -> None:
    """Each module and folder that the map shows under `service/` exists, and none is left out."""
    shown = set(re.findall(r"^  ([a-z_]+(?:\.py|/))", _README, re.MULTILINE)) | {"cli.py"}
    there = {
        f"{p.name}/" if p.is_dir() else p.name for p in (_ROOT / "service").iterdir() if not p.name.startswith("__")
    }
    assert there - {"py.typed"} == shown


def test_the_scorecard_shown_is_the_real_one(shipped: Knowledge) -> None:
    """The README's table of how well it answers is the one that `make scorecard` prints."""
    assert score(shipped, vignettes.read(SHIPPED, shipped)).table().strip() in _README
