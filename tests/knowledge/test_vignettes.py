"""The shipped knowledge against vignettes, and its changelog against its ids."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED
from service.model.scales import Level
from service.review import vignettes
from service.review.cases import body_of
from service.review.scorecard import SAFE_AT_LEAST, SELF_CARE_OVER_AT_MOST, TOP_1_AT_LEAST, Scorecard, score
from service.review.vignettes import Vignette

CHANGELOG = SHIPPED.parent / "CHANGELOG.md"
RULES = {f"RF{number:02}" for number in range(1, 36)} | {"C13"} | {f"D{number}" for number in range(1, 12)}


@pytest.fixture(scope="module")
def corpus(shipped: Knowledge) -> tuple[Vignette, ...]:
    """The shipped vignettes."""
    return vignettes.read(SHIPPED, shipped)


@pytest.fixture(scope="module")
def card(shipped: Knowledge, corpus: tuple[Vignette, ...]) -> Scorecard:
    """The shipped scorecard."""
    return score(shipped, corpus)


def test_the_corpus_is_large_and_wide(corpus: tuple[Vignette, ...]) -> None:
    """At least 160 runners, at least 40 of them at self-care, every level, and every rule of the reference."""
    assert len(corpus) >= 160
    assert sum(vignette.expect.level is Level.SELF_CARE for vignette in corpus) >= 40
    assert {vignette.expect.level for vignette in corpus} == set(Level)
    assert {rule for vignette in corpus for rule in vignette.rules} == RULES


def test_every_cause_leads_some_runner(shipped: Knowledge, corpus: tuple[Vignette, ...]) -> None:
    """Each cause is expected first in some vignette; otherwise it is not measured."""
    assert {vignette.expect.leads for vignette in corpus if vignette.expect.leads} == set(shipped.causes)


def test_every_red_flag_fires_for_some_runner(shipped: Knowledge, engine: Engine, corpus: tuple[Vignette, ...]) -> None:
    """Each red flag fires in some vignette; otherwise it is not measured."""
    decisions = (engine.decide(engine.read(body_of(vignette, shipped))) for vignette in corpus)
    fired = {flag.id for decision in decisions for flag in decision.fired}
    assert sorted(set(shipped.red_flags) - fired) == []


def test_no_must_escalate_case_is_missed(card: Scorecard) -> None:
    """No vignette that must escalate is under-triaged."""
    assert [outcome.vignette.name for outcome in card.missed] == []


def test_the_targets_are_met(card: Scorecard) -> None:
    """At least 99 % safe, at most 10 % over-triage of self-care, 85 % right cause first, no barred fix."""
    differences = "\n".join(card.differences())
    assert not any(outcome.forbidden_fixes for outcome in card.outcomes), differences
    assert card.safe >= SAFE_AT_LEAST, differences
    assert card.self_care_over <= SELF_CARE_OVER_AT_MOST, differences
    assert card.top_1 >= TOP_1_AT_LEAST, differences


def test_the_changelog_names_every_rule(shipped: Knowledge) -> None:
    """Each rule has a line in the changelog."""
    named = set(re.findall(r"`([a-z][a-z0-9_]*)`", CHANGELOG.read_text(encoding="utf-8")))
    assert sorted({*shipped.red_flags, *shipped.causes, *shipped.derivations} - named) == []


def test_the_changelog_starts_at_the_shipped_version(shipped: Knowledge) -> None:
    """The newest entry has the version of the responses."""
    newest = re.search(r"^## (\S+)$", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == shipped.policy.version


def test_the_server_never_reads_the_vignettes() -> None:
    """The server does not import the vignettes, because they judge the knowledge."""
    house = Path(vignettes.__file__).parents[1]
    readers = {
        path.relative_to(house).as_posix()
        for path in house.rglob("*.py")
        if re.search(r"import.*\bvignettes\b|from service\.knowledge\.vignettes", path.read_text(encoding="utf-8"))
    }
    assert readers <= {"cli.py", "review/commands.py", "review/scorecard.py", "review/diff.py"}
