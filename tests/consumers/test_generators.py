"""Clients in seven languages by OpenAPI Generator; Java and Go run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import openapi_generator_cli
import pytest

from service.contract import SHIPPED
from tests.consumers.report import holds_the_conversation

_SOURCES = Path(__file__).parent
_JAR = Path(openapi_generator_cli.__file__).with_name("openapi-generator.jar")
_README = (SHIPPED / "README.md").read_text(encoding="utf-8")
_ROWS: dict[str, str] = dict(re.findall(r"^\| .+ \| `([a-z][a-z0-9-]+)` \| `(\S+)` \|$", _README, re.MULTILINE))
_SUFFIXES = {".java", ".kt", ".swift", ".go", ".cs", ".ts", ".py"}
_UNKNOWN = "unknown_default_open_api"
_LANGUAGES = ("java", "kotlin", "swift6", "go", "csharp", "typescript-fetch", "python")
# Offline, and with the compiler of the wheel.
_GO = ("env", "GOPROXY=off", "GOTOOLCHAIN=local", "GOFLAGS=-mod=mod", "go")
_NOT_A_CLIENT = "modelTests=false,apiTests=false,modelDocs=false,apiDocs=false"


def _generate(tools: Any, language: str, folder: Path) -> str:
    """Run the command of the README for one language."""
    command = tools.command("openapi-generator-cli")
    assert command[1:4] == ["generate", "-g", "java"]
    changed = {"java": language, _ROWS["java"]: _ROWS[language], "triage-java": str(folder)}
    words = [changed.get(word, word) for word in command]
    said: str = tools.passes(*words, "--global-property", _NOT_A_CLIENT)
    return said


@pytest.fixture(scope="session")
def clients(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The generated client of each language."""
    if shutil.which("java") is None:
        pytest.skip("java is missing and cannot be installed")
    folder = tmp_path_factory.mktemp("generated")
    for language in _LANGUAGES:
        said = _generate(tools, language, folder / language)
        assert "ERROR" not in said, said
    return {language: folder / language for language in _LANGUAGES}


def _file(client: Path, schema: str) -> str:
    """The generated file of a schema, by the language's naming."""
    (file,) = [file for file in client.rglob("*") if file.suffix in _SUFFIXES and _bare(file.stem) == schema.lower()]
    return file.read_text(encoding="utf-8")


def _bare(stem: str) -> str:
    return stem.removeprefix("model_").replace("_", "").lower()


def test_the_readme_lists_every_language() -> None:
    """The tested options are those in the README."""
    assert tuple(_ROWS) == _LANGUAGES


# The type of a map from a string to any value in each language.
_MAPS = {
    "java": "Map<String, Object> findings",
    "kotlin": "findings: kotlin.collections.Map<kotlin.String, kotlin.Any>?",
    "swift6": "findings: [String: JSONValue]?",
    "go": "Findings map[string]interface{} `json:",
    "csharp": "Dictionary<string, Object>? Findings",
    "typescript-fetch": "findings?: { [key: string]: any; } | null;",
    "python": "findings: Optional[Dict[str, Any]] = Field(",
}


@pytest.mark.parametrize("language", _LANGUAGES)
def test_findings_are_a_map_in_every_client(language: str, clients: dict[str, Path]) -> None:
    """A client can answer an id that it receives at run time."""
    assert _MAPS[language] in _file(clients[language], "AssessmentRequest")


# A nullable named enum, a list of strings, and a telemetry object in each language.
_SIGNATURES = {
    "java": ("StopReason getStopReason()", "List<String> getNotKnown()", "Training getTraining()"),
    "kotlin": ("stopReason: StopReason?", "notKnown: kotlin.collections.List<kotlin.String>?", "training: Training?"),
    "swift6": ("stopReason: StopReason?", "notKnown: [String]?", "training: Training?"),
    "go": ("StopReason NullableStopReason", "NotKnown []string", "Training NullableTraining"),
    "csharp": ("StopReason? StopReason", "List<string>? NotKnown", "Training? Training"),
    "typescript-fetch": ("stopReason: StopReason | null", "notKnown?: Array<string> | null", "training?: Training"),
    "python": (
        "stop_reason: Optional[StopReason]",
        "not_known: Optional[List[StrictStr]]",
        "training: Optional[Training]",
    ),
}


