"""What the README gives to paste, pasted in a bare Debian: from the install to the way back elsewhere.

Minutes long, so only where `DEBIAN` is set (`make debian`): to a folder in which the image that debootstrap
made from the machine's own package sources is kept. Each run works on a layer of its own above it.
"""

import gzip
import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from console.base.clock import system_clock
from tests.db.test_migrations import OLD_BASE
from tests.ready import ROOT
from tests.terminal import Terminal
from tests.test_operation import README, blocks, cron, units

IMAGE = os.environ.get("DEBIAN", "")
SOURCES = [
    "apt-get",
    "indextargets",
    "--format",
    "$(REPO_URI) $(CODENAME)",
    "Origin: Debian",
    "Component: main",
]
MACHINE_OWN = ("/etc/pip.conf", "/etc/resolv.conf")
"""How this machine reaches its packages; nothing of it is in the project."""
TRUSTED = "/etc/machine.pem"
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
IGNORED = shutil.ignore_patterns(".venv*", ".git", ".*_cache", "__pycache__", "mutants")
FILES = "/var/lib/hotliner/recus"
"""Where other programs put their files."""


def why_not() -> str:
    if not IMAGE:
        return "minutes long: make debian"
    if os.geteuid() != 0:
        return "only root makes a Debian image"
    missing = [name for name in ("debootstrap", "apt-get", "unshare", "nsenter") if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


def made() -> Path:
    """The image: a Debian with nothing but what its standard install has and the README counts on."""
    image = Path(IMAGE).resolve() / "debian"
    if (image / "made").exists():
        return image
    shutil.rmtree(image, ignore_errors=True)
    known = subprocess.run(SOURCES, capture_output=True, text=True, check=False).stdout.splitlines()
    plain = [line.split() for line in known if not re.search(r"-(updates|security|backports)$", line)]
    if not plain:
        pytest.skip("no Debian among this machine's package sources")
    mirror, suite = plain[0]
    image.parent.mkdir(parents=True, exist_ok=True)
    command = ["debootstrap", "--variant=minbase", "--include=cron,systemd", suite, str(image), mirror]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"debootstrap: {(done.stdout or done.stderr)[-300:]}")
    (image / "made").touch()
    return image


