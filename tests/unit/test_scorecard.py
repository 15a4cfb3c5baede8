"""The scorecard's figures."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service import cli
from service.errors import KnowledgeFault
from service.knowledge.knowledge import Knowledge
from service.model.scales import Level
from service.review.scorecard import Outcome, Scorecard, score
from service.review.vignettes import Vignette


def _vignette(level: str, findings: dict[str, Any] | None = None, **expected: Any) -> Vignette:
    values = {
        "name": f"A runner at {level}.",
        "rules": ["RF01"],
        "findings": findings or {"ache": True},
        "rest": "denied",
        "expect": {"level": level, **expected},
        "sources": ["book"],
    }
    return msgspec.convert(values, Vignette)


def _outcome(given: Level, vignette: Vignette, causes: tuple[str, ...] = (), fixes: tuple[str, ...] = ()) -> Outcome:
    return Outcome(vignette, given, causes, fixes)


def test_the_engine_is_asked_each_vignette(small_knowledge: Knowledge) -> None:
    """Level, causes and fixes are those of the response to the vignette's request."""
    calm = _vignette("self_care", {"ache": True, "hot_run": True})
    urgent = _vignette("emergency", {"sign_1": True, "sign_2": True})
    first, second = score(small_knowledge, [calm, urgent]).outcomes
    assert (first.level, first.causes[:1]) == (Level.SELF_CARE, ("heat_loss",))
    assert first.fixes
    assert (second.level, second.causes, second.fixes) == (Level.EMERGENCY, (), ())


def test_every_request_that_is_not_valid_is_named(small_knowledge: Knowledge) -> None:
    """A vignette with a value out of range is a fault of the vignette, not of the engine."""
    wrong = [_vignette("self_care", {"pain": 99}), _vignette("emergency", {"pain": 98})]
    with pytest.raises(KnowledgeFault) as caught:
        score(small_knowledge, wrong)
    assert [issue.path for issue in caught.value.issues] == ["/findings/pain", "/findings/pain"]
    assert caught.value.issues[0].says.endswith("A runner at self_care.")


@pytest.mark.parametrize(
    ("given", "expected", "acceptable", "under", "over"),
    [
        (Level.CONSULTATION, "consultation", [], False, False),
        (Level.SELF_CARE, "consultation", [], True, False),
        (Level.CONSULTATION_24, "consultation", [], False, True),
        (Level.CONSULTATION_24, "consultation", ["consultation_24"], False, False),
        (Level.EMERGENCY, "consultation", ["consultation_24"], False, True),
        (Level.SELF_CARE, "consultation", ["consultation_24"], True, False),
    ],
)
def test_under_and_over(given: Level, expected: str, acceptable: list[str], under: bool, over: bool) -> None:  # noqa: FBT001
    """Under-triage is below the right level; over-triage is above it and above every acceptable level."""
    outcome = _outcome(given, _vignette(expected, acceptable=acceptable))
    assert (outcome.is_under, outcome.is_over) == (under, over)


def test_only_a_dangerous_miss_is_a_miss() -> None:
    """Under-triage is a miss only if the vignette must escalate."""
    urgent = _vignette("emergency", must_escalate=True)
    card = Scorecard(
        (
            _outcome(Level.CONSULTATION_24, urgent),
            _outcome(Level.EMERGENCY, urgent),
            _outcome(Level.SELF_CARE, _vignette("consultation")),
        )
    )
    assert [outcome.level for outcome in card.missed] == [Level.CONSULTATION_24]
    assert card.safe == pytest.approx(1 / 3)


def test_over_triage_of_self_care_counts_self_care_alone() -> None:
    """The figure for self-care does not count vignettes of other levels."""
    calm = _vignette("self_care")
    card = Scorecard(
        (
            _outcome(Level.SELF_CARE, calm),
            _outcome(Level.CONSULTATION, calm),
            _outcome(Level.EMERGENCY, _vignette("consultation")),
        )
    )
    assert card.self_care_over == pytest.approx(1 / 2)


def test_causes_are_counted_where_they_are_named() -> None:
    """Top 1 counts the leader, top 3 all named causes; vignettes without causes do not count."""
    card = Scorecard(
        (
            _outcome(Level.SELF_CARE, _vignette("self_care", leads="load"), ("load", "heat_loss")),
            _outcome(Level.SELF_CARE, _vignette("self_care", leads="load"), ("heat_loss", "load")),
            _outcome(Level.SELF_CARE, _vignette("self_care", top_3=["load"]), ("a", "b", "c", "load")),
            _outcome(Level.SELF_CARE, _vignette("self_care")),
        )
    )
    assert (card.top_1, card.top_3) == pytest.approx((1 / 2, 2 / 3))


def test_the_right_cause_first_is_also_counted_for_self_care_alone() -> None:
    """The figure for self-care does not count leaders of other levels."""
    card = Scorecard(
        (
            _outcome(Level.SELF_CARE, _vignette("self_care", leads="load"), ("load",)),
            _outcome(Level.CONSULTATION, _vignette("consultation", leads="load"), ("heat_loss",)),
        )
    )
    assert card.top_1 == pytest.approx(1 / 2)
    assert card.top_1_harmless == 1


