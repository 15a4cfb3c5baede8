"""The uvicorn names that the overrides use: documented, and checked against upgrades."""

from __future__ import annotations

import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState
from uvicorn.supervisors import multiprocess

from service.server.bounded_parser import BoundedParser
from service.server.config import Config
from service.server.fast_connection import FastConnection
from service.server.protocol import Connection
from service.server.refusing import RefusingProtocol
from service.server.server import Server, Worker, Workers

FOLDER = Path(inspect.getfile(Connection)).parent
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
BASES: dict[type, tuple[type, ...]] = {
    uvicorn.Config: (Config,),
    httptools_impl.HttpToolsProtocol: (BoundedParser, RefusingProtocol, Connection, FastConnection),
    uvicorn.Server: (Server,),
    multiprocess.Process: (Worker,),
    multiprocess.Multiprocess: (Workers,),
}
"""Each overridden class of uvicorn, with its overriding classes."""

HELD: dict[type, str] = {
    httptools_impl.RequestResponseCycle: "cycle",
    FlowControl: "flow",
    ServerState: "server_state",
    multiprocess.Process: "process",
}
"""Each class of uvicorn whose objects are used, with their names in the overrides."""


def _attributes(class_: type) -> set[str]:
    """The attribute names of a class of uvicorn, without inherited ones."""
    assigned = set(re.findall(r"self\.(\w+)(?:: [^=\n]+)? = ", inspect.getsource(class_)))
    return (assigned | set(dir(class_))) - set(dir(asyncio.Protocol))


def _used() -> set[str]:
    """`Class.name` of each uvicorn name that the overrides define or read."""
    used = set()
    for base, classes in BASES.items():
        source = "".join(inspect.getsource(class_) for class_ in classes)
        names = re.findall(r"(?:self|super\(\))\.(\w+)|def (\w+)\(self", source)
        used |= {f"{base.__name__}.{name}" for name in {*sum(names, ()), ""} & _attributes(base)}
    everything = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    for class_, called in HELD.items():
        used |= {f"{class_.__name__}.{name}" for name in re.findall(rf"\b{called}\.(\w+)", everything)}
    for module, names in re.findall(r"^ *from (uvicorn[\w.]*) import (.*)$", everything, re.MULTILINE):
        used |= {f"{module}.{name}" for name in names.split(", ")}
    return used


def _exists(name: str) -> bool:
    """Whether uvicorn has this name."""
    owner, _, attribute = name.rpartition(".")
    classes: dict[str, Any] = {class_.__name__: class_ for class_ in (*BASES, *HELD)}
    if owner in classes:
        return attribute in _attributes(classes[owner])
    return hasattr(__import__(owner, fromlist=[attribute]), attribute)


def test_every_name_of_uvicorn_is_documented_and_no_other() -> None:
    """The table in `service/server/README.md` lists exactly the names to compare with an upgrade."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = [
        name for cell in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(.*?)`", cell)
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == _used()


def test_every_module_is_in_the_table() -> None:
    """The table of the folder lists exactly its modules."""
    listed = re.findall(r"\w+\.py", " ".join(re.findall(r"^\| (\w.*?\.py) \|", PAGE, re.MULTILINE)))
    assert sorted(listed) == sorted(path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py")


def test_uvicorn_has_every_name_that_is_used() -> None:
    """An upgrade that removes or renames a name fails here with that name."""
    assert sorted(name for name in _used() if not _exists(name)) == []


def test_a_name_that_uvicorn_lacks_is_noticed() -> None:
    """A missing name fails the check above."""
    assert not _exists("HttpToolsProtocol.pipelines")
    assert not _exists("RequestResponseCycle.more")
    assert not _exists("uvicorn.supervisors.Multi")
