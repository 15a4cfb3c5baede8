"""What to ask next: the screen, then what could raise the level, then what separates the causes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.engine import Engine
from service.model.assessment import Assessment, Question
from service.model.scales import Level

Ask = Callable[..., Assessment]
EngineOf = Callable[[dict[str, Any]], Engine]
_NONE = {"none_of_these": True}


def _ids(assessment: Assessment, purpose: str) -> list[str]:
    return [question.id for question in assessment.questions if question.purpose == purpose]


def _question(assessment: Assessment, id_: str) -> Question:
    (question,) = (question for question in assessment.questions if question.id == id_)
    return question


def _add_flag(values: dict[str, Any], id_: str, level: str, when: Any) -> None:
    """One red flag more."""
    values["red_flags"][id_] = values["red_flags"]["wobble"] | {"id": id_, "level": level, "when": when}


def test_an_open_screen_is_asked_first_most_urgent_first(ask: Ask) -> None:
    """The thirteen questions lead, ordered by what a yes could mean."""
    assessment = ask()
    assert [question.id for question in assessment.questions][:13] == [
        f"safety_screen.question_{number}" for number in (1, 2, *range(3, 14))
    ]
    first = assessment.questions[0]
    assert (first.text, first.kind, first.purpose) == ("Any sign 1?", "boolean", "safety")
    assert (first.could_raise_to, first.answer_at) == (Level.EMERGENCY, "/safety_screen/question_1")


def test_the_most_urgent_question_of_the_screen_leads(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """Also where the screen has it last."""
    _add_flag(small_values, "grave", "emergency_ambulance", "sign_12")
    assert [question.id for question in ask(engine_of(small_values)).questions][:3] == [
        f"safety_screen.question_{number}" for number in (12, 1, 2)
    ]


def test_a_screen_question_says_how_far_a_yes_could_raise(ask: Ask) -> None:
    """What is already ruled out no longer counts, but a yes never says less than its floor."""
    assessment = ask(findings={"sign_2": False, "pain": 0})
    assert _question(assessment, "safety_screen.question_1").could_raise_to is Level.CONSULTATION_24
    assert _question(assessment, "safety_screen.question_5").could_raise_to is Level.CONSULTATION


def test_beside_an_open_screen_only_emergencies_are_asked(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """What the screen does not cover and could be urgent is asked with it; the rest waits, and is said to wait."""
    assessment = ask()
    assert _ids(assessment, "safety")[13:] == ["temp"]
    assert not assessment.triage.more_to_ask
    small_values["red_flags"]["wobble"]["level"] = "consultation_24"
    waiting = ask(engine_of(small_values))
    assert _ids(waiting, "safety")[13:] == ["temp"]
    assert waiting.triage.more_to_ask


def test_after_the_screen_what_could_raise_the_level_is_asked(ask: Ask) -> None:
    """Most urgent first, each with where to answer it and what it takes."""
    assessment = ask(safety_screen=_NONE)
    assert _ids(assessment, "safety") == ["temp", "odd_sign", "near_miss"]
    assert not assessment.triage.more_to_ask
    temp = assessment.questions[0]
    assert (temp.text, temp.kind, temp.answer_at) == ("How hot?", "number", "/findings/temp")
    assert (temp.minimum, temp.maximum, temp.unit, temp.values) == (30, 45, "degree_celsius", ())
    assert [question.could_raise_to for question in assessment.questions[:2]] == [
        Level.EMERGENCY_AMBULANCE,
        Level.CONSULTATION,
    ]


def test_a_sign_that_no_red_flag_answers_is_asked_too(ask: Ask) -> None:
    """It sets a level by itself, so a report is not settled before it is answered."""
    known = {"temp": 37, "near_miss": False}
    assessment = ask(findings=known, safety_screen=_NONE)
    assert assessment.triage.could_rise_to is Level.CONSULTATION
    assert _ids(assessment, "safety") == ["odd_sign"]
    assert ask(findings={**known, "odd_sign": False}, safety_screen=_NONE).triage.could_rise_to is Level.SELF_CARE


def test_a_known_finding_is_not_asked_again(ask: Ask) -> None:
    """Where one finding of a term is known, another one is asked about."""
    assessment = ask(findings={"temp": 37, "odd_sign": False, "near_miss": True, "hot_run": False}, safety_screen=_NONE)
    assert _ids(assessment, "safety") == ["salty"]


def test_a_term_that_a_finding_touches_is_asked_on(ask: Ask) -> None:
    """Half of an urgent rule is present: the other half is asked, level by level."""
    assessment = ask(findings={"temp": 37, "near_miss": False, "sign_1": True}, safety_screen={"none_of_these": True})
    assert _ids(assessment, "safety") == ["pain"]
    assert _question(assessment, "pain").could_raise_to is Level.EMERGENCY


def test_nothing_is_asked_that_cannot_raise_the_level(ask: Ask) -> None:
    """At the top of the scale there is no safety question but the open screen."""
    assessment = ask(findings={"temp": 41}, safety_screen=_NONE)
    assert _ids(assessment, "safety") == []
    assert not assessment.triage.more_to_ask


def _many(values: dict[str, Any], count: int, level: str) -> dict[str, Any]:
    """Red flags on `count` findings of their own."""
    for number in range(count):
        name = f"extra_{number:02}"
        values["findings"][name] = {"question": f"Extra {number}?", "kind": "boolean"}
        values["red_flags"][name] = values["red_flags"]["swollen"] | {"id": name, "level": level, "when": name}
    return values


def test_at_most_24_urgent_questions_are_asked(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """More than that is not asked, and the answer says so."""
    known = {"near_miss": False, "odd_sign": False}
    fits = ask(engine_of(_many(small_values, 23, "emergency")), findings=known, safety_screen=_NONE)
    assert (len(_ids(fits, "safety")), fits.triage.more_to_ask) == (24, False)
    over = ask(engine_of(_many(small_values, 25, "emergency")), findings=known, safety_screen=_NONE)
    assert (len(_ids(over, "safety")), over.triage.more_to_ask) == (24, True)


def test_at_most_6_less_urgent_questions_are_asked(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """The room for what is less urgent is smaller."""
    known = {"near_miss": False, "odd_sign": False, "temp": 37}
    fits = ask(engine_of(_many(small_values, 6, "consultation_24")), findings=known, safety_screen=_NONE)
    assert (len(_ids(fits, "safety")), fits.triage.more_to_ask) == (6, False)
    over = ask(engine_of(_many(small_values, 7, "consultation_24")), findings=known, safety_screen=_NONE)
    assert (len(_ids(over, "safety")), over.triage.more_to_ask) == (6, True)


def test_a_touched_term_without_room_does_not_end_the_search(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A less urgent rule that is half known waits, and an emergency behind it is still asked."""
    _add_flag(small_values, "half", "consultation_24", {"all": ["near_miss", "shoe"]})
    assessment = ask(engine_of(small_values), findings={"near_miss": True})
    assert _ids(assessment, "safety")[13:] == ["temp"]
    assert assessment.triage.more_to_ask


