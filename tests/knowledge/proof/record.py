"""Record the knowledge that `test_proof.py` has proved; part of `make prove`.

The record has a digest of the responses to all cases and vignettes, so that a run on another Python or machine
shows whether it responds with the same bytes.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from service.engine import Engine
from service.knowledge.catalogue import PROOF, Proof
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED, load
from service.review import vignettes
from service.review.cases import body_of

ANSWERS = Path(__file__).with_name("answers.sha256")
_TESTS = Path(__file__).parents[1] / "test_proof.py"


def record() -> Proof:
    """The record of a complete proof: the digest and the properties."""
    functions = [
        node
        for node in ast.parse(_TESTS.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    stated = tuple((ast.get_docstring(function) or "").partition("\n")[0] for function in functions)
    return Proof(digest=load().digest, properties=stated)


def corpus(knowledge: Knowledge) -> Iterator[bytes]:
    """Every case and every vignette of the knowledge, as requests."""
    for folder in ("red_flags", "derivations", "causes"):
        for rule in getattr(knowledge, folder).values():
            yield from (body_of(case, knowledge) for case in rule.cases)
    yield from (body_of(vignette, knowledge) for vignette in vignettes.read(SHIPPED, knowledge))


def answers_digest(knowledge: Knowledge) -> str:
    """`sha256:` and the digest of all responses to the corpus."""
    engine = Engine(knowledge)
    digest = hashlib.sha256()
    for request in corpus(knowledge):
        digest.update(engine.answer(engine.read(request)).body)
    return "sha256:" + digest.hexdigest()


if __name__ == "__main__":
    PROOF.write_bytes(msgspec.json.format(msgspec.json.encode(record()), indent=2) + b"\n")
    ANSWERS.write_text(answers_digest(load()) + "\n", encoding="ascii")
