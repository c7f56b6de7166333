"""What the system refuses, told in French and at one place."""

import errno
import os
import re
import socket
from pathlib import Path

import pytest

from console.base.errors import RefusedInputError, must_be_file, system_words
from console.content import default_root


@pytest.mark.parametrize("name", ["EACCES", "EPERM", "ENOSPC", "ENOENT", "EROFS", "EISDIR", "ECONNREFUSED"])
def test_what_the_system_refuses_is_said_in_french(name: str) -> None:
    number = getattr(errno, name)
    words = system_words(OSError(number, os.strerror(number)))
    assert os.strerror(number) not in words
    assert "le système répond" not in words


def test_what_has_no_words_of_its_own_keeps_those_of_the_system() -> None:
    assert system_words(OSError(errno.EXDEV, "Invalid cross-device link")) == (
        "le système répond «\u00a0Invalid cross-device link\u00a0»"
    )
    assert system_words(socket.gaierror(-2, "Name or service not known")) == "ce nom de serveur est inconnu"
    assert system_words(TimeoutError("timed out")) == "pas de réponse à temps"


def test_a_folder_is_not_told_not_to_exist(tmp_path: Path) -> None:
    for path, told in ((tmp_path, "n’est pas un fichier"), (tmp_path / "rien.csv", "n’existe pas")):
        with pytest.raises(RefusedInputError, match=told):
            must_be_file(path)


def test_nobody_else_shows_the_words_of_the_system() -> None:
    found = [
        str(path)
        for room in ("console", "screens")
        for path in (default_root() / room).rglob("*.py")
        if re.search(r"\bstrerror\b", path.read_text("utf-8"))
    ]
    assert sorted(Path(one).name for one in found) == ["errors.py", "log.py"], "the log is the maintainer's"
