"""The published form of the language: its JSON schema, and its reference page; both made from the models.

`python -m lakewright.spec.reference docs/reference` writes them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lakewright.spec.language import Platform

TITLE = "platform.yaml of Lakewright"


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) that editors complete and check platform.yaml with."""
    schema = Platform.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": TITLE}
    return head | {key: value for key, value in _untitled(schema).items() if key != "title"}


def _untitled(node: Any) -> Any:
    """Without pydantic's `title`s, which editors would show instead of the descriptions."""
    match node:
        case {"patternProperties": _} if "additionalProperties" not in node:
            return _untitled(node | {"additionalProperties": False})
        case dict():
            return {
                key: {name: _untitled(item) for name, item in value.items()}
                if key in ("properties", "$defs")
                else _untitled(value)
                for key, value in node.items()
                if not (key == "title" and isinstance(value, str))
            }
        case list():
            return [_untitled(item) for item in node]
        case _:
            return node


def schema_text() -> str:
    """The JSON schema as the file that is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def reference_page() -> str:
    """docs/reference/platform-yaml.md: each block with its keys."""
    schema = json_schema()
    blocks = {"": schema} | schema["$defs"]
    lines = [
        "# platform.yaml",
        "",
        "Made from `src/lakewright/spec/language.py` by `make docs`.",
        "The same as JSON schema, for editors: [platform.schema.json](platform.schema.json).",
        "",
        "`${VARIABLE}` is allowed in secrets only (type *secret*); its value is read when needed and never shown.",
        "Sizes are written `500MB`, `10GB`; ages in days, `90d`.",
    ]
    for name, block in blocks.items():
        lines += ["", *_block(name, block)]
    return "\n".join(lines) + "\n"


def _block(name: str, block: dict[str, Any]) -> Iterator[str]:
    yield f"## {name or 'The file'}"
    yield ""
    yield block["description"]
    yield ""
    yield "| key | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = block.get("required", ())
    for key, prop in block["properties"].items():
        default = "*required*" if key in required else _default(prop)
        meaning = prop.get("description", "").replace("|", "\\|")
        yield f"| `{key}` | {_type(prop)} | {default} | {meaning} |"


def _default(prop: dict[str, Any]) -> str:
    if "default" not in prop or prop["default"] in (None, "", [], {}):
        return ""
    return f"`{json.dumps(prop['default'], ensure_ascii=False)}`"


def _type(prop: dict[str, Any]) -> str:
    if "$ref" in prop:
        name = prop["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in prop:
        const = prop["const"]
        return f"`{const if isinstance(const, str) else json.dumps(const)}`"
    if "enum" in prop:
        return " or ".join(f"`{value}`" for value in prop["enum"])
    if "anyOf" in prop:
        return " or ".join(_type(item) for item in prop["anyOf"] if item.get("type") != "null")
    if prop.get("type") == "array":
        return f"list of {_type(prop['items'])}"
    if prop == {"type": "object"}:
        return "settings"
    if prop.get("type") == "object":
        if "properties" in prop:
            return "mapping of " + ", ".join(f"`{key}`" for key in prop["properties"])
        values = prop.get("additionalProperties") or next(iter(prop.get("patternProperties", {}).values()))
        return f"names → {_type(values)}"
    if "${SHOP_DATABASE_URL}" in prop.get("examples", ()):
        return "secret"
    kinds = prop["type"] if isinstance(prop["type"], list) else [prop["type"]]
    return "any value" if len(kinds) == len(_WORDS) - 1 else " or ".join(_WORDS[kind] for kind in kinds)


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}


def write(folder: Path) -> None:
    """Writes both files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "platform-yaml.md").write_text(reference_page(), encoding="utf-8")
    (folder / "platform.schema.json").write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
