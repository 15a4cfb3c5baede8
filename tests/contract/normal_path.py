"""A command that starts the service without its fast path."""

from __future__ import annotations

from typing import Final

NORMAL_ONLY: Final = (
    "import service.web.app as app; app.FastPath = lambda *_: None; import service.cli; service.cli.main()"
)
