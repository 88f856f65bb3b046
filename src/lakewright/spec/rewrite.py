"""Puts an entry into a mapping of a YAML text, or takes one out; every other character stays as it is.

Comments, order, quotes and line ends are the person's. What cannot be done so for certain is not done: the result is
read again, and must say what was meant and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from lakewright.spec.document import Value, read_document

INDENT = 2
_COMMENT = re.compile(r"#[^\r\n]*")
Path = tuple[str, ...]


class CannotRewriteError(Exception):
    """The text has a form that is left to people."""


def with_entry(text: str, path: Sequence[str], key: str, value: str) -> str:
    """The text with `key: value` at the end of the mapping at `path`, which is made where it lacks.

    `key` and `value` are YAML of one line. Raises CannotRewriteError.
    """
    at, (found, rest) = tuple(path), _deepest(text, tuple(path))
    newline = "\r\n" if "\r\n" in text else "\n"
    if found.value and not found.flow_style:
        end = _own_end(text, found)
        lines = _nested(rest, f"{key}: {value}", found.value[0][0].start_mark.column)
        changed = text[:end] + "".join(newline + line for line in lines) + (text[end:] or newline)
    elif found.value:
        end = _content_end(found.value[-1][1])
        _check_beside(text, end, found.end_mark.index)
        changed = f"{text[:end]}, {_flow(rest, key, value)}{text[end:]}"
    else:
        changed = _first(text, found, _flow(rest, key, value))
    return _checked(text, changed, at, key, added=_plain(f"{key}: {value}")[_plain_key(key)])


def without_entry(text: str, path: Sequence[str], key: str) -> str:
    """The text without the entry `key` of the mapping at `path`; comments above it stay, its own go.

    Its own stand in it, or below it and deeper. Raises CannotRewriteError; KeyError if there is no such entry.
    """
    found, rest = _deepest(text, tuple(path))
    keys = [] if rest else [one.value for one, _ in found.value]
    if key not in keys:
        raise KeyError(key)
    index = keys.index(key)
    name, value = found.value[index]
    start, end = name.start_mark.index, _content_end(value)
    if found.flow_style:
        above = _content_end(found.value[index - 1][1]) if index else found.start_mark.index
        _check_free(text[_line_end(text, above) : start])
        after = found.value[index + 1][0].start_mark.index if index + 1 < len(keys) else found.end_mark.index
        _check_beside(text, end, after)
    else:
        start, end = _line_start(text, start), _own_end(text, found, index)
    if len(keys) == 1:
        changed = _emptied(text, found, start, end, alone=not path)
    elif found.flow_style and index + 1 < len(keys):
        changed = text[:start] + text[found.value[index + 1][0].start_mark.index :]
    elif found.flow_style:
        changed = text[: _content_end(found.value[index - 1][1])] + text[end:]
    else:
        changed = text[:start] + text[_next_line(text, end) :]
    return _checked(text, changed, tuple(path), key, added=None, own=range(start, end))


def _deepest(text: str, path: Path) -> tuple[yaml.MappingNode, Path]:
    """The mapping at `path`, or the nearest above it that is there; and what of the path lacks below it."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CannotRewriteError("it is no YAML") from error
    if not isinstance(node, yaml.MappingNode):
        raise CannotRewriteError("it is no mapping")
    for depth, step in enumerate(path):
        below = next((value for name, value in node.value if name.value == step), None)
        if below is None:
            return node, path[depth:]
        if isinstance(below, yaml.ScalarNode) and below.value in ("", "~", "null"):
            below = yaml.MappingNode("", [], below.start_mark, below.end_mark, flow_style=False)
        if not isinstance(below, yaml.MappingNode):
            raise CannotRewriteError(f"`{'.'.join(path[: depth + 1])}` is no mapping")
        node = below
    return node, ()


