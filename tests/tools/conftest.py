"""A machine of its own for each test: an empty cache, and a PATH with only what the test puts there."""

from __future__ import annotations

import pathlib

import pytest

from tools.preparation import places


class Machine:
    """`bin` is all there is on PATH, besides the shell and what a script needs."""

    def __init__(self, folder: pathlib.Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch = folder, patch
        self.cache, self.bin = folder / "cache", folder / "bin"
        self.bin.mkdir()
        patch.setenv("REMPART_CACHE", str(self.cache))
        patch.setenv("PATH", str(self.bin))
        patch.delenv("REMPART_TOOLCHAIN_BUNDLE", raising=False)

    def install(self, name: str, body: str = "exit 0", folder: pathlib.Path | None = None) -> pathlib.Path:
        """A program on PATH, as a shell script."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def install_pulumi(self, version: str, host: bool = True) -> pathlib.Path:
        if host:
            self.install("pulumi-language-python")
            self.install("pulumi-language-python-exec")
        return self.install("pulumi", f"echo {version}")

    def install_go(self, build: str, version: str = "go1.26.8") -> None:
        """A Go whose `version` is good and whose `build` is the given shell text; "$1" is then the file to make."""
        self.install(
            "go",
            f'case "$1" in version) echo go version {version} linux/amd64;; list) echo {self.folder}/sdk;;\n'
            f'*) while [ "$1" != -o ]; do [ $# -gt 0 ] || break; shift; done; shift\n{build}\n;; esac',
        )
        for script in places.ENGINE.scripts:
            self.install(pathlib.PurePath(script).name, folder=(self.folder / "sdk" / "python" / script).parent)

    def keep(self, part: places.Part, text: str = "made") -> None:
        """A part that is in the cache already."""
        for name in places.files(part):
            self.install(name, f"echo {text}", places.folder(part))

    def scratch(self) -> list[str]:
        """What was left half-made in the cache."""
        kept = {places.label(part) for part in places.PARTS}
        folder = places.toolchains()
        return sorted(p.name for p in folder.iterdir() if p.name not in kept) if folder.is_dir() else []


@pytest.fixture
def machine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)
