"""The files of a content folder, read once and whole: what is edited or removed since changes nothing.

It is asked as a path is (`/`, `name`, `stem`, `glob`, `read_bytes`), so that a reader takes either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath

from console.base.text import decoded

PARTS = ("data", "scripts_fr")
"""The folders that make a content folder."""
READ = frozenset({".toml", ".md"})
"""What is content; the guide for whoever edits goes along with it."""


@dataclass(frozen=True)
class Tree:
    """A folder in memory, or one of its files. `files`: bytes by path, or why a file could not be read."""

    files: Mapping[str, bytes | OSError] = field(repr=False)
    others: tuple[str, ...] = ()
    """The paths of what is there besides, and is not read."""
    at: PurePosixPath = field(default_factory=PurePosixPath)

    @classmethod
    def read(cls, root: Path) -> "Tree":
        """What is there now; a folder that is not there is an empty one."""
        there = {
            path.relative_to(root).as_posix(): path
            for part in PARTS
            for path in sorted((root / part).rglob("*"))
            if path.is_file() and not path.name.startswith((".", "~"))
        }
        read = {name: _bytes(path) for name, path in there.items() if path.suffix in READ}
        return cls(read, tuple(name for name in there if name not in read))

    @classmethod
    def of_texts(cls, texts: Mapping[str, str]) -> "Tree":
        """A folder of these texts."""
        return cls({path: text.encode() for path, text in texts.items()})

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.at.name

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return self.at.stem

    def __truediv__(self, name: str) -> "Tree":
        return Tree(self.files, self.others, self.at / name)

    def __lt__(self, other: "Tree") -> bool:
        return self.at < other.at

    def is_file(self) -> bool:
        """Whether it is one."""
        return str(self.at) in self.files

    def glob(self, pattern: str) -> "Iterator[Tree]":
        """The files straight under it whose name is as the pattern, one without folders."""
        paths = (PurePosixPath(path) for path in self.files)
        return (
            Tree(self.files, self.others, path)
            for path in paths
            if path.parent == self.at and fnmatchcase(path.name, pattern)
        )

    def under(self, other: "Tree") -> "Tree":
        """This folder with the files straight in another one in place of its own of the same name."""
        laid = {str(self.at / one.name): one.files[str(one.at)] for one in other.glob("*")}
        return Tree({**self.files, **laid}, self.others, self.at)

    def read_bytes(self) -> bytes:
        """What the file holds. Raises OSError."""
        found = self.files.get(str(self.at), FileNotFoundError(2, "", str(self.at)))
        if isinstance(found, OSError):
            raise found
        return found

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Every file as a text, by path, in order. Raises OSError, UnicodeError where one is none."""
        return {path: decoded((Tree(self.files) / path).read_bytes()) for path in sorted(self.files)}

    @cached_property
    def hash(self) -> str:
        """The same for the same texts, however they were saved. Raises OSError, UnicodeError."""
        told = sha256()
        for path, text in self.texts.items():
            for part in (path.encode(), text.encode()):
                told.update(len(part).to_bytes(8, "big") + part)
        return told.hexdigest()


Folder = Path | Tree
"""Where content is read from."""


def _bytes(path: Path) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error
