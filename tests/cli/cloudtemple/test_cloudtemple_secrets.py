"""Secrets in Cloud Temple's Terraform: found wherever a machine is born with them, and never shown."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from cli import report as command
from cli import review
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import CANARY, DATABASE, WAYS, Terraform, findings, put, states, vm

SECRETS: dict[str, Callable[[Terraform], None]] = {
    "cloud-init": put(cloud_init={"cloud_config": f"password: {CANARY}"}),
    "the provider's own": lambda terraform: terraform.provider.update(secret_id=CANARY),
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_never_shown(
    name: str, how: str, small: Terraform, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SECRETS[name](small)
    path = small.saved(folder, how)
    for kind in command.FORMATS:
        review.review(str(path), written.PLATFORM, None, "dev", kind, str(folder / "out"))
        assert CANARY not in (folder / "out").read_text(encoding="utf-8"), kind
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    kept_files = [one for one in (folder / "work").rglob("*") if one.is_file()]
    assert not any(CANARY in one.read_text(encoding="utf-8", errors="replace") for one in kept_files)


@pytest.mark.parametrize(
    "born",
    [
        {"cloud_init": {"user-data": "I2Nsb3VkLWNvbmZpZwpwYXNzd29yZDogY2FuYXJ5LTc3YWIyMAo="}},
        {"cloud_init": {"user-data": "", "password": CANARY}},
        {"extra_config": {"guestinfo.userdata": f"#cloud-config\npassword: {CANARY}\n"}},
        {"customize": [{"windows_config": [{"password": CANARY, "auto_logon": True}]}]},
        {"customize": [{"windows_config": [{"domain": [{"admin_password": CANARY}]}]}]},
    ],
    ids=["base64", "the image's own user", "guestinfo", "windows", "its domain"],
)
def test_every_way_in_which_a_vmware_machine_is_born_is_read(born: Any, small: Terraform, folder: pathlib.Path) -> None:
    given = {key: value for key, value in vm(small).items() if key in ("name", "tags", "backup_sla_policies")}
    small.resources["cloudtemple_compute_virtual_machine.db"] = {**given, **born}
    found = findings(small, folder, "files", None)
    assert "non_conform" in states(found, "CPT-05", DATABASE)
    assert CANARY not in (folder / "out.json").read_text(encoding="utf-8")


def test_the_secrets_that_a_state_holds_are_not_shown(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The provider keeps the secret half of every key there: its keys are judged, and their values read by nobody."""
    shown = [
        ("cloudtemple_object_storage_storage_account", {"name": "app", "access_secret_key": CANARY}),
        ("cloudtemple_object_storage_global_access_key", {"access_key_id": CANARY, "access_secret_key": CANARY}),
        ("cloudtemple_iam_personal_access_token", {"expiration_date": "2027-11-20T00:00:00Z", "secret_id": CANARY}),
    ]
    resources = [
        {"mode": "managed", "type": kind, "name": "it", "instances": [{"attributes": {"id": kind, **values}}]}
        for kind, values in shown
    ]
    path = folder / "terraform.tfstate"
    path.write_text(json.dumps({"version": 4, "resources": resources}), encoding="utf-8")
    for kind in command.FORMATS:
        review.review(str(path), None, None, "dev", kind, str(folder / "out"))
        assert CANARY not in (folder / "out").read_text(encoding="utf-8"), kind
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    review.review(str(path), None, None, "dev", "json", str(folder / "out.json"))
    found = json.loads((folder / "out.json").read_text(encoding="utf-8"))["findings"]
    assert states(found, "STO-06", "cloudtemple_object_storage_global_access_key.it") == {"non_conform"}
    assert states(found, "IAM-06", "cloudtemple_iam_personal_access_token.it") == {"non_conform"}
