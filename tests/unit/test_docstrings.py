"""Docstrings: each test states its law, and each first line in `service/` is short and plain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

_TESTS = Path(__file__).parents[1]
_SERVICE = _TESTS.parent / "service"

_NOT_PLAIN = re.compile(r"\b(what|told|whoever|nobody|is no)\b", re.IGNORECASE)


def _first_lines() -> Iterator[tuple[str, str]]:
    """The place and the first line of each docstring of the package."""
    for path in sorted(_SERVICE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = ast.get_docstring(node)
                if docstring:
                    name = "" if isinstance(node, ast.Module) else node.name
                    yield f"{path.relative_to(_SERVICE)}:{name}", docstring.partition("\n")[0]


@pytest.mark.parametrize("path", sorted(_TESTS.rglob("test_*.py")), ids=lambda path: path.name)
def test_each_test_states_its_law(path: Path) -> None:
    """A test function without a docstring does not say what would be wrong if it failed."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert [function.name for function in functions if not ast.get_docstring(function)] == []


def test_first_lines_are_short() -> None:
    """The first line of a docstring has at most 12 words, and 9 in the median."""
    words = {place: len(line.split()) for place, line in _first_lines()}
    assert {place: count for place, count in words.items() if count > 12} == {}
    assert median(words.values()) <= 9


def test_first_lines_are_plain() -> None:
    """A first line names a thing: it has no "what" clause, and not the words of a story."""
    assert [(place, line) for place, line in _first_lines() if _NOT_PLAIN.search(line)] == []
