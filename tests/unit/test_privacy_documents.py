"""The statements of `docs/data-protection.md` and `SECURITY.md` match the code."""

from __future__ import annotations

import ast
import asyncio
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from service.access.keys import KEY_PREFIX, generate_key
from service.access.limiter_memory import MemoryLimiter
from service.access.limiter_redis import RedisLimiter
from service.access.rate_limit import SECONDS, Quota
from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import review_of_all
from service.knowledge.yaml_reader import read_yaml
from tests.metrics import declared

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data-protection.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
TELEMETRY = (ROOT / "deploy" / "telemetry.md").read_text(encoding="utf-8")
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@pytest.fixture(scope="module")
def schemas() -> Any:
    """The schemas of the contract."""
    document: Any = read_yaml((ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8"))
    return document["components"]["schemas"]


def _section(page: str, heading: str) -> str:
    return re.split(r"^## ", page, flags=re.MULTILINE)[1 + re.findall(r"^## (.*)", page, re.MULTILINE).index(heading)]


def _parts(schemas: Any) -> dict[str, Any]:
    """The schema of each part of a request."""
    properties = schemas["AssessmentRequest"]["properties"]
    names = {part: re.search(r"'#/components/schemas/(\w+)'", str(schema)) for part, schema in properties.items()}
    return {part: schemas[name[1]] for part, name in names.items() if name}


def test_the_page_lists_the_parts_of_a_request(schemas: Any) -> None:
    """The page lists exactly the parts of a request in the contract."""
    listed = re.findall(r"^\| `(\w+)` \|", _section(PAGE, "What is processed, and why"), re.MULTILINE)
    assert listed == list(schemas["AssessmentRequest"]["properties"])
    assert set(listed) == _parts(schemas).keys()


def _texts(schema: Any) -> Iterator[Any]:
    """Each text schema within `schema`."""
    if isinstance(schema, dict):
        if "string" in (schema.get("type") or ()):
            yield schema
        for inner in schema.values():
            yield from _texts(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _texts(inner)


def test_no_part_takes_free_text_or_names_a_person(schemas: Any) -> None:
    """Every text is an enum or a code, and every part is closed."""
    parts = _parts(schemas)
    assert "enum" in parts.pop("not_known")
    for part, schema in parts.items():
        assert schema.get("additionalProperties", True) is (part == "training"), part
        assert [text for text in _texts(schema["properties"]) if "enum" not in text and text != _COUNTRY] == []
        names = re.compile(r"name|birth_?da|email|phone|address|street|city|lati|longi|gps|comment|note")
        assert [name for name in schema["properties"] if names.search(name)] == [], part


_COUNTRY = {
    "type": ["string", "null"],
    "pattern": "^[A-Z]{2}$",
    "description": "Where the runner is, as a code of ISO 3166-1 alpha-2 in capitals.\n"
    "It chooses the emergency number; 112 is shown where none is known.",
}


def test_a_value_that_is_left_out_is_unknown(engine: Engine) -> None:
    """A report with one finding gets an assessment."""
    assert engine.assess(engine.read(b'{"findings": {"calf_cramp": true}}')).triage.level


def test_the_page_lists_the_fields_of_the_log() -> None:
    """The page lists the fields of `docs/telemetry.md`, which a test compares with a log line."""
    section = _section(PAGE, "What is logged").partition("No line")[0]
    listed = re.findall(r"`(\w+)`", section)
    rows = [re.split(r"\n##+ ", TELEMETRY.partition(heading)[2])[0] for heading in ("### Every line", "### `request`")]
    assert sorted(listed) == sorted(re.findall(r"^\| `(\w+)` \|", "".join(rows), re.MULTILINE))


def test_counters_of_assessments_name_no_request_partner_or_person() -> None:
    """Each counter on the page has one label: the level, the red flag or the cause."""
    named = re.findall(r"`(triage_\w+)`", _section(PAGE, "What is counted"))
    metrics = declared()
    assert {name: metrics[name].labels for name in named} == {
        "triage_assessments_total": {"level"},
        "triage_red_flags_total": {"id"},
        "triage_leading_cause_total": {"id"},
    }


def _seconds(text: str) -> int:
    return int(text[:-1]) * UNITS[text[-1]]


def test_retention_is_longer_than_any_look_back() -> None:
    """Alerts and runbook look back no further than the page states, which is less than the retention."""
    rules = (ROOT / "deploy" / "monitoring" / "rules.yaml").read_text(encoding="utf-8")
    runbook = (ROOT / "deploy" / "monitoring" / "runbook.md").read_text(encoding="utf-8")
    ranges = [_seconds(found) for found in re.findall(r"\[(\d+[smhd])\]", rules)]
    offsets = [_seconds(found) for found in re.findall(r"offset (\d+[smhd])", rules)]
    logs = [_seconds(found) for found in re.findall(r"`logs (\d+[smhd])", runbook)]
    alerts, book, days = (
        int(re.search(pattern, PAGE)[1])  # type: ignore[index]
        for pattern in (r"alerts look back (\d+) days", r"the runbook (\d+) day", r"after (\d+) days at the latest")
    )
    assert max(ranges) == alerts * UNITS["d"]
    assert max(offsets) < max(ranges)
    assert max(logs) == book * UNITS["d"]
    assert alerts < days


def test_the_retention_of_metrics_is_that_of_the_compose_file() -> None:
    """The page states the retention of the shipped Prometheus."""
    compose = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    kept = re.search(r"--storage\.tsdb\.retention\.time=(\d+)d", compose)
    assert kept is not None
    assert f"keeps {kept[1]} days" in PAGE


def test_an_address_is_counted_no_longer_than_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory an address expires with its window, a day at most; the store has an expiring hash."""
    assert max(SECONDS.values()) == UNITS["d"]
    now = [0.0]
    memory = MemoryLimiter(clock=lambda: now[0])
    asyncio.run(memory.take("client:203.0.113.7", Quota(5, 60), 1))
    now[0] = 61
    asyncio.run(memory.take("client:203.0.113.8", Quota(5, 60), 1))
    assert list(memory.windows) == ["client:203.0.113.8"]

    sent: list[Any] = []

    async def script(keys: list[str], args: list[int]) -> list[int]:
        sent.extend([*keys, *args])
        return [1, 1, 60_000]

    monkeypatch.setattr(Redis, "register_script", lambda *_: script)
    store = RedisLimiter("redis://127.0.0.1:1/0", None)  # type: ignore[arg-type]
    asyncio.run(store.take("client:203.0.113.7", Quota(5, 60), 1))
    assert re.fullmatch(r"triage:quota:[0-9a-f]{32}", sent[0])
    assert sent[1:] == [1, 5, 60_000]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_limit_store_is_connected_to() -> None:
    """No module of the service imports a network client, except the limit store's."""
    clients = re.compile(r"(httpx|requests|aiohttp|urllib3?\.request|http\.client|smtplib|ftplib|xmlrpc|redis)\b")
    importing = {
        path.name
        for path in (ROOT / "service").rglob("*.py")
        if any(clients.match(name) or name.endswith("create_connection") for name in _imports(path))
    }
    assert importing == {"limiter_redis.py"}


def test_the_latest_release_is_the_first_of_the_changelog() -> None:
    """The supported version is that of the package and of the contract."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    contract: Any = read_yaml((ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8"))
    assert first is not None
    assert first[1] == project["version"] == contract["info"]["version"]


def test_no_address_is_invented() -> None:
    """Neither document names a mail address or a site, because the project has none."""
    assert re.findall(r"\S+@\S+|https?://\S+", SECURITY + PAGE) == ["http://triage;", "http://triage;"]


def test_keys_are_as_the_policy_says() -> None:
    """A key begins with the mark; the file holds a hash of 64 hex digits, no part of the key."""
    key, hash_ = generate_key()
    assert key.startswith(KEY_PREFIX)
    assert f"every key begins with `{KEY_PREFIX}`" in SECURITY
    assert re.fullmatch(r"[0-9a-f]{64}", hash_)


def test_the_knowledge_has_no_reviewer(shipped: Knowledge) -> None:
    """The policy and the knowledge both state that no clinician has reviewed it."""
    assert "has not been reviewed by a clinician" in SECURITY
    assert review_of_all(shipped) == "not reviewed by a clinician"


def test_the_contract_and_the_page_warn_of_the_ids_of_persons() -> None:
    """The description of `X-Request-ID` forbids the id of a person, an account or a device."""
    document: Any = read_yaml((ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8"))
    said = document["components"]["parameters"]["RequestId"]["description"]
    assert "Do not use the id of a person, an account or a device" in said
    assert "never the id of a person, an account or a device" in PAGE
