"""A private Postfix on loopback: a relay that hands mail to the next server, and what comes back to a box."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.portal.served import free_port

POSTFIX = shutil.which("postfix")
WHY_NOT = (
    "Postfix manque : apt-get install postfix"
    if POSTFIX is None
    else "Postfix ne se lance que par root"
    if os.geteuid() != 0
    else ""
)
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relais.example.org
mydestination =
alias_maps =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{following}
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {root}/box
virtual_mailbox_maps = static:back/
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{group}
virtual_minimum_uid = 1
delay_warning_time = 1s
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""


@dataclass(frozen=True)
class Relay:
    """Where it takes mail, the Maildir of what comes back to our domain, and how it is given orders."""

    port: int
    box: Path
    command: list[str]

    @property
    def back(self) -> int:
        """How many mails have come back."""
        return len(list((self.box / "new").glob("*")))

    def give_up(self) -> None:
        """Send back at once all that could not be handed on yet, as after the days of a real queue."""
        with (Path(self.command[-1]) / "main.cf").open("a", encoding="utf-8") as settings:
            settings.write("maximal_queue_lifetime = 1s\n")
        subprocess.run([*self.command, "reload"], check=True, capture_output=True, timeout=60)


@contextmanager
def relay(domain: str, following: int) -> Iterator[Relay]:
    """Run one with a queue of its own, which hands everything but that domain to a port of this machine."""
    account, port = pwd.getpwnam("postfix"), free_port()
    root = Path(tempfile.mkdtemp(prefix="postfix-"))
    root.chmod(0o755)
    for name in ("conf", "queue", "data", "box"):
        (root / name).mkdir()
    for name in ("data", "box"):
        os.chown(root / name, account.pw_uid, account.pw_gid)
    given = {"root": root, "following": following, "domain": domain}
    settings = _SETTINGS.format(user=account.pw_uid, group=account.pw_gid, **given)
    (root / "conf" / "main.cf").write_text(settings, encoding="utf-8")
    (root / "conf" / "master.cf").write_text(_SERVICES.format(port=port), encoding="utf-8")
    command = [str(POSTFIX), "-c", str(root / "conf")]
    try:
        subprocess.run([*command, "start"], check=True, capture_output=True, timeout=60)
        yield Relay(port, root / "box" / "back", command)
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=60)
        shutil.rmtree(root, ignore_errors=True)
