"""The fast path of a connection, and its queued requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from uvicorn.server import ServerState

from service.server.config import Config
from service.server.fast_connection import FastConnection
from service.server.memory import CONNECTION_COST, MEMORY_LIMIT, REQUEST_COST
from service.server.plain_request import plain_request
from service.server.response_batch import RESPONSES_PER_BATCH, ResponseBatch
from service.turn_end import TurnEnd
from service.web.answer import Answer
from service.web.request_queue import REQUESTS_PER_TURN, RequestQueue

BODY = b'{"findings": {}}'
PLAIN = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" + BODY
ODD = PLAIN.replace(b"Host: x", b"Host: x\r\nDNT: 1")
RESPONSE = b"HTTP/1.1 200 OK\r\ndate: today\r\nfast: yes\r\n\r\nbody"


class _Transport:
    """A transport that records its writes."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def set_write_buffer_limits(self, high: int) -> None:
        """Ignore the limits."""

    def pause_reading(self) -> None:
        """Ignore the call."""

    def resume_reading(self) -> None:
        """Ignore the call."""

    def get_write_buffer_size(self) -> int:
        return 1

    def close(self) -> None:
        self.closed = True

    abort = write_eof = close

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _: str) -> None:
        """Return no address."""


class _App:
    """An application whose fast path responds unless disabled."""

    def __init__(self) -> None:
        self.queue = RequestQueue(60)
        self.fast_path: Any = self
        self.answers = True
        self.given: list[tuple[bytes, float]] = []
        self.normal: list[Any] = []
        self.refused: list[str] = []
        self.refused_scopes: list[Any] = []
        self.access_log: Any = self
        self.log_lines: TurnEnd | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The normal path."""
        self.normal.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
        await send({"type": "http.response.body", "body": (await receive())["body"] and b"normal"})
        self._log()

    def respond(
        self, fields: Mapping[bytes, bytes], body: bytes, peer: str, arrived: float
    ) -> tuple[bytes, bytes] | None:
        """The fast path."""
        assert (fields[b"host"], peer) == (b"x", "")
        self.given.append((body, arrived))
        self._log()
        return (b"fast: yes\r\n\r\n", b"body") if self.answers else None

    def _log(self) -> None:
        """The log lines of a request, if a test has some."""
        if self.log_lines is not None:
            self.log_lines.schedule()

    def refuse(self, *request: Any) -> Any:
        """The refusal of either path.

        The normal path passes a scope, and the fast path passes fields and an arrival time.
        """
        if len(request) == 1:
            self.refused_scopes.append(request[0])
            return Answer(503, b"parsed", [])
        return (b"fast: yes\r\n\r\n", b"late") if self.answers else None

    def connection_refused(self, kind: str) -> None:
        """A refusal below the application."""
        self.refused.append(kind)


Test = Callable[[_App, Callable[[], FastConnection]], Any]


def waiting(connect: Callable[[], FastConnection]) -> FastConnection:
    """A connection with a queued request, after a turn's maximum of starts."""
    for _ in range(REQUESTS_PER_TURN):
        connect().data_received(PLAIN)
    connection = connect()
    connection.data_received(PLAIN)
    return connection


def run(test: Test, head_seconds: float = 1) -> None:
    """Run a test in an event loop, with application and connections."""

    async def main() -> None:
        app = _App()
        state = ServerState()
        state.default_headers = [(b"date", b"today")]
        responses = ResponseBatch()

        def factory() -> Any:
            return app

        def connect() -> FastConnection:
            config = Config(
                factory,  # type: ignore[arg-type]  # the service names its application, a test makes it
                http=FastConnection,
                head_seconds=head_seconds,
                drain_seconds=1,
                shutdown_seconds=1,
                is_renewable=False,
            )
            config.load()
            config.loaded_app = app
            config.responses = responses
            connection = FastConnection(config, state, {})
            connection.connection_made(_Transport())  # type: ignore[arg-type]
            return connection

        await test(app, connect)

    asyncio.run(main())


def written(connection: FastConnection) -> bytes:
    """The bytes written on a connection."""
    transport: Any = connection.transport
    assert isinstance(transport, _Transport)
    return transport.written


