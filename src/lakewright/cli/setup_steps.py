"""What `setup` asks and looks at before anything is made."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakewright.errors import MissingError, Mistakes, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.spec import Project

Facts = dict[str, Any]
SECONDS = 30
EXAMPLES: Mapping[str, tuple[str, str, str]] = {
    "account": ("111111111111", r"[0-9]{12}", "AWS account of the platform, twelve digits"),
    "management": ("999999999999", r"[0-9]{12}", "AWS account that manages the organization, twelve digits"),
    "databricks": (
        "00000000-0000-0000-0000-000000000000",
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "Databricks account's id, as the account console shows it",
    ),
    "email": ("aws+analytics@example.com", r"[^\s@]+@[^\s@]+\.[^\s@]+", "E-mail address of the account's root user"),
    "costs": ("costs@example.com", r"[^\s@]+@[^\s@]+\.[^\s@]+", "Address that is told of costs"),
}
"""Key of an answer → the example that it replaces, what it looks like, the question."""


def answered(
    folder: Path, environment: str, answers: Mapping[str, str], *, asks: Callable[[str, str], str] | None
) -> tuple[str, ...]:
    """Replaces the examples that platform.yaml still has; gives the keys. Raises Mistakes LW1368 without an answer."""
    path = folder / "platform.yaml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if unknown := [key for key in answers if key not in EXAMPLES]:
        raise SpecError("LW900", f"nothing asks for {unknown[0]}", hint=f"answers: {', '.join(EXAMPLES)}")
    wanted = {key: one for key, one in EXAMPLES.items() if one[0] in text}
    values = {key: _value(key, question, answers, asks) for key, (_, _, question) in wanted.items()}
    lacking = [
        SpecError("LW1368", f"{question}: still the example's", place=str(path), hint=f"--answer {key}=…")
        for key, (_, pattern, question) in wanted.items()
        if not re.fullmatch(pattern, values[key])
    ]
    if lacking:
        raise Mistakes(lacking)
    for key, (example, _, _) in wanted.items():
        text = text.replace(example, values[key])
    if people := re.findall(r"[\w.+-]+@example\.com", text):
        fact = f"people of the example are in the spec of {environment}: {', '.join(sorted(set(people)))}"
        raise SpecError("LW1368", fact, place=str(path), hint="write your own under access: {users: …}")
    if values:
        path.write_text(text, encoding="utf-8")
    return tuple(values)


def _value(key: str, question: str, answers: Mapping[str, str], asks: Callable[[str, str], str] | None) -> str:
    if key in answers:
        return answers[key]
    return asks(question, key) if asks else ""


def terraform_found() -> Facts:
    """Terraform's version. Raises MissingError without it."""
    from lakewright.infra.terraform import find_binary

    binary = find_binary(os.environ)
    said = subprocess.run(
        [str(binary), "version", "-json"], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    return {"terraform": json.loads(said.stdout)["terraform_version"] if said.returncode == 0 else "unknown"}


def accounts(project: Project, environment: str) -> Facts:
    """Who one is in each account. Raises Mistakes LW1369 for one that is not reached, or is not the declared one."""
    found: Facts = {}
    mistakes = []
    for name, account, profile in _accounts(project, environment):
        try:
            identity = _identity(profile, project.platform.environments[environment].region)
        except ProblemError as error:
            mistakes.append(error)
            continue
        found[name] = identity["Arn"]
        if identity["Account"] != account:
            fact = f"{profile or 'your credentials'} reach account {identity['Account']}, the spec says {account}"
            mistakes.append(ProblemError("LW1369", fact, place=name, hint="another profile, or another number"))
    if mistakes:
        raise Mistakes(mistakes)
    return found


def _accounts(project: Project, environment: str) -> Iterator[tuple[str, str, str | None]]:
    declared = project.platform.environments[environment]
    yield environment, declared.account or "", None
    for name, other in declared.accounts.items():
        if other.profile:  # a role is taken by Terraform itself
            yield name, other.account, other.profile


def _identity(profile: str | None, region: str | None) -> Mapping[str, str]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = boto3.Session(profile_name=profile, region_name=region).client("sts")
        found: Mapping[str, str] = client.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        hint = f"aws sso login --profile {profile}" if profile else "aws sso login, or AWS_PROFILE"
        raise ProblemError("LW1369", f"AWS does not know you: {error}", place=profile or "", hint=hint) from None
    return found


def databricks(project: Project, environment: str) -> Facts:
    """Whether the account console gives a token, and has room for the metastore.

    Raises MissingError (LW1369) without keys, ProblemError if refused, or if the region has another metastore.
    """
    declared = project.platform.environments[environment].databricks
    if declared is None:
        return {"databricks": "not used"}
    known = {name: os.environ.get(name, "") for name in ("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET")}
    if lacking := [name for name, value in known.items() if not value]:
        hint = "a service principal of the account console, and an OAuth secret of it"
        raise MissingError("LW1369", f"{' and '.join(lacking)} are not set", hint=hint)
    address = f"{declared.host}/oidc/accounts/{declared.account_id}/v1/token"
    pair = base64.b64encode(":".join(known.values()).encode()).decode()
    asked = urllib.request.Request(  # noqa: S310 - the spec takes http and https only
        address,
        data=b"grant_type=client_credentials&scope=all-apis",
        headers={"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"},
    )
    token = str(_answer(declared.host, asked, "gives no token", "are id and secret right?")["access_token"])
    return {"databricks": declared.host, **_metastore(project, environment, declared.host, token)}


def _answer(host: str, asked: urllib.request.Request, fails: str, hint: str) -> Any:
    """What the console answers. Raises ProblemError LW1369."""
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            fact = f"{host} {fails}: {refused.code} {refused.reason}"
        raise ProblemError("LW1369", fact, hint=hint) from None
    except (urllib.error.URLError, ValueError) as error:
        raise ProblemError("LW1369", f"{host} {fails}: {error}", hint=hint) from None


def _metastore(project: Project, environment: str, host: str, token: str) -> Facts:
    """The region's metastore: there is one at most, and what is to be made must not be beside another."""
    from lakewright.infra.compile import decided_calls

    _, calls = decided_calls(project, environment)
    own = next((call for call in calls.values() if call.declared.component.name == "databricks_account"), None)
    if own is None:
        return {}
    wanted: Mapping[str, Any] = own.made.inputs["metastore"]  # type: ignore[assignment]
    declared = project.platform.environments[environment].databricks
    address = f"{host}/api/2.0/accounts/{declared.account_id if declared else ''}/metastores"
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    hint = "the service principal must be an administrator of the account"
    listed = _answer(host, asked, "does not say which metastores there are", hint).get("metastores", [])
    found = [str(one["name"]) for one in listed if one.get("region") == wanted["region"]]
    place = own.declared.origin("metastore") or own.declared.place
    if wanted["mode"] == "adopt" and not found:
        fact = f"there is no metastore in {wanted['region']} to adopt"
        raise ProblemError("LW1369", fact, place=place, hint=f"{own.declared.name}: {{metastore: make}}, in `infra`")
    if wanted["mode"] == "make" and found and found != [wanted["name"]]:
        fact = f"{wanted['region']} has the metastore {found[0]} already, and takes one only"
        raise ProblemError("LW1369", fact, place=place, hint=f"{own.declared.name}: {{metastore: adopt}}, in `infra`")
    return {"metastore": found[0] if found else "to be made"}
