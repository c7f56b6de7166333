"""The client's own view: what the client reads in their account today, so that an agent can follow along."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from console.base.dates import day_of, plus_days
from console.base.errors import RefusedInputError
from console.base.french import THIN, day, euros, long_day, plural
from console.base.vocabulary import Billing, Plan, SubscriptionStatus
from console.cases import facts
from console.cases.granted_offers import running_offers
from console.cases.pauses import pauses
from console.clients import store as storage
from console.clients.settled import price_after, tariff_words
from console.context import Context
from console.db.query import ReadBatch
from console.db.tables import Subscription
from console.rules.files import Data
from console.rules.offers import Catalogue, Grant
from console.rules.pauses import PauseState
from console.rules.timeline import is_monthly

_NOTHING_DUE = f"aucune{THIN}: rien n’est débité sans renouvellement"


@dataclass(frozen=True, slots=True)
class AccountView:
    """The account page. Empty texts and lists are not on it.

    soon: the notice is the amber one. buttons are those the client sees, not ours to press.
    """

    name: str
    notice: str
    soon: bool
    facts: tuple[tuple[str, str], ...]  # label and value
    offer: tuple[str, ...]  # a title, then lines
    tariffs: str
    buttons: tuple[str, ...]
    alternatives: tuple[tuple[str, str], ...]  # name and what it is
    contacts: tuple[tuple[str, str], ...]


class AccountService:
    """The account pages; may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def view(self, client_id: int) -> AccountView:
        """What the client sees now. Raises RefusedInputError when there is none such, StorageError."""
        now, data = self._ctx.clock.now(), self._ctx.content.data
        with self._ctx.database.reading() as session:
            client = storage.client(session, client_id)
            term_id = facts.current_terms(session, [client_id], day_of(now)).get(client_id)
            term = session.get(Subscription, term_id) if term_id else None
            if client is None or term is None:
                raise RefusedInputError("Ce client n’a pas d’abonnement dans la base.")
            page = _Page(session, data, term, now)
            return AccountView(
                name=" ".join(part for part in (client.first_name, client.last_name) if part),
                notice=page.notice(),
                soon=page.soon,
                facts=page.facts(),
                offer=page.offer(),
                tariffs=_tariffs(data.catalogue, Plan(term.plan)),
                buttons=page.buttons(),
                alternatives=page.alternatives(),
                contacts=(
                    ("Chat", data.catalogue.company.chat),
                    ("E-mail", data.catalogue.company.support_email),
                    ("Hotline", data.catalogue.company.hotline),
                ),
            )


