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
"""The form in which a browser sends the origin of a page; no other form would ever match."""

ROOT_PATH: Final = (
    r"^\Z|^(?!/(assess|docs|health|knowledge|metrics|openapi\.(json|yaml)|try)(/|\Z))(/[A-Za-z0-9._~-]+)+\Z"
)
"""A prefix with which a route begins would hide that route."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings, each with its limits, default and description.

    A `title` describes the values that a pattern allows.
    """

    host: Annotated[
        str, Meta(min_length=1, title="an address", description="Address to listen on. `0.0.0.0` is all addresses.")
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on. 0 is any free port.")] = 8000
    workers: Annotated[int, Meta(ge=1, le=256, description="Number of worker processes.")] = 1
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="Lowest severity in the log. Requests are `info`."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "console"], Meta(description="`auto` is `console` on a terminal and `json` elsewhere.")
    ] = "auto"
    body_limit_bytes: Annotated[
        int, Meta(ge=1024, le=1_048_576, description="Largest body of a request. A larger one gets 413.")
    ] = 65_536
    body_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=30,
            description="Seconds in which a client must send a request or continue to read a response. "
            "A slower request gets 408. A connection without a request, or with an unread response, is closed.",
        ),
    ] = 10.0
    drain_seconds: Annotated[
        float,
        Meta(
            ge=1.5,
            le=300,
            description="Seconds after the stop signal in which the service still accepts connections. "
            "`/health/ready` returns 503 during this time.",
        ),
    ] = 2.0
    shutdown_seconds: Annotated[
        float, Meta(ge=0, le=300, description="Seconds after that in which the service finishes requests in progress.")
    ] = 10.0
    cors_origins: Annotated[
        tuple[Annotated[str, Meta(pattern=ORIGIN)], ...],
        Meta(
            title="scheme://host, or scheme://host:port if the port is not the scheme's default, in lower case",
            description="Origins whose pages may send requests, separated by commas. Empty: none.",
        ),
    ] = ()
    keys: Annotated[
        str, Meta(description="File of the partners and the hashes of their keys. Empty: no key is required.")
    ] = ""
    rate_limit: Annotated[
        str,
        Meta(
            pattern=rf"^\Z|{FORM}",
            title=f"a whole number, a slash and one of {', '.join(SECONDS)}",
            description="Requests that one partner may send in a window, such as `600/minute`. "
            "Without keys, the limit is for each client. Empty: no limit.",
        ),
    ] = ""
    limit_store: Annotated[
        str,
        Meta(
            description="URL (`redis://` or `rediss://`) of the Valkey or Redis in which all replicas count. "
            "Empty: each worker counts in its own memory."
        ),
    ] = ""
    limit_store_file: Annotated[str, Meta(description="File with this URL, for a URL with a password.")] = ""
    proxies: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="Number of proxies in front that append to `X-Forwarded-For`, for a rate limit without keys. "
            "At 0, the client is the peer of the connection.",
        ),
    ] = 0
    root_path: Annotated[
        str,
        Meta(
            pattern=ROOT_PATH,
            title="a path such as /triage, without a final slash, that no route of the service begins with",
            description="Path prefix that a proxy in front passes on. Requests without it are answered too. "
            "Leave it empty if the proxy strips the prefix.",
        ),
    ] = ""
    queue_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=60,
            description="Seconds that a request may wait for its turn under overload. "
            "A request that waited longer gets 503.",
        ),
    ] = 3.0
    try_: Annotated[
        Literal["on", "off"],
        Meta(description="The page `/try`, a demonstration of the conversation. `off` removes it."),
    ] = msgspec.field(default="on", name="try")
    knowledge: Annotated[str, Meta(description="Folder of the knowledge. Empty: the shipped knowledge.")] = ""
    contract: Annotated[
        str, Meta(description="YAML file of the contract, beside its JSON. Empty: the shipped contract.")
    ] = ""

    def knowledge_folder(self, shipped: Path) -> Path:
        """Return the folder of the knowledge."""
        return Path(self.knowledge) if self.knowledge else shipped

    def limit_store_name(self) -> str:
        """Return the name of the limit store setting, or an empty text."""
        given = {"LIMIT_STORE": self.limit_store, "LIMIT_STORE_FILE": self.limit_store_file}
        return next((PREFIX + name for name, value in given.items() if value), "")

    def limit_store_url(self) -> str:
        """Return the URL of the limit store, which may hold a password."""
        return self.limit_store or Path(self.limit_store_file).read_text(encoding="utf-8").strip()

    def contract_file(self, shipped: Path) -> Path:
        """Return the file of the contract."""
        return Path(self.contract) if self.contract else shipped


FIELDS: Final = {PREFIX + field.encode_name.upper(): field for field in msgspec.structs.fields(Settings)}

_PLACES: Final = (
    ("knowledge", Path.is_dir, "folder"),
    ("contract", Path.is_file, "regular file"),
    ("keys", Path.is_file, "regular file"),
    ("limit_store_file", Path.is_file, "regular file"),
)
_LIMITS: Final = ("RATE_LIMIT", "KEYS")  # a file of keys may get limits at any time
_NEEDED: Final = {
    "LIMIT_STORE": _LIMITS,
    "LIMIT_STORE_FILE": _LIMITS,
    "PROXIES": ("RATE_LIMIT",),  # even with keys, because they may be removed later
}
"""Settings without effect unless one of these is set too. Silence would let an operator rely on them."""


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings in `environment`.

    Raises `SettingsFault` with all faults.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name in sorted(name for name in environment if name.startswith(PREFIX)):
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            faults.append(f"{name}: unknown setting" + (f"; did you mean {near[0]}?" if near else ""))
            continue
        field = FIELDS[name]
        try:
            values[field.name] = msgspec.convert(_parts(environment[name], field), field.type, strict=False)
        except msgspec.ValidationError:
            faults.append(f"{name}: must be {_allowed(field)}")
    for name, is_there, what in _PLACES:
        if values.get(name) and not is_there(Path(values[name])):
            faults.append(f"{PREFIX}{name.upper()}: not a {what}")
    if values.get("limit_store") and values.get("limit_store_file"):
        faults.append(f"{PREFIX}LIMIT_STORE_FILE: mutually exclusive with {PREFIX}LIMIT_STORE")
    for name, others in _NEEDED.items():
        if values.get(name.lower()) and not any(environment.get(PREFIX + other) for other in others):
            faults.append(f"{PREFIX}{name}: has no effect without {' or '.join(PREFIX + other for other in others)}")
    if faults:
        raise SettingsFault(tuple(faults))
    return Settings(**values)


def _parts(text: str, field: msgspec.structs.FieldInfo) -> object:
    if field.default != ():
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def describe() -> str:
    """Return every setting as a row of the table in `docs/configuration.md`."""
    rows = [f"| `{name}` | {_default(field)} | {_meaning(field)} |" for name, field in FIELDS.items()]
    return "\n".join(["| Setting | Default | Meaning |", "|---|---|---|", *rows])


def _default(field: msgspec.structs.FieldInfo) -> str:
    return f"`{field.default}`" if field.default not in ("", ()) else "(empty)"


def _meaning(field: msgspec.structs.FieldInfo) -> str:
    allowed = _allowed(field)
    return f"{_meta(field).description}{f' Allowed: {allowed}.' if allowed else ''}"


def _allowed(field: msgspec.structs.FieldInfo) -> str:
    """Return the allowed values of a setting, or an empty text.

    The text is empty if every value is allowed.
    """
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
