"""Remove every address from the npm lock file; the hashes stay."""

import json
from pathlib import Path

LOCK = Path(__file__).with_name("package-lock.json")

lock = json.loads(LOCK.read_text(encoding="utf-8"))
for package in lock["packages"].values():
    for name in ("resolved", "funding"):
        package.pop(name, None)
LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
