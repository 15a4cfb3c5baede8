"""Knowledge and engines for tests: the shipped ones, and a small one whose every rule a test can see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load
from service.knowledge.schema.scalars import Referral

_ENTRY = {"sources": ["book"], "evidence": "E3"}


def _cases(fires: dict[str, Any], not_: dict[str, Any]) -> list[dict[str, Any]]:
    """One case in which a rule fires and one in which it does not, each by the parts of its request."""
    both = ((fires, True), (not_, False))
    return [{"name": "A case.", "findings": {"ache": True}, "fires": fired} | parts for parts, fired in both]


def _flag(id_: str, level: str, when: Any, fires: dict[str, Any], **more: Any) -> dict[str, Any]:
    text = {"title": f"Possible {id_}", "advice": "See someone.", "rationale": "Because.", "reference": "RF01"}
    rule = {"id": id_, "level": level, "when": when, "referrals": ["primary_care"], "cases": _cases(fires, {})}
    return {**rule, **text, **_ENTRY, **more}


def _boolean(question: str, label: str, **more: Any) -> dict[str, Any]:
    return {"question": question, "label": label, "kind": "boolean"} | more


def _checklist(id_: str, order: int, items: list[str], **more: Any) -> dict[str, Any]:
    group = {"id": id_, "order": order, "kind": "checklist", "purpose": "safety", "text": "Any of these?"}
    return group | {"items": items} | more


def _cause(id_: str, rank: int, supports: list[Any], opposes: list[Any], **more: Any) -> dict[str, Any]:
    weights = {
        "supports": [{"when": w, "points": p, "statement": "It fits.", "evidence": "E4"} for w, p in supports],
        "opposes": [{"when": w, "points": p, "statement": "It does not.", "evidence": "E4"} for w, p in opposes],
    }
    words = {"mechanism": [{"text": "It pulls.", **_ENTRY}], "caveats": [], "see_someone": []}
    rest = {"id": id_, "name": id_, "regions": ["calf"], "rank": rank, "applies_when": "ache", "cases": []}
    return {
        **rest,
        **weights,
        **words,
        "fixes": ["rest_it"],
        "referrals": ["physical_therapist"],
        "evidence": "E3",
    } | more


def small() -> dict[str, Any]:
    """A small knowledge as plain values: three signs, five red flags, two causes, two fixes."""
    signs = {f"sign_{n}": _boolean(f"Is there sign {n}?", f"Sign {n}") for n in range(1, 4)}
    return {
        "policy": {
            "version": "1.2.3",
            "likelihood_from_points": {"likely": 5, "possible": 2, "less_likely": 1},
            "no_fixes_from": "consultation_24",
            "no_causes_from": "emergency",
            "act_on_likelihood": "less_likely",
            "incomplete_level": "consultation",
            "not_known_sign_level": "consultation",
            "not_known_background_from": "consultation_24",
            "out_of_scope_level": "consultation",
            "uncovered_sign_level": "consultation",
            "uncovered_signs": ["odd_sign", "sign_3"],
            "measurements": ["temp"],
            "complaints": ["ache"],
            "never_closed": [],
            "first_steps": [],
            "most_fixes": 4,
            "cause_questions_per_response": 10,
            "separating_questions": 4,
            "leading_causes": 2,
            "send_at_once_from": "emergency",
            "none_text": "None of these",
            "not_known_text": "I cannot tell",
            "incomplete_statement": "Questions are open.",
            "not_known_statement": "A sign is not known.",
            "screen_clear_statement": "The questions are clear.",
            "uncovered_sign_statement": "A sign has no rule of its own.",
            "out_of_scope_statement": "Out of scope.",
            "contradiction_denied_statement": "Another value shows it.",
            "contradiction_not_known_statement": "It is also not known.",
            "referral_labels": {referral: referral.replace("_", " ") for referral in get_args(Referral)}
            | {"podiatrist": "foot doctor", "endocrinologist": "hormone doctor"},
            "activity_labels": {},
            "emergency_number_first_from": "emergency",
        },
        "levels": {
            level: {
                "label": level,
                "advice": "Do this.",
                "advice_while_open": "Answer the questions.",
                "act_within_hours": None,
                "running": running,
                "sources": ["book"],
                "referral": "emergency_department" if level.startswith("emergency") else None,
            }
            for level, running in {
                "self_care": "as_planned",
                "consultation": "pause",
                "consultation_24": "stop",
                "emergency": "stop",
                "emergency_ambulance": "stop",
            }.items()
        },
        "running": {
            running: {
                "statement": f"{running} it.",
                "allowed_activities": [],
                "limits": {},
                "recheck_after_days": 7,
                "return_when": [],
                "evidence": "E4",
            }
            for running in ("as_planned", "modify", "reduce", "pause", "stop")
        },
        "running_rules": [],
        "checklists": {
            "complaint": _checklist("complaint", 1, ["ache"]),
            "signs": _checklist("signs", 2, list(signs)),
            "others": _checklist("others", 3, ["under_18", "severe_pain", "odd_sign", "near_miss"]),
            "causes": _checklist("causes", 4, ["hot_run", "salty", "shoe"], purpose="cause"),
            "places": _checklist("places", 5, ["side", "where"], kind="questions", purpose="cause"),
        },
        "about": [],
        "retired": {},
        "subjects": {"All of it": []},
        "emergency_numbers": {
            "default": {"number": "112", **_ENTRY},
            "countries": {"US": {"number": "911", **_ENTRY}},
        },
        "notices": {
            "not_a_diagnosis": {"text": "No diagnosis."},
            "emergency_number": {"text": "Call {number}."},
            "do_not_drive_yourself": {"text": "Do not drive."},
        },
        "sources": {"book": {"title": "A book", "status": "found"}},
        "speakers": {},
        "facts": {"RF01": {"text": "A clot is an emergency.", "sources": ["book"]}},
        "background": [],
        "findings": {
            "ache": _boolean("Does the calf ache?", "Calf ache"),
            "hot_run": _boolean("Was the run hot?", "A hot run"),
            "salty": _boolean("Was the sweat salty?", "Salty sweat"),
            "shoe": _boolean("Does the shoe press?", "Shoe presses"),
            "odd_sign": _boolean("Is there an odd sign?", "Odd sign"),
            "near_miss": _boolean("Did the runner almost fall?", "Almost fell"),
            "under_18": _boolean("Under 18?", "Under 18", settled_by={"finding": "age_years", "less_than": 18}),
            "severe_pain": _boolean("Pain of 8?", "Severe pain", settled_by={"finding": "pain", "at_least": 8}),
            "side": {
                "question": "Which side?",
                "label": "Which side?",
                "kind": "choice",
                "values": ["left", "right", "both", "unknown"],
                "labels": {"left": "Left", "right": "Right", "both": "Both", "unknown": "Not sure"},
            },
            "where": {
                "question": "Where?",
                "label": "Where?",
                "kind": "choices",
                "values": ["heel", "toes", "sole"],
                "labels": {"heel": "Heel", "toes": "Toes", "sole": "Sole"},
            },
            "pain": {
                "question": "How bad?",
                "label": "How bad?",
                "kind": "integer",
                "minimum": 0,
                "maximum": 10,
                "unit": "points",
                "covered_by": "severe_pain",
            },
            "temp": {
                "question": "How hot?",
                "label": "Body temperature",
                "kind": "number",
                "minimum": 30,
                "maximum": 45,
                "unit": "degree_celsius",
            },
            "age_years": {
                "question": "How old?",
                "label": "Age",
                "covered_by": "under_18",
                "kind": "integer",
                "place": "runner",
                "minimum": 0,
                "maximum": 120,
                "unit": "year",
            },
            "km": {
                "question": "How far each week?",
                "label": "Distance of each week",
                "kind": "series",
                "place": "training",
                "minimum": 0,
                "maximum": 500,
                "unit": "kilometre",
                "min_items": 2,
                "max_items": 26,
            },
            **signs,
        },
        "derivations": {
            "jump": {
                "id": "jump",
                "title": "A jump in distance",
                "measure": {"kind": "last_change", "series": "km", "baseline_at_least": 5},
                "more_than": 10,
                "unit": "percent",
                "cases": _cases({"training": {"km": [30, 40]}}, {"training": {"km": [30, 33]}}),
                **_ENTRY,
            },
            "sweaty": {
                "id": "sweaty",
                "title": "Hot or salty",
                "when": {"any": ["hot_run", "salty"]},
                "cases": _cases({"findings": {"salty": True}}, {}),
                **_ENTRY,
            },
        },
        "red_flags": {
            "clot": _flag(
                "clot",
                "emergency",
                {"all": ["sign_1", {"any": ["sign_2", "severe_pain"]}]},
                {"findings": {"sign_1": True, "pain": 8}},
            ),
            "swollen": _flag(
                "swollen",
                "consultation_24",
                "sign_1",
                {"findings": {"sign_1": True}},
                referrals=["emergency_department"],
            ),
            "heat": _flag(
                "heat",
                "emergency_ambulance",
                {"finding": "temp", "at_least": 40},
                {"findings": {"temp": 40}},
                do_not_drive=True,
            ),
            "young": _flag(
                "young",
                "consultation",
                "under_18",
                {"runner": {"age_years": 17}},
                out_of_scope=True,
            ),
            "wobble": _flag(
                "wobble",
                "consultation",
                {"all": ["near_miss", "sweaty"]},
                {"findings": {"near_miss": True, "hot_run": True}},
            ),
        },
        "causes": {
            "load": _cause(
                "load", 2, [("jump", 3), ({"all": ["ache", "hot_run"]}, 2)], [({"not": "salty"}, -2)], running="reduce"
            ),
            "heat_loss": _cause(
                "heat_loss",
                1,
                [("sweaty", 3), ({"finding": "where", "only": ["heel"]}, 4)],
                [({"finding": "side", "is": "both"}, -2)],
                likelihood_at_most="possible",
                excluded_when="shoe",
                fixes=["drink", "rest_it"],
            ),
        },
        "fixes": {
            "rest_it": {
                "id": "rest_it",
                "title": "Rest it",
                "steps": [{"text": "Rest.", "sources": ["book"], "evidence": "E4"}],
                "limits": {"days_min": 2},
                "review_after_days": 7,
                "see_if_not_better": "physical_therapist",
                "evidence": "E3",
            },
            "drink": {
                "id": "drink",
                "title": "Drink",
                "steps": [{"text": "Drink.", "sources": ["book"], "evidence": "E4"}],
                "limits": {},
                "review_after_days": 7,
                "see_if_not_better": "primary_care",
                "withheld_when": "odd_sign",
                "instead": "rest_it",
                "evidence": "E3",
            },
        },
    }


def knowledge_of(values: dict[str, Any]) -> Knowledge:
    """Plain values as knowledge, without the lint."""
    return msgspec.convert(values, Knowledge)


@pytest.fixture
def small_values() -> dict[str, Any]:
    """The small knowledge as plain values, to be changed by a test."""
    return small()


@pytest.fixture
def engine_of() -> Callable[[dict[str, Any]], Engine]:
    """Makes an engine of plain values."""
    return lambda values: Engine(knowledge_of(values))


@pytest.fixture(scope="session")
def small_engine() -> Engine:
    """The engine of the small knowledge."""
    return Engine(knowledge_of(small()))


@pytest.fixture(scope="session")
def shipped() -> Knowledge:
    """The knowledge that the service ships with."""
    return load()


@pytest.fixture(scope="session")
def engine(shipped: Knowledge) -> Engine:
    """The engine of the shipped knowledge."""
    return Engine(shipped)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small knowledge as a folder, for tests that start the service itself (JSON is YAML)."""
    folder = tmp_path_factory.mktemp("knowledge")
    values = small()
    del values["facts"]  # a folder has none: the reference is that of the service
    for cause in values["causes"].values():
        sent = {"listed": {"ache": True, "hot_run": True}, "not_listed": {"ache": False}}
        cause["cases"] = [{"name": "A case.", "findings": f, "expect": expect} for expect, f in sent.items()]
    for name in ("checklists", "derivations", "red_flags", "causes", "fixes"):
        (folder / name).mkdir()
        for id_, entry in values.pop(name).items():
            (folder / name / f"{id_}.yaml").write_bytes(msgspec.json.encode(entry))
    (folder / "findings").mkdir()
    (subject,) = values.pop("subjects")
    vocabulary = {"subject": subject, "findings": values.pop("findings")}
    (folder / "findings" / "all.yaml").write_bytes(msgspec.json.encode(vocabulary))
    for name, value in values.items():
        (folder / f"{name}.yaml").write_bytes(msgspec.json.encode(value))
    return folder
