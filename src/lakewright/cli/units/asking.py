"""The services are asked whether buckets and catalogs hold something; nothing that cannot be asked counts as empty."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lakewright.errors import LakewrightError, MissingError, ProblemError

if TYPE_CHECKING:
    from lakewright.infra.holdings import Holding
    from lakewright.spec.accounts import OtherAccount

SECONDS = 30
SHOWN = 3
NO_CATALOG, NO_SCHEMA = "CATALOG_DOES_NOT_EXIST", "SCHEMA_DOES_NOT_EXIST"
"""What Databricks says of what was dropped; any other 404 may be a gateway's, or of a workspace without a metastore."""
Ask = Callable[["Holding"], tuple[str, ...]]
"""Names of what something holds, some of them; empty when it holds nothing. Raises LakewrightError if it cannot say."""


def full(found: Collection[Holding], asks: Mapping[str, Ask], discard: Collection[str]) -> Iterator[LakewrightError]:
    """LW1376 for everything that holds data, or may; `discard`: names of what may go with all that is in it."""
    for one in found:
        if one.name in discard:
            continue
        what = f"{one.kind} {one.name}"
        let_go = f"empty it, or --discard {one.name} if all of it may go"
        if one.kind not in asks:
            fact = f"{what} may hold data, and cannot be asked here"
            yield ProblemError("LW1376", fact, place=one.stack, hint=let_go)
            continue
        try:
            names = asks[one.kind](one)
        except LakewrightError as error:
            yield ProblemError("LW1376", f"{what} may hold data: {error.fact}", place=one.stack, hint=error.hint)
            continue
        if names:
            more = " and more" if len(names) > SHOWN else ""
            fact = f"{what} still holds {', '.join(names[:SHOWN])}{more}"
            yield ProblemError("LW1376", fact, place=one.stack, hint=let_go)


def objects_in(accounts: Mapping[str, OtherAccount], region: str) -> Ask:
    """Asks S3 for objects, old versions of them too. `accounts`: the environment's others, and how they are reached."""
    clients: dict[str, Any] = {}

    def ask(one: Holding) -> tuple[str, ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if one.account not in clients:
                clients[one.account] = _s3(accounts.get(one.account), region)
            found = clients[one.account].list_object_versions(Bucket=one.name, MaxKeys=SHOWN + 1)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                return ()
            raise ProblemError("LW404", f"S3 refused: {error}", hint="reach its account as Terraform does") from None
        except BotoCoreError as error:
            raise ProblemError("LW405", f"S3 did not answer: {error}", hint="aws sso login, or AWS_PROFILE") from None
        return tuple(item["Key"] for kind in ("Versions", "DeleteMarkers") for item in found.get(kind, ()))

    return ask


def _s3(account: OtherAccount | None, region: str) -> Any:
    """A client of an account; None is the environment's own."""
    import boto3

    session = boto3.Session(profile_name=account.profile if account else None, region_name=region)
    if account is None or account.role is None:
        return session.client("s3")
    arn = f"arn:aws:iam::{account.account}:role/{account.role}"
    taken = session.client("sts").assume_role(RoleArn=arn, RoleSessionName="lakewright-units")["Credentials"]
    keys = {"aws_access_key_id": taken["AccessKeyId"], "aws_secret_access_key": taken["SecretAccessKey"]}
    return session.client("s3", **keys, aws_session_token=taken["SessionToken"])


def tables_in(environ: Mapping[str, str] = os.environ) -> Ask:
    """Asks Unity Catalog, in the catalog's own workspace, for tables, views and registered models.

    What volumes hold is in buckets, which are asked themselves.
    """
    tokens: dict[str, str] = {}

    def ask(one: Holding) -> tuple[str, ...]:
        if not one.host:
            raise ProblemError("LW1376", "there is no workspace in which it can be looked at", hint="--discard it")
        if one.host not in tokens:
            tokens[one.host] = _token(one.host, environ)
        try:
            return tuple(_tables(one, tokens[one.host]))
        except urllib.error.HTTPError as refused:
            with refused:
                fact = f"{one.host} refused: {refused.code} {refused.reason}"
            raise ProblemError("LW1376", fact, hint="the service principal must see the catalog") from None
        except (urllib.error.URLError, ValueError, TimeoutError) as error:
            raise ProblemError(
                "LW1376", f"{one.host} did not answer: {error}", hint="is it reached from here?"
            ) from None

    return ask


_LISTED = {"tables": "tables", "models": "registered_models"}
"""What a schema holds that is lost with it, as it is asked for → the key of the answer."""


def _tables(one: Holding, token: str) -> Iterator[str]:
    found = 0
    for schema in _pages(one.host, token, "schemas", {"catalog_name": one.name}, (NO_CATALOG,)):
        if schema["name"] == "information_schema":
            continue
        within = {"catalog_name": one.name, "schema_name": schema["name"]}
        for kind in _LISTED:
            for held in _pages(one.host, token, kind, within, (NO_CATALOG, NO_SCHEMA)):
                yield f"{schema['name']}.{held['name']}"
                found += 1
                if found > SHOWN:
                    return


def _pages(
    host: str, token: str, what: str, query: Mapping[str, str], gone: Collection[str]
) -> Iterator[Mapping[str, Any]]:
    """All of a kind; none where Databricks says that what holds them is `gone`. Raises HTTPError for the rest."""
    page = ""
    while True:
        asked = urllib.parse.urlencode({**query, **({"page_token": page} if page else {})})
        address = f"{host}/api/2.1/unity-catalog/{what}?{asked}"
        asking = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        try:
            answer = _json(asking)
        except urllib.error.HTTPError as refused:
            if refused.code == 404 and _code(refused) in gone:
                refused.close()
                return
            raise
        yield from answer.get(_LISTED.get(what, what), ())
        page = answer.get("next_page_token") or ""
        if not page:
            return


def _code(refused: urllib.error.HTTPError) -> str:
    """Databricks's own name of an error; "" where it is not Databricks that answers."""
    try:
        said = json.load(refused)
    except ValueError:
        return ""
    return str(said.get("error_code", "")) if isinstance(said, dict) else ""


def _token(host: str, environ: Mapping[str, str]) -> str:
    known = [environ.get(name, "") for name in ("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET")]
    if not all(known):
        hint = "those of the service principal that Terraform uses"
        raise MissingError("LW1369", "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET are not set", hint=hint)
    pair = base64.b64encode(":".join(known).encode()).decode()
    asked = urllib.request.Request(  # noqa: S310 - the address is the workspace's own
        f"{host}/oidc/v1/token",
        data=b"grant_type=client_credentials&scope=all-apis",
        headers={"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"},
    )
    try:
        return str(_json(asked)["access_token"])
    except urllib.error.HTTPError as refused:
        with refused:
            fact = f"{host} gives no token: {refused.code} {refused.reason}"
        raise ProblemError("LW1369", fact, hint="are id and secret right?") from None
    except (urllib.error.URLError, ValueError, TimeoutError) as error:
        raise ProblemError("LW1369", f"{host} gives no token: {error}", hint="is it reached from here?") from None


def _json(request: urllib.request.Request) -> Mapping[str, Any]:
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        found: Mapping[str, Any] = json.load(answer)
    return found
