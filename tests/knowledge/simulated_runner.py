"""A runner who knows the complete truth and answers only questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.cases import CaseRequest
from service.model.assessment import Assessment
from service.model.interview import Group, GroupKind, Item, ItemKind
from service.review.cases import present_in

_MOST_CALLS = 12


class RepeatedQuestion(Exception):
    """The response asks an item that is already answered."""


class EndlessConversation(Exception):
    """The conversation does not end."""


class Conversation(NamedTuple):
    """A conversation from the first call to its end.

    A tap is one ticked item, one group answered with none of these, or one item of a group of questions.
    `body` is the last request, and `responses` are the bytes of all calls.
    """

    taps: int
    body: dict[str, Any]
    responses: tuple[bytes, ...]

    @property
    def calls(self) -> int:
        """The number of requests."""
        return len(self.responses)

    @property
    def end(self) -> Assessment:
        """The last response."""
        return decoded(self.responses[-1])


def respond(engine: Engine, body: Mapping[str, Any]) -> bytes:
    """The response of `engine` to the request `body`."""
    return engine.render(engine.decide(engine.read(msgspec.json.encode(body))))


def decoded(response: bytes) -> Assessment:
    """The response as wire types."""
    return msgspec.json.decode(response, type=Assessment)


class SimulatedRunner:
    """A person with a complete truth; other yes/no findings are absent.

    A yes that other findings of the truth contradict is absent too. A choice or number outside the truth is not known,
    and so are the findings in `not_known`.
    """

    def __init__(self, knowledge: Knowledge, truth: Mapping[str, Any], not_known: Iterable[str] = ()) -> None:
        self._knowledge = knowledge
        present = present_in(truth, knowledge)
        given = {name: name in present if value is True else value for name, value in truth.items()}
        self._truth = {**given, **dict.fromkeys(present, True)}
        self._not_known = frozenset(not_known)

    @property
    def complaints(self) -> tuple[str, ...]:
        """The complaints that are true."""
        return tuple(id_ for id_ in self._knowledge.policy.complaints if self._truth.get(id_) is True)

    def knows(self, id_: str) -> bool:
        """Whether the finding has a value in the truth."""
        return id_ in self._truth and id_ not in self._not_known

    def first_request(self, complaints: Iterable[str]) -> dict[str, Any]:
        """The request with `complaints` and a device's data."""
        body: dict[str, Any] = {"findings": dict.fromkeys(complaints, True), "training": {}, "not_known": []}
        for id_, value in self._truth.items():
            finding = self._knowledge.findings.get(id_)
            if finding is not None and (finding.place == "training" or id_ in self._knowledge.policy.measurements):
                body[finding.place][id_] = value
        return body

    def report_of(self, names: Iterable[str]) -> dict[str, Any]:
        """The request with the facts `names` of the truth."""
        body: dict[str, Any] = {"runner": {}, "findings": {}, "training": {}, "not_known": []}
        for id_ in names:
            body[self._knowledge.findings[id_].place][id_] = self._truth[id_]
        return body

    def converse(self, engine: Engine, complaints: Iterable[str]) -> Conversation:
        """Answer from the first complaint to the end.

        Raises `RepeatedQuestion` and `EndlessConversation`.
        """
        return self.go_on(engine, self.first_request(complaints))

    def go_on(self, engine: Engine, body: dict[str, Any]) -> Conversation:
        """Answer from the request `body` until the response says to stop.

        `body` gets the answers. Raises `RepeatedQuestion` and `EndlessConversation`.
        """
        responses: list[bytes] = []
        taps = 0
        while len(responses) < _MOST_CALLS:
            responses.append(respond(engine, body))
            interview = decoded(responses[-1]).interview
            if interview.should_stop:
                return Conversation(taps, body, tuple(responses))
            taps += self._answer(interview.groups, body)
        raise EndlessConversation(body)

    def _answer(self, groups: Iterable[Group], body: dict[str, Any]) -> int:
        """Write the answers into `body` and return the taps.

        An urgent yes ends the round at once.
        """
        self._refuse_repeated(groups, body)
        taps = 0
        for group in groups:
            if group.kind is GroupKind.QUESTIONS:
                taps += len(group.items)
                for item in group.items:
                    self._answer_question(item, body)
                continue
            ticked = [item for item in group.items if self._is_ticked(item)]
            urgent = next((item for item in ticked if item.send_at_once), None)
            if urgent is not None:
                seen = ticked[: ticked.index(urgent) + 1]
                body["findings"] |= {item.id: True for item in seen}
                return taps + len(seen)
            taps += len(ticked) or 1
            for item in group.items:
                if item.id in self._not_known:
                    body["not_known"].append(item.id)
                else:
                    body["findings"][item.id] = item in ticked
        return taps

    def _is_ticked(self, item: Item) -> bool:
        return self._truth.get(item.id) is True and item.id not in self._not_known

    def _answer_question(self, item: Item, body: dict[str, Any]) -> None:
        value = self._truth.get(item.id, False if item.kind is ItemKind.BOOLEAN else None)
        if value is None or item.id in self._not_known:
            body["not_known"].append(item.id)
        else:
            body["findings"][item.id] = value

    def _refuse_repeated(self, groups: Iterable[Group], body: Mapping[str, Any]) -> None:
        asked = [item.id for group in groups for item in group.items]
        repeated = {id_ for id_ in asked if id_ in body["findings"] or id_ in body["not_known"] or asked.count(id_) > 1}
        if repeated:
            raise RepeatedQuestion(sorted(repeated))


def runner_of(case: CaseRequest, knowledge: Knowledge) -> SimulatedRunner:
    """The runner whose truth is the report of `case`."""
    truth = {**case.runner, **case.findings, **case.training}
    truth.pop("country", None)
    return SimulatedRunner(knowledge, truth, case.not_known)
