"""A TypeScript partner: types generated from the contract, compiled strictly, and run under Node."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

_SOURCES = Path(__file__).with_name("typescript")


@pytest.fixture(scope="module")
def project(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The partner's project, with the types that the README's command makes."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(_SOURCES, folder, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(tools.node_modules)
    command = tools.command("openapi-typescript")
    tools.passes(*command[:-1], folder / command[-1])
    return folder


def test_the_conversation_compiles_strictly_and_runs(tools: Any, project: Path, live: str) -> None:
    """The typed client takes both calls, reads a refusal and the knowledge; the compiler has nothing to say.

    The mistakes of `wrong.ts` are refused by the compiler, each by its own expectation.
    """
    tools.passes("tsc", "-p", project)
    said = tools.passes("node", project / "built" / "conversation.js", live)
    assert json.loads(said) == {"provisional": "consultation", "settled": "self_care"}


def test_no_property_of_a_request_is_forced(tools: Any, project: Path) -> None:
    """One finding is a whole request; a default in the contract would make the type demand its property."""
    (project / "least.ts").write_text(
        'import type { components } from "./triage.d.ts";\n'
        'export const least: components["schemas"]["AssessmentRequest"] = { findings: {} };\n'
    )
    tools.passes("tsc", "-p", project)
