"""The key that signs the links: private, made once, the same for all who use it."""

import subprocess
import sys
from pathlib import Path

import pytest

from console.base.errors import HotlinerError
from console.outside.outside import Outside
from console.outside.servers import SmsService, SmtpServer

SHOW = "import sys; from pathlib import Path; from console.outside.outside import Outside as O"


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    file = tmp_path / "new" / "liens.cle"
    key = Outside(link_key=file).secret()
    assert len(key) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert Outside(link_key=file, folder=tmp_path).secret() == key
    assert [one.name for one in file.parent.iterdir()] == ["liens.cle"]


def test_two_programs_at_once_have_the_same_key(tmp_path: Path) -> None:
    code = f"{SHOW}; print(O(link_key=Path(sys.argv[1])).secret().decode())"
    command = [sys.executable, "-c", code, str(tmp_path / "liens.cle")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0] for process in started}) == 1


def test_a_given_secret_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "liens.cle"
    assert Outside(link_key=file, link_secret="given by the settings").secret() == b"given by the settings"
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "short\n"])
def test_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / f"{len(content)}.cle"
    file.write_text(content)
    with pytest.raises(HotlinerError, match="trop courte"):
        Outside(link_key=file).secret()


def test_a_key_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HotlinerError, match="link_secret"):
        Outside(link_key=tmp_path / "file" / "liens.cle").secret()


def test_without_settings_links_are_signed_all_the_same() -> None:
    assert Outside().secret() == Outside().secret()


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *((here, True) for here in ("localhost", "LOCALHOST", "127.0.0.1", "::1")),
        *((away, False) for away in ("localhost.exemple.fr", "smtp.exemple.fr", "10.0.0.1", "")),
    ],
)
def test_a_trial_base_keeps_to_this_machine(host: str, here: bool, tmp_path: Path) -> None:
    asked = f"http://[{host}]:8025/x" if ":" in host else f"http://{host}:8025/x"
    outside = Outside(folder=tmp_path, smtp=SmtpServer(host), sms=SmsService(asked))
    kept = outside.kept_here()
    assert (kept.smtp, kept.sms) == ((outside.smtp, outside.sms) if here else (None, None))
    assert kept.folder == tmp_path
