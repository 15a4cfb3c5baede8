"""The safety screen: what was answered, what a no rules out, and the floor that a yes sets."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from service.engine.atoms import Atom, Within
from service.engine.bitset import Bits
from service.engine.matcher import Match, Tally
from service.engine.rulebook import Rulebook
from service.model.scales import Level
from service.report.report import Report


class Denial(NamedTuple):
    """What a no makes of one finding: the terms that it makes fail, and its bit where the finding is absent then.

    A no to a range does not tell the number.
    """

    finding: str
    failed: Bits
    known: Bits


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One compiled question: its place in a request, the terms that show a yes, its floor, and what a no denies.

    There is one of each, equal to itself alone.
    """

    id: str
    path: str
    terms: Bits
    floor: Level
    denies: tuple[Denial, ...]


class Start(Enum):
    """What reports begin with: every question of the screen answered no, or every one open."""

    ALL_NO = auto()
    ALL_OPEN = auto()


class Answers(NamedTuple):
    """The state of every question: said yes, shown yes by a finding, or still open; the rest are no.

    `otherwise` are the questions that stand otherwise than `start` has them.
    """

    said: tuple[Question, ...]
    shown: tuple[Question, ...]
    open: tuple[Question, ...]
    start: Start
    otherwise: tuple[Question, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether no question is open."""
        return not self.open


_ALL_NO: Final = Answers((), (), (), Start.ALL_NO)


class Screen:
    """The questions compiled against a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook, index = rulebook, rulebook.index
        self._flagging = [(index.terms[term], flag.level) for term, flag in rulebook.flagging_terms()]
        self.questions: tuple[Question, ...] = tuple(self._compile(id_) for id_ in rulebook.screen)
        self._shown_by = rulebook.terms_of(rulebook.screen.values())
        denials = {denial.finding: denial for question in self.questions for denial in question.denies}
        self._members = denials.keys()
        self.telling = frozenset(
            finding for finding, denial in denials.items() if denial.known and index.tally({finding: False}).ones
        )
        """The findings whose absence makes a term hold, and not only fail."""
        self._all_denied = {
            reported: self._denied(self.questions, reported)
            for reported in (frozenset[str](), *(frozenset({finding}) for finding in denials))
        }
        self._all_open = Answers((), (), self.questions, Start.ALL_OPEN)

    def _compile(self, id_: str) -> Question:
        atoms = [atom for (atom,) in self._rulebook.members_of(id_)]
        return Question(
            id_,
            f"safety_screen.{id_}",
            self._rulebook.index.terms_of[self._rulebook.screen[id_]],
            self._floor(atoms),
            tuple(self._denial(atom) for atom in atoms),
        )

    def _denial(self, member: Atom) -> Denial:
        if isinstance(member, Within):
            return Denial(member.finding, self._closed_by(member), 0)
        absent = self._rulebook.index.tally({member.finding: False})
        return Denial(member.finding, absent.failed, absent.known)

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
            level
            for atoms, level in self._flagging
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

    def starts(self) -> Iterator[tuple[Start, Answers, Bits]]:
        """Each start with its answers and the terms that it makes fail."""
        yield Start.ALL_NO, _ALL_NO, self._all_denied[frozenset()].failed
        yield Start.ALL_OPEN, self._all_open, 0

    def denied(self, report: Report) -> Tally:
        """What the answers no decide: findings that were not sent are absent, and terms fail.

        Where all is answered no and one member at most was sent, which is the rule, it was worked out before.
        """
        reported = frozenset(self._members & report.known.keys())
        if reported in self._all_denied and self._is_all_no(report):
            return self._all_denied[reported]
        return self._denied(self._answered_no(report), reported)

    def _denied(self, noes: Iterable[Question], reported: Container[str]) -> Tally:
        """What these noes decide; findings that were `reported` speak for themselves."""
        failed = known = 0
        telling: dict[str, bool] = {}
        for question in noes:
            for finding, own_failed, own_known in question.denies:
                if finding not in reported:
                    failed |= own_failed
                    known |= own_known
                    if finding in self.telling:
                        telling[finding] = False
        return self._rulebook.index.tally(telling, Tally(0, 0, 0, failed, known))

    def absent(self, report: Report) -> dict[str, bool]:
        """The findings that were not sent and that an answer no rules out."""
        return {
            denial.finding: False
            for question in self._answered_no(report)
            for denial in question.denies
            if denial.known and denial.finding not in report.known
        }

    def _answered_no(self, report: Report) -> list[Question]:
        said, rest = report.screen, not report.none_of_these
        return [question for question in self.questions if said.get(question.id, rest) is False]

    def _is_all_no(self, report: Report) -> bool:
        """Whether every question was answered no."""
        said = report.screen
        return (report.none_of_these or len(said) == len(self.questions)) and True not in said.values()

    def answers(self, report: Report, match: Match) -> Answers:
        """The state of every question; a finding that is present beats a no."""
        is_all_no = self._is_all_no(report)
        if is_all_no and not match.fired & self._shown_by:
            return _ALL_NO
        if not report.screen and not (match.fired | match.failed) & self._shown_by:
            return self._all_open
        said, shown, still_open = [], [], []
        for question in self.questions:
            answer = report.screen.get(question.id)
            if answer is True:
                said.append(question)
            elif question.terms & match.fired:
                shown.append(question)
            elif answer is None and not report.none_of_these and question.terms & match.failed != question.terms:
                still_open.append(question)  # else every member of it was itself reported absent
        if is_all_no:
            return Answers(tuple(said), tuple(shown), (), Start.ALL_NO)
        no = self._answered_no(report)
        start, alike = (Start.ALL_NO, no) if len(no) > len(still_open) else (Start.ALL_OPEN, still_open)
        otherwise = tuple(question for question in self.questions if question not in alike)
        return Answers(tuple(said), tuple(shown), tuple(still_open), start, otherwise)
