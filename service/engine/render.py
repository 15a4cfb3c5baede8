"""Render a decision to the bytes of a response.

No other module knows the templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from service.engine.decision import Decision, Derived, ListedCause, RunningDecision, Urgency, WeighedStatement
from service.engine.floors import OUT_OF_SCOPE, UNCOVERED_SIGN
from service.engine.render_entries import cause_template, contribution_template, fix_template, red_flag_template
from service.engine.render_interview import InterviewRenderer
from service.engine.render_notices import NoticeRenderer
from service.engine.templates import HOLE, Template, array, boolean, encode
from service.engine.urgency import SAFETY_QUESTIONS_CLEAR, SAFETY_QUESTIONS_OPEN, SIGN_NOT_KNOWN
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import review_of_all
from service.knowledge.schema.running import RunningText
from service.model.assessment import About, Assessment, Contradiction, DerivedFinding, KnowledgeVersion
from service.model.fixes import WithheldFix
from service.model.part import Labelled
from service.model.scales import Level, Running
from service.model.training_advice import TrainingAdvice
from service.model.triage import Reason, Triage

LANGUAGE: Final = "en"
_DECIMALS = 1


class Renderer:
    """The response templates of one knowledge.

    `urgent` are the items to send at once.
    """

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
        self._red_flags = {id_: red_flag_template(flag, self._referrals) for id_, flag in knowledge.red_flags.items()}
        self._causes = {
            (id_, is_first): cause_template(cause, is_first=is_first)
            for id_, cause in knowledge.causes.items()
            for is_first in (True, False)
        }
        self._contributions = {
            (id_, number): contribution_template(weight)
            for id_, cause in knowledge.causes.items()
            for number, weight in enumerate((*cause.supports, *cause.opposes))
        }
        self._fixes = {
            (id_, is_first): fix_template(fix, self._referrals, is_first=is_first)
            for id_, fix in knowledge.fixes.items()
            for is_first in (True, False)
        }
        self._withheld = {
            id_: Template(WithheldFix(id=id_, label=fix.title, because=HOLE), "because")
            for id_, fix in knowledge.fixes.items()
        }
        self._advice = {running: self._advice_template(running, text) for running, text in knowledge.running.items()}
        self._goals = {running: [goal.text for goal in text.return_when] for running, text in knowledge.running.items()}
        self._races = {
            running: [encode(answer.text) for answer in text.race] for running, text in knowledge.running.items()
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
        version = KnowledgeVersion(version=policy.version, digest=knowledge.digest, review=review_of_all(knowledge))
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
        """Return the response for `decision` as JSON."""
        report = decision.report
        return self._whole.fill(
            encode(report.received),
            self._triage_of(decision),
            array([self._about[number] for number in decision.about]),
            array([self._red_flags[flag.id].fill(encode(flag.because)) for flag in decision.fired]),
            array([self._cause_of(cause, decision) for cause in decision.causes]),
            array(
                [
                    self._fixes[fix.id, place == 0].fill(encode(fix.addresses))
                    for place, fix in enumerate(decision.fixes)
                ]
            ),
            array([self._withheld[fix.id].fill(encode(fix.because)) for fix in decision.withheld]),
            self._advice_of(decision.running),
            self._interview.render(decision.interview),
            array([self._derived_of(derived) for derived in decision.derived]),
            encode(report.ignored),
            encode(
                [
                    Contradiction(pointers=conflict.pointers, detail=self._conflicts[conflict.is_denial])
                    for conflict in decision.conflicts
                ]
            ),
            self._notices.render(decision),
        )

    def _triage_of(self, decision: Decision) -> bytes:
        urgency: Urgency = decision.urgency
        return self._triage[urgency.level, urgency.is_held_open].fill(
            boolean(value=urgency.screen_complete),
            urgency.could_rise_to.json,
            encode([self._referrals[id_] for id_ in decision.referrals]),
            array([self._reasons[why.rule, why.level].fill(encode(why.because)) for why in urgency.reasons]),
        )

    def _cause_of(self, cause: ListedCause, decision: Decision) -> bytes:
        def contributions(statements: Iterable[WeighedStatement]) -> bytes:
            return array([self._contributions[cause.id, it.number].fill(encode(it.because)) for it in statements])

        return self._causes[cause.id, cause is decision.causes[0]].fill(
            cause.likelihood.json,
            encode(cause.points),
            contributions(cause.supporting),
            contributions(cause.opposing),
            encode(cause.unanswered),
            encode([fix.id for fix in decision.fixes if cause.id in fix.addresses]),
        )

    def _derived_of(self, derived: Derived) -> bytes:
        number = None if derived.measured is None else round(derived.measured, _DECIMALS)
        return self._derived[derived.id].fill(
            encode(derived.computed_from),
            encode(number),
            b"null" if number is None else self._units[derived.id],
            encode(derived.threshold),
        )

    def _advice_of(self, advice: RunningDecision) -> bytes:
        goals = self._goals[advice.running]
        return self._advice[advice.running].fill(
            encode([goals[number] for number in advice.goals]),
            b"null" if advice.race is None else self._races[advice.running][advice.race],
        )

    def _advice_template(self, running: Running, text: RunningText) -> Template:
        return Template(
            TrainingAdvice(
                running=running,
                statement=text.statement,
                allowed_activities=tuple(self._activities[id_] for id_ in text.allowed_activities),
                limits=text.limits,
                recheck_after_days=text.recheck_after_days,
                return_when=HOLE,
                race=HOLE,
            ),
            "return_when",
            "race",
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
