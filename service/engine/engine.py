"""The engine that turns a report into a response.

The engine decides on a report and renders the decision as the bytes of a response.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from service.engine.advice import RunningAdvice
from service.engine.causes import Causes
from service.engine.decision import Decision, ListedCause, Urgency
from service.engine.derive import Derivations
from service.engine.explain import Explanations
from service.engine.fixes import NO_FIXES, Fixes
from service.engine.floors import FloorRules
from service.engine.implied import Implications
from service.engine.items import Items
from service.engine.named_conditions import NamedConditions
from service.engine.questions import CauseContext, Questions
from service.engine.render import Renderer
from service.engine.rulebook import Rulebook
from service.engine.safety_questions import SafetyQuestions
from service.engine.send_at_once import send_at_once
from service.engine.templates import encode
from service.engine.urgency import Urgencies
from service.knowledge.knowledge import Knowledge
from service.model.assessment import Assessment
from service.model.explanation import Explanation
from service.model.scales import Level
from service.report.reader import RequestReader
from service.report.report import Report

_decode: Final = msgspec.json.Decoder(Assessment).decode


class EncodedAssessment(NamedTuple):
    """A decision with its encoded response."""

    decision: Decision
    body: bytes

    @property
    def level(self) -> Level:
        """The level of urgency."""
        return self.decision.level

    @property
    def red_flags(self) -> tuple[str, ...]:
        """The ids of the fired red flags."""
        return tuple(fired.id for fired in self.decision.fired)

    @property
    def leading_cause(self) -> str | None:
        """The id of the first listed cause, or None."""
        return self.decision.causes[0].id if self.decision.causes else None


class Engine:
    """A decision engine for compiled knowledge.

    All methods are pure, so one engine serves every request.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        rulebook = Rulebook(knowledge)
        self.knowledge = knowledge
        self._matcher = rulebook.matcher
        self._about = rulebook.about
        self._about_terms = rulebook.terms_of(rulebook.about)
        self._implications = Implications(knowledge)
        self._items = Items(rulebook)
        self._derivations = Derivations(rulebook)
        self._named_conditions = NamedConditions(rulebook)
        self._floor_rules = FloorRules(rulebook, self._items)
        self._safety_questions = SafetyQuestions(self._items)
        self._urgencies = Urgencies(rulebook, self._items)
        self._causes = Causes(rulebook, self._items)
        self._fixes = Fixes(rulebook)
        self._advice = RunningAdvice(rulebook)
        self._questions = Questions(rulebook, self._items)
        self._explanations = Explanations(rulebook)
        self._renderer = Renderer(knowledge, send_at_once(rulebook, self._implications))
        self.read = RequestReader(knowledge).read

    @property
    def version(self) -> str:
        """The version of the knowledge."""
        return self.knowledge.policy.version

    @property
    def digest(self) -> str:
        """The digest of the knowledge: `sha256:` and hex digits."""
        return self.knowledge.digest

    def decide(self, report: Report) -> Decision:
        """Return the decision on `report`.

        An unknown finding never counts as absent. Nothing lowers a level that a rule has set.
        """
        policy = self.knowledge.policy
        facts = self._implications.facts(report)
        measured = self._derivations.measure(facts.known)
        situation = self._items.situation(self._matcher.match(facts.known), facts.known, report)
        fired = situation.match.fired
        floors = self._floor_rules.floors(situation)
        safety = self._safety_questions.open(floors, situation)
        urgency = self._urgencies.urgency(floors, situation, report, is_complete=not safety)
        is_in_scope = not urgency.is_out_of_scope
        with_causes = is_in_scope and urgency.level.rank < policy.no_causes_from.rank
        causes = self._causes.listed(situation) if with_causes else ()
        acted_on = self._causes.acted_on(causes)
        with_fixes = is_in_scope and urgency.level.rank < policy.no_fixes_from.rank
        fixes = self._fixes.decide(acted_on, situation) if with_fixes else NO_FIXES
        has_no_complaint = all(facts.known.get(id_) is False for id_ in policy.complaints)
        context = CauseContext(causes, fixes.ask_first, with_causes, has_no_complaint)
        return Decision(
            report=report,
            known=facts.known,
            match=situation.match,
            urgency=urgency,
            about=tuple([self._about[pattern] for pattern, _ in self._matcher.patterns(fired & self._about_terms)]),
            causes=causes,
            fixes=fixes.given,
            withheld=fixes.withheld,
            running=self._advice.decide(urgency, causes, situation),
            interview=self._questions.interview(safety, floors, urgency, situation, context),
            derived=(*facts.derived, *measured, *self._named_conditions.holding(situation.match, facts.known)),
            conflicts=tuple(facts.conflicts),
            referrals=self._referrals(urgency, causes),
            is_not_to_drive=self._is_not_to_drive(urgency),
        )

    def render(self, decision: Decision) -> bytes:
        """Return the response for `decision` as JSON."""
        return self._renderer.render(decision)

    def answer(self, report: Report) -> EncodedAssessment:
        """Return the decision on `report` with its response."""
        decision = self.decide(report)
        return EncodedAssessment(decision, self.render(decision))

    def answer_explained(self, report: Report) -> EncodedAssessment:
        """Return the decision on `report` with an explained response.

        The response has one more member, `explanation`. It lists the rules that did not fire, the causes that are not
        listed, and the source of each statement.
        """
        decision = self.decide(report)
        explanation = encode(self.explain(decision))
        return EncodedAssessment(decision, b'%b,"explanation":%b}' % (self.render(decision)[:-1], explanation))

    def explain(self, decision: Decision) -> Explanation:
        """Return the explanation of `decision`.

        It lists the rules that did not fire, the causes that are not listed, and the source of each statement shown.
        """
        return self._explanations.explanation(decision)

    def assess(self, report: Report) -> Assessment:
        """Return the response to `report` as an object.

        The object is decoded from the bytes of the response.
        """
        return _decode(self.render(self.decide(report)))

    def _referrals(self, urgency: Urgency, causes: tuple[ListedCause, ...]) -> tuple[str, ...]:
        """Return the professionals to see.

        The red flags name them, most urgent first. The causes name them if no red flag does. The professional for the
        level itself comes first unless already named.
        """
        knowledge = self.knowledge
        asked = [referral for fired in urgency.fired for referral in knowledge.red_flags[fired.id].referrals]
        if not asked:
            asked = [referral for cause in causes for referral in knowledge.causes[cause.id].referrals]
        always = knowledge.levels[urgency.level].referral
        if always is not None and always not in asked:
            asked = [always, *asked]
        return tuple(dict.fromkeys(asked))

    def _is_not_to_drive(self, urgency: Urgency) -> bool:
        flags = (self.knowledge.red_flags[fired.id] for fired in urgency.fired)
        return urgency.level is Level.EMERGENCY_AMBULANCE or any(flag.do_not_drive for flag in flags)
