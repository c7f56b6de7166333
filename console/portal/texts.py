"""The words of the pages: one file a page in `scripts_fr/portail/`, with the variables of the messages."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from console.base.errors import ContentError
from console.base.french import typeset
from console.base.templates import Form, TemplateRefusedError, plain, render, render_plain, variables_of
from console.base.toml_table import Fault, Table, read_toml, text_line
from console.base.tree import Folder
from console.calls.script_check import Wrong, told_apart, unknown_variable
from console.portal.views import Act

VARIABLES = {
    "page.premiere": "vrai pour le premier texte d’une page, faux pour ce qui est proposé dessous",
    "suite.existe": "vrai si un abonnement suit déjà celui du lien",
    "suite.formule": "sa formule : « Premium », ou vide",
    "suite.debut": "son premier jour : « 01/01/2026 », ou vide",
    "suite.jusqu_au": "son dernier jour : « 31/12/2026 », ou vide",
    "echange.quand": "jour de l’échange à noter : « lundi 22 décembre », ou vide",
}
"""What a page may read besides the variables of the messages."""
NOTICES = ("deja", "terminee", "entretemps", "fini", "inconnu", "indisponible", "trop", "erreur", "refuse")
"""Pages without a button: done already, offer over, nothing done by this press, link ended, unknown, base not
reachable, too many tries, not understood, not possible any more."""
NOTHING: Mapping[str, str | bool] = {"existe": False, "formule": "", "debut": "", "jusqu_au": ""}
FOLLOWING = (
    NOTHING,
    {"existe": True, "formule": "Premium", "debut": "01/01/2026", "jusqu_au": "31/12/2026"},
)
"""No term that follows, and one."""
SAMPLES = tuple(
    {"suite": following, "page": {"premiere": first}, "echange": {"quand": "lundi 22 décembre"}}
    for following, first in product(FOLLOWING, (True, False))
)
"""What a page may read besides, each way round."""
LOST = ("inconnu", "indisponible", "trop", "erreur")
"""Those of a client whom nobody knows: they read `societe` alone."""


@dataclass(frozen=True, slots=True)
class PageSource:
    """The words of a page: before the act, on its button, and once it is done."""

    title: str
    body: str
    button: str = ""
    question: str = ""
    done_title: str = ""
    done_body: str = ""
    written: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The table that it was read from."""


@dataclass(frozen=True, slots=True)
class Words:
    """A title in plain text and a body in HTML."""

    title: str
    body: str


class Pages:
    """The texts of the pages, read once."""

    def __init__(self, root: Folder) -> None:
        self._root = root

    @cached_property
    def reading(self) -> tuple[Mapping[str, PageSource], tuple[Fault, ...]]:
        """Every page, and what is wrong with the files."""
        found: dict[str, PageSource] = {}
        faults: list[Fault] = []
        for name in (*Act, *NOTICES):
            file = self._root / f"{name}.toml"
            place = f"portail/{name}.toml"
            content, fault = read_toml(file)
            if fault:
                faults.append(replace(fault, file=place))
                continue
            table = Table(place, str(name), content, faults)
            asks = name in tuple(Act)
            page = PageSource(
                table.raw("titre"),
                table.raw("texte"),
                table.raw("bouton") if asks else "",
                table.raw("question") if name == Act.RATE else "",
                table.raw("titre_fait") if asks else "",
                table.raw("texte_fait") if asks else "",
                content,
            )
            wanted = (
                page.title,
                page.body,
                *((page.button, page.done_title, page.done_body) if asks else ()),
                *((page.question,) if name == Act.RATE else ()),
            )
            if not all(wanted):
                words = "« titre », « texte », « bouton », « titre_fait » et « texte_fait »"
                few = "« titre » et « texte »"
                table.fault(f"{words if asks else few} sont attendus", lacks=True)
            table.done()
            found[str(name)] = page
        return found, tuple(faults)

    def before(self, name: str, variables: Mapping[str, Any]) -> Words:
        """A page before its act. Raises ContentError naming the file."""
        page = self._page(name)
        return self._words(name, page.title, page.body, variables)

    def after(self, act: Act, variables: Mapping[str, Any]) -> Words:
        """The same once the act is done."""
        page = self._page(act)
        return self._words(act, page.done_title, page.done_body, variables)

    def text(self, act: Act, variables: Mapping[str, Any]) -> str:
        """The body of a page as plain text: what a client accepts is kept as it was shown."""
        return self._render(act, self._page(act).body, variables, Form.TEXT)

    def question(self, act: Act, variables: Mapping[str, Any]) -> str:
        """What a page asks above the ratings; empty for one that asks none."""
        return self._render(act, self._page(act).question, variables, Form.TEXT)

    def button(self, act: Act, variables: Mapping[str, Any]) -> str:
        """What the button of an act says."""
        return self._render(act, self._page(act).button, variables, Form.TEXT)

    def _page(self, name: str) -> PageSource:
        page = self.reading[0].get(name)
        if page is None:
            raise ContentError(f"La page « {name} » n’existe pas (scripts_fr/portail).")
        return page

    def _words(self, name: str, title: str, body: str, variables: Mapping[str, Any]) -> Words:
        return Words(
            self._render(name, title, variables, Form.TEXT), self._render(name, body, variables, Form.PAGE)
        )

    @staticmethod
    def _render(name: str, source: str, variables: Mapping[str, Any], form: Form) -> str:
        try:
            return render_plain(source, plain(variables), form)
        except TemplateRefusedError as error:
            raise ContentError(
                f"La page portail/{name}.toml ne peut pas être écrite\u202f: {error}."
            ) from error


def page_faults(pages: Pages, known: Iterable[str], samples: Iterable[Mapping[str, Any]]) -> Iterator[Fault]:
    """What is wrong with the pages: a file, a name that is not known, a sample that cannot be written."""
    found, faults = pages.reading
    yield from faults
    names = frozenset((*known, *VARIABLES))
    tried = [{**sample, **more} for sample, more in product(samples, SAMPLES)]
    for name, page in found.items():
        read = {"societe"} if name in LOST else {known.partition(".")[0] for known in names}
        allowed = [one for one in names if one.partition(".")[0] in read]
        texts = {
            "titre": page.title,
            "texte": page.body,
            "bouton": page.button,
            "question": page.question,
            "titre_fait": page.done_title,
            "texte_fait": page.done_body,
        }
        for key, text in texts.items():
            if wrong := _wrong(text, allowed, tried):
                line = text_line(page.written, key, wrong.line, wrong.word)
                yield Fault(f"portail/{name}.toml", "", typeset(wrong.reason), line)
                break


def _wrong(text: str, known: Collection[str], samples: Sequence[Mapping[str, Any]]) -> Wrong | None:
    try:
        read = variables_of(text)
        if unknown := unknown_variable(read, known):
            return unknown
        for sample in told_apart(samples, read):
            render(text, sample, Form.PAGE)
    except TemplateRefusedError as error:
        return Wrong(error.reason, error.line, error.word)
    return None
