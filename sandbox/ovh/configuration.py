"""The configuration of every service, written from templates, and for their owner's eyes only: it holds secrets."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

import jinja2

from sandbox import endpoints
from sandbox.ovh import description
from sandbox.ovh.layout import HOST, Cloud, passwords

TEMPLATES = description.HERE / "templates"
_SHARED = {"common.j2", "nova/compute.conf.j2"}
_HIDDEN = {"barbican": ".barbican"}  # where barbican looks, below HOME
FOLDERS = ("keystone/fernet", "keystone/credential", "images", "images-staging", "images-tasks", "locks")


def write(cloud: Cloud) -> None:
    """All files, and the folders that they name."""
    folders = [cloud.etc, cloud.log, cloud.run, cloud.worlds, *(cloud.data / name for name in FOLDERS)]
    for folder in [*folders, *(cloud.data / host / "nova" for host in description.hosts())]:
        folder.mkdir(parents=True, exist_ok=True)
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # configuration files, not pages
    )
    words = _words(cloud)
    for name in sorted(engine.list_templates(extensions=["j2"])):
        if name not in _SHARED:
            _put(cloud.etc / _target(name), engine.get_template(name).render(words))
    shutil.copyfile(cloud.venv / "etc" / "nova" / "api-paste.ini", cloud.etc / "nova" / "api-paste.ini")
    for number, host in enumerate(description.hosts(), 1):
        text = engine.get_template("nova/compute.conf.j2").render(words, compute=host)
        _put(cloud.etc / "nova" / f"compute-{number}.conf", text)


def environment(cloud: Cloud) -> dict[str, str]:
    """What a process of the cloud sees: nothing of the caller's, so that nobody's credentials reach it."""
    etc = cloud.etc
    return {
        "PATH": f"{cloud.venv / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(etc),  # the only way to tell barbican where its configuration is
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(description.HERE / "inside"),
        "PYTHONPYCACHEPREFIX": str(cloud.folder / "pycache"),
        "PYTHONWARNINGS": "ignore",
        "no_proxy": "*",
        "OS_KEYSTONE_CONFIG_FILES": str(etc / "keystone.conf"),
        "OS_NOVA_CONFIG_DIR": str(etc / "nova"),
        "OS_NEUTRON_CONFIG_DIR": str(etc / "neutron"),
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf",
        "OS_GLANCE_CONFIG_DIR": str(etc / "glance"),
        "OS_PLACEMENT_CONFIG_DIR": str(etc),
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
    }


def _words(cloud: Cloud) -> dict[str, object]:
    secrets = passwords(cloud)
    return {
        "offer": description.offer(),
        "region": description.offer()["region"]["name"],
        "host": HOST,
        "user": pwd.getpwuid(os.geteuid()).pw_name,
        "venv": str(cloud.venv),
        "etc": str(cloud.etc),
        "log": str(cloud.log),
        "run": str(cloud.run),
        "data": str(cloud.data),
        "socket": str(cloud.socket),
        "keystone": cloud.url("keystone"),
        "urls": {service.name: cloud.url(service.name) for service in description.services()},
        "ports": {name: cloud.port(name) for name in description.ports()},
        "messages": f"rabbit://openstack:{secrets.rabbit}@{HOST}:{cloud.port('rabbit')}/",
        "secrets": secrets,
    }


def _target(template: str) -> Path:
    first, *rest = Path(template.removesuffix(".j2")).parts
    return Path(_HIDDEN.get(first, first), *rest)


def _put(path: Path, text: str) -> None:
    endpoints.replace_file(path, text, 0o600)
