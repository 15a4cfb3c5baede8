"""The size and the words of the first and the final response."""

from __future__ import annotations

from typing import Any

import pytest

from service.knowledge.loader import SHIPPED
from service.knowledge.schema.checklists import Checklist
from service.review import vignettes

from .reading import grade_of
from .reports import engine, shipped
from .simulated_runner import decoded, respond, runner_of

_FIRST_RESPONSE_BYTES = 16 * 1024
_FINAL_RESPONSE_BYTES = 9 * 1024
_FIRST_SCREEN_WORDS = 450
_FIRST_SCREEN_WORDS_WITH_PROFILE = 420
_GRADE_AT_MOST = 6

_FIRST_REQUESTS: list[dict[str, Any]] = [{}, *({"findings": {id_: True}} for id_ in shipped().policy.complaints)]
_PROFILE = {id_: False for id_, finding in shipped().findings.items() if finding.keeps}


@pytest.mark.parametrize("request_", _FIRST_REQUESTS, ids=str)
def test_the_first_response_is_small(request_: dict[str, Any]) -> None:
    """The first response has at most 16 KB, for slow networks."""
    assert len(respond(engine(), request_)) <= _FIRST_RESPONSE_BYTES


def test_the_final_response_is_small() -> None:
    """The final response of every vignette's conversation has at most 9 KB."""
    sizes = {}
    for vignette in vignettes.read(SHIPPED, shipped()):
        runner = runner_of(vignette, shipped())
        sizes[vignette.name] = len(runner.converse(engine(), runner.complaints[:1]).responses[-1])
    assert {name: size for name, size in sizes.items() if size > _FINAL_RESPONSE_BYTES} == {}


def _words(response: bytes) -> int:
    """The number of words in all groups, without the labels of choices."""
    groups = decoded(response).interview.groups
    texts = (text for group in groups for text in (group.text, *(item.text for item in group.items)))
    return sum(len(text.split()) for text in texts)


@pytest.mark.parametrize("request_", _FIRST_REQUESTS, ids=str)
def test_the_first_screen_is_short(request_: dict[str, Any]) -> None:
    """The groups have at most 450 words, or 420 if the app sent the lasting answers."""
    assert _words(respond(engine(), request_)) <= _FIRST_SCREEN_WORDS
    with_profile = request_ | {"findings": request_.get("findings", {}) | _PROFILE}
    assert _words(respond(engine(), with_profile)) <= _FIRST_SCREEN_WORDS_WITH_PROFILE


@pytest.mark.parametrize("checklist", shipped().checklists.values(), ids=lambda checklist: checklist.id)
def test_each_group_reads_at_grade_6(checklist: Checklist) -> None:
    """The text and the items of each group read at grade 6, each as a sentence."""
    labels = [shipped().findings[id_].label or "" for id_ in checklist.items]
    assert grade_of([checklist.text, *labels]) <= _GRADE_AT_MOST
