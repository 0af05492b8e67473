"""A plan that terraform 1.11.4 made (`terraform show -json`), read: what it knows, and where references lead.

`fixtures/terraform` holds the configuration too. Its one type is built into Terraform, so that anyone makes it again:
`terraform init && terraform plan -out=tfplan && terraform show -json tfplan`.
"""

from __future__ import annotations

import json
import pathlib

from blueprint.values import UNKNOWN
from providers.terraform import plan

FIXTURE = pathlib.Path(__file__).parent / "fixtures" / "terraform" / "plan.json"
BLOCKS = {one.address: one for one in plan.read(FIXTURE).blocks}


def test_every_instance_is_there_with_what_only_apply_tells() -> None:
    assert set(BLOCKS) == {
        "terraform_data.net",
        'terraform_data.zone["a"]',
        'terraform_data.zone["b"]',
        'terraform_data.machine["a"]',
        'terraform_data.machine["b"]',
        "terraform_data.after",
        "module.inner.terraform_data.part[0]",
    }
    assert BLOCKS["terraform_data.net"].values == {"input": "10.0.0.0/16"}
    assert BLOCKS['terraform_data.zone["a"]'].values == {"input": "10.0.1.0/24", "triggers_replace": UNKNOWN}


def test_references_lead_through_keys_variables_and_outputs() -> None:
    lead = {address: one.references.get("triggers_replace") for address, one in BLOCKS.items()}
    assert lead == {
        "terraform_data.net": None,
        'terraform_data.zone["a"]': "terraform_data.net",
        'terraform_data.zone["b"]': "terraform_data.net",
        'terraform_data.machine["a"]': 'terraform_data.zone["a"]',
        'terraform_data.machine["b"]': 'terraform_data.zone["b"]',
        "module.inner.terraform_data.part[0]": "terraform_data.net",
        "terraform_data.after": "module.inner.terraform_data.part[0]",
    }


def test_what_is_deleted_is_not_judged(tmp_path: pathlib.Path) -> None:
    document = json.loads(FIXTURE.read_text())
    document["resource_changes"][0]["change"].update(actions=["delete"], after=None)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    assert len(plan.read(path).blocks) == len(BLOCKS) - 1
