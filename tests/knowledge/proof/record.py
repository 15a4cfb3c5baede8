"""Writes down of which knowledge everything in `test_proof.py` is proved; `make prove` runs it after the proof."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec

from service.knowledge.catalogue import PROOF, Proof
from service.knowledge.loader import load

_TESTS = Path(__file__).parents[1] / "test_proof.py"


def record() -> Proof:
    """What a complete proof of the shipped knowledge says: its digest, and what each test proves."""
    functions = [
        node
        for node in ast.parse(_TESTS.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    stated = tuple((ast.get_docstring(function) or "").partition("\n")[0] for function in functions)
    return Proof(digest=load().digest, properties=stated)


if __name__ == "__main__":
    PROOF.write_bytes(msgspec.json.format(msgspec.json.encode(record()), indent=2) + b"\n")
