"""One tree out of several files: the blueprint's defaults below, platform.yaml and its included parts above."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from lakewright.errors import SpecError
from lakewright.spec.access_layers import added_lists, inherited, with_identities, without_lists
from lakewright.spec.document import Entry, Place, Value, read_document
from lakewright.spec.language import PART_KEYS
from lakewright.spec.owners_check import Owners, trespasses

FILE = "platform.yaml"


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the nearest known word, else `otherwise`."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else otherwise


def blueprints() -> dict[str, Traversable]:
    """The folders of the blueprints that come with this package, by name."""
    root = files("lakewright").joinpath("blueprints")
    if not root.is_dir():
        return {}
    return {folder.name: folder for folder in root.iterdir() if folder.joinpath(FILE).is_file()}


def overlay(below: Value, above: Value) -> Value:
    """`above` on `below`: mappings join key by key, anything else is replaced."""
    if not (isinstance(below.content, dict) and isinstance(above.content, dict)):
        return above
    joined: dict[str, Entry] = dict(below.content)
    for key, entry in above.content.items():
        under = joined.get(key)
        joined[key] = Entry(entry.place, overlay(under.value, entry.value)) if under else entry
    return Value(joined, above.place)


def on_defaults(below: Value, above: Value) -> Value:
    """A spec on its blueprint's defaults: `overlay`, except that the lists of `access` add up."""
    below = inherited(below, above)
    return added_lists(below, above, overlay(below, above))


def conflicts(one: Value, other: Value, path: str = "") -> Iterator[SpecError]:
    """What two files of one layer both declare: neither would clearly win."""
    for key, entry in other.entries().items():
        first = one.entries().get(key)
        if first is None:
            continue
        name = f"{path}{key}"
        if first.value.entries() and entry.value.entries():
            yield from conflicts(first.value, entry.value, f"{name}.")
        else:
            fact = f"`{name}` is declared here and in {first.place}"
            yield SpecError("LW115", fact, place=str(entry.place), hint="keep one of them")


def read_parts(root: Path, main: Value, mistakes: list[SpecError], below: Value | None = None) -> Value:
    """`main` joined with the files that its `include` names. `below` are the blueprint's defaults."""
    main = with_identities(root, main, mistakes)
    whole = main
    platform = _platform_owner(main, below)
    for path in _included(root, main, mistakes):
        name = path.relative_to(root).as_posix()
        part, wrong = read_document(_text(path, name, mistakes), name)
        mistakes.extend(wrong)
        part = with_identities(root, _with_owner(part), mistakes)
        for key, entry in part.entries().items():
            if key not in PART_KEYS:
                allowed = ", ".join(PART_KEYS)
                hint = did_you_mean(key, PART_KEYS, f"an included file may hold {allowed}")
                mistakes.append(SpecError("LW104", f"`{key}` does not belong here", place=str(entry.place), hint=hint))
        kept = Value(
            {key: entry for key, entry in part.entries().items() if key in PART_KEYS and key != "owner"}, part.place
        )
        mistakes.extend(conflicts(without_lists(whole), without_lists(kept)))
        layers = (below, whole) if below else (whole,)
        mistakes.extend(trespasses(part, Owners(platform, layers)))
        whole = added_lists(whole, kept, overlay(whole, kept))
    return Value(whole.content, main.place)


def _platform_owner(main: Value, below: Value | None) -> str:
    """Who owns what nobody else does: the owner that is said, else the platform by its name."""
    trees = [(main, "owner"), *([(below, "owner")] if below else []), (main, "platform")]
    found = (tree.find((key,)) for tree, key in trees)
    return next((str(value.content) for value in found if value is not None and value.content), "")


def _included(root: Path, main: Value, mistakes: list[SpecError]) -> list[Path]:
    entry = main.entries().get("include")
    found: dict[Path, None] = {}
    for item in entry.value.content if entry and isinstance(entry.value.content, list) else ():
        pattern = item.content
        if not isinstance(pattern, str) or "${" in pattern:
            continue  # told by the validation that follows
        if pattern.startswith("/") or ".." in Path(pattern).parts:
            hint = "name files in this folder"
            mistakes.append(SpecError("LW112", f"`{pattern}` leaves the project", place=str(item.place), hint=hint))
            continue
        paths = sorted(path for path in root.glob(pattern) if path.is_file() and path != root / FILE)
        if not paths:
            hint = f"make the file, or remove `{pattern}`"
            mistakes.append(SpecError("LW112", f"`{pattern}` finds no file", place=str(item.place), hint=hint))
        found.update(dict.fromkeys(paths))
    return list(found)


def _text(path: Path, name: str, mistakes: list[SpecError]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        mistakes.append(SpecError("LW101", "not UTF-8 text", place=f"{name}:{line}", hint="save the file as UTF-8"))
        return "{}"


def read_main(root: Path, mistakes: list[SpecError]) -> Value:
    """The tree of platform.yaml."""
    tree, wrong = read_document(_text(root / FILE, FILE, mistakes), FILE)
    mistakes.extend(wrong)
    return tree


def _with_owner(part: Value) -> Value:
    """The part's owner becomes the default owner of each source, unit, data product and stack that it declares."""
    owner = part.entries().get("owner")
    if owner is None:
        return part
    for path in (("sources",), ("units",), ("data_products",), ("infra", "stacks")):
        part = _owned(part, path, owner)
    return part


def _owned(part: Value, path: tuple[str, ...], owner: Entry) -> Value:
    """The same with `owner` below what each entry at `path` says itself."""
    if not path:
        owned = {
            name: Entry(entry.place, Value({"owner": owner} | entry.value.content, entry.value.place))
            if isinstance(entry.value.content, dict)
            else entry
            for name, entry in part.entries().items()
        }
        return Value(owned, part.place) if part.entries() else part
    entry = part.entries().get(path[0])
    if entry is None:
        return part
    return Value({**part.entries(), path[0]: Entry(entry.place, _owned(entry.value, path[1:], owner))}, part.place)


def read_blueprint(main: Value, mistakes: list[SpecError]) -> tuple[Value | None, Traversable | None]:
    """The defaults of the blueprint that `main` names, and its folder; (None, None) without one."""
    entry = main.entries().get("blueprint")
    asked = entry.value.content if entry else None
    match = re.fullmatch(r"([a-z][a-z0-9-]*)@([0-9]+)", asked) if isinstance(asked, str) else None
    if entry is None or match is None:
        return None, None
    name, version = match.groups()
    place = str(entry.value.place)
    known = blueprints()
    if name not in known:
        hint = did_you_mean(name, known, "known: " + (", ".join(sorted(known)) or "none"))
        mistakes.append(SpecError("LW111", f'no blueprint "{name}"', place=place, hint=hint))
        return None, None
    label = f"{name}@{version}/{FILE}"
    tree, wrong = read_document(known[name].joinpath(FILE).read_text(encoding="utf-8"), label, "blueprint")
    mistakes.extend(wrong)
    own = tree.find(("blueprint",))
    if own is not None and own.content != asked:
        hint = f"blueprint: {own.content}"
        mistakes.append(SpecError("LW111", f'blueprint "{name}" has no version {version} here', place=place, hint=hint))
        return None, None
    defaults = {
        key: value
        for key, value in tree.entries().items()
        if key not in ("lakewright", "platform", "blueprint", "models")
    }
    return Value(defaults, Place(label, 1, "blueprint")), known[name]
