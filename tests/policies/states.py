"""The state that an estate would leave, as `pulumi stack export` prints it."""

from __future__ import annotations

import json
from typing import Any

from blueprint import stack as stacks
from policies.state import SECRET, SIGNATURE
from tests.policies import runs
from tests.policies.estate import Estate
from tests.policies.estate import urn as urn_of


def secret(value: Any, *, sealed: bool = False) -> dict[str, str]:
    content = {"ciphertext": "v1:AAAA:BBBB"} if sealed else {"plaintext": json.dumps(value)}
    return {SIGNATURE: SECRET, **content}


def deployment(estate: Estate, stack: str, *, sealed: bool = False, imported: bool = False) -> dict[str, Any]:
    """The layer of `estate` that `stack` holds; user data is a secret, as the plugins make it."""
    part = runs.layer(estate, stack.rpartition(".")[2])

    def urn(text: str) -> str:
        return text.replace("urn:pulumi:stack::", f"urn:pulumi:{stack}::", 1)

    read = {name: urn(urn_of(stacks.REFERENCE, name)) for name in part.read}
    made: list[dict[str, Any]] = [
        {"urn": one, "type": stacks.REFERENCE, "id": name, "external": True, "inputs": {"name": name}}
        for name, one in read.items()
    ]
    providers: dict[str, str] = {}
    for one in part.resources.values():
        reference = ""
        if one.provider and not one.kind.startswith("pulumi:"):
            key = json.dumps(one.provider, sort_keys=True)
            if key not in providers:
                kind = "pulumi:providers:" + ("s3" if one.kind.startswith("s3:") else "outscale")
                providers[key] = f"urn:pulumi:{stack}::rempart::{kind}::given-{len(providers)}"
                made.append({"urn": providers[key], "type": kind, "custom": True, "inputs": one.provider})
            reference = f"{providers[key]}::0b5f"
        inputs = dict(one.properties)
        if imported and one.kind.startswith(("outscale:", "s3:")):
            del inputs["subject"], inputs["references"]
        if "userData" in inputs:
            inputs["userData"] = secret(inputs["userData"], sealed=sealed)
        outputs = {**inputs, "made": "by the provider"}
        inputs.pop("implicitRulesRemoved", None)  # the plugin gives it back, nobody writes it
        made.append(
            {
                "urn": urn(one.urn),
                "type": one.kind,
                "custom": True,
                "inputs": inputs,
                "outputs": outputs,
                "provider": reference,
                **({"protect": True} if one.told.protect else {}),
                **({"retainOnDelete": True} if one.told.retained else {}),
                **({"ignoreChanges": list(one.told.ignored)} if one.told.ignored else {}),
                "propertyDependencies": {
                    **({} if one.kind.startswith("pulumi:") else {"subject": [], "references": []}),
                    **{
                        key: [read.get(name) or urn(part.resources[name].urn) for name in names]
                        for key, names in one.uses.items()
                    },
                },
            }
        )
    return {"version": 3, "deployment": {"manifest": {"magic": ""}, "resources": made}}
