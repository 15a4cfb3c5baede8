"""The engine: one request's report in, one assessment out, from the knowledge alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from service.engine.causes import Causes, Considered
from service.engine.derive import Derivations
from service.engine.explain import Explanations
from service.engine.fixes import Fixes, acted_on
from service.engine.index import Match
from service.engine.mould import GAP, encode, flag, listed, mould
from service.engine.notices import Notices
from service.engine.presentation import Presentation, Reported
from service.engine.questions import Questions
from service.engine.request import RequestReader
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers, Screen
from service.engine.training import Training
from service.engine.urgency import Floors, Urgency
from service.knowledge.knowledge import Knowledge
from service.model.assessment import Assessment, EncodedAssessment, KnowledgeVersion, Triage
from service.model.explanation import Explanation
from service.model.scales import Level

_decode: Final = msgspec.json.Decoder(Assessment).decode


class _Decided(NamedTuple):
    """What a report decides: known findings, with those that were measured; and the measured as they are told."""

    known: Mapping[str, Reported]
    measured: list[bytes]
    match: Match


class Engine:
    """Compiled knowledge; `read` and `answer` are pure, so one engine serves every request."""

    def __init__(self, knowledge: Knowledge) -> None:
        rulebook = Rulebook(knowledge)
        self._knowledge = knowledge
        self._index = rulebook.index
        self._screen = Screen(rulebook)
        self._derivations = Derivations(rulebook)
        self._floors = Floors(rulebook, self._screen)
        self._fixes = Fixes(rulebook)
        self._causes = Causes(rulebook)
        self._questions = Questions(rulebook, self._screen, self._causes)
        self._training = Training(rulebook)
        self._explanations = Explanations(rulebook)
        self._notices = Notices(knowledge)
        self._version = KnowledgeVersion(
            version=knowledge.policy.version, digest=knowledge.digest, review=knowledge.policy.review
        )
        self._triage = {level: self._mould_triage(level) for level in Level}
        self._whole = self._mould_whole()
        self.read = RequestReader(knowledge).read

    @property
    def version(self) -> str:
        """The version of the knowledge."""
        return self._version.version

    @property
    def digest(self) -> str:
        """The digest of the knowledge, `sha256:` and hex."""
        return self._version.digest

    def answer(self, presentation: Presentation) -> EncodedAssessment:
        """The answer to one report, as the bytes that go over the wire.

        Unknown is never read as absent, and nothing lowers a level that a rule has set.
        """
        known, measured, match = self._decided(presentation)
        answers = self._screen.answers(presentation, match)
        urgency = self._floors.urgency(match, answers)
        policy = self._knowledge.policy
        with_fixes = urgency.level.rank < policy.no_fixes_from.rank
        with_causes = urgency.level.rank < policy.no_causes_from.rank and not urgency.is_out_of_scope
        causes = self._causes.considered(match) if with_causes else []
        to_act_on = acted_on(causes)
        given = self._fixes.given(to_act_on, match) if with_fixes else {}
        questions, more_to_ask = self._questions.next(urgency.level, match, answers, causes, presentation.known)
        body = self._whole % (
            self._told_triage(urgency, answers, causes, more_to_ask=more_to_ask),
            self._floors.red_flags(urgency),
            self._causes.told(causes, given),
            self._fixes.suggested(given),
            self._fixes.withheld(to_act_on, match) if with_fixes else b"[]",
            self._training.advice(urgency, to_act_on, match),
            questions,
            listed((*measured, *self._derivations.named(match, known))),
            self._notices.shown(urgency, presentation.country),
        )
        red_flags = tuple(fired.flag.id for fired in urgency.fired)
        return EncodedAssessment(urgency.level, red_flags, causes[0].cause.id if causes else None, body)

    def answer_explained(self, presentation: Presentation) -> EncodedAssessment:
        """The same bytes, with what stands behind them as one more member at the end."""
        answered = self.answer(presentation)
        explanation = encode(self._explained(presentation, _decode(answered.body)))
        return answered._replace(body=b'%b,"explanation":%b}' % (answered.body[:-1], explanation))

    def assess(self, presentation: Presentation) -> Assessment:
        """The answer to one report, read back from its bytes."""
        return _decode(self.answer(presentation).body)

    def explain(self, presentation: Presentation) -> Explanation:
        """What stands behind the answer to a report."""
        return self._explained(presentation, self.assess(presentation))

    def _explained(self, presentation: Presentation, assessment: Assessment) -> Explanation:
        known, _, match = self._decided(presentation)
        absent = self._screen.absent(presentation)
        return self._explanations.explanation(assessment, match, {**known, **absent})

    def _decided(self, presentation: Presentation) -> _Decided:
        """What is known once telemetry was measured and the screen's answers were taken in, and what it decides."""
        known, measured = self._derivations.measure(presentation.known)
        denied = self._screen.denied(presentation)
        return _Decided(known, measured, self._index.match(self._index.tally(known, denied)))

    def _told_triage(self, urgency: Urgency, answers: Answers, causes: list[Considered], *, more_to_ask: bool) -> bytes:
        return self._triage[urgency.level] % (
            flag(claim=answers.is_complete),
            urgency.could_rise_to.json,
            flag(claim=more_to_ask),
            encode(self._referrals(urgency, causes)),
            urgency.reasons,
        )

    def _referrals(self, urgency: Urgency, causes: list[Considered]) -> list[str]:
        """Whom to see: for the red flags, most urgent first; for the causes where none fired.

        Whom the level itself asks for comes first where nothing else does: a bare yes may be more urgent than all
        that fired.
        """
        asked = [referral for fired in urgency.fired for referral in fired.flag.referrals]
        if not asked:
            asked = [referral for cause in causes for referral in cause.cause.referrals]
        always = self._knowledge.levels[urgency.level].referral
        if always is not None and always not in asked:
            asked = [always, *asked]
        return list(dict.fromkeys(asked))

    def _mould_triage(self, level: Level) -> bytes:
        text = self._knowledge.levels[level]
        return mould(
            Triage(
                level=level,
                label=text.label,
                advice=text.advice,
                act_within_hours=text.act_within_hours,
                screen_complete=GAP,
                could_rise_to=GAP,
                more_to_ask=GAP,
                referrals=GAP,
                reasons=GAP,
            )
        )

    def _mould_whole(self) -> bytes:
        return mould(
            Assessment(
                triage=GAP,
                red_flags=GAP,
                causes=GAP,
                fixes=GAP,
                withheld_fixes=GAP,
                training_advice=GAP,
                questions=GAP,
                derived=GAP,
                knowledge=self._version,
                notices=GAP,
            )
        )
