"""The content coding that a request accepts."""

from __future__ import annotations

import pytest

from service.web.content_coding import prefers_gzip


@pytest.mark.parametrize(
    "value",
    [
        "gzip",
        "GZip",
        "x-gzip",
        "deflate, gzip, br",
        "br;q=1.0, gzip;q=0.8, *;q=0.1",
        "gzip;q=0.001",
        "gzip ; Q=0.5",
        "*",
        "*;q=0.5",
        "deflate, *;q=0.2",
        "identity;q=0.5, gzip",
        "identity, gzip",
        "identity;q=0, gzip;q=0.1",
        "identity;q=0, *",
        ",, gzip,",
        "gzip;q=1.000",
    ],
)
def test_gzip_is_chosen_where_it_is_accepted(value: str) -> None:
    """Gzip is chosen if its weight, or that of `*`, is above 0 and not below identity's."""
    assert prefers_gzip([(b"host", b"x"), (b"accept-encoding", value.encode())])


@pytest.mark.parametrize(
    "value",
    [
        "",
        "identity",
        "br, zstd",
        "gzip;q=0",
        "gzip;q=0.000",
        "*;q=0",
        "gzip;q=0, *",
        "*, gzip;q=0",
        "x-gzip;q=0, *",
        "identity;q=1, gzip;q=0.5",
        "identity, *;q=0.5",
        "identity;q=0, gzip;q=0",
        "gzip;q=2",
        "gzip;q=-1",
        "gzip;q=0.1234",
        "gzip;q=nan",
        "gzip;q=",
        "gzip;level=9",
        "gzip gzip",
        "gzipped",
        "\xff",
    ],
)
def test_plain_bytes_are_chosen_otherwise(value: str) -> None:
    """Identity is chosen if gzip is refused, missing, weighted below identity, or unreadable."""
    assert not prefers_gzip([(b"accept-encoding", value.encode("latin-1"))])


def test_a_request_without_the_field_gets_plain_bytes() -> None:
    """A request without `Accept-Encoding` gets an uncompressed response."""
    assert not prefers_gzip([(b"accept", b"gzip")])


def test_several_fields_are_one_list() -> None:
    """A repeated field counts as one list (RFC 9110, 5.2)."""
    assert prefers_gzip([(b"accept-encoding", b"br"), (b"accept-encoding", b"gzip")])
    assert not prefers_gzip([(b"accept-encoding", b"*"), (b"accept-encoding", b"gzip;q=0")])
