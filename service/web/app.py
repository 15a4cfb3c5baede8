"""The application with all its routes and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from litestar import Litestar, Request
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.types import ExceptionHandler, Method
from litestar.utils import normalize_path

from service.access.access import Access
from service.engine import Engine
from service.errors import UnsupportedMediaType
from service.knowledge.catalogue import Catalogue
from service.problems import BAD_REQUEST, INTERNAL, METHOD, NOT_FOUND, Kind, faults_of, kind_of
from service.telemetry.access_log import AccessLog
from service.telemetry.metrics import Metrics
from service.web import routes
from service.web.answer import Answer, Document
from service.web.array_memory import ArrayMemory
from service.web.body import Body
from service.web.contract import Contract
from service.web.cors import Cors
from service.web.fast_path import FastPath
from service.web.outer_middleware import OuterMiddleware
from service.web.page import start_page
from service.web.readiness import Readiness
from service.web.request_record import record_of, refusal

OF_STATUS: Final[Mapping[int, Kind]] = {404: NOT_FOUND, 405: METHOD}
"""The problems that the framework itself raises, by status."""


def build(  # noqa: PLR0913 (one argument a part; the composition root names each)
    *,
    engine: Engine,
    catalogue: Catalogue,
    contract: Contract,
    pages: Mapping[str, Mapping[str, Document]],
    body: Body,
    metrics: Metrics,
    access_log: AccessLog,
    access: Access | None = None,
    cors_origins: tuple[str, ...] = (),
    root_path: str = "",
) -> OuterMiddleware:
    """Build the whole service as one ASGI application."""
    readiness = Readiness()
    arrays = ArrayMemory()
    app = Litestar(
        route_handlers=[
            routes.assess(engine, body, access),
            routes.assess_batch(engine, body, access_log, arrays, access),
            routes.document("/knowledge", Document(catalogue.whole)),
            routes.documents("/knowledge/{kind:str}", {(kind,): Document(it) for kind, it in catalogue.kinds.items()}),
            routes.documents(
                "/knowledge/{kind:str}/{id:str}", {key: Document(it) for key, it in catalogue.entries.items()}
            ),
            routes.live(),
            routes.ready(readiness),
            routes.metrics(metrics),
            routes.document("/openapi.yaml", Document(contract.yaml, "application/yaml")),
            routes.document("/openapi.json", Document(contract.json)),
            routes.start(start_page(has_try="try" in pages)),
            *(handler for name, files in pages.items() for handler in routes.page(name, files)),
        ],
        exception_handlers={
            Exception: cast("ExceptionHandler[Exception]", _refuse)
        },  # Litestar only sends the response that it returns
        openapi_config=None,  # the contract is a file; a generated one would be wrong
        logging_config=None,
        debug=False,
    )
    plain = frozenset(route.path for route in app.routes if "{" not in route.path)
    return OuterMiddleware(
        app,
        access_log=access_log,
        readiness=readiness,
        queue=body.queue,
        arrays=arrays,
        cors=Cors(cors_origins),
        access=access,
        plain=plain,
        root_path=root_path,
        fast_path=None if cors_origins else FastPath(engine, access, access_log, readiness, body.limit),
    )


def _refuse(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Return the response to any error."""
    record, kind = record_of(request.scope), kind_at_the_edge(error)
    if kind is INTERNAL:
        record.error = error
    if kind is METHOD:
        allow = cast("MethodNotAllowedException", error).headers["allow"]  # type: ignore[index]  # it always has it
        request.scope["path_template"] = _template(request, allow.split(", ")[0])
        return refusal(record, kind, headers={"allow": allow})
    if isinstance(error, UnsupportedMediaType):
        return refusal(record, kind, headers={"accept": ", ".join(error.taken)})
    return refusal(record, kind, faults_of(error))


def kind_at_the_edge(error: Exception) -> Kind:
    """Return the type of problem of `error`.

    The error may also be one of the framework's own.
    """
    if isinstance(error, HTTPException):
        return OF_STATUS.get(error.status_code, BAD_REQUEST if error.status_code < INTERNAL.status else INTERNAL)
    return kind_of(error)


def _template(request: Request[Any, Any, Any], method: str) -> str:
    """Return the template of a path that lacks the request's method.

    The router names no template in this case.
    """
    path = normalize_path(request.scope["path"])
    return request.app.asgi_router.handle_routing(path=path, method=cast("Method", method))[-1]
