"""The YAML reader: safe, and strict on duplicate names."""

from __future__ import annotations

import pytest
import yaml

from service.knowledge.yaml_reader import DuplicateName, read_yaml


def test_a_document_is_read_as_plain_values() -> None:
    """Mappings, lists and scalars may be nested."""
    assert read_yaml("a: [1, 2.5, true]\nb:\n  c: text\n") == {"a": [1, 2.5, True], "b": {"c": "text"}}


@pytest.mark.parametrize(
    ("text", "name", "line", "column"),
    [
        ("a: 1\na: 2\n", "a", 2, 1),
        ("rule:\n  when: x\n  level: y\n  when: z\n", "when", 4, 3),
        ("- {a: 1, b: 2, a: 3}\n", "a", 1, 16),
    ],
)
def test_a_name_given_twice_is_refused_with_its_place(text: str, name: str, line: int, column: int) -> None:
    """A duplicate at any depth is refused with line and column, counted from 1."""
    with pytest.raises(DuplicateName) as refused:
        read_yaml(text)
    assert str(refused.value) == f"the name '{name}' is given twice (line {line}, column {column})"


@pytest.mark.parametrize("text", ["a: [1", "a: 1\n---\nb: 2\n", "!!python/object/apply:os.getcwd []"])
def test_an_unsafe_or_broken_document_is_refused(text: str) -> None:
    """Broken YAML, two documents, and tags that would run code are refused."""
    with pytest.raises(yaml.YAMLError):
        read_yaml(text)


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("2024-13-45", 4),
        ("!!int abc", 4),
        ("9" * 5_000, 4),
        ("!!bool canary", 4),
        ("!!int ''", 4),
        ("!!timestamp canary", 4),
        ("[1, !!float canary]", 8),
        ("{? [canary] : 1}", 4),
    ],
    ids=["date", "int", "long", "bool", "empty", "timestamp", "nested", "name"],
)
def test_an_invalid_tagged_value_is_refused_with_its_place(value: str, column: int) -> None:
    """The message has the place and never the value, whatever error the conversion raises."""
    with pytest.raises(yaml.YAMLError) as refused:
        read_yaml(f"a: 1\nb: {value}\n")
    assert f"line 2, column {column}" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_deep_nesting_is_refused() -> None:
    """Any depth of nesting is refused with an expected error."""
    for depth in (500, 5_000):
        with pytest.raises(yaml.YAMLError):
            read_yaml("[" * depth + "!!int x" + "]" * depth)
