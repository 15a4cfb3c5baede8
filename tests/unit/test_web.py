"""The HTTP edge in process: bodies, responses, problems and middleware."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from litestar import Litestar
from litestar.exceptions import HTTPException, NotFoundException
from prometheus_client import CollectorRegistry

from service import errors, settings
from service.engine import Engine
from service.knowledge.catalogue import catalogue
from service.model.version import API_VERSION
from service.problems import INTERNAL, KINDS, NOT_FOUND, OF_FAULT, body_of
from service.telemetry.access_log import AccessLog
from service.telemetry.log import open_log
from service.telemetry.metrics import Metrics
from service.web import page as page_module
from service.web.answer import Document
from service.web.app import build, kind_at_the_edge
from service.web.array_memory import ArrayMemory
from service.web.body import Body
from service.web.contract import SHIPPED, Contract, read
from service.web.cors import Cors
from service.web.outer_middleware import OuterMiddleware
from service.web.page import page
from service.web.request_queue import RequestQueue

JSON = ((b"content-type", b"application/json"),)
CONTRACT = Contract(b"openapi: 3.1.0 # a comment\n", b'{"openapi": "3.1.0"}\n')
PAGES = ("docs", "try")
_DOCS = Path(page_module.__file__).parent / "docs"
GOOD = b'{"findings": {"ache": true}}'


@dataclass
class Reply:
    """The messages that an ASGI application sent."""

    status: int
    headers: dict[str, str]
    body: bytes


async def _ask(
    app: Any, method: str, path: str, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = JSON
) -> Reply:
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "scheme": "http",
        "headers": list(headers), "client": ("test", 1), "server": ("test", 80), "state": {},
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *parts = sent
    body = b"".join(part["body"] for part in parts)
    return Reply(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body)


def ask(app: Any, method: str, path: str, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = JSON) -> Reply:
    """The reply to one request."""
    return asyncio.run(_ask(app, method, path, body, headers))


class Broken:
    """An engine that raises an unexpected error."""

    version, digest = "0.0.0", "sha256:0"

    def read(self, body: bytes) -> None:
        """Raise an error with the request in its text."""
        raise ValueError(body)

    answer = answer_explained = read


def _body(limit: int, seconds: float) -> Body:
    return Body(limit, seconds, RequestQueue(1.0))


def _app(  # noqa: PLR0913 (one argument a part)
    engine: Any,
    knowledge: Any,
    log: Any = None,
    *,
    contract: Contract = CONTRACT,
    root_path: str = "",
    pages: tuple[str, ...] = PAGES,
) -> OuterMiddleware:
    metrics = Metrics(CollectorRegistry())
    return build(
        engine=engine,
        catalogue=catalogue(knowledge),
        contract=contract,
        pages={name: page(name) for name in pages},
        body=_body(65536, 1.0),
        metrics=metrics,
        access_log=AccessLog(open_log("info", "json", log or io.BytesIO()), metrics, "1.2.3"),
        root_path=root_path,
    )


@pytest.fixture
def knowledge(small_engine: Engine) -> Any:
    """The small knowledge."""
    return small_engine.knowledge


@pytest.fixture
def app(small_engine: Engine, knowledge: Any) -> OuterMiddleware:
    """The complete application with the small knowledge."""
    return _app(small_engine, knowledge)


def test_the_answer_is_the_engines_bytes(app: OuterMiddleware, small_engine: Engine) -> None:
    """The body of an assessment is the engine's bytes."""
    assert ask(app, "POST", "/assess", GOOD).body == small_engine.answer(small_engine.read(GOOD)).body


def test_an_unexpected_error_is_500_without_a_trace(knowledge: Any) -> None:
    """An internal error contains no detail and no value of the request; the log has its place."""
    log = io.BytesIO()
    reply = ask(_app(Broken(), knowledge, log), "POST", "/assess", b"secret")
    assert reply.status == 500
    assert json.loads(reply.body)["type"] == INTERNAL.type
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["severity"], line["error"], line["problem"]) == ("error", "ValueError", "internal-error")
    assert any(place.endswith(" read") for place in line["at"])
    assert b"secret" not in reply.body + log.getvalue()


