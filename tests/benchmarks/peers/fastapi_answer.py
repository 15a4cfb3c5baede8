"""Words a plain decision as the pydantic answer.

It says a little less than ours: no derived values and no withheld fixes, and its questions are simply what is unknown
in the rules that could still raise the level and in the causes that lead. That favours this peer.
"""

from __future__ import annotations

from service.knowledge.schema import Condition, RedFlag, Weight
from service.model.scales import Level
from tests.benchmarks.peers import fastapi_models as said
from tests.benchmarks.peers.plain import Decided, Facts, Fit, PlainRules

_QUESTIONS = 13
_CAUSE_QUESTIONS = 5


def assessment(rules: PlainRules, decided: Decided, country: str | None) -> said.Assessment:
    """The answer to one request."""
    knowledge, level = rules.knowledge, decided.level
    undecided = [flag for flag in rules.red_flags if rules.holds(flag.when, decided.facts) is None]
    with_fixes = level.rank < knowledge.policy.no_fixes_from.rank
    fixes: dict[str, list[str]] = {}
    for fit in decided.causes if with_fixes else ():
        for id_ in fit.cause.fixes:
            withheld = knowledge.fixes[id_].withheld_when
            if withheld is None or not rules.holds(withheld, decided.facts):
                fixes.setdefault(id_, []).append(fit.cause.id)
    return said.Assessment(
        triage=_triage(rules, decided, undecided),
        red_flags=[_red_flag(rules, flag, decided.facts) for flag in decided.fired],
        causes=[_cause(rules, fit, decided.facts, fixes) for fit in decided.causes],
        fixes=[_fix(rules, id_, addresses) for id_, addresses in fixes.items()],
        training_advice=_training(rules, decided),
        questions=_questions(rules, decided, undecided),
        knowledge=said.Version(
            version=knowledge.policy.version, digest=knowledge.digest, review=knowledge.policy.review
        ),
        notices=_notices(rules, country),
    )


def _triage(rules: PlainRules, decided: Decided, undecided: list[RedFlag]) -> said.Triage:
    policy, text = rules.knowledge.policy, rules.knowledge.levels[decided.level]
    reasons = [
        said.Reason(
            rule=flag.id, level=flag.level, statement=flag.title, because=_because(rules, flag.when, decided.facts)
        )
        for flag in decided.fired
    ]
    reasons += [
        said.Reason(
            rule=f"safety_screen.{id_}",
            level=rules.floors[id_],
            statement=policy.screen_yes_statement,
            because=[f"safety_screen.{id_}"],
        )
        for id_ in decided.said_yes
    ]
    if decided.open:
        still_open = [f"safety_screen.{id_}" for id_ in decided.open]
        reasons.append(
            said.Reason(
                rule="safety_screen_open",
                level=policy.screen_open_level,
                statement=policy.screen_open_statement,
                because=still_open,
            )
        )
    if not reasons:
        reasons.append(
            said.Reason(
                rule="safety_screen_clear",
                level=Level.SELF_CARE,
                statement=policy.screen_clear_statement,
                because=["safety_screen"],
            )
        )
    who = [id_ for flag in decided.fired for id_ in flag.referrals]
    who = who or [id_ for fit in decided.causes for id_ in fit.cause.referrals]
    highest = [decided.level, *(flag.level for flag in undecided), *(rules.floors[id_] for id_ in decided.open)]
    return said.Triage(
        level=decided.level,
        label=text.label,
        advice=text.advice,
        act_within_hours=text.act_within_hours,
        screen_complete=not decided.open,
        could_rise_to=max(highest, key=lambda level: level.rank),
        more_to_ask=len(undecided) > _QUESTIONS,
        referrals=list(dict.fromkeys(who)),
        reasons=reasons,
    )


def _red_flag(rules: PlainRules, flag: RedFlag, facts: Facts) -> said.RedFlag:
    return said.RedFlag(
        id=flag.id,
        title=flag.title,
        level=flag.level,
        because=_because(rules, flag.when, facts),
        advice=flag.advice,
        rationale=flag.rationale,
        referrals=list(flag.referrals),
        do_not_drive=flag.do_not_drive,
        evidence=flag.evidence,
        sources=list(flag.sources),
        review=flag.review,
        codes=list(flag.codes.symptom) if flag.codes else [],
    )


