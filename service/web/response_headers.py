"""The header fields of every response, and those of the pages."""

from __future__ import annotations

from typing import Final

from service.model.version import API_VERSION

_POLICY: Final = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_DOCS_POLICY: Final = (
    _POLICY + b"; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)
_TRY_POLICY: Final = _POLICY + b"; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'"
_ALWAYS: Final = (
    (b"api-version", API_VERSION.encode()),
    (b"content-language", b"en"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
STRICT: Final = (*_ALWAYS, (b"content-security-policy", _POLICY))
OF_PAGES: Final = {
    "docs": (*_ALWAYS, (b"content-security-policy", _DOCS_POLICY)),
    "try": (*_ALWAYS, (b"content-security-policy", _TRY_POLICY)),
}
NO_STORE: Final = (b"cache-control", b"no-store")
