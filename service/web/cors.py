"""Cross-origin requests (CORS) from the configured origins only.

The framework's own middleware is not used. That middleware answers a preflight without `Allow`, refuses one in plain
text, and adds no fields to a refusal from a layer outside it.
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
    """The CORS fields of responses.

    Another origin gets no such field, so its browser withholds the response from the page.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._of = {
            origin.encode(): (_VARIES, (b"access-control-allow-origin", origin.encode()), *_GRANTED)
            for origin in origins
        }

    def fields(self, headers: Iterable[Field]) -> tuple[Field, ...]:
        """Return the response fields for a request with these headers.

        Returns no field if no origin is configured.
        """
        if not self._of:
            return ()
        return self._of.get(dict(headers).get(b"origin", b""), (_VARIES,))
