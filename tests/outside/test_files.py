import codecs
import contextlib
import io
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.errors import HotlinerError, RefusedInputError
from console.outside.files import Writer, formula_safe, given_file, new_file, open_table, without_guard

TEXT = "nom;email\nDupré;d@x.fr\nÇelik;c@x.fr\n"
ROWS = [["nom", "email"], ["Dupré", "d@x.fr"], ["Çelik", "c@x.fr"]]


def rows_of(path: Path, content: bytes) -> list[list[str]]:
    path.write_bytes(content)
    records = list(open_table(path).records())
    assert not [record.fault for record in records if record.fault]
    return [list(record.values) for record in records]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("cp1252"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace(";", ",").encode(),
        TEXT.replace(";", "\t").encode("cp1252"),
        TEXT.replace(";", "|").encode(),
        ("sep=|\n" + TEXT.replace(";", "|")).encode(),
        ("sep=;\n" + TEXT).encode(),
        ("\n\n" + TEXT.replace("\nÇ", "\n\n;\n  \nÇ")).encode(),
        TEXT.rstrip("\n").encode(),
        'nom;email\n"Dupré";d@x.fr;\n Çelik;c@x.fr;;;\n'.replace(" Ç", "Ç").encode(),
    ],
)
def test_whatever_wrote_it(tmp_path: Path, content: bytes) -> None:
    assert rows_of(tmp_path / "f.csv", content) == ROWS


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman"])
@pytest.mark.parametrize(
    "line",
    [
        *("Hélène;Lefèvre", "François;Bérangère", "Zoë;Noël", "Léa;Morin", "À côté;où ça", "Jérôme;L’Hôte"),
        *("Éric;Martin", "HÉLÈNE;NOËL", "ÉLODIE;ROY", "échéance;le 31"),
    ],
)
def test_windows_ms_dos_and_macintosh(tmp_path: Path, encoding: str, line: str) -> None:
    if encoding == "cp850":
        line = line.replace("’", "'")
    rows = rows_of(tmp_path / "f.csv", f"prenom;nom\n{line}\n".encode(encoding))
    assert rows[1] == line.split(";")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><table><tr><td>nom</td></tr></table>", "HTML"),
        (b'\xef\xbb\xbf\n[{"nom": "Roy"}]', "JSON"),
        (b"BEGIN:VCARD\nFN:Roy\n", "vCard"),
        (b"\x1f\x8b\x08\x00nom", "archive"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "f.xls").write_bytes(content)
    with pytest.raises(RefusedInputError, match=kind):
        open_table(tmp_path / "f.xls", lambda cells: "nom" in cells)


@pytest.mark.parametrize("written", ['="0612345678"', ' = "0612345678" ', "0612345678"])
def test_a_text_written_as_a_formula_is_the_text(written: str) -> None:
    assert without_guard(written) == "0612345678"


@pytest.mark.parametrize("damage", [b"\xff", b"\xe9", b"\xc3"])
def test_one_bad_byte_does_not_turn_a_utf8_file_into_nonsense(tmp_path: Path, damage: bytes) -> None:
    content = ("nom;email\n" + "Éé;e@x.fr\n" * 50).encode() + b"Du" + damage + b"pont;d@x.fr\n"
    rows = rows_of(tmp_path / "f.csv", content)
    assert rows[1][0] == "Éé"
    assert "\ufffd" in rows[-1][0]


def test_a_quoted_value_may_hold_separators_quotes_and_lines(tmp_path: Path) -> None:
    content = b'nom;note\nDupont;"dit ""Jo""; rappeler\nle matin"\nMartin;x\n'
    assert rows_of(tmp_path / "f.csv", content)[1:] == [
        ["Dupont", 'dit "Jo"; rappeler\nle matin'],
        ["Martin", "x"],
    ]


def test_an_inch_mark_inside_a_value_is_no_quote(tmp_path: Path) -> None:
    assert rows_of(tmp_path / "f.csv", b'nom;note\nDupont;24" LCD\nMartin;y\n')[1] == ["Dupont", '24" LCD']


@pytest.mark.parametrize("follow", ["", 'Zoé;"un";x\n', 'Zoé;"un\ndeux";x\n'])
def test_an_open_quote_spoils_its_own_line_only(tmp_path: Path, follow: str) -> None:
    path = tmp_path / "f.csv"
    good = "".join(f"N{i};n;x\n" for i in range(500))
    path.write_text(f'nom;note;code\n"Dupont;n;x\n{follow}{good}', encoding="utf-8")
    records = list(open_table(path).records())
    assert [(record.line, record.fault != "") for record in records[1:2]] == [(2, True)]
    assert len([record for record in records if not record.fault]) == 501 + bool(follow)
    last = records[-1]
    assert (last.values[0], last.line) == ("N499", path.read_text(encoding="utf-8").count("\n"))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("a;b;c;d", "4 valeurs pour 2"),
        ('"a"b;c', "guillemet"),
        ("x" * 140_000 + ";y", "131 072"),
        ("x" * 1_200_000 + ";y", "démesurément"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_the_next_ones_are_read(
    tmp_path: Path, line: str, word: str
) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"nom;email\n{line}\nMartin;m@x.fr\n", encoding="utf-8")
    records = list(open_table(path).records())
    assert word in records[1].fault.replace("\u202f", " ")
    assert (list(records[2].values), records[2].line) == (["Martin", "m@x.fr"], 3)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"PK\x03\x04rest", b"%PDF-1.7", b"SQLite format 3\0"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedInputError):
        open_table(path)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(RefusedInputError, match=r"n’existe pas|n’est pas un fichier"):
            open_table(path)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with contextlib.suppress(RefusedInputError):
        list(open_table(path).records())


@given(st.text())
def test_the_guard_against_formulas_comes_off_whole(text: str) -> None:
    safe = formula_safe(text)
    assert safe[:1] not in tuple("=+-@\t\r\n＝＋－＠")
    assert without_guard(safe) == text


def test_a_new_file_is_private_whole_and_takes_no_place(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with new_file(path, encoding="utf-8-sig") as file:
        Writer(file).row(["=1+1", "é", 3])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == codecs.BOM_UTF8 + "'=1+1;é;3\r\n".encode()
    with pytest.raises(RefusedInputError, match="existe déjà"), new_file(path):
        pass


def test_links_are_never_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to("victim")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("link", "dangling"):
        with pytest.raises(RefusedInputError), new_file(tmp_path / name):
            pass
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with new_file(tmp_path / "out.csv") as file:
            file.write("half")
            raise KeyError

    with pytest.raises(KeyError):
        write()
    assert not list(tmp_path.iterdir())
    with pytest.raises(HotlinerError), new_file(tmp_path / "no" / "folder"):
        pass


def test_standard_input_and_a_pipe_are_files_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO("nom\nÉa\n".encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    with given_file(Path("-")) as path:
        assert path.read_text(encoding="utf-8") == "nom\nÉa\n"
        assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    assert not path.exists()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    with pytest.raises(HotlinerError) as empty, given_file(Path("-")) as path:
        open_table(path)
    assert empty.value.happened.replace("\u00a0", " ") == "Le fichier « l’entrée standard » est vide."
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"nom\n",))
    writer.start()
    with given_file(pipe) as path:
        assert path.read_bytes() == b"nom\n"
    writer.join()
    plain = tmp_path / "f.csv"
    plain.write_bytes(b"x")
    with given_file(plain) as path:
        assert path == plain
