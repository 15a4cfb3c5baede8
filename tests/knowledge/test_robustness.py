"""Urgent vignettes without one fact, which the interview must find.

The runner either knows the missing fact and answers when asked, or cannot judge it, or denies it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec

from service.knowledge.loader import SHIPPED
from service.knowledge.schema.cases import CaseRequest
from service.model.assessment import Assessment
from service.model.scales import Level
from service.review import vignettes
from service.review.cases import body_of, present_in

from .reports import engine, shipped
from .simulated_runner import SimulatedRunner, decoded, respond

LOST_WHEN_DENIED = 0.54
AT_HOME_WHEN_DENIED = 0.25
"""Measured shares of knowledge 2.0.0, rounded up to a percent. They may only be lowered."""


class Dropped(NamedTuple):
    """A vignette without `fact`; `truth` and `level` are the complete one's."""

    name: str
    fact: str
    truth: dict[str, Any]
    level: Level

    @property
    def rest(self) -> dict[str, Any]:
        """The facts that are still reported."""
        return {id_: value for id_, value in self.truth.items() if id_ != self.fact}

    @property
    def is_reading(self) -> bool:
        """Whether the missing fact is a measurement."""
        return self.fact in shipped().policy.measurements

    @property
    def implied_alone(self) -> frozenset[str]:
        """The missing fact and the findings that it alone implies."""
        implied = present_in({self.fact: self.truth[self.fact]}, shipped())
        return frozenset({self.fact} | (implied - present_in(self.rest, shipped())))


class Ending(NamedTuple):
    """A vignette without one fact, with its first and last response."""

    dropped: Dropped
    first: Assessment
    last: Assessment

    @property
    def level(self) -> Level:
        """The level at the end."""
        return self.last.triage.level

    @property
    def lost(self) -> bool:
        """Whether the last level is below the complete vignette's."""
        return self.level.rank < self.dropped.level.rank

    def __str__(self) -> str:
        return f"{self.level}, not {self.dropped.level}, without {self.dropped.fact}: {self.dropped.name}"


def _truth(case: CaseRequest) -> dict[str, Any]:
    return {id_: value for id_, value in {**case.runner, **case.findings, **case.training}.items() if id_ != "country"}


@cache
def _every_drop() -> tuple[Dropped, ...]:
    drops = []
    for vignette in vignettes.read(SHIPPED, shipped()):
        if vignette.expect.must_escalate:
            complete = msgspec.structs.replace(vignette, rest="denied")
            level = decoded(respond(engine(), json.loads(body_of(complete, shipped())))).triage.level
            truth = _truth(vignette)
            drops += [Dropped(vignette.name, fact, truth, level) for fact in truth]
    return tuple(drops)


def _ending(dropped: Dropped, runner: SimulatedRunner) -> Ending:
    """The interview to its end, and then a known measurement if offered."""
    conversation = runner.go_on(engine(), runner.report_of(dropped.rest))
    first, last = decoded(conversation.responses[0]), conversation.end
    if runner.knows(dropped.fact) and dropped.fact in {item.id for item in last.interview.measurements}:
        conversation.body[shipped().findings[dropped.fact].place][dropped.fact] = dropped.truth[dropped.fact]
        last = decoded(respond(engine(), conversation.body))
    return Ending(dropped, first, last)


@cache
def _answered() -> tuple[Ending, ...]:
    """The runner knows the missing fact, and answers or measures when asked."""
    return tuple(_ending(dropped, SimulatedRunner(shipped(), dropped.truth)) for dropped in _every_drop())


@cache
def _not_known() -> tuple[Ending, ...]:
    """The runner cannot judge the fact or findings that it alone implies."""
    return tuple(
        _ending(dropped, SimulatedRunner(shipped(), dropped.rest, dropped.implied_alone)) for dropped in _every_drop()
    )


@cache
def _denied() -> tuple[Ending, ...]:
    """The runner has no such sign, and denies it when asked."""
    return tuple(_ending(dropped, SimulatedRunner(shipped(), dropped.rest)) for dropped in _every_drop())


def _asks_for(dropped: Dropped) -> Iterator[str]:
    """The ids under which a response can ask for the missing fact."""
    yield from dropped.implied_alone
    covering = shipped().findings[dropped.fact].covered_by
    if covering is not None:
        yield covering


def test_a_missing_fact_is_among_the_next_questions() -> None:
    """If the level is too low without a fact, the first response asks for it or offers its measurement."""
    not_asked = []
    for ending in _answered():
        if ending.first.triage.level.rank < ending.dropped.level.rank:
            interview = ending.first.interview
            offered = {item.id for group in interview.groups for item in group.items}
            offered |= {item.id for item in interview.measurements}
            if offered.isdisjoint(_asks_for(ending.dropped)):
                not_asked.append(str(ending))
    assert not_asked == []


def test_a_missing_fact_that_is_then_answered_gives_the_full_level() -> None:
    """No vignette ends below its level if the runner answers all questions and sends the offered measurements."""
    assert [str(ending) for ending in _answered() if ending.lost] == []


def test_a_fact_that_is_not_known_never_ends_in_self_care() -> None:
    """While a sign cannot be judged, the level is at least an appointment."""
    at_home = [ending for ending in _not_known() if ending.level is Level.SELF_CARE]
    assert [str(ending) for ending in at_home if not ending.dropped.is_reading] == []


def test_the_levels_that_hang_on_one_fact_do_not_grow_in_number(record_property: Callable[[str, object], None]) -> None:
    """A denial describes another runner, so the lower levels are bounded rather than forbidden."""
    every = [ending for ending in _denied() if ending.dropped.truth[ending.dropped.fact] is not False]
    lost = [ending for ending in every if ending.lost]
    at_home = [ending for ending in lost if ending.level is Level.SELF_CARE]
    figures = {
        "facts": len(every),
        "vignettes": len({ending.dropped.name for ending in every}),
        "facts_whose_denial_lowers_the_level": len(lost),
        "vignettes_with_such_a_fact": len({ending.dropped.name for ending in lost}),
        "facts_whose_denial_ends_in_self_care": len(at_home),
    }
    for name, figure in figures.items():
        record_property(name, figure)
    assert len(lost) <= LOST_WHEN_DENIED * len(every), figures
    assert len(at_home) <= AT_HOME_WHEN_DENIED * len(every), figures
