"""Comparison of two versions of the knowledge.

It lists the entries that differ, and the cases with another result. The comparison is pure: it depends only on two
values of the knowledge and the cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from service.engine.engine import Engine
from service.errors import BrokenContract
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import ReviewState, counts, entries, state_of
from service.knowledge.schema.cases import CaseRequest
from service.review.cases import body_of
from service.review.vignettes import Vignette

_SHOWN_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that was added, removed or changed.

    `fields` lists its changes.
    """

    entry: str
    kind: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.entry}" + "".join(f"\n    {field}" for field in self.fields)


@dataclass(frozen=True, slots=True)
class Result:
    """The level, leading cause and fixes of one case."""

    level: str
    leads: str | None
    fixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangedCase:
    """A case with different results.

    A result is None if that knowledge cannot read the case.
    """

    case: str
    old: Result | None
    new: Result | None

    def __str__(self) -> str:
        return f"{self.case}" + "".join(f"\n    {line}" for line in self._differences())

    def _differences(self) -> Iterator[str]:
        if self.old is None or self.new is None:
            yield f"is not a valid request by the {'old' if self.old is None else 'new'} knowledge"
            return
        for name in ("level", "leads"):
            old, new = getattr(self.old, name), getattr(self.new, name)
            if old != new:
                yield f"{name}: {old or 'no cause'} -> {new or 'no cause'}"
        if gone := sorted(set(self.old.fixes) - set(self.new.fixes)):
            yield f"fixes no longer shown: {', '.join(gone)}"
        if added := sorted(set(self.new.fixes) - set(self.old.fixes)):
            yield f"fixes shown now: {', '.join(added)}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences between two versions of the knowledge.

    `replayed` is the number of cases.
    """

    changes: tuple[Change, ...]
    changed_cases: tuple[ChangedCase, ...]
    replayed: int

    def __str__(self) -> str:
        lines = [f"{len(self.changes)} entries differ", *map(str, self.changes)]
        lines += ["", f"{len(self.changed_cases)} of {self.replayed} cases have another result"]
        lines += map(str, self.changed_cases)
        return "\n".join(lines)


def compare(old: Knowledge, new: Knowledge, vignettes: Iterable[Vignette]) -> Comparison:
    """Return the changes from `old` to `new`.

    Both versions replay the vignettes and the rule cases of both.
    """
    cases = _cases(old, new, vignettes)
    engines = (Engine(old), old), (Engine(new), new)
    changed_cases = []
    for name, case in cases:
        before, after = (_result(engine, knowledge, case) for engine, knowledge in engines)
        if before != after:
            changed_cases.append(ChangedCase(name, before, after))
    return Comparison(tuple(_changes(old, new)), tuple(changed_cases), len(cases))


def since_review(knowledge: Knowledge) -> str:
    """Return the entries without a current signature as lines.

    These entries changed after they were signed, or were never signed.
    """
    by_state = counts(knowledge)
    lines = [", ".join(f"{count} {state.replace('_', ' ')}" for state, count in by_state.items())]
    for key, entry in entries(knowledge).items():
        if entry.review is not None and state_of(entry) is ReviewState.CHANGED:
            lines.append(f"changed {key}: signed by {entry.review.by}, {entry.review.role}, on {entry.review.on}")
    lines += [f"not reviewed {key}" for key, entry in entries(knowledge).items() if entry.review is None]
    return "\n".join(lines)


def _cases(old: Knowledge, new: Knowledge, vignettes: Iterable[Vignette]) -> list[tuple[str, CaseRequest]]:
    """Return each case with its name.

    Equal requests are replayed once.
    """
    named: list[tuple[str, CaseRequest]] = [(f"vignettes: {vignette.name}", vignette) for vignette in vignettes]
    for knowledge in (new, old):
        for folder in ("red_flags", "derivations", "causes"):
            for id_, rule in getattr(knowledge, folder).items():
                named.extend((f"{folder}/{id_}: {case.name}", case) for case in rule.cases)
    cases: dict[bytes, tuple[str, CaseRequest]] = {}
    for name, case in named:
        request = [getattr(case, part) for part in CaseRequest.__struct_fields__]
        cases.setdefault(msgspec.json.encode(request), (name, case))
    return list(cases.values())


def _result(engine: Engine, knowledge: Knowledge, case: CaseRequest) -> Result | None:
    try:
        decision = engine.decide(engine.read(body_of(case, knowledge)))
    except BrokenContract:
        return None
    return Result(
        decision.level,
        next((cause.id for cause in decision.causes), None),
        tuple(fix.id for fix in decision.fixes),
    )


def _changes(old: Knowledge, new: Knowledge) -> Iterator[Change]:
    before, after = _entries(old), _entries(new)
    for entry in sorted(before.keys() | after.keys()):
        if entry not in before:
            yield Change(entry, "added")
        elif entry not in after:
            yield Change(entry, "removed")
        elif before[entry] != after[entry]:
            yield Change(entry, "changed", tuple(_fields(before[entry], after[entry])))


def _entries(knowledge: Knowledge) -> dict[str, Any]:
    """Return every entry of the knowledge as plain values by id.

    A part without ids is one entry.
    """
    plain = msgspec.to_builtins(knowledge)
    entries: dict[str, Any] = {}
    for part in Knowledge.__struct_fields__:
        value = plain[part]
        if isinstance(value, tuple):
            entries[part] = {"rules" if part == "running_rules" else "statements": value}
        elif part in ("policy", "emergency_numbers"):
            entries[part] = value
        elif part == "subjects":
            entries |= {f"{part}/{subject}": {"findings": ids} for subject, ids in value.items()}
        else:
            entries |= {f"{part}/{id_}": entry for id_, entry in value.items()}
    countries = entries["emergency_numbers"].pop("countries")
    return entries | {f"emergency_numbers/{id_}": entry for id_, entry in countries.items()}


def _fields(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield one line with a path for each differing value.

    For a list, the lines are the items added and removed.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _fields(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        gone, come = ([item for item in one if item not in other] for one, other in ((before, after), (after, before)))
        yield from (f"{path}: - {_short(item)}" for item in gone)
        yield from (f"{path}: + {_short(item)}" for item in come)
        if before != after and not gone and not come:
            yield f"{path}: in another order"
    elif before != after:
        yield f"{path}: {_short(before)} -> {_short(after)}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_AT_MOST else text[: _SHOWN_AT_MOST - 1] + "…"
