"""Requests that do not fit, in the words that AWS was seen to answer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakewright.query.athena import AwsError
from lakewright.query.athena.operations import SUPPORTED, UNSUPPORTED, as_markdown
from lakewright.query.athena.shapes import Shapes
from tests.query.athena.conftest import ANALYST, MODEL, Service, new_token

SHAPES = Shapes()


def test_every_operation_of_the_service_model_is_answered_or_refused_by_name(service: Service) -> None:
    assert set(SUPPORTED) | set(UNSUPPORTED) == set(MODEL.operation_names)
    assert not set(SUPPORTED) & set(UNSUPPORTED)
    assert set(service.athena._operations) == set(SUPPORTED)


def test_what_is_not_supported_says_so(service: Service) -> None:
    error = service.refused("StartSession", WorkGroup="primary", EngineConfiguration={})
    assert (error.code, error.status) == ("InvalidRequestException", 400)
    assert error.message == "Athena for Spark is not supported by this local Athena."


def test_an_unknown_operation(service: Service) -> None:
    with pytest.raises(AwsError) as caught:
        service.athena.call("DropEverything", {}, ANALYST)
    assert caught.value.code == "UnknownOperationException"


# Recorded from AWS: the texts for tokens, the length of a query, a page that is too large.
@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        ("StartQueryExecution", {"QueryString": "SELECT 1"}, "clientRequestToken is null or empty"),
        (
            "StartQueryExecution",
            {"QueryString": "SELECT 1", "ClientRequestToken": "short"},
            "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: "
            "Member must have length greater than or equal to 32",
        ),
        (
            "StartQueryExecution",
            {"QueryString": "SELECT " + "1" * 262_144, "ClientRequestToken": "t" * 40},
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: "
            "Member must have length less than or equal to 262144",
        ),
        (
            "GetQueryResults",
            {"QueryExecutionId": "x", "MaxResults": 5000},
            "MaxResults is more than maximum allowed length 1000",
        ),
        (
            "GetQueryExecution",
            {},
            "1 validation error detected: Value null at 'queryExecutionId' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "GetQueryResults",
            {"QueryExecutionId": "a b", "QueryResultType": "ROWS"},
            "2 validation errors detected: Value at 'queryExecutionId' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: \\S+; Value at 'queryResultType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [DATA_MANIFEST, DATA_ROWS]",
        ),
        (
            "BatchGetQueryExecution",
            {"QueryExecutionIds": ["ok", ""]},
            "2 validation errors detected: Value at 'queryExecutionIds.2.member' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1; Value at 'queryExecutionIds.2.member' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: \\S+",
        ),
    ],
)
def test_constraints(service: Service, operation: str, body: dict[str, object], message: str) -> None:
    error = service.refused(operation, **body)
    assert (error.code, error.message, error.status) == ("InvalidRequestException", message, 400)
    assert error.body()["AthenaErrorCode"] == error.body()["ErrorCode"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "Start of structure or map found where not expected."),
        ({"QueryString": 7}, "NUMBER_VALUE can not be converted to a String"),
        ({"QueryString": {"a": 1}}, "Start of structure or map found where not expected."),
        ({"QueryString": "x", "ExecutionParameters": "1"}, "STRING_VALUE can not be converted to a list"),
        ({"QueryString": "\ud800"}, "The request holds text that is not Unicode."),
    ],
)
def test_json_of_the_wrong_type(body: object, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        SHAPES.check("StartQueryExecution", body)
    assert (caught.value.code, caught.value.message) == ("SerializationException", message)


def test_members_that_aws_does_not_know_are_ignored() -> None:
    SHAPES.check("GetWorkGroup", {"WorkGroup": "primary", "Unheard": {"of": [1]}})


@given(
    st.sampled_from(sorted(SUPPORTED)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["QueryString", "Tags", "x"]), inner)
        ),
        max_leaves=8,
    ),
)
def test_no_body_breaks_the_check(operation: str, body: object) -> None:
    with suppress(AwsError):
        SHAPES.check(operation, body)


def test_syntax_is_refused_before_an_execution_exists(service: Service) -> None:
    for sql in ("SELEC 1", "SELECT 1; SELECT 2", "START TRANSACTION"):
        error = service.refused("StartQueryExecution", QueryString=sql, ClientRequestToken=new_token())
        assert error.body()["AthenaErrorCode"] == "MALFORMED_QUERY", sql
    assert service.call("ListQueryExecutions")["QueryExecutionIds"] == []


def test_the_documented_table_is_the_registry() -> None:
    page = (Path(__file__).parents[3] / "docs" / "athena.md").read_text()
    assert page.endswith("## Operations\n\n" + as_markdown())
