"""The facts of a request, computed plainly."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.findings import Finding, People
from service.report.names import Names
from service.report.training import TrainingReader
from tests.benchmarks.peers.plain_conditions import CLOSED, Conditions, Facts
from tests.benchmarks.peers.plain_measures import measured

Request = Mapping[str, Any]
"""The JSON of a request without nulls."""


class PlainFacts:
    """A knowledge's vocabulary; the service's reader reads the telemetry."""

    def __init__(self, knowledge: Knowledge, conditions: Conditions) -> None:
        self._findings = knowledge.findings
        self._conditions = conditions
        self._measured = [it for it in knowledge.derivations.values() if it.measure is not None]
        training = {id_: finding for id_, finding in knowledge.findings.items() if finding.place == "training"}
        self._training = TrainingReader(training, Names({"": {}, "training": training}, knowledge.retired))

    def of(self, request: Request) -> Facts:
        """The known findings; closed ones are `CLOSED`, missing ones unknown."""
        not_known = set(request.get("not_known", ()))
        reported = {
            name: set(value) if self._findings[name].kind == "choices" else value
            for place in ("runner", "findings")
            for name, value in request.get(place, {}).items()
            if name != "country" and value != "unknown" and not (value is False and name in not_known)
        }
        reported |= self._training.read(request.get("training", {}), [])
        facts = dict(reported)
        while self._imply(facts, reported):
            pass
        for name, finding in self._findings.items():
            denied = finding.contradicted_by
            if denied is not None and facts.get(name) is True and self._conditions.holds(denied, facts):
                del facts[name]
        for derivation in self._measured:
            value = measured(derivation.measure, facts)
            if value is not None and derivation.more_than is not None:
                facts[derivation.id] = value > Fraction(derivation.more_than)
        while self._close(facts):
            pass
        return facts

    def _imply(self, facts: Facts, reported: Facts) -> bool:
        """Add directly implied facts; return whether there were any."""
        before = dict(facts)
        for name, finding in self._findings.items():
            implied = any(
                self._conditions.holds(condition, facts)
                and not (reported.get(name) is False and self._is_another_parents(condition, finding, reported))
                for condition in finding.implied_by
            )
            settled = None if finding.settled_by is None else self._conditions.holds(finding.settled_by, facts)
            if implied or settled:
                facts[name] = True
            elif settled is False:
                facts.setdefault(name, False)
        return facts != before

    def _is_another_parents(self, condition: Condition, finding: Finding, reported: Facts) -> bool:
        """Whether another reported parent explains the detail in `condition`."""
        openers = {
            opener
            for detail in self._conditions.named(condition)
            for opened_by in self._findings[detail].asked_when
            for opener in self._conditions.named(opened_by)
        }
        return any(reported.get(name) is True for name in openers.intersection(finding.implied_unless))

    def _close(self, facts: Facts) -> bool:
        """Close findings that do not apply; return whether there were any."""
        closed = [
            name
            for name, finding in self._findings.items()
            if name not in facts
            and (
                (
                    finding.asked_when
                    and all(self._conditions.holds(when, facts) is False for when in finding.asked_when)
                )
                or (finding.asked_of is not None and _is_outside(finding.asked_of, facts))
            )
        ]
        facts.update(dict.fromkeys(closed, CLOSED))
        return bool(closed)


def _is_outside(people: People, facts: Facts) -> bool:
    """Whether the runner is known to be outside `people`."""
    sex, age = facts.get("sex_at_birth"), facts.get("age_years")
    if people.sex_at_birth and sex is not None and sex not in people.sex_at_birth:
        return True
    return age is not None and not (people.age_at_least or 0) <= age <= (people.age_at_most or age)
