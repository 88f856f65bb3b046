"""Both YAML parsers read the language alike: libyaml, where PyYAML was built with it, and PyYAML's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import lakewright
from lakewright.spec import document
from lakewright.spec.document import Value, read_document

SPECS = sorted(Path(lakewright.__file__).parent.glob("blueprints/*/platform.yaml"))
PIECES = (": ", "- ", "\t", "\n", "  ", "'", '"', "|\n", ">-\n", "&a ", "*a", "!x ", "{", "}", "[", "]", ", ", "# c")
PIECES += ("%", "@", "---\n", "...\n", "? ", "<<: ", "\u2028", "\ufeff", "\x85", "0o7", "~", ":", "\\x", "\r\n", "é")

pytestmark = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")


def _told(value: Value) -> object:
    content = value.content
    if isinstance(content, dict):
        return value.place, [(key, entry.place, _told(entry.value)) for key, entry in content.items()]
    if isinstance(content, list):
        return value.place, [_told(item) for item in content]
    return value.place, type(content), content


def _read_by_each(text: str) -> list[tuple[object, list[str]]]:
    found = []
    for parser in (document._Quick, document._Loader):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(document, "_Quick", parser)
            value, mistakes = read_document(text, "platform.yaml")
        found.append((_told(value), [str(mistake) for mistake in mistakes]))
    return found


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_blueprints_are_read_alike(path: Path) -> None:
    quick, slow = _read_by_each(path.read_text(encoding="utf-8"))
    assert quick == slow


@given(st.lists(st.sampled_from((*PIECES, "key", "value", "7", "on")), max_size=25).map("".join))
@settings(max_examples=500, deadline=None)
def test_odd_texts_are_read_alike(text: str) -> None:
    quick, slow = _read_by_each(text)
    assert quick == slow


def test_the_faster_parser_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_Loader", None)
    assert not read_document("a: {b: [1, two]}", "platform.yaml")[1]
