"""Addresses of results that somebody made up."""

from __future__ import annotations

import http.client
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from .conftest import Place


@pytest.mark.parametrize("signature", ["", "0", "%C3%A9", "%FF", "%F0%9F%97%9D"])
def test_a_link_of_no_signature_of_ours_is_refused(place: Place, signature: str) -> None:
    host = urlsplit(place.databricks.world.address_of(place.workspace("analytics"))).netloc
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        connection.request("GET", f"/external-results/some/0?expires=9999999999&signature={signature}")
        answer = connection.getresponse()
        assert (answer.status, b"SignatureDoesNotMatch" in answer.read()) == (403, True)
