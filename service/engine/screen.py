"""The safety screen: what was answered, what a no rules out, and the floor that a yes sets."""

from __future__ import annotations

from dataclasses import dataclass

from service.engine.atoms import Atom, OneOf, Within
from service.engine.index import Match
from service.engine.presentation import Presentation
from service.engine.rulebook import Rulebook
from service.model.scales import Level


@dataclass(frozen=True, slots=True)
class Question:
    """One compiled question: its pattern, its floor, and what a no makes false."""

    id: str
    pattern: int
    floor: Level
    denies: tuple[str, ...]
    closes: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """The state of every question: said yes, shown yes by a finding, or still open; the rest are no."""

    said: tuple[Question, ...]
    shown: tuple[Question, ...]
    open: tuple[Question, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no question is open."""
        return not self.open


class Screen:
    """The questions compiled against a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self.questions: tuple[Question, ...] = tuple(self._compile(id_) for id_ in rulebook.screen)

    def _compile(self, id_: str) -> Question:
        atoms = [atom for (atom,) in self._rulebook.members(id_)]
        return Question(
            id_,
            self._rulebook.screen[id_],
            self._floor(atoms),
            tuple(atom.finding for atom in atoms if isinstance(atom, OneOf)),
            tuple((atom.finding, self._closed_by(atom)) for atom in atoms if isinstance(atom, Within)),
        )

    def _floor(self, members: list[Atom]) -> Level:
        """The least urgent level that a member sets, and never less than consultation."""
        return min((self._sets(member) for member in members), key=lambda level: level.rank)

    def _sets(self, member: Atom) -> Level:
        """The level that `member` sets alone; where it sets none alone, the least that it sets with others."""
        alone: list[Level] = []
        together: list[Level] = []
        for term, flag in self._rulebook.raising_terms():
            atoms = self._rulebook.index.terms[term]
            if any(atom.finding == member.finding and atom.narrowed(member) is not None for atom in atoms):
                (alone if len(atoms) == 1 else together).append(flag.level)
        if alone or not together:
            return max(alone, key=lambda level: level.rank, default=Level.CONSULTATION)
        return min(together, key=lambda level: level.rank)

    def _closed_by(self, member: Within) -> tuple[int, ...]:
        """The terms that fail for every number outside `member`."""
        return tuple(
            term
            for atom, terms in self._rulebook.index.atoms_on(member.finding).items()
            if all(atom.narrowed(rest) is None for rest in member.outside())
            for term in terms
        )

    def denied(self, presentation: Presentation) -> tuple[dict[str, bool], list[int]]:
        """What the answers no say of findings that were not sent: absent ones, and terms that fail."""
        absent: dict[str, bool] = {}
        closed: list[int] = []
        known, said = presentation.known, presentation.screen
        for question in self.questions:
            answer = said.get(question.id)
            if answer is False or (answer is None and presentation.none_of_these):
                absent.update((finding, False) for finding in question.denies if finding not in known)
                for finding, terms in question.closes:
                    if finding not in known:
                        closed.extend(terms)
        return absent, closed

    def answers(self, presentation: Presentation, match: Match) -> Answers:
        """The state of every question; a finding that is present beats a no."""
        said, shown, still_open = [], [], []
        for question in self.questions:
            answer = presentation.screen.get(question.id)
            if answer is True:
                said.append(question)
            elif question.pattern in match.fired:
                shown.append(question)
            elif answer is None and not presentation.none_of_these and not self._is_denied(question, match):
                still_open.append(question)
        return Answers(tuple(said), tuple(shown), tuple(still_open))

    def _is_denied(self, question: Question, match: Match) -> bool:
        """Whether every member of a question that was not answered was itself reported absent."""
        return match.failed.issuperset(self._rulebook.index.terms_of[question.pattern])
