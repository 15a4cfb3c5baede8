"""The log, the metrics, and the page that lists them."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from service.engine import Engine
from service.problems import BELOW_APPLICATION, KINDS
from service.server.refusal_kinds import REFUSALS
from service.telemetry.access_log import AccessLog, RequestRecord
from service.telemetry.log import adopt_standard_logging, open_log
from service.telemetry.metrics import Metrics
from tests.metrics import declared

PAGE = (Path(__file__).parents[2] / "deploy" / "telemetry.md").read_text(encoding="utf-8")
BODY = b'{"findings": {"sign_1": true, "ache": true, "hot_run": true}}'


class Desk:
    """An access log with a readable log and registry."""

    def __init__(self, level: str = "info", format_: Any = "json") -> None:
        self.file = io.BytesIO()
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.log = open_log(level, format_, self.file)
        self.access_log = AccessLog(self.log, self.metrics, "1.2.3")

    def lines(self) -> list[dict[str, Any]]:
        """The log lines so far."""
        return [json.loads(line) for line in self.file.getvalue().splitlines()]


def _section(heading: str) -> str:
    """The part of the page under a heading."""
    return re.split(r"\n##+ ", PAGE.partition(heading)[2])[0]


def _rows(heading: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", _section(heading), re.MULTILINE)


def _texts(line: dict[str, Any]) -> set[str]:
    """Every text in a line, including those in lists."""
    texts = set()
    for value in line.values():
        texts |= {str(part) for part in (value if isinstance(value, list) else [value])}
    return texts


def _failed(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as raised:
        return raised


def test_the_page_lists_every_field_of_a_request(small_engine: Engine) -> None:
    """A request's line with all optional fields has exactly the fields on the page."""
    desk = Desk()
    assessment = small_engine.answer(small_engine.read(BODY))
    error = _failed(ValueError("secret"))
    record = RequestRecord("id", "trace", 500, "internal-error", "one", "k1", assessment, error, items=2, refused=1)
    desk.access_log.request(record, "POST", "/assess", 0.5, 0.5)
    desk.metrics.knowledge("1.2.3", "sha256:00")
    (line,) = desk.lines()
    assert {*_rows("### Every line"), *_rows("### `request`")} == line.keys()
    assert not {assessment.level, *assessment.red_flags, assessment.leading_cause} & _texts(line)
    assert "secret" not in desk.file.getvalue().decode()
    assert line["error"] == "ValueError"
    assert line["at"][-1].endswith("_failed")


