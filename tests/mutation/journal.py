"""What a run over the rules has found so far: one that was cut short goes on where it stopped."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Iterable

from tools.preparation import places

_SOURCES = ("*.py", "*.yaml", "*.json")
_FOLDERS = ("blueprint", "components", "policies", "providers", "plugins", "stacks", "tests", "cli")
_WORDS = {"noticed": True, "survived": False}


class Journal:
    """Answers by the mutant's number, one a line. They hold for this code and these tests, and for no others."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        self.known: dict[int, bool] = {}
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            whole = text[: text.rfind("\n") + 1]  # the last line may have been cut short
            path.write_text(whole, encoding="utf-8")
            for line in whole.splitlines():
                number, _, word = line.partition(" ")
                self.known[int(number)] = _WORDS[word]

    def add(self, number: int, noticed: bool) -> None:
        """Remembers one answer, at once."""
        self.known[number] = noticed
        word = next(word for word, answer in _WORDS.items() if answer is noticed)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{number} {word}\n")

    def close(self) -> None:
        """The run is whole: the next one measures anew."""
        self._path.unlink(missing_ok=True)


def of(files: Iterable[str], root: pathlib.Path = places.ROOT) -> Journal:
    """The journal of a run over these files of the rules (all of them where none is named), in the cache."""
    digest = hashlib.sha256(" ".join(sorted(files)).encode())
    for folder in _FOLDERS:
        for path in sorted(one for pattern in _SOURCES for one in (root / folder).rglob(pattern)):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    where = places.cache() / "mutation"
    where.mkdir(parents=True, exist_ok=True)
    return Journal(where / digest.hexdigest()[:16])
