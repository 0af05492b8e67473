"""`rempart review` of buckets of the aws provider: known by their endpoint, whatever names them."""

from __future__ import annotations

import pathlib

import pytest

from cli import review
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


ENDPOINT = """provider "aws" {
  region = "cloudgouv-eu-west-1"
  endpoints {
    s3 = "https://oos.cloudgouv-eu-west-1.outscale.com"
  }
}
"""


def said(folder: pathlib.Path, inside: str, rule: str = "STO-02", around: str = "") -> tuple[str, str]:
    """What a rule says of a bucket with those blocks."""
    text = f'resource "aws_s3_bucket" "data" {{\n  bucket = "data"\n{inside}\n}}\n{around}\n'
    return of(reviewed(write(folder, main=PROVIDER + ENDPOINT + text), folder), rule)["aws_s3_bucket.data"]


GRANT = 'grant {{\n  type = "Group"\n  uri = "http://acs.amazonaws.com/groups/global/{}"\n  permissions = ["READ"]\n}}'


@pytest.mark.parametrize(
    ("inside", "state", "says"),
    [
        ("", "conform", ""),
        (GRANT.format("AllUsers"), "non_conform", "public-read"),
        (GRANT.format("AuthenticatedUsers"), "non_conform", "public-read"),
        (GRANT.format("LogDelivery"), "not_observable", "`acl`"),
        ('grant {\n  id = "owner"\n  type = "CanonicalUser"\n  permissions = ["FULL_CONTROL"]\n}', "conform", ""),
        ('grant {\n  id = "other"\n  type = "CanonicalUser"\n  permissions = ["READ"]\n}', "not_observable", "`acl`"),
        ('website {\n  index_document = "a"\n}', "non_conform", "web site"),
        ('cors_rule {\n  allowed_methods = ["GET"]\n  allowed_origins = ["*"]\n}', "non_conform", "origin"),
        (
            'dynamic "grant" {\n  for_each = var.asked\n  content {\n    type = "Group"\n    uri = grant.value\n'
            '    permissions = ["READ"]\n  }\n}',
            "not_observable",
            "`acl`",
        ),
    ],
)
def test_what_a_bucket_says_in_blocks_of_its_own_is_read(
    state_dir: pathlib.Path, inside: str, state: str, says: str
) -> None:
    """The older form: it was not read, and a bucket open to everybody was said to conform."""
    found = said(state_dir, inside, around='variable "asked" {}')
    assert (found[0], says in found[1]) == (state, True), found


def test_versions_lock_and_expiry_in_blocks_of_the_bucket_are_read(state_dir: pathlib.Path) -> None:
    blocks = """
  versioning {
    enabled = true
  }
  object_lock_configuration {
    object_lock_enabled = "Enabled"
    rule {
      default_retention {
        mode = "COMPLIANCE"
        days = 366
      }
    }
  }
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "AES256"
      }
    }
  }
  lifecycle_rule {
    enabled = true
    prefix  = "a/"
    abort_incomplete_multipart_upload_days = 7
    expiration {
      days = 30
    }
    noncurrent_version_expiration {
      days = 40
    }
  }
  lifecycle_rule {
    enabled = false
    expiration {
      days = 1
    }
  }
"""
    text = f'resource "aws_s3_bucket" "data" {{\n  bucket = "data"\n{blocks}}}\n'
    reading = review.read(write(state_dir, main=PROVIDER + ENDPOINT + text))
    (found,) = buckets.merge(reading.blocks)
    assert {key: found.properties[key] for key in ("versioning", "encryption", "objectLock", "lifecycleRules")} == {
        "versioning": True,
        "encryption": {"algorithm": "AES256", "key": None},
        "objectLock": {"days": 366, "mode": "COMPLIANCE"},
        "lifecycleRules": [
            {"prefix": "a/", "expirationDays": 30, "noncurrentExpirationDays": 40, "abortMultipartDays": 7}
        ],
    }


ACL = 'resource "aws_s3_bucket_acl" "{}" {{\n  bucket = aws_s3_bucket.data.id\n  acl = "{}"\n}}\n'


@pytest.mark.parametrize(
    ("acls", "state"),
    [(("public-read", "private"), "not_observable"), (("private", "private"), "conform"), (("private",), "conform")],
)
def test_of_two_that_say_it_in_two_ways_nobody_knows_which_comes_last(
    state_dir: pathlib.Path, acls: tuple[str, ...], state: str
) -> None:
    """The last one that was read won, whatever Terraform applies last."""
    around = "".join(ACL.format(number, acl) for number, acl in zip("ab", acls, strict=False))
    assert said(state_dir, "", around=around)[0] == state


def test_a_resource_of_its_own_goes_before_a_block_of_the_bucket(state_dir: pathlib.Path) -> None:
    """It is applied after the bucket that it names."""
    assert said(state_dir, 'acl = "private"', around=ACL.format("a", "public-read"))[0] == "non_conform"


def test_a_bucket_that_copies_itself_elsewhere_is_refused(state_dir: pathlib.Path) -> None:
    block = 'replication_configuration {\n  role = "r"\n  rules {\n    status = "Enabled"\n  }\n}'
    text = f'resource "aws_s3_bucket" "data" {{\n  bucket = "data"\n{block}\n}}\n'
    found = of(reviewed(write(state_dir, main=PROVIDER + ENDPOINT + text), state_dir), "GOV-01")
    assert found["aws_s3_bucket.data.replication_configuration"][0] == "non_conform"


def test_a_provider_that_looks_at_no_certificate_is_refused(state_dir: pathlib.Path) -> None:
    text = ENDPOINT.replace("  region", "  insecure = true\n  region") + BUCKET
    found = of(reviewed(write(state_dir, main=PROVIDER + text), state_dir), "NET-10")
    assert found["provider s3"] == ("non_conform", "it does not look at its endpoint's certificate (`insecure`)")
