"""The workspace's tree: notebooks, files and folders."""

from __future__ import annotations

import base64
import binascii

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing, taken
from lakewright.rehearse.databricks.routes import Answered, Raw, Route, workspace
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.world import Call, as_bool, required

OBJECT = "workspace_object"
MOST_BYTES = 10 << 20
ROOTS = ("/", "/Users", "/Shared", "/Workspace")
SUFFIXES = {"PYTHON": ".py", "SQL": ".sql", "SCALA": ".scala", "R": ".r"}


def _path(given: object) -> str:
    """`/Workspace/Shared/x` and `/Shared/x` are one path."""
    text = "/" + str(given or "").strip("/")
    text = "/" + text.removeprefix("/Workspace").strip("/") if text.startswith("/Workspace") else text
    if not str(given or "").startswith("/"):
        raise invalid(f"Path ({given}) doesn't start with '/'")
    if ".." in text.split("/"):
        raise invalid(f"Path ({given}) may not contain '..'")
    return text


def _find(call: Call, path: str) -> Body | None:
    return call.objects.named(OBJECT, call.scope, path)


def _exists(call: Call, path: str) -> bool:
    return path in ROOTS or _find(call, path) is not None


def _found(call: Call, path: str) -> Body:
    if path in ROOTS:
        return {"path": path, "object_type": "DIRECTORY", "object_id": 0}
    found = _find(call, path)
    if found is None:
        raise missing(f"Path ({path}) doesn't exist.")
    return found


def content_of(call: Call, path: object) -> Body:
    """A file or notebook, with its content in base64. Raises RESOURCE_DOES_NOT_EXIST."""
    body = _found(call, _path(path))
    if "content" not in body:
        raise invalid(f"{path} is a folder")
    return body


def below(call: Call, path: str) -> dict[str, str]:
    """The files of a folder: path within it → whole path; of a file that alone, under ""."""
    whole = _path(path)
    front = whole.rstrip("/") + "/"
    found = [one["path"] for one in call.objects.all(OBJECT, call.scope) if "content" in one]
    return {
        one.removeprefix(front) if one != whole else "": one for one in found if one == whole or one.startswith(front)
    }


def _shown(body: Body) -> Body:
    return {name: value for name, value in body.items() if name not in ("content", "creator")}


def _put(call: Call, path: str, body: Body) -> Body:
    old = _find(call, path)
    key = old["object_id"] if old else call.objects.next("workspace_object", 1_000_000_001)
    now = call.world.now()
    found = {
        "path": path,
        "object_id": key,
        "resource_id": str(key),
        "created_at": old["created_at"] if old else now,
        "modified_at": now,
        "creator": call.caller.name,
        **body,
    }
    call.objects.put(OBJECT, call.scope, str(key), found, path)
    return found


def make_folders(call: Call, path: str) -> None:
    """The folder and those above it."""
    parts = path.strip("/").split("/")
    for depth in range(1, len(parts) + 1):
        folder = "/" + "/".join(parts[:depth])
        found = _find(call, folder)
        if found is not None and found["object_type"] != "DIRECTORY":
            raise taken(f"{folder} is no folder", "RESOURCE_ALREADY_EXISTS", 400)
        if found is None and folder not in ROOTS:
            _put(call, folder, {"object_type": "DIRECTORY"})


def _mkdirs(call: Call) -> Answered:
    make_folders(call, _path(required(call.body, "path")[0]))
    return {}


def _import(call: Call) -> Answered:
    """`AUTO` makes a notebook of what begins as one, and a file of the rest."""
    given, content, overwrite = call.body, call.raw, False
    if given:
        try:
            content = base64.b64decode(str(given.get("content") or ""), validate=True)
        except binascii.Error:
            raise invalid("The content must be given in base64") from None
    else:
        given, content = _form(call)
    overwrite = as_bool(given.get("overwrite"))
    path = _path(required(given, "path")[0])
    if len(content) > MOST_BYTES:
        raise DatabricksFault("MAX_NOTEBOOK_SIZE_EXCEEDED", f"{path} is larger than 10 MB", 400)
    parent = path.rpartition("/")[0] or "/"
    if not _exists(call, parent):
        raise missing(f"The parent folder ({parent}) does not exist.")
    if _find(call, path) is not None and not overwrite:
        raise taken(f"Path ({path}) already exists.", status=400)
    language = given.get("language")
    format_ = str(given.get("format") or "SOURCE").upper()
    is_notebook = b"Databricks notebook source" in content[:100] or (format_ == "SOURCE" and language is not None)
    body: Body = {"content": base64.b64encode(content).decode(), "size": len(content)}
    body |= {"object_type": "NOTEBOOK", "language": language or "PYTHON"} if is_notebook else {"object_type": "FILE"}
    _put(call, path, body)
    return {}


def _form(call: Call) -> tuple[Body, bytes]:
    """A multipart form, as the SDK's `upload` sends it."""
    kind = call.headers.get("content-type", "")
    boundary = kind.partition("boundary=")[2].strip('"').encode()
    if not boundary:
        raise invalid("The request has neither a JSON body nor a form")
    fields: Body = {}
    content = b""
    for part in call.raw.split(b"--" + boundary)[1:-1]:
        head, _, body = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        if name == "content":
            content = body
        else:
            fields[name] = body.decode()
    return fields, content


def _export(call: Call) -> Answered | Raw:
    body = _found(call, _path(required(call.query, "path")[0]))
    if body["object_type"] == "DIRECTORY":
        raise invalid("Folders cannot be exported here")
    if as_bool(call.query.get("direct_download")):
        return Raw(base64.b64decode(body["content"]), {"content-type": "application/octet-stream"})
    return {"content": body["content"], "file_type": SUFFIXES.get(body.get("language", ""), "").strip(".")}


def _status(call: Call) -> Answered:
    return _shown(_found(call, _path(required(call.query, "path")[0])))


def _inside(call: Call, path: str) -> list[Body]:
    return [one for one in call.objects.all(OBJECT, call.scope) if (one["path"].rpartition("/")[0] or "/") == path]


def _list(call: Call) -> Answered:
    path = _path(required(call.query, "path")[0])
    if _found(call, path)["object_type"] != "DIRECTORY":
        return {"objects": [_shown(_found(call, path))]}
    return {"objects": [_shown(one) for one in _inside(call, path)]}


def _delete(call: Call) -> Answered:
    path = _path(required(call.body, "path")[0])
    body = _found(call, path)
    inside = _inside(call, path)
    if inside and not as_bool(call.body.get("recursive")):
        raise DatabricksFault("DIRECTORY_NOT_EMPTY", f"Folder ({path}) is not empty", 400)
    for one in call.objects.all(OBJECT, call.scope):
        if one["path"].startswith(path.rstrip("/") + "/"):
            call.objects.delete(OBJECT, call.scope, str(one["object_id"]))
    call.objects.delete(OBJECT, call.scope, str(body["object_id"]))
    return {}


PATH = "/api/2.0/workspace"
ROUTES: tuple[Route, ...] = (
    workspace("POST", f"{PATH}/mkdirs", _mkdirs),
    workspace("POST", f"{PATH}/import", _import),
    workspace("POST", f"{PATH}/delete", _delete),
    workspace("GET", f"{PATH}/export", _export),
    workspace("GET", f"{PATH}/get-status", _status),
    workspace("GET", f"{PATH}/list", _list),
)
