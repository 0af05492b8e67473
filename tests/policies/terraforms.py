"""The Terraform plan that an estate would be: the shape of `terraform show -json`, written from registered resources.

Ids are known after apply and referenced by name, as an author writes them. The shape itself is held by a plan that
terraform 1.11.4 made (`fixtures/plan.json`, see `test_terraform_plan.py`).
"""

from __future__ import annotations

import json
import re
from typing import Any

from providers.outscale.facts import EXTERNAL_ID
from tests.policies.estate import OUTSCALE, Estate

AWS_PROVIDER = {
    "region": {"constant_value": OUTSCALE["region"]},
    "endpoints": [{"s3": {"constant_value": "https://127.0.0.1:18443"}}],
}
OUTSCALE_PROVIDER = {
    "region": {"constant_value": OUTSCALE["region"]},
    "endpoints": [{"api": {"constant_value": OUTSCALE["endpoint"]}}],
}
OURS = ("subject", "references", "emptyDefaultSecurityGroup")
"""Properties that Terraform's types do not have."""


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name).lower()


def address(kind: str, name: str) -> str:
    label = re.sub(r"\W", "_", name)
    return f"outscale_{snake(kind.rpartition(':')[2])}.{label}"


def identity(kind: str) -> str:
    """The attribute by which others name a resource: `outscale_net.main.net_id`, whatever their own argument is."""
    return snake(kind.rpartition(":")[2]) + ("_name" if kind == "outscale:index:Keypair" else "_id")


def plan(estate: Estate) -> dict[str, Any]:
    """Everything of an estate that Terraform's Outscale and S3 types can say."""
    changes: list[dict[str, Any]] = []
    written: list[dict[str, Any]] = []
    for one in estate.resources.values():
        if one.kind.startswith("outscale:"):
            after, unknown, expressions = _arguments(one, estate)
            _add(changes, written, address(one.kind, one.name), after, unknown, expressions, "outscale")
        elif one.kind == "s3:index:Bucket":
            for kind, values in _bucket(one.properties):
                label = re.sub(r"\W", "_", one.name)
                expressions = {key: {"constant_value": value} for key, value in values.items() if value is not None}
                _add(changes, written, f"{kind}.{label}", values, {"id": True}, expressions, "aws")
    return {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {
            "provider_config": {
                "aws": {"name": "aws", "expressions": AWS_PROVIDER},
                "outscale": {"name": "outscale", "expressions": OUTSCALE_PROVIDER},
            },
            "root_module": {"resources": written},
        },
    }


def _add(
    changes: list[dict[str, Any]],
    written: list[dict[str, Any]],
    place: str,
    after: dict[str, Any],
    unknown: dict[str, Any],
    expressions: dict[str, Any],
    provider: str,
) -> None:
    kind, _, name = place.partition(".")
    common = {"address": place, "mode": "managed", "type": kind, "name": name}
    changes.append({**common, "change": {"actions": ["create"], "after": after, "after_unknown": unknown}})
    written.append({**common, "provider_config_key": provider, "expressions": expressions})