def _content_end(node: yaml.Node) -> int:
    """Where a value's own text ends: a block's mark is that of what comes next, comments between included."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _content_end(last[1] if isinstance(node, yaml.MappingNode) else last)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        raise CannotRewriteError("a text of several lines stands there")
    index: int = node.end_mark.index
    return index


def _own_end(text: str, block: yaml.MappingNode, index: int = -1) -> int:
    """Before the line break that ends an entry of a block, and the comments below it that stand deeper than its key."""
    name, value = block.value[index]
    end = _line_end(text, _content_end(value))
    deeper = rf"(?:(?:\r?\n[ \t]*)*\r?\n {{{name.start_mark.column + 1},}}#[^\r\n]*)*"
    found = re.compile(deeper).match(text, end)
    return found.end() if found else end


def _check_free(gap: str) -> None:
    """Between two entries a `#` begins a comment."""
    if "#" in gap:
        raise CannotRewriteError("a comment would go with it, or to another entry")


def _check_beside(text: str, end: int, after: int) -> None:
    """Nothing is said beside the entry that ends at `end`: on its line, before what comes `after` it."""
    _check_free(text[end : min(_line_end(text, end), after)])


def _nested(rest: Path, line: str, column: int) -> list[str]:
    """The lines of an entry below mappings that lack."""
    heads = [f"{' ' * (column + INDENT * depth)}{name}:" for depth, name in enumerate(rest)]
    return [*heads, " " * (column + INDENT * len(rest)) + line]


def _flow(rest: Path, key: str, value: str) -> str:
    whole = f"{key}: {value}"
    for name in reversed(rest):
        whole = f"{name}: {{{whole}}}"
    return whole


def _first(text: str, found: yaml.MappingNode, entry: str) -> str:
    """An empty mapping gets its first entry: `{}`, or nothing after the colon."""
    start, end = found.start_mark.index, found.end_mark.index
    space = "" if start == end and text[start - 1 : start] == " " else " " if start == end else ""
    return f"{text[:start]}{space}{{{entry}}}{text[end:]}"


def _emptied(text: str, found: yaml.MappingNode, start: int, end: int, *, alone: bool) -> str:
    """The last entry goes, from `start` to `end`. `{}` is left beside the mapping's own key, or `alone` in the text."""
    if found.flow_style:
        return text[: found.start_mark.index] + "{}" + text[found.end_mark.index :]
    head, end = text[:start], _next_line(text, end)
    if alone:
        return head + "{}" + ("\r\n" if "\r\n" in text else "\n") + text[end:]
    colon = _own_colon(head)
    return head[: colon + 1] + " {}" + head[colon + 1 :] + text[end:]


def _own_colon(head: str) -> int:
    """The colon of the key that a block mapping belongs to: the last line above it that is no comment."""
    offset = len(head)
    for line in reversed(head.splitlines(keepends=True)):
        offset -= len(line)
        plain = line.split(" #")[0].rstrip()
        if plain and not plain.lstrip().startswith("#"):
            if not plain.endswith(":"):
                break
            return offset + len(plain) - 1
    raise CannotRewriteError("its key is not on a line of its own")


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    """Before the line break that ends the line of `index`."""
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _next_line(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _checked(before: str, after: str, path: Path, key: str, added: Any, own: range = range(0)) -> str:
    """`after`, if it says what `before` says but for that entry, with all comments but those in its `own` characters.

    Raises CannotRewriteError.
    """
    meant, said = _plain(before), _plain(after)
    place: dict[str, Any] = meant
    for step in path:
        below = place.get(step)
        place[step] = place = below if isinstance(below, dict) else {}
    if added is None:
        place.pop(key)
    else:
        place[_plain_key(key)] = added
    if meant != said:
        raise CannotRewriteError("another change would come with it")
    if [comment for at, comment in _comments(before) if at not in own] != [comment for _, comment in _comments(after)]:
        raise CannotRewriteError("a comment would go with it")
    return after


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Where each comment begins, and what it says: comments stand between tokens."""
    last = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        for found in _COMMENT.finditer(text, last, max(last, token.start_mark.index)):
            yield found.start(), found.group()
        last = max(last, token.end_mark.index)


def _plain_key(key: str) -> str:
    (name,) = _plain(f"{key}: x")
    return str(name)


def _plain(text: str) -> dict[str, Any]:
    tree, mistakes = read_document(text, "")
    if mistakes and text.strip() not in ("", "{}"):
        raise CannotRewriteError(mistakes[0].fact)
    return _bare(tree)


def _bare(tree: Value) -> dict[str, Any]:
    found: Mapping[str, Any] = tree.plain()
    return dict(found)
