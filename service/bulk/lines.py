"""Splits a stream of bytes into lines, in bounded memory.

Memory does not grow with the stream or with the length of a line.
"""

from __future__ import annotations

from collections.abc import Iterator


class Lines:
    """An incremental line splitter that skips blank lines.

    A line longer than `limit` is cut to `limit` + 1 bytes, so its reader can see that it is too long. The rest of it
    is dropped.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun = b""

    @property
    def held(self) -> int:
        """The number of bytes held of an incomplete line."""
        return len(self._begun)

    def feed(self, part: bytes) -> Iterator[bytes]:
        """Yield the lines that `part` completes."""
        *ended, begun = part.split(b"\n")
        for line in ended:
            yield from self._whole(self._begun + line)
            self._begun = b""
        self._begun = (self._begun + begun)[: self._limit + 1]

    def end(self) -> Iterator[bytes]:
        """Yield the last line, which has no line end."""
        yield from self._whole(self._begun)
        self._begun = b""

    def _whole(self, line: bytes) -> Iterator[bytes]:
        if line.strip():
            yield line[: self._limit + 1]
