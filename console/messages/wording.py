"""What the texts of the script and of the messages may name: plain French data, every figure computed.

`VARIABLES` documents each name for those who write the texts; `variables` gives their values for one client.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from console.base.dates import day_of, plus_days, whole_months
from console.base.french import (
    dated,
    day,
    euros,
    long_day,
    moment,
    percent,
    plural,
    span,
    spoken_day,
    spoken_moment,
    weekday_day,
)
from console.base.money import percent_saved
from console.base.names import spoken
from console.base.vocabulary import (
    Billing,
    CallOutcome,
    Direction,
    Gesture,
    Objection,
    Plan,
    RetentionOption,
    SubscriptionStatus,
)
from console.cases.spoken import LastCall
from console.cases.terms import TERM_MONTHS, next_days, paused_until, period_months, sold_billing
from console.db.tables import Client, Subscription
from console.messages.links import links_of
from console.rules.links import Links
from console.rules.offers import Catalogue, Grant
from console.rules.outcomes import retention_of
from console.rules.pauses import Pause, PauseState
from console.rules.script import ANNUAL, PAUSED, RENEWED_MEANWHILE
from console.rules.walk import Walk

VARIABLES = {
    "client.prenom": "prénom, vide s’il n’est pas connu",
    "client.nom": "nom de famille",
    "client.civilite": "« Madame », « Monsieur » ou vide",
    "client.nom_complet": "« Marie Dupuis » ; sans prénom, « Madame Dupuis », « Madame ou Monsieur Dupuis »",
    "client.bonjour": "« Bonjour Marie », « Bonjour Madame Dupuis », « Bonjour »",
    "client.merci": "« Merci Marie », « Merci Madame Dupuis », « Merci »",
    "client.code": "CLT-00245",
    "client.femme": "vrai si la civilité dit une femme",
    "client.homme": "vrai si la civilité dit un homme",
    "client.vip": "vrai à partir de l’ancienneté VIP",
    "client.anciennete": "« un mois », « 18 mois », « 3 ans » dès deux ans, vide avant le premier mois",
    "client.fidelite": "pour remercier : « ce premier mois », « ces 18 mois », « ces 3 ans », ou vide",
    "client.email": "adresse utilisable, ou vide",
    "abonnement.formule": "« Premium » ou « Basic »",
    "abonnement.basic": "vrai pour la formule Basic",
    "abonnement.mensuel": "vrai pour un tarif au mois, faux pour un tarif à l’année",
    "abonnement.tarif": "tarif normal avec sa période : « 36,99 € par an »",
    "abonnement.echeance": "« 31/12/2025 »",
    "abonnement.echeance_longue": "« mercredi 31 décembre 2025 »",
    "abonnement.echeance_dite": "comme on la dit : « mercredi 31 décembre »",
    "abonnement.lendemain": "jour qui suit l’échéance : « 01/01/2026 »",
    "abonnement.lendemain_dit": "« jeudi 1er janvier »",
    "abonnement.reste": "« dans 11 jours », « demain », « aujourd’hui », « depuis 3 jours »",
    "abonnement.expire": "vrai quand l’échéance est passée",
    "abonnement.accord": "« renouvellement », « remise », « Basic », « pause », « reprise », ou vide",
    "abonnement.accord_le": "jour où cela a été convenu : « 22/12/2025 », ou vide",
    "abonnement.accord_le_dit": "« lundi 22 décembre », ou vide",
    "renouvellement.prix": "à payer pour renouveler, offre comprise, avec la période",
    "renouvellement.periode": "ce que l’on achète en renouvelant : « un an », « un mois », « 5 mois »",
    "renouvellement.jusqu_au": "fin de la période renouvelée : « 31/12/2026 »",
    "renouvellement.jusqu_au_dit": "« 31 décembre 2026 »",
    "offre.existe": "vrai si une offre peut être prise maintenant ; sinon le reste est vide",
    "offre.prix": "« 34,99 € »",
    "offre.prix_normal": "« 36,99 € »",
    "offre.prix_reduit": "vrai si le prix est plus bas que le tarif normal",
    "offre.pourcentage": "baisse du prix : « 5,4 % »",
    "offre.economie": "prix et ateliers ensemble : « 22,00 € »",
    "offre.valeur": "valeur totale : « 56,99 € »",
    "offre.ateliers": "« 1 atelier », vide s’il n’y en a pas",
    "offre.ateliers_offerts": "« un atelier offert », « 2 ateliers offerts », ou vide",
    "offre.ateliers_valeur": "« 20,00 € »",
    "offre.avoir": "avoir ajouté à l’offre : « 20,00 € », ou vide",
    "offre.autre_choix": "ce que le client peut préférer à l’atelier ou à l’avoir, ou vide",
    "offre.mois_payes": "« 3 mois », pour une offre en mois offerts, ou vide",
    "offre.mois_offerts": "« 2 mois », pour une telle offre, ou vide",
    "offre.dernier_jour": "vrai si l’offre finit aujourd’hui",
    "offre.date_fin": "dernier jour : « 21/12/2025 »",
    "offre.fin": "dernier jour : « dim. 21/12 »",
    "offre.fin_longue": "dernier jour : « dimanche 21 décembre 2025 »",
    "offre.fin_dite": "dernier jour : « dimanche 21 décembre »",
    "options.basic": "vrai si le passage à Basic est possible",
    "options.basic_prix": "« 9,99 € », par mois",
    "options.basic_an": "ce que Basic coûte sur un an : « 119,88 € »",
    "options.basic_normal": "la formule actuelle au mois : « 35,00 € »",
    "options.basic_debut": "premier jour de Basic : « 01/01/2026 »",
    "options.basic_debut_dit": "« jeudi 1er janvier »",
    "options.remise": "vrai si la remise temporaire est possible",
    "options.remise_prix": "« 25,00 € », par mois",
    "options.remise_duree": "« 3 mois »",
    "options.remise_total": "« 75,00 € »",
    "options.remise_an": "la remise, puis le tarif normal, sur un an : « 390,00 € »",
    "options.remise_normal": "« 35,00 € », par mois, ensuite",
    "options.pause": "vrai si la pause est possible",
    "options.pause_duree": "« 3 mois »",
    "options.pause_fin": "dernier jour de la pause : « 31/03/2026 »",
    "options.pause_fin_dite": "« 31 mars »",
    "options.geste": "valeur du geste : « 20,00 € »",
    "options.plafond": "plafond du geste sans superviseur : « 25,00 € »",
    "pause.en_cours": "vrai si le client est en pause, ou va l’être",
    "pause.commencee": "vrai si cette pause a commencé",
    "pause.debut": "premier jour de la pause : « 01/01/2026 », ou vide",
    "pause.debut_dit": "« jeudi 1er janvier », ou vide",
    "pause.fin": "son dernier jour : « 31/03/2026 », ou vide",
    "pause.fin_dite": "« mardi 31 mars », ou vide",
    "pause.fin_longue": "« mardi 31 mars 2026 », ou vide",
    "relances.envoyees": "vrai si un e-mail au moins est parti sans revenir",
    "appel.existe": "vrai pendant un appel et pour les messages qu’il fait partir",
    "appel.rappel": "moment du rappel saisi, ou vide",
    "appel.rappel_dit": "le même, comme on le dit au client : « mardi 23 décembre à 14 heures », ou vide",
    "appel.entrant": "vrai si c’est le client qui appelle",
    "appel.lien": "vrai si le client renouvelle avec un lien",
    "appel.geste": "« un atelier offert », « un avoir de 20,00 € », ou vide",
    "appel.engagements": "ce que nous devons au client depuis cet appel, avec le jour, ou vide",
    "appel.raccroche": "vrai si le client a raccroché",
    "appel.renouvele": "vrai si le client a renouvelé ailleurs pendant l’appel",
    "appel.accord": "accord donné, avec les mêmes mots, ou vide",
    "appel.aujourdhui": "« 19/12/2025 »",
    "appel.aujourdhui_dit": "« vendredi 19 décembre »",
    "appel.a_noter": "vrai si l’échange a eu lieu et que le client ne l’a pas noté",
    "appel.objection": "ce que le client a dit d’abord : « c’est le prix qui vous arrête », ou vide",
    "dernier.existe": "vrai si nous avons déjà parlé au client",
    "dernier.quand": "quand nous nous sommes parlé : « tout à l’heure », « hier », « lundi 22 décembre »",
    "dernier.sujet": "ce qui l’arrêtait alors : « du prix », « d’un souci avec le service »…, ou vide",
    "dernier.service": "vrai si c’était un souci avec le service",
    "dernier.mots": "les derniers mots notés alors, ou vide",
    "agent.prenom": "prénom de la personne qui appelle",
    "lien.renouveler": "page où renouveler ou réactiver, avec l’offre",
    "lien.reprendre": "page où reprendre pendant une pause",
    "lien.reactiver": "page où rouvrir le compte après l’échéance, sans offre",
    "lien.confirmer": "page où confirmer par écrit ce qui a été convenu",
    "lien.modifier": "page où modifier ou arrêter ce qui a été convenu",
    "lien.premium": "page où revenir à Premium",
    "lien.noter": "page où noter l’échange que nous venons d’avoir",
    "lien.desinscrire": "page où ne plus recevoir de rappels",
    "societe.nom": "numi",
    "societe.site": "numi.support",
    "societe.signature": "L’équipe numi.support",
    "societe.support": "adresse du support",
    "societe.avis": "adresse où laisser un avis",
    "societe.telephone": "numéro de la hotline",
    "societe.chat": "adresse du chat",
    "societe.enquete": "adresse du questionnaire",
    "societe.menu_renouveler": "Mon compte → Abonnement → Renouveler",
    "societe.menu_reactiver": "Mon compte → Réactiver",
    "societe.ateliers": "titres des ateliers : « Fondamentaux » ou « Avancé »",
    "societe.factures": "durée de conservation des factures : « 10 ans »",
}

_TITLES = {"m.": "Monsieur", "mme": "Madame", "mlle": "Madame"} | {
    "monsieur": "Monsieur",
    "madame": "Madame",
    "mademoiselle": "Madame",
    "mr": "Monsieur",
    "m": "Monsieur",
    "mme.": "Madame",
}


def facts(
    client: Client,
    term: Subscription,
    offer: Grant | None,
    catalogue: Catalogue,
    now: datetime,
    pause: Pause | None = None,
) -> frozenset[str]:
    """What opens or closes choices of the script: the options open to this client, « email », « expired »,
    « annual », « paused ».

    Taken when the call begins and stored with it.
    """
    expired = day_of(now) > term.expires_on
    premium = term.plan == Plan.PREMIUM
    true = {
        RetentionOption.LOYALTY: offer is not None,
        RetentionOption.DOWNGRADE: premium and not expired,
        RetentionOption.DISCOUNT: term.plan == catalogue.discount.plan and not expired,
        RetentionOption.PAUSE: not expired and term.status != SubscriptionStatus.PAUSED,
        RetentionOption.ALTERNATIVE: premium,
        RetentionOption.GESTURE: catalogue.workshop_value_cents <= catalogue.gesture_ceiling_cents,
        RetentionOption.ESCALATION: True,
        "email": bool(client.email and client.email_usable),
        "expired": expired,
        ANNUAL: not expired and sold_billing(term, catalogue) is Billing.ANNUAL,
        PAUSED: pause is not None and pause.state(now) is PauseState.RUNNING,
    }
    return frozenset(str(name) for name, holds in true.items() if holds)


def variables(
    client: Client,
    term: Subscription,
    *,
    offer: Grant | None,
    agent: str,
    catalogue: Catalogue,
    now: datetime,
    links: Links,
    mails_sent: int = 0,
    walk: Walk | None = None,
    pause: Pause | None = None,
    owed: str = "",
    last: LastCall | None = None,
) -> dict[str, dict[str, str | bool]]:
    """Every variable for one client. `offer` is the one the call or message presents, running at `now`.

    owed: what the call has committed us to, in words. last: the last conversation before it.
    """
    today = day_of(now)
    return {
        "client": _client(client, term, catalogue, today),
        "abonnement": _term(term, catalogue, today, pause),
        "renouvellement": _renewal(term, offer, catalogue, today),
        "offre": _offer(offer, catalogue, today),
        "options": _options(term, catalogue, today),
        "pause": _pause(pause, now, today),
        "relances": {"envoyees": mails_sent > 0},
        "appel": _call(walk, catalogue, today, ZoneInfo(client.timezone)) | {"engagements": owed},
        "dernier": _last(last, today),
        "agent": {"prenom": agent},
        "lien": links_of(client, term, offer, links, today, pause),
        "societe": company(catalogue),
    }


def _client(client: Client, term: Subscription, catalogue: Catalogue, today: date) -> dict[str, str | bool]:
    title = _TITLES.get(client.civility.strip().lower(), "")
    first, last = spoken(client.first_name), spoken(client.last_name)
    formal = f"{title} {last}" if title and last else ""
    named = first or formal
    months = whole_months(client.client_since, today)
    served = whole_months(client.client_since, min(today, plus_days(term.expires_on, 1)))
    return {
        "prenom": first,
        "nom": last,
        "civilite": title,
        "nom_complet": f"{first} {last}".strip() if first else formal or f"Madame ou Monsieur {last}".strip(),
        "bonjour": f"Bonjour {named}".strip(),
        "merci": f"Merci {named}".strip(),
        "code": client.code,
        "femme": title == "Madame",
        "homme": title == "Monsieur",
        "vip": months >= catalogue.vip_months,
        "anciennete": span(served),
        "fidelite": "ce premier mois" if served == 1 else f"ces {span(served)}" if served else "",
        "email": client.email if client.email_usable else "",
    }


def _term(
    term: Subscription, catalogue: Catalogue, today: date, pause: Pause | None
) -> dict[str, str | bool]:
    left = (term.expires_on - today).days
    monthly = sold_billing(term, catalogue) is Billing.MONTHLY
    if left > 1:
        remains = f"dans {left} jours"
    elif left >= 0:
        remains = "demain" if left else "aujourd’hui"
    else:
        remains = "depuis hier" if left == -1 else f"depuis {-left} jours"
    price = euros(catalogue.tariff(Plan(term.plan), Billing(term.billing)))
    kept = retention_of(term.retention)
    agreed = kept.agreed if kept else ""
    said_at = term.settled_at
    if term.retention == CallOutcome.RESUMED and pause is not None:
        said_at = pause.resumed_at
    return {
        "formule": Plan(term.plan).value.capitalize(),
        "basic": term.plan == Plan.BASIC,
        "mensuel": monthly,
        "tarif": f"{price} par {'mois' if monthly else 'an'}",
        "echeance": day(term.expires_on),
        "echeance_longue": long_day(term.expires_on),
        "echeance_dite": spoken_day(term.expires_on, today),
        "lendemain": day(plus_days(term.expires_on, 1)),
        "lendemain_dit": spoken_day(plus_days(term.expires_on, 1), today),
        "reste": remains,
        "expire": left < 0,
        "accord": agreed,
        "accord_le": day(day_of(said_at)) if agreed and said_at else "",
        "accord_le_dit": spoken_day(day_of(said_at), today) if agreed and said_at else "",
    }


def _renewal(
    term: Subscription, offer: Grant | None, catalogue: Catalogue, today: date
) -> dict[str, str | bool]:
    months = period_months(term, catalogue, offer)
    cents = offer.price_cents if offer else catalogue.tariff(Plan(term.plan), Billing(term.billing))
    period = {1: "un mois", TERM_MONTHS: "un an"}.get(months, f"{months} mois")
    until = next_days(term, months, today)["expires_on"]
    return {
        "prix": f"{euros(cents)} pour {period}",
        "periode": period,
        "jusqu_au": day(until),
        "jusqu_au_dit": spoken_day(until, term.expires_on),  # its year is told from that of the end
    }


def _nothing(group: str) -> dict[str, str | bool]:
    return {name.partition(".")[2]: "" for name in VARIABLES if name.startswith(f"{group}.")}


_NO_OFFER = _nothing("offre") | {"existe": False, "prix_reduit": False, "dernier_jour": False}


def _offer(offer: Grant | None, catalogue: Catalogue, today: date) -> dict[str, str | bool]:
    if offer is None:
        return dict(_NO_OFFER)
    made = catalogue.offers.get(offer.offer)
    credit = made.credit_cents if made else 0
    months = made is not None and made.paid_months > 0
    gifts = "un atelier offert" if offer.workshops == 1 else f"{offer.workshops} ateliers offerts"
    last_day = day_of(offer.ends_at)
    return {
        "existe": True,
        "prix": euros(offer.price_cents),
        "prix_normal": euros(offer.normal_price_cents),
        "prix_reduit": offer.price_saving_cents > 0,
        "pourcentage": percent(percent_saved(offer.normal_price_cents, offer.price_cents)),
        "economie": euros(offer.face_value_cents),
        "valeur": euros(offer.total_value_cents),
        "ateliers": plural(offer.workshops, "atelier") if offer.workshops else "",
        "ateliers_offerts": gifts if offer.workshops else "",
        "ateliers_valeur": euros(offer.workshops * catalogue.workshop_value_cents),
        "avoir": euros(credit) if credit else "",
        "autre_choix": made.alternative if made else "",
        "mois_payes": f"{made.paid_months} mois" if made and months else "",
        "mois_offerts": f"{made.free_months} mois" if made and months else "",
        "dernier_jour": last_day == today,
        "date_fin": day(last_day),
        "fin": weekday_day(last_day),
        "fin_longue": long_day(last_day),
        "fin_dite": spoken_day(last_day, today),
    }


def _options(term: Subscription, catalogue: Catalogue, today: date) -> dict[str, str | bool]:
    discount, running = catalogue.discount, today <= term.expires_on
    premium = term.plan == Plan.PREMIUM
    basic = catalogue.tariff(catalogue.downgrade_plan, Billing.MONTHLY)
    normal = catalogue.tariff(discount.plan, Billing.MONTHLY)
    starts_on, paused = plus_days(term.expires_on, 1), paused_until(term, catalogue)
    reduced = discount.months * discount.price_cents
    return {
        "basic": premium and running,
        "basic_prix": euros(basic),
        "basic_an": euros(TERM_MONTHS * basic),
        "basic_normal": euros(catalogue.tariff(Plan.PREMIUM, Billing.MONTHLY)),
        "basic_debut": day(starts_on),
        "basic_debut_dit": spoken_day(starts_on, today),
        "remise": term.plan == discount.plan and running,
        "remise_prix": euros(discount.price_cents),
        "remise_duree": f"{discount.months} mois",
        "remise_total": euros(reduced),
        "remise_an": euros(reduced + (TERM_MONTHS - discount.months) * normal),
        "remise_normal": euros(normal),
        "pause": running and term.status != SubscriptionStatus.PAUSED,
        "pause_duree": f"{catalogue.pause_months} mois",
        "pause_fin": day(paused),
        "pause_fin_dite": spoken_day(paused, today),
        "geste": euros(catalogue.workshop_value_cents),
        "plafond": euros(catalogue.gesture_ceiling_cents),
    }


_NO_PAUSE = _nothing("pause") | {"en_cours": False, "commencee": False}


def _pause(pause: Pause | None, now: datetime, today: date) -> dict[str, str | bool]:
    if pause is None or pause.state(now) is not PauseState.RUNNING:
        return dict(_NO_PAUSE)
    return {
        "en_cours": True,
        "commencee": pause.starts_on <= today,
        "debut": day(pause.starts_on),
        "debut_dit": spoken_day(pause.starts_on, today),
        "fin": day(pause.resume_by),
        "fin_longue": long_day(pause.resume_by),
        "fin_dite": spoken_day(pause.resume_by, today),
    }


_OBJECTIONS = {
    Objection.PRICE: "c’est le prix qui vous arrête",
    Objection.USAGE: "vous ne vous en servez pas assez",
    Objection.SERVICE: "le service n’a pas été à la hauteur",
    Objection.TIMING: "ce n’est pas le moment",
}
"""What stands in the way, as it is said back to the client who then refuses."""


def _call(walk: Walk | None, catalogue: Catalogue, today: date, zone: ZoneInfo) -> dict[str, str | bool]:
    gesture = walk.gesture if walk else None
    gift = {
        Gesture.WORKSHOP: "un atelier offert",
        Gesture.CREDIT: f"un avoir de {euros(catalogue.workshop_value_cents)}",
    }
    promised = walk.promised if walk else None
    kept = retention_of(walk.agreed or "") if walk else None
    return {
        "existe": walk is not None,
        "rappel": moment(promised) if promised else "",
        "rappel_dit": spoken_moment(promised.astimezone(zone)) if promised else "",
        "entrant": bool(walk and walk.direction is Direction.INBOUND),
        "lien": bool(walk and walk.by_link),
        "geste": gift[gesture] if gesture else "",
        "renouvele": bool(walk and walk.meanwhile == RENEWED_MEANWHILE),
        "raccroche": bool(walk and walk.hung_up),
        "accord": kept.agreed if kept else "",
        "aujourdhui": day(today),
        "aujourdhui_dit": spoken_day(today, today),
        "a_noter": bool(walk and walk.spoke and walk.rating is None),
        "objection": _OBJECTIONS.get(walk.objection, "") if walk and walk.objection else "",
    }


_SUBJECTS = {
    Objection.PRICE: "du prix",
    Objection.SERVICE: "d’un souci avec le service",
    Objection.TIMING: "du moment, qui n’était pas le bon",
    Objection.USAGE: "de l’usage que vous en avez",
}
"""The first objection of the last conversation, as it is taken up in the next one."""


_LATELY = {0: "tout à l’heure", 1: "hier"}
"""How a day is told that is so few days ago."""


def _last(last: LastCall | None, today: date) -> dict[str, str | bool]:
    if last is None:
        return {"existe": False, "quand": "", "sujet": "", "service": False, "mots": ""}
    on = day_of(last.at)
    return {
        "existe": True,
        "quand": _LATELY.get((today - on).days) or dated(on),
        "sujet": _SUBJECTS.get(last.objection, "") if last.objection else "",
        "service": last.objection is Objection.SERVICE,
        "mots": last.said,
    }


def company(catalogue: Catalogue) -> dict[str, str | bool]:
    """What is said of the company, to whomever."""
    ours = catalogue.company
    return {
        "nom": ours.name,
        "site": ours.site,
        "signature": ours.signature,
        "support": ours.support_email,
        "avis": ours.feedback_email,
        "telephone": ours.hotline,
        "chat": ours.chat,
        "enquete": ours.survey_url,
        "menu_renouveler": ours.renew_menu,
        "menu_reactiver": ours.reactivate_menu,
        "ateliers": " ou ".join(f"«\u00a0{title}\u00a0»" for title in catalogue.workshop_titles),
        "factures": plural(catalogue.invoice_years, "an"),
    }
