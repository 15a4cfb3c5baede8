"""One item of a batch: its assessment, or its own problem, independent of the other items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from service.engine import EncodedAssessment
from service.errors import LargeBody, RequestFault
from service.problems import INTERNAL, Kind, body_of, faults_of, kind_of
from service.report.report import Report

ASSESSED: Final = b'{"status":200,'
"""The first bytes of the line of an item that was assessed."""

Read = Callable[[bytes], Report]
Answer = Callable[[Report], EncodedAssessment]


class Item(NamedTuple):
    """The result of one request: `body` is the assessment, or the problem if there is one."""

    body: bytes
    assessed: EncodedAssessment | None = None
    problem: Kind | None = None
    error: Exception | None = None

    @property
    def line(self) -> bytes:
        """The item as the contract shows it in a batch, a `BatchItem`, with the body unchanged inside."""
        if self.problem is None:
            return b'%b"assessment":%b}' % (ASSESSED, self.body)
        return problem_line(self.problem.status, self.body)


def problem_line(status: int, body: bytes) -> bytes:
    """Return a problem as a `BatchItem`."""
    return b'{"status":%d,"problem":%b}' % (status, body)


class Items:
    """Answers items by the engine's `read` and its plain or explained `answer`; `limit` is the largest, in bytes."""

    def __init__(self, read: Read, answer: Answer, limit: int) -> None:
        self._read = read
        self._answer = answer
        self._limit = limit

    def answer(self, body: bytes, instance: str) -> Item:
        """What `POST /assess` says to `body`; `instance` names the item in a problem.

        Never raises: whatever fails, fails for this item alone.
        """
        try:
            if len(body) > self._limit:
                raise LargeBody  # noqa: TRY301 (one way out for all that is refused)
            assessed = self._answer(self._read(body))
        except RequestFault as fault:
            kind = kind_of(fault)
            return Item(body_of(kind, instance, faults_of(fault)), problem=kind)
        except Exception as error:  # noqa: BLE001 (the others must not suffer from what nobody foresaw)
            return Item(body_of(INTERNAL, instance), problem=INTERNAL, error=error)
        return Item(assessed.body, assessed=assessed)
