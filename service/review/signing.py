"""The import of a completed sheet.

The import writes the reviews into the knowledge files and changes nothing else in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from service.errors import Issue, KnowledgeFault
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import Reviewed, digest_of, entries
from service.knowledge.yaml_reader import read_yaml
from service.review import sheet

_VERDICTS: Final = ("", "approved", "rejected")
_SINGLE_FILES: Final = ("levels", "running")
_NAMES: Final = {"by": "by", "role": "role", "on": '"on"', "digest": "digest"}
"""The fields of a review as YAML names: an unquoted `on` is true. The values are JSON, which is YAML too."""
_SHORTEST: Final = 2
_LONGEST: Final = 120
_BY_HAND: Final = "has an unexpected layout: add the review by hand"


@dataclass(slots=True)
class Outcome:
    """The result of an import.

    It lists the entries signed, the entries rejected, and the comments by entry.
    """

    signed: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{len(self.signed)} entries signed, {len(self.rejected)} rejected"]
        lines += [f"rejected {key}" for key in self.rejected]
        lines += [f"comment on {key}: {comment}" for key, comment in self.comments.items()]
        return "\n".join(lines)


def sign(folder: Path, knowledge: Knowledge, name: str, content: bytes) -> Outcome:
    """Sign the entries that the sheet approves.

    The entries are in the files of `folder`, which holds `knowledge`. Raises `KnowledgeFault` with all faults of the
    sheet. No file has changed in that case.
    """
    rows = {number: row for number, row in sheet.read(name, content).items() if any(row.values())}
    listed = entries(knowledge)
    if issues := tuple(_issues(name, rows, listed)):
        raise KnowledgeFault(issues)
    outcome, texts, by_hand = Outcome(), dict[Path, str](), list[Issue]()
    for row in rows.values():
        key = _key(row)
        if row["comment"]:
            outcome.comments[key] = row["comment"]
        if row["verdict"] == "rejected":
            outcome.rejected.append(key)
        if row["verdict"] == "approved":
            path, inside = _place(folder, row["kind"], row["id"])
            texts.setdefault(path, path.read_bytes().decode())
            if (signed := _with_review(texts[path], inside, row)) is None:
                by_hand.append(Issue(str(path.relative_to(folder)), inside or "", _BY_HAND))
                continue
            texts[path] = signed
            outcome.signed.append(key)
    if by_hand:
        raise KnowledgeFault(tuple(by_hand))
    for path, text in texts.items():
        _replace(path, text)
    return outcome


def _issues(name: str, rows: Mapping[int, Mapping[str, str]], listed: Mapping[str, Reviewed]) -> Iterator[Issue]:
    seen: set[str] = set()
    for number, row in rows.items():
        for says in _faults(row, listed, seen):
            yield Issue(name, f"row {number}", says)


def _faults(row: Mapping[str, str], listed: Mapping[str, Reviewed], seen: set[str]) -> Iterator[str]:
    """Yield the faults of one row.

    A row without a verdict signs nothing and may be incomplete.
    """
    key, verdict = _key(row), row["verdict"]
    if verdict not in _VERDICTS:
        yield "verdict: must be approved, rejected or empty"
    if key not in listed:
        yield f"'{key}' is not an entry that is reviewed"
    elif verdict and row["digest"] != digest_of(listed[key]):
        yield f"digest: '{key}' has changed since the export: export it again"
    if verdict and key in seen:
        yield f"'{key}' has a verdict in another row"
    if verdict:
        seen.add(key)
    if verdict == "approved":
        for column in ("by", "role"):
            if not _SHORTEST <= len(row[column]) <= _LONGEST:
                yield f"{column}: must be {_SHORTEST} to {_LONGEST} characters"
        if not _is_date(row["on"]):
            yield "on: must be a date such as 2026-01-31"


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _key(row: Mapping[str, str]) -> str:
    return f"{row['kind']}/{row['id']}"


def _place(folder: Path, kind: str, id_: str) -> tuple[Path, str | None]:
    """Return the file of an entry, and its key in it.

    The key is None if the file holds only that entry.
    """
    if kind in _SINGLE_FILES:
        return folder / f"{kind}.yaml", id_
    return folder / kind / f"{id_}.yaml", None


def _with_review(text: str, inside: str | None, row: Mapping[str, str]) -> str | None:
    """Return the text with the review of one entry.

    The result is None if anything else would change.
    """
    review = {column: row[column] for column in _NAMES}
    expected: Any = read_yaml(text)
    (expected if inside is None else expected[inside])["review"] = review
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    node: Any = root if inside is None else _fields(root)[inside][1]
    if node.flow_style:
        return None
    fields = _fields(node)
    pad = " " * node.value[0][0].start_mark.column
    quoted = "".join(
        f"{pad}  {_NAMES[name]}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in review.items()
    )
    start = end = _line(text, (fields.get("review") or fields.get("cases") or node.value[-1])[0])
    if "review" in fields:
        end = _end(text, fields["review"][1])
    signed = f"{text[:start]}{pad}review:\n{quoted}{text[end:]}"
    return signed if read_yaml(signed) == expected else None


def _fields(node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    return {key.value: (key, value) for key, value in node.value}


def _line(text: str, key: yaml.Node) -> int:
    return text.rfind("\n", 0, key.start_mark.index) + 1


def _end(text: str, value: yaml.Node) -> int:
    """Return the end of the last line of a value.

    The end mark of a block includes the lines up to the next key.
    """
    last = value
    while isinstance(last, yaml.MappingNode) and not last.flow_style:
        last = last.value[-1][1]
    return text.find("\n", last.end_mark.index) + 1 or len(text)


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(text.encode())
    fresh.replace(path)
