"""Derives the schema of bundles (databricks.yml and what it includes) from the published Python models of resources.

    pip download --no-deps databricks-bundles==1.22.1
    python tools/bundle_schema.py databricks_bundles-1.22.1-py3-none-any.whl

Databricks generates these models from the JSON schema of bundles, so that they say of every resource its fields, their
types and which are required. What is around resources (bundle, targets, variables, …) they do not say: ROOT has it, as
names and types are in that JSON schema (`databricks bundle schema` prints it; read in bundle/schema/jsonschema.json of
github.com/databricks/cli at commit 002d0788111ca91de62d7d3017559a6980cf9b96), and as the documentation describes them,
https://docs.databricks.com/aws/en/dev-tools/bundles/reference.

Writes src/lakewright/infra/bundles/schema.json.gz: the same bytes for the same wheel. It is a JSON schema that needs no
more than: $ref, type, enum, pattern, properties, required, additionalProperties, items, anyOf.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import gzip
import json
import sys
import tempfile
import types
import typing
import zipfile
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "src/lakewright/infra/bundles/schema.json.gz"
LICENCE = (
    "Names and types derived from the package named above, which is under the Databricks License "
    "(https://github.com/databricks/cli/blob/main/LICENSE); no text of it is kept."
)
_PART = r"[a-zA-Z]+([-_]?[a-zA-Z0-9]+)*(\[[0-9]+\])*"
VARIABLE = {"$ref": "#/$defs/Interpolation"}
PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"anyOf": [{"type": "boolean"}, VARIABLE]},
    int: {"anyOf": [{"type": "integer"}, VARIABLE]},
    float: {"anyOf": [{"type": "number"}, VARIABLE]},
}
S, B = PLAIN[str], PLAIN[bool]


def struct(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"anyOf": [kind | ({"required": sorted(required)} if required else {}), VARIABLE]}


def mapping(values: Any) -> dict[str, Any]:
    return {"anyOf": [{"type": "object", "additionalProperties": values}, VARIABLE]}


def several(items: Any) -> dict[str, Any]:
    return {"anyOf": [{"type": "array", "items": items}, VARIABLE]}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


_LOOKUP = struct(
    dict.fromkeys(
        (
            "alert", "cluster", "cluster_policy", "dashboard", "instance_pool", "job", "metastore",
            "notification_destination", "pipeline", "query", "service_principal", "warehouse",
        ),
        S,
    )
)  # fmt: skip
_VARIABLE = {"default": {}, "description": S, "lookup": ref("Lookup"), "type": {"enum": ["complex"]}}
_SIMPLE = ("string", "boolean", "number", "array")
_PATHS = ("artifact_path", "file_path", "resource_path", "root_path", "state_path")
_LOGIN = ("auth_type", "client_id", "google_service_account", "host", "profile", "workspace_id")
_AZURE = ("client_id", "environment", "login_app_id", "tenant_id", "workspace_resource_id")
DEFINITIONS: dict[str, Any] = {
    "Artifact": struct(
        {
            "build": S,
            "dynamic_version": B,
            "executable": {"enum": ["bash", "sh", "cmd"]},
            "files": several(struct({"source": S}, "source")),
            "path": S,
            "type": {"enum": ["whl", "jar"]},
        }
    ),
    "Bundle": struct(
        {
            **dict.fromkeys(("cluster_id", "compute_id", "databricks_cli_version", "name", "uuid"), S),
            "deployment": struct({"fail_on_active_runs": B, "lock": struct({"enabled": B, "force": B})}),
            "git": ref("Git"),
        },
        "name",
    ),
    "Git": struct({"branch": S, "origin_url": S}),
    "Interpolation": {"type": "string", "pattern": r"\$\{" + _PART + r"(\." + _PART + r")*\}"},
    "Lookup": _LOOKUP,
    "Permission": struct(
        {
            "level": {"anyOf": [{"enum": ["CAN_MANAGE", "CAN_RUN", "CAN_VIEW"]}, VARIABLE]},
            **dict.fromkeys(("group_name", "service_principal_name", "user_name"), S),
        },
        "level",
    ),
    "Presets": struct(
        {
            "artifacts_dynamic_version": B,
            "jobs_max_concurrent_runs": PLAIN[int],
            "name_prefix": S,
            "pipelines_development": B,
            "source_linked_deployment": B,
            "tags": mapping(S),
            "trigger_pause_status": {"anyOf": [{"enum": ["PAUSED", "UNPAUSED"]}, VARIABLE]},
        }
    ),
    "Python": struct({"mutators": several(S), "resources": several(S), "venv_path": S}),
    "RunAs": struct(dict.fromkeys(("service_principal_name", "user_name"), S)),
    "Sync": struct(dict.fromkeys(("exclude", "include", "paths"), several(S))),
    "Target": struct(
        {
            "artifacts": mapping(ref("Artifact")),
            "bundle": ref("Bundle"),
            "cluster_id": S,
            "compute_id": S,
            "default": B,
            "git": ref("Git"),
            "mode": {"enum": ["development", "production"]},
            "permissions": several(ref("Permission")),
            "presets": ref("Presets"),
            "resources": ref("Resources"),
            "run_as": ref("RunAs"),
            "sync": ref("Sync"),
            "variables": mapping({"anyOf": [struct(_VARIABLE), *({"type": one} for one in _SIMPLE)]}),
            "workspace": ref("Workspace"),
        }
    ),
    "Variable": struct(_VARIABLE),
    "Workspace": struct(
        {
            **dict.fromkeys((*_PATHS, *_LOGIN, *(f"azure_{name}" for name in _AZURE)), S),
            "azure_use_msi": B,
            "experimental_is_unified_host": B,
        }
    ),
}
ROOT: dict[str, Any] = {
    "artifacts": mapping(ref("Artifact")),
    "bundle": ref("Bundle"),
    "experimental": {"type": "object"},
    "include": several(S),
    "permissions": several(ref("Permission")),
    "presets": ref("Presets"),
    "python": ref("Python"),
    "resources": ref("Resources"),
    "run_as": ref("RunAs"),
    "scripts": mapping(struct({"content": S}, "content")),
    "sync": ref("Sync"),
    "targets": mapping(ref("Target")),
    "variables": mapping(ref("Variable")),
    "workspace": ref("Workspace"),
}


class Types:
    """Definitions of the wheel's types, as they are met."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.found: dict[str, Any] = {}

    def of(self, hint: Any) -> dict[str, Any]:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            kept = [one for one in arguments if one is not type(None) and typing.get_origin(one) is not self.variable]
            kinds = [self.of(one) for one in dict.fromkeys(kept)]
            return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        if origin is list:
            return several(self.of(arguments[0]))
        if origin is dict:
            return mapping(self.of(arguments[1]))
        if hint in PLAIN:
            return PLAIN[hint]
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return {"anyOf": [{"enum": [one.value for one in hint]}, VARIABLE]}
        if dataclasses.is_dataclass(hint):
            return self.struct(hint)
        if hint in (Any, object):
            return {}
        raise TypeError(f"{hint!r}: no such type was known when this was written")

    def struct(self, kind: Any) -> dict[str, Any]:
        name = f"{kind.__module__.split('.')[2]}.{kind.__name__}"
        if name not in self.found:
            self.found[name] = {}  # types may hold themselves
            hints = typing.get_type_hints(kind)
            fields = dataclasses.fields(kind)
            needed = [
                one.name
                for one in fields
                if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
            ]
            properties = {one.name: self.of(hints[one.name]) for one in fields}
            self.found[name] = struct(dict(sorted(properties.items())), *needed)
        return ref(name)


def derived(unpacked: str) -> dict[str, Any]:
    sys.path.insert(0, unpacked)
    from databricks.bundles.core._resource_type import _ResourceType
    from databricks.bundles.core._variable import Variable
    from databricks.bundles.version import __version__

    kinds = Types(Variable)
    resources = {one.plural_name: mapping(kinds.of(one.resource_type)) for one in _ResourceType.all()}
    definitions = DEFINITIONS | {"Resources": struct(dict(sorted(resources.items())))} | kinds.found
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"databricks-bundles {__version__}. {LICENCE}",
        "$defs": dict(sorted(definitions.items())),
        "type": "object",
        "properties": ROOT,
        "additionalProperties": False,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="databricks_bundles-….whl")
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(parser.parse_args().wheel).extractall(folder)  # its folders cannot be imported from within
        text = json.dumps(derived(folder), separators=(",", ":"), sort_keys=True)
    OUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{OUT}: {len(text)} bytes, {OUT.stat().st_size} compressed")


if __name__ == "__main__":
    main()
