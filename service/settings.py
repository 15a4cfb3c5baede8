"""The settings of the service: `TRIAGE_*` in the environment.

They are checked all at once. Only `main` and `cli` read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from service.access.rate_limit import FORM, SECONDS
from service.errors import SettingsFault

PREFIX: Final = "TRIAGE_"
ORIGIN: Final = (
    r"^(?!https://.*[^:]:443\Z|http://.*[^:]:80\Z)[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])"
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?\Z"
)
"""What a browser says of the site of a page; anything else would never be met."""

ROOT_PATH: Final = (
    r"^\Z|^(?!/(assess|docs|health|knowledge|metrics|openapi\.(json|yaml)|try)(/|\Z))(/[A-Za-z0-9._~-]+)+\Z"
)
"""A prefix that a route begins with would take that route away."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings, each with its limits, default and description.

    A `title` describes the values that a pattern allows.
    """

    host: Annotated[
        str, Meta(min_length=1, title="an address", description="Address to listen on; `0.0.0.0` for all.")
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes any free one.")] = 8000
    workers: Annotated[int, Meta(ge=1, le=256, description="Processes that answer.")] = 1
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="Least severity that is logged; a request is `info`."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "console"], Meta(description="`auto` is readable on a terminal and JSON elsewhere.")
    ] = "auto"
    body_limit_bytes: Annotated[
        int, Meta(ge=1024, le=1_048_576, description="Largest body that is taken; a larger one gets 413.")
    ] = 65_536
    body_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=30,
            description="Time in which a request must arrive and a client read on; "
            "a slower one gets 408, and a connection without one, or unread, ends.",
        ),
    ] = 10.0
    drain_seconds: Annotated[
        float,
        Meta(
            ge=1.5,
            le=300,
            description="Time from the stop signal, while `/health/ready` says 503, to no more connections.",
        ),
    ] = 2.0
    shutdown_seconds: Annotated[
        float, Meta(ge=0, le=300, description="Time after that in which requests begun are still answered.")
    ] = 10.0
    cors_origins: Annotated[
        tuple[Annotated[str, Meta(pattern=ORIGIN)], ...],
        Meta(
            title="scheme://host, or scheme://host:port where the port is not the scheme's own, in small letters",
            description="Origins whose pages may call, with commas between; none when empty.",
        ),
    ] = ()
    keys: Annotated[
        str, Meta(description="File of the partners and the hashes of their keys; no key is asked for when empty.")
    ] = ""
    rate_limit: Annotated[
        str,
        Meta(
            pattern=rf"^\Z|{FORM}",
            title=f"a whole number, a slash and one of {', '.join(SECONDS)}",
            description="Requests that one partner, or one client where there are no keys, may send in a window, "
            "such as `600/minute`; no limit when empty.",
        ),
    ] = ""
    limit_store: Annotated[
        str,
        Meta(
            description="URL (`redis://` or `rediss://`) of the Valkey or Redis where all replicas count together; "
            "each worker counts in its memory when empty."
        ),
    ] = ""
    limit_store_file: Annotated[str, Meta(description="File that holds this URL instead, for one with a password.")] = (
        ""
    )
    proxies: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="Proxies in front that append to `X-Forwarded-For`, for a rate limit without keys; "
            "at 0 whoever opens the connection is the client.",
        ),
    ] = 0
    root_path: Annotated[
        str,
        Meta(
            pattern=ROOT_PATH,
            title="a path such as /triage, with no slash at its end, that no route of the service begins with",
            description="Path prefix that a proxy in front passes on; requests without it are answered too. "
            "Leave it empty if the proxy strips the prefix.",
        ),
    ] = ""
    queue_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=60,
            description="Time that a request may wait for its turn if more come than can be answered; "
            "one that waited longer gets 503.",
        ),
    ] = 3.0
    try_: Annotated[
        Literal["on", "off"],
        Meta(description="The page `/try`, a demonstration of the conversation; `off` removes it."),
    ] = msgspec.field(default="on", name="try")
    knowledge: Annotated[str, Meta(description="Folder of the knowledge; the one shipped when empty.")] = ""
    contract: Annotated[
        str, Meta(description="YAML file of the contract, with its JSON beside it; the repository's when empty.")
    ] = ""

    def knowledge_folder(self, shipped: Path) -> Path:
        """The folder that the knowledge is read from."""
        return Path(self.knowledge) if self.knowledge else shipped

    def limit_store_name(self) -> str:
        """The name of the limit store setting; empty if none is set."""
        given = {"LIMIT_STORE": self.limit_store, "LIMIT_STORE_FILE": self.limit_store_file}
        return next((PREFIX + name for name, value in given.items() if value), "")

    def limit_store_url(self) -> str:
        """The URL of the limit store, which may hold a password."""
        return self.limit_store or Path(self.limit_store_file).read_text(encoding="utf-8").strip()

    def contract_file(self, shipped: Path) -> Path:
        """The file that the contract is read from."""
        return Path(self.contract) if self.contract else shipped


FIELDS: Final = {PREFIX + field.encode_name.upper(): field for field in msgspec.structs.fields(Settings)}

_PLACES: Final = (
    ("knowledge", Path.is_dir, "folder"),
    ("contract", Path.is_file, "plain file"),
    ("keys", Path.is_file, "plain file"),
    ("limit_store_file", Path.is_file, "plain file"),
)
_LIMITS: Final = ("RATE_LIMIT", "KEYS")  # a file of keys may bring limits at any time
_NEEDED: Final = {
    "LIMIT_STORE": _LIMITS,
    "LIMIT_STORE_FILE": _LIMITS,
    "PROXIES": ("RATE_LIMIT",),  # also beside keys, which somebody may take away
}
"""What changes nothing unless one of these is set too, though somebody took it to be at work."""


def read(environment: Mapping[str, str]) -> Settings:
    """The settings in `environment`.

    Raises `SettingsFault` with all faults.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name in sorted(name for name in environment if name.startswith(PREFIX)):
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            faults.append(f"{name}: is no setting" + (f"; the nearest is {near[0]}" if near else ""))
            continue
        field = FIELDS[name]
        try:
            values[field.name] = msgspec.convert(_parts(environment[name], field), field.type, strict=False)
        except msgspec.ValidationError:
            faults.append(f"{name}: must be {_allowed(field)}")
    for name, is_there, what in _PLACES:
        if values.get(name) and not is_there(Path(values[name])):
            faults.append(f"{PREFIX}{name.upper()}: names no {what}")
    if values.get("limit_store") and values.get("limit_store_file"):
        faults.append(f"{PREFIX}LIMIT_STORE_FILE: stands beside {PREFIX}LIMIT_STORE; only one of them can be")
    for name, others in _NEEDED.items():
        if values.get(name.lower()) and not any(environment.get(PREFIX + other) for other in others):
            faults.append(f"{PREFIX}{name}: changes nothing without {' or '.join(PREFIX + other for other in others)}")
    if faults:
        raise SettingsFault(tuple(faults))
    return Settings(**values)