def test_a_no_that_makes_half_a_rule_hold_leaves_the_other_half_to_ask(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A finding that the screen rules out is not asked about, also where its absence is what a rule wants."""
    _add_flag(small_values, "half", "emergency", {"all": [{"not": "sign_3"}, "shoe"]})
    engine = engine_of(small_values)
    asked = _ids(ask(engine, findings={"near_miss": False, "temp": 37}, safety_screen=_NONE), "safety")
    assert "shoe" in asked
    assert "sign_3" not in asked
    told = ask(engine, findings={"near_miss": False, "temp": 37, "shoe": True}, safety_screen=_NONE)
    assert told.triage.level is Level.EMERGENCY


def test_a_yes_without_detail_leaves_its_details_to_ask(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """What a question stands for is left to it while it is open, and asked about once it was answered yes."""
    wobble = small_values["red_flags"]["wobble"]
    small_values["red_flags"] |= {
        "mild": wobble | {"id": "mild", "when": "sign_3"},
        "grave": wobble | {"id": "grave", "level": "emergency", "when": {"all": ["sign_3", "salty"]}},
    }
    engine = engine_of(small_values)
    assert "sign_3" not in _ids(ask(engine), "safety")
    for screen in ({"question_3": True}, {"question_3": True} | _NONE):
        assert "sign_3" in _ids(ask(engine, safety_screen=screen), "safety")


def test_what_an_urgent_question_settles_is_not_asked_for_a_lesser_rule(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A no to it ends both rules, so what else the lesser one would ask by takes no room."""
    small_values["red_flags"] |= {
        "grave": small_values["red_flags"]["wobble"]
        | {"id": "grave", "level": "emergency", "when": {"all": ["ache", "salty"]}},
        "lesser": small_values["red_flags"]["wobble"]
        | {
            "id": "lesser",
            "level": "consultation_24",
            "when": {"any": [{"all": ["ache", "salty", "hot_run"]}, {"all": ["shoe", "hot_run"]}]},
        },
    }
    known = {"ache": True, "shoe": False, "near_miss": False, "odd_sign": False, "temp": 37}
    assert _ids(ask(engine_of(small_values), findings=known, safety_screen=_NONE), "safety") == ["salty"]


def test_answering_every_listed_question_no_settles_the_level(ask: Ask) -> None:
    """With nothing more to ask, noes leave no open way up."""
    asked = ask(safety_screen=_NONE)
    assert not asked.triage.more_to_ask
    noes = {question.id: False for question in asked.questions if question.purpose == "safety"}
    settled = ask(findings={"odd_sign": False, **noes, "temp": 37}, safety_screen=_NONE).triage
    assert settled.could_rise_to is settled.level is Level.SELF_CARE


def test_causes_are_separated_by_what_moves_them_most(ask: Ask) -> None:
    """The unknown findings with most points come first; telemetry is asked for what is measured from it."""
    assessment = ask(findings={"ache": True, "hot_run": True, "temp": 37, "near_miss": False}, safety_screen=_NONE)
    assert [cause.id for cause in assessment.causes] == ["heat_loss", "load"]
    assert _ids(assessment, "cause") == ["where", "km", "side", "salty"]
    where = _question(assessment, "where")
    assert (where.values, where.could_raise_to) == (("heel", "toes", "sole"), Level.SELF_CARE)
    assert _question(assessment, "km").answer_at == "/training/km"


def test_without_a_complaint_the_complaint_is_asked(ask: Ask) -> None:
    """A cause that could still apply is asked about by what it applies to."""
    assessment = ask(findings={"hot_run": True}, safety_screen=_NONE)
    assert _ids(assessment, "cause") == ["ache"]


def test_at_most_5_questions_are_on_causes(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """A short list is answered, a long one is not."""
    for number in range(7):
        small_values["findings"][f"extra_{number}"] = {"question": "Extra?", "kind": "boolean"}
        weight = {"when": f"extra_{number}", "points": 1 + number, "statement": "It fits.", "evidence": "E4"}
        small_values["causes"]["load"]["supports"].append(weight)
    known = {"ache": True, "hot_run": True, "temp": 37, "near_miss": False}
    assessment = ask(engine_of(small_values), findings=known, safety_screen=_NONE)
    assert _ids(assessment, "cause") == ["extra_6", "extra_5", "extra_4", "where", "extra_3"]


def test_a_question_for_a_cause_that_could_be_urgent_says_so(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A finding of a red flag is a safety question, never asked twice."""
    small_values["causes"]["load"]["supports"][0]["when"] = "near_miss"
    findings = {"ache": True, "hot_run": True, "temp": 37, "odd_sign": False}
    assessment = ask(engine_of(small_values), findings=findings, safety_screen=_NONE)
    assert _ids(assessment, "safety") == ["near_miss"]
    assert "near_miss" not in _ids(assessment, "cause")


def test_a_complaint_that_is_denied_leaves_the_other_to_ask(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """Where the first way in which causes would apply has failed, the next is asked about."""
    for cause in small_values["causes"].values():
        cause["applies_when"] = {"any": ["ache", "shoe"]}
    known = {"temp": 37, "near_miss": False}
    denied = ask(engine_of(small_values), findings={"ache": False, **known}, safety_screen=_NONE)
    assert _ids(denied, "cause") == ["shoe"]
    open_ = ask(engine_of(small_values), findings={"hot_run": False, **known, "ache": None}, safety_screen=_NONE)
    assert _ids(open_, "cause") == ["ache"]


def test_a_question_about_a_cause_says_how_far_it_could_raise(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """It may matter to a red flag too, of which something else was asked."""
    assessment = ask(findings={"ache": True, "hot_run": True, "temp": 37}, safety_screen=_NONE)
    assert _question(assessment, "salty").purpose == "cause"
    assert _question(assessment, "salty").could_raise_to is Level.CONSULTATION
    _add_flag(
        small_values,
        "grave",
        "emergency",
        {"any": [{"all": ["salty", "near_miss"]}, {"all": ["near_miss", "odd_sign"]}]},
    )
    graver = ask(engine_of(small_values), findings={"ache": True, "hot_run": True, "temp": 37}, safety_screen=_NONE)
    assert "near_miss" in _ids(graver, "safety")
    assert _question(graver, "salty").could_raise_to is Level.EMERGENCY


def test_among_equals_what_is_half_known_comes_first(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """Then the order of the vocabulary, whatever that of the rules; a more urgent question goes before both."""
    small_values["findings"] |= {f"extra_{n}": {"question": "Extra?", "kind": "boolean"} for n in range(4)}
    flag = small_values["red_flags"]["wobble"] | {"level": "emergency"}
    small_values["red_flags"] |= {
        "a": flag | {"id": "a", "when": "extra_2"},
        "b": flag | {"id": "b", "when": "extra_0"},
        "c": flag | {"id": "c", "when": {"all": ["shoe", "extra_3"]}},
        "d": flag | {"id": "d", "when": "extra_1"},
    }
    known = {"shoe": True, "near_miss": False, "odd_sign": False}
    asked = _ids(ask(engine_of(small_values), findings=known, safety_screen=_NONE), "safety")
    assert asked == ["temp", "extra_3", "extra_0", "extra_1", "extra_2"]


def test_where_not_all_have_room_the_first_rules_are_asked_about(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """Of equal level, in the order of their ids, also where their findings stand the other way in the vocabulary."""
    _many(small_values, 7, "consultation_24")
    extra = {name: small_values["findings"].pop(name) for name in list(small_values["findings"]) if "extra" in name}
    small_values["findings"] |= dict(reversed(extra.items()))
    known = {"near_miss": False, "temp": 37}
    asked = _ids(ask(engine_of(small_values), findings=known, safety_screen=_NONE), "safety")
    assert asked == [f"extra_{number:02}" for number in reversed(range(6))]