def test_a_self_care_response_without_a_fix_is_counted() -> None:
    """Only self-care responses count, because a runner referred to a professional needs no fix."""
    card = Scorecard(
        (
            _outcome(Level.SELF_CARE, _vignette("self_care"), fixes=("drink",)),
            _outcome(Level.SELF_CARE, _vignette("consultation")),
            _outcome(Level.EMERGENCY, _vignette("self_care")),
        )
    )
    assert card.self_care_without_fix == pytest.approx(1 / 2)


def _figures(card: Scorecard) -> tuple[float, ...]:
    """Missed cases, safe, over-triaged and right-leader shares, and forbidden fixes."""
    forbidden = sum(bool(outcome.forbidden_fixes) for outcome in card.outcomes)
    return len(card.missed), card.safe, card.self_care_over, card.top_1, forbidden


def test_each_error_is_in_its_figure() -> None:
    """A missed case, a forbidden fix, a wrong leader and over-triage each worsen their figure alone."""
    good = _outcome(Level.SELF_CARE, _vignette("self_care", leads="load", without_fixes=["drink"]), ("load",))
    bad = (
        _outcome(Level.CONSULTATION, _vignette("emergency", must_escalate=True)),
        _outcome(Level.SELF_CARE, _vignette("consultation")),
        _outcome(Level.CONSULTATION, _vignette("self_care")),
        _outcome(Level.SELF_CARE, _vignette("self_care", leads="load"), ("heat_loss",)),
        _outcome(Level.SELF_CARE, _vignette("self_care", without_fixes=["drink"]), fixes=("drink",)),
    )
    assert _figures(Scorecard((good,))) == (0, 1, 0, 1, 0)
    assert [_figures(Scorecard((good, outcome))) for outcome in bad] == [
        (1, 0.5, 0, 1, 0),
        (0, 0.5, 0, 1, 0),
        (0, 1, 0.5, 1, 0),
        (0, 1, 0, 0.5, 0),
        (0, 1, 0, 1, 1),
    ]


def test_the_table_shows_the_figures() -> None:
    """Each level and the sum have a row, and the figures have their targets beside them."""
    card = Scorecard(
        (
            _outcome(Level.SELF_CARE, _vignette("self_care", leads="load"), ("load",)),
            _outcome(Level.EMERGENCY, _vignette("consultation_24", acceptable=["emergency"], must_escalate=True)),
            _outcome(Level.CONSULTATION, _vignette("emergency", must_escalate=True)),
        )
    )
    lines = card.table().splitlines()
    assert "| self_care | 1 | 1 | 0 | 0 | 0 | 0 | 0 |" in lines
    assert "| consultation_24 | 1 | 0 | 1 | 0 | 0 | 1 | 0 |" in lines
    assert "| all | 3 | 1 | 1 | 0 | 1 | 2 | 1 |" in lines
    assert "| must-escalate cases missed | 1 | 0 |" in lines
    assert "| at the right level or above | 66.7% | at least 99% |" in lines
    assert "| right cause first (1 cases) | 100.0% | at least 85% |" in lines
    assert "| right cause first, self-care cases (1 cases) | 100.0% | |" in lines
    assert "| self-care responses without a fix | 100.0% | |" in lines


def test_surprises_name_the_mismatch_and_the_runner() -> None:
    """Each mismatch is one line with the vignette's sentence; a correct response has none."""
    card = Scorecard(
        (
            _outcome(Level.SELF_CARE, _vignette("self_care")),
            _outcome(Level.CONSULTATION, _vignette("emergency", must_escalate=True)),
            _outcome(Level.SELF_CARE, _vignette("consultation", leads="load")),
            _outcome(
                Level.CONSULTATION, _vignette("self_care", top_3=["load"], without_fixes=["drink"]), fixes=("drink",)
            ),
        )
    )
    assert [line.partition(":")[0] for line in card.differences()] == [
        "MISSED",
        "under",
        "leads",
        "over",
        "top 3",
        "fixes",
    ]


def test_no_cases_are_no_figures() -> None:
    """An empty corpus has no division by zero and no leader."""
    card = Scorecard(())
    assert _figures(card) == (0, 1, 0, 0, 0)


def test_the_command_prints_the_table_and_complains_of_surprises(
    tmp_path: Path, small_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`triage scorecard FOLDER` prints the figures on standard output and each mismatch on standard error."""
    folder = shutil.copytree(small_folder, tmp_path / "knowledge")
    (folder / "vignettes").mkdir()
    text = msgspec.json.encode({"subject": "One runner", "vignettes": [_vignette("consultation")]})
    (folder / "vignettes" / "one.yaml").write_bytes(text)
    # One level, so that neighbouring temperatures pass the cliff check of `check`.
    heat = folder / "red_flags" / "heat.yaml"
    rule = heat.read_text(encoding="utf-8").replace("emergency_ambulance", "consultation")
    heat.write_text(rule.replace("do_not_drive: true", "do_not_drive: false"), encoding="utf-8")
    assert cli.main(["scorecard", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("| right level |")
    assert err == "under: self_care, expected consultation: A runner at consultation.\n"
    assert cli.main(["check", str(folder)]) == 0
    assert "1 vignettes" in capsys.readouterr().out
