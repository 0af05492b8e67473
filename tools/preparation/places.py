"""What is built, from what, and where it is kept."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import platform

from tools.preparation.telling import CACHE, Trouble

TOOLS = pathlib.Path(__file__).resolve().parent.parent
ROOT = TOOLS.parent
PULUMI_VERSION = (3, 259, 0)
OPENSTACK_VERSION = "5.5.3"


@dataclasses.dataclass(frozen=True)
class Program:
    """One Go program: its package, and how long its first build takes."""

    binary: str
    package: str
    expected: str
    ldflags: str = "-s -w"


@dataclasses.dataclass(frozen=True)
class Part:
    """Programs of one Go module that are kept in one folder."""

    name: str
    module: str  # below tools/
    programs: tuple[Program, ...]
    scripts: tuple[str, ...] = ()  # copied from Pulumi's SDK beside them
    generator: str = dataclasses.field(default="", repr=False)  # the package that writes what SCHEMA holds
    tested: tuple[str, ...] = dataclasses.field(default=(), repr=False)  # the packages with Go tests of our own


_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + ".".join(map(str, PULUMI_VERSION))

# The engine warns about a language host that is not in its own folder: the two are one part.
ENGINE = Part(
    name="engine",
    module="pulumi",
    programs=(
        Program(
            binary="pulumi",
            package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            expected="about 5 min the first time",
            ldflags=f"-s -w -X {_VERSION}",
        ),
        Program("pulumi-language-python", "./language-python", "about 30 s the first time"),
    ),
    scripts=("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"),
    tested=("./...",),
)
S3 = Part(
    name="s3",
    module="versitygw",
    programs=(
        Program(
            binary="versitygw",
            package="github.com/versity/versitygw/cmd/versitygw",
            expected="about 90 s the first time",
            ldflags="-s -w -X main.Version=v1.8.0",
        ),
    ),
)
OPENSTACK = Part(
    name="openstack",
    module="openstack",
    programs=(Program("pulumi-resource-openstack", "./cmd/plugin", "about 3 min the first time"),),
    generator="./cmd/tfgen",
    tested=("./refreshed", "./bulk"),
)
OPENTOFU_VERSION, TERRAFORM_OPENSTACK_VERSION = "1.12.6", "3.4.0"
OPENTOFU = Part(
    name="opentofu",
    module="opentofu",
    programs=(
        Program(
            binary="tofu",
            package="github.com/opentofu/opentofu/cmd/tofu",
            expected="about 4 min the first time",
            ldflags="-s -w -X github.com/opentofu/opentofu/version.dev=no",  # as it is released
        ),
    ),
)
TERRAFORM_OPENSTACK = Part(
    name="terraform-openstack",
    module="terraform-openstack",
    programs=(
        Program(
            binary="terraform-provider-openstack",
            package="github.com/terraform-provider-openstack/terraform-provider-openstack/v3",
            expected="about 1 min the first time",
        ),
    ),
)
OPA_VERSION = "1.22.3"
OPA = Part(
    name="opa",
    module="opa",
    programs=(
        Program(
            binary="opa",
            package="github.com/open-policy-agent/opa",
            expected="about 1 min the first time",
        ),
    ),
)
SCHEMA = pathlib.PurePath("cmd", "plugin", "schema-embed.json")
"""Embedded in a plugin, generated at each build, never in the checkout."""
PARTS = (ENGINE, S3)
"""What everything runs on."""
EXTRAS = (OPENSTACK,)
"""What one provider needs, built when it is asked for by name."""
RIVALS = (OPENTOFU, TERRAFORM_OPENSTACK, OPA)
"""What benchmarks compare with, built when they ask for it: never on PATH, never in a bundle, whatever is installed."""


def cache() -> pathlib.Path:
    """`$REMPART_CACHE`, else `~/.cache/rempart`: outside the checkout, shared by all of them."""
    given = os.environ.get(CACHE)
    try:
        return pathlib.Path(given or "~/.cache/rempart").expanduser().absolute()
    except RuntimeError as unknown:
        raise Trouble(f"this account has no home folder: set {CACHE} to a folder that it may write to") from unknown


def toolchains() -> pathlib.Path:
    """The folder that holds the parts, one folder each."""
    return cache() / "toolchain"


def label(part: Part) -> str:
    """A part's folder name: it changes with everything that the part is built from, and with nothing else."""
    digest = hashlib.sha256(f"{part} {platform.system()} {platform.machine()}".encode())
    module = TOOLS / part.module
    for path in sorted(module.rglob("*")):
        source = path.suffix in (".go", ".json") and not path.name.endswith("_test.go")
        if path.name in ("go.mod", "go.sum") or source:
            digest.update(str(path.relative_to(module)).encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{part.name}-{digest.hexdigest()[:16]}"


def folder(part: Part) -> pathlib.Path:
    """Where a part's programs are kept, whether they are there yet or not."""
    return toolchains() / label(part) / "bin"


def files(part: Part) -> list[str]:
    """The names of the files in a part's folder."""
    copied = (pathlib.PurePath(script).name for script in part.scripts)
    return [*(program.binary for program in part.programs), *copied]


def built(part: Part) -> bool:
    """A part is there whole or not at all: it is renamed into place."""
    return folder(part).is_dir()
