"""Templates that a supervisor edits: Jinja2, reduced to names, conditions and three filters.

Nothing in a template can call, loop, compute or reach an attribute: only the syntax listed here compiles, and
variables are plain data. A value is never read as a template, and never as HTML.
Authors type ordinary spaces and apostrophes: `typeset` makes them French.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from itertools import groupby, zip_longest
from typing import Any, NewType

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from console.base.french import THIN, typeset
from console.base.sms_size import to_gsm

SOURCE_LIMIT = 20_000
TEXT_LIMIT = 100_000

_TAGS_ALONE = re.compile(r"^[ \t]*((?:\{%(?:(?!%\}).)*%\}[ \t]*)*\{%(?:(?!%\}).)*)%\}[ \t]*\n", re.MULTILINE)
"""A line of tags alone leaves no line behind; a tag at the end of a line of words does."""

_STRONG, _BREAK, _CELL = "\ue000", "\ue001", "\ue002"
"""Stand for the author's own **, line ends and | until the text is laid out, so that a value has none."""

_ROW = re.compile(f"{_CELL}.*{_CELL}")
_BORDER = "border-bottom:1px solid #ddd;padding:.4em 1em .4em 0;overflow-wrap:break-word"
"""Of a cell; on a small screen « 36,99 € » stays whole, and the words beside it go to the next line."""

ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)
ALLOWED_FILTERS = frozenset({"majuscule", "lien", "bouton"})
FORBIDDEN_NAMES = frozenset({"self", "super", "loop", "caller", "varargs", "kwargs"})
"""Names that Jinja2 gives a meaning of its own."""


Plain = NewType("Plain", Mapping[str, Any])


class Form(Enum):
    """What a template renders to."""

    SPEECH = "speech"  # paragraphs, each on one line
    TEXT = "text"  # a plain text message: lines stay as typed, lines of | cells | make a table
    HTML = "html"  # the same message: a blank line makes a paragraph, **…** makes strong words
    PAGE = "page"  # the same HTML, for a page that has its own style sheet
    SMS = "sms"  # one line, in the alphabet that SMS carry


_MARKED_UP = frozenset({Form.HTML, Form.PAGE})


class TemplateRefusedError(ValueError):
    """A template that is refused or cannot be rendered; the message is the reason, in French.

    line: of the template, from 1; word: what to look for there.
    """

    def __init__(self, reason: str, line: int | None = None, word: str = "") -> None:
        super().__init__(typeset(f"ligne {line} : {reason}" if line else reason))
        self.reason, self.line, self.word = typeset(reason), line or 1, word


