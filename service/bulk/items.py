"""Items of a batch, each with its assessment or problem.

Each item is independent of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from service.engine import EncodedAssessment
from service.errors import BodyTooLarge, RequestFault
from service.problems import INTERNAL, Kind, body_of, faults_of, kind_of
from service.report.report import Report

ASSESSED: Final = b'{"status":200,'
"""The first bytes of the line of an item that was assessed."""

Read = Callable[[bytes], Report]
Answer = Callable[[Report], EncodedAssessment]


class Item(NamedTuple):
    """The result of one request.

    `body` is the assessment, or the problem if there is one.
    """

    body: bytes
    assessed: EncodedAssessment | None = None
    problem: Kind | None = None
    error: Exception | None = None

    @property
    def line(self) -> bytes:
        """The item as a `BatchItem` of the contract.

        The body is unchanged inside it.
        """
        if self.problem is None:
            return b'%b"assessment":%b}' % (ASSESSED, self.body)
        return problem_line(self.problem.status, self.body)


def problem_line(status: int, body: bytes) -> bytes:
    """Return a problem as a `BatchItem`."""
    return b'{"status":%d,"problem":%b}' % (status, body)


class Items:
    """Answers items with the engine's `read` and `answer` functions.

    `answer` is the plain or the explained one. `limit` is the largest size of an item, in bytes.
    """

    def __init__(self, read: Read, answer: Answer, limit: int) -> None:
        self._read = read
        self._answer = answer
        self._limit = limit

    def answer(self, body: bytes, instance: str) -> Item:
        """Return the answer of `POST /assess` to `body`.

        `instance` names the item in a problem.

        This method never raises, so a failure affects this item alone.
        """
        try:
            if len(body) > self._limit:
                raise BodyTooLarge  # noqa: TRY301 (one path for all refusals)
            assessed = self._answer(self._read(body))
        except RequestFault as fault:
            kind = kind_of(fault)
            return Item(body_of(kind, instance, faults_of(fault)), problem=kind)
        except Exception as error:  # noqa: BLE001 (an unforeseen error must not affect the other items)
            return Item(body_of(INTERNAL, instance), problem=INTERNAL, error=error)
        return Item(assessed.body, assessed=assessed)
