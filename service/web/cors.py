"""Which pages of other sites may call: those of the origins in the settings, and no others.

Own code, because the framework answers a preflight without `Allow`, refuses one in plain text, and says nothing on a
refusal that was made before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Field = tuple[bytes, bytes]

_VARIES: Final = (b"vary", b"origin")
_GRANTED: Final = (
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, if-none-match, traceparent, x-request-id"),
    (
        b"access-control-expose-headers",
        b"etag, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id",
    ),
    (b"access-control-max-age", b"600"),
)


class Cors:
    """What an answer says of it; an origin that may not call is told nothing, and its browser keeps the answer."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._of = {
            origin.encode(): (_VARIES, (b"access-control-allow-origin", origin.encode()), *_GRANTED)
            for origin in origins
        }

    def fields(self, headers: Iterable[Field]) -> tuple[Field, ...]:
        """The fields of an answer to a request with these headers; none where no origin may call."""
        if not self._of:
            return ()
        return self._of.get(dict(headers).get(b"origin", b""), (_VARIES,))
