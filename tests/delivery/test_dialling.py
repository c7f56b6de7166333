"""Dialling: a recorded command, a manager interface on loopback, and numbers that no shell may see."""

from __future__ import annotations

import hashlib
import shutil
import socket
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from console.base.errors import RefusedInputError
from console.calls.dialling import DialService
from console.context import Context
from console.db.tables import Call, Client
from console.outside.dialler import AsteriskDialler, CommandDialler, DialError
from console.outside.outside import Outside
from console.outside.servers import Asterisk
from tests.world import World, paris

NUMBER = "+33639981234"
HOSTILE = (
    "+33 1; rm -rf", "$(x)", "`x`", "+33639981234; id", "+33639981234\nAction: Command", "+33639981234\r\n",
    "+" + "3" * 16, "+123456", "0639981234", "+0639981234", "--help", "+3363998123４", "", "+33639981234 ",
)  # fmt: skip
RECORD = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr(sys.argv[2:]))"


def recording(file: Path, *arguments: str) -> CommandDialler:
    return CommandDialler((sys.executable, "-c", RECORD, str(file), *arguments))


def test_the_command_receives_the_number_as_one_argument(tmp_path: Path) -> None:
    file = tmp_path / "said"
    recording(file, "tel:{number}", "a b; $(id)").dial(NUMBER)
    assert file.read_text() == repr([f"tel:{NUMBER}", "a b; $(id)"])


def test_the_command_is_not_given_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "said"
    monkeypatch.setenv("HOTLINER_PASSWORD", "secret")
    monkeypatch.setenv("POUR_LUI", "oui")
    told = "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text(' '.join(os.environ))"
    CommandDialler((sys.executable, "-c", told, str(file), "{number}")).dial(NUMBER)
    assert "POUR_LUI" in file.read_text()
    assert "HOTLINER_" not in file.read_text()


@pytest.mark.parametrize("number", HOSTILE)
def test_what_is_no_number_reaches_neither_a_command_nor_asterisk(tmp_path: Path, number: str) -> None:
    file = tmp_path / "said"
    with pytest.raises(RefusedInputError):
        recording(file, "{number}").dial(number)
    assert not file.exists()
    with pytest.raises(RefusedInputError):
        AsteriskDialler(Asterisk("127.0.0.1", 1)).dial(number)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("/nulle/part", "{number}"), "ne se lance pas"),
        ((sys.executable, "-c", "raise SystemExit(3)", "{number}"), "code 3"),
    ],
)
def test_a_command_that_fails_says_so(argv: tuple[str, ...], said: str) -> None:
    with pytest.raises(DialError, match=said):
        CommandDialler(argv).dial(NUMBER)


def test_a_softphone_that_stays_open_is_left_at_work() -> None:
    CommandDialler((sys.executable, "-c", "import time; time.sleep(1)", "{number}"), wait=0.1).dial(NUMBER)


class Manager:
    """A manager interface that keeps what it was asked. `answers` are given to the actions by name."""

    def __init__(self, **answers: str) -> None:
        self.answers = {
            "Challenge": "Response: Success\r\nChallenge: 4217\r\n",
            "Login": "Response: Success\r\n",
            "Originate": "Response: Success\r\n",
        } | answers
        self.asked: list[dict[str, str]] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.greeting = b"Asterisk Call Manager/9.0.0\r\n"

    def serve(self) -> None:
        line, _ = self.server.accept()
        with line:
            line.sendall(self.greeting)
            rest = b""
            while more := line.recv(4096):
                rest += more
                while b"\r\n\r\n" in rest:
                    text, _, rest = rest.partition(b"\r\n\r\n")
                    said = dict(part.split(": ", 1) for part in text.decode().split("\r\n"))
                    self.asked.append(said)
                    key = f"ActionID: {said['ActionID']}\r\n"
                    event = "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"
                    answer = self.answers[said["Action"]].replace("KEY\r\n", key)
                    line.sendall(f"{event}{answer}{key}\r\n".encode())

    @property
    def asterisk(self) -> Asterisk:
        return Asterisk("127.0.0.1", self.port, "numi", "s3cret", "PJSIP/101", "sortie")


@contextmanager
def manager(**answers: str) -> Iterator[Manager]:
    one = Manager(**answers)
    thread = Thread(target=one.serve, daemon=True)
    thread.start()
    yield one
    thread.join(5)
    one.server.close()


