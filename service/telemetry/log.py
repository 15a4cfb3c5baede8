"""The structured log of the service.

It has one line for each request and one for each change of the server's state. It holds nothing about a person.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, MutableMapping
from typing import BinaryIO, Final, Literal, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from service.telemetry.log_file import LogFile

Format = Literal["auto", "json", "console"]
STANDARD_OUTPUT: Final = 1
"""The descriptor of standard output. `sys.stdout` may be another stream, or None."""

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def standard_output(lost: Callable[[], None]) -> LogFile:
    """Return standard output for log lines.

    A line that cannot be written is dropped, and `lost` is called for it.
    """
    return LogFile(io.FileIO(STANDARD_OUTPUT, "wb", closefd=False), lost)


def is_console(format_: Format, file: LogFile | BinaryIO) -> bool:
    """Return whether lines are readable text in place of JSON."""
    return format_ == "console" or (format_ == "auto" and file.isatty())


def open_log(level: str, format_: Format, file: LogFile | BinaryIO) -> FilteringBoundLogger:
    """Return a log of `level` and above to `file`.

    It writes JSON lines, or readable ones on a terminal.
    """
    console = is_console(format_, file)
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.BytesLogger(cast("BinaryIO", file)),
        processors=[
            _severity,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _console(colors=file.isatty()) if console else _json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return logger.bind()


def adopt_standard_logging(log: FilteringBoundLogger) -> None:
    """Send the warnings of libraries to the same log.

    Their arguments and tracebacks are left out, because they may quote input.
    """
    root = logging.getLogger()
    root.handlers = [_Adopted(log)]
    root.setLevel(logging.WARNING)


class _Adopted(logging.Handler):
    """A handler that logs a library's record as `library_warning`.

    The line has the template of the record's message.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._log.warning("library_warning", logger=record.name, says=str(record.msg).strip(), error=kind)


def _severity(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Add the severity of the line.

    The name `level` could be mistaken for the level of urgency.
    """
    event["severity"] = method
    return event


_encode = msgspec.json.Encoder().encode


def _json(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return _encode(event)


def _console(*, colors: bool) -> Callable[[WrappedLogger, str, EventDict], bytes]:
    render = structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time")

    def readable(logger: WrappedLogger, method: str, event: MutableMapping[str, object]) -> bytes:
        return str(render(logger, method, {key: value for key, value in event.items() if value is not None})).encode()

    return readable
