"""Faults planted in the shipped knowledge, each refused by a check.

The loader refuses faults in the files, the cases a changed result, the vignettes a lower level, and the proof a
broken safety law.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
import z3

from service.engine import Engine
from service.engine.rulebook import Rulebook
from service.errors import KnowledgeFault
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED, load
from service.model.scales import Level
from service.review import vignettes
from service.review.cases import replay
from service.review.scorecard import score
from service.review.vignettes import Vignette

from . import test_proof as proofs
from .proof.model import Rules

Change = Callable[[Any], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped knowledge, to be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "knowledge"))


def _break(folder: Path, file: str, change: Change) -> None:
    path = folder / file
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def _set(*path: Any) -> Change:
    """Set the value at `path`."""

    def change(content: Any) -> None:
        *keys, last, value = path
        for key in keys:
            content = content[key]
        content[last] = value

    return change


def _drop(*path: Any) -> Change:
    """Delete the value at `path`."""

    def change(content: Any) -> None:
        *keys, last = path
        for key in keys:
            content = content[key]
        del content[last]

    return change


def _keep_cases(*, fires: bool) -> Change:
    return lambda content: content.update(cases=[case for case in content["cases"] if case["fires"] is fires])


_PALPITATIONS = "red_flags/palpitations.yaml"
_CLOT = "red_flags/leg_clot_possible.yaml"
_HEART = "checklists/heart_and_breathing.yaml"
_NERVES = "findings/nerves_and_vessels.yaml"
_SYSTEMIC = "findings/systemic.yaml"
_FEVER = {"finding": "body_temp_c", "at_least": 38}
_DIARY: dict[str, Any] = {"question": "Do you keep a diary?", "kind": "boolean"}


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        (_PALPITATIONS, _set("when", "palpitation"), "'palpitation' is neither a finding nor a derivation"),
        (_PALPITATIONS, _keep_cases(fires=True), "no case in which it does not fire"),
        (_PALPITATIONS, _keep_cases(fires=False), "no case in which it fires"),
        (_PALPITATIONS, _set("when", {"all": ["palpitations", {"not": "chest_pain"}]}), "a not over 'chest_pain'"),
        (_PALPITATIONS, _set("when", {"finding": "numb_region", "only": ["heel"]}), "only certain choices of"),
        (_PALPITATIONS, _set("when", {"finding": "run_duration_min", "at_least": 60}), "which never fires a red flag"),
        (_PALPITATIONS, _set("when", {"any": ["palpitations", "weekly_change_over_10pct"]}), "is telemetry"),
        (_PALPITATIONS, _set("when", {"finding": "body_temp_c", "at_least": 104}), "threshold 104 is outside"),
        (_PALPITATIONS, _set("when", {"finding": "body_temp_c", "at_least": "40"}), "Expected `int | float"),
        (_PALPITATIONS, _set("when", {"finding": "improved", "is": False}), "got `bool`"),
        (_PALPITATIONS, _set("when", {"finding": "trend", "is": "wrose"}), "'trend' has no value 'wrose'"),
        (_PALPITATIONS, _set("when", {"any": []}), "an empty list of conditions"),
        (_PALPITATIONS, _set("when", {"at_least_of": 2, "of": ["palpitations"]}), "at_least_of must be from 1 to 1"),
        (_PALPITATIONS, _set("when", "near_faint"), "is the condition of 'near_faint'"),
        (_PALPITATIONS, _drop("when"), "missing required field `when`"),
        (_PALPITATIONS, _set("level", "self_care"), "a red flag sets at least consultation"),
        (_PALPITATIONS, _set("level", "urgent"), "Invalid enum value 'urgent'"),
        (_PALPITATIONS, _drop("evidence"), "missing required field `evidence`"),
        (_PALPITATIONS, _set("review", "reviewed"), "review: Expected `object | null`, got `str`"),
        (_PALPITATIONS, _drop("sources"), "missing required field `sources`"),
        (_CLOT, _set("sources", []), "has no source"),
        (_CLOT, _set("sources", ["S999"]), "'S999' is not a source"),
        (_PALPITATIONS, _set("unless", "healthy"), "unknown field `unless`"),
        (_PALPITATIONS, _set("id", "palpitation"), "must be the file's name"),
        ("findings/hydration.yaml", _set("findings", "diary", _DIARY), "is used by no condition"),
        ("findings/hydration.yaml", _set("findings", "felt_hot", "default", "absent"), "unknown field `default`"),
        ("findings/hydration.yaml", _set("findings", "palpitations", _DIARY), "is in another file already"),
        ("derivations/cramp_complaint.yaml", _set("when", "cramp_complaint"), "rests on itself"),
        (_HEART, _set("items", ["chest_pains"]), "'chest_pains' is not a finding"),
        (_HEART, _set("items", ["chest_pain"]), "can raise the level and is neither a yes/no item nor a measurement"),
        ("checklists/age.yaml", _set("items", ["chest_pain"]), "'chest_pain' is an item already"),
        (_NERVES, _set("findings", "saddle_numbness", "asked_when", ["foot_numbness"]), "which can close it"),
        (_NERVES, _set("findings", "leg_weak", "settled_by", "weakness_new"), "is a yes/no finding: use implied_by"),
        (_SYSTEMIC, _set("findings", "fever", "settled_by", _FEVER), "is a measurement, which never denies"),
        (_NERVES, _set("findings", "weakness_new", "implied_by", ["leg_weak"]), "rests on itself"),
        ("policy.yaml", _set("incomplete_level", "self_care"), "open and unknown signs set at least consultation"),
        ("levels.yaml", _set("emergency", "running", "as_planned"), "running is less strict at a higher level"),
        ("levels.yaml", _drop("consultation_24"), "'consultation_24' is missing"),
        ("causes/long_stride.yaml", _set("fixes", ["shorten_strides"]), "'shorten_strides' is not a fix"),
        ("causes/long_stride.yaml", _set("rank", 1), "another cause has this rank"),
        ("causes/long_stride.yaml", _set("mechanism", 0, "by", "someone"), "'someone' is not a speaker"),
        ("causes/long_stride.yaml", _set("cases", []), "no case in which it is listed"),
        (
            "fixes/shorten_stride.yaml",
            _set("withheld_when", "any", ["calf_cramps"]),
            "'calf_cramps' is neither a finding nor a derivation",
        ),
    ],
)
def test_the_loader_refuses(folder: Path, file: str, change: Change, says: str) -> None:
    """`load` refuses a fault in the files, with a message that names it."""
    _break(folder, file, change)
    with pytest.raises(KnowledgeFault) as refused:
        load(folder)
    assert says in "\n".join(map(str, refused.value.issues))


def test_the_loader_refuses_a_second_condition(folder: Path) -> None:
    """A duplicate name is refused, because it would silently replace the first."""
    path = folder / _PALPITATIONS
    path.write_text(path.read_text(encoding="utf-8") + "when: near_faint\n", encoding="utf-8")
    with pytest.raises(KnowledgeFault) as refused:
        load(folder)
    assert "the name 'when' is given twice" in str(refused.value.issues[0])


def _broken(shipped: Knowledge, *path: Any) -> Knowledge:
    """The shipped knowledge with one value replaced, without the loader's checks."""
    content = json.loads(msgspec.json.encode(shipped))
    _set(*path)(content)
    return msgspec.convert(content, Knowledge)


