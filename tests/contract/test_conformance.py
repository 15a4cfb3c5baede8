"""The service keeps the contract, tested by schemathesis with all its checks.

It sends only well-formed JSON; `test_raw.py` sends the rest.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from litestar.types import Receive, Scope, Send
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from service.contract import SHIPPED
from service.main import compose
from service.settings import Settings
from service.web.outer_middleware import OuterMiddleware

_CONFIG = SHIPPED / "conformance.toml"

# An NDJSON body is not JSON, the only type sent here; `test_batch.py` sends lines.
_no_lines = pytest.mark.filterwarnings(
    "ignore:Skipped test cases with unsupported payload media types. application/x-n"
)
_few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


class _Shipped:
    """The shipped service, created at the first request.

    Collection must not load the knowledge.
    """

    @cached_property
    def _app(self) -> OuterMiddleware:
        return compose(Settings(log_level="error"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


_shipped = _Shipped()


def _api(*modes: GenerationMode) -> BaseSchema:
    """The contract, to be tested against the service in this process."""
    config = SchemathesisConfig.from_path(_CONFIG)
    config.projects.default.generation.update(modes=list(modes))
    schema = schemathesis.openapi.from_path(SHIPPED / "openapi.yaml", config=config)
    schema.app = _shipped
    return schema


@_api(GenerationMode.POSITIVE, GenerationMode.NEGATIVE).parametrize()
@_no_lines
@_few
def test_the_service_conforms(case: Case[Any]) -> None:
    """Status, headers, media type and body match the contract; valid requests are accepted, invalid ones refused."""
    case.call_and_validate()


# A random mix has a varying share of invalid requests. Excluding these operations loses no check; an
# `include` would add the operations that the configuration names.
_breakable = _api(GenerationMode.NEGATIVE).exclude(path_regex="^/(docs|health|metrics|openapi|knowledge$)")


@_breakable.parametrize()
@_no_lines
@_few
def test_the_service_refuses_invalid_requests(case: Case[Any]) -> None:
    """A request that violates the contract never gets a successful response."""
    case.call_and_validate()
