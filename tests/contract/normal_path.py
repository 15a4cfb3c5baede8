"""A service without its fast path, and a mask for comparisons."""

from __future__ import annotations

import re
from typing import Final

NORMAL_ONLY: Final = (
    "import service.web.app as app; app.FastPath = lambda *_: None; import service.cli; service.cli.main()"
)
"""The program of a service without its fast path."""

_CHANGING = (
    (re.compile(rb"\r\ndate: [^\r]*"), b"\r\ndate: -"),
    (re.compile(rb"[0-9a-f]{32}"), b"-"),  # a generated id
    (re.compile(rb'"seconds":[0-9.e-]+'), b'"seconds":0'),
    (re.compile(rb";t=[0-9]+"), b";t=-"),  # the seconds until a quota is restored
    (re.compile(rb'"time":"....-..-..T..:..:..(\.[0-9]{6})?Z"'), b'"time":"-"'),
)


def masked(text: bytes) -> bytes:
    """The text with times and generated ids masked."""
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text
