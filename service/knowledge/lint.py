"""What must hold across the knowledge files; each breach is one issue with file and path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.errors import Issue
from service.knowledge.conditions import affirmed, faults, limited, named, negated
from service.knowledge.places import Place, conditions, statements
from service.knowledge.schema import Clause
from service.model.scales import Level, Likelihood, Running

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge
    from service.knowledge.schema import Condition, Measure

_SCREEN_QUESTIONS = 13


def lint(knowledge: Knowledge) -> Iterator[Issue]:
    """Every breach of the rules that bind the files together."""
    for check in (
        _conditions,
        _red_flag_conditions,
        _screen_members,
        _derivations,
        _cases,
        _sources,
        _statements,
        _fixes,
        _findings,
        _scales,
        _unused,
        _one_condition_one_level,
    ):
        yield from check(knowledge)


def _conditions(knowledge: Knowledge) -> Iterator[Issue]:
    for place, condition in conditions(knowledge):
        for says in faults(condition, knowledge.findings, knowledge.derivations):
            yield place.issue(says)


def _expanded(knowledge: Knowledge, condition: Condition) -> set[str]:
    """The findings that `condition` rests on, those of its derivations included."""
    seen: set[str] = set()
    waiting = list(named(condition))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        derivation = knowledge.derivations.get(name)
        if derivation is not None and derivation.when is not None:
            waiting.extend(named(derivation.when))
    return seen


def _written_out(knowledge: Knowledge, condition: Condition) -> Iterator[Condition]:
    """`condition`, and those of all derivations that it rests on."""
    yield condition
    for name in sorted(_expanded(knowledge, condition) & knowledge.derivations.keys()):
        when = knowledge.derivations[name].when
        if when is not None:
            yield when


def red_flag_findings(knowledge: Knowledge) -> frozenset[str]:
    """The findings that some red flag fires on, through derivations too."""
    names: set[str] = set()
    for red_flag in knowledge.red_flags.values():
        for name in affirmed(red_flag.when):
            names |= _expanded(knowledge, name)
    return frozenset(names & knowledge.findings.keys())


def _red_flag_conditions(knowledge: Knowledge) -> Iterator[Issue]:
    raising = red_flag_findings(knowledge)
    for id_, red_flag in knowledge.red_flags.items():
        place = Place(f"red_flags/{id_}.yaml", "when")
        for name in dict.fromkeys(name for part in _written_out(knowledge, red_flag.when) for name in negated(part)):
            if name in raising:
                yield place.issue(f"a not over '{name}', on which a red flag fires: reporting it would lower the level")
        for name in dict.fromkeys(name for part in _written_out(knowledge, red_flag.when) for name in limited(part)):
            yield place.issue(f"only certain choices of '{name}': reporting one more would lower the level")
        for name in sorted(_expanded(knowledge, red_flag.when)):
            finding = knowledge.findings.get(name)
            derivation = knowledge.derivations.get(name)
            if (finding and finding.place == "training") or (derivation and derivation.measure):
                yield place.issue(f"'{name}' is telemetry, which never fires a red flag")
        if red_flag.level is Level.SELF_CARE:
            yield Place(place.file, "level").issue("a red flag sets at least consultation")


def _screen_members(knowledge: Knowledge) -> Iterator[Issue]:
    """A no must make each member false: so a member is one finding that is present, or one number within a range."""
    for id_, question in knowledge.safety_screen.questions.items():
        for number, member in enumerate(question.members):
            choosing = isinstance(member, Clause) and (member.is_ or member.includes or member.only)
            is_range = isinstance(member, Clause) and member.finding is not None and not choosing
            if member not in knowledge.findings and not is_range:
                place = Place("safety_screen.yaml", f"questions.{id_}.members[{number}]")
                yield place.issue("must be one yes/no finding or one range of a number")


def _derivations(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, derivation in knowledge.derivations.items():
        place = Place(f"derivations/{id_}.yaml")
        if id_ in knowledge.findings:
            yield place.issue("has the id of a finding")
        if (derivation.when is None) == (derivation.measure is None):
            yield place.issue("needs either when or measure")
        if derivation.when is not None and id_ in _expanded(knowledge, derivation.when):
            yield place.issue("rests on itself")
        if derivation.measure is not None and (derivation.more_than is None or derivation.unit is None):
            yield place.issue("a measure needs more_than and unit")
        for name in _measured(derivation.measure):
            if name not in knowledge.findings:
                yield place.issue(f"reads '{name}', which is no finding")


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


def _sources(knowledge: Knowledge) -> Iterator[Issue]:
    for place, sources in _source_lists(knowledge):
        if not sources:
            yield place.issue("has no source")
        yield from _unknown_sources(knowledge, place, sources)


def _unknown_sources(knowledge: Knowledge, place: Place, sources: tuple[str, ...]) -> Iterator[Issue]:
    return (place.issue(f"'{source}' is no source") for source in sources if source not in knowledge.sources)


def _statements(knowledge: Knowledge) -> Iterator[Issue]:
    for place, statement in statements(knowledge):
        yield from _unknown_sources(knowledge, place, statement.sources)
        if statement.by is not None and statement.by not in knowledge.speakers:
            yield place.issue(f"'{statement.by}' is no speaker")
        if statement.facts and statement.by is None:
            yield place.issue("a fact of the article has no speaker")


def _fixes(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, cause in knowledge.causes.items():
        for fix in cause.fixes:
            if fix not in knowledge.fixes:
                yield Place(f"causes/{id_}.yaml", "fixes").issue(f"'{fix}' is no fix")
    for id_, fix_ in knowledge.fixes.items():
        place = Place(f"fixes/{id_}.yaml", "instead")
        if fix_.instead is not None and fix_.instead not in knowledge.fixes:
            yield place.issue(f"'{fix_.instead}' is no fix")
        if fix_.instead is not None and fix_.withheld_when is None:
            yield place.issue("has no withheld_when")


def _source_lists(knowledge: Knowledge) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for folder in ("red_flags", "derivations", "causes", "fixes"):
        for id_, entry in getattr(knowledge, folder).items():
            yield Place(f"{folder}/{id_}.yaml", "sources"), entry.sources
    for level, text in knowledge.levels.items():
        yield Place("levels.yaml", f"{level}.sources"), text.sources
    yield Place("safety_screen.yaml", "sources"), knowledge.safety_screen.sources
    for country, number in knowledge.emergency_numbers.countries.items():
        yield Place("emergency_numbers.yaml", f"countries.{country}.sources"), number.sources


def _findings(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, finding in knowledge.findings.items():
        place = Place("findings", id_)
        if (finding.kind in ("choice", "choices")) != bool(finding.values):
            yield place.issue("values belong to choice and choices, and only there")
        if finding.kind == "choices" and "unknown" in finding.values:
            yield place.issue("what is not known cannot be one of several: leave 'unknown' to a choice")
        numeric = finding.kind in ("integer", "number", "series")
        if numeric != (finding.minimum is not None and finding.maximum is not None and finding.unit is not None):
            yield place.issue("minimum, maximum and unit belong to numbers, and only there")
        if (finding.kind == "series") != (finding.min_items is not None and finding.max_items is not None):
            yield place.issue("min_items and max_items belong to a series, and only there")
        if not finding.question.endswith("?"):
            yield place.issue("the question must end in '?'")


def _scales(knowledge: Knowledge) -> Iterator[Issue]:
    for file, given, wanted in (
        ("levels.yaml", set(knowledge.levels), set(Level)),
        ("running.yaml", set(knowledge.running), set(Running)),
        ("policy.yaml", set(knowledge.policy.likelihood_from_points), set(Likelihood)),
    ):
        for missing in sorted(wanted - given):
            yield Place(file).issue(f"'{missing}' is missing")
    ranks = Counter(cause.rank for cause in knowledge.causes.values())
    for id_, cause in knowledge.causes.items():
        if ranks[cause.rank] > 1:
            yield Place(f"causes/{id_}.yaml", "rank").issue("another cause has this rank")
    strictness = [knowledge.levels[level].running.rank for level in Level if level in knowledge.levels]
    if strictness != sorted(strictness):
        yield Place("levels.yaml").issue("running is less strict at a higher level")
    if len(knowledge.safety_screen.questions) != _SCREEN_QUESTIONS:
        yield Place("safety_screen.yaml", "questions").issue(f"there must be {_SCREEN_QUESTIONS}")
    for name in knowledge.policy.uncovered_signs:
        if name not in knowledge.findings or knowledge.findings[name].kind != "boolean":
            yield Place("policy.yaml", "uncovered_signs").issue(f"'{name}' is no yes/no finding")


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
    for id_ in knowledge.fixes.keys() - called:
        yield Place(f"fixes/{id_}.yaml").issue("no cause calls for it")
    for id_ in knowledge.derivations:
        if id_ not in used:
            yield Place(f"derivations/{id_}.yaml").issue("is used by no condition")


def _one_condition_one_level(knowledge: Knowledge) -> Iterator[Issue]:
    seen: dict[Condition, str] = {}
    for id_, red_flag in knowledge.red_flags.items():
        other = seen.setdefault(red_flag.when, id_)
        if other != id_:
            yield Place(f"red_flags/{id_}.yaml", "when").issue(f"is the condition of '{other}'")
