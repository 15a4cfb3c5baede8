"""What binds the knowledge files together: each breach is one issue with file and path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.errors import Issue
from service.knowledge.knowledge import Knowledge
from service.knowledge.lint import lint, red_flag_findings

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def values(small_values: dict[str, Any]) -> dict[str, Any]:
    """The small knowledge with cases for its causes too."""
    for cause in small_values["causes"].values():
        cause["cases"] = [{"name": "A case.", "expect": expect} for expect in ("listed", "not_listed")]
    return small_values


def _issues(values: dict[str, Any]) -> list[str]:
    return [str(issue) for issue in lint(msgspec.convert(values, Knowledge))]


def test_the_small_knowledge_is_sound(values: dict[str, Any]) -> None:
    """Nothing to say."""
    assert _issues(values) == []


def test_red_flag_findings_reach_through_derivations(values: dict[str, Any]) -> None:
    """What a named condition rests on counts; what is only denied does not."""
    values["red_flags"]["wobble"]["when"]["all"].append({"not": "shoe"})
    raising = red_flag_findings(msgspec.convert(values, Knowledge))
    assert raising == {"sign_1", "sign_2", "pain", "temp", "age_years", "near_miss", "hot_run", "salty"}


def _set(*path: Any) -> Change:
    """Sets the value at a path of keys to the last of them."""

    def change(values: dict[str, Any]) -> None:
        *keys, last, value = path
        target: Any = values
        for key in keys:
            target = target[key]
        target[last] = value

    return change


def _new_finding(**more: Any) -> Change:
    return _set("findings", "extra", {"question": "Extra?", "kind": "boolean", **more})


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        (
            _set("red_flags", "clot", "when", "nothing"),
            "red_flags/clot.yaml: when: 'nothing' is no finding and no derivation",
        ),
        (
            _set("causes", "load", "supports", 0, "when", "pain"),
            "causes/load.yaml: supports[0].when: 'pain' is no yes/no finding: say which value",
        ),
        (
            _set("causes", "load", "opposes", 0, "when", "pain"),
            "causes/load.yaml: opposes[0].when: 'pain' is no yes/no finding: say which value",
        ),
        (
            _set("causes", "load", "applies_when", "pain"),
            "causes/load.yaml: applies_when: 'pain' is no yes/no finding: say which value",
        ),
        (
            _set("causes", "load", "excluded_when", "pain"),
            "causes/load.yaml: excluded_when: 'pain' is no yes/no finding: say which value",
        ),
        (
            _set("fixes", "drink", "withheld_when", "pain"),
            "fixes/drink.yaml: withheld_when: 'pain' is no yes/no finding: say which value",
        ),
        (
            _set("safety_screen", "questions", "question_3", "members", ["pain"]),
            "safety_screen.yaml: questions.question_3.members[0]: 'pain' is no yes/no finding: say which value",
        ),
        (
            _set("safety_screen", "questions", "question_3", "members", [{"not": "ache"}]),
            "safety_screen.yaml: questions.question_3.members[0]: must be one yes/no finding or one range of a number",
        ),
        (
            _set("safety_screen", "questions", "question_3", "members", [{"all": ["sign_3", "ache"]}]),
            "safety_screen.yaml: questions.question_3.members[0]: must be one yes/no finding or one range of a number",
        ),
        (
            _set("safety_screen", "questions", "question_3", "members", ["sweaty"]),
            "safety_screen.yaml: questions.question_3.members[0]: must be one yes/no finding or one range of a number",
        ),
        (
            _set("safety_screen", "questions", "question_3", "members", [{"finding": "side", "is": "left"}]),
            "safety_screen.yaml: questions.question_3.members[0]: must be one yes/no finding or one range of a number",
        ),
        (
            _set("safety_screen", "questions", "question_3", "members", [{"finding": "where", "includes": ["heel"]}]),
            "safety_screen.yaml: questions.question_3.members[0]: must be one yes/no finding or one range of a number",
        ),
        (
            _set("safety_screen", "questions", "question_3", "members", [{"finding": "where", "only": ["heel"]}]),
            "safety_screen.yaml: questions.question_3.members[0]: must be one yes/no finding or one range of a number",
        ),
        (_set("policy", "uncovered_signs", ["pain"]), "policy.yaml: uncovered_signs: 'pain' is no yes/no finding"),
        (
            _set("red_flags", "clot", "when", {"all": ["sign_2", {"not": "near_miss"}]}),
            (
                "red_flags/clot.yaml: when: "
                "a not over 'near_miss', on which a red flag fires: reporting it would lower the level"
            ),
        ),
        (
            _set("derivations", "sweaty", "when", {"all": ["hot_run", {"not": "near_miss"}]}),
            (
                "red_flags/wobble.yaml: when: "
                "a not over 'near_miss', on which a red flag fires: reporting it would lower the level"
            ),
        ),
        (
            _set("red_flags", "clot", "when", {"all": ["sign_2", {"finding": "where", "only": ["heel"]}]}),
            "red_flags/clot.yaml: when: only certain choices of 'where': reporting one more would lower the level",
        ),
        (
            _set("red_flags", "clot", "when", "jump"),
            "red_flags/clot.yaml: when: 'jump' is telemetry, which never fires a red flag",
        ),
        (
            _set("red_flags", "clot", "level", "self_care"),
            "red_flags/clot.yaml: level: a red flag sets at least consultation",
        ),
        (_set("red_flags", "clot", "when", "sign_1"), "red_flags/swollen.yaml: when: is the condition of 'clot'"),
        (
            _set(
                "derivations",
                "ache",
                {
                    "id": "ache",
                    "title": "Ache",
                    "when": "shoe",
                    "sources": ["book"],
                    "evidence": "E3",
                    "review": "not reviewed by a clinician",
                    "cases": [{"name": "A case.", "fires": True}, {"name": "A case.", "fires": False}],
                },
            ),
            "derivations/ache.yaml: has the id of a finding",
        ),
        (
            _set("derivations", "sweaty", "measure", {"kind": "last_change", "series": "km"}),
            "derivations/sweaty.yaml: needs either when or measure",
        ),
        (
            _set("derivations", "sweaty", "when", {"any": ["hot_run", "salty", "sweaty"]}),
            "derivations/sweaty.yaml: rests on itself",
        ),
        (_set("derivations", "jump", "unit", None), "derivations/jump.yaml: a measure needs more_than and unit"),
        (_set("derivations", "jump", "more_than", None), "derivations/jump.yaml: a measure needs more_than and unit"),
        (
            _set("derivations", "jump", "measure", "series", "miles"),
            "derivations/jump.yaml: reads 'miles', which is no finding",
        ),
        (
            _set("red_flags", "clot", "cases", [{"name": "A case.", "fires": True}]),
            "red_flags/clot.yaml: cases: no case in which it does not fire",
        ),
        (
            _set("derivations", "jump", "cases", [{"name": "A case.", "fires": False}]),
            "derivations/jump.yaml: cases: no case in which it fires",
        ),
        (
            _set("causes", "load", "cases", [{"name": "A case.", "expect": "not_listed"}]),
            "causes/load.yaml: cases: no case in which it is listed",
        ),
        (
            _set("causes", "load", "cases", [{"name": "A case.", "expect": "leads"}]),
            "causes/load.yaml: cases: no case in which it is not listed",
        ),
        (_set("red_flags", "clot", "sources", []), "red_flags/clot.yaml: sources: has no source"),
        (_set("derivations", "jump", "sources", []), "derivations/jump.yaml: sources: has no source"),
        (_set("causes", "load", "sources", []), "causes/load.yaml: sources: has no source"),
        (_set("fixes", "drink", "sources", ["nothing"]), "fixes/drink.yaml: sources: 'nothing' is no source"),
        (_set("levels", "self_care", "sources", []), "levels.yaml: self_care.sources: has no source"),
        (_set("safety_screen", "sources", []), "safety_screen.yaml: sources: has no source"),
        (
            _set("emergency_numbers", "countries", "US", "sources", []),
            "emergency_numbers.yaml: countries.US.sources: has no source",
        ),
        (
            _set("causes", "load", "mechanism", 0, "sources", ["nothing"]),
            "causes/load.yaml: mechanism[0]: 'nothing' is no source",
        ),
        (_set("fixes", "drink", "steps", 0, "by", "zoe"), "fixes/drink.yaml: steps[0]: 'zoe' is no speaker"),
        (
            _set("background", [{"text": "It is so.", "evidence": "E3", "facts": ["A01"]}]),
            "background.yaml: [0]: a fact of the article has no speaker",
        ),
        (_set("causes", "load", "fixes", ["rest_it", "nothing"]), "causes/load.yaml: fixes: 'nothing' is no fix"),
        (_set("fixes", "drink", "instead", "nothing"), "fixes/drink.yaml: instead: 'nothing' is no fix"),
        (_set("fixes", "drink", "withheld_when", None), "fixes/drink.yaml: instead: has no withheld_when"),
        (
            _new_finding(values=["a_b"], context_only="Context."),
            "findings: extra: values belong to choice and choices, and only there",
        ),
        (
            _new_finding(kind="choice", context_only="Context."),
            "findings: extra: values belong to choice and choices, and only there",
        ),
        (
            _new_finding(kind="number", context_only="Context."),
            "findings: extra: minimum, maximum and unit belong to numbers, and only there",
        ),
        (
            _new_finding(min_items=1, max_items=2, context_only="Context."),
            "findings: extra: min_items and max_items belong to a series, and only there",
        ),
        (_new_finding(question="Extra.", context_only="Context."), "findings: extra: the question must end in '?'"),
        (
            _set("findings", "where", "values", ["heel", "toes", "sole", "unknown"]),
            "findings: where: what is not known cannot be one of several: leave 'unknown' to a choice",
        ),
        (_new_finding(), "findings: extra: is used by no condition"),
        (
            _set("findings", "ache", "context_only", "Context."),
            "findings: ache: is context_only and used by a condition",
        ),
        (
            _set(
                "fixes",
                "extra",
                {
                    "id": "extra",
                    "title": "Extra",
                    "steps": [],
                    "limits": {},
                    "review_after_days": 7,
                    "see_if_not_better": "primary_care",
                    "sources": ["book"],
                    "evidence": "E3",
                    "review": "not reviewed by a clinician",
                },
            ),
            "fixes/extra.yaml: no cause calls for it",
        ),
        (
            lambda values: values["causes"]["load"].update(supports=values["causes"]["load"]["supports"][1:]),
            "derivations/jump.yaml: is used by no condition",
        ),
        (lambda values: values["levels"].pop("emergency"), "levels.yaml: 'emergency' is missing"),
        (lambda values: values["running"].pop("stop"), "running.yaml: 'stop' is missing"),
        (lambda values: values["policy"]["likelihood_from_points"].pop("likely"), "policy.yaml: 'likely' is missing"),
        (_set("causes", "load", "rank", 1), "causes/load.yaml: rank: another cause has this rank"),
        (_set("levels", "emergency", "running", "pause"), "levels.yaml: running is less strict at a higher level"),
        (
            lambda values: values["safety_screen"]["questions"].pop("question_4"),
            "safety_screen.yaml: questions: there must be 13",
        ),
    ],
)
def test_a_breach_is_named(values: dict[str, Any], change: Change, issue: str) -> None:
    """File, path, and words that an author can act on."""
    change(values)
    assert issue in _issues(values)


def test_several_breaches_are_all_named(values: dict[str, Any]) -> None:
    """One broken file does not hide another."""
    _set("red_flags", "clot", "sources", [])(values)
    _set("fixes", "drink", "instead", "nothing")(values)
    assert _issues(values) == [
        "red_flags/clot.yaml: sources: has no source",
        "fixes/drink.yaml: instead: 'nothing' is no fix",
    ]


def test_an_issue_has_file_path_and_words(values: dict[str, Any]) -> None:
    """As parts, for whoever wants to sort them."""
    _set("policy", "uncovered_signs", ["nothing"])(values)
    issues = list(lint(msgspec.convert(values, Knowledge)))
    assert Issue("policy.yaml", "uncovered_signs[0]", "'nothing' is no finding and no derivation") in issues
