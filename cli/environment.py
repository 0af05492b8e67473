"""The environment in which the engine works: one place for what `make shell`, `.envrc` and the commands set."""

from __future__ import annotations

import json
import os
import pathlib
import secrets
import shlex
import sys

from blueprint import workspace
from cli import admin_key
from sandbox import services
from tools.preparation import installed

SETTINGS = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",  # no call home
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",  # else each run tries a download per installed SDK
    "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
    "PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS": "false",
    "GOGC": "400",  # checkpoints are garbage at once: a tenth of the engine's work for 140 MB more (docs/adr/0014)
}
NO_LOGS = """The engine keeps no log of each command: this file is where it would make the folder.
To have its logs, put an empty folder of the same name in its place; `pulumi logs` reads them.
"""
ENDPOINTS = ("OSC_ENDPOINT_API", "OOS_ENDPOINT", "OS_CLIENT_CONFIG_FILE", "OS_AUTH_URL", "OVH_S3_ENDPOINT")


def environment() -> dict[str, str]:
    """Variables to add to a process's own. What the user has set wins, save for the pack's path.

    The sandbox's endpoints, credentials and authority go together: all of them, or none where the user names an
    endpoint of their own. So a real key never reaches the sandbox, nor a sandbox's key a cloud.
    Folders and the passphrase of the file backend are made on first use.
    """
    state = workspace.state_dir()
    backend, home = state / "pulumi-state", state / "pulumi-home"
    for folder in (backend, home):
        folder.mkdir(parents=True, exist_ok=True)
    _without_logs(home)
    wanted = {
        **SETTINGS,
        workspace.STATE_DIR_VARIABLE: str(state),
        "PULUMI_HOME": str(home),
        # No side file with each checkpoint: it is not written atomically (docs/adr/0004).
        "PULUMI_BACKEND_URL": f"file://{backend}?metadata=skip",
    }
    if not os.environ.get("PULUMI_CONFIG_PASSPHRASE"):
        wanted["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase(state))
    values = {name: os.environ.get(name) or value for name, value in wanted.items()}
    sandbox = _sandbox()
    if all(os.environ.get(name, sandbox.get(name)) == sandbox.get(name) for name in ENDPOINTS):
        values.update(sandbox)
    # An operation starts four Python processes: compiling their modules each time would cost seconds.
    values["PYTHONDONTWRITEBYTECODE"] = ""
    values["PYTHONPYCACHEPREFIX"] = os.environ.get("PYTHONPYCACHEPREFIX") or str(state / "pycache")
    values["PULUMI_OPTION_POLICY_PACK"] = str(workspace.root() / "policies")
    values["PATH"] = _path()
    return values


def whole() -> dict[str, str]:
    """A process's own variables with these over them: the endpoint and the key that the user has set are among them."""
    return {**os.environ, **environment()}


def enter() -> dict[str, str]:
    """The same, entered by this process too: the Automation API finds `pulumi` on its own PATH only."""
    os.environ.update(environment())
    return dict(os.environ)


def print_exports() -> int:
    """Shell exports, for `eval "$(rempart env)"`."""
    for name, value in sorted(environment().items()):
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _sandbox() -> dict[str, str]:
    """Endpoints and credentials of the sandbox, where one was started; nothing else knows them."""
    folder = workspace.sandbox_dir()
    try:
        endpoints = json.loads((folder / "endpoints.json").read_text(encoding="utf-8"))
        credentials = json.loads((folder / "credentials.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    found = {
        "OSC_ACCESS_KEY": credentials["access_key"],
        "OSC_SECRET_KEY": credentials["secret_key"],
        "OSC_REGION": services.REGION,
    }
    if "outscale" in endpoints:
        found["OSC_ENDPOINT_API"] = endpoints["outscale"]["url"]
    if "s3" in endpoints:
        found["OOS_ENDPOINT"] = endpoints["s3"]["url"]
    clouds = services.SERVICES["ovh"].data / "clouds.yaml"
    if "ovh" in endpoints and clouds.exists():
        found |= {"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": services.CLOUD}
    if "rgw" in endpoints:
        found |= {
            "OVH_S3_ENDPOINT": endpoints["rgw"]["url"],
            "OVH_S3_REGION": services.STORAGE_REGION,
            "OVH_S3_ACCESS_KEY": credentials["access_key"],
            "OVH_S3_SECRET_KEY": credentials["secret_key"],
        }
    if credentials.get("ca_bundle"):
        found["AWS_CA_BUNDLE"] = credentials["ca_bundle"]
    if admin_key.public_path().exists():
        found["REMPART_BASTION_PUBLIC_KEY"] = admin_key.public_path().read_text(encoding="utf-8").strip()
    return found


def _without_logs(home: pathlib.Path) -> None:
    """A file where the engine would make its folder of logs; a folder that is there is left (docs/adr/0015)."""
    path = home / "logs"
    if not path.exists():
        path.write_text(NO_LOGS, encoding="utf-8")


def _passphrase(state: pathlib.Path) -> pathlib.Path:
    """A random passphrase of this state folder, readable by its owner only."""
    path = state / "passphrase"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32))
    return path


def _path() -> str:
    """The toolchain's folders and the virtual environment's, in front of what was there."""
    ours = [*map(str, installed.folders()), str(pathlib.Path(sys.executable).parent)]
    return os.pathsep.join([*ours, os.environ.get("PATH", os.defpath)])