class _Page:
    """The parts of the page, for one term at one instant."""

    def __init__(self, session: Session, data: Data, term: Subscription, now: datetime) -> None:
        self._session, self._term, self._now = session, term, now
        self._catalogue = data.catalogue
        self._timeline = data.timeline.of(monthly=is_monthly(term.starts_on, term.expires_on))
        self._status, self._today = SubscriptionStatus(term.status), day_of(now)
        self._next = storage.next_term(session, term.client_id, term.expires_on)
        self._left = (term.expires_on - self._today).days
        self._pause = pauses(session, [term.id or 0]).get(term.id or 0)

    @property
    def _awaited(self) -> bool:
        """The client has not answered yet, and the plan still runs."""
        return self._status is SubscriptionStatus.ACTIVE and self._left >= 0

    @property
    def soon(self) -> bool:
        """The reminders have begun."""
        first = min((step.offset for step in self._timeline.steps), default=0)
        return self._awaited and -self._left >= first

    @property
    def _resting(self) -> bool:
        """The client is on a pause, or about to be."""
        running = self._pause is not None and self._pause.state(self._now) is PauseState.RUNNING
        return self._status is SubscriptionStatus.PAUSED and running

    def notice(self) -> str:
        """The sentence at the head of the page."""
        if self._status not in {SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED}:
            return self._settled()
        end = long_day(self._term.expires_on)
        if not self._awaited:
            return f"Votre abonnement a pris fin le {end}. Vous pouvez le réactiver à tout moment."
        if not self.soon:
            return ""
        left = plural(self._left, "jour")
        when = f"dans {left}" if self._left > 1 else "demain" if self._left else "aujourd’hui"
        return f"Votre abonnement expire bientôt{THIN}: {when}, le {day(self._term.expires_on)}."

    def _settled(self) -> str:
        """What was agreed, or that the client leaves."""
        match self._status:
            case SubscriptionStatus.RENEWED:
                until = f", jusqu’au {day(self._next.expires_on)}" if self._next else ""
                return f"Votre renouvellement est enregistré{until}."
            case SubscriptionStatus.DOWNGRADED:
                begins = self._next.starts_on if self._next else plus_days(self._term.expires_on, 1)
                return f"Vous passez à {self._catalogue.downgrade_plan.capitalize()} le {day(begins)}."
            case SubscriptionStatus.PAUSED if (words := self._rest()) is not None:
                return words
        verb = "s’arrête" if self._left >= 0 else "s’est arrêté"
        end = long_day(self._term.expires_on)
        return f"Votre abonnement {verb} le {end}. Vos données sont gardées, et vous pouvez revenir."

    def _rest(self) -> str | None:
        """What became of the pause; None when the client left during it."""
        pause = self._pause
        if pause is None:
            return "Votre abonnement est en pause. Reprenez quand vous voulez."
        until = day(pause.resume_by)
        match pause.state(self._now):
            case PauseState.RUNNING if pause.starts_on > self._today:
                return f"Votre abonnement sera en pause du {day(pause.starts_on)} au {until}."
            case PauseState.RUNNING:
                return f"Votre abonnement est en pause jusqu’au {until}. Reprenez quand vous voulez d’ici là."
            case PauseState.RESUMED:
                again = f", jusqu’au {day(self._next.expires_on)}" if self._next else ""
                return f"Votre abonnement a repris{again}."
            case PauseState.LAPSED:
                return (
                    f"Votre pause s’est terminée le {until}, et votre abonnement avec elle. Vos données sont"
                    " gardées, et vous pouvez revenir."
                )
        return None

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Plan, expiry, days left, tariff, next billing."""
        plan, billing = Plan(self._term.plan), Billing(self._term.billing)
        rows = (
            ("Formule", plan.capitalize()),
            ("Échéance", day(self._term.expires_on)),
            ("Fin de la pause", day(self._pause.resume_by) if self._resting and self._pause else ""),
            ("Temps restant", plural(self._left, "jour") if self._left >= 0 else ""),
            ("Tarif", tariff_words(self._catalogue, plan, billing)),
            ("Prochaine facturation", self._billing()),
        )
        return tuple((label, value) for label, value in rows if value)

    def _billing(self) -> str:
        """What was agreed for the term that follows; nothing without an agreement."""
        if self._next is None or self._next.starts_on < self._today:
            return _NOTHING_DUE
        price = price_after(ReadBatch(self._session), self._term, self._next, self._catalogue)
        return f"{day(self._next.starts_on)}, {euros(price)}"

    def offer(self) -> tuple[str, ...]:
        """The offer that waits for the client in the account, never one that is over."""
        if self._status not in {SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED}:
            return ()
        term_id = self._term.id or 0
        grant = running_offers(ReadBatch(self._session), [term_id], self._now)().get(term_id)
        if grant is None:
            return ()
        made = self._catalogue.offers.get(grant.offer)
        return (
            f"{made.label if made else 'Votre offre'}",
            f"Dernier jour{THIN}: {long_day(day_of(grant.ends_at))}",
            _price(grant, self._catalogue),
            f"Vous économisez {euros(grant.face_value_cents)}" if grant.face_value_cents else "",
        )

    def buttons(self) -> tuple[str, ...]:
        """What the client can press there."""
        if self._awaited:
            return "Renouveler", "Plus d’options"
        if self._status is SubscriptionStatus.PAUSED:
            state = self._pause.state(self._now) if self._pause else PauseState.RUNNING
            over = state in {PauseState.REFUSED, PauseState.LAPSED}
            return () if state is PauseState.RESUMED else ("Réactiver",) if over else ("Reprendre",)
        ended = {SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED, SubscriptionStatus.CANCELLED}
        return ("Réactiver",) if self._status in ended and self._left < 0 else ()

    def alternatives(self) -> tuple[tuple[str, str], ...]:
        """What « more options » opens, where it is open to this client."""
        if not self._awaited:
            return ()
        catalogue, lower = self._catalogue, self._catalogue.downgrade_plan
        found = [("Pause", f"jusqu’à {catalogue.pause_months} mois sans rien payer")]
        if self._term.plan != lower:
            price = euros(catalogue.tariff(lower, Billing.MONTHLY))
            normal = euros(catalogue.tariff(Plan(self._term.plan), Billing.MONTHLY))
            words = f"{price} au lieu de {normal} par mois, moins de fonctions"
            found.append((lower.capitalize(), words))
        return tuple(found)


def _tariffs(catalogue: Catalogue, plan: Plan) -> str:
    """Every tariff of the plan: « 36,99 € par an ou 35,00 € par mois »."""
    sold = [billing for billing in (Billing.ANNUAL, Billing.MONTHLY) if (plan, billing) in catalogue.tariffs]
    return " ou ".join(tariff_words(catalogue, plan, billing) for billing in sold)


def _price(grant: Grant, catalogue: Catalogue) -> str:
    words = euros(grant.price_cents)
    if grant.price_saving_cents:
        words += f" au lieu de {euros(grant.normal_price_cents)}"
    if grant.workshops:
        gift = plural(grant.workshops, "atelier offert", "ateliers offerts")
        words += f" + {gift} (valeur {euros(grant.workshops * catalogue.workshop_value_cents)})"
    return words
