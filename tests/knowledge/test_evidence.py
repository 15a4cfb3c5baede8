"""The evidence for and against causes."""

from __future__ import annotations

from service.knowledge.expansion import expanded
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.causes import Cause

ONLY_SUPPORTING = {
    "calf_strain": {"bruising", "limping", "mileage_increased"},
    "dehydration_electrolyte": {"cramp_multiple_muscles"},
    "flat_feet": {"onset_phase", "relief_other_shoe"},
    "forefoot_nerve": {"pain_site", "remedies_failed", "toes_cannot_move"},
    "low_shoes": {"mileage_increased", "numb_region"},
    "muscle_imbalance": {"new_to_running", "onset_phase"},
    "overtraining": {"new_to_running"},
    "pinched_nerve": {"prior_back_problem"},
    "poor_fit_shoes": {"felt_hot"},
    "uphill_increase": {"calves_tire_first", "onset_phase"},
}
"""Items whose absence is common with the cause and proves nothing, such as a strain without a bruise."""


def _only_supporting(knowledge: Knowledge, cause: Cause) -> set[str]:
    """The items with weight for `cause`, and never against it."""
    items = {name for checklist in knowledge.checklists.values() for name in checklist.items}
    supporting = {name for weight in cause.supports for name in expanded(knowledge, weight.when)}
    against = [weight.when for weight in cause.opposes]
    against += [one for one in (cause.applies_when, cause.excluded_when) if one is not None]
    return supporting & items - {name for condition in against for name in expanded(knowledge, condition)}


def test_the_items_that_can_only_support_a_cause_are_known(shipped: Knowledge) -> None:
    """Each item with weight only for a cause is listed, because its absence is common."""
    found = {id_: _only_supporting(shipped, cause) for id_, cause in shipped.causes.items()}
    assert {id_: items for id_, items in found.items() if items} == ONLY_SUPPORTING


def test_a_stretch_that_stops_a_cramp_speaks_for_no_cause_and_against_none(shipped: Knowledge) -> None:
    """Stretching stops any cramp of effort, so it has no weight for or against a cause."""
    weights = (weight for cause in shipped.causes.values() for weight in (*cause.supports, *cause.opposes))
    assert all("cramp_relieved_by_stretch" not in expanded(shipped, weight.when) for weight in weights)
