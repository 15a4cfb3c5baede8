"""Reads the sources in `openapi/` and writes the built files.

It also lists the built files that are out of date.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from service.contract.document import build, render
from service.engine.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.yaml_reader import read_yaml

SHIPPED = Path(__file__).parents[2] / "openapi"
Examples = dict[str, dict[str, Any]]

_KINDS = ("request", "response", "problem")


def committed(folder: Path = SHIPPED) -> bytes:
    """Return the committed contract."""
    return (folder / "openapi.yaml").read_bytes()


def stale(knowledge: Knowledge, folder: Path = SHIPPED) -> list[str]:
    """Return the paths in `folder` of the outdated built files."""
    built = _built(knowledge, folder)
    paths = {path: folder / path for path in built}
    stale = [path for path, file in paths.items() if not file.is_file() or file.read_bytes() != built[path]]
    orphans = {f"examples/{file.name}" for file in (folder / "examples").glob("*.response.json")} - built.keys()
    return sorted({*stale, *orphans})


def write(knowledge: Knowledge, folder: Path = SHIPPED) -> list[str]:
    """Write the outdated built files and return their paths in `folder`."""
    written = stale(knowledge, folder)
    built = _built(knowledge, folder)
    for path in written:
        if path in built:
            (folder / path).write_bytes(built[path])
        else:
            (folder / path).unlink()
    return written


def _built(knowledge: Knowledge, folder: Path) -> dict[str, bytes]:
    """Return every built file by path.

    The built files are the responses to the example requests, and the contract in both forms.
    """
    base: Any = read_yaml((folder / "base.yaml").read_text(encoding="utf-8"))
    summaries: dict[str, str] = base.pop("x-summaries")
    sources = [file for file in sorted((folder / "examples").glob("*.json")) if not file.match("*.response.json")]
    files = {file.name: file.read_bytes() for file in sources}
    responses = _responses(Engine(knowledge), files)
    values = {name: msgspec.json.decode(text) for name, text in (files | responses).items()}
    examples = {
        f"{name}.{kind}": {"summary": summary, "value": values[f"{name}.{kind}.json"]}
        for name, summary in summaries.items()
        for kind in _KINDS
        if f"{name}.{kind}.json" in values
    }
    unnamed = {name.rpartition(".")[0] for name in values} - examples.keys()
    if unnamed:
        raise ValueError(f"examples without a summary in base.yaml: {', '.join(sorted(unnamed))}")
    document = build(knowledge, base, examples)
    contract = {"openapi.yaml": render(document), "openapi.json": msgspec.json.encode(document) + b"\n"}
    return {f"examples/{name}": text for name, text in responses.items()} | contract


def _responses(engine: Engine, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the engine's response to each example request.

    Requests that are examples of a problem are left out.
    """
    names = [name.removesuffix(".request.json") for name in files if name.endswith(".request.json")]
    return {
        f"{name}.response.json": shown(engine.answer(engine.read(files[f"{name}.request.json"])).body)
        for name in names
        if f"{name}.problem.json" not in files
    }


def shown(body: bytes) -> bytes:
    """Return a body as indented JSON, as in its example file."""
    return msgspec.json.format(body, indent=2) + b"\n"
