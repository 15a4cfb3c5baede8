"""Every case of the knowledge has its expected result over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load
from service.knowledge.schema.cases import CaseRequest
from service.main import compose
from service.review.cases import body_of, replay
from service.settings import Settings
from service.web.outer_middleware import OuterMiddleware

_RULES = [(folder, id_) for folder in ("red_flags", "derivations", "causes") for id_ in getattr(load(), folder)]


@pytest.fixture(scope="module")
def app() -> OuterMiddleware:
    """The service with the shipped knowledge, in process."""
    return compose(Settings(log_level="error"))


async def _post(app: OuterMiddleware, bodies: list[bytes]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = {"Content-Type": "application/json"}
        return [await client.post("/assess", content=body, headers=headers) for body in bodies]


def _results_of(folder: str, id_: str, answer: dict[str, Any]) -> set[str]:
    """The result for one rule, in the words of its cases."""
    if folder == "causes":
        causes = [cause["id"] for cause in answer["causes"]]
        return {"leads", "listed"} if causes[:1] == [id_] else {"listed"} if id_ in causes else {"not_listed"}
    field, name = {"red_flags": ("red_flags", "id"), "derivations": ("derived", "finding")}[folder]
    return {str(id_ in {entry[name] for entry in answer[field]})}


@pytest.mark.parametrize(("folder", "id_"), _RULES, ids=lambda part: part)
def test_a_rule_s_cases_hold(app: OuterMiddleware, engine: Engine, shipped: Knowledge, folder: str, id_: str) -> None:
    """Each case is a valid request with the expected result and the engine's bytes."""
    cases = getattr(shipped, folder)[id_].cases
    bodies = [body_of(case, shipped) for case in cases]
    for case, body, response in zip(cases, bodies, asyncio.run(_post(app, bodies)), strict=True):
        assert response.status_code == 200, case.name
        expected = case.expect if folder == "causes" else str(case.fires)
        assert expected in _results_of(folder, id_, json.loads(response.content)), case.name
        assert engine.answer(engine.read(body)).body == response.content, case.name


def test_the_replay_of_the_command_line_agrees(shipped: Knowledge) -> None:
    """`triage check` finds no case with another result."""
    assert list(replay(shipped)) == []


_HIKER = {"calf_cramp": True, "cramp_on_hills": True}
_BOTH = {"calf_cramp": True, "foot_numbness": True, "recovery_poor": True}


@pytest.mark.parametrize(
    ("request_", "leading"),
    [
        ({"findings": _HIKER, "training": {"weekly_elevation_gain_m": [240, 610]}}, "uphill_increase"),
        (
            {"findings": {"foot_numbness": True, "pressure_top_of_foot": True, "relief_loosen_or_remove": True}},
            "poor_fit_shoes",
        ),
        (
            {
                "findings": {"calf_cramp": True, "cramp_frequency": "nearly_every_run"},
                "training": {"resistance_sessions_per_week": 1},
            },
            "muscle_imbalance",
        ),
        (
            {
                "findings": {"calf_cramp": True, "electrolytes_during_run": False, "felt_hot": True},
                "training": {"run_duration_min": 90},
            },
            "dehydration_electrolyte",
        ),
        (
            {"findings": {"foot_numbness": True, "numb_region": ["heel"], "overstride_observed": True}},
            "long_stride",
        ),
        (
            {
                "findings": {
                    "foot_numbness": True,
                    "numb_region": ["sole"],
                    "has_flat_feet": True,
                    "arch_support_used": False,
                }
            },
            "flat_feet",
        ),
        ({"findings": _BOTH, "training": {"weekly_distance_km": [30, 39]}}, "overtraining"),
        ({"findings": {"foot_numbness": True, "back_pain": True}}, "pinched_nerve"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_plain_story_leads_to_its_cause(
    app: OuterMiddleware, shipped: Knowledge, request_: dict[str, Any], leading: str
) -> None:
    """The article's stories lead to their causes with a fix, before and after all other answers."""
    complete = body_of(CaseRequest(**request_, rest="denied"), shipped)
    bodies = [json.dumps(request_).encode(), complete]
    for response in asyncio.run(_post(app, bodies)):
        answer = response.json()
        assert answer["causes"][0]["id"] == leading
        assert answer["fixes"]
        if leading == "dehydration_electrolyte":
            assert "contested" in answer["causes"][0]["caveats"][0]
        if leading == "poor_fit_shoes":
            assert answer["fixes"][0]["id"] == "check_shoe_fit"
        if leading == "pinched_nerve":
            assert answer["triage"]["level"] == "consultation"


def test_night_shocks_are_for_a_doctor(app: OuterMiddleware) -> None:
    """Numbness with electric shocks at night: a doctor within a day, and no fix."""
    body = {"findings": {"foot_numbness": True, "night_electric_shocks": True}}
    (response,) = asyncio.run(_post(app, [json.dumps(body).encode()]))
    answer = response.json()
    assert answer["triage"]["level"] == "consultation_24"
    assert answer["fixes"] == []
