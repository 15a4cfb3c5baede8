"""The served contract, as YAML and as JSON.

The YAML is the committed file byte for byte. The JSON is the same document.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import yaml

import service
from service.errors import SettingsFault
from service.web.answer import Document

SHIPPED: Final = Path(service.__file__).parent.parent / "openapi" / "openapi.yaml"


class Contract:
    """A contract file in both forms.

    Raises `SettingsFault` if the file is not an OpenAPI document.
    """

    def __init__(self, source: bytes) -> None:
        try:
            document = yaml.load(source, Loader=_Loader)  # noqa: S506 (a safe loader)
            encoded = msgspec.json.encode(document)
        except (yaml.YAMLError, TypeError, ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or "openapi" not in document:
            raise SettingsFault(("TRIAGE_CONTRACT: not an OpenAPI document",))
        self.yaml = Document(source, "application/yaml")
        self.json = Document(encoded)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A YAML loader that keeps dates in examples as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (the library's own way)
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
