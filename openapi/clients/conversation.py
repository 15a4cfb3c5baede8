"""The complete conversation: python3 conversation.py [address of the service]"""

import json
import sys
import urllib.request

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
YES = {"cramp_on_hills", "hills_new_or_increased"}  # in an app: what the runner ticked
findings, not_known = {"calf_cramp": True}, []


def assess():
    report = {"runner": {"age_years": 34}, "findings": findings, "not_known": not_known}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{ADDRESS}/assess", json.dumps(report).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as response:  # raises unless 200
        return json.load(response)


assessment = assess()
while not assessment["interview"]["should_stop"]:
    for group in assessment["interview"]["groups"]:
        for item in group["items"]:  # in an app: a yes to an item with `send_at_once` is sent at once
            if item.get("kind", "boolean") == "boolean":
                findings[item["id"]] = item["id"] in YES
            else:
                not_known.append(item["id"])  # in an app: the choice or the number goes into findings
    assessment = assess()
print(assessment["triage"]["level"], assessment["triage"]["advice"], sep=": ")
