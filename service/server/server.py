"""The server: uvicorn with a graceful stop.

A stop first informs the load balancer. The server runs in one process or several.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import time
from collections.abc import Iterator
from functools import partial
from types import FrameType
from typing import Any, Final, cast

import uvicorn
from uvicorn.supervisors import Multiprocess, multiprocess

from service.parent_process import end_with_parent
from service.server.address import reserve, worker_socket
from service.server.config import Config
from service.telemetry.shared_metrics import forget, shared_metrics
from service.web.outer_middleware import OuterMiddleware

SHARED_COUNTS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable with the folder of the shared counts. It is set before a worker imports the library that reads it."""

ACCEPTS_PER_TURN: Final = 64
"""Handles of the listening socket. The loop accepts one connection per turn from each.

With one handle, each new connection, health checks included, would wait one turn for every connection before it.
"""

SAME_SIGNAL_SECONDS: Final = 1.0
"""A second signal within this time is the same stop. The process group and the parent both send it."""


class Server(uvicorn.Server):
    """A server with a graceful stop.

    After a signal, readiness is 503 while the server still accepts requests. Then it finishes the requests in progress.
    A second signal ends the wait for the load balancer, and a third one the wait for requests.
    """

    config: Config
    _signal_at = 0.0
    _stops_at: float | None = None
    _is_forced = False

    @property
    def _app(self) -> OuterMiddleware:
        return cast("OuterMiddleware", self.config.loaded_app)

    def handle_hup(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (a signal handler)
        """Read the keys again at the next tick."""
        self._is_forced = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (a signal handler)
        """Begin the stop, or hurry it."""
        if self.should_exit:
            self.force_exit = True
        elif self._stops_at is None:
            self._signal_at = time.monotonic()
            self._stops_at = self._signal_at + self.config.drain_seconds
        elif time.monotonic() > self._signal_at + SAME_SIGNAL_SECONDS:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Return whether to close the listener now.

        The keys are checked once a second.
        """
        self._app.access_log.queue(*self._app.queue.figures())
        if counter % 10 == 0:  # a tick is a tenth of a second
            self._app.access_log.overload()
            self._app.access_log.refusals()
        if self._app.access is not None and (self._is_forced or counter % 10 == 0):
            is_forced, self._is_forced = self._is_forced, False
            self._app.access.renew(is_forced=is_forced)
        if self._stops_at is None:
            return await super().on_tick(counter)
        if self._app.readiness.is_ready:
            self._app.readiness.is_ready = False
            self._app.access_log.note("draining", pid=os.getpid(), seconds=self.config.drain_seconds)
        return await super().on_tick(counter) or time.monotonic() >= self._stops_at

    async def main_loop(self) -> None:
        """Log the start, and serve.

        All loaded objects stay, so they are frozen. The collector then does not visit them while requests wait.
        """
        gc.collect()
        gc.freeze()
        self._app.access_log.note("serving", pid=os.getpid(), host=self.config.host, port=self._port())
        await super().main_loop()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen through several handles of each socket."""
        handles = [sock.dup() for sock in sockets or [] for _ in range(1, ACCEPTS_PER_TURN)]
        await super().startup([*(sockets or []), *handles])

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """Finish the requests in progress, and log the end."""
        await super().shutdown(sockets)
        self._app.queue.refuse_all()
        self._app.access_log.queue(*self._app.queue.figures())
        self._app.access_log.overload()
        self._app.access_log.refusals()
        self._app.access_log.note("stopped", pid=os.getpid())

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals without raising them again afterwards.

        A requested stop therefore ends with status 0.
        """
        for sig in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sig, self.handle_exit)
        # Without keys there is nothing to read again, and the end of a terminal ends its processes.
        if self.config.is_renewable:
            signal.signal(signal.SIGHUP, self.handle_hup)
        yield

    def _port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])


class Worker(multiprocess.Process):
    """A worker process that runs a `Server`."""

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal, or until the parent ends.

        Without this check, a worker would keep the port after its parent was killed.
        """
        end_with_parent(partial(os.kill, os.getpid(), signal.SIGTERM))
        [reserved] = cast("list[socket.socket]", sockets)
        with reserved:
            own = worker_socket(reserved)
        super().target([own])

    @property
    def server(self) -> uvicorn.Server:
        """The server that this worker runs."""
        if self._server is None:
            self._server = Server(self.config)
        return self._server


class Workers(Multiprocess):
    """Several workers, each with its own socket.

    A signal to this process stops all workers. A second one hurries them.
    """

    config: Config

    def handle_hup(self) -> None:
        """Pass the signal on to the workers.

        uvicorn would restart every worker instead. Without keys, that is still the effect of this signal.
        """
        if not self.config.is_renewable:
            super().handle_hup()
            return
        for process in self.processes:
            if process.is_ready():  # before that, the signal would end it; it reads the newest keys anyway
                os.kill(cast("int", process.pid), signal.SIGHUP)

    def keep_subprocess_alive(self) -> None:
        """Replace a worker that has died.

        Its values are removed from the metrics of the current state.
        """
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            forget(cast("int", pid))

    def join_all(self) -> None:
        """Wait for the workers, passing further signals on to them."""
        self.signal_queue.clear()
        for process in self.processes:
            while process.exitcode is None:
                process.process.join(0.1)
                while self.signal_queue:
                    self.signal_queue.pop()
                    self.terminate_all()


def serve(config: Config) -> None:
    """Serve until a signal requests a stop.

    Several workers share their counts through a folder. Raises `OSError` with the address if it is in use or not
    available. Also raises it if there is no room for the counts.
    """
    with reserve(config.host, config.port) as reserved:
        if config.workers == 1:
            with worker_socket(reserved) as listening:
                Server(config).run([listening])
            return
        # Workers, including restarted ones, must use our class, because uvicorn's does not drain.
        multiprocess.Process = Worker  # type: ignore[misc]
        with shared_metrics(config.workers) as folder:
            os.environ[SHARED_COUNTS] = folder
            Workers(config, [reserved]).run()
