"""What a blueprint has of its own is judged beside the twelve criteria, and can fail."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.rehearse.platform import behaviours
from lakewright.rehearse.platform.criteria import judged
from lakewright.rehearse.platform.evidence import Evidence, Tried


def test_each_blueprint_of_files_has_its_own() -> None:
    assert behaviours.of("data-services@1") is behaviours.data_services
    assert behaviours.of("zoned-promotion@1") is behaviours.zoned_promotion
    assert behaviours.of("lakehouse-cdc@1") is None
    assert behaviours.of(None) is None


def test_one_that_fails_fails_the_criterion() -> None:
    assert len(judged(Evidence("dev"))) == 12
    good, bad = Tried("files", True, "2 jobs"), Tried("secrets", False, "found in dev/foundation.tfstate")
    assert judged(Evidence("dev", tried=(good,)))[-1].ok is True
    assert judged(Evidence("dev", tried=(good, bad)))[-1].ok is False


class _Bucket:
    """S3 that takes everything, or refuses for a reason."""

    def __init__(self, code: str) -> None:
        self._code = code

    def put_object(self, **_said: Any) -> None:
        if self._code:
            raise ClientError({"Error": {"Code": self._code, "Message": ""}}, "PutObject")


@pytest.mark.parametrize(("code", "taken"), [("", True), ("AccessDenied", False), ("NoSuchBucket", True)])
def test_a_zone_that_takes_another_key_is_seen(code: str, taken: bool) -> None:
    """Only a denial is one: that a bucket is not there proves nothing."""
    assert behaviours._takes_other_encryption(_Bucket(code), "acme-dev-raw") is taken