async def turn() -> None:
    """Let one turn of the loop pass."""
    await asyncio.sleep(0)


def test_a_plain_request_is_answered_without_the_application() -> None:
    """The fast path answers within the turn that delivers the request, and then takes the next one."""

    async def answer(app: _App, connect: Callable[[], FastConnection]) -> None:
        connection = connect()
        for number in (1, 2):
            connection.data_received(PLAIN)
            await turn()
            assert written(connection) == RESPONSE * number
        assert app.normal == []
        assert connection.timeout_keep_alive_task is not None
        await asyncio.sleep(0.1)
        assert not connection.transport.is_closing()  # no head is waited for

    run(answer, head_seconds=0.05)


def test_the_responses_of_a_turn_are_written_together() -> None:
    """The first response of each turn is written at once, a full batch too, and the rest at the end."""

    async def batch(app: _App, connect: Callable[[], FastConnection]) -> None:
        for _ in range(2):
            connections = [connect() for _ in range(RESPONSES_PER_BATCH + 3)]
            for connection in connections[:-3]:
                connection.data_received(PLAIN)
            assert [written(each) for each in connections] == [RESPONSE] + [b""] * (RESPONSES_PER_BATCH + 2)
            for connection in connections[-3:]:
                connection.data_received(PLAIN)
            assert [written(each) for each in connections] == [RESPONSE] * (RESPONSES_PER_BATCH + 1) + [b""] * 2
            await turn()
            assert [written(each) for each in connections] == [RESPONSE] * (RESPONSES_PER_BATCH + 3)
        assert len(app.given) == 2 * (RESPONSES_PER_BATCH + 3)

    run(batch)


@pytest.mark.parametrize("first", [PLAIN, ODD])
def test_a_response_precedes_the_log_lines_of_its_turn(first: bytes) -> None:
    """A response is written before any request's log lines, so a slow log reader does not delay it."""

    async def log(app: _App, connect: Callable[[], FastConnection]) -> None:
        connections = [connect() for _ in range(3)]
        at_log: list[bytes] = []
        app.log_lines = TurnEnd(lambda: at_log.extend(map(written, connections[1:])))
        connections[0].data_received(first)
        while not written(connections[0]):
            await turn()
        for connection in connections[1:]:
            connection.data_received(PLAIN)
        await turn()
        assert at_log[-2:] == [RESPONSE, RESPONSE]
        assert len(at_log) == 2

    run(log)


@pytest.mark.parametrize(
    ("next_data", "status", "parsed"), [(ODD, b"200", 1), (PLAIN, b"200", 1), (b"nonsense\r\n\r\n", b"400", 0)]
)
def test_a_response_precedes_that_of_a_further_request_in_the_same_turn(
    next_data: bytes, status: bytes, parsed: int
) -> None:
    """A further request of a connection is parsed after its response is written, and may be refused at once."""

    async def parse(app: _App, connect: Callable[[], FastConnection]) -> None:
        connection = _with_response_to_write(connect)
        connection.data_received(next_data)
        for _ in range(4):
            await turn()
        assert written(connection).startswith(RESPONSE + b"HTTP/1.1 " + status)
        assert len(app.normal) == parsed

    run(parse)


@pytest.mark.parametrize("end", [FastConnection.eof_received, FastConnection.shutdown])
def test_the_end_of_a_connection_follows_its_response(end: Callable[[FastConnection], None]) -> None:
    """The end of a client's data, and a stop, which may close a connection, first write the response."""

    async def close(_: _App, connect: Callable[[], FastConnection]) -> None:
        connection = _with_response_to_write(connect)
        end(connection)
        assert written(connection) == RESPONSE

    run(close)


def test_the_refusals_of_a_turn_are_all_written() -> None:
    """Refusals of requests that waited too long are written without a further request."""

    async def expire(app: _App, connect: Callable[[], FastConnection]) -> None:
        app.queue = RequestQueue(0)
        late = [waiting(connect), connect(), connect()]
        for connection in late[1:]:
            connection.data_received(PLAIN)
        await turn()
        await turn()
        assert [written(each)[:12] for each in late] == [b"HTTP/1.1 503"] * 3

    run(expire)


