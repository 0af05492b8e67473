"""A live reading is asked with the keys set aside for reading where there are some, and says whose they are."""

from __future__ import annotations

import http.server
import io
import json
import pathlib
import re
import threading
from collections.abc import Iterator
from typing import Any

import openstack
import pytest
import rich.console

from blueprint import stack
from cli import verify
from providers import observation
from providers.observation import Identity, Observed, Standing
from providers.outscale import live
from providers.outscale import observed as outscale
from providers.ovh import observed as ovh

ACCOUNTS = {"AK-DEPLOYER": "deployers-account", "AK-READER": "readers-account"}
DEPLOYER = {"OSC_ACCESS_KEY": "AK-DEPLOYER", "OSC_SECRET_KEY": "s1"}
READER = {"OSC_READER_ACCESS_KEY": "AK-READER", "OSC_READER_SECRET_KEY": "s2"}


class Api(http.server.BaseHTTPRequestHandler):
    """Says which account the key of a signed call belongs to, as ReadAccounts does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        signed = re.search(r"Credential=([^/]+)/", self.headers["Authorization"])
        assert signed is not None
        body = json.dumps({"Accounts": [{"AccountId": ACCOUNTS[signed[1]]}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def endpoints() -> Iterator[dict[str, str]]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield {"OSC_ENDPOINT_API": url, "OOS_ENDPOINT": url}
        server.shutdown()


def test_outscale_is_asked_with_the_readers_keys_and_its_store_with_the_deployers(endpoints: dict[str, str]) -> None:
    account = outscale.account({**endpoints, **DEPLOYER, **READER}, "r")
    assert (account.access_key, account.secret_key) == ("AK-READER", "s2")
    assert outscale.identity(account) == Identity("readers-account", "OSC_READER_ACCESS_KEY", reader=True)
    signed = live.store(account)._request_signer._credentials
    assert (signed.access_key, signed.secret_key) == ("AK-DEPLOYER", "s1")


def test_outscale_without_a_reader_is_asked_with_the_deployers_keys(endpoints: dict[str, str]) -> None:
    account = outscale.account({**endpoints, **DEPLOYER, "OSC_READER_ACCESS_KEY": ""}, "r")
    assert outscale.identity(account) == Identity("deployers-account", "OSC_ACCESS_KEY", reader=False)


@pytest.mark.parametrize(("given", "missing"), [tuple(READER), tuple(reversed(READER))])
def test_half_a_reader_is_told(given: str, missing: str) -> None:
    with pytest.raises(observation.Unreachable) as told:
        outscale.account({**DEPLOYER, given: READER[given], "OSC_ENDPOINT_API": "e", "OOS_ENDPOINT": "e"}, "r")
    assert str(told.value).startswith(f"{given} is set and {missing} is not")
    assert READER[given] not in str(told.value)


CLOUDS = """\
clouds:
  deployer: {auth: {auth_url: 'https://keystone', application_credential_id: d}}
  reader: {auth: {auth_url: 'https://keystone', application_credential_id: r}}
"""


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two entries of one clouds.yaml; the project says which of them signed in."""

    class Cloud:
        def __init__(self, auth: dict[str, str], **_options: Any) -> None:
            self.current_project_id = f"project-of-{auth['application_credential_id']}"

    monkeypatch.setattr(openstack, "connect", Cloud)
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(CLOUDS, encoding="utf-8")
    store = {"OVH_S3_ENDPOINT": "https://s3", "OVH_S3_ACCESS_KEY": "a", "OVH_S3_SECRET_KEY": "s"}
    return {"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": "deployer", **store}


def test_openstack_is_asked_as_the_readers_cloud(project: dict[str, str]) -> None:
    account = ovh.account({**project, "REMPART_READER_CLOUD": "reader"}, "r")
    assert ovh.identity(account) == Identity("project-of-r", "reader", reader=True)
    assert ovh.identity(ovh.account(project, "r")) == Identity("project-of-d", "deployer", reader=False)


def test_a_readers_cloud_that_the_file_has_not_is_told_with_its_variable(project: dict[str, str]) -> None:
    account = ovh.account({**project, "REMPART_READER_CLOUD": "raeder"}, "r")
    with pytest.raises(observation.Unreachable, match=r"no readable entry 'raeder', which REMPART_READER_CLOUD names"):
        ovh.identity(account)


@pytest.mark.parametrize("provider", observation.known())
def test_the_console_and_a_page_name_the_variables(provider: str) -> None:
    names = observation.load(provider).READER
    out = rich.console.Console(file=io.StringIO(), width=500)
    standing, why = Standing.UNVERIFIED, "nobody vouches for it"
    reading = verify.Reading(
        stack.StackName("emc2", "somewhere", "prod", "live"), standing, why, Identity("account", "key", False),
        {}, {}, Observed((), (), {}, (), 0), (), "today", names,
    )  # fmt: skip
    verify._print(reading, out)
    pages = "".join(page.read_text(encoding="utf-8") for page in pathlib.Path("docs").glob("*.md"))
    for name in names:
        assert name in out.file.getvalue()  # type: ignore[attr-defined]
        assert f"`{name}`" in pages
