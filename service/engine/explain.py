"""The explanation of a decision.

It lists the rules that did not fire, the causes that are not listed, and the source of each statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from service.engine.bitset import Bits, members
from service.engine.decision import Decision
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.knowledge.citations import sources_of
from service.knowledge.reviews import review_of
from service.knowledge.schema.causes import Weight
from service.knowledge.schema.statements import Statement
from service.model.explanation import (
    CitedSource,
    ExplainedEntry,
    Explanation,
    SourcedStatement,
    UnfiredRule,
    UnlistedCause,
)
from service.report.report import Reported


class Explanations:
    """The explanations of a rulebook.

    Their size is bounded by the rules that a report touches and the statements that it is shown.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def explanation(self, decision: Decision) -> Explanation:
        """Return the explanation of `decision`."""
        statements = tuple(self._statements(decision))
        return Explanation(
            unfired_rules=tuple(self._unfired(decision.match, decision.known)),
            unlisted_causes=tuple(self._unlisted({cause.id for cause in decision.causes}, decision.match)),
            statements=statements,
            sources=tuple(self._cited(statements)),
            entries=tuple(self._entries(decision)),
        )

    def _unfired(self, match: Match, known: Mapping[str, Reported]) -> Iterator[UnfiredRule]:
        matcher = self._rulebook.matcher
        for pattern, flag in self._rulebook.red_flags.items():
            terms = matcher.terms_of[pattern]
            failed = terms & match.failed
            if terms & match.fired or not (failed or terms & match.touched):
                continue
            yield UnfiredRule(
                rule=flag.id,
                level=flag.level,
                decided_by=tuple(self._failing(failed, known)),
                waiting_for=tuple(
                    name for name in matcher.because(terms ^ failed) if not matcher.bit_of[name] & match.known
                ),
            )

    def _failing(self, terms: Bits, known: Mapping[str, Reported]) -> dict[str, None]:
        """Return the findings that make `terms` fail.

        For each term, these are the reported findings that fail it, or else the findings that do not apply.
        """
        failing: dict[str, None] = {}
        for term in members(terms):
            atoms = self._rulebook.matcher.terms[term]
            reported = [
                atom.finding
                for atom in atoms
                if not isinstance(value := known.get(atom.finding), tuple | None) and not atom.holds(value)
            ]
            failing |= dict.fromkeys(reported or (atom.finding for atom in atoms if atom.finding not in known))
        return failing

    def _unlisted(self, listed: set[str], match: Match) -> Iterator[UnlistedCause]:
        rulebook = self._rulebook
        for cause in rulebook.applies.values():
            if cause.id in listed:
                continue
            weighing = [
                (weight.points, terms)
                for number, weight in rulebook.weights.items()
                if weight.cause == cause.id and (terms := rulebook.matcher.terms_of[number] & match.fired)
            ]
            against = [terms for points, terms in weighing if points < 0]
            if cause.id in rulebook.excludes:
                against.insert(0, rulebook.matcher.terms_of[rulebook.excludes[cause.id]] & match.fired)
            yield UnlistedCause(
                cause=cause.id,
                points=sum(points for points, _ in weighing),
                left_out_by=tuple(dict.fromkeys(name for terms in against for name in rulebook.matcher.because(terms))),
            )

    def _statements(self, decision: Decision) -> Iterator[SourcedStatement]:
        knowledge = self._rulebook.knowledge
        for number in decision.about:
            text = knowledge.about[number]
            yield from _sourced(text.finding, text.statements)
        for fired in decision.fired:
            flag = knowledge.red_flags[fired.id]
            own = Statement(text=flag.rationale, evidence=flag.evidence, facts=flag.facts, sources=flag.sources)
            yield from _sourced(flag.id, (own, *flag.statements))
        for listed in decision.causes:
            cause = knowledge.causes[listed.id]
            yield from _sourced(cause.id, (*cause.mechanism, *cause.caveats, *cause.see_someone))
            weights = (*cause.supports, *cause.opposes)
            shown = sorted({statement.number for statement in (*listed.supporting, *listed.opposing)})
            yield from (_weighed(cause.id, weights[number]) for number in shown)
        for suggested in decision.fixes:
            fix = knowledge.fixes[suggested.id]
            if fix.short is not None:
                short = Statement(text=fix.short, evidence=fix.evidence, sources=sources_of(fix))
                yield from _sourced(fix.id, (short,))
            yield from _sourced(fix.id, (*fix.steps, *fix.caveats))

    def _entries(self, decision: Decision) -> Iterator[ExplainedEntry]:
        knowledge = self._rulebook.knowledge
        for fired in decision.fired:
            yield ExplainedEntry(id=fired.id, review=review_of(knowledge.red_flags[fired.id]), note=None)
        for listed in decision.causes:
            yield ExplainedEntry(id=listed.id, review=review_of(knowledge.causes[listed.id]), note=None)
        for suggested in decision.fixes:
            fix = knowledge.fixes[suggested.id]
            yield ExplainedEntry(id=fix.id, review=review_of(fix), note=fix.note)

    def _cited(self, statements: Sequence[SourcedStatement]) -> Iterator[CitedSource]:
        cited = dict.fromkeys(source for statement in statements for source in statement.sources)
        for id_ in cited:
            source = self._rulebook.knowledge.sources[id_]
            yield CitedSource(id=id_, title=source.title, status=source.status, url=source.url)


def _sourced(about: str, statements: Sequence[Statement]) -> Iterator[SourcedStatement]:
    for statement in statements:
        yield SourcedStatement(
            about=about,
            text=statement.text,
            evidence=statement.evidence,
            by=statement.by,
            facts=statement.facts,
            sources=statement.sources,
            note=statement.note,
        )


def _weighed(about: str, weight: Weight) -> SourcedStatement:
    return SourcedStatement(
        about=about,
        text=weight.statement,
        evidence=weight.evidence,
        by=None,
        facts=weight.facts,
        sources=weight.sources,
        note=weight.note,
    )