def test_a_batch_is_written_in_order() -> None:
    """The responses of a batch are written in the order of their requests."""
    order: list[int] = []

    def recorder(number: int) -> Callable[[bytes], None]:
        return lambda _: order.append(number)

    async def record(_: _App, connect: Callable[[], FastConnection]) -> None:
        for number in range(4):
            connection = connect()
            transport: Any = connection.transport
            transport.write = recorder(number)
            connection.data_received(PLAIN)
        await turn()

    run(record)
    assert order == [0, 1, 2, 3]


def test_a_client_that_has_left_costs_no_other_response() -> None:
    """The response to a closed connection is dropped, and all others of the batch are written."""

    async def leave(_: _App, connect: Callable[[], FastConnection]) -> None:
        left, other = _with_response_to_write(connect), connect()
        other.data_received(PLAIN)
        left.transport.close()
        await turn()
        assert [written(left), written(other)] == [b"", RESPONSE]

    run(leave)


def _with_response_to_write(connect: Callable[[], FastConnection]) -> FastConnection:
    """A connection whose response waits for the end of the turn."""
    connect().data_received(PLAIN)
    connection = connect()
    connection.data_received(PLAIN)
    assert written(connection) == b""
    return connection


def test_any_other_request_is_parsed() -> None:
    """The parser takes any other request, and the connection then returns to the fast path."""

    async def parse(app: _App, connect: Callable[[], FastConnection]) -> None:
        connection = connect()
        connection.data_received(ODD)
        connection.data_received(PLAIN)  # after one that is not answered
        for _ in range(4):
            await turn()
        assert len(app.normal) == 2
        connection.data_received(PLAIN)
        assert len(app.given) == 1
        await turn()
        assert written(connection).endswith(RESPONSE)

    run(parse)


def test_requests_that_the_fast_path_declines_are_parsed() -> None:
    """A request that the fast path declines is parsed, and counts as one start of the turn."""

    async def decline(app: _App, connect: Callable[[], FastConnection]) -> None:
        app.answers = False
        for _ in range(REQUESTS_PER_TURN - 1):
            connect().data_received(PLAIN)
        assert app.queue.has_turn
        app.answers = True
        connect().data_received(PLAIN)
        assert not app.queue.has_turn
        await turn()
        await turn()
        assert len(app.normal) == REQUESTS_PER_TURN - 1

    run(decline)


def test_requests_beyond_the_bound_of_a_turn_wait_and_are_answered_in_order() -> None:
    """Requests over the bound of a turn wait in one queue, and are answered in order."""

    async def flood(app: _App, connect: Callable[[], FastConnection]) -> None:
        first, odd, last = waiting(connect), connect(), connect()
        odd.data_received(ODD)
        last.data_received(PLAIN)
        assert [written(each) for each in (first, odd, last)] == [b"", b"", b""]
        assert first.config.memory.held == last.config.memory.held > 0
        await turn()
        await turn()
        assert [written(each) for each in (first, last)] == [RESPONSE, RESPONSE]
        await turn()
        assert len(app.normal) == 1
        assert app.queue.figures().age > 0

    run(flood)


@pytest.mark.parametrize("sign", ["paused", "stopping", "declined"])
def test_a_request_that_waited_is_parsed_if_the_fast_path_is_closed_by_then(sign: str) -> None:
    """A queued request whose fast path has closed is parsed in its turn, timed from its arrival."""

    async def wait(app: _App, connect: Callable[[], FastConnection]) -> None:
        connection = waiting(connect)
        if sign == "paused":
            connection.flow.pause_writing()
        elif sign == "stopping":
            connection.shutdown()
        app.answers = sign != "declined"
        await turn()
        connection.flow.resume_writing()
        await turn()
        await turn()
        (scope,) = app.normal
        assert scope["triage.arrived"] == scope["triage.last_byte_at"]
        assert written(connection).endswith(b"normal")
        is_last = b"connection: close" in written(connection)
        assert is_last == (sign == "stopping")

    run(wait)


