"""The `triage` command line.

The commands are `serve`, `assess`, `check`, `scorecard`, `diff`, `review`, `key` and `openapi`.

The exit code is 0 on success, and 1 if the knowledge, the settings or a file is wrong. It is 2 if the request or the
command line is wrong. It is 130 after Ctrl-C, and 141 if the reader of the output closes the pipe. Stopping `serve` is
a success.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import os
import resource
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import BinaryIO

from service import settings as settings_
from service.access.keys import generate_key
from service.access.keys_file import is_name
from service.bulk import file as bulk
from service.bulk.items import Items
from service.engine import Engine
from service.errors import AnswersMismatch, KnowledgeFault, SettingsFault
from service.knowledge import loader
from service.review import commands as evaluation
from service.settings import Settings

WRONG_SETUP = 1
WRONG_REQUEST = 2
STOPPED = 130
UNREAD = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    chosen = _parser().parse_args(arguments)
    # A core dump would write the reports in memory to a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        return int(chosen.run(chosen))
    except KnowledgeFault as fault:
        _complain(*map(str, fault.issues))
    except SettingsFault as fault:
        _complain(*fault.faults)
    except AnswersMismatch:
        _complain(
            f"{chosen.batch[1]}: does not match the answers to these requests by this knowledge; "
            "choose another output file"
        )
    except BrokenProcessPool:
        _complain("a worker process was killed; run the same command again to resume")
    except BrokenPipeError:  # the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit would fail
        return UNREAD
    except OSError as fault:
        _complain(f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault))
    except KeyboardInterrupt:
        _complain("stopped")
        return STOPPED
    return WRONG_SETUP


def serve(chosen: argparse.Namespace) -> int:
    """Serve the API over HTTP.

    Command-line options override the environment. Each worker reads the environment itself.
    """
    os.environ |= {
        f"TRIAGE_{name.upper()}": str(getattr(chosen, name))
        for name in ("host", "port", "workers")
        if getattr(chosen, name) is not None
    }
    settings = settings_.read(os.environ)
    from service.main import check_setup  # noqa: PLC0415 (the other commands need no server)
    from service.server.config import Config  # noqa: PLC0415 (as above)
    from service.server.fast_connection import FastConnection  # noqa: PLC0415 (as above)
    from service.server.server import serve as serve_http  # noqa: PLC0415 (as above)

    if settings.workers > 1:  # a worker that fails to start is restarted without end
        check_setup(settings)
    config = Config(
        "service.main:create_app",
        http=FastConnection,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        head_seconds=settings.body_seconds,
        drain_seconds=settings.drain_seconds,
        shutdown_seconds=settings.shutdown_seconds,
        is_renewable=bool(settings.keys),
    )
    serve_http(config)
    return 0


def assess(chosen: argparse.Namespace) -> int:
    """Answer one request from a file or standard input.

    The output is byte for byte the body that the API returns.
    """
    if (chosen.file is None) is (chosen.batch is None):
        _complain("triage assess: give one FILE, or --batch IN OUT")
        return WRONG_REQUEST
    if chosen.batch is not None:
        return assess_batch(chosen)
    body = sys.stdin.buffer.read() if chosen.file == "-" else Path(chosen.file).read_bytes()
    settings = _settings()
    engine = Engine(loader.load(settings.knowledge_folder(loader.SHIPPED)))
    answer = engine.answer_explained if chosen.explain else engine.answer
    item = Items(engine.read, answer, settings.body_limit_bytes).answer(body, "command-line")
    if item.problem is not None:
        sys.stderr.buffer.write(item.body + b"\n")
        return WRONG_REQUEST
    sys.stdout.buffer.write(item.body)
    return 0


def assess_batch(chosen: argparse.Namespace) -> int:
    """Answer a file of requests, one per line, on all cores.

    The answers go into another file. The same command resumes an interrupted run.
    """
    from tqdm import tqdm  # noqa: PLC0415 (only a batch shows a progress bar)

    tqdm.monitor_interval = 0  # its thread would receive a Ctrl-C that this thread blocks
    settings = _settings()
    options = bulk.BatchOptions(
        settings.knowledge_folder(loader.SHIPPED).absolute(), settings.body_limit_bytes, chosen.explain is not None
    )
    source, target = chosen.batch
    count = refused = 0
    with contextlib.ExitStack() as files:
        requests = sys.stdin.buffer if source == "-" else files.enter_context(Path(source).open("rb"))
        output = sys.stdout.buffer if target == "-" else files.enter_context(_only_here(Path(target)))
        size = os.fstat(requests.fileno()).st_size or None
        bar = files.enter_context(tqdm(total=size, unit="B", unit_scale=True, disable=None, file=sys.stderr))
        state = None if target == "-" else bulk.read_output_state(output)
        for chunk in bulk.assess(requests, output, options, state):
            count, refused = count + chunk.answered, refused + chunk.refused
            bar.update(chunk.read)
            bar.set_postfix(answered=count, refused=refused, refresh=False)
    already = f"; {state.answered} answered before" if state and state.answered else ""
    _complain(f"{count} answered, {refused} of them refused{already}")
    return 0


def _only_here(path: Path) -> BinaryIO:
    """Open the file and lock it for this run.

    Raises `OSError` if another run writes it, or if it is not a regular file.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file; choose one, or - for standard output", str(path))
    file = path.open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        file.close()
        raise OSError(fault.errno, "another run is writing it", str(path)) from None
    file.seek(0)
    return file


