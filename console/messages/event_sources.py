"""Reads `data/sources/`, one file a service that tells events over HTTP."""

import re
from dataclasses import replace

from console.base.errors import ContentError
from console.base.toml_table import Fault, Table, read_toml, toml_files
from console.base.tree import Folder
from console.messages.events_file import FeedbackKind, read_source
from console.rules.event_sources import Authentication, EventSource

FIELDS = (
    "id", "type", "quand", "message", "adresse", "telephone", "client", "montant", "lien", "offre",
)  # fmt: skip
_KINDS = frozenset(kind.value for kind in FeedbackKind)


def read_event_source(root: Folder, name: str) -> EventSource | None:
    """The service of that name; None without its file. Raises ContentError where the file is faulty."""
    file = root / "data" / "sources" / f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) or not file.is_file():
        return None
    faults: list[Fault] = []
    source = _read(file, faults)
    if source is None or faults:
        raise ContentError("\n".join(map(str, faults)), todo="« hotliner verifier » les donne tous.")
    return source


def read_sources(root: Folder) -> tuple[dict[str, EventSource], list[Fault]]:
    """The services by name, and what is wrong with the files."""
    faults: list[Fault] = []
    found = (_read(file, faults) for file in toml_files(root / "data" / "sources"))
    return {source.name: source for source in found if source}, faults


def _read(file: Folder, faults: list[Fault]) -> EventSource | None:
    content, fault = read_toml(file)
    place = f"sources/{file.name}"
    if fault:
        faults.append(replace(fault, file=place))
        return None
    table = Table(place, "", content, faults)
    source = _source(file.stem, table)
    table.done()
    return source


def _source(name: str, table: Table) -> EventSource:
    try:
        name = read_source(name)
    except ValueError:
        table.fault("le nom du fichier est fait de minuscules, chiffres, « - », « . » et « _ »")
    proof = table.word("preuve", {one.value: one for one in Authentication}) or Authentication.WEBHOOK
    header, encoding = table.text("entete"), table.text("codage") or "hex"
    form = table.word("forme", {"json": False, "formulaire": True}) or False
    if proof is not Authentication.WEBHOOK and not header:
        table.fault("« entete » manque")
    if encoding not in ("hex", "base64"):
        table.fault("« codage » est « hex » ou « base64 »")
    listed = table.text("liste")
    paths: dict[str, tuple[str, ...]] = {}
    for key, path in (table.table("champs") or {}).items():
        several = path if isinstance(path, list) else [path]
        if key not in FIELDS or not all(isinstance(one, str) and one for one in several):
            table.fault(f"« champs.{key} » n’est pas connu, ou n’est pas un chemin")
            continue
        paths[key] = tuple(several)
    for key in ("id", "type"):
        if key not in paths:
            table.fault(f"« champs.{key} » manque")
    if not {"message", "adresse", "telephone", "client"} & paths.keys():
        table.fault("rien ne dit de quel client il s’agit (message, adresse, telephone ou client)")
    types: dict[str, str] = {}
    for word, ours in (table.table("types") or {}).items():
        kind = ours.partition(":")[0] if isinstance(ours, str) else "?"
        if kind and kind not in _KINDS:
            table.fault(f"« types.{word} » : « {ours} » n’est pas un de nos types")
            continue
        types[word] = ours
    return EventSource(name, proof, header, encoding, form, listed, paths, types)
