"""A transport that sends a response's head with its body."""

from __future__ import annotations

import asyncio
from typing import Final

CONTINUE: Final = b"HTTP/1.1 100 "
"""The interim response. A client may wait for it before it sends the body."""

LARGE: Final = 65_536
"""The smallest body, in bytes, that is not copied to its head. Clients of one document then share its bytes."""


class CoalescingTransport:
    """A transport that delays a response's head until its body.

    Both then take one system call and one packet.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        """Write data, or keep a head until more follows.

        A large document is not copied.
        """
        if self._is_begun or data.startswith(CONTINUE):
            self._transport.write(data)
        elif not self._head:
            self._head = data
        else:
            self._is_begun = True
            if len(data) < LARGE:
                self._transport.write(self._head + data)
            else:
                self._transport.writelines((self._head, data))

    def close(self) -> None:
        """Close the transport once all is written.

        A head without a body is written too: it shows that the application failed.
        """
        if self._head and not self._is_begun:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        """Return whether nothing more can be written."""
        return self._transport.is_closing()
