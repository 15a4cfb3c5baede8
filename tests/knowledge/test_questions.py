"""The words of the questions: what a runner is asked must have one meaning."""

from __future__ import annotations

import re

import pytest

from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED, load
from service.knowledge.yaml_reader import read_yaml

_SYMPTOMS = ("cramp", "numbness", "injury", "systemic", "nerves_and_vessels", "footwear", "anatomy_and_form")
_BODY = re.compile(
    r"calf|calves|foot|feet|toe|heel|ankle|leg|muscle|knee|hip|shin|back|buttock|thigh|genital|bladder|bowel|urine"
    r"|brain|head|face|arm|hand|speech|eye|throat|jaw|chest|breath|heart|lung|skin|stomach|belly|wrist|body|blood"
    r"|bone|tendon|periods|balance|weight|food|confusion|faint|drowsy|unsteady|shoe|insole|stride|symptoms|passing|sick",
    re.IGNORECASE,
)
_NOW = "now, after any cramp has passed"
_DURING_A_CRAMP_TRUE_OF_MANY = [
    "pain_severe_unrelenting",
    "calf_hard_tight",
    "pain_on_passive_stretch",
    "cannot_tiptoe_one_leg",
    "gap_above_heel",
    "limping",
    "bruising",
    "cannot_bear_weight",
    "deformity",
    "bone_point_tenderness",
    "pain_on_hop",
    "weakness_new",
    "leg_pain_at_rest_sudden",
    "calf_pain_constant_at_rest",
    "calf_tender_to_touch",
    "foot_cold_one_side",
    "foot_pale_blue_mottled",
    "cannot_walk",
]
_OF_THE_BODY = [
    id_
    for subject in _SYMPTOMS
    for id_ in read_yaml((SHIPPED / "findings" / f"{subject}.yaml").read_text(encoding="utf-8"))["findings"]  # type: ignore[index]
]
_QUESTIONS = {id_: finding.question for id_, finding in load().findings.items()} | {
    id_: question.question for id_, question in load().safety_screen.questions.items()
}


@pytest.mark.parametrize("id_", _QUESTIONS)
def test_a_question_is_one_question(id_: str) -> None:
    """It ends in its only question mark, holds one sentence, and asks nothing twice negated."""
    text = _QUESTIONS[id_]
    assert text.endswith("?")
    assert text.count("?") == 1
    assert not re.search(r"[.!] ", text)
    assert len(re.findall(r"\bnot\b|n't\b|\bnever\b", text)) <= 1


@pytest.mark.parametrize("id_", _OF_THE_BODY)
def test_a_symptom_s_question_names_its_body_site(shipped: Knowledge, id_: str) -> None:
    """Read alone, the question for a symptom says which part of the body it is about."""
    assert _BODY.search(shipped.findings[id_].question)


@pytest.mark.parametrize("id_", _DURING_A_CRAMP_TRUE_OF_MANY)
def test_what_a_cramp_would_make_true_is_asked_of_afterwards(shipped: Knowledge, id_: str) -> None:
    """Signs that many have during a cramp are asked for now, after any cramp has passed."""
    assert _NOW in shipped.findings[id_].question


def test_dark_urine_is_asked_so_that_thirst_does_not_answer_it(shipped: Knowledge) -> None:
    """Brown or red urine and dark yellow urine are two findings; the first shuts out the second."""
    dark = shipped.findings["urine_dark_brown_red"].question
    screen = shipped.safety_screen.questions["dark_urine"].question
    for question in (dark, screen):
        assert "cola" in question
        assert "not just dark yellow" in question


@pytest.mark.parametrize("id_", [id_ for id_, question in _QUESTIONS.items() if re.search(r"\bred\b", question)])
def test_redness_is_never_asked_by_colour_alone(id_: str) -> None:
    """Skin is asked about as red or darker than usual; urine and toes have colours of their own."""
    assert "darker than usual" in _QUESTIONS[id_] or "urine" in _QUESTIONS[id_]