@pytest.mark.parametrize(("answers", "refusal"), [(True, b"fast: yes\r\n\r\nlate"), (False, b"\r\nparsed")])
def test_a_request_that_waited_too_long_is_refused(answers: bool, refusal: bytes) -> None:  # noqa: FBT001
    """The fast path refuses it, or the parser if the fast path declines; the next request is answered."""

    async def expire(app: _App, connect: Callable[[], FastConnection]) -> None:
        app.queue = RequestQueue(0)
        connection = waiting(connect)
        app.answers = answers
        await turn()
        await turn()
        assert written(connection) == b"HTTP/1.1 503 Service Unavailable\r\ndate: today\r\n" + refusal
        for scope in app.refused_scopes:
            assert scope["triage.last_byte_at"] == scope["triage.arrived"], "its time counts from its arrival"
        app.answers = True
        connection.data_received(PLAIN)
        await turn()
        assert written(connection).endswith(RESPONSE)
        assert app.normal == []

    run(expire)


def test_a_client_that_sends_more_while_it_waits_has_its_requests_parsed() -> None:
    """Further requests of a queued client are parsed and answered in order, without a second buffer."""

    async def pipeline(app: _App, connect: Callable[[], FastConnection]) -> None:
        connection = waiting(connect)
        connection.data_received(PLAIN + ODD)
        assert 3 * REQUEST_COST < connection.config.memory.held < 4 * REQUEST_COST
        for _ in range(8):
            await turn()
        assert len(app.normal) == 3
        assert written(connection).count(b"normal") == 3
        assert connection.config.memory.held == CONNECTION_COST
        assert app.queue.figures().left == 0

    run(pipeline)


@pytest.mark.parametrize("seconds", [0, 60])
def test_memory_is_asked_only_on_arrival(seconds: float) -> None:
    """A request that waits was admitted, so it is answered or refused from bytes although memory is short by then."""

    async def fill(app: _App, connect: Callable[[], FastConnection]) -> None:
        app.queue = RequestQueue(seconds)
        connection = waiting(connect)
        connection.config.memory.held += MEMORY_LIMIT
        await turn()
        await turn()
        assert written(connection).endswith(b"body" if seconds else b"late")
        last = connect()
        last.config.memory.held += MEMORY_LIMIT
        last.data_received(PLAIN)
        assert b"503" in written(last)[:12], "a new request is refused for lack of memory"
        assert app.normal == []

    run(fill)


def test_a_client_that_leaves_while_it_waits_is_not_answered() -> None:
    """A client that disconnects in the queue is not answered but counted, and frees its turn."""

    async def leave(app: _App, connect: Callable[[], FastConnection]) -> None:
        connection = waiting(connect)
        before = len(app.given)
        connection.connection_lost(None)
        await turn()
        assert len(app.given) == before
        assert app.queue.figures().left == 1

    run(leave)


@pytest.mark.parametrize(
    "state",
    ["_in_head", "_in_body", "_carried", "_backlog", "_is_stopping", "_is_over_limit", "write_paused", "no path"],
)
def test_a_connection_that_is_not_free_takes_the_normal_path(state: str) -> None:
    """A connection with a request in progress uses the parser."""

    async def occupied(app: _App, connect: Callable[[], FastConnection]) -> None:
        if state == "no path":
            app.fast_path = None
        connection = connect()
        if state == "write_paused":
            connection.flow.pause_writing()
        elif state != "no path":
            setattr(connection, state, b"\r\n" if state == "_backlog" else True)
        connection.data_received(PLAIN)
        assert app.given == []
        connection.flow.resume_writing()
        for _ in range(3):
            await turn()

    run(occupied)


@pytest.mark.parametrize("size", [1, 22, 23, len(PLAIN) - len(BODY) - 1, len(PLAIN) - 1, len(PLAIN) + 1])
def test_only_a_whole_request_is_plain(size: int) -> None:
    """A partial request, or one with bytes after it, does not take the fast path."""
    assert plain_request(PLAIN) is not None
    assert plain_request((PLAIN + PLAIN)[:size]) is None