def test_asterisk_is_asked_to_ring_the_agent_then_the_number() -> None:
    with manager() as one:
        AsteriskDialler(one.asterisk, ring=0.1).dial(NUMBER)
    assert [said["Action"] for said in one.asked] == ["Challenge", "Login", "Originate"]
    _, login, call = one.asked
    assert login["Key"] == hashlib.md5(b"4217s3cret").hexdigest()
    assert "s3cret" not in str(one.asked)
    wanted = {"Channel": "PJSIP/101", "Context": "sortie", "Exten": NUMBER, "Priority": "1", "Async": "true"}
    assert wanted.items() <= call.items()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"Login": "Response: Error\r\nMessage: Authentication failed\r\n"}, "l’identifiant ou le secret"),
        ({"Originate": "Response: Error\r\nMessage: Permission denied\r\n"}, "refuse l’action Originate"),
        (
            {
                "Originate": "Response: Success\r\nKEY\r\n\r\n"
                "Event: OriginateResponse\r\nResponse: Failure\r\nReason: 0\r\n"
            },
            "faire sonner votre poste",
        ),
        ({"Login": "Event: Other\r\n"}, "à temps"),
    ],
)
def test_what_asterisk_refuses_is_said(answers: dict[str, str], said: str) -> None:
    with manager(**answers) as one, pytest.raises(DialError, match=said):
        AsteriskDialler(one.asterisk, answer=0.3, ring=1).dial(NUMBER)


def test_another_server_or_none_is_said() -> None:
    with manager() as one:
        one.greeting = b"HTTP/1.1 400 Bad Request\r\n"
        with pytest.raises(DialError, match="pas un Asterisk"):
            AsteriskDialler(one.asterisk).dial(NUMBER)
    with pytest.raises(DialError, match="injoignable"):
        AsteriskDialler(one.asterisk).dial(NUMBER)


# -- in a call ------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def telephone(world: World, file: Path, *, demo: bool = False) -> DialService:
    argv = (sys.executable, "-c", RECORD, str(file), "{number}")
    ctx = replace(world.context, demo=demo, outside=Outside(dial_command=argv))
    return DialService(ctx, world.services.calls)


def test_the_client_of_the_call_is_dialled_and_no_other(world: World, tmp_path: Path) -> None:
    file = tmp_path / "said"
    view = world.begin(world.add(phone="+33612345678"))
    with pytest.raises(RefusedInputError):
        telephone(world, file).dial(view.call_id)
    world.press(view, "Composer")
    assert not file.exists()
    found = telephone(world, file).dial(view.call_id)
    assert found.done
    assert file.read_text() == "['+33612345678']"


def test_a_demo_dials_nobody(world: World, tmp_path: Path) -> None:
    file = tmp_path / "said"
    view = world.begin(world.add())
    world.press(view, "Composer")
    found = telephone(world, file, demo=True).dial(view.call_id)
    assert (found.done, found.failed, found.number) == (False, False, NUMBER)
    assert not file.exists()


def test_a_failure_is_told_and_the_call_goes_on_by_hand(world: World) -> None:
    view = world.begin(world.add(phone="+33612345678"))
    view = world.press(view, "Composer")
    context: Context = replace(
        world.context, demo=False, outside=Outside(dial_command=("/nulle/part", "{number}"))
    )
    found = DialService(context, world.services.calls).dial(view.call_id)
    assert found.failed
    assert "à la main" in found.sentence
    assert world.press(view, "Le client est au bout du fil").step == "ouverture"


def test_a_hostile_number_in_the_base_dials_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "said"
    client = world.add(phone="+33612345678")
    view = world.press(world.begin(client), "Composer")
    for number in HOSTILE:
        with world.database.writing() as session:
            row = session.get(Client, client)
            assert row
            row.phone = number
        world.restart().calls.resume()
        found = telephone(world, file).dial(view.call_id)
        if found.done:  # another writing of a true number
            assert file.read_text() == f"['{found.number}']"
            file.unlink()
        assert not file.exists()
    assert world.one(Call).dialled_at


@pytest.mark.skipif(not shutil.which("baresip"), reason="needs baresip")
def test_a_real_softphone_invites_the_number(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        endpoint.bind(("127.0.0.1", 0))
        endpoint.settimeout(10)
        port = endpoint.getsockname()[1]
        with wave.open(str(tmp_path / "silence.wav"), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(1600))
        modules = "".join(f"module {name}.so\n" for name in ("account", "menu", "g711", "aufile"))
        (tmp_path / "config").write_text(
            f"sip_listen 127.0.0.1:0\nmodule_path /usr/lib/baresip/modules\n{modules}"
            f"audio_source aufile,{tmp_path}/silence.wav\naudio_player aufile,/dev/null\n"
        )
        (tmp_path / "accounts").write_text(
            f'<sip:numi@127.0.0.1:{port}>;regint=0;outbound="sip:127.0.0.1:{port};transport=udp"\n'
        )
        (tmp_path / "contacts").touch()
        words = f"/dial sip:{{number}}@127.0.0.1:{port}"
        CommandDialler(("baresip", "-f", str(tmp_path), "-t", "2", "-e", words), wait=0.2).dial(NUMBER)
        assert endpoint.recv(4096).startswith(f"INVITE sip:{NUMBER}@127.0.0.1".encode())