@pytest.mark.parametrize(
    ("folder_", "id_", "field", "value"),
    [
        ("red_flags", "calf_cramp_when_walking", "when", "cramp_when_walking"),
        ("red_flags", "calf_bleed_on_blood_thinner", "when", {"all": ["anticoagulant", "calf_hard_tight"]}),
        ("red_flags", "heat_illness_not_cooling", "when", {"any": ["heat_illness_signs", "not_better_30min_cooling"]}),
        ("red_flags", "prolonged_cramp", "when", {"finding": "cramp_duration_min", "at_least": 10}),
        ("red_flags", "prolonged_cramp", "when", {"finding": "cramp_duration_min", "more_than": 11}),
        ("red_flags", "fast_breathing_at_rest", "when", {"finding": "breaths_per_min", "more_than": 25}),
        ("red_flags", "under_18", "when", {"finding": "age_years", "at_most": 18}),
        ("red_flags", "low_blood_sodium", "when", {"all": ["drank_beyond_thirst", "headache"]}),
        ("red_flags", "achilles_rupture", "when", {"all": ["sudden_pop_back_of_leg", "gap_above_heel"]}),
        ("derivations", "weekly_change_over_10pct", "more_than", 12),
        ("causes", "overtraining", "excluded_when", None),
        ("causes", "pinched_nerve", "supports", []),
    ],
)  # fmt: skip
def test_the_cases_refuse(shipped: Knowledge, folder_: str, id_: str, field: str, value: Any) -> None:
    """A lost condition, a lost alternative or a moved threshold fails a case of that rule."""
    issues = list(replay(_broken(shipped, folder_, id_, field, value)))
    assert f"{folder_}/{id_}.yaml" in {issue.file for issue in issues}


@pytest.fixture(scope="module")
def runners(shipped: Knowledge) -> tuple[Vignette, ...]:
    """The shipped vignettes."""
    return vignettes.read(SHIPPED, shipped)


def _under(knowledge: Knowledge, runners: tuple[Vignette, ...]) -> set[str]:
    return {outcome.vignette.name for outcome in score(knowledge, runners).outcomes if outcome.is_under}


@pytest.mark.parametrize(
    "id_", ["palpitations", "heat_stroke", "cauda_equina", "leg_clot_possible", "night_electric_shocks"]
)
def test_the_vignettes_refuse_a_lowered_level(shipped: Knowledge, runners: tuple[Vignette, ...], id_: str) -> None:
    """A rule at a lower level leaves some runner under-triaged."""
    lower = [level for level in Level if level.rank < shipped.red_flags[id_].level.rank]
    broken = _broken(shipped, "red_flags", id_, "level", lower[1])
    assert _under(broken, runners) > _under(shipped, runners)


