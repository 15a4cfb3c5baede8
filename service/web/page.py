"""The HTML pages of the service.

They are a start page, `docs` with the contract, and `try` with the conversation. No file comes from another site.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from service.web.answer import Document

_FOLDER: Final = Path(__file__).parent
INDEX: Final = "index.html"
_START: Final = _FOLDER / "start.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
}


def page(name: str) -> Mapping[str, Document]:
    """Return the files of the page `name`, by file name."""
    files = sorted((_FOLDER / name).iterdir())
    return {path.name: Document(path.read_bytes(), _MEDIA_TYPES[path.suffix]) for path in files}


def start_page(*, has_try: bool) -> Document:
    """Return the start page.

    It links to `/try` only if that page is served.
    """
    lines = _START.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if has_try or 'href="try"' not in line)
    return Document(kept.encode(), _MEDIA_TYPES[_START.suffix])
