"""The samples of `openapi/clients/`: complete conversations in 30 lines."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.contract import SHIPPED

_CLIENTS = SHIPPED / "clients"
_README = (SHIPPED / "README.md").read_text(encoding="utf-8")
_MOST_LINES = 30
_YES = ("cramp_on_hills", "hills_new_or_increased")
_DANGER = ("leg_swollen", "hills_new_or_increased")
_GO = ("env", "GOPROXY=off", "GOTOOLCHAIN=local", "go", "run")


@pytest.fixture(scope="module")
def kotlin(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], tuple[str, ...]]:
    """Compile with the Kotlin kernel; return the command to run."""
    if shutil.which("java") is None:
        pytest.skip("java is missing and cannot be installed")
    jars = Path(str(distribution("kotlin-jupyter-kernel").locate_file("run_kotlin_kernel/jars")))
    libraries = ":".join(str(jar) for jar in jars.glob("*.jar") if jar.name.startswith(("kotlin-stdlib", "kotlinx")))

    def compiled(source: Path) -> tuple[str, ...]:
        classes = tmp_path_factory.mktemp("kotlin")
        compiler = ("java", "-cp", f"{jars}/*", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler")
        tools.passes(*compiler, "-no-stdlib", "-no-reflect", "-Werror", "-cp", libraries, "-d", classes, source)
        return ("java", "-cp", f"{classes}:{libraries}", "ConversationKt")

    return compiled


def _level(address: str, yes: tuple[str, ...]) -> tuple[str, str, int]:
    """The level and advice of the conversation, and its calls."""
    findings: dict[str, bool] = {"calf_cramp": True}
    not_known: list[str] = []
    for calls in range(1, 9):
        report = {"runner": {"age_years": 34}, "findings": findings, "not_known": not_known}
        last = httpx.post(f"{address}/assess", json=report).raise_for_status().json()
        if last["interview"]["should_stop"]:
            return last["triage"]["level"], last["triage"]["advice"], calls
        for item in (item for group in last["interview"]["groups"] for item in group["items"]):
            if item.get("kind", "boolean") == "boolean":
                findings[item["id"]] = item["id"] in yes
            else:
                not_known.append(item["id"])
    raise AssertionError("the conversation does not end")


@pytest.mark.parametrize("yes", [_YES, _DANGER], ids=["benign", "danger"])
@pytest.mark.parametrize("name", ["conversation.py", "conversation.ts", "conversation.go", "Conversation.kt"])
def test_a_sample_prints_the_level_of_the_service(  # noqa: PLR0913, PLR0917 (fixtures)
    name: str, yes: tuple[str, ...], tools: Any, live: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each unchanged sample prints the level and advice of the last response, also with other answers."""
    text = (_CLIENTS / name).read_text(encoding="utf-8")
    assert text.count(_YES[0]) == 1
    source = tmp_path / name
    source.write_text(text.replace(_YES[0], yes[0]), encoding="utf-8")
    commands: dict[str, Callable[[], tuple[Any, ...]]] = {
        ".py": lambda: (sys.executable, source),
        ".ts": lambda: ("node", source),
        ".go": lambda: (*_GO, source),
        ".kt": lambda: request.getfixturevalue("kotlin")(source),
    }
    level, advice, calls = _level(live, yes)
    assert calls > 1
    assert tools.passes(*commands[source.suffix](), live, cwd=tmp_path).splitlines()[-1] == f"{level}: {advice}"


def test_the_answers_decide_the_level(live: str) -> None:
    """The two sets of answers get different levels, so a sample could print a wrong one."""
    assert _level(live, _YES)[0] != _level(live, _DANGER)[0]


def test_the_typescript_sample_compiles_strictly(tools: Any, tmp_path: Path) -> None:
    """The types of the sample hold under the strict compiler."""
    sources = Path(__file__).with_name("typescript")
    for file in (_CLIENTS / "conversation.ts", sources / "node.d.ts", sources / "tsconfig.json"):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(tools.node_modules)
    tools.passes("tsc", "-p", tmp_path)


def test_the_go_sample_is_vetted(tools: Any, tmp_path: Path) -> None:
    """`go vet` reports nothing."""
    tools.passes(*_GO[:-1], "vet", _CLIENTS / "conversation.go", cwd=tmp_path)


def test_a_sample_is_short() -> None:
    """Each sample has at most 30 lines of at most 120 characters."""
    samples = {file.name: file.read_text(encoding="utf-8").splitlines() for file in _CLIENTS.iterdir()}
    assert len(samples) == 5
    assert {name: len(lines) for name, lines in samples.items() if len(lines) > _MOST_LINES} == {}
    assert [name for name, lines in samples.items() if max(map(len, lines)) > 120] == []


def test_the_sample_that_is_not_executed_is_marked() -> None:
    """Without a Swift compiler, the sample's first line and the README state that it is not executed."""
    first = {file.name: file.read_text(encoding="utf-8").splitlines()[0] for file in _CLIENTS.iterdir()}
    assert [name for name, line in first.items() if "not executed" in line] == ["conversation.swift"]
    (row,) = [line for line in _README.splitlines() if "conversation.swift" in line]
    assert "not executed" in row
