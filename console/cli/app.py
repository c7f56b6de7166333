"""The commands. Each imports what it needs when it runs, so that the console itself opens at once."""

import gc
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.main import get_command

from console.base.errors import RefusedInputError
from console.cli.prefetch import Prefetch
from console.cli.settings import Configuration, load_settings
from console.cli.usage import FLAGS, GIVEN, FrenchCommand, FrenchGroup, OnBase

Base = Annotated[str, typer.Option("--base", metavar="URL", help="Base de données : fichier ou URL.")]
Date = Annotated[str, typer.Option("--date", metavar="DATE", help="Horloge : 2025-12-22T14:00.")]
Agent = Annotated[str, typer.Option("--agent", metavar="NOM", help="Nom de l’agent.")]
Json = Annotated[bool, typer.Option("--json", help="Résultat en JSON, pour une machine.")]
OfCampaign = Annotated[
    str, typer.Option("--campagne", metavar="CODE", help="Une des campagnes de data/campagnes.toml.")
]
Input = Annotated[Path, typer.Argument(metavar="FICHIER", help="Un fichier.", readable=False)]

app = typer.Typer(
    cls=FrenchGroup,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
command = partial(app.command, cls=FrenchCommand)
on_base = partial(app.command, cls=OnBase)


def run(arguments: Sequence[str], prefetch: Prefetch | None = None) -> int:
    """Run a command line; its exit code. Raises what `console.cli.output.outcome` turns into words.

    prefetch: a process ready to read what the console opens with.
    """
    code = get_command(app).main(list(arguments), prog_name="hotliner", standalone_mode=False, obj=prefetch)
    return int(code or 0)


def _configuration(context: typer.Context, base: str = "", date: str = "", agent: str = "") -> Configuration:
    """The settings, with the options given to the command, else before it."""
    given = {"database_url": base, "date": date, "agent": agent}
    options = {**context.meta.get(GIVEN, {}), **{name: value for name, value in given.items() if value}}
    sure = options.pop("date_sure", "")
    return replace(load_settings(options), date_sure=bool(sure))


@app.callback()
def console(
    context: typer.Context,
    *,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    trial: Annotated[bool, typer.Option("--essai", help=FLAGS["--essai"])] = False,
    sure: Annotated[bool, typer.Option("--date-sure", help=FLAGS["--date-sure"])] = False,
) -> int:
    """Ouvre la console des hotliners ; avec une commande, fait ce qu’elle dit."""
    given = {"database_url": base, "date": date, "agent": agent}
    given |= {"essai": "true" if trial else "", "date_sure": "true" if sure else ""}
    context.meta[GIVEN] = {name: value for name, value in given.items() if value}
    if context.invoked_subcommand:
        if context.invoked_subcommand != "demo":
            gc.enable()
        return 0
    from console.cli.start import open_console

    return open_console(_configuration(context), context.obj)


@command("demo")
def demo(
    context: typer.Context,
    new: Annotated[bool, typer.Option("--neuf", help="Refaire la démonstration.")] = False,
    size: Annotated[
        int, typer.Option("--taille", metavar="N", help="N clients au lieu de 50.", show_default=False)
    ] = 0,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
) -> int:
    """Ouvre la démonstration, le samedi 20/12/2025 à 14:00, dans sa propre base."""
    from console.cli.start import open_demo

    if size < 0:
        raise RefusedInputError("La valeur de « --taille » est refusée ; attendu : un nombre de clients.")
    return open_demo(_configuration(context, base, date, agent), context.obj, remake=new, size=size)


@on_base("importer")
def import_clients(
    context: typer.Context,
    file: Input,
    simulate: Annotated[bool, typer.Option("--simulation", help="Contrôler sans rien écrire.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejets", metavar="FICHIER", help="Nouveau fichier des lignes refusées.", readable=False
        ),
    ] = None,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Importe un fichier de clients (CSV ou classeur)."""
    from console.cli.commands import import_file

    configuration = _configuration(context, base, date, agent)
    return import_file(configuration, file, simulate=simulate, rejects=rejects, as_json=as_json)


@on_base("envoyer")
def send(
    context: typer.Context,
    keep_going: Annotated[bool, typer.Option("--continu", help="Continuer jusqu’à Ctrl+C.")] = False,
    release: Annotated[
        bool, typer.Option("--liberer", help="Laisser partir ce qu’une restauration a retenu.")
    ] = False,
    change_doors: Annotated[
        bool, typer.Option("--porte", help="Envoyer désormais par les serveurs réglés ici (superviseur).")
    ] = False,
    base: Base = "",
    date: Date = "",
    as_json: Json = False,
) -> int:
    """Envoie les messages en attente."""
    from console.cli.sending import send as deliver

    configuration = _configuration(context, base, date)
    return deliver(
        configuration, keep_going=keep_going, release=release, change_doors=change_doors, as_json=as_json
    )


@on_base("rebonds")
def take_mails(
    context: typer.Context,
    place: Annotated[
        Path | None,
        typer.Argument(
            metavar="BOITE", help="Fichier, mbox ou Maildir ; sans lui, celle d’imap_host.", readable=False
        ),
    ] = None,
    base: Base = "",
    date: Date = "",
    as_json: Json = False,
) -> int:
    """Prend en compte les e-mails revenus et les réponses des clients, dans une boîte aux lettres."""
    from console.cli.sending import take_mails as take

    return take(_configuration(context, base, date), place, as_json=as_json)


@on_base("essai-envoi")
def try_sending(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADRESSE", help="Votre adresse, ou votre mobile.")],
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
) -> int:
    """Envoie un vrai message, à vous, et dit ce que le serveur a répondu."""
    from console.cli.sending import try_out

    return try_out(_configuration(context, base, date, agent), address)


@on_base("portail")
def portal(
    context: typer.Context,
    host: Annotated[
        str,
        typer.Option("--hote", metavar="ADRESSE", help="Où écouter\u202f: 127.0.0.1.", show_default=False),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Sur quel port\u202f: 8087.", show_default=False)
    ] = 8087,
    proxies: Annotated[
        str,
        typer.Option("--proxy", metavar="ADRESSES", help="Mandataires crus sur parole.", show_default=False),
    ] = "",
    demo: Annotated[bool, typer.Option("--demo", help="Servir la démonstration, sur cette machine.")] = False,
    base: Base = "",
    date: Date = "",
) -> int:
    """Sert aux clients les pages où mènent les liens des messages, jusqu’à Ctrl+C."""
    from console.cli.portal import serve

    return serve(_configuration(context, base, date), host=host, port=port, proxies=proxies, demo=demo)


@on_base("evenements")
def take_events(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FICHIER", help="Un fichier.", readable=False, show_default=False),
    ] = None,
    *,
    source: Annotated[
        str, typer.Option("--source", metavar="NOM", help="Qui numérote ces événements.", show_default=False)
    ] = "",
    simulate: Annotated[
        bool, typer.Option("--simulation", help="Essayer un envoi d’une source de data/sources.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--mis-de-cote", help="Montrer ce que le portail n’a pas pu prendre.")
    ] = False,
    again: Annotated[bool, typer.Option("--reprendre", help="Reprendre ce qui peut l’être.")] = False,
    close: Annotated[
        str, typer.Option("--clore", metavar="MOT", help="En clore un, en disant pourquoi.")
    ] = "",
    number: Annotated[
        int | None, typer.Option("--numero", metavar="N", help="Lequel reprendre, ou clore.")
    ] = None,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Prend en compte ce qui revient des messages et des paiements (JSON Lines)."""
    from console.cli import set_aside
    from console.cli.sending import take_events as take
    from console.cli.sending import try_source

    configuration = _configuration(context, base, date, agent)
    if close:
        return set_aside.close(configuration, number, close)
    if again:
        return set_aside.take_again(configuration, number, as_json=as_json)
    if listed:
        return set_aside.show(configuration, as_json=as_json)
    if file is None:
        raise RefusedInputError("Il manque FICHIER.", todo="Aide : « hotliner evenements --help ».")
    return (try_source if simulate else take)(configuration, file, source, as_json=as_json)


@on_base("relancer")
def remind(
    context: typer.Context,
    simulate: Annotated[bool, typer.Option("--simulation", help="Dire sans rien écrire.")] = False,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Prépare les relances du jour ; plusieurs fois par jour ne change rien."""
    from console.cli.commands import plan_reminders

    configuration = _configuration(context, base, date, agent)
    return plan_reminders(configuration, simulate=simulate, as_json=as_json)


@on_base("exporter")
def export(
    context: typer.Context,
    what: Annotated[
        Literal["refus", "clients", "indicateurs", "journal", "presences"],
        typer.Argument(metavar="refus|clients|indicateurs|journal|presences", help="Ce qui est exporté."),
    ],
    *,
    form: Annotated[
        Literal["csv", "xlsx", "json"],
        typer.Option("--format", metavar="csv|xlsx|json", help="csv par défaut.", show_default=False),
    ] = "csv",
    output: Annotated[
        str,
        typer.Option(
            "--sortie",
            metavar="FICHIER",
            help="Nouveau fichier, au lieu de la sortie standard.",
            show_default=False,
        ),
    ] = "-",
    since: Annotated[str, typer.Option("--du", metavar="JOUR", help="Premier jour, compris.")] = "",
    until: Annotated[str, typer.Option("--au", metavar="JOUR", help="Dernier jour, compris.")] = "",
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
) -> int:
    """Exporte les refus, les clients, les indicateurs ou le journal."""
    from console.cli.commands import export as write

    return write(_configuration(context, base, date, agent), what, form, output, since, until)


@on_base("indicateurs")
def kpis(
    context: typer.Context,
    since: Annotated[str, typer.Option("--du", metavar="JOUR", help="Première échéance, comprise.")] = "",
    until: Annotated[str, typer.Option("--au", metavar="JOUR", help="Dernière échéance, comprise.")] = "",
    campaign: OfCampaign = "",
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Les indicateurs d’une campagne : valeur, cible, verdict, tendance."""
    from console.cli.commands import show_kpis

    configuration = _configuration(context, base, date, agent)
    return show_kpis(configuration, since, until, campaign, as_json=as_json)


@on_base("rapport")
def report(
    context: typer.Context,
    month: Annotated[
        str, typer.Option("--mois", metavar="AAAA-MM", help="Le mois des échéances.", show_default=False)
    ] = "",
    campaign: OfCampaign = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--sortie", metavar="FICHIER", help="Nouvelle page HTML, au lieu du texte.", readable=False
        ),
    ] = None,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
) -> int:
    """Le rapport du mois, pour la direction : une page HTML, ou du texte."""
    from console.cli.commands import report as write

    if not month:
        raise RefusedInputError("Il manque le mois.", todo="Exemple : « hotliner rapport --mois 2025-12 ».")
    return write(_configuration(context, base, date, agent), month, campaign, output)


@command("script")
def script(
    context: typer.Context,
    graph: Annotated[bool, typer.Option("--graphe", help="En graphe Mermaid.")] = False,
) -> int:
    """Montre les étapes du script d’appel."""
    from console.cli.commands import show_script

    return show_script(_configuration(context), graph=graph)


@on_base("sceller")
def seal(
    context: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="FICHIER",
            help="Aussi dans un nouveau fichier.",
            show_default=False,
            readable=False,
        ),
    ] = None,
    base: Base = "",
    date: Date = "",
    as_json: Json = False,
) -> int:
    """Scelle ce qui s’est passé jusqu’ici ; donne une empreinte à garder ailleurs."""
    from console.cli.seals import seal as write

    return write(_configuration(context, base, date), output, as_json=as_json)


