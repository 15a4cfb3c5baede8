"""The same service on FastAPI and pydantic, with common middleware."""

import logging
import sys
import time
from collections.abc import Awaitable, Callable

from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware
from fastapi import FastAPI, Request, Response
from prometheus_fastapi_instrumentator import Instrumentator
from pythonjsonlogger.json import JsonFormatter

from service.knowledge.loader import load
from tests.benchmarks.peers.fastapi_answer import Answers
from tests.benchmarks.peers.fastapi_models import Assessment, request_model
from tests.benchmarks.peers.plain import PlainRules

rules = PlainRules(load())
answers = Answers(rules)
AssessRequest = request_model(rules.knowledge)

handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(JsonFormatter("{asctime}{levelname}{message}{correlation_id}", style="{"))
handler.addFilter(CorrelationIdFilter())
log = logging.getLogger("triage")
log.addHandler(handler)
log.setLevel(logging.INFO)

app = FastAPI(title="Runner triage")


@app.middleware("http")
async def log_request(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Log one line per request."""
    begun = time.perf_counter()
    response = await call_next(request)
    seconds = round(time.perf_counter() - begun, 6)
    fields = {"method": request.method, "path": request.url.path, "status": response.status_code, "seconds": seconds}
    log.info("request", extra=fields)
    return response


app.add_middleware(CorrelationIdMiddleware)
Instrumentator().instrument(app).expose(app)


@app.post("/assess", response_model_exclude_unset=True)
async def assess(body: AssessRequest) -> Assessment:  # type: ignore[valid-type]
    """The assessment."""
    return answers.assessment(body.model_dump(exclude_none=True))  # type: ignore[attr-defined]
