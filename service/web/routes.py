"""Every route: decode, call, answer, in one expression each."""

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
from service.web.answer import Answer, Document, answer
from service.web.array_memory import ArrayMemory
from service.web.batch import Batch, Stream, begun
from service.web.body import JSON, NDJSON, Body, media_type
from service.web.door import Toll, door
from service.web.observe import Readiness, record_of, refusal
from service.web.page import INDEX
from service.web.scope_keys import release_of

AnyRequest: TypeAlias = Request[Any, Any, Any]
BATCH_TIMES: Final = 64
"""How much longer than one request an array of them may be, in bytes."""

_EXPLAIN: Final = "explain"
_EXPLAIN_FAULT: Final = Fault("", "explain", "the query parameter explain must be full")
_PARAMETER_FAULT: Final = Fault("", "unknown_parameter", "a query parameter is not known; the only one is explain")
READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
_LIVE: Final = msgspec.json.encode({"status": "live"})
_READY: Final = msgspec.json.encode({"status": "ready"})


def assess(engine: Engine, body: Body, access: Access | None = None) -> HTTPRouteHandler:
    """`POST /assess`, behind a door where there are keys or limits."""

    async def answered(scope: Scope, receive: Receive) -> ASGIApp:
        given = _way(engine, scope)
        media_type(scope["headers"])
        return answer(_noted(scope, given(engine.read(await body.read(scope, receive)))))

    @post("/assess", name="assess", status_code=200, middleware=[*_doors(access), at_once(answered)])
    async def handler() -> None:
        """Declared for its path and its methods; answered at once."""

    return handler


def assess_batch(
    engine: Engine, body: Body, access_log: AccessLog, arrays: ArrayMemory, access: Access | None = None
) -> HTTPRouteHandler:
    """`POST /assess/batch`: an array of requests, or a stream of lines; each item pays for itself."""
    whole = Body(BATCH_TIMES * body.limit, body.seconds, body.queue)

    async def answered(scope: Scope, receive: Receive) -> ASGIApp:
        record = record_of(scope)
        items = Items(engine.read, _way(engine, scope), body.limit)
        batch = Batch(items, access_log, record, Toll(access, scope), partial(body.queue.slice_turn, scope))
        media = media_type(scope["headers"], (JSON, NDJSON))
        if media == NDJSON:
            parts = await begun(body.parts(receive))
            return Stream(media, batch.lines(parts, Lines(body.limit), release_of(scope)), record)
        requests = items_of(await whole.read(scope, arrays.holding(scope, receive)))
        await batch.pay_whole(len(requests))
        return Stream(media, batch.array(requests), record)

    @post("/assess/batch", name="assess_batch", status_code=200, middleware=[*_doors(access), at_once(answered)])
    async def handler() -> None:
        """Declared for its path and its methods; answered at once."""

    return handler


def _doors(access: Access | None) -> list[Middleware]:
    return [] if access is None else [door(access)]


def at_once(answered: Callable[[Scope, Receive], Awaitable[ASGIApp]]) -> Callable[[ASGIApp], ASGIApp]:
    """Answers before the framework makes a request of what came, which nobody would read.

    That is three quarters of the time that a bare handler takes. The route is still the framework's: which path and
    which method come here, and what all others are told.
    """

    def instead(app: ASGIApp) -> ASGIApp:  # noqa: ARG001 (the framework names it)
        async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
            await (await answered(scope, receive))(scope, receive, send)

        return asgi

    return instead


def document(path: str, served: Document) -> HTTPRouteHandler:
    """A document at one path."""

    @route(path, name=path, http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return served.answer(request)

    return handler


def start(page: Document) -> HTTPRouteHandler:
    """`GET /`: the start page, whose links are relative, so a prefix without a slash at its end is sent on."""

    @route("/", name="start", http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        last = request.scope["raw_path"].rpartition(b"/")[2]
        return _redirect(last + b"/") if last else page.answer(request)

    return handler


def page(name: str, files: Mapping[str, Document]) -> Iterator[HTTPRouteHandler]:
    """A page at `/<name>`, whose links are relative to this path: a slash at its end redirects, files are below it."""
    redirect = _redirect(b"../" + name.encode())

    @route(f"/{name}", name=name, http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return redirect if request.scope["raw_path"].endswith(b"/") else files[INDEX].answer(request)

    yield handler
    yield from (document(f"/{name}/{file}", served) for file, served in files.items() if file != INDEX)


def documents(path: str, served: Mapping[tuple[str, ...], Document]) -> HTTPRouteHandler:
    """Documents by the parameters of one path template."""

    @route(path, name=path, http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return _found(served, tuple(request.path_params.values())).answer(request)

    return handler


def live() -> HTTPRouteHandler:
    """`GET /health/live`: the process answers."""

    @route("/health/live", name="live", http_method=READ, sync_to_thread=False)
    def handler() -> ASGIApp:
        return answer(_LIVE)

    return handler


def ready(readiness: Readiness) -> HTTPRouteHandler:
    """`GET /health/ready`: new requests should come here; 503 from the moment a stop begins."""

    @route("/health/ready", name="ready", http_method=READ, sync_to_thread=False)
    def handler(request: AnyRequest) -> ASGIApp:
        return answer(_READY) if readiness.is_ready else refusal(record_of(request.scope), STOPPING)

    return handler


def metrics(counted: Metrics) -> HTTPRouteHandler:
    """`GET /metrics`."""

    @route("/metrics", name="metrics", http_method=READ, sync_to_thread=False)
    def handler() -> ASGIApp:
        return answer(counted.text(), MEDIA_TYPE)

    return handler


def _redirect(location: bytes) -> Answer:
    return Answer(308, b"", ((b"location", location), (b"content-length", b"0")))


def _noted(scope: Scope, assessed: EncodedAssessment) -> bytes:
    """The answer's bytes, after the log line has been told of what they say."""
    record_of(scope).assessed = assessed
    return assessed.body


def _way(engine: Engine, scope: Scope) -> Callable[[Report], EncodedAssessment]:
    """How the request wants to be answered: plainly, or with what stands behind the answer."""
    return engine.answer_explained if _is_to_be_explained(scope["query_string"]) else engine.answer


def _is_to_be_explained(query: bytes) -> bool:
    """Return True if the query is `explain=full`; raises `InvalidQuery` for any other parameter or value."""
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