class _Environment(ImmutableSandboxedEnvironment):
    """Dots look into plain dictionaries and nowhere else."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)


def _capitalised(text: Any) -> Any:
    return text[:1].upper() + text[1:] if isinstance(text, str) else text


_BUTTON = Markup(
    '<table role="presentation" style="border-collapse:separate"><tr><td style="border-radius:6px;'
    'background:#4a2fbd"><a href="{0}" style="display:inline-block;padding:12px 24px;border-radius:6px;'
    'color:#ffffff;font-weight:bold;text-decoration:none">{1}</a></td></tr></table>'
)
"""A button that every mail program draws: a cell with a background, and a link that fills it."""


def _is_address(url: Any) -> bool:
    return isinstance(url, str) and re.fullmatch(r"https?://\S+", url) is not None


def _anchor(url: Any, label: Any = "") -> Any:
    """A link that opens, for a web address; any other text stays as it is."""
    words = typeset(str(label or url))
    return Markup('<a href="{0}">{1}</a>').format(url, words) if _is_address(url) else url


def _button(url: Any, label: Any = "") -> Any:
    """The same as a button."""
    return _BUTTON.format(url, typeset(str(label or url))) if _is_address(url) else url


def _address(url: Any, label: Any = "") -> Any:
    """A link where nothing can be clicked: the words, then the address in full."""
    return f"{typeset(str(label))}{THIN}: {url}" if label else url


def _environment(form: Form) -> _Environment:
    environment = _Environment(autoescape=form in _MARKED_UP, undefined=StrictUndefined)
    environment.globals.clear()
    environment.tests.clear()
    environment.filters = {
        "majuscule": _capitalised,
        "lien": _anchor if form in _MARKED_UP else _address,
        "bouton": _button if form in _MARKED_UP else _address,
    }
    return environment


_ENVIRONMENTS = {form: _environment(form) for form in Form}


@lru_cache(maxsize=2_048)
def variables_of(source: str) -> frozenset[str]:
    """The dotted names that a template reads. Raises TemplateRefusedError when it does not compile."""
    tree = _parsed(_ENVIRONMENTS[Form.TEXT], source)
    found = set(find_undeclared_variables(tree))
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name):
            found.discard(node.node.name)
            found.add(f"{node.node.name}.{node.attr}")
    return frozenset(found)


def render(source: str, variables: Mapping[str, Any], form: Form = Form.SPEECH) -> str:
    """The text. Raises TemplateRefusedError: syntax refused, variable not known, text too long."""
    return render_plain(source, plain(variables), form)


def render_plain(source: str, variables: Plain, form: Form) -> str:
    """The same, for variables checked once for several texts."""
    try:
        text = _compiled(source, form).render(variables)
    except (TemplateError, TypeError) as error:  # a filter given what it does not take
        raise _refusal(error) from error
    if len(text) > TEXT_LIMIT:
        raise TemplateRefusedError(f"texte trop long (plus de {TEXT_LIMIT} caractères)")
    return _laid_out(text, form)


@lru_cache(maxsize=2_048)  # all that is shipped, in every form, several times over
def _compiled(source: str, form: Form) -> Template:
    environment = _ENVIRONMENTS[form]
    tree = _parsed(environment, source)
    for data in tree.find_all(nodes.TemplateData):
        data.data = _literal(data.data, form)
    try:
        code = environment.compile(tree)
    except (TemplateError, RecursionError, SyntaxError, MemoryError) as error:
        raise _refusal(error) from error
    return Template.from_code(environment, code, {})


def _parsed(environment: _Environment, source: str) -> nodes.Template:
    if len(source) > SOURCE_LIMIT:
        raise TemplateRefusedError(f"modèle trop long (plus de {SOURCE_LIMIT} caractères)")
    _refuse_placeholders(source)
    try:
        tree = environment.parse(_TAGS_ALONE.sub(r"\1\n%}", source))
        written = list(tree.find_all(nodes.Node))
    except (TemplateError, RecursionError) as error:
        raise _refusal(error) from error
    for node in written:
        if not isinstance(node, ALLOWED_NODES):
            raise TemplateRefusedError(
                f"ligne {node.lineno} : écriture interdite dans un modèle ({type(node).__name__})"
            )
        if isinstance(node, nodes.Filter) and node.name not in ALLOWED_FILTERS:
            raise TemplateRefusedError(f"filtre inconnu « {node.name} »", node.lineno)
        if isinstance(node, nodes.Name) and node.name in FORBIDDEN_NAMES:
            raise TemplateRefusedError(f"nom interdit « {node.name} »", node.lineno)
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            raise TemplateRefusedError(f"nom interdit « {node.attr} »", node.lineno)
    return tree


def _refusal(error: Exception) -> TemplateRefusedError:
    if isinstance(error, TypeError):
        return TemplateRefusedError("un filtre a reçu ce qu’il ne prend pas")
    line, told = getattr(error, "lineno", None), str(error)
    missing = re.search(r"attribute '([^']*)'|'([^']*)' is undefined", told)
    if missing:
        name = missing[1] or missing[2]
        return TemplateRefusedError(f"variable inconnue « {name} »", line, name)
    for pattern, reason in _REASONS:
        if found := re.search(pattern, told):
            word = "{% if" if "looking for" in told else ""
            return TemplateRefusedError(reason.format(*found.groups()), line, word)
    return TemplateRefusedError("ce qui est entre {{ … }} ou {% … %} n’est pas compris", line)


_REASONS = (
    (r"looking for the following tags", "« {{% if … %}} » n’est pas refermé : il manque {{% endif %}}"),
    (r"unknown tag '(endif|else|elif)'", "« {{% {} %}} » vient sans son {{% if … %}}"),
    (r"unknown tag '(\w+)'", "« {{% {} %}} » n’existe pas : les mots sont if, elif, else et endif"),
    (r"No filter named '(\w+)'", "filtre inconnu « {} »"),
    (r"unexpected char '(.)'", "caractère « {} » de trop entre les accolades"),
    (r"end of (?:print )?statement', got '([}%])'", "accolades mal fermées, près de « {} »"),
    (r"end of print statement', got '(.+)'", "une seule variable entre {{{{ et }}}} : « {} » est de trop"),
    (r"got 'end of template'|unexpected end|unexpected '\}'", "accolades ouvertes et mal refermées"),
)
"""What the library says in English, and what we say."""

_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_PLACEHOLDERS = (
    (r"\{[^{}\n]*\}?|\}", "« {} » : une variable s’écrit entre doubles accolades, {{{{ … }}}}"),
    (
        r"\[[^\[\]\n]{1,60}\]|<[^<>\n]{1,60}>|%\w+%|\$[A-Za-z_]\w*|\b[A-Z]+_[A-Z_]+\b",
        "« {} » n’est pas une variable : elle partirait telle quelle ; les variables sont dans LISEZ-MOI.md",
    ),
    (
        r"\bXX+(?:[ /]XX+)*\b|\bxx+(?:[ /]xx+)+\b|__+|\bTODO\b|\bTBD\b|(?i:lorem ipsum|à compléter)",
        "« {} » reste à écrire",
    ),
)
"""What is written where something else is meant, and what is wrong with it."""


def _refuse_placeholders(source: str) -> None:
    """No text leaves with a hole in it, however it is written. Raises TemplateRefusedError."""
    bare = _TAGS.sub(lambda tag: "\n" * tag[0].count("\n"), source)
    for pattern, reason in _PLACEHOLDERS:
        if found := re.search(pattern, bare):
            line = bare.count("\n", 0, found.start()) + 1
            raise TemplateRefusedError(reason.format(found[0]), line, found[0])


def _literal(text: str, form: Form) -> str:
    """The author's own words, as the form wants them; a value never comes through here."""
    if form is Form.SMS:
        return text
    text = typeset(text)
    if form is Form.SPEECH:
        return text.replace("**", "")
    text = text.replace("|", _CELL)
    if form in _MARKED_UP:
        return str(escape(text)).replace("**", _STRONG).replace("\n", _BREAK)
    return text.replace("**", "")


