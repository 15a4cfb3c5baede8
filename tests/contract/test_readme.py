"""The README and the pages in `docs/` match the service."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from itertools import pairwise
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
_DOCS = _ROOT / "docs"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _README, re.DOTALL | re.MULTILINE)


def _calls() -> list[list[str]]:
    """The curl commands, in order."""
    return [shlex.split(block) for block in _blocks("bash") if block.startswith("curl")]


def _body(call: list[str]) -> bytes:
    return (_ROOT / call[call.index("-d") + 1].removeprefix("@")).read_bytes()


def _missing(part: Any, whole: Any, path: str = "") -> list[str]:
    """The paths where `part` differs from `whole`; a list may end early."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return [fault for name in part for fault in _missing(part[name], whole.get(name), f"{path}/{name}")]
    if isinstance(part, list) and isinstance(whole, list) and (part or not whole) and len(part) <= len(whole):
        pairs = zip(part, whole, strict=False)
        return [fault for number, (a, b) in enumerate(pairs) for fault in _missing(a, b, f"{path}/{number}")]
    return [] if part == whole else [path]


def test_the_conversation_shown_is_the_real_one(engine: Engine) -> None:
    """The README shows three calls, and each value that it shows is in the real response."""
    shown = [json.loads(block) for block in _blocks("json")]
    responses = [json.loads(engine.answer(engine.read(_body(call))).body) for call in _calls()]
    assert [_missing(part, whole) for part, whole in zip(shown, responses, strict=True)] == [[], [], []]
    assert [response["interview"]["should_stop"] for response in responses] == [False, False, True]
    assert all(len(block.splitlines()) <= 20 for block in _blocks("json"))


def test_each_call_answers_the_previous_response(engine: Engine) -> None:
    """The second and the third request contain the previous one and an answer for each item of its response."""
    bodies = [json.loads(_body(call)) for call in _calls()]
    for before, after in pairwise(bodies):
        response = json.loads(engine.answer(engine.read(json.dumps(before).encode())).body)
        asked = {item["id"] for group in response["interview"]["groups"] for item in group["items"]}
        answered = after["findings"].keys() | set(after.get("not_known", ()))
        assert answered == asked | before["findings"].keys() | set(before.get("not_known", ()))
        assert before["findings"].items() <= after["findings"].items()


def test_the_examples_post_json_to_the_served_route() -> None:
    """Each curl command has the route, the port of `make run`, and the media type."""
    for call in _calls():
        assert "http://127.0.0.1:8000/assess" in call
        assert "Content-Type: application/json" in call


def test_the_command_line_gives_the_bytes_of_the_api(engine: Engine, tmp_path: Path) -> None:
    """`assess FILE` and `assess -` print the bytes of the API's response."""
    body = _body(_calls()[0])
    expected = engine.answer(engine.read(body)).body
    request = tmp_path / "request.json"
    request.write_bytes(body)
    for argument, sent in ((str(request), None), ("-", body)):
        command = [sys.executable, "-m", "service", "assess", argument]
        run = subprocess.run(command, input=sent, capture_output=True, check=True, cwd=_ROOT)
        assert expected == run.stdout.removesuffix(b"\n")


@pytest.mark.parametrize("command", ["check", "openapi"])
def test_the_other_commands_succeed(command: str) -> None:
    """The commands on the pages succeed on the shipped knowledge."""
    run = subprocess.run([sys.executable, "-m", "service", command], capture_output=True, check=False, cwd=_ROOT)
    assert run.returncode == 0, run.stderr


def test_each_command_of_the_page_exists() -> None:
    """`docs/cli.md` lists exactly the commands of the program."""
    page = (_DOCS / "cli.md").read_text(encoding="utf-8")
    listed = {name.split()[0] for name in re.findall(r"^\| `([a-z]+[^`]*)` \|", page, re.MULTILINE)}
    run = subprocess.run(
        [sys.executable, "-m", "service", "--help"], capture_output=True, check=True, cwd=_ROOT, text=True
    )
    commands = re.findall(r"^    ([a-z]+)(?: |$)", run.stdout, re.MULTILINE)
    assert listed == set(commands)


def test_the_make_targets_named_exist() -> None:
    """Every `make` target on a page is in the Makefile."""
    files = [_ROOT / "README.md", _ROOT / "CONTRIBUTING.md", *_DOCS.glob("*.md")]
    pages = "\n".join(file.read_text(encoding="utf-8") for file in files)
    named = set(re.findall(r"`?\bmake ([a-z]+)", " ".join(re.findall(r"`[^`]+`|^make .*$", pages, re.MULTILINE))))
    targets = set(re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


def test_the_pages_that_the_readme_names_exist() -> None:
    """The README is short and links to a page for each reader."""
    named = re.findall(r"`([\w./]+\.md)`", _README)
    assert named
    assert [page for page in named if not (_ROOT / page).is_file()] == []
    assert len(_README.encode()) <= 6_144


def test_the_screenshots_are_there_and_small() -> None:
    """Each image of the README is a file below 150 KB with alternative text, and there are no other images."""
    images = dict(re.findall(r'<img src="([^"]+)"[^>]* alt="([^"]+)"', _README))
    assert len(images) == 2
    assert {path: (_ROOT / path).stat().st_size < 150_000 for path in images} == dict.fromkeys(images, True)
    assert {f"docs/screenshots/{file.name}" for file in (_DOCS / "screenshots").iterdir()} == images.keys()


def test_the_scorecard_shown_is_the_real_one(shipped: Knowledge) -> None:
    """The table in `docs/quality.md` equals the output of `make scorecard`."""
    page = (_DOCS / "quality.md").read_text(encoding="utf-8")
    assert score(shipped, vignettes.read(SHIPPED, shipped)).table().strip() in page
