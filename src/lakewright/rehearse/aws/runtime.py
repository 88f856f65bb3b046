"""How clients find the running service: two files in AWS's own formats, for their owner only, gone when it stops."""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.keys import AccessKey

CREDENTIALS, CONFIG = "credentials", "config"


def runtime_folder(project: Path, state: Path, environment: Mapping[str, str]) -> Path:
    """Where the files of a project are: below XDG_RUNTIME_DIR when there is one of ours, else in its state folder."""
    base = environment.get("XDG_RUNTIME_DIR", "")
    if base and _is_ours(Path(base)):
        return Path(base) / "lakewright" / hashlib.sha256(str(project).encode()).hexdigest()[:12]
    return state / "serve"


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.stat()
    except OSError:
        return False
    return found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077


def write_files(folder: Path, endpoint: str, region: str, keys: Iterable[AccessKey]) -> None:
    """One profile per principal in `credentials` and `config`; what a crash left there is replaced."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    secrets, settings = [], []
    for key in keys:
        name = key.principal
        secrets.append(f"[{name}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n")
        settings.append(f"[profile {name}]\nregion = {region}\nendpoint_url = {endpoint}\n")
    _write(folder / CREDENTIALS, "\n".join(secrets))
    _write(folder / CONFIG, "\n".join(settings))


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def remove_files(folder: Path) -> None:
    for name in (CREDENTIALS, CONFIG):
        (folder / name).unlink(missing_ok=True)
        (folder / name).with_suffix(".new").unlink(missing_ok=True)


def profiles_of(folder: Path) -> list[str]:
    """The names of the profiles, in order. Raises ProblemError when nothing runs."""
    try:
        return list(_profiles((folder / CONFIG).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ProblemError("LW1404", "the service does not run", hint="it is just starting, or ending") from None


def environment_of(folder: Path, profile: str) -> dict[str, str]:
    """The variables with which AWS's tools become that principal. Raises ProblemError when nothing runs, or nobody is
    called so."""
    try:
        text = (folder / CONFIG).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProblemError("LW1404", "the service does not run", hint="`lakewright serve` starts it") from None
    settings = _profiles(text)
    if profile not in settings:
        raise ProblemError("LW1405", f'no principal "{profile}"', hint="there are " + ", ".join(settings))
    return {
        "AWS_ENDPOINT_URL": settings[profile]["endpoint_url"],
        "AWS_DEFAULT_REGION": settings[profile]["region"],
        "AWS_REGION": settings[profile]["region"],
        "AWS_PROFILE": profile,
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / CREDENTIALS),
        "AWS_CONFIG_FILE": str(folder / CONFIG),
    }


def as_shell(variables: Mapping[str, str]) -> str:
    """Lines for `eval`; keys of another account that the shell may hold are unset, since they would win."""
    unset = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"
    return "\n".join([unset, *(f"export {name}={shlex.quote(value)}" for name, value in variables.items())])


def _profiles(text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]").removeprefix("profile ")
            found[name] = {}
        elif "=" in line:
            key, _, value = line.partition("=")
            found[name][key.strip()] = value.strip()
    return found
