"""Cuts a stream of bytes into lines, in memory that does not grow with the stream or with a line."""

from __future__ import annotations

from collections.abc import Iterator


class Lines:
    """The lines that are not blank, as their bytes come in.

    A line longer than `limit` comes out cut to one byte more than that, so that whoever reads it sees that it is too
    long; the rest of it is dropped.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun = b""

    @property
    def held(self) -> int:
        """The bytes of a line that is not whole."""
        return len(self._begun)

    def feed(self, part: bytes) -> Iterator[bytes]:
        """The lines that `part` ends."""
        *ended, begun = part.split(b"\n")
        for line in ended:
            yield from self._whole(self._begun + line)
            self._begun = b""
        self._begun = (self._begun + begun)[: self._limit + 1]

    def end(self) -> Iterator[bytes]:
        """The last line, which nothing has ended."""
        yield from self._whole(self._begun)
        self._begun = b""

    def _whole(self, line: bytes) -> Iterator[bytes]:
        if line.strip():
            yield line[: self._limit + 1]