def key(chosen: argparse.Namespace) -> int:
    """Generate a key and print it with its keys-file entry.

    The key is shown once and not stored.
    """
    generated, hash_ = generate_key()
    print(f"Give this key to {chosen.partner}. It is shown once and not stored:\n\n{generated}\n")
    print("Add its hash to the file of TRIAGE_KEYS:\n")
    print(f"partners:\n  {chosen.partner}:\n    keys:\n      k-{hash_[:8]}: {{sha256: {hash_}}}")
    return 0


def openapi(_: argparse.Namespace) -> int:
    """Print the OpenAPI contract, byte for byte."""
    from service.main import contract_of  # noqa: PLC0415 (as above)

    sys.stdout.buffer.write(contract_of(_settings()).yaml)
    return 0


def _settings() -> Settings:
    return settings_.read(os.environ)


def _partner(text: str) -> str:
    if not is_name(text):
        raise argparse.ArgumentTypeError("must be up to 32 lower-case letters, digits, - and _")
    return text


def _complain(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="triage",
        description="Triage for runners with calf cramps or numb feet.",
        epilog="Exit codes: 0 success, 1 wrong knowledge, setting or file, 2 wrong request or command, "
        "130 stopped by Ctrl-C, 141 the reader of the output closed the pipe.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    serving = commands.add_parser("serve", help="serve the API; settings are TRIAGE_* in the environment")
    serving.add_argument("--host")
    serving.add_argument("--port", type=int)
    serving.add_argument("--workers", type=int)
    serving.set_defaults(run=serve)

    assessing = commands.add_parser("assess", help="answer one request as the API does")
    assessing.add_argument("--explain", choices=["full"], help="add the explanation of the answer")
    assessing.add_argument(
        "--batch",
        nargs=2,
        metavar=("IN", "OUT"),
        help="answer IN, one request per line, into OUT, a regular file; - for standard streams",
    )
    assessing.add_argument("file", nargs="?", metavar="FILE", help="a JSON request, or - for standard input")
    assessing.set_defaults(run=assess)

    evaluation.add(commands)

    making = commands.add_parser("key", help="create a key for a partner")
    making.add_argument("partner", metavar="PARTNER", type=_partner, help="the id of the partner in the file of keys")
    making.set_defaults(run=key)

    printing = commands.add_parser("openapi", help="print the contract")
    printing.set_defaults(run=openapi)
    return parser
