"""Places of conditions and statements, by file and path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import Issue

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge
    from service.knowledge.schema.causes import Cause, Weight
    from service.knowledge.schema.conditions import Condition
    from service.knowledge.schema.findings import Finding
    from service.knowledge.schema.statements import Statement


@dataclass(frozen=True)
class Place:
    """A file of the knowledge and a path inside it."""

    file: str
    path: str = ""

    def issue(self, says: str) -> Issue:
        """Return an issue at this place."""
        return Issue(self.file, self.path, says)


def conditions(knowledge: Knowledge) -> Iterator[tuple[Place, Condition]]:
    """Yield every condition with its place."""
    for id_, derivation in knowledge.derivations.items():
        if derivation.when is not None:
            yield Place(f"derivations/{id_}.yaml", "when"), derivation.when
    for id_, red_flag in knowledge.red_flags.items():
        yield Place(f"red_flags/{id_}.yaml", "when"), red_flag.when
    for id_, cause in knowledge.causes.items():
        yield from _of_cause(f"causes/{id_}.yaml", cause)
    for id_, fix in knowledge.fixes.items():
        for field, given in (
            ("withheld_when", fix.withheld_when),
            ("leads_when", fix.leads_when),
            ("failed_when", fix.failed_when),
        ):
            if given is not None:
                yield Place(f"fixes/{id_}.yaml", field), given
    for id_, finding in knowledge.findings.items():
        yield from _of_finding(id_, finding)
    yield from _of_single_files(knowledge)


def _of_single_files(knowledge: Knowledge) -> Iterator[tuple[Place, Condition]]:
    for number, text in enumerate(knowledge.about):
        yield Place("about.yaml", f"[{number}].when"), text.when
    for number, steps in enumerate(knowledge.policy.first_steps):
        yield Place("policy.yaml", f"first_steps[{number}].when"), steps.when
    for number, added in enumerate(knowledge.policy.added_fixes):
        yield Place("policy.yaml", f"added_fixes[{number}].when"), added.when
    for number, rule in enumerate(knowledge.running_rules):
        yield Place("running_rules.yaml", f"[{number}].when"), rule.when
    for running, advice in knowledge.running.items():
        for number, goal in enumerate(advice.return_when):
            if goal.when is not None:
                yield Place("running.yaml", f"{running}.return_when[{number}].when"), goal.when
        for number, answer in enumerate(advice.race):
            yield Place("running.yaml", f"{running}.race[{number}].when"), answer.when
    for number, name in enumerate(knowledge.policy.uncovered_signs):
        yield Place("policy.yaml", f"uncovered_signs[{number}]"), name


def _of_finding(id_: str, finding: Finding) -> Iterator[tuple[Place, Condition]]:
    for field, given in (("asked_when", finding.asked_when), ("implied_by", finding.implied_by)):
        for number, condition in enumerate(given):
            yield Place("findings", f"{id_}.{field}[{number}]"), condition
    if finding.settled_by is not None:
        yield Place("findings", f"{id_}.settled_by"), finding.settled_by


def _of_cause(file: str, cause: Cause) -> Iterator[tuple[Place, Condition]]:
    yield Place(file, "applies_when"), cause.applies_when
    if cause.excluded_when is not None:
        yield Place(file, "excluded_when"), cause.excluded_when
    for field, listed in (("supports", cause.supports), ("opposes", cause.opposes)):
        for number, weight in enumerate(listed):
            yield Place(file, f"{field}[{number}].when"), weight.when


def weights(knowledge: Knowledge) -> Iterator[tuple[Place, Weight]]:
    """Yield every weight of a cause with its place."""
    for id_, cause in knowledge.causes.items():
        for field, listed in (("supports", cause.supports), ("opposes", cause.opposes)):
            for number, weight in enumerate(listed):
                yield Place(f"causes/{id_}.yaml", f"{field}[{number}]"), weight


def statements(knowledge: Knowledge) -> Iterator[tuple[Place, Statement]]:
    """Yield every statement with its place."""
    for number, statement in enumerate(knowledge.background):
        yield Place("background.yaml", f"[{number}]"), statement
    for number, text in enumerate(knowledge.about):
        for inner, statement in enumerate(text.statements):
            yield Place("about.yaml", f"[{number}].statements[{inner}]"), statement
    for folder, fields in (
        ("red_flags", ("statements",)),
        ("causes", ("mechanism", "caveats", "see_someone")),
        ("fixes", ("steps", "caveats")),
    ):
        for id_, entry in getattr(knowledge, folder).items():
            for field in fields:
                for number, statement in enumerate(getattr(entry, field)):
                    yield Place(f"{folder}/{id_}.yaml", f"{field}[{number}]"), statement
