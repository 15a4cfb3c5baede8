"""The safety screen: what was answered, what a no rules out, and the floor that a yes sets."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.engine.atoms import Atom, OneOf, Within
from service.engine.bits import Bits
from service.engine.index import Match, Tally
from service.engine.presentation import Presentation
from service.engine.rulebook import Rulebook
from service.model.scales import Level


@dataclass(frozen=True, slots=True)
class Question:
    """One compiled question: the terms that show a yes, its floor, and what a no makes false."""

    id: str
    terms: Bits
    floor: Level
    denies: tuple[str, ...]
    closes: tuple[tuple[str, Bits], ...]


class Answers(NamedTuple):
    """The state of every question: said yes, shown yes by a finding, or still open; the rest are no."""

    said: tuple[Question, ...]
    shown: tuple[Question, ...]
    open: tuple[Question, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no question is open."""
        return not self.open


_ALL_NO: Final = Answers((), (), ())


class Screen:
    """The questions compiled against a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self.questions: tuple[Question, ...] = tuple(self._compile(id_) for id_ in rulebook.screen)
        self._shown_by = rulebook.terms_of(rulebook.screen.values())
        denied = [finding for question in self.questions for finding in question.denies]
        self._closes = tuple(closed for question in self.questions for closed in question.closes)
        self._denied_at_once = frozenset(denied)
        self._all_denied = rulebook.index.tally(dict.fromkeys(denied, False))

    def _compile(self, id_: str) -> Question:
        atoms = [atom for (atom,) in self._rulebook.members_of(id_)]
        return Question(
            id_,
            self._rulebook.index.terms_of[self._rulebook.screen[id_]],
            self._floor(atoms),
            tuple(atom.finding for atom in atoms if isinstance(atom, OneOf)),
            tuple((atom.finding, self._closed_by(atom)) for atom in atoms if isinstance(atom, Within)),
        )

    def _floor(self, members: list[Atom]) -> Level:
        """The least urgent level that a member sets, and never less than consultation.

        A member that sets a level only together with other findings counts where no member sets one alone.
        """
        set_alone = [level for member in members if (level := self._sets(member, together=False)) is not None]
        set_together = [level for member in members if (level := self._sets(member, together=True)) is not None]
        return min(set_alone or set_together, key=lambda level: level.rank, default=Level.CONSULTATION)

    def _sets(self, member: Atom, *, together: bool) -> Level | None:
        """The most urgent level that `member` sets alone, or the least that it sets together with other findings."""
        levels = [
            flag.level
            for term, flag in self._rulebook.raising_terms()
            for atoms in [self._rulebook.index.terms[term]]
            if (len(atoms) > 1) is together
            and any(atom.finding == member.finding and atom.narrowed(member) is not None for atom in atoms)
        ]
        chosen = min if together else max
        return chosen(levels, key=lambda level: level.rank, default=None)

    def _closed_by(self, member: Within) -> Bits:
        """The terms that fail for every number outside `member`."""
        closed = 0
        for atom, terms in self._rulebook.index.atoms_on(member.finding).items():
            if all(atom.narrowed(rest) is None for rest in member.outside()):
                closed |= terms
        return closed

    def denied(self, presentation: Presentation) -> Tally:
        """What the answers no decide: findings that were not sent are absent, and terms fail.

        Where all is answered no at once and no member was sent, which is the rule, it was worked out before.
        """
        known = presentation.known
        if presentation.none_of_these and not presentation.screen and self._denied_at_once.isdisjoint(known):
            return _closing(self._all_denied, self._closes, known)
        closes = [closed for question in self._answered_no(presentation) for closed in question.closes]
        return _closing(self._rulebook.index.tally(self.absent(presentation)), closes, known)

    def absent(self, presentation: Presentation) -> dict[str, bool]:
        """The findings that were not sent and that an answer no rules out."""
        denied = (finding for question in self._answered_no(presentation) for finding in question.denies)
        return {finding: False for finding in denied if finding not in presentation.known}

    def _answered_no(self, presentation: Presentation) -> list[Question]:
        said, rest = presentation.screen, not presentation.none_of_these
        return [question for question in self.questions if said.get(question.id, rest) is False]

    def answers(self, presentation: Presentation, match: Match) -> Answers:
        """The state of every question; a finding that is present beats a no."""
        if presentation.none_of_these and not presentation.screen and not match.fired & self._shown_by:
            return _ALL_NO
        said, shown, still_open = [], [], []
        for question in self.questions:
            answer = presentation.screen.get(question.id)
            if answer is True:
                said.append(question)
            elif question.terms & match.fired:
                shown.append(question)
            elif answer is None and not presentation.none_of_these and question.terms & match.failed != question.terms:
                still_open.append(question)  # else every member of it was itself reported absent
        return Answers(tuple(said), tuple(shown), tuple(still_open))


def _closing(tally: Tally, closes: Iterable[tuple[str, Bits]], known: Container[str]) -> Tally:
    """`tally`, where the terms of each finding that is not known fail too."""
    failed = tally.failed
    for finding, terms in closes:
        if finding not in known:
            failed |= terms
    return tally._replace(failed=failed)
