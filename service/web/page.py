"""The start page, and the page that shows the contract; neither loads a file from another host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from service.web.answer import Document

FOLDER: Final = Path(__file__).parent / "docs"
INDEX: Final = "index.html"
_START: Final = Path(__file__).parent / "start.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
}


def page() -> Mapping[str, Document]:
    """Every file of the page by name."""
    return {path.name: Document(path.read_bytes(), _MEDIA_TYPES[path.suffix]) for path in sorted(FOLDER.iterdir())}


def start_page(*, has_try: bool) -> Document:
    """The links of the start page; the one to `/try` only if that page is served."""
    lines = _START.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if has_try or 'href="try"' not in line)
    return Document(kept.encode(), _MEDIA_TYPES[_START.suffix])