class Debian:
    """The image with a layer of its own above it, in a mount namespace that goes with `close`."""

    def __init__(self, image: Path, folder: Path) -> None:
        for name in ("upper", "work", "root"):
            (folder / name).mkdir(parents=True)
        self.root = folder / "root"
        layers = f"lowerdir={image},upperdir={folder}/upper,workdir={folder}/work"
        steps = (
            f"mount -t overlay overlay -o {layers} {self.root} && mount -t proc proc {self.root}/proc"
            f" && mount --bind /dev {self.root}/dev && mount --bind /dev/pts {self.root}/dev/pts"
            " && echo mounted && exec sleep 3600"
        )
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", steps],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._holder.stdout is not None
        if (said := self._holder.stdout.readline()) != "mounted\n":
            pytest.skip(f"no layer can be mounted here: {said}")

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()

    def inside(self, *command: str, user: str = "root", **variables: str) -> list[str]:
        """The command line that runs a command there, with only these variables and those of a login."""
        home = {"root": "/root", "numi": "/var/lib/hotliner"}.get(user, f"/home/{user}")
        given = {"HOME": home, "LOGNAME": user, "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", **variables}
        enter = ["nsenter", f"--target={self._holder.pid}", "--mount", "chroot", f"--userspec={user}:{user}"]
        return [*enter, str(self.root), "env", "-i", *(f"{k}={v}" for k, v in given.items()), *command]

    def run(
        self,
        line: str,
        *,
        user: str = "root",
        given: str | bytes = "",
        codes: tuple[int, ...] = (0,),
        **variables: str,
    ) -> str:
        """One line of a shell, as root or another account; what it wrote."""
        variables.setdefault("PATH", PATHS)
        done = subprocess.run(
            self.inside("sh", "-c", line, user=user, **variables),
            input=given.encode() if isinstance(given, str) else given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said = done.stdout.decode("utf-8", "replace")
        assert done.returncode in codes, f"{line}\n{said}"
        assert "Traceback" not in said, said
        return said

    def paste(self, block: str, *, user: str = "root") -> None:
        """A block of the README, line by line, in the program's folder."""
        for line in block.splitlines():
            if line and not line.startswith("#"):
                self.run(
                    f"cd /srv/source && {line}", user=user, PIP_CERT=TRUSTED, DEBIAN_FRONTEND="noninteractive"
                )

    def write(self, path: str, content: str | bytes, user: str = "root") -> None:
        self.run(f"cat > {path}", given=content, user=user)


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    folder = tmp_path_factory.mktemp("debian")
    found = Debian(made(), folder)
    try:
        shutil.copytree(ROOT, folder / "source", ignore=IGNORED)
        subprocess.run(["tar", "-C", str(folder), "-cf", str(folder / "source.tar"), "source"], check=True)
        found.run(
            "tar -C /srv -x --no-same-owner && chmod -R a+rX /srv/source",
            given=(folder / "source.tar").read_bytes(),
        )
        for path in MACHINE_OWN:
            if Path(path).exists():
                found.write(path, Path(path).read_bytes())
        found.write(TRUSTED, Path("/etc/ssl/certs/ca-certificates.crt").read_bytes())
        found.paste(next(block for block in blocks("sh") if "useradd" in block))
        yield found
    finally:
        found.close()


def environment() -> str:
    return next(block for block in blocks("sh") if "HOTLINER_DATABASE_URL" in block)


def test_what_the_readme_gives_works_as_pasted(debian: Debian) -> None:
    today = system_clock().today()
    expiry = (today + timedelta(days=14)).strftime("%d/%m/%Y")

    # A service user: its environment, its files, the lines of cron in the order of the day.
    debian.write("/etc/hotliner.env", environment())
    (rights,) = re.findall(r"`(chgrp numi /etc/hotliner.env[^`]*)`", README)
    debian.run(rights)
    debian.write(
        f"{FILES}/clients.csv",
        f"code;nom;email;telephone;expire_le\nCLT-1;Roux;a@numi.example;06 12 34 56 78;{expiry}\n",
        user="numi",
    )
    debian.write(
        f"{FILES}/evenements.jsonl",
        f'{{"id":"e1","type":"reply","client":"CLT-1","text":"Bonjour","at":"{today}T00:00:00+01:00"}}\n',
        user="numi",
    )
    lines = {command.split()[1]: "; ".join((*before, command)) for _, _, (*before, command) in cron()}
    for act, line in lines.items():
        said = debian.run(line, user="numi", PATH="/usr/bin:/bin", codes=(2,) if act == "rebonds" else (0,))
        if act == "rebonds":
            assert "imap_host" in said
    letter = message_from_string(debian.run("cat /var/lib/hotliner/messages/*.eml"), policy=default)
    body = letter.get_body(("plain",))
    assert body is not None
    link = re.findall(r"https://numi\.support/r/(\S+)", body.get_content())[0]

    # The same lines by cron itself, all in the next minute.
    table = "".join(f"* * * * * numi {line}\n" for act, line in lines.items() if act != "rebonds")
    debian.write("/etc/cron.d/hotliner", f"SHELL=/bin/sh\n{table}")
    before = debian.run("ls /var/backups/hotliner").split()
    daemon = subprocess.Popen(debian.inside("cron", "-f", PATH=PATHS))
    try:
        end = time.monotonic() + 150
        while len(debian.run("ls /var/backups/hotliner").split()) == len(before) and time.monotonic() < end:
            time.sleep(2)
    finally:
        daemon.terminate()
        daemon.wait()
    assert len(debian.run("ls /var/backups/hotliner").split()) > len(before), (
        "cron ran the line of the backup"
    )

    # What the README says to look with, and the units.
    as_service = "set -a; . /etc/hotliner.env; exec /opt/hotliner/bin/hotliner"
    assert "✗" not in debian.run(f"{as_service} diagnostic", user="numi")
    for name, text in units().items():
        debian.write(f"/etc/systemd/system/{name}", text)
    debian.run(f"systemd-analyze verify --man=no --recursive-errors=no {' '.join(units())}")

    # Another account, which installs for itself, and has its backup handed over.
    debian.run("useradd --create-home ana")
    first = next(block for block in blocks("sh") if "~/hotliner" in block and "pip" in block)
    *install, opens = first.splitlines()
    debian.paste("\n".join(install), user="ana")
    backup = sorted(debian.run("ls /var/backups/hotliner").split())[-1]
    debian.run(f"install -o ana -g ana -m 600 /var/backups/hotliner/{backup} /home/ana/")
    debian.run("userdel numi && rm -rf /opt/hotliner /etc/hotliner.env /var/lib/hotliner")
    own = "~/hotliner/bin/hotliner"
    debian.run(f"cd && {own} restaurer {backup}", user="ana")
    held = re.findall("✗ (.*)", debian.run(f"{own} diagnostic", user="ana", codes=(1,)))
    assert [one.split()[0] for one in held] == ["envois"], "held until somebody says yes"
    debian.run(f"{own} envoyer --liberer", user="ana")
    assert "✗" not in debian.run(f"{own} diagnostic", user="ana")
    page = portal_page(debian, own, link)
    assert "Renouveler votre abonnement" in page
    assert "35,14" in page, "with the offer of that letter"
    with Terminal(
        debian.inside("sh", "-c", opens, user="ana", TERM="xterm-256color", HOTLINER_TOUR="false")
    ) as console:
        console.wait_for("0 sur 1 renouvel", timeout=60)
        console.press("q")
        console.wait_exit()

    # The oldest base that is kept, brought up to date.
    old = Path(debian.root.parent / "old.db")
    with sqlite3.connect(old) as connection:
        connection.executescript(gzip.decompress(OLD_BASE.read_bytes()).decode())
    connection.close()
    debian.write("/home/ana/ancienne.db", old.read_bytes(), user="ana")
    debian.run("chmod 600 ~/ancienne.db", user="ana")
    for command in ("indicateurs --date-sure", "verifier", "diagnostic"):
        said = debian.run(f"{own} {command} --base ~/ancienne.db", user="ana")
        assert "✗" not in said
    assert debian.run("ls /home/ana").count("ancienne-avant-maj-0009-") == 1, "the copy is beside it"


def portal_page(debian: Debian, program: str, link: str) -> str:
    """What a client sees who follows a link sent before."""
    fetch = (
        "import time, urllib.request as r\n"
        "for _ in range(100):\n"
        "    try:\n"
        f"        print(r.urlopen('http://127.0.0.1:8087/r/{link}').read().decode()); break\n"
        "    except OSError: time.sleep(0.3)\n"
    )
    served = subprocess.Popen(debian.inside("sh", "-c", f"exec {program} portail", user="ana"))
    try:
        return debian.run("python3 -", given=fetch, user="ana", LANG="C.UTF-8")
    finally:
        served.terminate()
        served.wait()