def _arguments(one: Any, estate: Estate) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(values, what only apply tells, expressions)."""
    after: dict[str, Any] = {}
    unknown: dict[str, Any] = {"id": True}
    expressions: dict[str, Any] = {}
    references = one.properties["references"]
    for key, value in one.properties.items():
        if key in OURS or value is None:
            continue
        name = "remove_default_outbound_rule" if key == "implicitRulesRemoved" else snake(key)
        if key == "tags":
            after[name] = [{"key": tag, "value": text} for tag, text in value.items()]
            expressions[name] = [{"key": {}, "value": {}} for _ in value]
        elif key == "nics":
            unknown[name] = [{"nic_id": True} for _ in value]
            after[name] = [{"device_number": n} for n, _ in enumerate(value)]
            expressions[name] = [
                {"nic_id": _reference(estate, "nicId", references[f"nics[{n}].nicId"])} for n, _ in enumerate(value)
            ]
        elif key in EXTERNAL_ID and key.endswith("Ids"):
            unknown[name] = True
            named = [_reference(estate, key, references[f"{key}[{n}]"])["references"] for n, _ in enumerate(value)]
            expressions[name] = {"references": [word for words in named for word in words]}
        elif key in EXTERNAL_ID and key in references:
            unknown[name] = True
            expressions[name] = _reference(estate, key, references[key])
        else:
            after[name] = value
            expressions[name] = {"constant_value": value}
    return after, unknown, expressions


def _reference(estate: Estate, key: str, subject: str) -> dict[str, list[str]]:
    kind = EXTERNAL_ID[key]
    found = next(
        one
        for suffix in ("", "/filter", "/table", "/nic", "/address")
        for one in estate.resources.values()
        if one.kind == kind and one.properties["subject"] == subject + suffix
    )
    place = address(kind, found.name)
    return {"references": [f"{place}.{identity(kind)}", place]}


def _bucket(given: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    name = given["bucket"]
    made = [
        ("aws_s3_bucket", {"bucket": name, "force_destroy": given.get("forceDestroy", False), "tags": given["tags"]})
    ]
    made.append(("aws_s3_bucket_acl", {"bucket": name, "acl": given.get("acl", "private")}))
    status = {"status": "Enabled" if given.get("versioning") else "Suspended"}
    made.append(("aws_s3_bucket_versioning", {"bucket": name, "versioning_configuration": [status]}))
    if given.get("encryption"):
        default = [{"sse_algorithm": given["encryption"]["algorithm"]}]
        rule = [{"apply_server_side_encryption_by_default": default}]
        made.append(("aws_s3_bucket_server_side_encryption_configuration", {"bucket": name, "rule": rule}))
    if given.get("policy"):
        made.append(("aws_s3_bucket_policy", {"bucket": name, "policy": given["policy"]}))
    rules = [
        {
            "id": f"r{number}",
            "status": "Enabled",
            "filter": [{"prefix": rule.get("prefix", "")}],
            **({"expiration": [{"days": rule["expirationDays"]}]} if rule.get("expirationDays") else {}),
            **(
                {"noncurrent_version_expiration": [{"noncurrent_days": rule["noncurrentExpirationDays"]}]}
                if rule.get("noncurrentExpirationDays")
                else {}
            ),
            **(
                {"abort_incomplete_multipart_upload": [{"days_after_initiation": rule["abortMultipartDays"]}]}
                if rule.get("abortMultipartDays")
                else {}
            ),
        }
        for number, rule in enumerate(given.get("lifecycleRules") or [])
    ]
    if rules:
        made.append(("aws_s3_bucket_lifecycle_configuration", {"bucket": name, "rule": rules}))
    if given.get("objectLock"):
        retention = [{"days": given["objectLock"]["days"], "mode": given["objectLock"].get("mode", "COMPLIANCE")}]
        made.append(
            ("aws_s3_bucket_object_lock_configuration", {"bucket": name, "rule": [{"default_retention": retention}]})
        )
    return made


def files(estate: Estate) -> str:
    """The same configuration, as its author would write it."""
    document = plan(estate)
    lines = [
        'provider "outscale" {',
        f'  region = "{OUTSCALE["region"]}"',
        f'  endpoints {{ api = "{OUTSCALE["endpoint"]}" }}',
        "}",
        'provider "aws" {',
        f'  region = "{OUTSCALE["region"]}"',
        '  endpoints { s3 = "https://127.0.0.1:18443" }',
        "}",
    ]
    changes = {one["address"]: one["change"] for one in document["resource_changes"]}
    for one in document["configuration"]["root_module"]["resources"]:
        change = changes[one["address"]]
        lines.append(f'resource "{one["type"]}" "{one["name"]}" {{')
        for key, expression in one["expressions"].items():
            lines += _lines(key, expression, change["after"].get(key))
        lines.append("}")
    return "\n".join(lines) + "\n"


def _lines(key: str, expression: Any, value: Any) -> list[str]:
    if isinstance(expression, dict) and "references" in expression:
        named = [one for one in expression["references"] if one.count(".") == 2]
        return [f"  {key} = " + (f"[{', '.join(named)}]" if key.endswith("_ids") else named[0])]
    blocks = value if isinstance(value, list) and value and isinstance(value[0], dict) else None
    if blocks is None:
        return [f"  {key} = {json.dumps(value)}"]
    made = []
    for number, block in enumerate(blocks):
        made.append(f"  {key} {{")
        references = expression[number] if isinstance(expression, list) else {}
        given = {**block, **{name: None for name in references if name not in block}}
        for name, item in given.items():
            made += ["  " + line for line in _lines(name, references.get(name) or {}, item)]
        made.append("  }")
    return made
