"""A provider's own plugin: built when it is asked for by name, never in the way of the rest."""

from __future__ import annotations

import pathlib

import pytest

from tests.tools.conftest import Machine
from tools import toolchain
from tools.preparation import bundle, golang, installed, places, pythons
from tools.preparation.places import OPENSTACK
from tools.preparation.telling import Trouble

PLUGIN = "pulumi-resource-openstack"
GENERATES = 'printf \'#!/bin/sh\\nmkdir -p "$3" && echo schema >"$3/schema.json"\\n\' >"$1"; chmod +x "$1"'


def test_nothing_but_its_name_asks_for_it(machine: Machine) -> None:
    assert OPENSTACK not in installed.missing()
    assert installed.missing([*places.PARTS, *places.EXTRAS]) == [*places.PARTS, OPENSTACK]


def test_what_was_built_is_on_the_path_from_then_on(machine: Machine) -> None:
    assert places.folder(OPENSTACK) not in installed.folders()
    machine.keep(OPENSTACK)
    assert places.folder(OPENSTACK) in installed.folders()
    assert OPENSTACK not in installed.missing(places.EXTRAS)


def test_the_official_one_is_used_where_it_is_installed(machine: Machine) -> None:
    kept = machine.folder / "home" / "plugins" / f"resource-openstack-v{places.OPENSTACK_VERSION}"
    machine.patch.setenv("PULUMI_HOME", str(machine.folder / "home"))
    machine.install(PLUGIN, folder=kept)
    assert OPENSTACK not in installed.missing(places.EXTRAS)
    assert kept in installed.folders()


def test_one_of_another_version_is_not(machine: Machine) -> None:
    machine.patch.setenv("PULUMI_HOME", str(machine.folder / "home"))
    machine.install(PLUGIN, folder=machine.folder / "home" / "plugins" / "resource-openstack-v5.5.2")
    assert OPENSTACK in installed.missing(places.EXTRAS)


def test_its_schema_is_embedded_and_nothing_is_written_in_the_checkout(machine: Machine) -> None:
    machine.install_go(f'case "$1" in */generator) {GENERATES};; *) echo made >"$1";; esac')
    machine.patch.setenv("PATH", f"{machine.bin}:/usr/bin:/bin")
    before = sorted(path.name for path in (places.TOOLS / "openstack").rglob("*"))
    golang.build(OPENSTACK, golang.program())
    assert places.built(OPENSTACK)
    assert sorted(path.name for path in (places.TOOLS / "openstack").rglob("*")) == before
    assert machine.scratch() == [places.label(OPENSTACK)]


def test_a_generator_that_fails_says_so_and_leaves_nothing(machine: Machine) -> None:
    machine.patch.setenv("PATH", f"{machine.bin}:/usr/bin:/bin")
    machine.install_go('printf "#!/bin/sh\\necho no such type >&2; exit 1\\n" >"$1"; chmod +x "$1"')
    with pytest.raises(Trouble, match=r"no schema could be generated for openstack:\s+no such type"):
        golang.build(OPENSTACK, golang.program())
    assert not places.built(OPENSTACK) and machine.scratch() == []


def test_a_bundle_holds_it_only_when_it_was_built(machine: Machine, tmp_path: pathlib.Path) -> None:
    for part in places.PARTS:
        machine.keep(part)
    bundle.write(tmp_path / "without.tar.gz")
    machine.keep(OPENSTACK)
    bundle.write(tmp_path / "with.tar.gz")
    machine.patch.setenv("REMPART_CACHE", str(tmp_path / "other"))
    machine.patch.setenv("REMPART_TOOLCHAIN_BUNDLE", str(tmp_path / "without.tar.gz"))
    with pytest.raises(Trouble, match="has no openstack-"):
        bundle.take([OPENSTACK])
    machine.patch.setenv("REMPART_TOOLCHAIN_BUNDLE", str(tmp_path / "with.tar.gz"))
    assert bundle.take([OPENSTACK]) and places.built(OPENSTACK)


def test_a_name_that_is_no_part_is_refused(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert toolchain.main(["build", "cloudtemple"]) == toolchain.FAILED
    assert "there is no part cloudtemple; there is openstack" in capsys.readouterr().err


@pytest.mark.parametrize("part", places.RIVALS, ids=lambda part: part.name)
def test_what_benchmarks_compare_with_is_built_by_name_only_and_stays_off_the_path(
    machine: Machine, part: places.Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install(part.programs[0].binary)  # one that is installed may be of any version
    assert part not in installed.missing([*places.PARTS, *places.EXTRAS])
    monkeypatch.setattr(pythons, "project", lambda: None)
    machine.install_go('echo made >"$1"')
    for needed in places.PARTS:
        machine.keep(needed)
    machine.patch.setenv("PATH", f"{machine.bin}:/usr/bin:/bin")
    assert toolchain.main(["build", part.name]) == 0
    assert places.built(part)
    assert places.folder(part) not in installed.folders()


def test_what_benchmarks_compare_with_is_pinned() -> None:
    for part, module, version in (
        (places.OPENTOFU, "github.com/opentofu/opentofu", places.OPENTOFU_VERSION),
        (places.OPA, "github.com/open-policy-agent/opa", places.OPA_VERSION),
        (
            places.TERRAFORM_OPENSTACK,
            "github.com/terraform-provider-openstack/terraform-provider-openstack/v3",
            places.TERRAFORM_OPENSTACK_VERSION,
        ),
    ):
        folder = places.TOOLS / part.module
        assert f"require {module} v{version}\n" in (folder / "go.mod").read_text(encoding="utf-8")
        assert f"{module} v{version} h1:" in (folder / "go.sum").read_text(encoding="utf-8")


def test_it_is_of_the_version_of_the_python_package() -> None:
    source = (places.TOOLS / "openstack" / "prov" / "prov.go").read_text(encoding="utf-8")
    assert f'const Version = "{places.OPENSTACK_VERSION}"' in source
    project = (places.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"pulumi-openstack=={places.OPENSTACK_VERSION}"' in project
