"""The routes of the service.

Each route decodes, calls and answers in one expression.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

import msgspec
from litestar import Request, post, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Middleware, Receive, Scope, Send

from service.access.access import Access
from service.bulk.array import items_of
from service.bulk.items import Items
from service.bulk.lines import Lines
from service.engine import EncodedAssessment, Engine
from service.errors import Fault, InvalidQuery, UnknownEntry
from service.problems import STOPPING
from service.report.report import Report
from service.telemetry.access_log import AccessLog
from service.telemetry.metrics import MEDIA_TYPE, Metrics
from service.web.access_middleware import ExtraCharge, access_middleware
from service.web.answer import Answer, Document, answer
from service.web.array_memory import ArrayMemory
from service.web.batch import Batch, Stream, wait_for_first_part
from service.web.body import JSON, NDJSON, Body, media_type
from service.web.page import INDEX
from service.web.readiness import Readiness
from service.web.request_record import record_of, refusal
from service.web.scope_keys import release_of

AnyRequest: TypeAlias = Request[Any, Any, Any]
BATCH_TIMES: Final = 64
"""The longest array, as a multiple of the longest request in bytes."""

_EXPLAIN: Final = "explain"
_EXPLAIN_FAULT: Final = Fault("", "explain", "the query parameter explain must be full")
_PARAMETER_FAULT: Final = Fault("", "unknown_parameter", "a query parameter is not known; the only one is explain")
READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
_LIVE: Final = msgspec.json.encode({"status": "live"})
_READY: Final = msgspec.json.encode({"status": "ready"})


def assess(engine: Engine, body: Body, access: Access | None = None) -> HTTPRouteHandler:
    """Return the route `POST /assess`.

    Middleware checks keys and limits if any are configured.
    """

    async def respond(scope: Scope, receive: Receive) -> ASGIApp:
        assess_report = _engine_method(engine, scope)
        media_type(scope["headers"])
        return answer(_noted(scope, assess_report(engine.read(await body.read(scope, receive)))))

    @post("/assess", name="assess", status_code=200, middleware=[*_checks(access), bypass_handler(respond)])
    async def handler() -> None:
        """Declare the path and the methods; `bypass_handler` answers."""

    return handler


def assess_batch(
    engine: Engine, body: Body, access_log: AccessLog, arrays: ArrayMemory, access: Access | None = None
) -> HTTPRouteHandler:
    """Return the route `POST /assess/batch`.

    It takes an array of requests or a stream of lines. Each item is charged by itself.
    """
    whole = Body(BATCH_TIMES * body.limit, body.seconds, body.queue)

    async def respond(scope: Scope, receive: Receive) -> ASGIApp:
        record = record_of(scope)
        items = Items(engine.read, _engine_method(engine, scope), body.limit)
        batch = Batch(items, access_log, record, ExtraCharge(access, scope), partial(body.queue.slice_turn, scope))
        media = media_type(scope["headers"], (JSON, NDJSON))
        if media == NDJSON:
            parts = await wait_for_first_part(body.parts(receive))
            return Stream(media, batch.lines(parts, Lines(body.limit), release_of(scope)), record)
        requests = items_of(await whole.read(scope, arrays.holding(scope, receive)))
        await batch.charge_all(len(requests))
        return Stream(media, batch.array(requests), record)

    @post("/assess/batch", name="assess_batch", status_code=200, middleware=[*_checks(access), bypass_handler(respond)])
    async def handler() -> None:
        """Declare the path and the methods; `bypass_handler` answers."""

    return handler


def _checks(access: Access | None) -> list[Middleware]:
    return [] if access is None else [access_middleware(access)]


def bypass_handler(respond: Callable[[Scope, Receive], Awaitable[ASGIApp]]) -> Callable[[ASGIApp], ASGIApp]:
    """Return middleware that answers before the framework builds a request.

    No handler needs that request, and its construction is three quarters of the time of a bare handler. The framework
    still does the routing: it selects the path and the method, and refuses all others.
    """

    def middleware(app: ASGIApp) -> ASGIApp:  # noqa: ARG001 (the framework names it)
        async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
            await (await respond(scope, receive))(scope, receive, send)

        return asgi

    return middleware


def document(path: str, served: Document) -> HTTPRouteHandler:
    """Return the route of a document at one path."""

    @route(path, name=path, http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return served.answer(request)

    return handler


def start(page: Document) -> HTTPRouteHandler:
    """Return the route `GET /` of the start page.

    The links of the page are relative, so a prefix without a final slash is redirected.
    """

    @route("/", name="start", http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        last = request.scope["raw_path"].rpartition(b"/")[2]
        return _redirect(last + b"/") if last else page.answer(request)

    return handler


def page(name: str, files: Mapping[str, Document]) -> Iterator[HTTPRouteHandler]:
    """Yield the routes of a page at `/<name>`.

    The links of the page are relative to this path, so a final slash is redirected. The files are below it.
    """
    redirect = _redirect(b"../" + name.encode())

    @route(f"/{name}", name=name, http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return redirect if request.scope["raw_path"].endswith(b"/") else files[INDEX].answer(request)

    yield handler
    yield from (document(f"/{name}/{file}", served) for file, served in files.items() if file != INDEX)


def documents(path: str, served: Mapping[tuple[str, ...], Document]) -> HTTPRouteHandler:
    """Return the route of documents by their path parameters."""

    @route(path, name=path, http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return _found(served, tuple(request.path_params.values())).answer(request)

    return handler


def live() -> HTTPRouteHandler:
    """Return the route `GET /health/live` of the liveness probe."""

    @route("/health/live", name="live", http_method=READ, sync_to_thread=False)
    def handler() -> ASGIApp:
        return answer(_LIVE)

    return handler


def ready(readiness: Readiness) -> HTTPRouteHandler:
    """Return the route `GET /health/ready` of the readiness probe.

    It answers 503 from the moment a stop begins.
    """

    @route("/health/ready", name="ready", http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return answer(_READY) if readiness.is_ready else refusal(record_of(request.scope), STOPPING)

    return handler


def metrics(counted: Metrics) -> HTTPRouteHandler:
    """Return the route `GET /metrics`."""

    @route("/metrics", name="metrics", http_method=READ, sync_to_thread=False)
    def handler() -> ASGIApp:
        return answer(counted.text(), MEDIA_TYPE)

    return handler


def _redirect(location: bytes) -> Answer:
    return Answer(308, b"", ((b"location", location), (b"content-length", b"0")))


def _noted(scope: Scope, assessed: EncodedAssessment) -> bytes:
    """Return the body of an assessment.

    The record keeps the assessment for the log line.
    """
    record_of(scope).assessed = assessed
    return assessed.body


def _engine_method(engine: Engine, scope: Scope) -> Callable[[Report], EncodedAssessment]:
    """Return the engine's method for a request, plain or explained."""
    return engine.answer_explained if _is_to_be_explained(scope["query_string"]) else engine.answer


def _is_to_be_explained(query: bytes) -> bool:
    """Return whether the query is `explain=full`.

    Raises `InvalidQuery` for any other parameter or value.
    """
    if not query:
        return False
    parameters = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    values = parameters.pop(_EXPLAIN, [])
    faults = [_EXPLAIN_FAULT] * any(value != "full" for value in values) + [_PARAMETER_FAULT] * bool(parameters)
    if faults:
        raise InvalidQuery(tuple(faults))
    return bool(values)


def _found(served: Mapping[tuple[str, ...], Document], key: tuple[str, ...]) -> Document:
    if key not in served:
        raise UnknownEntry
    return served[key]
