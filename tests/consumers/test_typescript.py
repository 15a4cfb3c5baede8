"""A TypeScript partner: generated types, compiled strictly, run in Node."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.consumers.report import holds_the_conversation

_SOURCES = Path(__file__).with_name("typescript")


@pytest.fixture(scope="module")
def project(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The partner's project with the types of the README's command."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(_SOURCES, folder, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(tools.node_modules)
    command = tools.command("openapi-typescript")
    tools.passes(*command[:-1], folder / command[-1])
    return folder


def test_the_conversation_compiles_strictly_and_runs(tools: Any, project: Path, live: str) -> None:
    """The client compiles, holds the conversation, and reads a batch with a rejected item and a rejected misspelling.

    The compiler rejects each mistake of `wrong.ts`, by its own expectation.
    """
    tools.passes("tsc", "-p", project)
    said = tools.passes("node", project / "built" / "conversation.js", live)
    holds_the_conversation(json.loads(said))


def test_no_property_of_a_request_is_forced(tools: Any, project: Path) -> None:
    """An empty object is a request; a default in the contract would make its property required."""
    (project / "least.ts").write_text(
        'import type { components } from "./triage.d.ts";\n'
        'export const least: components["schemas"]["AssessmentRequest"] = {};\n'
    )
    tools.passes("tsc", "-p", project)
