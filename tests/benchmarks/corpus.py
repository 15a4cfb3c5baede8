"""The measured requests: first call, last call and corpus mix."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED
from service.review import vignettes
from service.review.cases import body_of

ROOT = Path(__file__).parents[2]
_EXAMPLES = ROOT / "openapi" / "examples"
_STEP = 97
"""A step that visits each request of the corpus once, so that neighbours differ without randomness."""


class Decision(NamedTuple):
    """A contender's decision: the level and the leading cause."""

    level: str
    leads: str | None


def first_call() -> bytes:
    """The first request of the README's conversation."""
    return (_EXAMPLES / "plain_cramp_first_call.request.json").read_bytes()


def last_call() -> bytes:
    """The last request of the README's conversation."""
    return (_EXAMPLES / "plain_cramp_final_call.request.json").read_bytes()


def mix(knowledge: Knowledge) -> list[bytes]:
    """The corpus mix: every example and vignette, in a fixed order."""
    answered = (path for path in sorted(_EXAMPLES.glob("*.response.json")))
    bodies = [path.with_name(path.name.replace(".response.", ".request.")).read_bytes() for path in answered]
    bodies += [body_of(vignette, knowledge) for vignette in vignettes.read(SHIPPED, knowledge)]
    return [bodies[place * _STEP % len(bodies)] for place in range(len(bodies))]


def decided(engine: Engine, body: bytes) -> Decision:
    """The engine's decision on `body`."""
    answer = engine.answer(engine.read(body))
    return Decision(str(answer.level), answer.leading_cause)
