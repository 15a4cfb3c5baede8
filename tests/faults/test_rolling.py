"""A rolling replacement of two instances behind a proxy, under load."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.callers import Callers, Pair
from tests.faults.proxy import haproxy
from tests.ports import free_port

PROXY = """\
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{front}
  default_backend instances
backend instances
  {check}
  server one 127.0.0.1:{one} {options}
  server two 127.0.0.1:{two} {options}
"""
"""Without retries, because a retry would hide a lost request."""

LOOKS = {
    "check": "option httpchk GET /health/ready",
    "options": "check inter 200ms fall 1 rise 1",
}
BLIND = {"check": "", "options": ""}


@pytest.mark.parametrize("is_drained", [True, False], ids=["drained", "not_drained"])
def test_a_rolling_replacement_with_readiness_checks_loses_nothing(
    serve: Callable[..., Any],
    pairs: list[Pair],
    report: Callable[..., None],
    tmp_path: Path,
    *,
    is_drained: bool,
) -> None:
    """With readiness checks a replacement loses no request; without them it loses some."""
    front, *ports = [free_port() for _ in range(3)]
    checks = LOOKS if is_drained else BLIND
    with haproxy(tmp_path, PROXY.format(front=front, one=ports[0], two=ports[1], **checks)):
        serving = [serve(knowledge="", port=str(port)) for port in ports]
        time.sleep(1)  # the proxy has checked both
        with Callers(front, pairs, pause=0.01) as callers:
            for old in serving:
                time.sleep(0.5)
                assert old.stop() == 0
                serve(knowledge="", port=str(old.port))
                time.sleep(0.5)
    tally = callers.tally
    name = "rolling replacement, proxy asks /health/ready" if is_drained else "the same, proxy does not ask (control)"
    report(name, right=tally.right, failed=tally.failed)
    assert tally.wrong == 0
    assert (tally.failed == 0) == is_drained
    assert tally.right > 100
