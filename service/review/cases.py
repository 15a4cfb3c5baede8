"""Replays the cases that the knowledge carries, and says which do not come out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from service.engine.engine import Engine
from service.errors import BrokenContract, Issue
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import CaseRequest, CauseCase
from service.model.assessment import Assessment


def replay(knowledge: Knowledge) -> Iterator[Issue]:
    """Each case that is no valid request or that does not come out as it says."""
    engine = Engine(knowledge)
    for folder in ("red_flags", "derivations", "causes"):
        for id_, rule in getattr(knowledge, folder).items():
            for number, case in enumerate(rule.cases):
                says = _fault(engine, folder, id_, case)
                if says:
                    yield Issue(f"{folder}/{id_}.yaml", f"cases[{number}]", f"{says}: {case.name}")


def body_of(case: CaseRequest) -> bytes:
    """The request that a case stands for, as JSON."""
    parts = {
        "findings": case.findings,
        "training": case.training,
        "runner": case.runner,
        "safety_screen": case.safety_screen,
    }
    return msgspec.json.encode({name: part for name, part in parts.items() if part})


def _fault(engine: Engine, folder: str, id_: str, case: CaseRequest) -> str | None:
    try:
        assessment = engine.assess(engine.read(body_of(case)))
    except BrokenContract as refused:
        return "; ".join(f"{fault.pointer} {fault.detail}" for fault in refused.faults)
    if isinstance(case, CauseCase):
        return _misplaced(assessment, id_, case.expect)
    fired = {
        "red_flags": {flag.id for flag in assessment.red_flags},
        "derivations": {derived.finding for derived in assessment.derived},
    }[folder]
    wanted = case.fires  # type: ignore[attr-defined]
    return None if (id_ in fired) == wanted else "should fire" if wanted else "should not fire"


def _misplaced(assessment: Assessment, id_: str, expect: str) -> str | None:
    causes = [cause.id for cause in assessment.causes]
    came_out = {"leads": causes[:1] == [id_], "listed": id_ in causes, "not_listed": id_ not in causes}
    return None if came_out[expect] else f"should be {expect}, causes are {causes}"
