"""The running service does what the contract says, tried by schemathesis with all of its checks.

It sends well-formed JSON only; `test_raw.py` sends what no generator writes.
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
from service.web.observe import Observe

_CONFIG = SHIPPED / "conformance.toml"

# Lines are no JSON, which is all that is sent here; `test_batch.py` sends them.
_no_lines = pytest.mark.filterwarnings(
    "ignore:Skipped test cases with unsupported payload media types. application/x-n"
)
_few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


class _Shipped:
    """The service as it ships, made when the first request comes: collecting tests must not need the knowledge."""

    @cached_property
    def _app(self) -> Observe:
        return compose(Settings(log_level="error"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


_shipped = _Shipped()


def _api(*modes: GenerationMode) -> BaseSchema:
    """The contract, to be tried against the service in this process."""
    config = SchemathesisConfig.from_path(_CONFIG)
    config.projects.default.generation.update(modes=list(modes))
    schema = schemathesis.openapi.from_path(SHIPPED / "openapi.yaml", config=config)
    schema.app = _shipped
    return schema


@_api(GenerationMode.POSITIVE, GenerationMode.NEGATIVE).parametrize()
@_no_lines
@_few
def test_the_service_conforms(case: Case[Any]) -> None:
    """Status, headers, media type and body are those of the contract, good requests are taken and bad ones refused."""
    case.call_and_validate()


# Among mixed requests the share of bad ones is luck. What is left out here takes nothing that can be wrong; an
# `include` would be widened by the operations that the configuration names.
_breakable = _api(GenerationMode.NEGATIVE).exclude(path_regex="^/(docs|health|metrics|openapi|knowledge$)")


@_breakable.parametrize()
@_no_lines
@_few
def test_the_service_refuses_what_the_contract_refuses(case: Case[Any]) -> None:
    """No request that breaks the contract is answered as if it kept it."""
    case.call_and_validate()
