"""Every test says which law or promise it guards."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("path", sorted(_TESTS.rglob("test_*.py")), ids=lambda path: path.name)
def test_each_test_states_its_law(path: Path) -> None:
    """A test function without a docstring does not say what would be wrong if it failed."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert [function.name for function in functions if not ast.get_docstring(function)] == []
