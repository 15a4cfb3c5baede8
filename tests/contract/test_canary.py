"""Health data stays out of log lines, metrics and problems."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.model.scales import Level

CANARY = "zq9canary"
NAME = f"{CANARY}!"
"""A name without the form of an id; a problem repeats ids only, so that a client can remove them."""

NUMBERS = (9.87654321, 43.2109876, 432.1098765)
REPORTS = (
    b'{"findings": {"sign_1": true, "sign_2": true, "hot_run": true, "ache": true}}',
    b'{"findings": {"ache": true, "hot_run": true}, "not_known": ["sign_1"]}',
    b'{"findings": {"ache": false}}',
)
SAID = (b'"level":"emergency"', b'"id":"heat_loss"', b'"causes":[]')


def test_nothing_of_a_request_is_written_down(start: Callable[..., Any]) -> None:
    """Values planted in every part of good and bad requests are in no log line, metric or problem."""
    service = start()
    weird = {"user_agent": CANARY, "referer": f"https://{CANARY}/", "cookie": f"a={CANARY}", "authorization": CANARY}
    good = {
        "findings": {"ache": True, "temp": NUMBERS[1], "pain": 9},
        "runner": {"age_years": 117},
        "training": {"km": [NUMBERS[0], NUMBERS[2]]},
    }
    answers = [
        service.assess(json.dumps(good).encode(), **weird),
        service.assess(json.dumps(good | {NAME: NUMBERS[0]}).encode(), **weird),
        service.assess(json.dumps({"findings": {"side": CANARY, NAME: CANARY, "pain": NUMBERS[2]}}).encode()),
        service.assess(b'{"findings": {"side": "' + CANARY.encode() + b"\xff"),
        service.assess(CANARY.encode(), content_type=CANARY),
        service.assess(b"{}", x_request_id=f"{CANARY} {CANARY}", traceparent=f"00-{CANARY}-1-01"),
        service.send("GET", f"/{CANARY}?{CANARY}=1"),
        service.send("GET", f"/knowledge/causes/{CANARY}?q={CANARY}"),
        service.send("GET", f"/knowledge?{CANARY}"),
        service.send("DELETE", f"/assess?{CANARY}"),
        service.raw(f"{CANARY} / HTTP/1.1\r\n\r\n".encode()),
        service.send("POST", f"/assess?{CANARY}=1", b"{}", content_type="application/json"),
        service.assess(json.dumps({"training": {"km": CANARY, NAME: 1}, "runner": {"country": CANARY}}).encode()),
    ]
    assert [answer.status for answer in answers] == [200, 422, 422, 400, 415, 200, 404, 404, 200, 405, 400, 422, 200]
    metrics = service.send("GET", "/metrics").body.decode()
    assert service.stop() == 0
    log = service.log_file.read_text()
    for planted in (CANARY, *map(str, NUMBERS)):
        assert planted not in log
        assert planted not in metrics
        assert all(planted not in answer.body.decode() for answer in answers if answer.status >= 400)


def test_a_line_has_the_fields_that_an_operator_needs(service: Any) -> None:
    """The access log line has the request's ids, route, status, time and knowledge version."""
    body = b'{"findings": {"sign_1": true, "sign_2": true, "hot_run": true, "ache": true}}'
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    service.assess(body, x_request_id="line-1", traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    line = service.line("line-1")
    assert line["trace_id"] == trace
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "POST", "/assess", 200)
    assert line["knowledge"] == "1.2.3"
    assert 0 < line["seconds"] < 10


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/assess", "application/json"),
        ("/assess?explain=full", "application/json"),
        ("/assess/batch", "application/json"),
        ("/assess/batch", "application/x-ndjson"),
    ],
)
def test_a_line_is_the_same_for_every_assessment(start: Callable[..., Any], path: str, media: str) -> None:
    """Reports with different levels, red flags and causes have equal log lines at every log level."""
    service = start(log_level="debug")
    for number, report in enumerate(REPORTS):
        body = b"[" + report + b"]" if path == "/assess/batch" and media == "application/json" else report
        headers = {"content-type": media, "x-request-id": f"report-{number}"}
        response = httpx.post(f"http://127.0.0.1:{service.port}{path}", content=body, headers=headers)
        assert response.status_code == 200
        assert SAID[number] in response.content
    lines = [service.line(f"report-{number}") for number in range(len(REPORTS))]
    assert service.stop() == 0
    for line in lines:
        for own in ("request_id", "time", "seconds"):
            del line[own]
    assert all(line == lines[0] for line in lines)
    log = service.log_file.read_text()
    knowledge = ("clot", "swollen", "heat_loss", *Level)
    assert [word for word in knowledge if f'"{word}"' in log] == []


def test_a_trace_id_that_is_not_well_formed_is_left_out(service: Any) -> None:
    """A `traceparent` that is not well-formed is ignored."""
    bad = ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", "ff-" + "a" * 32 + "-00f067aa0ba902b7-01", "00-xyz-1-01")
    for number, parent in enumerate(bad):
        service.send("GET", "/health/live", x_request_id=f"trace-{number}", traceparent=parent)
        assert service.line(f"trace-{number}")["trace_id"] is None


def test_a_refusal_is_logged_by_its_type(service: Any) -> None:
    """The log line of a refusal names the problem; the log line of a wrong method has the route's template."""
    service.send("DELETE", "/knowledge/causes/load", x_request_id="refused-1")
    service.send("GET", "/no/such", x_request_id="refused-2")
    assert service.line("refused-1")["problem"] == "method-not-allowed"
    assert service.line("refused-1")["route"] == "/knowledge/{kind}/{id}"
    assert (service.line("refused-2")["route"], service.line("refused-2")["problem"]) == ("unmatched", "not-found")
