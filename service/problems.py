"""RFC 9457 problems for all refusals.

One table maps each kind of error to its slug, title, status and text.

Texts are constant: no problem carries a value from a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from service import errors

MEDIA_TYPE: Final = "application/problem+json"
PREFIX: Final = "urn:runner-triage:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem type that clients may rely on."""

    slug: str
    title: str
    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    like: str = ""
    """The slug of the type that a client sees, if only operators need to distinguish the two."""

    @property
    def type(self) -> str:
        """The URN of this type."""
        return PREFIX + (self.like or self.slug)


BAD_REQUEST: Final = Kind("bad-request", "Bad request", 400, "The request is not well-formed HTTP.")
UNSUPPORTED_CODING: Final = Kind(
    "unsupported-transfer-coding",
    "Transfer coding not supported",
    501,
    "Send the body with `Content-Length`, or with `Transfer-Encoding: chunked`.",
)
UNSUPPORTED_VERSION: Final = Kind(
    "unsupported-http-version", "HTTP version not supported", 505, "Send the request as HTTP/1.1."
)
NOT_FOUND: Final = Kind("not-found", "Not found", 404, "Nothing is served at this path.")
METHOD: Final = Kind(
    "method-not-allowed",
    "Method not allowed",
    405,
    "This path does not support this method; `Allow` lists the supported ones.",
)
LARGE_HEAD: Final = Kind("head-too-large", "Request head too large", 431, "The request line and headers are too large.")
SLOW_HEAD: Final = Kind(
    "request-timeout", "Request did not arrive in time", 408, "The request's head did not arrive in time."
)
INTERNAL: Final = Kind(
    "internal-error", "Internal error", 500, "The service failed on this request; nothing was stored. Try again."
)
STOPPING: Final = Kind(
    "unavailable", "Service unavailable", 503, "The service is stopping. Try again.", {"Retry-After": "1"}
)
# Clients handle both cases alike, and a client generated from an older contract does not know a new type.
OVERLOADED: Final = Kind(
    "overloaded",
    STOPPING.title,
    503,
    "The service is overloaded. Try again.",
    {"Retry-After": "1"},
    like=STOPPING.slug,
)
MALFORMED: Final = Kind("malformed-body", "Malformed body", 400, "The body is not one JSON document; see `errors`.")

OF_FAULT: Final[Mapping[type[errors.RequestFault], Kind]] = {
    errors.MalformedBody: MALFORMED,
    # Never sent. Its own type lets operators distinguish a bad network from a faulty app.
    errors.IncompleteBody: Kind(
        "incomplete-body", MALFORMED.title, MALFORMED.status, MALFORMED.detail, like=MALFORMED.slug
    ),
    errors.BrokenContract: Kind(
        "broken-contract", "Body breaks the contract", 422, "The body is JSON and breaks the contract; see `errors`."
    ),
    errors.InvalidQuery: Kind(
        "invalid-query", "Invalid query", 422, "The query has an unknown parameter or value; see `errors`."
    ),
    errors.UnknownEntry: Kind("unknown-entry", "Unknown entry", 404, "The knowledge has no such kind or entry."),
    errors.BodyTimeout: Kind(
        "body-timeout", "Body did not arrive in time", 408, "The body did not arrive in time.", {"Connection": "close"}
    ),
    errors.BodyTooLarge: Kind("body-too-large", "Body too large", 413, "The body is larger than the limit."),
    errors.UnsupportedMediaType: Kind(
        "unsupported-media-type",
        "Unsupported media type",
        415,
        "Send one `Content-Type` in UTF-8; `Accept` lists the supported ones.",
    ),
    errors.UnsupportedContentCoding: Kind(
        "unsupported-content-coding",
        "Unsupported content coding",
        415,
        "Send the body without `Content-Encoding`.",
        {"Accept-Encoding": "identity"},
    ),
    errors.Unauthorized: Kind(
        "unauthorized",
        "Unauthorized",
        401,
        "Send a valid key as `Authorization: Bearer <key>`.",
        {"WWW-Authenticate": 'Bearer realm="runner-triage"'},
    ),
    errors.Forbidden: Kind(
        "forbidden", "Forbidden", 403, "This key is no longer valid; ask the operator for a new one."
    ),
    errors.RateLimited: Kind(
        "rate-limited", "Rate limited", 429, "The rate limit is exceeded; try again after `Retry-After` seconds."
    ),
    errors.Overloaded: OVERLOADED,
}
BELOW_APPLICATION: Final = (BAD_REQUEST, LARGE_HEAD, SLOW_HEAD, UNSUPPORTED_CODING, UNSUPPORTED_VERSION)
"""Refusals below the application. They are counted in `triage_connections_refused_total` only."""

KINDS: Final = (*BELOW_APPLICATION, NOT_FOUND, METHOD, INTERNAL, STOPPING, *OF_FAULT.values())


class FaultShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fault in a body, with its place."""

    pointer: str
    code: str
    detail: str
    nearest: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a refusal.

    `instance` is the request id.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FaultShown, ...] = ()


def kind_of(error: Exception) -> Kind:
    """Return the problem type of `error`.

    An unforeseen error is an internal error.
    """
    return OF_FAULT[type(error)] if isinstance(error, errors.RequestFault) else INTERNAL


def faults_of(error: Exception) -> tuple[errors.Fault, ...]:
    """Return the faults that `error` carries.

    Only errors about the body or the query carry faults.
    """
    if isinstance(error, errors.BrokenContract | errors.InvalidQuery):
        return error.faults
    return (error.fault,) if isinstance(error, errors.MalformedBody) else ()


def body_of(kind: Kind, request_id: str, faults: tuple[errors.Fault, ...] = ()) -> bytes:
    """Return the problem as JSON."""
    shown = tuple(
        FaultShown(pointer=fault.pointer, code=fault.code, detail=fault.detail, nearest=fault.nearest)
        for fault in faults
    )
    return msgspec.json.encode(
        Problem(
            type=kind.type, title=kind.title, status=kind.status, detail=kind.detail, instance=request_id, errors=shown
        )
    )