def _laid_out(text: str, form: Form) -> str:
    if form in _MARKED_UP:
        text = re.sub(f"{_STRONG}(.*?){_STRONG}", r"<strong>\1</strong>", text)
        paragraphs = (part.strip(f" {_BREAK}") for part in re.split(f"{_BREAK} *{_BREAK}", text))
        styled = form is Form.HTML
        return "\n".join(_html_part(part, styled=styled) for part in paragraphs if part)
    if form is Form.TEXT:
        text = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()
        return _text_tables(text) if _CELL in text else text
    paragraphs = (re.sub(r"[ \t\n]+", " ", part).strip() for part in re.split(r"\n[ \t]*\n", text))
    if form is Form.SMS:
        return to_gsm(" ".join(part for part in paragraphs if part))
    return "\n\n".join(part for part in paragraphs if part)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip(_CELL).split(_CELL)]


def _html_part(part: str, *, styled: bool) -> str:
    """A paragraph, or a table when each of its lines is a row of cells; its first row is the heading."""
    lines = [line.strip() for line in part.split(_BREAK)] if _CELL in part else []
    if part.startswith("<table ") and part.endswith("</table>"):  # a button alone
        return part
    if not lines or not all(_ROW.fullmatch(line) for line in lines):
        return f"<p>{part.replace(_BREAK, '<br>').replace(_CELL, '|')}</p>"
    look = f' style="{_BORDER};text-align:left"' if styled else ""
    rows = (
        "".join(f"<{tag}{look}>{cell}</{tag}> " for cell in _cells(line))
        for tag, line in zip(("th", *["td"] * len(lines)), lines, strict=False)
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    table = ' style="border-collapse:collapse"' if styled else ""
    return f"<table{table}>\n{body}\n</table>"


def _text_tables(text: str) -> str:
    """Rows of cells in columns."""
    laid_out: list[str] = []
    for is_table, group in groupby(text.split("\n"), key=lambda line: bool(_ROW.fullmatch(line.strip()))):
        if not is_table:
            laid_out += (line.replace(_CELL, "|") for line in group)
            continue
        table = [_cells(line) for line in group]
        widths = [max(map(len, column)) for column in zip_longest(*table, fillvalue="")]
        laid_out += (
            "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
            for row in table
        )
    return "\n".join(laid_out)


def plain(variables: Mapping[str, Any]) -> Plain:
    """Variables known to be plain data, since a subclass of str could say that it is safe HTML.

    Raises TypeError.
    """
    for key, value in variables.items():
        if type(key) is not str:
            raise TypeError(f"a template variable has a name that is not text: {key!r}")
        if type(value) not in _PLAIN_TYPES:
            if not isinstance(value, Mapping):
                raise TypeError(f"a template variable is not plain data: {type(value).__name__}")
            plain(value)
    return Plain(variables)


_PLAIN_TYPES = frozenset({str, int, bool, type(None)})
