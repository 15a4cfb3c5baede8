"""The workflow of `openapi/` as a smoke test of a running service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from service.contract import SHIPPED


def _command(tools: Any, address: str) -> list[str]:
    command = tools.command("redocly")
    assert command[-1].startswith("triage=")
    return [*command[:-1], f"triage={address}"]


def test_the_workflow_succeeds(tools: Any, live: str) -> None:
    """First call, answers, second call: the smoke command of the README succeeds."""
    said = tools.passes(*_command(tools, live))
    assert "Workflows: 3 passed, 3 total" in said


def test_the_workflow_uses_every_kind_of_answer_to_a_report(document: Any) -> None:
    """Each operation in the workflow is one of the contract's."""
    there = {operation["operationId"] for item in document["paths"].values() for operation in _operations(item)}
    text = (SHIPPED / "triage.arazzo.yaml").read_text(encoding="utf-8")
    named = {line.split()[-1] for line in text.splitlines() if "operationId:" in line}
    assert named <= there
    assert {"assess", "is_ready", "read_knowledge_entry"} <= named


def test_a_service_that_never_settles_fails_the_workflow(tools: Any, live: str, tmp_path: Path) -> None:
    """A criterion that does not hold fails the workflow."""
    text = (SHIPPED / "triage.arazzo.yaml").read_text(encoding="utf-8")
    planted = text.replace("/triage/level == 'consultation'", "/triage/level == 'emergency'")
    assert planted != text
    (tmp_path / "openapi.yaml").symlink_to(SHIPPED / "openapi.yaml")
    (tmp_path / "triage.arazzo.yaml").write_text(planted, encoding="utf-8")
    ended = tools.run(*_command(tools, live), cwd=tmp_path)
    assert ended.returncode != 0
    assert "second_call" in ended.stdout + ended.stderr


def _operations(item: Any) -> list[Any]:
    return [operation for operation in item.values() if isinstance(operation, dict)]
