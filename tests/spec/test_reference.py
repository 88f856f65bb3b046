"""The published schema agrees with the validation, and the published files are current."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from lakewright.spec.reference import json_schema, reference_page, schema_text

from .test_mistakes import CASES, HEAD, SOURCE
from .test_project import FULL

DOCS = Path(__file__).parents[2] / "docs" / "reference"
BEYOND_A_SCHEMA = {
    "the same key twice",
    "a merge key",
    "no tables",
    "archive before infrequent",
    "an unknown blueprint",
    "an include that finds nothing",
    "an include outside",
    "no mapping file",
    "no models folder",
    "a lake on ftp",
}


def test_published_files_are_current() -> None:
    assert (DOCS / "platform.schema.json").read_text(encoding="utf-8") == schema_text(), "run `make docs`"
    assert (DOCS / "platform-yaml.md").read_text(encoding="utf-8") == reference_page(), "run `make docs`"


def test_it_is_a_schema_without_an_id() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert "$id" not in json.dumps(schema)


@pytest.mark.parametrize("text", [FULL, HEAD, SOURCE])
def test_good_specs_fit(text: str) -> None:
    Draft202012Validator(json_schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "name",
    [name for name, (_, code, _) in CASES.items() if code not in ("LW101", "LW103") and name not in BEYOND_A_SCHEMA],
)
def test_bad_specs_are_refused(name: str) -> None:
    assert not Draft202012Validator(json_schema()).is_valid(yaml.safe_load(CASES[name][0]))


def test_every_key_is_described() -> None:
    schema = json_schema()
    blocks = [schema, *schema["$defs"].values()]
    lacking = [key for block in blocks for key, prop in block["properties"].items() if not prop.get("description")]
    assert lacking == []