_CONTENT_NEEDS = {"sortir": 1, "verifier": 1, "publier": 1, "versions": 0, "comparer": 2, "revenir": 1}


@on_base("contenu")
def content(
    context: typer.Context,
    act: Annotated[
        Literal["sortir", "verifier", "publier", "versions", "comparer", "revenir"],
        typer.Argument(metavar="sortir|verifier|publier|versions|comparer|revenir", help="Ce qui est fait."),
    ],
    first: Annotated[
        str, typer.Argument(metavar="DOSSIER|VERSION", help="Un dossier ou un numéro.", show_default=False)
    ] = "",
    second: Annotated[
        str,
        typer.Argument(metavar="DOSSIER|VERSION", help="À quoi comparer le premier.", show_default=False),
    ] = "",
    *,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Le contenu (script, messages, données) : le sortir, le modifier, le publier, y revenir."""
    from console.cli import contents

    configuration = _configuration(context, base, date, agent)
    given = [one for one in (first, second) if one]
    wanted = _CONTENT_NEEDS[act]
    if len(given) != wanted:
        raise RefusedInputError(
            f"« contenu {act} » attend {('aucune valeur', 'une valeur', 'deux valeurs')[wanted]}.",
            todo="Aide : « hotliner contenu --help ».",
        )
    match act:
        case "sortir":
            return contents.take_out(configuration, Path(first))
        case "verifier":
            return contents.check(Path(first))
        case "publier":
            return contents.publish(configuration, Path(first))
        case "comparer":
            return contents.compare(configuration, first, second)
        case "revenir":
            return contents.put_back(configuration, first)
    return contents.show(configuration, as_json=as_json)


@on_base("apercu")
def preview(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NOM|tout", help="Un message, une étape, ou tout.", show_default=False)
    ],
    *,
    client: Annotated[
        str, typer.Option("--client", metavar="CLT-…", help="Pour ce client.", show_default=False)
    ] = "",
    every: Annotated[bool, typer.Option("--profils", help="Pour chaque sorte de client.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--dossier", metavar="DOSSIER", help="D’un dossier pas encore publié.", readable=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--sortie", metavar="FICHIER", help="Nouvelle page HTML, au lieu du texte.", readable=False
        ),
    ] = None,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
) -> int:
    """Montre messages et étapes tels qu’ils seront lus, avant de les publier."""
    from console.cli import contents

    configuration = _configuration(context, base, date, agent)
    return contents.preview(configuration, name, client=client, every=every, folder=folder, target=output)


@command("droits")
def rights(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Le rôle PostgreSQL des consoles.")],
) -> int:
    """Écrit le SQL par lequel un rôle PostgreSQL ajoute aux faits sans pouvoir les changer."""
    from console.cli import output
    from console.ledger.rights import statements

    output.result(*statements(role))
    return 0


@command("verifier")
def verify(
    context: typer.Context,
    given: Annotated[
        str,
        typer.Option(
            "--sceau",
            metavar="FICHIER|EMPREINTE",
            help="La base continue-t-elle ce sceau ?",
            show_default=False,
        ),
    ] = "",
    repair: Annotated[
        bool, typer.Option("--reparer", help="Refaire ce qui se déduit des faits, après une copie.")
    ] = False,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Vérifie script, messages, données et base ; dit chaque défaut et sa place."""
    from console.cli.commands import verify as check

    return check(_configuration(context, base, date, agent), given, repair=repair, as_json=as_json)


@on_base("rgpd")
def privacy(
    context: typer.Context,
    act: Annotated[
        Literal["exporter", "effacer", "purger"],
        typer.Argument(metavar="exporter|effacer|purger", help="Ce qui est fait."),
    ],
    code: Annotated[
        str, typer.Argument(metavar="CLT-…", help="Le code du client, sauf pour purger.", show_default=False)
    ] = "",
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--sortie", metavar="FICHIER", help="Deux nouveaux fichiers, .json et .txt.", readable=False
        ),
    ] = None,
    sure: Annotated[bool, typer.Option("--oui", help="Effacer ou purger sans demander.")] = False,
    simulate: Annotated[bool, typer.Option("--simulation", help="Dire ce qui serait purgé.")] = False,
    base: Base = "",
    date: Date = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Donne, ou efface, ce qui est gardé sur une personne ; purge ce qui est trop vieux."""
    from console.cli import rgpd

    configuration = _configuration(context, base, date, agent)
    if act == "purger":
        return rgpd.purge(configuration, simulate=simulate, sure=sure, as_json=as_json)
    if not code:
        raise RefusedInputError("Il manque CLT-…", todo="Aide : « hotliner rgpd --help ».")
    if act == "exporter":
        return rgpd.export(configuration, code, output, as_json=as_json)
    return rgpd.erase(configuration, code, sure=sure)


@on_base("utilisateur")
def users(
    context: typer.Context,
    act: Annotated[
        Literal["ajouter", "lister", "mot-de-passe", "desactiver"],
        typer.Argument(metavar="ajouter|lister|mot-de-passe|desactiver", help="Ce qui est fait."),
    ],
    name: Annotated[
        str, typer.Argument(metavar="NOM", help="Le nom de l’agent, sauf pour lister.", show_default=False)
    ] = "",
    *,
    role: Annotated[
        Literal["hotliner", "superviseur", "administrateur"],
        typer.Option(
            "--role",
            metavar="hotliner|superviseur|administrateur",
            help="Le rôle d’un ajouté, hotliner par défaut.",
            show_default=False,
        ),
    ] = "hotliner",
    rescue: Annotated[
        bool,
        typer.Option("--secours", help="Qui possède la base rend l’accès à un administrateur."),
    ] = False,
    base: Base = "",
    agent: Agent = "",
    as_json: Json = False,
) -> int:
    """Les comptes : dès le premier, chacun se connecte avec son mot de passe."""
    from console.cli import accounts

    configuration = _configuration(context, base, agent=agent)
    if act == "lister":
        return accounts.show(configuration, as_json=as_json)
    if not name:
        raise RefusedInputError("Il manque NOM.", todo="Aide : « hotliner utilisateur --help ».")
    if act == "ajouter":
        return accounts.add(configuration, name, role)
    if act == "mot-de-passe" and rescue:
        return accounts.rescue(configuration, name)
    if act == "mot-de-passe":
        return accounts.change_password(configuration, name)
    return accounts.deactivate(configuration, name)


@command("diagnostic")
def diagnose(context: typer.Context, base: Base = "", date: Date = "", as_json: Json = False) -> int:
    """Contrôle l’installation : base, droits, contenu, e-mail, SMS, portail, tâches, horloge, disque."""
    from console.cli.diagnostic import diagnose as look

    return look(_configuration(context, base, date), as_json=as_json)


@command("config")
def config(
    context: typer.Context, base: Base = "", date: Date = "", agent: Agent = "", as_json: Json = False
) -> int:
    """Montre les réglages en vigueur et d’où vient chacun."""
    from console.cli.commands import show_settings

    return show_settings(_configuration(context, base, date, agent), as_json=as_json)


@on_base("sauvegarder")
def back_up(
    context: typer.Context,
    file: Input,
    kept: Annotated[
        int,
        typer.Option(
            "--garder", metavar="N", min=0, help="Dans un dossier, garde les N dernières.", show_default=False
        ),
    ] = 0,
    secrets: Annotated[
        bool, typer.Option("--mots-de-passe", help="Emporter aussi les mots de passe des réglages.")
    ] = False,
    base: Base = "",
    agent: Agent = "",
) -> int:
    """Copie la base et les réglages dans un nouveau fichier ; dans un dossier, la date fait le nom."""
    from console.cli.commands import back_up as copy

    return copy(_configuration(context, base, agent=agent), file, kept, secrets=secrets)


@on_base("migrer")
def migrate(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dossier", metavar="DOSSIER", help="Où garder la base d’avant ; sans lui, avec vos données."
        ),
    ] = None,
    base: Base = "",
) -> int:
    """Met à jour la base d’une équipe, après une sauvegarde ; sous le rôle à qui elle est."""
    from console.cli.commands import migrate as bring_up_to_date

    return bring_up_to_date(_configuration(context, base), folder)


@on_base("transferer")
def transfer(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="La base d’où tout part.")],
    target: Annotated[str, typer.Argument(metavar="CIBLE", help="Une base vide, ou un nouveau fichier.")],
    date: Date = "",
    agent: Agent = "",
) -> int:
    """Porte toute une base dans une autre, de SQLite à PostgreSQL ou l’inverse ; interrompue, se reprend."""
    from console.cli.commands import transfer as move

    return move(_configuration(context, source, date, agent), target)


@on_base("restaurer")
def restore(context: typer.Context, file: Input, base: Base = "", agent: Agent = "") -> int:
    """Remet une sauvegarde en place ; l’ancienne base est gardée."""
    from console.cli.commands import restore as put_back

    return put_back(_configuration(context, base, agent=agent), file)
