"""The reader of vignettes: the grammar, and all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.errors import KnowledgeFault
from service.knowledge.knowledge import Knowledge
from service.model.scales import Level
from service.review import vignettes
from service.review.vignettes import Vignette

GOOD: dict[str, Any] = {
    "name": "A runner's calf aches on a hot run.",
    "rules": ["RF01"],
    "findings": {"ache": True},
    "expect": {"level": "consultation", "acceptable": ["emergency"], "leads": "load"},
    "sources": ["book"],
}


def _write(folder: Path, *entries: dict[str, Any], name: str = "some.yaml") -> Path:
    (folder / "vignettes").mkdir(exist_ok=True)
    text = msgspec.json.encode({"subject": "Some runners", "vignettes": entries})  # JSON is YAML
    (folder / "vignettes" / name).write_bytes(text)
    return folder


def _faults(folder: Path, knowledge: Knowledge) -> list[str]:
    with pytest.raises(KnowledgeFault) as caught:
        vignettes.read(folder, knowledge)
    return [str(issue) for issue in caught.value.issues]


def test_a_vignette_is_read(tmp_path: Path, small_knowledge: Knowledge) -> None:
    """Request, rules and expectation are read, and missing values have their default."""
    (vignette,) = vignettes.read(_write(tmp_path, GOOD), small_knowledge)
    assert isinstance(vignette, Vignette)
    assert (vignette.findings, vignette.rules) == ({"ache": True}, ("RF01",))
    assert (vignette.expect.level, vignette.expect.acceptable) == (Level.CONSULTATION, (Level.EMERGENCY,))
    assert (vignette.expect.must_escalate, vignette.expect.top_3) == (False, ())


def test_a_knowledge_without_vignettes_has_none(tmp_path: Path, small_knowledge: Knowledge) -> None:
    """The folder of vignettes is optional."""
    assert vignettes.read(tmp_path, small_knowledge) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"findings": {"ach": True}}, "'ach' is not a finding of findings"),
        ({"findings": {"age_years": 30}}, "'age_years' is not a finding of findings"),
        ({"training": {"ache": True}}, "'ache' is not a finding of training"),
        ({"runner": {"name": True}}, "'name' is not a finding of runner"),
        ({"not_known": ["ach"]}, "'ach' is not a finding"),
        ({"rules": ["RF1"]}, "'RF1' is not a fact of the reference"),
        ({"sources": ["a film"]}, "'a film' is not a source"),
        ({"expect": {"level": "consultation", "leads": "fate"}}, "'fate' is not a cause"),
        ({"expect": {"level": "consultation", "top_3": ["fate"]}}, "'fate' is not a cause"),
        ({"expect": {"level": "consultation", "without_fixes": ["luck"]}}, "'luck' is not a fix"),
        (
            {"expect": {"level": "consultation", "acceptable": ["consultation"]}},
            "an acceptable level must be above the expected one",
        ),
        (
            {"expect": {"level": "consultation", "must_escalate": True}},
            "must_escalate belongs to consultation_24 and above",
        ),
    ],
)
def test_each_fault_of_a_vignette_is_named(
    tmp_path: Path, small_knowledge: Knowledge, change: dict[str, Any], says: str
) -> None:
    """A vignette with an unknown id or a contradiction is refused with its path."""
    assert _faults(_write(tmp_path, GOOD | change), small_knowledge) == [f"vignettes/some.yaml: vignettes[0]: {says}"]


def test_country_and_unanswered_questions_are_read(tmp_path: Path, small_knowledge: Knowledge) -> None:
    """A vignette may contain a country, findings that are not known, and a no to all other questions."""
    entry = GOOD | {"runner": {"country": "US", "age_years": 30}, "not_known": ["hot_run"], "rest": "denied"}
    (vignette,) = vignettes.read(_write(tmp_path, entry), small_knowledge)
    assert (vignette.not_known, vignette.rest) == (("hot_run",), "denied")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"rules": []}, "vignettes[0].rules"),
        ({"sources": None}, "vignettes[0].sources"),
        ({"expect": {"level": "at_once"}}, "vignettes[0].expect.level"),
        ({"rest": "absent"}, "vignettes[0].rest"),
        ({"safety_screen": {"none_of_these": True}}, "vignettes[0]"),
        ({"surprise": True}, "vignettes[0]"),
    ],
)
def test_the_shape_is_strict(tmp_path: Path, small_knowledge: Knowledge, change: dict[str, Any], where: str) -> None:
    """Unknown names, unknown levels and empty lists are refused with file and path."""
    (fault,) = _faults(_write(tmp_path, GOOD | change), small_knowledge)
    assert fault.startswith(f"vignettes/some.yaml: {where}: ")


def test_every_faulty_file_is_named_at_once(tmp_path: Path, small_knowledge: Knowledge) -> None:
    """One faulty file does not hide the faults of the others."""
    folder = _write(tmp_path, GOOD, GOOD)
    (folder / "vignettes" / "broken.yaml").write_text("subject: [", encoding="utf-8")
    (folder / "vignettes" / "latin.yaml").write_bytes(b"subject: \xff")
    (folder / "vignettes" / "notes.txt").write_text("notes", encoding="utf-8")
    (folder / "vignettes" / "twice.yaml").write_text("subject: Some\nsubject: Some\n", encoding="utf-8")
    faults = _faults(folder, small_knowledge)
    assert [fault.partition(":")[0] for fault in faults] == [
        "vignettes/broken.yaml",
        "vignettes/latin.yaml",
        "vignettes/notes.txt",
        "vignettes/twice.yaml",
        "vignettes/some.yaml",
    ]
    assert faults[2].endswith("is not a YAML file")
    assert faults[-1].endswith("another vignette has this name")
