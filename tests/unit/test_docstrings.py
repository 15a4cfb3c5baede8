"""Docstrings: each test states its law; first lines are short and plain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

import pytest

_TESTS = Path(__file__).parents[1]
_SERVICE = _TESTS.parent / "service"

_NOT_PLAIN = re.compile(r"\b(what|told|whoever|nobody|is no)\b", re.IGNORECASE)

_Node = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_Line = tuple[str, str]


def _documented(folder: Path) -> Iterator[tuple[Path, _Node, str]]:
    """The first line of each docstring in a folder."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, _Node) and (docstring := ast.get_docstring(node)):
                yield path, node, docstring.partition("\n")[0]


def _name(node: _Node) -> str:
    return "" if isinstance(node, ast.Module) else node.name


def _first_lines(folder: Path, *, of_tests: bool = False) -> list[_Line]:
    """The first lines of tests or of other code, by place."""
    return [
        (f"{path.relative_to(folder)}:{_name(node)}", line)
        for path, node, line in _documented(folder)
        if _name(node).startswith("test_") == of_tests
    ]


def _too_long(lines: Iterable[_Line], most: int) -> list[_Line]:
    return [(place, line) for place, line in lines if len(line.split()) > most]


def _not_plain(lines: Iterable[_Line]) -> list[_Line]:
    return [(place, line) for place, line in lines if _NOT_PLAIN.search(line)]


@pytest.mark.parametrize("path", sorted(_TESTS.rglob("test_*.py")), ids=lambda path: path.name)
def test_each_test_states_its_law(path: Path) -> None:
    """Each test function has a docstring with the law that a failure breaks."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert [function.name for function in functions if not ast.get_docstring(function)] == []


@pytest.mark.parametrize(
    ("folder", "of_tests", "most", "half"),
    [(_SERVICE, False, 12, 9), (_TESTS, False, 12, 9), (_TESTS, True, 20, 14)],
    ids=["service", "helpers of tests", "tests"],
)
def test_first_lines_are_short(folder: Path, *, of_tests: bool, most: int, half: int) -> None:
    """The first line of a docstring has at most 12 words, that of a test at most 20."""
    lines = _first_lines(folder, of_tests=of_tests)
    assert len(lines) > 500
    assert _too_long(lines, most) == []
    assert median(len(line.split()) for _, line in lines) <= half


@pytest.mark.parametrize("folder", [_SERVICE, _TESTS], ids=["service", "tests"])
def test_first_lines_are_plain(folder: Path) -> None:
    """A first line names its subject by a noun, without a clause or the words of a story."""
    lines = [(f"{path.relative_to(folder)}:{_name(node)}", line) for path, node, line in _documented(folder)]
    assert _not_plain(lines) == []


def test_a_long_or_obscure_line_is_reported() -> None:
    """The checks above report a line that is too long, and each of the words."""
    obscure = [("place", line) for line in ("What it is.", "It is told.", "Whoever asks.", "Nobody.", "It is no id.")]
    assert _not_plain([*obscure, ("place", "The id of a finding.")]) == obscure
    assert _too_long([("place", "one two three"), ("place", "one two")], 2) == [("place", "one two three")]