def test_the_page_lists_every_metric_with_its_labels() -> None:
    """The page lists exactly the metrics of the code, with types and labels."""
    listed = {
        name: (kind, set(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in re.findall(r"^\| `(triage_\w+)` \| (\w+) \| (.*?) \|", PAGE, re.MULTILINE)
    }
    assert declared() == listed


def test_the_page_lists_every_problem_type() -> None:
    """Each problem type and its status is on the page."""
    listed = re.findall(r"^\| `([\w-]+)` \| (\d+) \|", _section("## Problem types"), re.MULTILINE)
    assert sorted((kind.slug, str(kind.status)) for kind in KINDS) == sorted(listed)


def test_the_page_lists_every_kind_of_refused_connection() -> None:
    """The page lists each kind of refused connection with the status of its problem."""
    listed = re.findall(r"^\| `([\w-]+)` \| .* \| (.*) \|$", _section("## Kinds of refused connections"), re.MULTILINE)
    assert [kind for kind, _ in listed] == list(REFUSALS)
    statuses = {kind.slug: str(kind.status) for kind in BELOW_APPLICATION}
    assert statuses.items() <= dict(listed).items()


def test_the_page_lists_the_events() -> None:
    """Each event in the code is on the page."""
    service = Path(__file__).parents[2] / "service"
    paths = (
        service / "main.py",
        *(path for layer in ("access", "telemetry", "web", "server") for path in (service / layer).glob("*.py")),
    )
    source = "".join(path.read_text() for path in paths)
    written = set(re.findall(r"""(?:note|warn|info|error|warning)\(\s*"(\w+)\"""", source))
    (listed,) = re.findall(r"\| `event` \| (.*)", PAGE)
    assert written == set(re.findall(r"`(\w+)`", listed))


def test_one_exchange_counts_once(small_engine: Engine) -> None:
    """An assessment is counted by route, level, red flag and leading cause."""
    desk = Desk()
    assessment = small_engine.answer(small_engine.read(BODY))
    desk.access_log.request(RequestRecord("id", None, 200, assessed=assessment), "POST", "/assess", 0.01, 0.01)
    value = desk.registry.get_sample_value
    assert value("triage_http_requests_total", {"method": "POST", "route": "/assess", "status": "200"}) == 1
    assert value("triage_http_request_seconds_count", {"method": "POST", "route": "/assess"}) == 1
    assert value("triage_assessments_total", {"level": "consultation_24"}) == 1
    assert value("triage_red_flags_total", {"id": "swollen"}) == 1
    assert assessment.leading_cause is not None
    assert value("triage_leading_cause_total", {"id": assessment.leading_cause}) == 1


def test_entries_are_counted_by_review_state() -> None:
    """The metrics count the entries by review state: signed, changed since, and others."""
    desk = Desk()
    desk.metrics.reviews({"reviewed": 3, "changed": 1, "not_reviewed": 0})
    value = desk.registry.get_sample_value
    counted = {state: value("triage_knowledge_entries", {"review": state}) for state in ("reviewed", "changed")}
    assert counted == {"reviewed": 3, "changed": 1}
    assert value("triage_knowledge_entries", {"review": "not_reviewed"}) == 0


def test_labels_stay_few() -> None:
    """An unknown path is `unmatched`, an unknown method `OTHER`, and a refusal is counted by its type."""
    desk = Desk()
    desk.access_log.request(RequestRecord("id", None, 404, "not-found"), "BREW", None, 0.01, 0.01)
    value = desk.registry.get_sample_value
    assert value("triage_http_requests_total", {"method": "OTHER", "route": "unmatched", "status": "404"}) == 1
    assert value("triage_rejected_total", {"type": "not-found"}) == 1
    assert b"BREW" not in desk.metrics.text()


def test_expected_labels_are_counted_from_zero() -> None:
    """Each level and problem type starts at 0, so that a scraper sees the first increase."""
    desk = Desk()
    desk.metrics.expect(["emergency"], ["internal-error"], ["not-read"])
    value = desk.registry.get_sample_value
    assert value("triage_assessments_total", {"level": "emergency"}) == 0
    assert value("triage_rejected_total", {"type": "internal-error"}) == 0


def test_the_console_format_is_readable() -> None:
    """The console format is text for people, without empty fields."""
    desk = Desk(format_="console")
    desk.access_log.request(RequestRecord("abc", None, 200), "GET", "/metrics", 0.01, 0.01)
    text = desk.file.getvalue().decode()
    assert "request_id=abc" in text
    assert "trace_id" not in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_lines_below_the_log_level_are_omitted() -> None:
    """The log level is a minimum."""
    desk = Desk(level="error")
    desk.access_log.note("serving", pid=1)
    assert desk.file.getvalue() == b""


def test_a_librarys_warning_is_logged_without_its_values() -> None:
    """A library's warning may quote a request, so only its template is logged."""
    desk = Desk()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        adopt_standard_logging(desk.log)
        logging.getLogger("library").warning("bad input %s", "secret")
        logging.getLogger("library").error("failed", exc_info=_failed(ValueError("secret")))
        logging.getLogger("library").info("of no interest")
    finally:
        root.handlers = handlers
        root.setLevel(level)
    first, second = desk.lines()
    assert (first["event"], first["logger"], first["says"]) == ("library_warning", "library", "bad input %s")
    assert second["error"] == "ValueError"
    assert "secret" not in desk.file.getvalue().decode()
    assert {*_rows("### Every line"), *_rows("### `library_warning`")} == first.keys()


def test_an_item_counts_as_a_request_of_its_own(small_engine: Engine) -> None:
    """An item is counted by level or problem type; a failure has the log line on the page."""
    desk = Desk()
    record = RequestRecord("id")
    desk.access_log.item(record, small_engine.answer(small_engine.read(BODY)), None, None)
    desk.access_log.item(record, None, "internal-error", _failed(ValueError("secret")))
    value = desk.registry.get_sample_value
    assert value("triage_assessments_total", {"level": "consultation_24"}) == 1
    assert value("triage_rejected_total", {"type": "internal-error"}) == 1
    assert (record.items, record.refused) == (2, 1)
    (line,) = desk.lines()
    assert {*_rows("### Every line"), *_rows("### `item`")} == line.keys()
    assert "secret" not in desk.file.getvalue().decode()


def test_refusals_of_overload_are_counted_without_a_line() -> None:
    """A refusal for lack of time or room is in every request metric; only their sum has a line."""
    desk = Desk()
    desk.access_log.overloaded(RequestRecord("id", None, 503, "overloaded"), "POST", "/assess", 0.0001)
    assert desk.lines() == []
    value = desk.registry.get_sample_value
    assert value("triage_http_requests_total", {"method": "POST", "route": "/assess", "status": "503"}) == 1
    assert value("triage_rejected_total", {"type": "overloaded"}) == 1
    desk.access_log.queue(0.25, 3, 2)
    assert value("triage_queue_age_seconds") == 0.25
    desk.access_log.queue(0.0, 0, 0)
    assert value("triage_queue_age_seconds") == 0
    assert value("triage_queue_dropped_total", {"reason": "expired"}) == 3
    assert value("triage_queue_dropped_total", {"reason": "client_left"}) == 2
    desk.access_log.overload()
    desk.access_log.overload()
    (line,) = desk.lines()
    assert (line["event"], line["severity"]) == ("overload", "warning")
    assert (line["refused"], line["left"], line["longest_wait"]) == (1, 2, 0.25)
    assert {*_rows("### Every line"), *_rows("### `overload`")} == line.keys()


def test_events_of_keys_and_limits_are_logged() -> None:
    """The access log implements the access events: lines by event, and two metrics."""
    desk = Desk()
    desk.access_log.keys_are_stale(is_stale=True)
    desk.access_log.limit_store_failed()
    desk.access_log.warn("keys_refused", pid=1, faults=("partners: one",))
    value = desk.registry.get_sample_value
    assert (value("triage_keys_stale"), value("triage_limit_store_failures_total")) == (1, 1)
    (line,) = desk.lines()
    assert (line["severity"], line["faults"]) == ("warning", ["partners: one"])


def test_a_partner_is_counted_by_its_id() -> None:
    """A request with a known key is counted by its partner, and no other request."""
    desk = Desk()
    desk.access_log.request(RequestRecord("id", None, 403, "forbidden", "one", "k1"), "POST", "/assess", 0.01, 0.01)
    desk.access_log.request(RequestRecord("id", None, 401, "unauthorized"), "POST", "/assess", 0.01, 0.01)
    assert desk.registry.get_sample_value("triage_partner_requests_total", {"partner": "one", "status": "403"}) == 1
    assert desk.metrics.text().count(b"triage_partner_requests_total{") == 1


def _event_fields() -> dict[str, set[str]]:
    """The field names of each event in the code."""
    service = Path(__file__).parents[2] / "service"
    written: dict[str, set[str]] = {}
    for path in service.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match call:
                case ast.Call(
                    func=ast.Attribute(attr="note" | "warn"), args=[ast.Constant(value=str(event))], keywords=fields
                ):
                    written.setdefault(event, set()).update(field.arg for field in fields if field.arg)
    return written


def test_the_page_lists_the_fields_of_every_event() -> None:
    """Each section about events lists exactly the fields in the code."""
    written = _event_fields()
    assert {"keys_removed", "serving", "overload"} <= written.keys()
    for heading in re.findall(r"^### (.*)", PAGE, re.MULTILINE):
        events = set(re.findall(r"`(\w+)`", heading)) & written.keys()
        if events:
            rows = re.findall(r"^\| `(\w+)` \|", _section(f"### {heading}"), re.MULTILINE)
            assert set(rows) == set().union(*(written[event] for event in events)), heading
