"""Renders a decision to the bytes of a response; no other module knows the templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from service.engine.decision import Decision, ListedCause, Urgency
from service.engine.render_interview import InterviewRenderer
from service.engine.render_notices import NoticeRenderer
from service.engine.templates import HOLE, Template, array, boolean, encode
from service.engine.urgency import (
    OUT_OF_SCOPE,
    SAFETY_QUESTIONS_CLEAR,
    SAFETY_QUESTIONS_OPEN,
    SIGN_NOT_KNOWN,
    UNCOVERED_SIGN,
)
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Cause, Fix, RedFlag, Weight
from service.model.assessment import (
    About,
    Assessment,
    ConsideredCause,
    Contradiction,
    Contribution,
    DerivedFinding,
    FiredRedFlag,
    Ignored,
    KnowledgeVersion,
    Labelled,
    Reason,
    Received,
    SuggestedFix,
    TrainingAdvice,
    Triage,
    WithheldFix,
)
from service.model.scales import Level

LANGUAGE: Final = "en"
_DECIMALS = 1


class Renderer:
    """The templates of one knowledge; `urgent` are the items to send at once."""

    def __init__(self, knowledge: Knowledge, urgent: frozenset[str]) -> None:
        policy = knowledge.policy
        self._statements = {
            OUT_OF_SCOPE: policy.out_of_scope_statement,
            UNCOVERED_SIGN: policy.uncovered_sign_statement,
            SAFETY_QUESTIONS_OPEN: policy.incomplete_statement,
            SIGN_NOT_KNOWN: policy.not_known_statement,
            SAFETY_QUESTIONS_CLEAR: policy.screen_clear_statement,
            **{id_: flag.title for id_, flag in knowledge.red_flags.items()},
        }
        self._reasons = {
            (rule, level): Template(Reason(rule=rule, level=level, statement=statement, because=HOLE), "because")
            for rule, statement in self._statements.items()
            for level in Level
        }
        self._referrals: dict[str, Labelled] = {
            id_: Labelled(id=id_, label=label) for id_, label in policy.referral_labels.items()
        }
        self._activities = {id_: Labelled(id=id_, label=label) for id_, label in policy.activity_labels.items()}
        self._triage = {
            (level, is_open): self._triage_template(knowledge, level, is_open=is_open)
            for level in Level
            for is_open in (True, False)
        }
        self._about = [
            encode(About(finding=text.finding, text=" ".join(statement.text for statement in text.statements)))
            for text in knowledge.about
        ]
        self._red_flags = {id_: self._red_flag(flag) for id_, flag in knowledge.red_flags.items()}
        self._causes = {id_: _cause(cause) for id_, cause in knowledge.causes.items()}
        self._contributions = {
            (id_, number): _contribution(weight)
            for id_, cause in knowledge.causes.items()
            for number, weight in enumerate((*cause.supports, *cause.opposes))
        }
        self._fixes = {id_: self._fix(fix) for id_, fix in knowledge.fixes.items()}
        self._withheld = {
            id_: Template(WithheldFix(id=id_, label=fix.title, because=HOLE), "because")
            for id_, fix in knowledge.fixes.items()
        }
        self._advice = {
            running: encode(
                TrainingAdvice(
                    running=running,
                    statement=text.statement,
                    allowed_activities=tuple(self._activities[id_] for id_ in text.allowed_activities),
                    limits=text.limits,
                    recheck_after_days=text.recheck_after_days,
                    return_when=text.return_when,
                )
            )
            for running, text in knowledge.running.items()
        }
        self._derived = {
            id_: Template(
                DerivedFinding(finding=id_, value=True, computed_from=HOLE, measured=HOLE, unit=HOLE, threshold=HOLE),
                "computed_from",
                "measured",
                "unit",
                "threshold",
            )
            for id_ in (*knowledge.findings, *knowledge.derivations)
        }
        self._units = {id_: encode(derivation.unit) for id_, derivation in knowledge.derivations.items()}
        self._conflicts = {
            True: policy.contradiction_denied_statement,
            False: policy.contradiction_not_known_statement,
        }
        self._interview = InterviewRenderer(knowledge, urgent)
        self._notices = NoticeRenderer(knowledge)
        version = KnowledgeVersion(version=policy.version, digest=knowledge.digest, review=policy.review)
        members = (
            "received",
            "triage",
            "about",
            "red_flags",
            "causes",
            "fixes",
            "withheld_fixes",
            "training_advice",
            "interview",
            "derived",
            "ignored",
            "contradictions",
            "notices",
        )
        self._whole = Template(
            Assessment(language=LANGUAGE, knowledge=version, **dict.fromkeys(members, HOLE)), *members
        )

    def render(self, decision: Decision) -> bytes:
        """The response as JSON."""
        report = decision.report
        return self._whole.fill(
            received=encode(Received(**report.received._asdict())),
            triage=self._triage_of(decision),
            about=array([self._about[number] for number in decision.about]),
            red_flags=array([self._red_flags[id_].fill(because=encode(because)) for id_, because in decision.fired]),
            causes=array([self._cause_of(cause, decision) for cause in decision.causes]),
            fixes=array([self._fixes[fix.id].fill(addresses=encode(fix.addresses)) for fix in decision.fixes]),
            withheld_fixes=array(
                [self._withheld[fix.id].fill(because=encode(fix.because)) for fix in decision.withheld]
            ),
            training_advice=self._advice[decision.running],
            interview=self._interview.render(decision.interview),
            derived=array(self._derived_of(decision)),
            ignored=encode([Ignored(pointer=one.pointer, code=one.code, detail=one.detail) for one in report.ignored]),
            contradictions=encode(
                [
                    Contradiction(pointers=conflict.pointers, detail=self._conflicts[conflict.is_denial])
                    for conflict in decision.conflicts
                ]
            ),
            notices=self._notices.render(decision),
        )

    def _triage_of(self, decision: Decision) -> bytes:
        urgency: Urgency = decision.urgency
        return self._triage[urgency.level, urgency.is_held_open].fill(
            screen_complete=boolean(value=urgency.screen_complete),
            could_rise_to=urgency.could_rise_to.json,
            referrals=encode([self._referrals[id_] for id_ in decision.referrals]),
            reasons=array(
                [self._reasons[rule, level].fill(because=encode(because)) for rule, level, because in urgency.reasons]
            ),
        )

    def _cause_of(self, cause: ListedCause, decision: Decision) -> bytes:
        def contributions(statements: Iterable[tuple[int, tuple[str, ...]]]) -> bytes:
            return array(
                [self._contributions[cause.id, number].fill(because=encode(because)) for number, because in statements]
            )

        return self._causes[cause.id].fill(
            likelihood=cause.likelihood.json,
            points=encode(cause.points),
            supporting=contributions(cause.supporting),
            opposing=contributions(cause.opposing),
            unanswered=encode(cause.unanswered),
            fixes=encode([fix.id for fix in decision.fixes if cause.id in fix.addresses]),
        )

    def _derived_of(self, decision: Decision) -> Iterable[bytes]:
        for id_, computed_from, measured, threshold in decision.derived:
            number = None if measured is None else round(measured, _DECIMALS)
            yield self._derived[id_].fill(
                computed_from=encode(computed_from),
                measured=encode(number),
                unit=b"null" if number is None else self._units[id_],
                threshold=encode(threshold),
            )

    def _triage_template(self, knowledge: Knowledge, level: Level, *, is_open: bool) -> Template:
        text = knowledge.levels[level]
        return Template(
            Triage(
                level=level,
                label=text.label,
                advice=(text.advice_while_open or text.advice) if is_open else text.advice,
                act_within_hours=text.act_within_hours,
                screen_complete=HOLE,
                could_rise_to=HOLE,
                referrals=HOLE,
                reasons=HOLE,
            ),
            "screen_complete",
            "could_rise_to",
            "referrals",
            "reasons",
        )

    def _red_flag(self, flag: RedFlag) -> Template:
        return Template(
            FiredRedFlag(
                id=flag.id,
                title=flag.title,
                level=flag.level,
                because=HOLE,
                advice=flag.advice,
                rationale=flag.rationale,
                referrals=tuple(self._referrals[id_] for id_ in flag.referrals),
                do_not_drive=flag.do_not_drive,
                evidence=flag.evidence,
                sources=flag.sources,
                review=flag.review,
                codes=flag.codes.symptom if flag.codes is not None else (),
            ),
            "because",
        )

    def _fix(self, fix: Fix) -> Template:
        return Template(
            SuggestedFix(
                id=fix.id,
                title=fix.title,
                steps=tuple(statement.text for statement in fix.steps),
                limits=fix.limits,
                caveats=tuple(statement.text for statement in fix.caveats),
                addresses=HOLE,
                review_after_days=fix.review_after_days,
                see_if_not_better=self._referrals[fix.see_if_not_better],
                evidence=fix.evidence,
                sources=fix.sources,
            ),
            "addresses",
        )


def _cause(cause: Cause) -> Template:
    return Template(
        ConsideredCause(
            id=cause.id,
            name=cause.name,
            regions=cause.regions,
            likelihood=HOLE,
            points=HOLE,
            supporting=HOLE,
            opposing=HOLE,
            unanswered=HOLE,
            mechanism=" ".join(statement.text for statement in cause.mechanism),
            caveats=tuple(statement.text for statement in cause.caveats),
            fixes=HOLE,
            see_someone=tuple(statement.text for statement in cause.see_someone),
            evidence=cause.evidence,
            sources=cause.sources,
        ),
        "likelihood",
        "points",
        "supporting",
        "opposing",
        "unanswered",
        "fixes",
    )


def _contribution(weight: Weight) -> Template:
    return Template(
        Contribution(points=weight.points, because=HOLE, statement=weight.statement, evidence=weight.evidence),
        "because",
    )
