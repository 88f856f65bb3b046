"""Derives the schema of the Databricks Terraform provider from its published Python bindings.

    pip download --no-deps cdktf-cdktf-provider-databricks==15.16.1
    python tools/databricks_schema.py cdktf_cdktf_provider_databricks-15.16.1-py3-none-any.whl

The bindings were generated from the provider's own schema. Their wheel holds the TypeScript sources (in source maps),
and these say of every argument its name, type, whether it is required, optional or computed, and how blocks are nested.
What they do not say (sensitive values, what forces replacement, defaults) stands in the provider's rules, by hand.

Writes src/lakewright/rehearse/databricks/provider/schema.json.gz: the same bytes for the same wheel. A block's form:

    {"a": {NAME: [TYPE, FLAGS]}, "b": {NAME: [NESTING, LEAST, MOST, BLOCK]}}

TYPE is Terraform's own JSON form, or {"nested": NESTING, "a": {…}}; FLAGS are "r" (required) or of "o" (optional) and
"c" (computed); NESTING is single, list, set or map; MOST is 0 for any number.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import io
import itertools
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "src/lakewright/rehearse/databricks/provider/schema.json.gz"
LICENCE = (
    "Facts derived from the package named above, which is licensed under MPL-2.0 "
    "(https://github.com/cdktf/cdktf-provider-databricks)."
)
_MAP = "sourceMappingURL=data:application/json;base64,"
_UNIT = re.compile(r"^export (?:class|interface|function) (\w+)", re.MULTILINE)
_FIELD = re.compile(r"// (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n\s+([^\n]+)\n(?=([^\n]*))")
_OBJECT = re.compile(r"= new ([\w.]+)\(this, \"\w+\"(?:, (true|false))?\)")
_NESTING = re.compile(r"^ {4,6}(\w+): \{\n[^\n]+\n\s+isBlock: (?:true|false),\n\s+type: \"(\w+)\"", re.MULTILINE)
_IS_BLOCK = re.compile(r"\* (\w+) block\s*\n")
_ELEMENT = re.compile(r"return new (\w+OutputReference)\(")
_VALUES = {"string": "string", "number": "number", "boolean | cdktf.IResolvable": "bool"}
_GETTERS = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
}
_ARGUMENT = re.compile(r"// (\w+) - computed[^\n]+\n\s+private \w+\?: ([^;\n]+?)(?: \| undefined)?;")
_MAPS = {"cdktf.StringMap": "string", "cdktf.NumberMap": "number", "cdktf.BooleanMap": "bool"}


def sources(wheel: Path) -> Iterator[tuple[str, str]]:
    """(folder of the type, TypeScript source) of each file in the bindings."""
    with zipfile.ZipFile(wheel) as archive:
        inner = next(name for name in archive.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(archive.read(inner))) as package:
            for member in package:
                parts = Path(member.name).parts
                if len(parts) > 3 and parts[:2] == ("package", "lib") and member.name.endswith(".js"):
                    file = package.extractfile(member)
                    text = file.read().decode() if file else ""
                    if _MAP in text:
                        encoded = text.rsplit(_MAP, 1)[1].strip()
                        yield parts[2], json.loads(base64.b64decode(encoded))["sourcesContent"][0]


class Module:
    """The sources of one resource or data-source type, cut at their exported names."""

    def __init__(self, text: str) -> None:
        starts = [(found.start(), found[1]) for found in _UNIT.finditer(text)] + [(len(text), "")]
        self.units: dict[str, str] = {}
        for (start, name), (end, _) in itertools.pairwise(starts):
            self.units[name] = text[start:end]
        self.main = next(
            name for name, unit in self.units.items() if re.search(r"extends cdktf\.Terraform(?!Meta)", unit[:200])
        )

    def top(self) -> dict[str, Any]:
        """The block of the whole type."""
        unit = self.units[self.main]
        if f"{self.main}Config" in self.units and "extends cdktf.TerraformProvider" in unit[:200]:
            return self.provider(unit)
        return self.block(unit, self.units[f"{self.main}Config"], unit)

    def provider(self, unit: str) -> dict[str, Any]:
        """The provider's own arguments: all are optional."""
        attributes = {name: [_VALUES[kind.strip()], "o"] for name, kind in _ARGUMENT.findall(unit)}
        return {"a": attributes}

    def block(self, fields: str, arguments: str, shapes: str) -> dict[str, Any]:
        """A block from its class `fields`, its interface `arguments` and the function that writes its `shapes`."""
        nestings = dict(_NESTING.findall(shapes))
        blocks = set(_IS_BLOCK.findall(arguments))
        found: dict[str, Any] = {"a": {}, "b": {}}
        for name, computed, optional, required, line, after in _FIELD.findall(fields):
            flags = "r" if required == "true" else "o" * (optional == "true") + "c" * (computed == "true")
            inner = _OBJECT.search(line)
            if inner and inner[1] not in _MAPS:
                self.nested(found, name, flags, inner, nestings, blocks)
            elif inner:
                found["a"][name] = [["map", _MAPS[inner[1]]], flags]
            else:
                found["a"][name] = [self.plain(name, line, after, nestings), flags]
        return {key: value for key, value in found.items() if value}

    @staticmethod
    def plain(name: str, line: str, after: str, nestings: dict[str, str]) -> Any:
        """The type of an attribute without an inner structure."""
        if stored := re.search(r"\?: (.+?);", line):
            kind = stored[1]
            if kind in _VALUES:
                return _VALUES[kind]
            if element := re.fullmatch(r"\{ \[key: string\]: (.+) \}", kind):
                return ["map", _VALUES[element[1]]]
            return [nestings[name], _VALUES[kind.removesuffix("[]")]]
        getter = re.search(r"this\.(\w+)\(", after)
        if getter is None:
            raise ValueError(f"{name}: {line} {after}")
        kind = _GETTERS[getter[1]]
        return ["set", kind[1]] if "cdktf.Fn.tolist" in after else kind

    def nested(
        self,
        found: dict[str, Any],
        name: str,
        flags: str,
        inner: re.Match[str],
        nestings: dict[str, str],
        blocks: set[str],
    ) -> None:
        """Adds a block, a nested attribute, or a computed attribute of objects."""
        cls, wraps_set = inner[1], inner[2] == "true"
        many = not cls.endswith("OutputReference")
        element = self.element(cls)
        struct = element.removesuffix("OutputReference")
        writer = struct[0].lower() + struct[1:] + "ToHclTerraform"
        body = self.block(self.units[element], self.units[struct], self.units.get(writer, ""))
        nesting = nestings.get(name, "set" if wraps_set else "list" if many else "struct")
        nesting = "single" if nesting == "struct" else nesting
        if name in blocks:
            least = int(flags == "r")
            found["b"][name] = [
                nesting,
                0 if nesting == "single" else least,
                0 if many or nesting == "single" else 1,
                body,
            ]
        elif flags == "c":
            object_ = object_type(body)
            found["a"][name] = [object_ if nesting == "single" else [nesting, object_], flags]
        else:
            found["a"][name] = [{"nested": nesting, "a": body.get("a", {})}, flags]

    def element(self, cls: str) -> str:
        """The class of one element of a list, set or map class."""
        if cls.endswith("OutputReference"):
            return cls
        found = _ELEMENT.search(self.units[cls])
        if found is None:
            raise ValueError(cls)
        return found[1]