def _solver(rules: Rules) -> z3.Solver:
    return proofs.solver_of(rules)


def _compare(rules: Rules, engine: Engine) -> None:
    foreseen = proofs.foreseen_by(rules, Rulebook(rules.knowledge))
    proofs.test_every_red_flag_can_fire_and_the_engine_agrees(rules, foreseen, _solver(rules), engine)


def _without(knowledge: Knowledge, fix: str, name: str) -> Knowledge:
    withheld = json.loads(msgspec.json.encode(knowledge.fixes[fix].withheld_when))
    withheld["any"].remove(name)
    return _broken(knowledge, "fixes", fix, "withheld_when", withheld)


@pytest.mark.parametrize(
    ("fix", "name"),
    [
        ("daily_fluids", "diuretic"),
        ("sports_drink_on_long_runs", "drank_beyond_thirst"),
        ("shorten_stride", "hills_new_or_increased"),
        ("gentle_calf_stretch", "calf_hard_tight"),
    ],
)
def test_the_proof_refuses_a_lost_interlock(shipped: Knowledge, fix: str, name: str) -> None:
    """The proof shows a report in which a fix without one of its conditions could do harm."""
    rules = Rules(_without(shipped, fix, name))
    with pytest.raises(AssertionError, match=rf"{fix} is given in spite of {name}: -d '"):
        proofs.test_the_interlocks_hold(rules, _solver(rules), (fix,), (name,))


def test_the_proof_refuses_a_rule_that_a_sign_could_silence(shipped: Knowledge) -> None:
    """A not over a red-flag finding, which the lint forbids, would let that finding lower the level."""
    planted = {"all": ["palpitations", {"not": "calf_warm_red"}]}
    rules = Rules(_broken(shipped, "red_flags", "palpitations", "when", planted))
    with pytest.raises(AssertionError, match="reporting calf_warm_red lowers the level of: -d '"):
        proofs.test_a_sign_that_becomes_present_never_lowers_the_level(rules, _solver(rules))


def test_the_proof_refuses_a_rule_that_never_fires(shipped: Knowledge) -> None:
    """A condition that contradicts itself loads, and the proof reports that it never fires."""
    planted = {"all": [{"finding": "trend", "is": "worse"}, {"finding": "trend", "is": "better"}]}
    rules = Rules(_broken(shipped, "red_flags", "palpitations", "when", planted))
    with pytest.raises(AssertionError, match="no report fires palpitations"):
        _compare(rules, Engine(rules.knowledge))


def test_the_proof_refuses_a_rule_in_another_s_shadow(shipped: Knowledge) -> None:
    """The proof refuses a rule that fires only beside a more urgent one."""
    planted = {"all": ["palpitations", "chest_pain"]}
    rules = Rules(_broken(shipped, "red_flags", "near_faint", "when", planted))
    with pytest.raises(AssertionError, match="near_faint"):
        proofs.test_no_red_flag_is_shadowed(rules, _solver(rules))


def test_the_proof_refuses_one_condition_written_in_two_ways(shipped: Knowledge) -> None:
    """The proof refuses two rules that always fire together."""
    planted = {"at_least_of": 1, "of": ["not_better_30min_cooling", "heat_illness_signs"]}
    rules = Rules(_broken(shipped, "red_flags", "near_faint", "when", planted))
    with pytest.raises(AssertionError, match="are one condition"):
        proofs.test_no_two_red_flags_are_one_condition(rules, _solver(rules))


def test_the_proof_refuses_a_nerve_left_to_self_care(shipped: Knowledge) -> None:
    """Without its rule a pinched nerve would be self-care."""
    content = json.loads(msgspec.json.encode(shipped))
    del content["red_flags"]["low_back_and_numbness"]
    content["policy"]["uncovered_signs"] = []
    rules = Rules(msgspec.convert(content, Knowledge))
    with pytest.raises(AssertionError, match="a pinched nerve is self-care in: -d '"):
        proofs.test_a_pinched_nerve_is_never_self_care(rules, _solver(rules))


def test_the_proof_refuses_an_engine_that_reads_another_rule(shipped: Knowledge, engine: Engine) -> None:
    """If the formulas and the engine differ, the proof shows the report in which a red flag is missing."""
    rules = Rules(_broken(shipped, "red_flags", "palpitations", "when", "felt_hot"))
    with pytest.raises(AssertionError, match="-d '"):
        _compare(rules, engine)


def test_the_proof_refuses_a_sign_without_a_question(shipped: Knowledge) -> None:
    """A sign outside all checklists would leave a rule open after the last question."""
    items = [id_ for id_ in shipped.checklists["heart_and_breathing"].items if id_ != "palpitations"]
    rules = Rules(_broken(shipped, "checklists", "heart_and_breathing", "items", items))
    with pytest.raises(AssertionError, match=r"palpitations.* is open and not asked in: -d '"):
        proofs.test_settled_means_settled(rules, Rulebook(rules.knowledge), _solver(rules))
