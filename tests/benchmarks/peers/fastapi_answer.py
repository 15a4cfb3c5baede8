"""The pydantic response of a plain decision.

It has slightly less content than ours: no derived findings, ignored values or contradictions. That favours this peer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.knowledge.citations import sources_of
from service.knowledge.reviews import review_of, review_of_all
from service.knowledge.schema.causes import Weight
from service.knowledge.schema.red_flags import RedFlag
from service.model.scales import Level
from tests.benchmarks.peers import fastapi_models as said
from tests.benchmarks.peers.fastapi_fixes import ChosenFixes
from tests.benchmarks.peers.fastapi_interview import Interviews
from tests.benchmarks.peers.plain import Decided, Fit, PlainRules
from tests.benchmarks.peers.plain_facts import Request


class Answers:
    """The responses of the rules."""

    def __init__(self, rules: PlainRules) -> None:
        knowledge = rules.knowledge
        self._rules = rules
        self._interviews = Interviews(rules)
        self._details = {
            sign: [name for when in knowledge.findings[sign].implied_by for name in rules.conditions.named(when)]
            for sign in knowledge.policy.uncovered_signs
        }
        self._reviews = {flag.id: review_of(flag) for flag in rules.red_flags}
        self._version = said.Version(
            version=knowledge.policy.version, digest=knowledge.digest, review=review_of_all(knowledge)
        )

    def assessment(self, request: Request) -> said.Assessment:
        """The response to one request."""
        decided = self._rules.decide(request)
        not_known = request.get("not_known", [])
        fixes = ChosenFixes(self._rules, decided)
        return said.Assessment(
            received=said.Received(
                **{part: len(request.get(part) or ()) for part in ("runner", "findings", "training", "not_known")}
            ),
            triage=self._triage(decided),
            about=self._about(decided),
            red_flags=[self._red_flag(flag, decided) for flag in decided.fired],
            causes=[self._cause(fit, decided, fixes.shown) for fit in decided.causes],
            fixes=fixes.shown,
            withheld_fixes=list(fixes.withheld.values()),
            training_advice=self._training(decided),
            interview=self._interviews.interview(decided, not_known, fixes.ask_first),
            language="en",
            knowledge=self._version,
            notices=self._notices(decided, request.get("runner", {}).get("country")),
        )

    def _triage(self, decided: Decided) -> said.Triage:
        policy, text = self._rules.knowledge.policy, self._rules.knowledge.levels[decided.level]
        because = self._rules.conditions.because
        found: list[tuple[str, Level, str, list[str]]] = [
            (flag.id, flag.level, flag.title, because(flag.when, decided.facts)) for flag in decided.fired
        ]
        covered = {name for *_, names in found for name in names}
        signs = [sign for sign in decided.signs if covered.isdisjoint((sign, *self._details[sign]))]
        if decided.is_out_of_scope:
            found.append(("out_of_scope", policy.out_of_scope_level, policy.out_of_scope_statement, []))
        if signs:
            found.append(("uncovered_sign", policy.uncovered_sign_level, policy.uncovered_sign_statement, signs))
        is_held_open = bool(decided.asked) and policy.incomplete_level.rank > decided.floor.rank
        if is_held_open:
            found.append(("safety_questions_open", policy.incomplete_level, policy.incomplete_statement, []))
        if decided.held_by:
            held_by = decided.held_by
            found.append(("sign_not_known", policy.not_known_sign_level, policy.not_known_statement, held_by))
        if not found:
            found.append(("safety_questions_clear", Level.SELF_CARE, policy.screen_clear_statement, []))
        who = [id_ for flag in decided.fired for id_ in flag.referrals]
        who = who or [id_ for fit in decided.causes for id_ in fit.cause.referrals]
        if text.referral is not None and text.referral not in who:
            who.insert(0, text.referral)
        return said.Triage(
            level=decided.level,
            label=text.label,
            advice=(text.advice_while_open or text.advice) if is_held_open else text.advice,
            act_within_hours=text.act_within_hours,
            screen_complete=not decided.asked,
            could_rise_to=decided.could_rise_to,
            referrals=self._labelled(policy.referral_labels, dict.fromkeys(who)),
            reasons=[
                said.Reason(rule=rule, level=level, statement=statement, because=names)
                for rule, level, statement, names in found
            ],
        )

    def _about(self, decided: Decided) -> list[said.About]:
        return [
            said.About(finding=text.finding, text=" ".join(statement.text for statement in text.statements))
            for text in self._rules.knowledge.about
            if self._rules.conditions.holds(text.when, decided.facts)
        ]

    def _red_flag(self, flag: RedFlag, decided: Decided) -> said.RedFlag:
        return said.RedFlag(
            id=flag.id,
            title=flag.title,
            level=flag.level,
            because=self._rules.conditions.because(flag.when, decided.facts),
            advice=flag.advice,
            rationale=flag.rationale,
            referrals=self._labelled(self._rules.knowledge.policy.referral_labels, flag.referrals),
            do_not_drive=flag.do_not_drive,
            evidence=flag.evidence,
            sources=list(flag.sources),
            review=self._reviews[flag.id],
            codes=list(flag.codes.symptom) if flag.codes else [],
        )

    def _cause(self, fit: Fit, decided: Decided, fixes: list[said.Fix]) -> said.Cause:
        cause, is_first = fit.cause, fit is decided.causes[0]
        contributions = [self._contribution(weight, decided) for weight in fit.weights]
        named = set().union(*(self._rules.conditions.named(it.when) for it in cause.supports + cause.opposes))
        mechanism = cause.mechanism if is_first else cause.mechanism[:1]
        return said.Cause(
            id=cause.id,
            name=cause.name,
            regions=list(cause.regions),
            likelihood=fit.likelihood,
            points=fit.points,
            supporting=[part for part in contributions if part.points > 0],
            opposing=[part for part in contributions if part.points <= 0],
            unanswered=sorted(named - decided.facts.keys()),
            mechanism=" ".join(statement.text for statement in mechanism),
            caveats=[statement.text for statement in cause.caveats] if is_first else [],
            fixes=[fix.id for fix in fixes if cause.id in fix.addresses],
            see_someone=[statement.text for statement in cause.see_someone] if is_first else [],
            evidence=cause.evidence,
            sources=list(sources_of(cause)),
        )

    def _contribution(self, weight: Weight, decided: Decided) -> said.Contribution:
        return said.Contribution(
            points=weight.points,
            because=self._rules.conditions.because(weight.when, decided.facts),
            statement=weight.statement,
            evidence=weight.evidence,
        )

    def _training(self, decided: Decided) -> said.TrainingAdvice:
        knowledge, holds = self._rules.knowledge, self._rules.conditions.holds
        asked: list[Any] = [knowledge.levels[decided.level].running, *(flag.running for flag in decided.fired)]
        asked += [it.running for it in knowledge.derivations.values() if it.when and holds(it.when, decided.facts)]
        asked += [rule.running for rule in knowledge.running_rules if holds(rule.when, decided.facts)]
        asked += [
            fit.cause.running
            for fit in decided.causes
            if fit.likelihood.rank >= knowledge.policy.act_on_likelihood.rank
        ]
        running = max((demand for demand in asked if demand is not None), key=lambda demand: demand.rank)
        text = knowledge.running[running]
        return said.TrainingAdvice(
            running=running,
            statement=text.statement,
            allowed_activities=self._labelled(knowledge.policy.activity_labels, text.allowed_activities),
            limits=text.limits,
            recheck_after_days=text.recheck_after_days,
            return_when=[
                goal.text for goal in text.return_when if goal.when is None or holds(goal.when, decided.facts)
            ],
            race=next((answer.text for answer in text.race if holds(answer.when, decided.facts)), None),
        )

    def _notices(self, decided: Decided, country: str | None) -> list[said.Notice]:
        policy, numbers = self._rules.knowledge.policy, self._rules.knowledge.emergency_numbers
        number = numbers.countries.get(country or "", numbers.default).number
        may_drive = decided.level.rank < policy.emergency_number_first_from.rank or (
            decided.level is not Level.EMERGENCY_AMBULANCE and not any(flag.do_not_drive for flag in decided.fired)
        )
        return [
            said.Notice(id=id_, text=notice.text.replace("{number}", number), number=number)
            if "{number}" in notice.text
            else said.Notice(id=id_, text=notice.text)
            for id_, notice in self._rules.knowledge.notices.items()
            if not (may_drive and id_ == "do_not_drive_yourself")
        ]

    @staticmethod
    def _labelled(labels: dict[Any, str], ids: Iterable[str]) -> list[said.Labelled]:
        return [said.Labelled(id=id_, label=labels[id_]) for id_ in ids]
