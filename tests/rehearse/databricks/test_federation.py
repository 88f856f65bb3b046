"""Programs that log in with their CI's tokens: policies and exchange by the SDK, keys and tokens made here."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound
from databricks.sdk.service import iam, oauth2

from .conftest import Place

ISSUER, SUBJECT, AUDIENCE = "https://ci.example.com", "repo:acme/digital:environment:live", "databricks"
REFUSED = "federation policy"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8))


def jwks() -> str:
    public = KEY.public_key().public_numbers()
    return json.dumps(
        {"keys": [{"kty": "RSA", "kid": "one", "alg": "RS256", "n": number(public.n), "e": number(public.e)}]}
    )


def token(until: float, key: rsa.RSAPrivateKey = KEY, alg: str = "RS256", **claims: Any) -> str:
    head = encoded(json.dumps({"alg": alg, "kid": "one", "typ": "JWT"}).encode())
    body = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "exp": until} | claims
    signed = f"{head}.{encoded(json.dumps(body).encode())}"
    signature = b"" if alg == "none" else key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encoded(signature)}"


def program(place: Place) -> tuple[int, iam.ServicePrincipal]:
    """A workspace, and a service principal in it that may log in with the CI's tokens."""
    account, workspace = place.account, place.workspace("lab")
    place.metastore(workspace)
    made = account.service_principals.create(display_name="digital-jobs")
    account.workspace_assignment.update(workspace, int(made.id), permissions=[iam.WorkspacePermission.USER])
    said = oauth2.OidcFederationPolicy(issuer=ISSUER, subject=SUBJECT, audiences=[AUDIENCE], jwks_json=jwks())
    policy = oauth2.FederationPolicy(oidc_policy=said, description="CI")
    account.service_principal_federation_policy.create(int(made.id), policy, policy_id="ci")
    return workspace, made


def logged_in(place: Place, workspace: int, client_id: str, given: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who one is with a token of the CI."""
    monkeypatch.setenv("DATABRICKS_OIDC_TOKEN", given)
    host = place.databricks.world.address_of(workspace)
    client = WorkspaceClient(host=host, client_id=client_id, auth_type="env-oidc")
    return str(client.current_user.me().user_name)


def test_a_program_logs_in_with_its_ci_s_token_and_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, made = program(place)
    soon, name = place.clock.seconds + 300, str(made.application_id)
    assert logged_in(place, workspace, name, token(soon), monkeypatch) == name
    assert logged_in(place, workspace, name, token(soon, aud=["other", AUDIENCE]), monkeypatch) == name
    wrong = {
        "another key's signature": token(soon, OTHER),
        "no signature": token(soon, alg="none"),
        "another subject": token(soon, sub="repo:acme/corporate:environment:live"),
        "another issuer": token(soon, iss="https://evil.example.com"),
        "another audience": token(soon, aud="somebody"),
        "one that is over": token(place.clock.seconds - 3600),
        "no token": "nonsense",
    }
    for given in wrong.values():
        with pytest.raises((DatabricksError, ValueError), match=REFUSED):
            logged_in(place, workspace, name, given, monkeypatch)


def test_a_policy_is_read_changed_and_gone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, made = program(place)
    policies, key = place.account.service_principal_federation_policy, int(made.id)
    (found,) = policies.list(key)
    assert (found.policy_id, found.service_principal_id) == ("ci", key)
    assert found.oidc_policy is not None
    assert found.oidc_policy.subject == SUBJECT
    policies.delete(key, "ci")
    with pytest.raises(NotFound):
        policies.get(key, "ci")
    given = token(place.clock.seconds + 300)
    with pytest.raises((DatabricksError, ValueError), match=REFUSED):
        logged_in(place, workspace, str(made.application_id), given, monkeypatch)


def test_a_policy_says_whose_tokens(place: Place) -> None:
    _, made = program(place)
    policies = place.account.service_principal_federation_policy
    for said in (
        oauth2.OidcFederationPolicy(issuer="http://ci", subject="x"),
        oauth2.OidcFederationPolicy(issuer=ISSUER),
    ):
        with pytest.raises(DatabricksError, match=r"oidc_policy\.(issuer|subject)"):
            policies.create(int(made.id), oauth2.FederationPolicy(oidc_policy=said))
