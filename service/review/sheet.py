"""The sheet of a review.

A sheet is a CSV file of entries that a clinician reads, completes and sends back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from service.errors import Issue, KnowledgeFault
from service.knowledge.citations import sources_of
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import Reviewed, ReviewState, digest_of, entries, state_of
from service.knowledge.schema.causes import Cause, Weight
from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.derivations import Derivation
from service.knowledge.schema.fixes import Fix
from service.knowledge.schema.levels import LevelText
from service.knowledge.schema.red_flags import RedFlag
from service.knowledge.schema.running import RunningText
from service.review.plain_words import in_words

_SHOWN: Final = ("kind", "id", "state", "level", "title", "condition", "advice", "evidence", "sources", "digest")
_COMPLETED: Final = ("by", "role", "on", "verdict", "comment")
_READ: Final = ("kind", "id", "digest", *_COMPLETED)
_ENCODING: Final = "utf-8-sig"
"""UTF-8 with a byte order mark, by which spreadsheet programs recognize it."""


def write(knowledge: Knowledge) -> bytes:
    """Return the sheet of the entries to review.

    These are not reviewed or have changed since their review, the most urgent first.
    """
    text = io.StringIO(newline="")
    sheet = csv.DictWriter(text, (*_SHOWN, *_COMPLETED), restval="")
    sheet.writeheader()
    for key, entry in entries(knowledge).items():
        if state_of(entry) is not ReviewState.REVIEWED:
            sheet.writerow(_row(key, entry, knowledge))
    return text.getvalue().encode(_ENCODING)


def read(name: str, content: bytes) -> dict[int, dict[str, str]]:
    """Return the completed rows by their number in a spreadsheet.

    A missing cell is empty. Raises `KnowledgeFault` if it is not a CSV file in UTF-8 with the columns of a sheet.
    """
    try:
        text = content.decode(_ENCODING)
        first = text.partition("\n")[0]
        # Spreadsheet programs save with the separator of their locale.
        sheet = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
        missing = [column for column in _READ if column not in (sheet.fieldnames or ())]
        rows = {number: _cells(row) for number, row in enumerate(sheet, start=2)}
    except UnicodeDecodeError:
        raise KnowledgeFault((Issue(name, "", "is not UTF-8: save it as CSV in UTF-8"),)) from None
    except csv.Error as fault:
        raise KnowledgeFault((Issue(name, "", f"is not CSV: {fault}"),)) from None
    if missing:
        raise KnowledgeFault(tuple(Issue(name, "row 1", f"has no column '{column}'") for column in missing))
    return rows


def _cells(row: Mapping[str, str | None]) -> dict[str, str]:
    cells = {column: (row.get(column) or "").strip() for column in _READ}
    return cells | {"verdict": cells["verdict"].lower()}


def _row(key: str, entry: Reviewed, knowledge: Knowledge) -> dict[str, str]:
    kind, _, id_ = key.partition("/")
    cited = sources_of(entry) if isinstance(entry, Cause | Fix) else getattr(entry, "sources", ())
    titles = ((id_, knowledge.sources[id_]) for id_ in cited)
    return {
        "kind": kind,
        "id": id_,
        "state": "changed since its review" if entry.review is not None else "not reviewed",
        "level": str(entry.level) if isinstance(entry, RedFlag) else "",
        "title": _title(entry, id_),
        "condition": "\n".join(_conditions(entry, knowledge)),
        "advice": "\n".join(_advice(entry, knowledge)),
        "evidence": str(getattr(entry, "evidence", "")),
        "sources": "\n".join(" ".join(filter(None, (id_, source.title, source.url))) for id_, source in titles),
        "digest": digest_of(entry),
    }


def _title(entry: Reviewed, id_: str) -> str:
    match entry:
        case Cause():
            return entry.name
        case LevelText():
            return entry.label
        case RunningText():
            return id_
        case _:
            return entry.title


def _conditions(entry: Reviewed, knowledge: Knowledge) -> Iterator[str]:
    for name, condition in _named_conditions(entry):
        if condition is not None:
            yield f"{name}:\n{in_words(condition, knowledge)}" if name else in_words(condition, knowledge)
    if isinstance(entry, Derivation) and entry.measure is not None:
        measured = entry.measure.series or entry.measure.value
        yield f"{entry.measure.kind} of {measured}: more than {entry.more_than} {entry.unit}"


def _named_conditions(entry: Reviewed) -> Iterator[tuple[str, Condition | None]]:
    match entry:
        case RedFlag() | Derivation():
            yield "", entry.when
        case Cause():
            yield "Considered if", entry.applies_when
            yield "Left out if", entry.excluded_when
            yield from ((_points(weight), weight.when) for weight in (*entry.supports, *entry.opposes))
        case Fix():
            yield "First if", entry.leads_when
            yield "Left out if", entry.failed_when
            yield "Withheld if", entry.withheld_when
        case RunningText():
            yield from ((goal.text, goal.when) for goal in entry.return_when)


def _points(weight: Weight) -> str:
    """Return the points of a weight in words.

    A spreadsheet program takes a cell that starts with a sign as a formula.
    """
    return f"Points {'for' if weight.points > 0 else 'against'} it: {abs(weight.points)} ({weight.statement})"


def _advice(entry: Reviewed, knowledge: Knowledge) -> Iterator[str]:
    match entry:
        case RedFlag():
            yield entry.advice
            yield f"Why: {entry.rationale}"
            yield from (statement.text for statement in entry.statements)
            if entry.judgement is not None:
                yield f"Judgement: {entry.judgement}"
            yield f"To see: {', '.join(knowledge.policy.referral_labels[id_] for id_ in entry.referrals)}"
            if entry.do_not_drive:
                yield "The runner must not drive."
        case Cause():
            yield from (said.text for said in (*entry.mechanism, *entry.caveats, *entry.see_someone))
        case Fix():
            yield from (said.text for said in (*entry.steps, *entry.caveats))
            yield from (f"{name}: {number}" for name, number in entry.limits.items())
        case LevelText():
            yield entry.advice
            if entry.advice_while_open is not None:
                yield f"While questions are open: {entry.advice_while_open}"
        case RunningText():
            yield entry.statement
            yield from (goal.text for goal in entry.return_when)
            yield from (f"{name}: {number}" for name, number in entry.limits.items())
        case Derivation() if entry.running is not None:
            yield f"Running: {entry.running}"
