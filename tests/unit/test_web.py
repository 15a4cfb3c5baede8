"""The edge in process: bodies, answers, problems and what wraps them, where no socket is needed."""

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
from service.web.contract import SHIPPED, Contract
from service.web.cors import Cors
from service.web.observe import Observe
from service.web.page import page
from service.web.request_queue import RequestQueue

JSON = ((b"content-type", b"application/json"),)
CONTRACT = b"openapi: 3.1.0\ninfo: {date: 2020-01-01}\n"
PAGES = ("docs", "try")
_DOCS = Path(page_module.__file__).parent / "docs"
GOOD = b'{"findings": {"ache": true}}'


@dataclass
class Reply:
    """What an ASGI application sent."""

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
    """One request, answered."""
    return asyncio.run(_ask(app, method, path, body, headers))


class Broken:
    """An engine that fails in a way that nobody foresaw."""

    version, digest = "0.0.0", "sha256:0"

    def read(self, body: bytes) -> None:
        """Fail with what was sent."""
        raise ValueError(body)

    answer = answer_explained = read


def _body(limit: int, seconds: float) -> Body:
    return Body(limit, seconds, RequestQueue(1.0))


def _app(  # noqa: PLR0913 (one argument a part)
    engine: Any,
    knowledge: Any,
    log: Any = None,
    *,
    contract: bytes = CONTRACT,
    root_path: str = "",
    pages: tuple[str, ...] = PAGES,
) -> Observe:
    metrics = Metrics(CollectorRegistry())
    return build(
        engine=engine,
        catalogue=catalogue(knowledge),
        contract=Contract(contract),
        pages={name: page(name) for name in pages},
        body=_body(65536, 1.0),
        metrics=metrics,
        access_log=AccessLog(open_log("info", "json", log or io.BytesIO()), metrics, "1.2.3"),
        root_path=root_path,
    )


@pytest.fixture
def knowledge(small_engine: Engine) -> Any:
    """The small knowledge."""
    return small_engine._knowledge


@pytest.fixture
def app(small_engine: Engine, knowledge: Any) -> Observe:
    """The whole application with the small knowledge."""
    return _app(small_engine, knowledge)


def test_the_answer_is_the_engines_bytes(app: Observe, small_engine: Engine) -> None:
    """The edge adds nothing to an assessment and takes nothing away."""
    assert ask(app, "POST", "/assess", GOOD).body == small_engine.answer(small_engine.read(GOOD)).body


def test_what_nobody_foresaw_is_500_without_a_trace(knowledge: Any) -> None:
    """An internal error says nothing of the inside and nothing of the request; the log says where it came from."""
    log = io.BytesIO()
    reply = ask(_app(Broken(), knowledge, log), "POST", "/assess", b"secret")
    assert reply.status == 500
    assert json.loads(reply.body)["type"] == INTERNAL.type
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["severity"], line["error"], line["problem"]) == ("error", "ValueError", "internal-error")
    assert any(place.endswith(" read") for place in line["at"])
    assert b"secret" not in reply.body + log.getvalue()


def test_an_error_outside_the_framework_is_500_too(app: Observe) -> None:
    """Whatever fails below the outermost layer is answered as a problem."""

    async def failing(*_: Any) -> None:
        raise KeyError("secret")

    reply = ask(_around(failing, app), "GET", "/")
    assert (reply.status, reply.headers["content-type"]) == (500, "application/problem+json")
    assert b"secret" not in reply.body


def test_a_cancelled_request_is_503(app: Observe) -> None:
    """A request that the stop can wait for no longer is told so."""

    async def cancelled(*_: Any) -> None:
        raise asyncio.CancelledError

    reply = ask(_around(cancelled, app), "GET", "/")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")


def test_an_answer_that_breaks_off_is_not_answered_twice(app: Observe) -> None:
    """Where an answer has begun, nothing is sent after an error."""
    sent = []

    async def breaking(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "method": "GET", "headers": []}
    asyncio.run(_around(breaking, app)(scope, None, send))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["http.response.start"]


