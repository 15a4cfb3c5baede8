"""The rules across knowledge files: one issue per breach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.errors import Issue
from service.knowledge.expansion import red_flag_findings
from service.knowledge.knowledge import Knowledge
from service.knowledge.lint import lint

Change = Callable[[dict[str, Any]], object]
_NO_FACT = "is not a fact of the reference"
_NO_SOURCE = "has no source, which only the grades E4 and E5 allow"


def _issues(values: dict[str, Any]) -> list[str]:
    return [str(issue) for issue in lint(msgspec.convert(values, Knowledge))]


def test_the_small_knowledge_is_sound(small_values: dict[str, Any]) -> None:
    """The small knowledge has no issues."""
    assert _issues(small_values) == []


def test_red_flag_findings_reach_through_derivations(small_values: dict[str, Any]) -> None:
    """The findings of a named condition count, except those that are only denied."""
    small_values["red_flags"]["wobble"]["when"]["all"].append({"not": "shoe"})
    raising = red_flag_findings(msgspec.convert(small_values, Knowledge))
    assert raising == {"sign_1", "sign_2", "severe_pain", "temp", "under_18", "near_miss", "hot_run", "salty"}


def _set(*path: Any) -> Change:
    """Set the value at a path of keys."""

    def change(values: dict[str, Any]) -> None:
        *keys, last, value = path
        target: Any = values
        for key in keys:
            target = target[key]
        target[last] = value

    return change


def _new_finding(**more: Any) -> Change:
    return _set("findings", "extra", {"question": "Extra?", "kind": "boolean", **more})


def _changes(*changes: Change) -> Change:
    """Apply several changes in order."""

    def change(values: dict[str, Any]) -> None:
        for one in changes:
            one(values)

    return change


def _item(checklist: str, name: str) -> Change:
    """Add an item to a checklist."""
    return lambda values: values["checklists"][checklist]["items"].append(name)


def _many_groups(values: dict[str, Any]) -> None:
    for number in range(14):
        values["checklists"][f"more_{number}"] = {
            **values["checklists"]["signs"],
            "id": f"more_{number}",
            "order": 10 + number,
        }


def _retired(id_: str, **more: str) -> Change:
    return _set("retired", id_, {"detail": "Send something else.", **more})


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        (
            _set("red_flags", "clot", "when", "nothing"),
            "red_flags/clot.yaml: when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("causes", "load", "supports", 0, "when", "pain"),
            "causes/load.yaml: supports[0].when: 'pain' is not a yes/no finding: give a value",
        ),
        (
            _set("causes", "load", "opposes", 0, "when", "pain"),
            "causes/load.yaml: opposes[0].when: 'pain' is not a yes/no finding: give a value",
        ),
        (
            _set("causes", "load", "applies_when", "pain"),
            "causes/load.yaml: applies_when: 'pain' is not a yes/no finding: give a value",
        ),
        (
            _set("causes", "load", "excluded_when", "pain"),
            "causes/load.yaml: excluded_when: 'pain' is not a yes/no finding: give a value",
        ),
        (
            _set("fixes", "drink", "withheld_when", "pain"),
            "fixes/drink.yaml: withheld_when: 'pain' is not a yes/no finding: give a value",
        ),
        (
            _set("policy", "uncovered_signs", ["pain"]),
            "policy.yaml: uncovered_signs: 'pain' is not a finding of kind boolean",
        ),
        (
            _set("red_flags", "clot", "when", {"all": ["sign_2", {"not": "near_miss"}]}),
            "red_flags/clot.yaml: when: a not over 'near_miss': no red flag fires on a no",
        ),
        (
            _set("derivations", "sweaty", "when", {"all": ["hot_run", {"not": "near_miss"}]}),
            "red_flags/wobble.yaml: when: a not over 'near_miss': no red flag fires on a no",
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
            "derivations/jump.yaml: reads 'miles', which is not a finding",
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
        (_set("red_flags", "clot", "sources", []), f"red_flags/clot.yaml: sources: {_NO_SOURCE}"),
        (_set("derivations", "jump", "sources", []), f"derivations/jump.yaml: sources: {_NO_SOURCE}"),
        (_set("causes", "load", "mechanism", 0, "sources", []), f"causes/load.yaml: mechanism[0]: {_NO_SOURCE}"),
        (_set("causes", "load", "opposes", 0, "evidence", "E2"), f"causes/load.yaml: opposes[0]: {_NO_SOURCE}"),
        (
            _set("running_rules", [{"when": "ache", "running": "pause", "sources": [], "evidence": "E3"}]),
            f"running_rules.yaml: [0].sources: {_NO_SOURCE}",
        ),
        (
            _set("red_flags", "clot", "evidence", "E5"),
            "red_flags/clot.yaml: sources: has a source, so its grade is not E5",
        ),
        (
            _set("fixes", "drink", "steps", 0, "sources", ["nothing"]),
            "fixes/drink.yaml: steps[0]: 'nothing' is not a source",
        ),
        (
            _set("causes", "load", "supports", 0, "sources", ["nothing"]),
            "causes/load.yaml: supports[0]: 'nothing' is not a source",
        ),
        (_set("levels", "self_care", "sources", []), f"levels.yaml: self_care.sources: {_NO_SOURCE}"),
        (
            _set("emergency_numbers", "countries", "US", "sources", []),
            f"emergency_numbers.yaml: countries.US.sources: {_NO_SOURCE}",
        ),
        (
            _set("causes", "load", "mechanism", 0, "sources", ["nothing"]),
            "causes/load.yaml: mechanism[0]: 'nothing' is not a source",
        ),
        (_set("red_flags", "clot", "reference", "RF99"), f"red_flags/clot.yaml: reference: 'RF99' {_NO_FACT}"),
        (_set("red_flags", "clot", "facts", ["A99"]), f"red_flags/clot.yaml: facts: 'A99' {_NO_FACT}"),
        (_set("derivations", "jump", "facts", ["A99"]), f"derivations/jump.yaml: facts: 'A99' {_NO_FACT}"),
        (_set("fixes", "drink", "steps", 0, "facts", ["A99"]), f"fixes/drink.yaml: steps[0]: 'A99' {_NO_FACT}"),
        (_set("causes", "load", "opposes", 0, "facts", ["A99"]), f"causes/load.yaml: opposes[0]: 'A99' {_NO_FACT}"),
        (_set("fixes", "drink", "steps", 0, "by", "zoe"), "fixes/drink.yaml: steps[0]: 'zoe' is not a speaker"),
        (
            _set("background", [{"text": "It is so.", "evidence": "E3", "facts": ["A01"]}]),
            "background.yaml: [0]: a fact of the article has no speaker",
        ),
        (_set("causes", "load", "fixes", ["rest_it", "nothing"]), "causes/load.yaml: fixes: 'nothing' is not a fix"),
        (_set("fixes", "drink", "instead", "nothing"), "fixes/drink.yaml: instead: 'nothing' is not a fix"),
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
            "findings: where: 'unknown' cannot be one of several values: only a choice may have it",
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
                    "evidence": "E3",
                },
            ),
            "fixes/extra.yaml: no cause and no first step calls for it",
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
            _set("fixes", "drink", "ask_first", ["salty"]),
            "fixes/drink.yaml: ask_first: 'salty' is not in withheld_when",
        ),
        (lambda values: values["findings"]["salty"].pop("label"), "findings: salty.label: is missing"),
        (
            _set("findings", "salty", "label", "One two three four five six seven eight nine ten eleven twelve 13"),
            "findings: salty.label: has more than 12 words",
        ),
        (
            lambda values: values["findings"]["side"]["labels"].pop("both"),
            "findings: side.labels: 'both' has no label",
        ),
        (_set("findings", "side", "labels", "middle", "Middle"), "findings: side.labels: 'middle' is not a value"),
        (
            _set("findings", "salty", "asked_when", ["nothing"]),
            "findings: salty.asked_when[0]: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("findings", "salty", "implied_by", ["pain"]),
            "findings: salty.implied_by[0]: 'pain' is not a yes/no finding: give a value",
        ),
        (
            _set("findings", "salty", "settled_by", {"finding": "nothing", "at_least": 1}),
            "findings: salty.settled_by: 'nothing' is not a finding",
        ),
        (
            _set("findings", "salty", "asked_when", [{"not": "ache"}]),
            "findings: salty.asked_when: a not or only over 'ache'",
        ),
        (
            _set("findings", "salty", "implied_by", [{"finding": "where", "only": ["heel"]}]),
            "findings: salty.implied_by: a not or only over 'where'",
        ),
        (
            _set("findings", "side", "implied_by", ["ache"]),
            "findings: side: only a yes/no finding is implied or settled by others",
        ),
        (
            _set("findings", "salty", "implied_unless", ["pain"]),
            "findings: salty.implied_unless: 'pain' is not a yes/no finding",
        ),
        (
            _set("findings", "salty", "implied_unless", ["ache"]),
            "findings: salty.implied_unless: there is no implied_by",
        ),
        (
            _set("findings", "salty", "settled_by", "ache"),
            "findings: salty.settled_by: 'ache' is a yes/no finding: use implied_by",
        ),
        (
            _set("findings", "salty", "settled_by", {"finding": "temp", "at_least": 39}),
            "findings: salty.settled_by: 'temp' is a measurement, which never denies: use implied_by",
        ),
        (_set("findings", "salty", "asked_when", ["sweaty"]), "findings: salty.asked_when: rests on itself"),
        (
            _changes(
                _set("findings", "salty", "implied_by", ["shoe"]), _set("findings", "shoe", "implied_by", ["salty"])
            ),
            "findings: shoe.implied_by: rests on itself",
        ),
        (
            _changes(
                _set("findings", "salty", "implied_by", ["shoe"]), _set("findings", "shoe", "implied_by", ["hot_run"])
            ),
            "findings: salty.implied_by: 'shoe' is a parent itself: two levels at most",
        ),
        (
            _set("findings", "salty", "covered_by", "hot_run"),
            "findings: salty.covered_by: belongs to a report-only finding",
        ),
        (
            _set("findings", "pain", "covered_by", "temp"),
            "findings: pain.covered_by: 'temp' is not an item of a checklist",
        ),
        (
            lambda values: values["findings"]["pain"].pop("covered_by"),
            "findings: pain.covered_by: is missing: an item follows from this report-only finding",
        ),
        (_many_groups, "checklists: more than 13 safety groups of the first stage"),
        (_set("checklists", "signs", "items", []), "checklists/signs.yaml: items: must be 1 to 8"),
        (
            _set("checklists", "signs", "items", [f"sign_{number}" for number in range(1, 10)]),
            "checklists/signs.yaml: items: must be 1 to 8",
        ),
        (
            _set("checklists", "signs", "text", "One two three four five six seven eight nine ten eleven twelve 13"),
            "checklists/signs.yaml: text: has more than 12 words",
        ),
        (_set("checklists", "signs", "order", 1), "checklists/signs.yaml: order: another checklist has this order"),
        (_item("signs", "nothing"), "checklists/signs.yaml: items: 'nothing' is not a finding"),
        (_item("signs", "odd_sign"), "checklists/signs.yaml: items: 'odd_sign' is an item already"),
        (
            _item("signs", "pain"),
            "checklists/signs.yaml: items: 'pain' is not a yes/no finding, which a checklist needs",
        ),
        (_item("places", "km"), "checklists/places.yaml: items: 'km' cannot be answered under findings"),
        (_item("places", "temp"), "checklists/places.yaml: items: 'temp' is a measurement"),
        (
            _set("checklists", "signs", "stage", "detail"),
            "checklists/signs.yaml: items: 'sign_1' is a detail without asked_when",
        ),
        (
            _changes(
                _set("checklists", "signs", "stage", "detail"),
                _set("findings", "sign_1", "asked_when", ["ache"]),
                _set("findings", "odd_sign", "implied_by", ["sign_1"]),
            ),
            "checklists/signs.yaml: items: 'sign_1' is not asked when its parent is present",
        ),
        (
            _set("checklists", "causes", "stage", "separating"),
            "checklists/causes.yaml: separates: 'salty' must be there for each separating item, and only there",
        ),
        (
            _set("checklists", "causes", "separates", {"salty": ["load"]}),
            "checklists/causes.yaml: separates: 'salty' must be there for each separating item, and only there",
        ),
        (
            _set("checklists", "causes", "separates", {"salty": ["nothing"]}),
            "checklists/causes.yaml: separates: 'nothing' is not a cause",
        ),
        (
            _set("findings", "salty", "keeps", "always"),
            "findings: salty.keeps: belongs to background items, and only there",
        ),
        (
            _set("checklists", "others", "role", "background"),
            "findings: odd_sign.keeps: belongs to background items, and only there",
        ),
        (
            _set("checklists", "signs", "items", ["sign_1", "sign_3"]),
            "findings: sign_2: can raise the level and is neither a yes/no item nor a measurement",
        ),
        (
            _set("red_flags", "clot", "when", {"finding": "side", "is": "left"}),
            "findings: side: can raise the level and is neither a yes/no item nor a measurement",
        ),
        (
            _set("policy", "never_closed", ["temp"]),
            "policy.yaml: never_closed: 'temp' is not an item of the first stage",
        ),
        (
            _changes(_set("policy", "never_closed", ["salty"]), _set("findings", "salty", "asked_when", ["ache"])),
            "policy.yaml: never_closed: 'salty' has asked_when or asked_of, which can close it",
        ),
        (
            _set("findings", "sign_1", "implied_by", ["odd_sign"]),
            "findings: sign_1: sets more than consultation, and its detail 'odd_sign' does not",
        ),
        (
            lambda values: values["levels"]["consultation"].pop("advice_while_open"),
            "levels.yaml: consultation: advice_while_open is missing",
        ),
        (
            _set("policy", "measurements", ["ache"]),
            "policy.yaml: measurements: 'ache' is not a finding of kind integer or number",
        ),
        (
            _set("policy", "complaints", ["ache", "salty"]),
            "policy.yaml: complaints: 'salty' is not in both: complaints and the first checklist",
        ),
        (
            _set("policy", "send_at_once_from", "consultation_24"),
            "policy.yaml: send_at_once_from: an app interrupts for an emergency or more only",
        ),
        (
            _set("policy", "incomplete_level", "self_care"),
            "policy.yaml: open and unknown signs set at least consultation",
        ),
        (
            lambda values: values["policy"]["referral_labels"].pop("podiatrist"),
            "policy.yaml: referral_labels: 'podiatrist' has no label",
        ),
        (
            _set("policy", "activity_labels", {"rowing": "Rowing"}),
            "policy.yaml: activity_labels: 'rowing' is not in use",
        ),
        (
            _set("policy", "first_steps", [{"when": "ache", "regions": ["calf"], "fix": "nothing"}]),
            "policy.yaml: first_steps[0].fix: 'nothing' is not a fix",
        ),
        (
            _set("policy", "first_steps", [{"when": "nothing", "regions": ["calf"], "fix": "rest_it"}]),
            "policy.yaml: first_steps[0].when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("policy", "added_fixes", [{"when": "ache", "fix": "nothing"}]),
            "policy.yaml: added_fixes[0].fix: 'nothing' is not a fix",
        ),
        (
            _set("policy", "added_fixes", [{"when": "nothing", "fix": "rest_it"}]),
            "policy.yaml: added_fixes[0].when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("fixes", "rest_it", "leads_when", "nothing"),
            "fixes/rest_it.yaml: leads_when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("fixes", "rest_it", "failed_when", "nothing"),
            "fixes/rest_it.yaml: failed_when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("running_rules", [{"when": "nothing", "running": "pause", "sources": ["book"], "evidence": "E4"}]),
            "running_rules.yaml: [0].when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("running", "pause", "return_when", [{"text": "Better.", "when": "nothing"}]),
            "running.yaml: pause.return_when[0].when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set("running", "pause", "race", [{"text": "Do not race.", "when": "nothing"}]),
            "running.yaml: pause.race[0].when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _changes(
                _set("running", "pause", "limits", {"week_max": 0}), _set("fixes", "rest_it", "limits", {"week_max": 1})
            ),
            "fixes/rest_it.yaml: limits.week_max: belongs to the advice on running",
        ),
        (
            _set("fixes", "rest_it", "title", "The article says rest"),
            "fixes/rest_it.yaml: title: 'article' is about sources: move it to note",
        ),
        (
            _set("running", "pause", "statement", "Studies differ."),
            "running.yaml: pause.statement: 'Studies' is about sources: move it to note",
        ),
        (
            _set("fixes", "rest_it", "short", "Ask about orthoses."),
            "fixes/rest_it.yaml: short: 'orthoses' is not explained: add 'insole'",
        ),
        (
            _set("about", [{"finding": "nothing", "when": "ache", "statements": []}]),
            "about.yaml: [0].finding: 'nothing' is not a finding",
        ),
        (
            _set("about", [{"finding": "ache", "when": "nothing", "statements": []}]),
            "about.yaml: [0].when: 'nothing' is neither a finding nor a derivation",
        ),
        (
            _set(
                "about",
                [{"finding": "ache", "when": "ache", "statements": [{"text": "So.", "evidence": "E3", "by": "zoe"}]}],
            ),
            "about.yaml: [0].statements[0]: 'zoe' is not a speaker",
        ),
        (_retired("salty", code="removed"), "retired.yaml: salty: is a finding"),
        (_retired("sweet", code="renamed"), "retired.yaml: sweet: instead belongs to a renamed id, and only there"),
        (_retired("sweet", code="renamed", instead="nothing"), "retired.yaml: sweet: 'nothing' is not a finding"),
    ],
)
def test_a_breach_is_named(small_values: dict[str, Any], change: Change, issue: str) -> None:
    """The issue has the file, the path and a message for the author."""
    change(small_values)
    assert issue in _issues(small_values)


def test_several_breaches_are_all_named(small_values: dict[str, Any]) -> None:
    """An issue in one file does not hide others."""
    _set("red_flags", "clot", "sources", [])(small_values)
    _set("fixes", "drink", "instead", "nothing")(small_values)
    assert _issues(small_values) == [
        "fixes/drink.yaml: instead: 'nothing' is not a fix",
        f"red_flags/clot.yaml: sources: {_NO_SOURCE}",
    ]


def test_an_issue_has_file_path_and_words(small_values: dict[str, Any]) -> None:
    """File, path and message are separate attributes, for sorting."""
    _set("policy", "uncovered_signs", ["nothing"])(small_values)
    issues = list(lint(msgspec.convert(small_values, Knowledge)))
    assert Issue("policy.yaml", "uncovered_signs[0]", "'nothing' is neither a finding nor a derivation") in issues
