"""Reads the business data that a supervisor edits (data/*.toml) into the values the rules work with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from string import Formatter
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.base.errors import ContentError
from console.base.french import THIN, WEEKDAYS, day, euros, percent
from console.base.money import Cents, percent_saved
from console.base.text import fold
from console.base.toml_table import Fault, Table, read_toml
from console.base.tree import Folder
from console.base.vocabulary import Billing, Channel, Plan
from console.rules.bounces import Bounces, bounce_word
from console.rules.campaigns import Campaigns, NamedCampaign
from console.rules.client_columns import COLUMNS, plain_title
from console.rules.commitments import CommitmentKind, CommitmentKinds
from console.rules.hours import FieldRules, Holidays, Schedule, Span
from console.rules.offers import Bracket, Catalogue, Company, Discount, Offer, PhoneOffer
from console.rules.pace import Pace
from console.rules.reasons import DOORS, Reason, Reasons
from console.rules.rules import OF_OPENINGS, PriorityRules, Rule, RuleCode, ScoreWeights
from console.rules.signals import Signal, SignalWords
from console.rules.timeline import Calls, FollowUps, Monthly, Profile, ReminderStep, StepOffer, Timeline

PLANS = {"Premium": Plan.PREMIUM, "Basic": Plan.BASIC}
BILLINGS = {"annuel": Billing.ANNUAL, "mensuel": Billing.MONTHLY}
CHANNELS = {"e-mail": Channel.EMAIL, "sms": Channel.SMS}
CALLS = {
    "personne": Calls.NOBODY,
    "vip-sans-reaction": Calls.SILENT_VIP,
    "vip": Calls.VIP,
    "sans-reaction": Calls.SILENT,
}
PROFILES = {"vip": Profile.VIP, "hesitant": Profile.WAVERING, "tous": Profile.ALL}
TERRITORIES = frozenset({"971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "PM", "WF"})
"""Codes of the overseas territories whose public holidays are known."""

DAYS = {name: number for number, name in enumerate(WEEKDAYS)}
CODES = {code.value: code for code in RuleCode}

PLACEHOLDERS = frozenset(
    {
        *("rappel", "ouvert", "envoye", "reaction", "message", "echeance"),
        *("etape", "date", "etape_en_cours", "depuis", "signal"),
    }
)
WORDS: dict[str, frozenset[str]] = {
    "repli": frozenset({"canal", "causes"}),
    "nouvel_essai": frozenset({"essai", "creneau"}),
    "message_envoye": PLACEHOLDERS,
    "rappel_trop_tard": PLACEHOLDERS,
    "aucun_canal": PLACEHOLDERS | {"causes"},
    "plus_d_etape": PLACEHOLDERS,
    "sans_relance": PLACEHOLDERS,
    "renouvelle_seul": PLACEHOLDERS,
    "pause_appel": PLACEHOLDERS,
    "pause_attente": PLACEHOLDERS,
    "pause_rappel_trop_tard": PLACEHOLDERS,
    "pause_echeance": frozenset(),
} | dict.fromkeys(
    (
        *(f"par_{channel}" for channel in Channel),
        *(f"{why}_{channel}" for why in ("opposed", "no_address") for channel in Channel),
        *(f"signal_{what}" for what in ("prix", "plainte", "les_deux")),
        "refusal",
        "frequency",
        "echeance",
        *(f"points_{part}" for part in ("vip", "risque", "echeance", "valeur")),
    ),
    frozenset(),
)
LEGAL_ATTEMPTS, LEGAL_ATTEMPT_DAYS, LEGAL_REFUSAL_DAYS = 4, 30, 60
LEGAL_CONSENT_FROM = date(2026, 8, 11)
LEGAL_SMS = Span(time(8), time(20))


@dataclass(frozen=True, slots=True)
class Data:
    """The business data in force."""

    catalogue: Catalogue
    timeline: Timeline
    priorities: PriorityRules
    field: FieldRules
    pace: Pace
    reasons: Reasons
    bounces: Bounces
    signals: Mapping[Signal, SignalWords]
    commitments: CommitmentKinds
    campaigns: Campaigns
    titles: Mapping[str, str]  # of columns in other programs' files, as `plain_title` makes them: our column


def load_data(root: Folder) -> Data:
    """The data under `root`/data. Raises ContentError naming every fault: file, key, reason."""
    data, faults = read_data(root)
    if faults:
        raise ContentError(
            "\n".join(str(fault) for fault in faults),
            todo="Corrigez ces fichiers de données, puis recommencez.",
        )
    return data


def read_data(root: Folder) -> tuple[Data, list[Fault]]:
    """The data and all that is wrong with it; where there are faults the data is not to be used."""
    faults: list[Fault] = []
    catalogue = _catalogue(read_section(root, "catalogue.toml", faults))
    campaigns = _campaigns(root, faults)
    timeline = _timeline(read_section(root, "relances.toml", faults), catalogue, campaigns)
    data = Data(
        catalogue,
        timeline,
        _priorities(read_section(root, "priorites.toml", faults), catalogue, timeline),
        _field(read_section(root, "terrain.toml", faults)),
        _pace(read_section(root, "rythme.toml", faults)),
        _reasons(read_section(root, "motifs.toml", faults)),
        _bounces(read_section(root, "rebonds.toml", faults)),
        _signals(read_section(root, "signaux.toml", faults)),
        _commitments(read_section(root, "engagements.toml", faults), catalogue),
        campaigns,
        _titles(read_section(root, "colonnes.toml", faults)),
    )
    return data, faults


def read_section(root: Folder, name: str, faults: list[Fault]) -> "Section":
    """A whole data file as a section; what is wrong with it goes to `faults`."""
    content, fault = read_toml(root / "data" / name)
    if fault:
        faults.append(fault)
        return Section(name, "", {}, [])
    return Section(name, "", content, faults)


def warnings(data: Data) -> tuple[str, ...]:
    """What is coherent but surprising; the catalogue's owner decides."""
    catalogue = data.catalogue
    found = []
    basic = catalogue.yearly_value(Plan.BASIC, Billing.MONTHLY)
    premium = catalogue.yearly_value(Plan.PREMIUM, Billing.ANNUAL)
    if basic > premium:
        found.append(
            f"catalogue.toml, tarifs{THIN}: douze mois de Basic ({euros(basic)}) coûtent plus cher "
            f"qu’un an de Premium ({euros(premium)})."
        )
    for bracket in catalogue.brackets:
        offer = catalogue.offers[bracket.offer]
        normal = catalogue.tariff(Plan.PREMIUM, offer.billing or Billing.ANNUAL)
        saved = percent_saved(normal, offer.price_cents or normal) or offer.percent
        if not bracket.low <= saved <= bracket.high:
            found.append(
                f"catalogue.toml, formation{THIN}: la formation annonce {percent(bracket.low)} à "
                f"{percent(bracket.high)} pour l’offre {bracket.offer}, le catalogue donne {percent(saved)}."
            )
    return tuple(found)