def _parts(text: str, field: msgspec.structs.FieldInfo) -> object:
    if field.default != ():
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def describe() -> str:
    """Every setting as a Markdown table, as the README shows it."""
    rows = [f"| `{name}` | {_default(field)} | {_meaning(field)} |" for name, field in FIELDS.items()]
    return "\n".join(["| Setting | Default | What it is for |", "|---|---|---|", *rows])


def _default(field: msgspec.structs.FieldInfo) -> str:
    return f"`{field.default}`" if field.default not in ("", ()) else "(empty)"


def _meaning(field: msgspec.structs.FieldInfo) -> str:
    allowed = _allowed(field)
    return f"{_meta(field).description}{f' Allowed: {allowed}.' if allowed else ''}"


def _allowed(field: msgspec.structs.FieldInfo) -> str:
    """The allowed values of a setting; empty if any text is."""
    meta = _meta(field)
    if meta.title is not None:
        return meta.title
    kind = get_args(field.type)[0]
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if meta.le is None:
        return ""
    least = f"above {meta.gt} and at most" if meta.ge is None else f"from {meta.ge} to"
    return f"a {'whole number' if kind is int else 'number'} {least} {meta.le}"


def _meta(field: msgspec.structs.FieldInfo) -> Meta:
    meta: Meta = field.type.__metadata__[0]
    return meta