@pytest.mark.parametrize("language", _LANGUAGES)
def test_generated_signatures_are_plain(language: str, clients: dict[str, Path]) -> None:
    """Enums have names, null is optional, and telemetry has its class, without untyped values."""
    stop_reason, not_known, training = _SIGNATURES[language]
    assert stop_reason in _file(clients[language], "Interview")
    request = _file(clients[language], "AssessmentRequest")
    assert not_known in request
    assert training in request


@pytest.mark.parametrize("language", _LANGUAGES)
def test_no_class_has_a_made_up_name(language: str, clients: dict[str, Path]) -> None:
    """Every schema has its own name, so no class is named after its place in the document."""
    made_up = re.compile(r"(AnyOf|OneOf|AllOf|Inner|Enum|200Response|Type0)(\d|$)")
    assert [file.name for file in clients[language].rglob("*") if made_up.search(file.stem)] == []


@pytest.mark.parametrize("language", [language for language in _LANGUAGES if language != "typescript-fetch"])
def test_the_option_adds_a_case_for_an_unknown_value(language: str, clients: dict[str, Path]) -> None:
    """With `enumUnknownDefaultCase` a client has a case for an unknown level; TypeScript needs none."""
    assert _UNKNOWN in _file(clients[language], "Level")


@pytest.fixture(scope="session")
def java(tools: Any, clients: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The Java command with the compiled client and generator's libraries."""
    if shutil.which("javac") is None:
        pytest.skip("javac is missing and cannot be installed")
    classes = tmp_path_factory.mktemp("java")
    annotation = _SOURCES / "java" / "javax" / "annotation" / "Generated.java"
    sources = [*clients["java"].rglob("src/main/**/*.java"), annotation]
    tools.passes("javac", "-proc:none", "-nowarn", "-d", classes, "-cp", _JAR, *sources)
    return ("-proc:none", "-d", str(classes), "-cp", f"{classes}:{_JAR}")


def test_a_java_client_holds_the_conversation(tools: Any, java: tuple[str, ...], live: str) -> None:
    """Three calls, a batch with a rejected item, a rejected misspelling and a new level."""
    tools.passes("javac", *java, _SOURCES / "java" / "Conversation.java")
    said = tools.passes("java", *java[-2:], "Conversation", live)
    holds_the_conversation(json.loads(said), unknown_level=_UNKNOWN)


def test_java_rejects_a_misspelt_red_flag(tools: Any, java: tuple[str, ...]) -> None:
    """With the typed setters, a misspelling is a compile error."""
    ended = tools.run("javac", *java, _SOURCES / "java" / "Wrong.java")
    assert ended.returncode != 0
    assert "swellingOneLegs" in ended.stderr


@pytest.fixture(scope="session")
def go(clients: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Go module with the generated client inside."""
    module = tmp_path_factory.mktemp("go")
    ignore = shutil.ignore_patterns("go.mod", "go.sum", "test")
    shutil.copytree(clients["go"], module / "client", ignore=ignore)
    (module / "go.mod").write_text("module triage.test\n\ngo 1.23\n", encoding="utf-8")
    for file in (_SOURCES / "go").iterdir():
        shutil.copy(file, module)
    return module


def test_a_go_client_holds_the_conversation(tools: Any, go: Path, live: str) -> None:
    """Three calls, a batch with a rejected item, a rejected misspelling and a new level."""
    tools.passes(*_GO, "build", "-o", "conversation", "conversation.go", cwd=go)
    holds_the_conversation(json.loads(tools.passes(go / "conversation", live, cwd=go)), unknown_level=_UNKNOWN)


def test_go_rejects_a_misspelt_red_flag(tools: Any, go: Path) -> None:
    """With the typed setters, a misspelling is a compile error."""
    ended = tools.run(*_GO, "build", "-o", "wrong", "wrong.go", cwd=go)
    assert ended.returncode != 0
    assert "SetSwellingOneLegs" in ended.stderr
