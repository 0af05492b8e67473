"""Which call a request is."""

from __future__ import annotations

import pytest

from sandbox.s3 import table


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "name"),
    [
        ("GET", "/", [], [], "ListBuckets"),
        ("PUT", "/b", [], [], "CreateBucket"),
        ("PUT", "/b", ["x-id"], [], "CreateBucket"),
        ("GET", "/b", ["list-type", "prefix"], [], "ListObjectsV2"),
        ("GET", "/b", ["versions", "key-marker"], [], "ListObjectVersions"),
        ("GET", "/b/k", ["versionId"], [], "GetObject"),
        ("PUT", "/b/k", [], ["x-amz-copy-source"], "CopyObject"),
        ("PUT", "/b/k", ["partNumber", "uploadId"], ["x-amz-copy-source"], "UploadPartCopy"),
        ("POST", "/b", ["delete"], [], "DeleteObjects"),
        ("PUT", "/b/a%2Fb", [], [], "PutObject"),
    ],
)
def test_a_request_is_the_most_precise_call(
    method: str, path: str, query: list[str], headers: list[str], name: str
) -> None:
    call = table.find(method, path, query, headers)
    assert call is not None and call.name == name


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [("PUT", "/b", ["metadataTable"]), ("GET", "/b", ["torrent"]), ("PATCH", "/b/k", []), ("POST", "/b", [])],
)
def test_a_call_that_no_line_names_is_none(method: str, path: str, query: list[str]) -> None:
    assert table.find(method, path, query, []) is None


def test_every_line_has_a_source_and_a_day() -> None:
    lines = [*table.calls().values(), *table.header_rules()]
    assert all(line.source and line.read_on.count("-") == 2 for line in lines)


def test_two_calls_are_never_the_same_request() -> None:
    seen = [(call.method, call.scope, call.query, call.headers) for call in table.calls().values()]
    assert len(seen) == len(set(seen))
