"""The log record of a request, with its ids."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from litestar.types import Scope

from service.errors import Fault
from service.problems import MEDIA_TYPE, Kind, body_of
from service.telemetry.access_log import RequestRecord
from service.web.answer import Answer, answer

RECORD: Final = "triage.record"
"""Scope key: the `RequestRecord` of the request."""

_well_formed: Final = re.compile(rb"[A-Za-z0-9._~-]{1,64}").fullmatch
_traceparent: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
).fullmatch
_IDS: Final = random.Random()  # noqa: S311 (an id distinguishes requests and protects nothing)


def refusal(
    record: RequestRecord, kind: Kind, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the problem response to a request.

    The record keeps the type of problem for the log line.
    """
    record.problem = kind.slug
    return answer(
        body_of(kind, record.request_id, faults), MEDIA_TYPE, kind.status, {**kind.headers, **(headers or {})}
    )


def record_of(scope: Scope) -> RequestRecord:
    """Return the log record of this request."""
    return cast("dict[str, RequestRecord]", scope)[RECORD]


def fresh_id() -> str:
    """Return a new request id."""
    return f"{_IDS.getrandbits(128):032x}"


def new_record(headers: Iterable[tuple[bytes, bytes]]) -> RequestRecord:
    """Return the log record of a request with these headers.

    A request id that is not well formed is replaced and never logged.
    """
    request_id = trace_id = None
    for name, value in headers:
        if name == b"x-request-id" and _well_formed(value):
            request_id = value.decode()
        elif name == b"traceparent" and (found := _traceparent(value)):
            trace_id = found[1].decode()
    return RequestRecord(request_id or fresh_id(), trace_id)
