"""Buckets of Cloud Temple: their lists of addresses, and what the S3 interface says of them beside the provider."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from cli import review
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import ARCHIVE, SEEN, TRACES, Terraform, bucket, findings, of, states

S3 = 'provider "aws" {\n  region = "fr1"\n  endpoints {\n    s3 = "https://small.s3.fr1.cloud-temple.com"\n  }\n}\n'


def beside(small: Terraform, folder: pathlib.Path, text: str) -> Any:
    path = small.saved(folder, "files")
    (path / "s3.tf").write_text(S3 + text, encoding="utf-8")
    review.review(str(path), written.PLATFORM, None, "dev", "json", str(folder / "out.json"))
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))["findings"]


def test_a_narrow_list_of_addresses_is_no_breach_and_no_pass(small: Terraform, folder: pathlib.Path) -> None:
    bucket(small).update(access_type="custom", whitelist=["192.0.2.0/28", "192.0.2.0/32"])
    assert states(findings(small, folder, "files"), "STO-02", ARCHIVE) == {"not_observable"}


def test_what_the_s3_interface_says_of_a_bucket_is_judged_with_it(small: Terraform, folder: pathlib.Path) -> None:
    address = f"{SEEN}.{written.label(ARCHIVE)}"
    text = f"""
resource "aws_s3_bucket_policy" "it" {{
  bucket = {address}.name
  policy = jsonencode({{ Statement = [{{ Effect = "Allow", Principal = "*", Action = "s3:*", Resource = "*" }}] }})
}}
"""
    found = beside(small, folder, text)
    assert ("non_conform", "its policy lets anyone in") in of(found, "STO-02", ARCHIVE)
    assert states(found, "STO-02", TRACES) == {"not_observable"}
    assert states(found, "SOV-03", "provider cloudtemple") == {"conform"}


def test_an_s3_part_of_a_bucket_that_is_not_there_is_refused(small: Terraform, folder: pathlib.Path) -> None:
    """What it opens lies where no rule looks."""
    text = 'resource "aws_s3_bucket_acl" "it" {\n  bucket = "nobody"\n  acl = "public-read"\n}\n'
    found = beside(small, folder, text)
    assert of(found, "GOV-01", "aws_s3_bucket_acl.it") == {
        ("non_conform", "no rule knows resources of type terraform:aws_s3_bucket_acl")
    }


def test_an_s3_part_of_some_bucket_makes_every_bucket_uncertain(small: Terraform, folder: pathlib.Path) -> None:
    text = 'variable "which" {}\nresource "aws_s3_bucket_acl" "it" {\n  bucket = var.which\n  acl = "public-read"\n}\n'
    found = beside(small, folder, text)
    assert of(found, "STO-02", ARCHIVE) == {("not_observable", "`acl` cannot be read from this provider")}


def test_a_bucket_that_only_the_s3_interface_makes_is_known_too(small: Terraform, folder: pathlib.Path) -> None:
    name = bucket(small)["name"]
    del small.resources[f"{SEEN}.{written.label(ARCHIVE)}"]
    tag = f'tags = {{ "rempart:subject" = "{ARCHIVE}" }}'
    text = f"""
resource "aws_s3_bucket" "it" {{
  bucket = "{name}"
  {tag}
}}
resource "aws_s3_bucket_acl" "it" {{
  bucket = aws_s3_bucket.it.id
  acl    = "public-read"
}}
"""
    found = beside(small, folder, text)
    assert "non_conform" in states(found, "STO-02", ARCHIVE)
    assert states(found, "GOV-01", ARCHIVE) == {"conform"}
    assert states(found, "SOV-03", "provider s3") == {"conform"}