class Section(Table):
    """A table of a data file: values with a shape, each fault noted and replaced by a harmless value."""

    __slots__ = ()

    def needed(self, key: str) -> str:
        value = self.text(key)
        if not value:
            self.fault(f"« {key} » manque")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.number(key)
        if value is None:
            if default is None:
                self.fault(f"« {key} » manque")
            return low if default is None else default
        if not low <= value <= high:
            self.fault(f"« {key} = {value} » doit être entre {low} et {high}")
        return value

    def decimal(self, key: str, default: Decimal | None = None) -> Decimal:
        if default is not None and key not in self.rest:
            return default
        if type(bare := self.rest.get(key)) in (int, float):
            shown = str(bare).replace(".", ",")
            self.fault(f'« {key} » s’écrit avec une virgule, entre guillemets : "{shown}"')
            del self.rest[key]
            return Decimal(0)
        typed = self.needed(key)
        try:
            value = Decimal(typed.replace(",", "."))
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0:
            if typed:
                self.fault(f'« {key} = {typed} » n\'est pas un nombre, comme "36,99"')
            return Decimal(0)
        return value

    def money(self, key: str, default: Decimal | None = None) -> Cents:
        cents = self.decimal(key, default) * 100
        if cents != int(cents):
            self.fault(f"« {key} » ne peut pas avoir plus de deux décimales")
        return int(cents)

    def day(self, key: str) -> date:
        value = self._take(key, date, "une date, comme 2026-08-11")
        if value is None:
            self.fault(f"« {key} » manque")
        return value or date.min

    def one(self, key: str) -> "Section":
        table = self.table(key)
        if table is None:
            self.fault(f"« [{key}] » manque")
            return Section(self.file, key, {}, [])
        return Section(self.file, key, table, self.faults)

    def many(self, key: str, *, name: str = "code", needed: bool = True) -> "list[Section]":
        tables = self._take(key, list, "une liste de tables") or []
        if not tables and needed:
            self.fault(f"« [[{key}]] » manque")
        found = []
        for number, table in enumerate(tables, 1):
            if not isinstance(table, dict):
                self.fault(f"« {key} » doit être une liste de tables")
                continue
            own = table.get(name, number)
            place = f"{self.step}, {key} {own}" if self.step else f"{key} {own}"
            found.append(Section(self.file, place, table, self.faults))
        return found

    def clock(self, key: str) -> time:
        text = self.needed(key)
        try:
            return time.fromisoformat(text.strip())
        except ValueError:
            self.fault(f"« {key} = {text} » n’est pas une heure, comme 10:00")
            return time()

    def spans(self, key: str) -> tuple[Span, ...]:
        found: list[Span] = []
        for text in self.texts(key):
            span = self._span(text, key)
            if span is None:
                return (Span(time(8), time(20)),)
            if span.start >= span.end or (found and span.start < found[-1].end):
                self.fault(f"« {key} = {text} » : les plages doivent se suivre, chacune du début à la fin")
            found.append(span)
        if not found:
            self.fault(f"« {key} » manque")
        return tuple(found)

    def _span(self, text: str, key: str) -> Span | None:
        start, _, end = text.partition("-")
        try:
            return Span(time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
        except ValueError:
            self.fault(f"« {key} = {text} » n’est pas deux heures, comme 10:00-13:00")
            return None

    def days(self, key: str) -> frozenset[date]:
        values = self._take(key, list, "une liste de dates") or []
        if not all(type(value) is date for value in values):
            self.fault(f"« {key} » doit être une liste de dates, comme 2025-12-24")
            return frozenset()
        return frozenset(values)

    def reference(self) -> str:
        """The legal text and since when it applies."""
        return f"{self.needed('reference')} (en vigueur depuis le {day(self.day('en_vigueur'))})"

    def template(self, key: str, known: frozenset[str]) -> str:
        """A sentence with {holes}, each of them known."""
        text = self.needed(key)
        try:
            holes = {name for _, name, spec, _ in Formatter().parse(text) if name is not None}
        except ValueError:
            self.fault(f"« {key} » : accolade mal fermée")
            return ""
        for hole in sorted(holes - known):
            allowed = ", ".join(sorted(known)) or "aucun"
            self.fault(f"« {key} » : mot « {{{hole}}} » inconnu (au choix : {allowed})")
        return text


def _catalogue(section: Section) -> Catalogue:
    company, workshop = section.one("societe"), section.one("atelier")
    phone, discount = section.one("offre_telephone"), section.one("remise_temporaire")
    vip, gesture, pause = section.one("vip"), section.one("geste"), section.one("pause")
    lower, invoices = section.one("passage_inferieur"), section.one("factures")
    tariffs: dict[tuple[Plan, Billing], Cents] = {}
    for row in section.many("tarifs", name="formule"):
        plan, billing = row.word("formule", PLANS), row.word("periodicite", BILLINGS)
        price = row.money("prix")
        if plan is None or billing is None:
            row.fault("« formule » et « periodicite » sont nécessaires")
        elif (plan, billing) in tariffs:
            row.fault("ce tarif est donné deux fois")
        else:
            tariffs[plan, billing] = price
        row.done()
    for label, plan in PLANS.items():
        if (plan, Billing.MONTHLY) not in tariffs:
            section.fault(f"le tarif {label} mensuel manque")
            tariffs[plan, Billing.MONTHLY] = 0
    offers: dict[str, Offer] = {}
    for row in section.many("offres"):
        offer = _offer(row)
        if offer.code in offers:
            row.fault("ce code d'offre est donné deux fois")
        offers[offer.code] = offer
    brackets = []
    for row in section.many("formation", name="offre", needed=False):
        bracket = Bracket(row.needed("offre"), row.decimal("minimum"), row.decimal("maximum"))
        _must_exist(row, bracket.offer, offers)
        brackets.append(bracket)
        row.done()
    catalogue = Catalogue(
        company=Company(
            name=company.needed("nom"),
            site=company.needed("site"),
            signature=company.needed("signature"),
            support_email=company.needed("email_support"),
            feedback_email=company.needed("email_avis"),
            hotline=company.needed("telephone"),
            chat=company.needed("chat"),
            survey_url=company.needed("enquete"),
            short_link_base=company.needed("lien_court"),
            renew_menu=company.needed("menu_renouveler"),
            reactivate_menu=company.needed("menu_reactiver"),
        ),
        tariffs=tariffs,
        offers=offers,
        phone=PhoneOffer(
            phone.needed("offre"), phone.whole("a_partir_de", -60, 0), phone.whole("jours", 0, 60)
        ),
        discount=Discount(
            discount.word("formule", PLANS) or Plan.PREMIUM,
            discount.whole("mois", 1, 12),
            discount.money("prix"),
        ),
        downgrade_plan=lower.word("formule", PLANS) or Plan.BASIC,
        pause_months=pause.whole("mois", 1, 12),
        workshop_titles=workshop.texts("titres"),
        workshop_value_cents=workshop.money("valeur"),
        workshop_cost_cents=workshop.money("cout"),
        gesture_ceiling_cents=gesture.money("plafond"),
        vip_months=vip.whole("mois", 1, 600),
        invoice_years=invoices.whole("conservation_annees", 1, 100),
        brackets=tuple(brackets),
    )
    _must_exist(phone, catalogue.phone.offer, offers)
    for part in (company, workshop, phone, discount, vip, gesture, pause, lower, invoices, section):
        part.done()
    return catalogue


def _offer(row: Section) -> Offer:
    offer = Offer(
        code=row.needed("code"),
        label=row.needed("titre"),
        plans=frozenset(row.words("formules", PLANS)),
        billing=row.word("periodicite", BILLINGS),
        price_cents=row.money("prix") if "prix" in row.rest else None,
        percent=row.decimal("remise", Decimal(0)),
        workshops=row.whole("ateliers", 0, 20, 0),
        credit_cents=row.money("avoir", Decimal(0)),
        paid_months=row.whole("mois_payes", 1, 24, 0),
        free_months=row.whole("mois_offerts", 1, 24, 0),
        alternative=row.text("au_choix"),
    )
    if not re.fullmatch(r"[A-Za-z0-9-]*", offer.code):
        row.fault("« code » : des lettres sans accent, des chiffres et « - », car les liens le portent")
    if not offer.plans:
        row.fault("« formules » manque")
    if (offer.price_cents is None) != (offer.billing is None):
        row.fault("« prix » et « periodicite » vont ensemble")
    if offer.percent > 100 or (offer.percent and offer.price_cents is not None):
        row.fault("« remise » est un pourcentage de 0 à 100, et ne va pas avec « prix »")
    if (offer.paid_months == 0) != (offer.free_months == 0):
        row.fault("« mois_payes » et « mois_offerts » vont ensemble")
    row.done()
    return offer


def _must_exist(section: Section, code: str, offers: dict[str, Offer] | Catalogue) -> None:
    known = offers.offers if isinstance(offers, Catalogue) else offers
    if code and known and code not in known:
        section.fault(f"« offre = {code} » n'est pas au catalogue")


def _steps(section: Section, key: str, catalogue: Catalogue) -> list[ReminderStep]:
    """The steps under a key, in the order of their dates."""
    steps: list[ReminderStep] = []
    for row in section.many(key):
        offers = []
        for made in row.many("offres", name="profil", needed=False):
            offer = made.needed("offre")
            _must_exist(made, offer, catalogue)
            profile = made.word("profil", PROFILES)
            if profile is None:
                made.fault("« profil » manque")
            offers.append(StepOffer(profile or Profile.ALL, offer, made.whole("jusqu_au", -60, 90)))
            made.done()
        calls = row.word("appels", CALLS)
        if calls is None:
            row.fault("« appels » manque")
        step = ReminderStep(
            code=row.needed("code"),
            offset=row.whole("decalage", -60, 90),
            title=row.needed("titre"),
            channels=row.words("canaux", CHANNELS),
            calls=calls or Calls.NOBODY,
            offers=tuple(offers),
            canvasses=row.flag("prospection", default=True),
            leaves_time=row.flag("laisse_du_temps"),
            lower_plan=row.text("apres_passage"),
            after_link=row.text("apres_lien"),
            urgent=row.flag("important"),
        )
        if any(step.code == other.code for other in steps):
            row.fault("ce code d'étape est donné deux fois")
        elif steps and row.sound and step.offset <= steps[-1].offset:
            row.fault("les étapes doivent se suivre dans l'ordre de leurs dates")
        row.done()
        steps.append(step)
    return steps


def _campaigns(root: Folder, faults: list[Fault]) -> Campaigns:
    """The named campaigns; content from before them has none."""
    if not (root / "data" / "campagnes.toml").is_file():
        return ()
    section = read_section(root, "campagnes.toml", faults)
    found: list[NamedCampaign] = []
    for row in section.many("campagnes", needed=False):
        one = NamedCampaign(
            code=row.needed("code"),
            name=row.needed("nom"),
            plans=frozenset(row.words("formules", PLANS)),
            departments=frozenset(row.texts("departements")),
            teams=frozenset(team.lower() for team in row.texts("equipes")),
        )
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", one.code or "a"):
            row.fault("« code » : des minuscules sans accent, des chiffres et des tirets")
        if any(one.code == other.code for other in found):
            row.fault("cette campagne est donnée deux fois")
        row.done()
        found.append(one)
    section.done()
    return tuple(found)


def _timeline(section: Section, catalogue: Catalogue, campaigns: Campaigns) -> Timeline:
    steps = _steps(section, "etapes", catalogue)
    resting = _steps(section, "pauses", catalogue)
    for step in resting:
        if any(step.code == other.code for other in steps):
            section.fault(f"« {step.code} » est une étape de l’échéance et un rappel de pause")
        if step.offset > 0 or step.offers:
            section.fault(f"« {step.code} » : un rappel de pause vient avant sa fin, et ne fait pas d’offre")
    if resting and all(step.calls is Calls.NOBODY for step in resting):
        section.fault("« [[pauses]] » : un des rappels doit faire appeler (« appels »)")
    own = section.one("mensuel")
    monthly = Monthly(tuple(_steps(own, "etapes", catalogue)), own.whole("seul", 1, 24))
    own.done()
    theirs = _of_campaigns(section, catalogue, campaigns)
    other = section.one("suites")
    follow_ups = FollowUps(
        transition=other.whole("transition", 0, 30),
        acceptance_hours=other.whole("acceptation_heures", 1, 240),
        link_hours=other.whole("lien_heures", 1, 240),
        days=other.whole("jours", 1, 90),
    )
    other.done()
    section.done()
    return Timeline(tuple(steps), follow_ups, Timeline(tuple(resting)), monthly, theirs)


def _of_campaigns(
    section: Section, catalogue: Catalogue, campaigns: Campaigns
) -> dict[str, tuple[ReminderStep, ...]]:
    """The steps of the campaigns that have their own."""
    if "campagnes" not in section.rest:
        return {}
    table, found = section.one("campagnes"), {}
    for one in campaigns:
        if one.code in table.rest:
            row = table.one(one.code)
            found[one.code] = tuple(_steps(row, "etapes", catalogue))
            row.done()
    table.done()
    return found


def _priorities(section: Section, catalogue: Catalogue, timeline: Timeline) -> PriorityRules:
    rules: list[Rule] = []
    for row in section.many("regles"):
        code = row.word("code", CODES)
        rule = Rule(
            code=code or RuleCode.OTHERWISE,
            reason=row.template("raison", PLACEHOLDERS),
            at_risk=row.flag("a_risque"),
            risk_days=row.whole("a_risque_jours", 0, 365) if "a_risque_jours" in row.rest else None,
            days=row.whole("jours", 0, 365, 0),
            stops=row.flag("arrete"),
            unmeasured=row.template("raison_sans_mesure", PLACEHOLDERS) if code in OF_OPENINGS else "",
            unmeasured_risk=row.flag("a_risque_sans_mesure") if code in OF_OPENINGS else False,
            unreached=row.template("raison_sans_relance", PLACEHOLDERS)
            if code in OF_OPENINGS and "raison_sans_relance" in row.rest
            else "",
        )
        if any(rule.code is other.code for other in rules):
            row.fault("cette règle est donnée deux fois")
        row.done()
        rules.append(rule)
    given = {rule.code for rule in rules}
    for known in RuleCode:
        if rules and known not in given:
            section.fault(f"la règle « {known} » manque")
    if rules and rules[-1].code is not RuleCode.OTHERWISE:
        section.fault(f"la règle « {RuleCode.OTHERWISE} » convient toujours : elle doit être la dernière")
    score, words = section.one("score"), section.one("mots")
    bands = []
    for row in score.many("echeances", name="jours"):
        bands.append((row.whole("jours", 0, 365), row.whole("points", 0, 1000)))
        row.done()
    if bands != sorted(bands, key=lambda band: band[0]):
        score.fault("« echeances » : le plus petit nombre de jours d'abord")
    found = PriorityRules(
        rules=tuple(rules),
        week_days=section.whole("semaine_jours", 1, 31),
        call_step=section.needed("etape_appel"),
        talk_step=section.needed("etape_conversation"),
        vip_months=catalogue.vip_months,
        score=ScoreWeights(
            vip=score.whole("vip", 0, 1000),
            at_risk=score.whole("a_risque", 0, 1000),
            bands=tuple(bands),
            cents_per_point=100 * score.whole("valeur_euros_par_point", 1, 100_000),
            value_max=score.whole("valeur_maximum", 0, 1000),
        ),
        words={key: words.template(key, holes) for key, holes in WORDS.items()},
    )
    for key, named in (("etape_appel", found.call_step), ("etape_conversation", found.talk_step)):
        if named and timeline.steps and named not in {step.code for step in timeline.reminders}:
            section.fault(f"« {key} = {named} » n'est pas une étape d'avant l'échéance")
    for campaign in timeline.campaigns:
        own = timeline.of(monthly=False, campaign=campaign)
        missing = {found.call_step, found.talk_step} - {step.code for step in own.reminders}
        if own.calls_anybody and missing:
            section.fault(
                f"relances.toml, campagne « {campaign} » : il y manque {', '.join(sorted(missing))}"
            )
    for part in (score, words, section):
        part.done()
    return found


def _field(section: Section) -> FieldRules:
    calls, sms, asked = section.one("appels"), section.one("sms"), section.one("appel_demande")
    frequency, refusal = section.one("frequence"), section.one("refus")
    consent, opposition = section.one("consentement"), section.one("opposition")
    legal, house = calls.spans("plages_legales"), calls.spans("plages_maison")
    open_spans = tuple(
        Span(max(one.start, other.start), min(one.end, other.end))
        for one in legal
        for other in house
        if max(one.start, other.start) < min(one.end, other.end)
    )
    if not open_spans:
        calls.fault("« plages_maison » ne laisse aucune heure légale")
    weekdays = frozenset(calls.words("jours", DAYS))
    if not weekdays or not weekdays <= frozenset(range(5)):
        calls.fault("« jours » : du lundi au vendredi, au moins un")
    sms_days, sms_spans = frozenset(sms.words("jours", DAYS)), sms.spans("plages")
    if not sms_days or not sms_days <= frozenset(range(6)):
        sms.fault("« jours » : du lundi au samedi, au moins un")
    if any(span.start < LEGAL_SMS.start or span.end > LEGAL_SMS.end for span in sms_spans):
        sms.fault("« plages » : entre 08:00 et 20:00")
    consent_from = consent.rest.get("en_vigueur")
    if isinstance(consent_from, date) and consent_from > LEGAL_CONSENT_FROM:
        consent.fault(f"« en_vigueur » ne peut pas être après le {day(LEGAL_CONSENT_FROM)}")
    rules = FieldRules(
        calls=Schedule(weekdays, open_spans or (LEGAL_SMS,), calls.reference()),
        sms=Schedule(sms_days, sms_spans, sms.reference()),
        holidays=_holidays(section.one("feries")),
        max_attempts=frequency.whole("appels", 1, LEGAL_ATTEMPTS),
        attempts_days=frequency.whole("jours", LEGAL_ATTEMPT_DAYS, 365),
        attempts_reference=frequency.reference(),
        refusal_days=refusal.whole("jours", LEGAL_REFUSAL_DAYS, 3650),
        refusal_reference=refusal.reference(),
        callback_until=asked.clock("jusqu_a"),
        callback_minutes=asked.whole("minutes", 0, 240),
        callback_reference=asked.reference(),
        consent_from=consent_from if isinstance(consent_from, date) else LEGAL_CONSENT_FROM,
        consent_reference=consent.reference(),
        opposition_reference=opposition.reference(),
    )
    for part in (calls, sms, asked, frequency, refusal, consent, opposition, section):
        part.done()
    return rules


def _holidays(section: Section) -> Holidays:
    territories = {}
    for row in section.many("territoires", name="fuseau"):
        zone, code = row.needed("fuseau"), row.needed("code")
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            row.fault(f"« fuseau = {zone} » inconnu")
        if code not in TERRITORIES:
            row.fault(f"« code = {code} » inconnu (au choix : {', '.join(sorted(TERRITORIES))})")
        territories[zone] = code
        row.done()
    holidays = Holidays(territories, section.days("fermetures"), section.needed("reference"))
    section.done()
    return holidays


def _pace(section: Section) -> Pace:
    points = []
    for row in section.many("points", name="jours_restants"):
        points.append((row.whole("jours_restants", 0, 365), row.whole("pourcent", 0, 100)))
        row.done()
    if points != sorted(points, reverse=True) or len({left for left, _ in points}) < len(points):
        section.fault("« points » : du plus grand nombre de jours restants au plus petit, sans doublon")
    section.done()
    return Pace(tuple(points) or ((0, 0),))


def _reasons(section: Section) -> Reasons:
    found: list[Reason] = []
    for row in section.many("motifs"):
        reason = Reason(
            code=row.needed("code"),
            label=row.needed("libelle"),
            door=row.word("porte", DOORS),
            wordless=row.flag("sans_paroles"),
        )
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", reason.code or "A"):
            row.fault("« code » : des lettres capitales sans accent, des chiffres et « _ »")
        if any(reason.code == other.code for other in found):
            row.fault("ce motif est donné deux fois")
        if any(reason.door is other.door is not None for other in found):
            row.fault("un autre motif a déjà cette « porte »")
        row.done()
        found.append(reason)
    section.done()
    return Reasons(found)


def _titles(section: Section) -> dict[str, str]:
    found = {plain_title(title): one.name for one in COLUMNS for title in (one.name, *one.others)}
    for column in COLUMNS:
        for title in section.texts(column.name):
            plain = plain_title(title)
            if found.setdefault(plain, column.name) != column.name:
                section.fault(f"« {title} » est déjà un titre de la colonne « {found[plain]} »")
    section.done()
    return found


def _bounces(section: Section) -> Bounces:
    hard, soft = (frozenset(map(bounce_word, section.texts(key))) for key in ("definitifs", "passagers"))
    if not hard or not soft:
        section.fault("« definitifs » et « passagers » ont chacun un mot au moins")
    for word in sorted(hard & soft):
        section.fault(f"« {word} » ne peut pas être à la fois définitif et passager")
    section.done()
    return Bounces(hard, soft)


def _signals(section: Section) -> dict[Signal, SignalWords]:
    found = {}
    for signal in Signal:
        row = section.one(signal)
        words = {key: row.texts(key) for key in ("noms", "verbes", "sauf", "negations")}
        for key, given in words.items():
            if any(not word.strip(" *") for word in given):
                row.fault(f"« {key} » : un mot est vide")
        if not words["noms"] and not words["verbes"]:
            row.fault("« noms » ou « verbes » manque")
        row.done()
        found[signal] = SignalWords(
            nouns=words["noms"],
            verbs=words["verbes"],
            besides=words["sauf"],
            denials=frozenset(fold(word) for word in words["negations"]),
        )
    section.done()
    return found


def _commitments(section: Section, catalogue: Catalogue) -> CommitmentKinds:
    """`{geste}` in a label stands for the value of a free gesture."""
    found: list[CommitmentKind] = []
    for row in section.many("engagements"):
        label = row.needed("libelle")
        kind = CommitmentKind(
            code=row.needed("code"),
            label=label.replace("{geste}", euros(catalogue.workshop_value_cents)),
            days=row.whole("jours", 0, 90),
            by_supervisor=row.flag("superviseur"),
        )
        if "{" in kind.label or "}" in kind.label:
            row.fault("« libelle » ne connaît que {geste}")
        if any(kind.code == other.code for other in found):
            row.fault("cet engagement est donné deux fois")
        row.done()
        found.append(kind)
    section.done()
    return CommitmentKinds(found)