def _cause(rules: PlainRules, fit: Fit, facts: Facts, fixes: dict[str, list[str]]) -> said.Cause:
    cause = fit.cause
    contributions = [_contribution(rules, weight, facts) for weight in fit.weights]
    return said.Cause(
        id=cause.id,
        name=cause.name,
        regions=list(cause.regions),
        likelihood=fit.likelihood,
        points=fit.points,
        supporting=[part for part in contributions if part.points > 0],
        opposing=[part for part in contributions if part.points < 0],
        unanswered=[name for name in rules.names_of_cause[cause.id] if name not in facts],
        mechanism=" ".join(statement.text for statement in cause.mechanism),
        caveats=[statement.text for statement in cause.caveats],
        fixes=[id_ for id_ in cause.fixes if id_ in fixes],
        see_someone=[statement.text for statement in cause.see_someone],
        evidence=cause.evidence,
        sources=list(cause.sources),
    )


def _contribution(rules: PlainRules, weight: Weight, facts: Facts) -> said.Contribution:
    because = _because(rules, weight.when, facts)
    return said.Contribution(
        finding=because[0],
        points=weight.points,
        because=because,
        statement=weight.statement,
        evidence=weight.evidence,
    )


def _fix(rules: PlainRules, id_: str, addresses: list[str]) -> said.Fix:
    fix = rules.knowledge.fixes[id_]
    return said.Fix(
        id=id_,
        title=fix.title,
        steps=[statement.text for statement in fix.steps],
        limits=fix.limits,
        caveats=[statement.text for statement in fix.caveats],
        addresses=addresses,
        review_after_days=fix.review_after_days,
        see_if_not_better=fix.see_if_not_better,
        evidence=fix.evidence,
        sources=list(fix.sources),
    )


def _training(rules: PlainRules, decided: Decided) -> said.TrainingAdvice:
    asked = [rules.knowledge.levels[decided.level].running]
    asked += [flag.running for flag in decided.fired if flag.running is not None]
    asked += [fit.cause.running for fit in decided.causes if fit.cause.running is not None]
    running = max(asked, key=lambda running: running.rank)
    text = rules.knowledge.running[running]
    return said.TrainingAdvice(
        running=running,
        statement=text.statement,
        allowed_activities=list(text.allowed_activities),
        limits=text.limits,
        recheck_after_days=text.recheck_after_days,
        return_when=list(text.return_when),
    )


def _questions(rules: PlainRules, decided: Decided, undecided: list[RedFlag]) -> list[said.Question]:
    questions = [
        said.Question(
            id=f"safety_screen.{id_}",
            text=rules.questions[id_].question,
            kind="boolean",
            purpose="safety",
            could_raise_to=rules.floors[id_],
            answer_at=f"/safety_screen/{id_}",
        )
        for id_ in decided.open
    ]
    levels: dict[str, Level] = {}
    for flag in undecided:
        for name in rules.names_of_flag[flag.id]:
            if name not in decided.facts:
                levels.setdefault(name, flag.level)
    asked = list(levels)[:_QUESTIONS]
    leading = [name for fit in decided.causes[:3] for name in rules.names_of_cause[fit.cause.id]]
    separating = dict.fromkeys(name for name in leading if name not in decided.facts)
    asked += [name for name in separating if name not in asked][:_CAUSE_QUESTIONS]
    for name in asked:
        finding = rules.knowledge.findings.get(name)
        if finding is not None:
            questions.append(
                said.Question(
                    id=name,
                    text=finding.question,
                    kind=finding.kind,
                    purpose="safety" if name in levels else "cause",
                    could_raise_to=levels.get(name, decided.level),
                    answer_at=f"/{finding.place}/{name}",
                )
            )
    return questions


def _notices(rules: PlainRules, country: str | None) -> list[said.Notice]:
    numbers = rules.knowledge.emergency_numbers
    number = numbers.countries.get(country or "", numbers.default).number
    return [
        said.Notice(id=id_, text=notice.text.replace("{number}", number), number=number if "{" in notice.text else None)
        for id_, notice in rules.knowledge.notices.items()
    ]


def _because(rules: PlainRules, condition: Condition, facts: Facts) -> list[str]:
    """The findings that made a condition true."""
    if isinstance(condition, str):
        derivation = rules.knowledge.derivations.get(condition)
        if derivation is None or derivation.when is None:
            return [condition]
        return _because(rules, derivation.when, facts)
    parts = (condition.all_ or ()) + (condition.any_ or ()) + (condition.of or ())
    if not parts:
        return [condition.finding or condition.not_ or ""]
    held = (part for part in parts if rules.holds(part, facts))
    return list(dict.fromkeys(name for part in held for name in _because(rules, part, facts)))
