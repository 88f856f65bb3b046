"""S3's XML: small documents out, small documents in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from lakewright.rehearse.aws.faults import XML_TYPE, Fault
from lakewright.rehearse.aws.http import Answer

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
Node = Mapping[str, object]


def document(name: str, content: Node, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of one element. A sequence as a value repeats its element; None leaves it out."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}">{_inner(content)}</{name}>'
    return Answer(200, {"content-type": XML_TYPE, **(headers or {})}, text.encode("utf-8", "replace"))


def _inner(value: object) -> str:
    match value:
        case Mapping():
            return "".join(_element(str(name), inner) for name, inner in value.items())
        case bool():
            return "true" if value else "false"
        case datetime():
            return timestamp(value)
        case _:
            return "".join(_character(letter) for letter in escape(str(value)))


def _element(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case list() | tuple():
            return "".join(_element(name, one) for one in value)
        case _:
            return f"<{name}>{_inner(value)}</{name.partition(' ')[0]}>"


def _character(letter: str) -> str:
    return letter if letter >= " " or letter in "\t\n" else f"&#x{ord(letter):x};"


def timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parsed(body: bytes) -> ElementTree.Element:
    """The root element, names without namespaces. Raises Fault MalformedXML, for document types as well."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise malformed()
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 no document type, so no entities
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise malformed() from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def texts(root: ElementTree.Element, path: str) -> Sequence[str]:
    return [element.text or "" for element in root.findall(path)]


def malformed() -> Fault:
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return Fault("MalformedXML", text)
