"""Replay of the cases in the knowledge.

The replay reports the cases with another result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from service.engine.decision import Decision
from service.engine.engine import Engine
from service.engine.implied import Implications
from service.errors import BrokenContract, Issue
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.cases import CaseRequest, CauseCase
from service.report.report import Report

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "choice": str,
    "choices": list,
    "integer": (int, float),
    "number": (int, float),
}
"""The type of a value by the kind of its finding; no condition names a series."""


def replay(knowledge: Knowledge) -> Iterator[Issue]:
    """Yield an issue for each case with another result.

    Such a case is not a valid request, or its rule does not behave as the case says.
    """
    engine = Engine(knowledge)
    for folder in ("red_flags", "derivations", "causes"):
        for id_, rule in getattr(knowledge, folder).items():
            for number, case in enumerate(rule.cases):
                says = _fault(engine, knowledge, folder, id_, case)
                if says:
                    yield Issue(f"{folder}/{id_}.yaml", f"cases[{number}]", f"{says}: {case.name}")


def body_of(case: CaseRequest, knowledge: Knowledge) -> bytes:
    """Return the JSON request of a case.

    `rest: denied` adds a false for each yes/no item of the checklists. Items that the case mentions, implies, or lists
    as not known are left out.
    """
    parts: dict[str, Any] = {
        "runner": dict(case.runner),
        "findings": dict(case.findings),
        "training": dict(case.training),
        "not_known": list(case.not_known),
    }
    if case.rest == "denied":
        present = present_in({**case.runner, **case.findings, **case.training}, knowledge)
        for id_ in _items(knowledge):
            finding = knowledge.findings[id_]
            if finding.kind == "boolean" and id_ not in present and id_ not in case.not_known:
                parts[finding.place].setdefault(id_, False)
    return msgspec.json.encode({name: part for name, part in parts.items() if part})


def present_in(values: Mapping[str, Any], knowledge: Knowledge) -> frozenset[str]:
    """Return the yes/no findings that `values` report or imply.

    Only findings that are present count. A value of the wrong type implies nothing.
    """
    known: dict[str, Any] = {}
    for id_, value in values.items():
        finding = knowledge.findings.get(id_)
        if finding is not None and isinstance(value, _TYPES.get(finding.kind, ())):
            known[id_] = frozenset(value) if isinstance(value, list) else value
    facts = _implications(knowledge).facts(Report(known))
    return frozenset(id_ for id_, value in facts.known.items() if value is True)


# Cached, because a check reads thousands of cases of one knowledge.
_implications = lru_cache(maxsize=1)(Implications)


def _items(knowledge: Knowledge) -> Iterator[str]:
    for checklist in knowledge.checklists.values():
        yield from checklist.items


def _fault(engine: Engine, knowledge: Knowledge, folder: str, id_: str, case: CaseRequest) -> str | None:
    try:
        decision = engine.decide(engine.read(body_of(case, knowledge)))
    except BrokenContract as refused:
        return "; ".join(f"{fault.pointer} {fault.detail}" for fault in refused.faults)
    if isinstance(case, CauseCase):
        return _misplaced(decision, id_, case.expect)
    fired = {
        "red_flags": {flag.id for flag in decision.fired},
        "derivations": {derived.id for derived in decision.derived},
    }[folder]
    wanted = case.fires  # type: ignore[attr-defined]
    return None if (id_ in fired) == wanted else "should fire" if wanted else "should not fire"


def _misplaced(decision: Decision, id_: str, expect: str) -> str | None:
    causes = [cause.id for cause in decision.causes]
    results = {"leads": causes[:1] == [id_], "listed": id_ in causes, "not_listed": id_ not in causes}
    return None if results[expect] else f"should be {expect}, causes are {causes}"
