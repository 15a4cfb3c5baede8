"""The service below a path prefix, behind nginx of `deploy/README.md`."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

_EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"
_REQUEST = (_EXAMPLES / "uphill_increase.request.json").read_bytes()
_LARGE = ["/knowledge", "/knowledge/findings", "/openapi.json", "/openapi.yaml", "/docs/scalar.js"]


@pytest.mark.parametrize("path", ["/assess", "/assess?explain=full"])
def test_an_assessment_is_the_same_everywhere(address: str, direct: str, path: str) -> None:
    """The bytes of an assessment do not depend on the prefix; only a proxy may compress it."""
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
    plain = httpx.post(f"{direct}{path}", content=_REQUEST, headers=headers)
    found = httpx.post(f"{address}{path}", content=_REQUEST, headers=headers)
    assert (plain.status_code, found.status_code) == (200, 200)
    assert found.content == plain.content
    assert "content-encoding" not in plain.headers
    assert found.headers.get("content-encoding") == (None if address == direct else "gzip")


@pytest.mark.parametrize("path", _LARGE)
@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_document_keeps_its_tag_behind_a_proxy(address: str, direct: str, path: str, accepted: str) -> None:
    """The representation, its `ETag` and its `Vary` pass the proxy, and the ETag gets 304."""
    headers = {"Accept-Encoding": accepted}
    here, there = httpx.get(f"{direct}{path}", headers=headers), httpx.get(f"{address}{path}", headers=headers)
    assert there.content == here.content
    for name in ("etag", "vary", "content-encoding", "content-length", "content-type"):
        assert there.headers.get(name) == here.headers.get(name)
    assert there.headers.get("content-encoding") == ("gzip" if accepted == "gzip" else None)
    held = httpx.get(f"{address}{path}", headers=headers | {"If-None-Match": there.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")


def test_the_platforms_routes_are_not_public(stripped: str, passed_on: str, direct: str) -> None:
    """The README's proxy does not forward the health routes or the metrics."""
    for path in ("/health/ready", "/health/live", "/metrics"):
        assert httpx.get(f"{direct}{path}").status_code == 200
        for spelling in (path, f"/{path}", path.replace("e", "%65"), f"/docs/..{path}"):
            assert httpx.get(f"{stripped}{spelling}").status_code == 404
            assert httpx.get(f"{passed_on}{spelling}").status_code == 404
