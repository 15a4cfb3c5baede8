"""The pages: `docs` shows the contract, `try` runs the conversation; neither loads a file from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from service.web.answer import Document

_FOLDER: Final = Path(__file__).parent
INDEX: Final = "index.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
}


def page(name: str) -> Mapping[str, Document]:
    """Every file of the page of this name, by file name."""
    files = sorted((_FOLDER / name).iterdir())
    return {path.name: Document(path.read_bytes(), _MEDIA_TYPES[path.suffix]) for path in files}
