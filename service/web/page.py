"""The page that shows the contract: Swagger UI from this folder, so it works with no internet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from service.web.answer import Document

FOLDER: Final = Path(__file__).parent / "docs"
INDEX: Final = "index.html"
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
