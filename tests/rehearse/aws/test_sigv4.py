"""Signatures: AWS's documented examples, botocore as the signer, and what must not be accepted."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lakewright.rehearse.aws.chunked import SIGNED, ChunkedBody
from lakewright.rehearse.aws.faults import Fault, NotAuthenticated, Reason
from lakewright.rehearse.aws.keys import AccessKey
from lakewright.rehearse.aws.sigv4 import EMPTY_HASH, UNSIGNED, Request, claim_of, key_for, verify

DOCS = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "docs")
"""The key pair of AWS's own documentation."""

SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
AT = 1369353600.0


def signed(names: str, signature: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={names},Signature={signature}"


def documented() -> list[tuple[Request, str]]:
    """ "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query Parameters"."""
    host = {"host": "examplebucket.s3.amazonaws.com", "x-amz-date": "20130524T000000Z"}
    get = host | {
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY_HASH,
        "authorization": signed(
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
    }
    body = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
    put = host | {
        "date": "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": body,
        "authorization": signed(
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
    }
    lifecycle = host | {
        "x-amz-content-sha256": EMPTY_HASH,
        "authorization": signed(
            "host;x-amz-content-sha256;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
    }
    listing = lifecycle | {
        "authorization": signed(
            "host;x-amz-content-sha256;x-amz-date", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        )
    }
    url = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    return [
        (Request("GET", "/test.txt", "", get), EMPTY_HASH),
        (Request("PUT", "/test%24file.text", "", put), body),
        (Request("GET", "/", "lifecycle", lifecycle), EMPTY_HASH),
        (Request("GET", "/", "max-keys=2&prefix=J", listing), EMPTY_HASH),
        (Request("GET", "/test.txt", url, {"host": "examplebucket.s3.amazonaws.com"}), UNSIGNED),
    ]


def check(request: Request, payload: str, key: AccessKey = DOCS, now: float = AT) -> bytes:
    claim = claim_of(request)
    found = key_for(claim, {key.id: key}.get, now)
    return verify(request, claim, found, payload)


@pytest.mark.parametrize("number", range(5))
def test_the_documented_examples(number: int) -> None:
    request, payload = documented()[number]
    check(request, payload)


@pytest.mark.parametrize("number", range(5))
def test_the_documented_examples_with_anything_changed(number: int) -> None:
    request, payload = documented()[number]
    changed = [
        Request("DELETE", request.path, request.query, request.headers),
        Request(request.method, request.path + "x", request.query, request.headers),
        Request(request.method, request.path, request.query + "&x=1", request.headers),
        Request(request.method, request.path, request.query, request.headers | {"host": "other"}),
        Request(request.method, request.path, request.query, request.headers | {"x-amz-acl": "public-read"}),
    ]
    for one in changed:
        with pytest.raises(NotAuthenticated):
            check(one, payload)
    with pytest.raises(NotAuthenticated):
        check(request, hashlib.sha256(b"other").hexdigest())
    with pytest.raises(NotAuthenticated):
        check(request, payload, AccessKey(DOCS.id, "wrong", "docs"))


def test_the_documented_chunks() -> None:
    """ "Signature Calculations … Transferring Payload in Multiple Chunks": 65 KiB of `a` in 64 KiB, 1 KiB, nothing."""
    headers = {
        "host": "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": SIGNED,
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "content-length": "66824",
    }
    seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    headers["authorization"] = signed(";".join(sorted(headers)), seed)
    request = Request("PUT", "/examplebucket/chunkObject.txt", "", headers)
    key = check(request, SIGNED)
    parts = [
        (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ]
    wire = b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (size, sig.encode(), b"a" * size) for size, sig in parts)
    for step in (len(wire), 1000, 7):
        body = ChunkedBody(SIGNED, claim_of(request), key)
        got = b"".join(part for start in range(0, len(wire), step) for part in body.feed(wire[start : start + step]))
        body.end()
        assert got == b"a" * 66560
    for wrong in (wire.replace(b"aaaa", b"aaab", 1), wire.replace(b"ad80", b"ad81")):
        with pytest.raises(NotAuthenticated):
            list(ChunkedBody(SIGNED, claim_of(request), key).feed(wrong))
    cut = ChunkedBody(SIGNED, claim_of(request), key)
    list(cut.feed(wire[:-90]))
    with pytest.raises(Fault, match="terminated"):
        cut.end()


def by_botocore(auth: object, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Request:
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    auth.add_auth(request)  # type: ignore[attr-defined]
    prepared = request.prepare()
    parts = urlsplit(prepared.url)
    found = {name.lower(): _text(value) for name, value in prepared.headers.items()} | {"host": parts.netloc}
    return Request(method, parts.path, parts.query, found)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_botocore_signs_and_we_agree_on_any_path_and_query() -> None:
    random.seed(4)
    letters = "abcXYZ019-_.~/ +%&=?#ü漢😀!*'();:@$,[]"
    credentials = Credentials("AKIAABCDEFGHIJKLMNOP", "secret", "token")
    key = AccessKey("AKIAABCDEFGHIJKLMNOP", "secret", "ana", "token")
    for _ in range(300):
        path, value = ("".join(random.choices(letters, k=random.randint(0, 30))) for _ in range(2))
        query = f"prefix={quote(value, safe='-_.~')}&a&list-type=2&b="
        now = _now()
        for auth, service in ((S3SigV4Auth, "s3"), (SigV4Auth, "athena"), (S3SigV4QueryAuth, "s3")):
            safe = "/~" if service == "s3" else "/"
            url = f"http://127.0.0.1:4510/{quote(path, safe=safe)}?{query}"
            if service != "s3":
                url = "http://127.0.0.1:4510/"
            signer = auth(credentials, service, "us-east-1")
            request = by_botocore(signer, "GET", url, {"x-amz-meta-x": "  a   b "} if auth is SigV4Auth else {})
            payload = request.headers.get("x-amz-content-sha256", UNSIGNED if auth is S3SigV4QueryAuth else EMPTY_HASH)
            check(request, payload, key, now)


def _now() -> float:
    import time

    return time.time()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"authorization": ""}, Reason.INCOMPLETE),
        ({"authorization": "Bearer x"}, Reason.INCOMPLETE),
        ({"authorization": signed("host", "0" * 63)}, Reason.INCOMPLETE),
        ({"authorization": signed("x-amz-date", "0" * 64)}, Reason.INCOMPLETE),
        ({"authorization": signed("host;x-amz-date", "0" * 64)}, Reason.MISMATCH),
        ({"x-amz-date": "20130525T000000Z"}, Reason.INCOMPLETE),
        ({"x-amz-date": "20130524T990000Z"}, Reason.INCOMPLETE),
        ({"x-amz-date": ""}, Reason.INCOMPLETE),
        ({"x-amz-security-token": "x"}, Reason.TOKEN_WRONG),
    ],
)
def test_what_is_malformed(change: dict[str, str], reason: Reason) -> None:
    request, payload = documented()[0]
    with pytest.raises(NotAuthenticated) as refused:
        check(Request("GET", request.path, "", request.headers | change), payload)
    assert refused.value.reason is reason


def test_time() -> None:
    header, url = documented()[0], documented()[4]
    for now in (AT - 299, AT + 299):
        check(*header, now=now)
    for now in (AT - 301, AT + 301):
        with pytest.raises(NotAuthenticated) as refused:
            check(*header, now=now)
        assert refused.value.reason is Reason.SKEWED
    check(*url, now=AT + 86_399)
    with pytest.raises(NotAuthenticated) as refused:
        check(*url, now=AT + 86_401)
    assert refused.value.reason is Reason.URL_EXPIRED


def test_a_temporary_key_ends() -> None:
    key = AccessKey("ASIAABCDEFGHIJKLMNOP", "secret", "ana", "token", expires=AT + 100)
    signer = SigV4Auth(Credentials(key.id, key.secret, key.token), "athena", "us-east-1")
    request = by_botocore(signer, "POST", "http://127.0.0.1/", {})
    now = _now()
    check(request, EMPTY_HASH, AccessKey(key.id, key.secret, "ana", "token", expires=now + 1), now)
    with pytest.raises(NotAuthenticated) as refused:
        check(request, EMPTY_HASH, AccessKey(key.id, key.secret, "ana", "token", expires=now - 1), now)
    assert refused.value.reason is Reason.TOKEN_EXPIRED