def object_type(block: dict[str, Any]) -> Any:
    """A block as the type of a value."""
    types: dict[str, Any] = {}
    for name, (kind, _) in block.get("a", {}).items():
        if isinstance(kind, dict):
            inner = object_type(kind)
            kind = inner if kind["nested"] == "single" else [kind["nested"], inner]
        types[name] = kind
    for name, (nesting, _, _, inner) in block.get("b", {}).items():
        types[name] = object_type(inner) if nesting == "single" else [nesting, object_type(inner)]
    return ["object", types]


def derive(wheel: Path) -> dict[str, Any]:
    """The whole schema, with its origin."""
    texts: dict[str, list[str]] = {}
    for folder, text in sources(wheel):
        texts.setdefault(folder, []).append(text)
    version = re.search(r"providers/databricks/databricks/([\d.]+)/docs", "".join(texts["schema"]))
    if version is None:
        raise ValueError(f"{wheel.name} does not name the provider's version")
    schema: dict[str, Any] = {
        "provider": "registry.terraform.io/databricks/databricks",
        "version": version[1],
        "derived_from": "-".join(wheel.name.split("-")[:2]).replace("_", "-"),
        "date": date_of(wheel),
        "licence": LICENCE,
        "config": {},
        "resources": {},
        "data": {},
    }
    for parts in texts.values():
        text = "\n".join(parts)
        kind = re.search(r"tfResourceType = \"(\w+)\"", text)
        if kind is None:
            continue
        block = Module(text).top()
        if "extends cdktf.TerraformProvider" in text:
            schema["config"] = block
        else:
            schema["data" if "extends cdktf.TerraformDataSource" in text else "resources"][kind[1]] = block
    return schema


def date_of(wheel: Path) -> str:
    """The day the wheel was built."""
    with zipfile.ZipFile(wheel) as archive:
        return "{:04d}-{:02d}-{:02d}".format(*max(entry.date_time for entry in archive.infolist())[:3])


def main() -> int:
    """Writes the schema, or with --check says whether it is the one in the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the file is another")
    given = parser.parse_args()
    text = json.dumps(derive(given.wheel), sort_keys=True, separators=(",", ":"))
    packed = gzip.compress(text.encode(), 9, mtime=0)
    if given.check:
        return int(gzip.decompress(given.out.read_bytes()).decode() != text)
    given.out.write_bytes(packed)
    print(f"{given.out}: {len(text)} bytes, packed {len(packed)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
