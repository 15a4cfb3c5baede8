"""The Postman collection matches the contract, and its requests succeed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.consumers.postman import COLLECTION, collection

_LARGEST = 1_000_000


def _newman(tools: Any, file: Path, address: str) -> Any:
    command = tools.command("newman")
    assert command == ["newman", "run", "postman.json"]
    return tools.run(*command[:2], file, "--env-var", f"baseUrl={address}", "--timeout-request", "20000")


def test_the_collection_is_that_of_the_contract() -> None:
    """The committed file equals the converted contract, and is small enough to import."""
    assert COLLECTION.read_text(encoding="utf-8") == collection()
    assert COLLECTION.stat().st_size < _LARGEST


def test_every_operation_is_in_the_collection(document: Any) -> None:
    """The collection has a folder for each tag and a request for each operation."""
    folders = json.loads(COLLECTION.read_bytes())["item"]
    assert [folder["name"] for folder in folders] == [tag["name"] for tag in document["tags"]]
    operations = [operation["summary"] for item in document["paths"].values() for operation in _operations(item)]
    assert sorted(request["name"] for folder in folders for request in folder["item"]) == sorted(operations)


def test_every_request_succeeds_unchanged(tools: Any, live: str, document: Any) -> None:
    """The README's command runs each request of the file, and each gets 200."""
    ended = _newman(tools, COLLECTION, live)
    assert ended.returncode == 0, ended.stdout
    count = sum(len(_operations(item)) for item in document["paths"].values())
    assert ended.stdout.count("The status is 200") == count


def test_a_rejected_request_fails_the_run(tools: Any, live: str, tmp_path: Path) -> None:
    """A misspelt finding fails the run."""
    text = COLLECTION.read_text(encoding="utf-8")
    planted = text.replace('\\"cramp_on_hills\\"', '\\"cramp_on_hill\\"', 1)
    assert planted != text
    (tmp_path / "postman.json").write_text(planted, encoding="utf-8")
    assert _newman(tools, tmp_path / "postman.json", live).returncode != 0


def _operations(item: Any) -> list[Any]:
    return [operation for operation in item.values() if isinstance(operation, dict) and "summary" in operation]
