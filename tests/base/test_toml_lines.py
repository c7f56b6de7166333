"""The line of a fault is that of the word itself, at the key it was written at."""

from console.base.toml_lines import Lines

TEXT = """\
titre = "Tout est compris, la pause-prise aussi"
choix = [
    "comprise",
    "prise",
]

[suite]
dire = \"\"\"
Vous avez tout compris.
{{ pris }}
\"\"\"
conseil = "{{ autre }}"

[suite.fin]
prise = 1
"""


def test_a_word_is_found_whole_where_it_was_written() -> None:
    lines = Lines(TEXT)
    assert lines.of((), "« choix » ne connaît pas « prise »") == 4
    assert lines.of((), "rien ne s’appelle « prise »") == 4
    assert lines.of_text(("suite",), "dire", word="pris") == 10
    assert lines.of_text(("suite",), "dire", word="autre") == 9, "it is another key's"
    assert lines.of(("suite",), "« conseil = {{ autre }} »") == 12
