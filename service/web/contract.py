"""The served contract, as YAML and as JSON.

Both are committed files, sent byte for byte. Parsing the YAML at the start would take a third of a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import msgspec

import service
from service.errors import SettingsFault

SHIPPED: Final = Path(service.__file__).parent.parent / "openapi" / "openapi.yaml"


class Contract(NamedTuple):
    """A contract in both forms."""

    yaml: bytes
    json: bytes


class _Start(msgspec.Struct):
    """The member that every OpenAPI document has."""

    openapi: str


def read(path: Path) -> Contract:
    """Return the contract in its two files.

    `path` is the YAML file; the JSON file is beside it. Raises `SettingsFault` if a file is missing or the JSON is not
    an OpenAPI document.
    """
    files = (path, path.with_suffix(".json"))
    if files[0] == files[1]:
        raise SettingsFault(("TRIAGE_CONTRACT: must be the YAML file; its JSON is beside it",))
    missing = [f"TRIAGE_CONTRACT: there is no file {file}" for file in files if not file.is_file()]
    if missing:
        raise SettingsFault(tuple(missing))
    yaml, json = (file.read_bytes() for file in files)
    try:
        msgspec.json.decode(json, type=_Start)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SettingsFault((f"TRIAGE_CONTRACT: {files[1]} is not an OpenAPI document",)) from None
    return Contract(yaml, json)
