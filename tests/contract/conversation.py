"""The conversation of the examples: one runner answers every question.

Run `python tests/contract/conversation.py` after a change of the checklists; it writes the requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from service.contract import SHIPPED
from service.engine import Engine
from service.knowledge.loader import load

NAMES = ("plain_cramp_first_call", "plain_cramp_second_call", "plain_cramp_final_call")
_TRUTH = {
    "cramp_on_hills": True,
    "hills_new_or_increased": True,
    "takes_medicine": True,
    "cramp_frequency": "few_runs",
    "onset_phase": "middle",
}

Assess = Callable[[bytes], bytes]


def requests(assess: Assess) -> dict[str, bytes]:
    """Return the requests of the conversation by file name."""
    runner = {"age_years": 34, "sex_at_birth": "female", "country": "US"}
    request: dict[str, Any] = {"runner": runner, "findings": {"calf_cramp": True}}
    written = {}
    for name in NAMES:
        body = msgspec.json.encode(request)
        written[name] = msgspec.json.format(body, indent=2) + b"\n"
        for group in msgspec.json.decode(assess(body))["interview"]["groups"]:
            for item in group["items"]:
                _answer(request, item["id"], is_boolean=item.get("kind", "boolean") == "boolean")
    return written


def _answer(request: dict[str, Any], id_: str, *, is_boolean: bool) -> None:
    if is_boolean or id_ in _TRUTH:
        request["findings"][id_] = _TRUTH.get(id_, False)
    else:
        request.setdefault("not_known", []).append(id_)


def main() -> None:
    """Write the requests into `openapi/examples/`."""
    engine = Engine(load())
    for name, text in requests(lambda body: engine.answer(engine.read(body)).body).items():
        (SHIPPED / "examples" / f"{name}.request.json").write_bytes(text)


if __name__ == "__main__":
    main()