def test_an_error_outside_the_framework_is_500_too(app: OuterMiddleware) -> None:
    """An error outside the framework is also answered with a problem."""

    async def failing(*_: Any) -> None:
        raise KeyError("secret")

    reply = ask(_around(failing, app), "GET", "/")
    assert (reply.status, reply.headers["content-type"]) == (500, "application/problem+json")
    assert b"secret" not in reply.body


def test_a_cancelled_request_is_503(app: OuterMiddleware) -> None:
    """A request cancelled by the stop gets 503."""

    async def cancelled(*_: Any) -> None:
        raise asyncio.CancelledError

    reply = ask(_around(cancelled, app), "GET", "/")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")


def test_an_answer_that_breaks_off_is_not_answered_twice(app: OuterMiddleware) -> None:
    """After the start of a response, an error sends no further message."""
    sent = []

    async def breaking(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "method": "GET", "headers": []}
    asyncio.run(_around(breaking, app)(scope, None, send))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["http.response.start"]


def test_other_protocols_are_passed_on(app: OuterMiddleware) -> None:
    """The middleware passes other protocols on."""
    seen = []

    async def inner(scope: Any, *_: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(_around(inner, app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_readiness_turns_to_503_when_a_stop_begins(app: OuterMiddleware) -> None:
    """Readiness is 503 once a stop begins, and liveness stays 200."""
    assert ask(app, "GET", "/health/ready").status == 200
    app.readiness.is_ready = False
    reply = ask(app, "GET", "/health/ready")
    assert (reply.status, reply.headers["connection"]) == (503, "close")
    assert ask(app, "GET", "/health/live").status == 200


def test_every_kind_and_entry_is_served(app: OuterMiddleware, knowledge: Any) -> None:
    """The knowledge is served as a whole, by kind and by id."""
    documents = catalogue(knowledge)
    assert ask(app, "GET", "/knowledge").body == documents.whole
    for kind, document in documents.kinds.items():
        assert ask(app, "GET", f"/knowledge/{kind}").body == document
    for (kind, id_), document in documents.entries.items():
        assert ask(app, "GET", f"/knowledge/{kind}/{id_}").body == document


def test_the_contract_is_served_byte_for_byte(tmp_path: Path, small_engine: Engine, knowledge: Any) -> None:
    """The YAML and the JSON are the bytes of their files."""
    (tmp_path / "other.yaml").write_bytes(CONTRACT.yaml)
    (tmp_path / "other.json").write_bytes(CONTRACT.json)
    app = _app(small_engine, knowledge, contract=read(tmp_path / "other.yaml"))
    bodies = (ask(app, "GET", "/openapi.yaml").body, ask(app, "GET", "/openapi.json").body)
    assert bodies == (CONTRACT.yaml, CONTRACT.json)


@pytest.mark.parametrize("has_try", [False, True])
def test_the_start_page_links_to_served_documents(small_engine: Engine, knowledge: Any, *, has_try: bool) -> None:
    """`GET /` is HTML with relative links to served documents; it links to `/try` only if that page is served."""
    app = _app(small_engine, knowledge, pages=PAGES if has_try else ("docs",))
    reply = ask(app, "GET", "/")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    links = re.findall(r'href="([^"]*)"', reply.body.decode())
    assert links == ["try"] * has_try + ["docs", "openapi.yaml", "openapi.json", "knowledge"]
    assert [ask(app, "GET", f"/{link}").status for link in links if link != "try"] == [200] * 4
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert not re.search(r"script|style|src=", reply.body.decode())


def test_the_start_page_behaves_like_other_documents(app: OuterMiddleware) -> None:
    """`/` takes GET and HEAD, has an ETag, and refuses other methods with `Allow`."""
    get, head = ask(app, "GET", "/"), ask(app, "HEAD", "/")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(get.body)))
    held = ask(app, "GET", "/", headers=((b"if-none-match", get.headers["etag"].encode()),))
    assert (held.status, held.body) == (304, b"")
    refused = ask(app, "POST", "/", GOOD)
    assert (refused.status, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS"})


def test_the_start_page_of_a_prefix_ends_with_a_slash(small_engine: Engine, knowledge: Any) -> None:
    """The page's links are relative, so the prefix without a trailing slash redirects."""
    app = _app(small_engine, knowledge, root_path="/sports/triage")
    reply = ask(app, "GET", "/sports/triage")
    assert (reply.status, reply.headers["location"], reply.body) == (308, "triage/", b"")
    assert ask(app, "GET", "/sports/triage/").body == ask(app, "GET", "/").body != b""


@pytest.mark.parametrize(
    ("page_name", "files"),
    [("docs", ["page.css", "scalar.js", "init.js"]), ("try", ["try.css", "try.js"])],
)
def test_a_page_needs_no_other_host(app: OuterMiddleware, page_name: str, files: list[str]) -> None:
    """A page loads only files of this service, runs no inline script, and has no dead link."""
    html = ask(app, "GET", f"/{page_name}").body.decode()
    assert "://" not in html
    assert '"/' not in html
    assert "<script>" not in html
    assert "style=" not in html
    for name in files:
        assert f'"{page_name}/{name}"' in html
        assert ask(app, "GET", f"/{page_name}/{name}").status == 200
    policy = ask(app, "GET", f"/{page_name}").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    # Scalar inserts style elements; nothing else may be inline.
    assert policy.count("unsafe") == policy.count("style-src 'self' 'unsafe-inline'") == (page_name == "docs")


def test_the_viewer_is_the_released_one() -> None:
    """The viewer's bundle is the file whose package, version and digest are in `NOTICE`."""
    (digest,) = re.findall(r"^SHA-256: (\w+)$", (_DOCS / "NOTICE").read_text(), re.MULTILINE)
    assert hashlib.sha256((_DOCS / "scalar.js").read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_at_one_address(app: OuterMiddleware, name: str) -> None:
    """A page has one path, because its links are relative; a trailing slash redirects."""
    assert ask(app, "GET", f"/{name}/index.html").status == 404
    for method in ("GET", "HEAD"):
        reply = ask(app, method, f"/{name}/")
        assert (reply.status, reply.headers["location"], reply.body) == (308, f"../{name}", b"")


@pytest.mark.parametrize("path", ["/try", "/try/", "/try/try.js", "/try/try.css"])
def test_the_demonstration_can_be_disabled(small_engine: Engine, knowledge: Any, path: str) -> None:
    """Without the page `try`, neither it nor its files are served; with it, each is."""
    without = _app(small_engine, knowledge, pages=("docs",))
    assert ask(without, "GET", path).status == 404
    assert ask(without, "GET", "/docs").status == 200
    assert ask(_app(small_engine, knowledge), "GET", path).status in {200, 308}


def test_the_demonstration_names_no_other_host(app: OuterMiddleware) -> None:
    """The script and the style of the page `try` contain no address, and the script evaluates no text."""
    files = {name: ask(app, "GET", f"/try/{name}").body.decode() for name in ("try.js", "try.css")}
    assert [name for name, text in files.items() if "://" in text] == []
    assert [word for word in ("@import", "url(") if word in files["try.css"]] == []
    assert [word for word in ("innerHTML", "outerHTML", "eval(", "Function(") if word in files["try.js"]] == []


def test_a_prefix_is_removed_from_the_path(small_engine: Engine, knowledge: Any) -> None:
    """A path with the prefix is answered, logged and counted like the path without it."""
    log = io.BytesIO()
    app = _app(small_engine, knowledge, log, root_path="/sports/triage")
    for prefix in ("", "/sports/triage"):
        assert ask(app, "POST", f"{prefix}/assess", GOOD).status == 200
        assert ask(app, "POST", f"{prefix}/knowledge", GOOD).status == 405
        assert ask(app, "GET", f"{prefix}/health/ready").status == 200
        assert ask(app, "GET", f"{prefix}/docs/").headers["location"] == "../docs"
        assert ask(app, "GET", f"{prefix}/try").status == 200
    routes = [json.loads(line)["route"] for line in log.getvalue().splitlines()]
    assert routes == ["/assess", "/knowledge", "/health/ready", "/docs", "/try"] * 2
    for path in (
        "/sports/triages/assess",
        "/sports/triage/sports/triage/docs",
        "/sports/assess",
        "/docs/sports/triage/assess",
        "/SPORTS/triage/assess",
    ):
        assert ask(app, "POST", path, GOOD).status == 404, path


def test_a_prefix_is_removed_from_the_route_of_an_early_refusal(small_engine: Engine, knowledge: Any) -> None:
    """A request that is refused before it starts is counted under its route, as the alerts expect."""
    app = _app(small_engine, knowledge, root_path="/triage")
    for path in ("/triage/assess", "/assess"):
        scope: Any = {"type": "http", "method": "POST", "path": path, "headers": []}
        app.refuse(scope)
    series = re.findall(r"triage_http_requests_total{(\S+)} (\S+)", ask(app, "GET", "/metrics").body.decode())
    assert ('method="POST",route="/assess",status="503"', "2.0") in series


def test_no_prefix_takes_a_route_away(app: OuterMiddleware) -> None:
    """A prefix that collides with a route is an invalid setting."""
    inner = app.app
    assert isinstance(inner, Litestar)
    firsts = {route.path.split("/")[1] for route in inner.routes}
    assert {"assess", "docs", "openapi.json", "metrics", "try"} <= firsts
    for first in firsts:
        for prefix in (f"/{first}", f"/{first}/more"):
            with pytest.raises(errors.SettingsFault, match="TRIAGE_ROOT_PATH: must be a path such as /triage"):
                settings.read({"TRIAGE_ROOT_PATH": prefix})


def test_without_a_setting_no_prefix_is_known(app: OuterMiddleware) -> None:
    """Without the setting, no prefix is removed."""
    assert ask(app, "POST", "/triage/assess", GOOD).status == 404


def test_cors_needs_a_setting(app: OuterMiddleware) -> None:
    """CORS is off unless configured."""
    reply = ask(app, "POST", "/assess", GOOD, (*JSON, (b"origin", b"https://a.example")))
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_a_problem_follows_rfc_9457(kind: Any) -> None:
    """Type, title and detail are constant per type; `instance` is the request id."""
    problem = json.loads(body_of(kind, "abc"))
    assert problem == {
        "type": f"urn:runner-triage:problem:{kind.like or kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
        "instance": "abc",
    }


def test_problem_types_are_distinct() -> None:
    """No two types share a slug, and every fault of a request has one."""
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    of_a_body = errors.MalformedBody.__subclasses__()
    assert set(OF_FAULT) == {*errors.RequestFault.__subclasses__(), *of_a_body}


def test_errors_of_the_framework_are_problems_too() -> None:
    """A refusal of the framework has a type, and a failure of the framework is internal."""
    assert kind_at_the_edge(NotFoundException()) is NOT_FOUND
    assert kind_at_the_edge(HTTPException(status_code=400)).status == 400
    assert kind_at_the_edge(HTTPException(status_code=502)) is INTERNAL


def _around(inner: Any, app: OuterMiddleware) -> OuterMiddleware:
    """The middleware of `app` around another application."""
    return OuterMiddleware(
        inner, access_log=app.access_log, readiness=app.readiness, queue=app.queue, arrays=ArrayMemory(), cors=Cors(())
    )


def _read(body: Body, *messages: dict[str, Any], headers: Iterable[tuple[bytes, bytes]] = JSON) -> bytes:
    waiting = iter(messages)

    async def receive() -> Any:
        try:
            return next(waiting)
        except StopIteration:
            await asyncio.sleep(60)

    scope: Any = {"headers": headers}
    return asyncio.run(body.read(scope, receive))


def test_a_body_is_assembled_from_its_parts() -> None:
    """A body may arrive in parts."""
    parts = [{"type": "http.request", "body": part, "more_body": part != b"c"} for part in (b"a", b"", b"b", b"c")]
    assert _read(_body(3, 1), *parts) == b"abc"


def test_a_connection_that_ends_early_leaves_no_body() -> None:
    """An incomplete body is discarded."""
    first = {"type": "http.request", "body": b"a", "more_body": True}
    with pytest.raises(errors.IncompleteBody):
        _read(_body(3, 1), first, {"type": "http.disconnect"})


def test_a_body_has_a_time_and_a_size() -> None:
    """A body that stalls, grows or is announced as too large is refused."""
    first = {"type": "http.request", "body": b"ab", "more_body": True}
    with pytest.raises(errors.BodyTimeout):
        _read(_body(3, 0.01), first)
    with pytest.raises(errors.BodyTooLarge):
        _read(_body(3, 1), first, first)
    for length in (b"4", b"9" * 5000, b"-1", b"x"):
        with pytest.raises(errors.BodyTooLarge):
            _read(_body(3, 1), headers=(*JSON, (b"content-length", length)))


def test_equal_documents_have_equal_tags() -> None:
    """The ETag depends on the bytes alone, so it is equal in every worker and replica."""

    def etag(body: bytes, *accepted: tuple[bytes, bytes]) -> str:
        request: Any = SimpleNamespace(scope={"headers": accepted})
        answered = Document(body).answer(request)
        return dict(answered.headers)[b"etag"].decode()

    assert etag(b"a") == etag(b"a") != etag(b"b")
    assert etag(b"a" * 5000, *GZIP) == etag(b"a" * 5000, *GZIP) != etag(b"b" * 5000, *GZIP)


GZIP = ((b"accept-encoding", b"gzip"),)
LARGE = ["/knowledge", "/knowledge/findings", "/openapi.json", "/openapi.yaml", "/docs/scalar.js"]


@pytest.fixture
def shipped(small_engine: Engine, knowledge: Any) -> OuterMiddleware:
    """The application with the shipped contract and the small knowledge."""
    return _app(small_engine, knowledge, contract=read(SHIPPED))


@pytest.mark.parametrize("path", LARGE)
def test_a_large_document_is_compressed_for_clients_that_accept_it(shipped: OuterMiddleware, path: str) -> None:
    """The gzip representation decodes to the plain one, is smaller, and has `Vary`."""
    plain, coded = ask(shipped, "GET", path, headers=()), ask(shipped, "GET", path, headers=GZIP)
    assert (plain.status, coded.status) == (200, 200)
    assert gzip.decompress(coded.body) == plain.body
    assert len(coded.body) < len(plain.body) / 2
    assert coded.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    for reply in (plain, coded):
        assert reply.headers["vary"] == "accept-encoding"
        assert reply.headers["content-length"] == str(len(reply.body))
        assert reply.headers["etag"].startswith('"')
    assert plain.headers["etag"] != coded.headers["etag"]
    assert plain.headers["content-type"] == coded.headers["content-type"]


@pytest.mark.parametrize("path", LARGE)
@pytest.mark.parametrize("accept", [(), GZIP], ids=["plain", "gzip"])
def test_head_has_the_fields_of_get(
    shipped: OuterMiddleware, path: str, accept: tuple[tuple[bytes, bytes], ...]
) -> None:
    """HEAD has the fields of GET for the same representation, including its length, and no body."""
    head, get = ask(shipped, "HEAD", path, headers=accept), ask(shipped, "GET", path, headers=accept)
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}


@pytest.mark.parametrize("accept", [(), GZIP], ids=["plain", "gzip"])
def test_each_representation_has_a_tag_of_its_own(
    shipped: OuterMiddleware, accept: tuple[tuple[bytes, bytes], ...]
) -> None:
    """A cached copy gets 304 by weak comparison; the ETag of the other representation does not."""
    etag = ask(shipped, "GET", "/knowledge", headers=accept).headers["etag"]
    other = ask(shipped, "GET", "/knowledge", headers=() if accept else GZIP).headers["etag"]
    for held in (etag, f"W/{etag}", f'"a", {etag}', f"{other}, {etag}", "*"):
        for method in ("GET", "HEAD"):
            reply = ask(shipped, method, "/knowledge", headers=(*accept, (b"if-none-match", held.encode())))
            assert (reply.status, reply.body) == (304, b""), held
            assert reply.headers["etag"] == etag
            assert reply.headers["vary"] == "accept-encoding"
            assert not {"content-encoding", "content-length", "content-type"} & reply.headers.keys()
    for held in (other, f"W/{other}", '"a"', etag.strip('"'), ""):
        assert ask(shipped, "GET", "/knowledge", headers=(*accept, (b"if-none-match", held.encode()))).status == 200
    fields = ((b"if-none-match", b'"a"'), (b"if-none-match", etag.encode()))
    assert ask(shipped, "GET", "/knowledge", headers=(*accept, *fields)).status == 304


def test_documents_that_fit_one_packet_are_not_compressed(shipped: OuterMiddleware) -> None:
    """A small document has one representation, and no `Vary`."""
    reply = ask(shipped, "GET", "/docs", headers=GZIP)
    assert not {"content-encoding", "vary"} & reply.headers.keys()


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/assess"), ("POST", "/assess/batch"), ("GET", "/nothing"), ("GET", "/metrics"), ("GET", "/health/live")],
)
def test_nothing_else_is_compressed(app: OuterMiddleware, method: str, path: str) -> None:
    """A response to a request body is never compressed, because its length would reveal the content."""
    body = GOOD if path == "/assess" else b"[" + GOOD + b"]"
    reply = ask(app, method, path, body, (*JSON, *GZIP))
    assert not {"content-encoding", "vary"} & reply.headers.keys()


def test_an_answer_is_explained_on_request(app: OuterMiddleware, small_engine: Engine) -> None:
    """`?explain=full` adds one member after the bytes of the plain response, and the log line is the same."""
    plain, explained = ask(app, "POST", "/assess", GOOD), ask(app, "POST", "/assess?explain=full", GOOD)
    assert explained.status == plain.status == 200
    assert explained.body.startswith(plain.body[:-1] + b',"explanation":{')
    assert small_engine.answer(small_engine.read(GOOD)).body == plain.body


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("explain=", ["explain"]),
        ("explain=some", ["explain"]),
        ("explain=full&explain=none", ["explain"]),
        ("explian=full", ["unknown_parameter"]),
        ("explain=some&zq9canary=1", ["explain", "unknown_parameter"]),
    ],
)
@pytest.mark.parametrize("path", ["/assess", "/assess/batch"])
def test_an_invalid_query_is_reported_as_such(app: OuterMiddleware, path: str, query: str, codes: list[str]) -> None:
    """An unknown parameter or value is a problem of the query, not of the body, and is never repeated."""
    rejected = ask(app, "POST", f"{path}?{query}", GOOD)
    problem = json.loads(rejected.body)
    assert (rejected.status, problem["type"]) == (422, "urn:runner-triage:problem:invalid-query")
    assert [fault["code"] for fault in problem["errors"]] == codes
    assert b"zq9canary" not in rejected.body


def test_every_response_names_the_version_of_the_contract(app: OuterMiddleware) -> None:
    """Both good responses and problems have `API-Version`."""
    responses = [ask(app, "POST", "/assess", GOOD), ask(app, "GET", "/no/such"), ask(app, "GET", "/health/live")]
    assert [response.headers["api-version"] for response in responses] == [API_VERSION] * 3


def test_kinds_of_one_type_are_the_same_to_a_client() -> None:
    """One type has one title and one status, whatever its kind in the log."""
    by_type: dict[str, set[tuple[str, int]]] = {}
    for kind in KINDS:
        by_type.setdefault(kind.type, set()).add((kind.title, kind.status))
    assert [type_ for type_, seen in by_type.items() if len(seen) > 1] == []


def test_a_route_answers_its_method_and_the_framework_the_others(app: OuterMiddleware) -> None:
    """Another method gets `Allow`, and `OPTIONS` is answered by the framework."""
    assert ask(app, "GET", "/assess").headers["allow"] == "POST, OPTIONS"
    assert ask(app, "OPTIONS", "/assess/batch").status == 204
