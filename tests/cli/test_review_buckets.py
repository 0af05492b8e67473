"""`rempart review` of buckets of the aws provider: known by their endpoint, whatever names them."""

from __future__ import annotations

import pathlib

import pytest

from providers.terraform import buckets
from tests.cli.reviewing import PROVIDER, of, reviewed, write
from tests.policies import runs


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


BUCKET = """
resource "aws_s3_bucket" "data" {
  bucket = "data"
  tags   = { "rempart:subject" = "bubbles/study/buckets/archive" }
}
resource "aws_s3_bucket_acl" "data" {
  bucket = aws_s3_bucket.data.id
  acl    = "public-read"
}
"""


def test_a_bucket_is_where_its_endpoint_is_never_where_the_provider_is_named_after(state_dir: pathlib.Path) -> None:
    endpoint = 'provider "aws" {\n  endpoints {\n    s3 = "https://oos.example"\n  }\n}\n'
    there = reviewed(write(state_dir, main=PROVIDER + endpoint + BUCKET), state_dir)
    assert of(there, "STO-02")["bubbles/study/buckets/archive"][0] == "non_conform"
    (state_dir / "terraform" / "main.tf").write_text(PROVIDER + BUCKET)
    aws = reviewed(state_dir / "terraform", state_dir)
    assert of(aws, "GOV-01")["aws_s3_bucket.data"] == (
        "non_conform",
        "no rule knows resources of type terraform:aws_s3_bucket",
    )
    assert buckets.KIND not in {one["type"] for one in aws["findings"]}


def test_a_part_of_some_bucket_makes_every_bucket_uncertain(state_dir: pathlib.Path) -> None:
    endpoint = 'provider "aws" {\n  endpoints {\n    s3 = "https://oos.example"\n  }\n}\n'
    text = BUCKET.replace("aws_s3_bucket.data.id", "var.which") + 'variable "which" {}\n'
    found = of(reviewed(write(state_dir, main=PROVIDER + endpoint + text), state_dir), "STO-02")
    assert found["bubbles/study/buckets/archive"][0] == "not_observable"
