"""Templates: data is inert, syntax is a short list, typography is French."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from console.base.french import typeset
from console.base.templates import Form, TemplateRefusedError, render

HOSTILE = [
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "<script>alert(1)</script>",
    "[bold]Dupont[/] [@click=app.quit]x",
    "</p><p>& \" '",
    "**gras**",
    "a\n\nb",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert render("Bonjour {{ nom }}.", {"nom": value}, Form.TEXT) == f"Bonjour {value}."


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_html(value: str) -> None:
    page = render("Un\n\n{{ nom }}", {"nom": value}, Form.HTML)
    assert page.startswith("<p>Un</p>\n<p>")
    assert page.count("<p>") == 2
    assert "<script" not in page
    assert "<strong" not in page


def test_html_is_only_what_the_author_meant() -> None:
    page = render(
        "**{{ nom }}** & co\nligne\n\n{{ url|lien }}", {"nom": "<b>", "url": "https://x.fr/?a=1&b"}, Form.HTML
    )
    assert page == (
        "<p><strong>&lt;b&gt;</strong> &amp; co<br>ligne</p>\n"
        '<p><a href="https://x.fr/?a=1&amp;b">https://x.fr/?a=1&amp;b</a></p>'
    )


def test_a_link_or_a_button_has_a_name_and_its_address_stays_in_plain_text() -> None:
    source = """{{ url|bouton("J'y vais !") }}\n\n{{ url|lien("Ici") }}"""
    given = {"url": "https://x.fr/?a=1&b"}
    page = render(source, given, Form.HTML)
    assert page.startswith('<table role="presentation"')
    assert page.endswith('<p><a href="https://x.fr/?a=1&amp;b">Ici</a></p>')
    assert ">J’y vais\u202f!</a>" in page
    assert render(source, given, Form.TEXT) == (
        "J’y vais\u202f!\u202f: https://x.fr/?a=1&b\n\nIci\u202f: https://x.fr/?a=1&b"
    )
    with pytest.raises(TemplateRefusedError, match="ce qu’il ne prend pas"):
        render("{{ url|bouton(1, 2) }}", given, Form.HTML)


@pytest.mark.parametrize("url", ["javascript:alert(1)", 'https://x" onclick="y', "https://x y"])
def test_a_link_is_a_web_address_or_plain_text(url: str) -> None:
    page = render("{{ url|lien }}", {"url": url}, Form.HTML)
    assert 'href="javascript' not in page
    assert 'onclick="' not in page


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ client.__init__ }}",
        "{{ client.items }}",
        "{{ client['nom'] }}",
        "{{ client.nom.upper() }}",
        "{{ 9**99999999 }}",
        "{{ 'a' * 99999999 }}",
        "{{ nom ~ nom }}",
        "{% for a in nom %}{% endfor %}",
        "{% set a = 1 %}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% macro f() %}{% endmacro %}",
        "{{ lipsum() }}",
        "{{ cycler }}",
        "{{ self }}",
        "{{ nom|attr('x') }}",
        "{{ nom|replace('a', 'b') }}",
        "{{ nom is defined }}",
        "{{ inconnue }}",
        "{% if inconnue %}x{% endif %}",
        "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
        "{{ nom",
        "{% if nom %}",
        "x" * 20_001,
    ],
)
def test_what_is_not_on_the_list_is_refused(source: str) -> None:
    with pytest.raises(TemplateRefusedError):
        render(source, {"client": {"nom": "x"}, "nom": "x"})


def test_a_text_that_grows_too_long_is_refused() -> None:
    with pytest.raises(TemplateRefusedError, match="trop long"):
        render("{{ nom }}" * 3, {"nom": "x" * 50_000})


@pytest.mark.parametrize("value", [Markup("<b>"), 1.5, ["x"], object(), print])
def test_variables_are_plain_data(value: Any) -> None:
    with pytest.raises(TypeError, match="plain data"):
        render("{{ nom }}", {"nom": value})


@given(st.text(alphabet="{}%# \nabc.|()[]'\"*-+1", max_size=40))
def test_any_template_renders_or_is_refused(source: str) -> None:
    for form in Form:
        with suppress(TemplateRefusedError):
            render(source, {"a": "x", "b": {"c": "y"}}, form)


def test_a_tag_alone_on_its_line_leaves_no_line() -> None:
    source = (
        "Un.\n\n{% if oui %}\nDeux.\n\n{% endif %}\n{% if non %}\nTrois.\n{% endif %}\n"
        "Quatre {% if oui %}et{% endif %}\ncinq."
    )
    assert render(source, {"oui": True, "non": False}) == "Un.\n\nDeux.\n\nQuatre et cinq."
    assert render(source, {"oui": True, "non": False}, Form.TEXT) == "Un.\n\nDeux.\n\nQuatre et\ncinq."


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("C'est 35 € ! Oui ?", "C’est 35\u00a0€\u202f! Oui\u202f?"),
        ("« oui » : non ; 5 %", "«\u00a0oui\u00a0»\u202f: non\u202f; 5\u00a0%"),
        ("à 10:30, https://x.fr/a?b", "à 10:30, https://x.fr/a?b"),
    ],
)
def test_ordinary_typing_becomes_french_typography(typed: str, set_: str) -> None:
    assert typeset(typed) == set_
    assert typeset(set_) == set_


def test_a_text_message_keeps_to_the_gsm_alphabet() -> None:
    text = render(
        "Échéance à {{ prix }}, « {{ nom }} » : c'est noté",
        {"prix": "9,99\u00a0€", "nom": "Maëlle Lê ç"},
        Form.SMS,
    )
    assert text == 'Échéance à 9,99 €, "Maelle Le c" : c\'est noté'


def test_lines_of_cells_make_a_table_and_a_value_never_does() -> None:
    source = "Avant\n\n| Quoi | Prix |\n| {{ a }} | {{ b }} |\n\nAprès | rien"
    values = {"a": "<b>| x", "b": "35,14 €"}
    page = render(source, values, Form.HTML)
    assert page.count("<tr>") == 2
    assert page.count("<td") == 2
    assert page.count("<th") == 2
    assert "&lt;b&gt;| x" in page
    assert "<p>Après | rien</p>" in page
    text = render(source, values, Form.TEXT)
    assert text == "Avant\n\nQuoi     Prix\n<b>| x   35,14 €\n\nAprès | rien"


def test_a_line_with_one_bar_is_no_table() -> None:
    assert "<table" not in render("| seul", {}, Form.HTML)
