"""A Python partner: a generated client, checked strictly, and run."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from service.contract import SHIPPED
from tests.consumers.report import holds_the_conversation

EXAMPLES = SHIPPED / "examples"
_SOURCE = Path(__file__).with_name("python") / "conversation.py"


@pytest.fixture(scope="module")
def project(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The partner's project with the client of the README's command."""
    folder = tmp_path_factory.mktemp("python")
    shutil.copy(_SOURCE, folder)
    command = tools.command("openapi-python-client")
    said = tools.passes(*command[:-1], folder / command[-1])
    # A generated client does not read YAML; the same document exists as JSON.
    assert said.count("WARNING") <= 2, said
    assert "Unsupported content_type application/yaml" in said
    # It does not read lines either, but the array of the same operation.
    assert "Unsupported content type application/x-ndjson" in said
    assert (folder / "triage_client" / "api" / "triage" / "assess_batch.py").is_file()
    return folder


def test_the_conversation_is_well_typed(tools: Any, project: Path) -> None:
    """The partner's code agrees with the generated types."""
    tools.passes("mypy", "--strict", "--follow-imports", "silent", _SOURCE.name, cwd=project)


def test_the_conversation_runs(tools: Any, project: Path, live: str) -> None:
    """The client holds the conversation, and reads a batch with a rejected item and a rejected misspelling."""
    holds_the_conversation(json.loads(tools.passes(sys.executable, _SOURCE.name, live, cwd=project)))


@pytest.mark.parametrize("kind", ["request", "response"])
def test_every_example_is_read_and_written_without_loss(
    kind: str, tools: Any, project: Path, pairs: list[str], tmp_path: Path
) -> None:
    """Each request and response of the examples is unchanged after the generated types."""
    names = tmp_path / "names"
    names.write_text("\n".join(f"{name}.{kind}.json" for name in pairs))
    model = {"request": "AssessmentRequest", "response": "Assessment"}[kind]
    (project / "roundtrip.py").write_text(
        "import json, pathlib, sys\n"
        "from triage_client import models\n"
        "for name in pathlib.Path(sys.argv[2]).read_text().split():\n"
        "    value = json.loads(pathlib.Path(name).read_bytes())\n"
        "    assert getattr(models, sys.argv[1]).from_dict(value).to_dict() == value, name\n"
    )
    tools.passes("env", f"PYTHONPATH={project}", sys.executable, project / "roundtrip.py", model, names, cwd=EXAMPLES)
