"""Lint of conditions, red flags, derivations, causes, fixes and their cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.errors import Issue
from service.knowledge.conditions import faults, limited, named, negated
from service.knowledge.expansion import expanded, written_out
from service.knowledge.places import Place, conditions
from service.model.scales import Level

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge
    from service.knowledge.schema.conditions import Condition
    from service.knowledge.schema.derivations import Measure


def _conditions(knowledge: Knowledge) -> Iterator[Issue]:
    for place, condition in conditions(knowledge):
        for says in faults(condition, knowledge.findings, knowledge.derivations):
            yield place.issue(says)


def _red_flag_conditions(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, red_flag in knowledge.red_flags.items():
        place = Place(f"red_flags/{id_}.yaml", "when")
        for name in dict.fromkeys(name for part in written_out(knowledge, red_flag.when) for name in negated(part)):
            yield place.issue(f"a not over '{name}': no red flag fires on a no")
        for name in dict.fromkeys(name for part in written_out(knowledge, red_flag.when) for name in limited(part)):
            yield place.issue(f"only certain choices of '{name}': reporting one more would lower the level")
        for name in sorted(expanded(knowledge, red_flag.when)):
            finding = knowledge.findings.get(name)
            derivation = knowledge.derivations.get(name)
            if (finding and finding.place == "training") or (derivation and derivation.measure):
                yield place.issue(f"'{name}' is telemetry, which never fires a red flag")
        if red_flag.level is Level.SELF_CARE:
            yield Place(place.file, "level").issue("a red flag sets at least consultation")


def _derivations(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, derivation in knowledge.derivations.items():
        place = Place(f"derivations/{id_}.yaml")
        if id_ in knowledge.findings:
            yield place.issue("has the id of a finding")
        if (derivation.when is None) == (derivation.measure is None):
            yield place.issue("needs either when or measure")
        if derivation.when is not None and id_ in expanded(knowledge, derivation.when):
            yield place.issue("rests on itself")
        if derivation.measure is not None and (derivation.more_than is None or derivation.unit is None):
            yield place.issue("a measure needs more_than and unit")
        for name in _measured(derivation.measure):
            if name not in knowledge.findings:
                yield place.issue(f"reads '{name}', which is not a finding")


def _measured(measure: Measure | None) -> tuple[str, ...]:
    if measure is None:
        return ()
    return tuple(name for name in (measure.series, measure.per, measure.value, measure.baseline) if name is not None)


def _cases(knowledge: Knowledge) -> Iterator[Issue]:
    rules = {**{f"red_flags/{k}": v for k, v in knowledge.red_flags.items()}}
    rules |= {f"derivations/{k}": v for k, v in knowledge.derivations.items()}  # type: ignore[misc]
    for file, rule in rules.items():
        for wanted, word in ((True, "fires"), (False, "does not fire")):
            if all(case.fires is not wanted for case in rule.cases):
                yield Place(f"{file}.yaml", "cases").issue(f"no case in which it {word}")
    for id_, cause in knowledge.causes.items():
        place = Place(f"causes/{id_}.yaml", "cases")
        if all(case.expect == "not_listed" for case in cause.cases):
            yield place.issue("no case in which it is listed")
        if all(case.expect != "not_listed" for case in cause.cases):
            yield place.issue("no case in which it is not listed")


def _fixes(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, cause in knowledge.causes.items():
        for fix in cause.fixes:
            if fix not in knowledge.fixes:
                yield Place(f"causes/{id_}.yaml", "fixes").issue(f"'{fix}' is not a fix")
    for id_, fix_ in knowledge.fixes.items():
        place = Place(f"fixes/{id_}.yaml", "instead")
        if fix_.instead is not None and fix_.instead not in knowledge.fixes:
            yield place.issue(f"'{fix_.instead}' is not a fix")
        if fix_.instead is not None and fix_.withheld_when is None:
            yield place.issue("has no withheld_when")
        contraindications = () if fix_.withheld_when is None else tuple(named(fix_.withheld_when))
        for name in fix_.ask_first:
            if name not in contraindications:
                yield Place(place.file, "ask_first").issue(f"'{name}' is not in withheld_when")


def _unused(knowledge: Knowledge) -> Iterator[Issue]:
    used = {name for _, condition in conditions(knowledge) for name in named(condition)}
    for derivation in knowledge.derivations.values():
        used.update(_measured(derivation.measure))
    for id_, finding in knowledge.findings.items():
        if (id_ in used) == (finding.context_only is not None):
            says = "is context_only and used by a condition" if id_ in used else "is used by no condition"
            yield Place("findings", id_).issue(says)
    called = {fix for cause in knowledge.causes.values() for fix in cause.fixes}
    called |= {fix.instead for fix in knowledge.fixes.values() if fix.instead}
    called |= {steps.fix for steps in knowledge.policy.first_steps}
    called |= {added.fix for added in knowledge.policy.added_fixes}
    for id_ in knowledge.fixes.keys() - called:
        yield Place(f"fixes/{id_}.yaml").issue("no cause and no first step calls for it")
    for id_ in knowledge.derivations:
        if id_ not in used:
            yield Place(f"derivations/{id_}.yaml").issue("is used by no condition")


def _one_condition_one_level(knowledge: Knowledge) -> Iterator[Issue]:
    seen: dict[Condition, str] = {}
    for id_, red_flag in knowledge.red_flags.items():
        other = seen.setdefault(red_flag.when, id_)
        if other != id_:
            yield Place(f"red_flags/{id_}.yaml", "when").issue(f"is the condition of '{other}'")


def _ranks(knowledge: Knowledge) -> Iterator[Issue]:
    ranks = Counter(cause.rank for cause in knowledge.causes.values())
    for id_, cause in knowledge.causes.items():
        if ranks[cause.rank] > 1:
            yield Place(f"causes/{id_}.yaml", "rank").issue("another cause has this rank")


CHECKS = (_conditions, _red_flag_conditions, _derivations, _cases, _fixes, _ranks, _unused, _one_condition_one_level)
