"""The engine: one request's report in, one assessment out, from the knowledge alone."""

from __future__ import annotations

import msgspec

from service.engine.causes import Causes
from service.engine.derive import Derivations
from service.engine.explain import Explanations
from service.engine.fixes import Fixes
from service.engine.index import Match
from service.engine.notices import Notices
from service.engine.presentation import Presentation, Reported
from service.engine.questions import Questions
from service.engine.request import RequestReader
from service.engine.rulebook import Rulebook
from service.engine.screen import Screen
from service.engine.training import Training
from service.engine.urgency import Floors, Urgency
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import RedFlag
from service.model.assessment import (
    Assessment,
    DerivedFinding,
    EncodedAssessment,
    FiredRedFlag,
    KnowledgeVersion,
    Triage,
)
from service.model.explanation import Explanation
from service.model.scales import Level


class Engine:
    """Compiled knowledge; `read`, `assess` and `encode` are pure, so one engine serves every request."""

    def __init__(self, knowledge: Knowledge) -> None:
        rulebook = Rulebook(knowledge)
        self._knowledge = knowledge
        self._index = rulebook.index
        self._screen = Screen(rulebook)
        self._derivations = Derivations(rulebook)
        self._floors = Floors(rulebook)
        self._fixes = Fixes(rulebook)
        self._causes = Causes(rulebook)
        self._questions = Questions(rulebook, self._screen, self._causes)
        self._training = Training(rulebook)
        self._explanations = Explanations(rulebook)
        self._notices = Notices(knowledge)
        self._version = KnowledgeVersion(
            version=knowledge.policy.version, digest=knowledge.digest, review=knowledge.policy.review
        )
        self.read = RequestReader(knowledge).read
        self.encode = msgspec.json.Encoder().encode

    @property
    def version(self) -> str:
        """The version of the knowledge."""
        return self._version.version

    @property
    def digest(self) -> str:
        """The digest of the knowledge, `sha256:` and hex."""
        return self._version.digest

    def assess(self, presentation: Presentation) -> Assessment:
        """The answer to one report.

        Unknown is never read as absent, and nothing lowers a level that a rule has set.
        """
        known, derived, match = self._matched(presentation)
        answers = self._screen.answers(presentation, match)
        urgency = self._floors.urgency(match, answers)
        policy = self._knowledge.policy
        with_fixes = urgency.level.rank < policy.no_fixes_from.rank
        with_causes = urgency.level.rank < policy.no_causes_from.rank and not urgency.is_out_of_scope
        causes = self._causes.considered(match, known) if with_causes else []
        if with_fixes:
            causes = self._fixes.given(causes, match)
        questions, more_to_ask = self._questions.next(urgency.level, match, known, answers, causes)
        text = self._knowledge.levels[urgency.level]
        return Assessment(
            triage=Triage(
                level=urgency.level,
                label=text.label,
                advice=text.advice,
                act_within_hours=text.act_within_hours,
                screen_complete=answers.is_complete,
                could_rise_to=urgency.could_rise_to,
                more_to_ask=more_to_ask,
                referrals=self._referrals(urgency, [cause.id for cause in causes]),
                reasons=urgency.reasons,
            ),
            red_flags=tuple(_fired(flag, because) for flag, because in urgency.fired),
            causes=tuple(causes),
            fixes=self._fixes.suggested(causes),
            withheld_fixes=self._fixes.withheld(causes, match) if with_fixes else (),
            training_advice=self._training.advice(urgency, causes, match),
            questions=questions,
            derived=(*derived, *self._derivations.named(match, known)),
            knowledge=self._version,
            notices=self._notices.shown(urgency, presentation.country),
        )

    def answer(self, presentation: Presentation) -> EncodedAssessment:
        """The answer to one report as the bytes that go over the wire."""
        assessment = self.assess(presentation)
        return _encoded(assessment, self.encode(assessment))

    def answer_explained(self, presentation: Presentation) -> EncodedAssessment:
        """The same, with what stands behind it as one more member at the end."""
        assessment = self.assess(presentation)
        return _encoded(assessment, self.encode_explained(assessment, self.explain(presentation, assessment)))

    def explain(self, presentation: Presentation, assessment: Assessment) -> Explanation:
        """What stands behind `assessment`, the answer to the same report."""
        known, _, match = self._matched(presentation)
        return self._explanations.explanation(assessment, match, known)

    def encode_explained(self, assessment: Assessment, explanation: Explanation) -> bytes:
        """The bytes of `encode`, with the explanation as one more member at the end."""
        return self.encode(assessment)[:-1] + b',"explanation":' + self.encode(explanation) + b"}"

    def _matched(self, presentation: Presentation) -> tuple[dict[str, Reported], list[DerivedFinding], Match]:
        """What is known once telemetry was measured and the screen's answers were taken in, and what it decides."""
        measured, derived = self._derivations.measure(presentation.known)
        absent, closed = self._screen.denied(presentation)
        known = {**measured, **absent}
        return known, derived, self._index.match(known, closed)

    def _referrals(self, urgency: Urgency, causes: list[str]) -> tuple[str, ...]:
        """Whom to see: for the red flags, most urgent first; for the causes where none fired."""
        asked = [referral for flag, _ in urgency.fired for referral in flag.referrals]
        if not asked:
            asked = [referral for cause in causes for referral in self._knowledge.causes[cause].referrals]
        if urgency.level.rank >= Level.EMERGENCY.rank and not urgency.fired:
            asked = ["emergency_department"]
        return tuple(dict.fromkeys(asked))


def _encoded(assessment: Assessment, body: bytes) -> EncodedAssessment:
    return EncodedAssessment(
        level=assessment.triage.level,
        red_flags=tuple(flag.id for flag in assessment.red_flags),
        causes=tuple(cause.id for cause in assessment.causes),
        body=body,
    )


def _fired(flag: RedFlag, because: tuple[str, ...]) -> FiredRedFlag:
    return FiredRedFlag(
        id=flag.id,
        title=flag.title,
        level=flag.level,
        because=because,
        advice=flag.advice,
        rationale=flag.rationale,
        referrals=flag.referrals,
        do_not_drive=flag.do_not_drive,
        evidence=flag.evidence,
        sources=flag.sources,
        review=flag.review,
        codes=flag.codes.symptom if flag.codes is not None else (),
    )
