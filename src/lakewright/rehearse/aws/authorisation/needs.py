"""From a request to what IAM is asked: actions, resources and what the request adds to the condition context.

Documentation: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakewright.rehearse.aws.gate import Asked

ANY = "*"
_FIELD = re.compile(r"\{([\w.]+)\}")


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that a request needs: `resource` is an ARN or `*`.

    `values` are condition keys that the request itself gives, `absent` those that it is known not to give.
    `policed` names what carries a resource policy: (kind, name), such as ("bucket", "lake"). `unknown` are keys that
    the request has, with values that nobody here knows; one that ends in `*` stands for all that begin so.
    `any_workgroup` makes it enough that one of Athena's workgroups is allowed: which one is meant is not known here.
    """

    action: str
    resource: str = ANY
    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    policed: tuple[str, str] | None = None
    unknown: tuple[str, ...] = ()
    any_workgroup: bool = False


Needs = Callable[[Asked], Iterator[Need]]
"""What a request needs; several needs must all be allowed."""


@dataclass(frozen=True)
class Table:
    """One service's resources: what stands after the account in an ARN, with `{Parameter}`, → operations.

    `prefix` is IAM's name of the service, `global_arns` leave out the region. `renamed` are operations whose action has
    another name. An operation under several resources needs all of them; one under none has no resources: `*`.
    """

    prefix: str
    resources: Mapping[str, str]
    renamed: Mapping[str, str] = field(default_factory=dict)
    global_arns: bool = False
    policed: str = ""

    def __call__(self, asked: Asked) -> Iterator[Need]:
        action = f"{self.prefix}:{self.renamed.get(asked.operation, asked.operation)}"
        templates = [template for template, names in self.resources.items() if asked.operation in names.split()]
        found = [arn for template in templates for arn in self._arns(template, asked)]
        values, absent = tags_of(asked.parameters)
        for arn in found or [ANY]:
            yield Need(action, arn, values, absent, (self.policed, arn) if self.policed and arn != ANY else None)

    def _arns(self, template: str, asked: Asked) -> Iterator[str]:
        region = "" if self.global_arns else asked.region
        for text in filled(template, asked.parameters):
            given = text[text.index("arn:") :] if "arn:" in text else ""
            yield given or f"arn:aws:{self.prefix}:{region}:{asked.account}:{text.replace('//', '/')}"


def filled(template: str, parameters: Mapping[str, Any]) -> list[str]:
    """A template with the request's values: one text for each value of a list, none when a value is missing.

    Where several values make a text, ARNs among them are put in by the name at their end.
    """
    texts, paths = [template], list(dict.fromkeys(_FIELD.findall(template)))
    for path in paths:
        values = list(at(parameters, path))
        if len(paths) > 1:
            values = [value.rpartition("/")[2] if value.startswith("arn:") else value for value in values]
        texts = [text.replace("{" + path + "}", value) for text in texts for value in values]
    return texts


def at(value: Any, path: str) -> Iterator[str]:
    """All texts at a path of names through objects and lists."""
    name, _, rest = path.partition(".")
    match value:
        case Mapping() if name in value and rest:
            yield from at(value[name], rest)
        case Mapping() if name in value:
            yield from _texts(value[name])
        case list() | tuple():
            for one in value:
                yield from at(one, path)
        case _:
            pass


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case int():
            yield str(value)
        case list() | tuple():
            for one in value:
                yield from _texts(one)
        case _:
            pass


def tags_of(parameters: Mapping[str, Any]) -> tuple[dict[str, str | Sequence[str]], tuple[str, ...]]:
    """`aws:RequestTag/…` and `aws:TagKeys` of a request, in the forms that services have; there are no others."""
    found: dict[str, str] = {}
    for name in ("Tags", "tags", "TagsList", "TagList", "TagSpecifications", "ResourceTags", "TagsToAdd"):
        found |= _tags(parameters.get(name))
    values: dict[str, str | Sequence[str]] = {f"aws:RequestTag/{key}": value for key, value in found.items()}
    if found:
        values["aws:TagKeys"] = tuple(found)
    return values, ("aws:RequestTag/*", "aws:TagKeys")


def _tags(value: Any) -> dict[str, str]:
    match value:
        case Mapping():
            return {str(key): str(one) for key, one in value.items()}
        case list() | tuple():
            found: dict[str, str] = {}
            for one in value:
                match one:
                    case {"Tags": inner}:
                        found |= _tags(inner)
                    case {"Key": key, **rest} | {"key": key, **rest} | {"TagKey": key, **rest}:
                        found[str(key)] = str(next(iter(rest.values()), ""))
                    case _:
                        pass
            return found
        case _:
            return {}