def test_what_is_not_http_is_passed_on(app: Observe) -> None:
    """The outermost layer speaks of HTTP alone."""
    seen = []

    async def inner(scope: Any, *_: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(_around(inner, app)({"type": "lifespan"}, None, None))  # type: ignore[typeddict-item,arg-type]
    assert seen == ["lifespan"]


def test_readiness_turns_to_503_when_a_stop_begins(app: Observe) -> None:
    """From the moment a stop begins new requests are sent elsewhere; the process is alive all the same."""
    assert ask(app, "GET", "/health/ready").status == 200
    app.readiness.is_ready = False
    reply = ask(app, "GET", "/health/ready")
    assert (reply.status, reply.headers["connection"]) == (503, "close")
    assert ask(app, "GET", "/health/live").status == 200


def test_every_kind_and_entry_is_served(app: Observe, knowledge: Any) -> None:
    """All that the knowledge holds can be read, as a whole, by kind and by id."""
    documents = catalogue(knowledge)
    assert ask(app, "GET", "/knowledge").body == documents.whole
    for kind, document in documents.kinds.items():
        assert ask(app, "GET", f"/knowledge/{kind}").body == document
    for (kind, id_), document in documents.entries.items():
        assert ask(app, "GET", f"/knowledge/{kind}/{id_}").body == document


def test_the_contract_is_served_byte_for_byte() -> None:
    """The YAML is the file itself, and the JSON the same document, dates as the text that they are."""
    source = b"openapi: 3.1.0 # words\ninfo: {date: 2020-01-01, answer: true}\n"
    contract = Contract(source)
    assert contract.yaml.body == source
    assert json.loads(contract.json.body) == {"openapi": "3.1.0", "info": {"date": "2020-01-01", "answer": True}}


@pytest.mark.parametrize("has_try", [False, True])
def test_the_start_page_links_to_what_is_served(small_engine: Engine, knowledge: Any, *, has_try: bool) -> None:
    """`GET /` is HTML with relative links to served documents; it names `/try` only if that page is served."""
    app = _app(small_engine, knowledge, pages=PAGES if has_try else ("docs",))
    reply = ask(app, "GET", "/")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    links = re.findall(r'href="([^"]*)"', reply.body.decode())
    assert links == ["try"] * has_try + ["docs", "openapi.yaml", "openapi.json", "knowledge"]
    assert [ask(app, "GET", f"/{link}").status for link in links if link != "try"] == [200] * 4
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert not re.search(r"script|style|src=", reply.body.decode())


def test_the_start_page_behaves_like_other_documents(app: Observe) -> None:
    """`/` takes GET and HEAD, has a tag, and refuses other methods with `Allow`."""
    get, head = ask(app, "GET", "/"), ask(app, "HEAD", "/")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(get.body)))
    held = ask(app, "GET", "/", headers=((b"if-none-match", get.headers["etag"].encode()),))
    assert (held.status, held.body) == (304, b"")
    refused = ask(app, "POST", "/", GOOD)
    assert (refused.status, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS"})


def test_the_start_page_of_a_prefix_ends_with_a_slash(small_engine: Engine, knowledge: Any) -> None:
    """The links of the page hold below a prefix: without a slash at its end, the path is sent on."""
    app = _app(small_engine, knowledge, root_path="/sports/triage")
    reply = ask(app, "GET", "/sports/triage")
    assert (reply.status, reply.headers["location"], reply.body) == (308, "triage/", b"")
    assert ask(app, "GET", "/sports/triage/").body == ask(app, "GET", "/").body != b""


@pytest.mark.parametrize(
    ("page_name", "files"),
    [("docs", ["page.css", "scalar.js", "init.js"]), ("try", ["try.css", "try.js"])],
)
def test_a_page_needs_no_other_host(app: Observe, page_name: str, files: list[str]) -> None:
    """A page loads what this service serves, runs no inline script, and names nothing that is missing."""
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
    """The bundle of the viewer is the file whose package, version and digest `NOTICE` names."""
    (digest,) = re.findall(r"^SHA-256: (\w+)$", (_DOCS / "NOTICE").read_text(), re.MULTILINE)
    assert hashlib.sha256((_DOCS / "scalar.js").read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_at_one_address(app: Observe, name: str) -> None:
    """The relative links of a page hold at one path: a slash at its end redirects, and the file has no path."""
    assert ask(app, "GET", f"/{name}/index.html").status == 404
    for method in ("GET", "HEAD"):
        reply = ask(app, method, f"/{name}/")
        assert (reply.status, reply.headers["location"], reply.body) == (308, f"../{name}", b"")


@pytest.mark.parametrize("path", ["/try", "/try/", "/try/try.js", "/try/try.css"])
def test_the_demonstration_can_be_left_out(small_engine: Engine, knowledge: Any, path: str) -> None:
    """Without the page `try`, neither it nor a file of it is served; with it, each is."""
    without = _app(small_engine, knowledge, pages=("docs",))
    assert ask(without, "GET", path).status == 404
    assert ask(without, "GET", "/docs").status == 200
    assert ask(_app(small_engine, knowledge), "GET", path).status in {200, 308}


def test_the_demonstration_names_no_other_host(app: Observe) -> None:
    """The script and the style of the page `try` hold no address, and the script runs no text as code."""
    files = {name: ask(app, "GET", f"/try/{name}").body.decode() for name in ("try.js", "try.css")}
    assert [name for name, text in files.items() if "://" in text] == []
    assert [word for word in ("@import", "url(") if word in files["try.css"]] == []
    assert [word for word in ("innerHTML", "outerHTML", "eval(", "Function(") if word in files["try.js"]] == []


def test_a_prefix_that_is_passed_on_is_taken_away(small_engine: Engine, knowledge: Any) -> None:
    """A path is answered, logged and counted as if it came without the prefix, and without it as before."""
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


def test_no_prefix_takes_a_route_away(app: Observe) -> None:
    """A prefix that a route begins with, as it is or with more behind it, is no setting."""
    inner: Any = app._app
    firsts = {route.path.split("/")[1] for route in inner.routes}
    assert {"assess", "docs", "openapi.json", "metrics", "try"} <= firsts
    for first in firsts:
        for prefix in (f"/{first}", f"/{first}/more"):
            with pytest.raises(errors.SettingsFault, match="TRIAGE_ROOT_PATH: must be a path such as /triage"):
                settings.read({"TRIAGE_ROOT_PATH": prefix})


def test_without_a_setting_no_prefix_is_known(app: Observe) -> None:
    """A prefix that is not set is not guessed."""
    assert ask(app, "POST", "/triage/assess", GOOD).status == 404


def test_cross_origin_answers_only_where_set(app: Observe) -> None:
    """CORS is off unless configured."""
    reply = ask(app, "POST", "/assess", GOOD, (*JSON, (b"origin", b"https://a.example")))
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_a_problem_is_what_rfc_9457_says(kind: Any) -> None:
    """Type, title and words are constant by type; `instance` is the request id."""
    problem = json.loads(body_of(kind, "abc"))
    assert problem == {
        "type": f"urn:runner-triage:problem:{kind.like or kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
        "instance": "abc",
    }


def test_problem_types_are_told_apart() -> None:
    """No two types share a slug, and every fault of a request has one."""
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    of_a_body = errors.MalformedBody.__subclasses__()
    assert set(OF_FAULT) == {*errors.RequestFault.__subclasses__(), *of_a_body}


def test_errors_of_the_framework_are_problems_too() -> None:
    """What the framework refuses by itself has a type; what it fails at is internal."""
    assert kind_at_the_edge(NotFoundException()) is NOT_FOUND
    assert kind_at_the_edge(HTTPException(status_code=400)).status == 400
    assert kind_at_the_edge(HTTPException(status_code=502)) is INTERNAL


def _around(inner: Any, app: Observe) -> Observe:
    """The outermost layer of `app` around another application."""
    return Observe(
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


def test_a_body_is_put_together() -> None:
    """A body may come in parts."""
    parts = [{"type": "http.request", "body": part, "more_body": part != b"c"} for part in (b"a", b"", b"b", b"c")]
    assert _read(_body(3, 1), *parts) == b"abc"


def test_a_connection_that_ends_early_leaves_no_body() -> None:
    """Half a body is none."""
    first = {"type": "http.request", "body": b"a", "more_body": True}
    with pytest.raises(errors.IncompleteBody):
        _read(_body(3, 1), first, {"type": "http.disconnect"})


def test_a_body_has_a_time_and_a_size() -> None:
    """A body that stalls, grows or is announced as too large is given up."""
    first = {"type": "http.request", "body": b"ab", "more_body": True}
    with pytest.raises(errors.BodyTimeout):
        _read(_body(3, 0.01), first)
    with pytest.raises(errors.BodyTooLarge):
        _read(_body(3, 1), first, first)
    for length in (b"4", b"9" * 5000, b"-1", b"x"):
        with pytest.raises(errors.BodyTooLarge):
            _read(_body(3, 1), headers=(*JSON, (b"content-length", length)))


def test_equal_documents_have_equal_tags() -> None:
    """The tag depends on the bytes alone, so every worker and replica gives the same."""

    def etag(body: bytes, *accepted: tuple[bytes, bytes]) -> str:
        request: Any = SimpleNamespace(scope={"headers": accepted})
        answered = Document(body).answer(request)
        return dict(answered.headers)[b"etag"].decode()

    assert etag(b"a") == etag(b"a") != etag(b"b")
    assert etag(b"a" * 5000, *GZIP) == etag(b"a" * 5000, *GZIP) != etag(b"b" * 5000, *GZIP)


GZIP = ((b"accept-encoding", b"gzip"),)
LARGE = ["/knowledge", "/knowledge/findings", "/openapi.json", "/openapi.yaml", "/docs/scalar.js"]


@pytest.fixture
def shipped(small_engine: Engine, knowledge: Any) -> Observe:
    """The application with the shipped contract and the small knowledge."""
    return _app(small_engine, knowledge, contract=SHIPPED.read_bytes())


@pytest.mark.parametrize("path", LARGE)
def test_a_large_document_is_compressed_for_clients_that_accept_it(shipped: Observe, path: str) -> None:
    """The gzip representation decodes to the plain one, is smaller, and says what it depends on."""
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
def test_head_says_what_get_would(shipped: Observe, path: str, accept: tuple[tuple[bytes, bytes], ...]) -> None:
    """HEAD has the fields of GET for the same representation, its length among them, and no body."""
    head, get = ask(shipped, "HEAD", path, headers=accept), ask(shipped, "GET", path, headers=accept)
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}


@pytest.mark.parametrize("accept", [(), GZIP], ids=["plain", "gzip"])
def test_each_representation_has_a_tag_of_its_own(shipped: Observe, accept: tuple[tuple[bytes, bytes], ...]) -> None:
    """A held copy gets 304, weakly compared; the tag of the other representation does not."""
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


def test_what_fits_one_packet_is_not_compressed(shipped: Observe) -> None:
    """A small document has one representation, so it does not vary."""
    reply = ask(shipped, "GET", "/docs", headers=GZIP)
    assert not {"content-encoding", "vary"} & reply.headers.keys()


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/assess"), ("POST", "/assess/batch"), ("GET", "/nothing"), ("GET", "/metrics"), ("GET", "/health/live")],
)
def test_nothing_else_is_compressed(app: Observe, method: str, path: str) -> None:
    """An answer that depends on a request is plain: its compressed length would tell of what is in it."""
    body = GOOD if path == "/assess" else b"[" + GOOD + b"]"
    reply = ask(app, method, path, body, (*JSON, *GZIP))
    assert not {"content-encoding", "vary"} & reply.headers.keys()


def test_an_answer_is_explained_on_request(app: Observe, small_engine: Engine) -> None:
    """`?explain=full` adds one member behind the bytes of the plain answer, and the log line is the same."""
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
def test_an_invalid_query_is_reported_as_such(app: Observe, path: str, query: str, codes: list[str]) -> None:
    """An unknown parameter or value is a problem of the query, not of the body, and is never repeated."""
    rejected = ask(app, "POST", f"{path}?{query}", GOOD)
    problem = json.loads(rejected.body)
    assert (rejected.status, problem["type"]) == (422, "urn:runner-triage:problem:invalid-query")
    assert [fault["code"] for fault in problem["errors"]] == codes
    assert b"zq9canary" not in rejected.body


def test_every_response_names_the_version_of_the_contract(app: Observe) -> None:
    """`API-Version` is on good responses and on problems alike."""
    responses = [ask(app, "POST", "/assess", GOOD), ask(app, "GET", "/no/such"), ask(app, "GET", "/health/live")]
    assert [response.headers["api-version"] for response in responses] == [API_VERSION] * 3


def test_kinds_of_one_type_are_the_same_to_a_client() -> None:
    """One type has one title and one status, whatever it is called in the log."""
    by_type: dict[str, set[tuple[str, int]]] = {}
    for kind in KINDS:
        by_type.setdefault(kind.type, set()).add((kind.title, kind.status))
    assert [type_ for type_, seen in by_type.items() if len(seen) > 1] == []


def test_a_route_answers_at_once_and_leaves_the_rest_to_the_framework(app: Observe) -> None:
    """Another method is told which one is taken, and `OPTIONS` is answered, without a word of ours."""
    assert ask(app, "GET", "/assess").headers["allow"] == "POST, OPTIONS"
    assert ask(app, "OPTIONS", "/assess/batch").status == 204
