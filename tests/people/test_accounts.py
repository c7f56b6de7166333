"""Accounts: who may sign in, what wrong passwords cost, what an administrator may change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event as Signal

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from sqlmodel import select

from console.base.clock import frozen_at
from console.base.errors import ConflictError, ForbiddenError, HotlinerError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.cli.workspace import Place
from console.content import default_root
from console.context import Context
from console.db.engine import Database, open_database
from console.db.tables import Event, UserAccount
from console.figures.service import KpiService
from console.people import accounts as users_service
from console.people.accounts import UserService, _hasher
from console.people.names import alike
from console.people.passwords import ACCOUNT_WAIT, SESSION_WAIT, password_fault, wait_after
from console.services import Services, build
from tests.world import CONTENT, World, paris, plain

RIGHT, OTHER = "un cheval correct", "une pile d’agrafes"


@pytest.fixture
def world(url: str, tmp_path: Path) -> World:
    return World(tmp_path / "base.db", paris("2025-12-22T11:00"), url=url)


@pytest.fixture
def users(world: World) -> UserService:
    """The accounts as an administrator has them, with one of each role."""
    service = UserService(replace(world.context, agent="Ada"))
    for name, role in (("Ada", Role.ADMINISTRATOR), ("Ana", Role.SUPERVISOR), ("Jean", Role.HOTLINER)):
        service.add(name, role, RIGHT)
    return service


def as_(world: World, agent: str, role: Role | None) -> UserService:
    return UserService(replace(world.context, agent=agent, role=role, account=role is not None))


def door(world: World) -> UserService:
    """What somebody who is not signed in yet has."""
    return as_(world, "personne", None)


def audits(world: World) -> list[tuple[str, str]]:
    return [(one.agent, one.text) for one in world.all(Event) if one.kind == "audit"]


def test_the_right_password_signs_in_whatever_accents_and_capitals_the_name_has(
    world: World, users: UserService
) -> None:
    users.add("Élodie Garçon", Role.SUPERVISOR, RIGHT)
    user = door(world).sign_in("elodie garcon", RIGHT)
    assert (user.name, user.role) == ("Élodie Garçon", Role.SUPERVISOR)
    assert audits(world)[-1] == ("Élodie Garçon", "user.signed_in")


def test_a_password_is_the_same_composed_or_not(world: World, users: UserService) -> None:
    users.set_password("Jean", "déjà un été à né")
    assert door(world).sign_in("Jean", "de\u0301ja\u0300 un e\u0301te\u0301 a\u0300 ne\u0301").name == "Jean"


def test_an_unknown_name_and_a_wrong_password_are_refused_in_the_same_words(
    world: World, users: UserService
) -> None:
    said = []
    tries = (("Jean", "pas le bon du tout"), ("Personne", RIGHT), ("", ""), ("Jean", "\0" * 300))
    for name, password in tries:
        with pytest.raises(ForbiddenError) as refused:
            door(world).sign_in(name, password)
        said.append(str(refused.value))
    assert len(set(said)) == 1
    assert audits(world).count(("Jean", "user.refused")) == 2


def test_wrong_passwords_lock_for_longer_and_longer_even_for_the_right_one(
    world: World, users: UserService
) -> None:
    for wait in (0, 0, 30, 60, 120):
        with pytest.raises(ForbiddenError, match="refusé"):
            door(world).sign_in("Jean", "pas le bon du tout")
        if wait:
            with pytest.raises(ForbiddenError, match="bloqué jusqu’au"):
                door(world).sign_in("Jean", RIGHT)
            world.wait(seconds=wait)
    assert door(world).sign_in("Jean", RIGHT).name == "Jean"
    with pytest.raises(ForbiddenError, match="refusé"):  # the count begins again
        door(world).sign_in("Jean", "pas le bon du tout")
    assert door(world).sign_in("Jean", RIGHT).name == "Jean"


def test_nothing_typed_is_no_try(world: World, users: UserService) -> None:
    for _ in range(5):
        with pytest.raises(ForbiddenError, match="refusé"):
            door(world).sign_in("Jean", "")
    assert door(world).sign_in("Jean", RIGHT).name == "Jean"


def test_a_lock_goes_by_the_machine_s_time_whatever_date_is_given(world: World, users: UserService) -> None:
    later = replace(world.context, clock=frozen_at(world.now + timedelta(days=400)), role=None)
    for _ in range(3):
        with pytest.raises(ForbiddenError, match="refusé"):
            UserService(later).sign_in("Jean", "pas le bon du tout")
    with pytest.raises(ForbiddenError, match=r"bloqué jusqu’au lun\. 22/12 à 11:01"):
        UserService(later).sign_in("Jean", RIGHT)
    world.wait(seconds=30)
    assert door(world).sign_in("Jean", RIGHT).name == "Jean"
    UserService(later).sign_in("Jean", RIGHT)
    *_, plainly, elsewhere = [one for one in world.all(Event) if one.text == "user.signed_in"]
    assert (plainly.data, elsewhere.data) == ({}, {"date": "2027-01-26T11:00+01:00"})
    assert elsewhere.at == world.now


def test_a_lock_written_while_the_machine_s_clock_was_wrong_holds_nobody(
    world: World, users: UserService
) -> None:
    now, world.now = world.now, world.now + timedelta(days=3_650)
    for _ in range(3):
        with pytest.raises(ForbiddenError, match="refusé"):
            door(world).sign_in("Ada", "pas le bon du tout")
    world.now = now
    assert door(world).sign_in("Ada", RIGHT).name == "Ada"


def test_a_try_counts_before_its_password_is_looked_at(
    world: World, users: UserService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many tries at once cannot all be looked at: what stops in the middle has counted too."""

    def dies(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("console.people.accounts._matches", dies)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            door(world).sign_in("Jean", "essai")
    with pytest.raises(ForbiddenError, match="bloqué"):
        door(world).sign_in("Jean", RIGHT)


def test_waits_grow_and_have_an_end() -> None:
    for longest in (ACCOUNT_WAIT, SESSION_WAIT):
        waits = [wait_after(n, longest) for n in range(200)]
        assert waits == sorted(waits)
        assert (waits[2], waits[3], waits[-1]) == (timedelta(), timedelta(seconds=30), longest)


@pytest.mark.usefixtures("users")
def test_whoever_tries_is_slowed_down_and_the_owner_hardly(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for name in ("Jean", "Ana", "Personne", "Jean", "Ana", "Personne", "Ada"):  # names change nothing
        with pytest.raises(ForbiddenError) as refused:
            door(world).sign_in(name, "pas le bon du tout")
        said.append("refusé" if "refusé" in str(refused.value) else "bloqué")
    assert said == ["refusé"] * 3 + ["bloqué"] * 4
    for _ in range(20):
        world.wait(seconds=3_600)
        with pytest.raises(ForbiddenError, match="refusé"):
            door(world).sign_in("Jean", "pas le bon du tout")
    with pytest.raises(ForbiddenError, match="bloqué"):
        door(world).sign_in("Ada", RIGHT)
    monkeypatch.setattr(users_service, "whose", lambda: "session jean · poste-2")
    world.wait(seconds=120)
    assert door(world).sign_in("Jean", RIGHT).name == "Jean"


@pytest.mark.usefixtures("users")
def test_a_stranger_who_tries_for_an_hour_keeps_the_owner_out_for_a_minute_at_most(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stranger takes every moment at which a try is looked at; the owner is at another machine."""
    out, longest, looked_at = 0, 0, 0
    for second in range(0, 3_600, 5):
        monkeypatch.setattr(users_service, "whose", lambda: "session x · poste-9")
        with pytest.raises(ForbiddenError) as refused:
            door(world).sign_in("Ada", "pas le bon du tout")
        looked_at += "refusé" in str(refused.value)
        monkeypatch.setattr(users_service, "whose", lambda: "session ada · poste-1")
        with world.database.reading() as session:
            account = session.exec(select(UserAccount).where(UserAccount.name == "Ada")).one()
            held = account.locked_until is not None and world.now < account.locked_until
        out = out + 5 if held else 0
        longest = max(longest, out)
        if second in (300, 3_000) and held:
            with pytest.raises(ForbiddenError, match="bloqué"):
                door(world).sign_in("Ada", RIGHT)
        world.wait(seconds=5)
    assert looked_at > 5, "the stranger did try"
    assert longest <= 60
    world.wait(seconds=60)
    assert door(world).sign_in("Ada", RIGHT).name == "Ada"


@pytest.mark.parametrize("name", ["Ада", "Аdа", "Ａｄａ", "ADÀ", "Αdα"])
def test_names_that_look_alike_are_one_name(world: World, users: UserService, name: str) -> None:
    if alike(name) == "ada":
        with pytest.raises(ConflictError, match="a déjà un compte"):
            users.add(name, Role.HOTLINER, RIGHT)
        assert door(world).sign_in(name, RIGHT).name == "Ada"
    else:
        assert name == "Ада"  # another word in another alphabet, only its first letter is alike


def test_the_next_act_of_an_account_that_was_closed_is_refused(world: World, users: UserService) -> None:
    client = world.add()
    jean = build(replace(world.context, role=None))
    jean.sign_in("Jean", RIGHT)
    jean.clients.add_note(client, "Avant.")
    users.deactivate("Jean")
    with pytest.raises(ForbiddenError, match="fermé"):
        jean.clients.add_note(client, "Après.")
    with pytest.raises(ForbiddenError, match="fermé"):
        jean.calls.begin(client, Direction.OUTBOUND)
    jean.sign_out()
    assert jean.closed
    users.add("Jean", Role.SUPERVISOR, RIGHT)
    jean.sign_in("Jean", RIGHT)
    users.add("Eve", Role.ADMINISTRATOR, RIGHT)
    jean.clients.add_note(client, "De retour.")


def test_only_a_supervisor_works_at_another_day(world: World, users: UserService) -> None:
    real = replace(world.context, trial=False, demo=False, role=None)
    later = replace(real, clock=frozen_at(world.now + timedelta(days=3)))
    with pytest.raises(ForbiddenError, match="superviseur"):
        UserService(later).sign_in("Jean", RIGHT)
    assert UserService(later).sign_in("Ana", RIGHT).name == "Ana"
    assert UserService(real).sign_in("Jean", RIGHT).name == "Jean"


def test_who_owns_the_base_gives_an_administrator_their_way_back(
    world: World, users: UserService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "is_ours_to_keep", lambda _: False)
    with pytest.raises(ForbiddenError, match="n’appartient pas"):
        door(world).rescue("Ada", OTHER)
    monkeypatch.setattr(Database, "is_ours_to_keep", lambda _: True)
    with pytest.raises(RefusedInputError, match="pas administrateur"):
        door(world).rescue("Jean", OTHER)
    door(world).rescue("ada", OTHER)
    assert door(world).sign_in("Ada", OTHER)
    who = {act: agent for agent, act in audits(world)}
    assert who["user.rescued"].startswith("session ")


def test_an_administrator_lifts_a_lock_by_a_new_password(world: World, users: UserService) -> None:
    for _ in range(3):
        with pytest.raises(ForbiddenError):
            door(world).sign_in("Jean", "pas le bon du tout")
    users.set_password("jean", OTHER)
    assert door(world).sign_in("Jean", OTHER).locked_until is None


def test_a_deactivated_account_signs_in_no_more_and_comes_back_by_being_added(
    world: World, users: UserService
) -> None:
    users.deactivate("jean")
    for password in (RIGHT, "\0"):  # no word opens what is closed
        with pytest.raises(ForbiddenError, match="refusé"):
            door(world).sign_in("Jean", password)
    assert door(world).present("Jean") is None
    assert users.add("Jean", Role.SUPERVISOR, OTHER).active
    assert door(world).sign_in("Jean", OTHER).role is Role.SUPERVISOR


def test_an_account_closed_or_changed_while_its_password_is_looked_at_stays_shut(
    world: World, users: UserService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.people.accounts import _matches

    def in_the_meantime(act: Callable[[], object]) -> None:
        def slow(kept: str, password: str) -> bool:
            act()
            return _matches(kept, password)

        monkeypatch.setattr("console.people.accounts._matches", slow)
        with pytest.raises(ForbiddenError, match="refusé"):
            door(world).sign_in("Jean", RIGHT)

    in_the_meantime(lambda: users.set_password("Jean", OTHER))
    users.set_password("Jean", RIGHT)
    in_the_meantime(lambda: users.deactivate("Jean"))


def test_nobody_changes_the_password_of_the_name_they_gave(world: World, users: UserService) -> None:
    for role in (None, Role.HOTLINER):  # nobody yet; a job
        unknown = UserService(replace(world.context, agent="Ada", role=role))
        with pytest.raises(ForbiddenError):
            unknown.set_password("Ada", OTHER)
    assert door(world).sign_in("Ada", RIGHT)


def test_one_s_own_password_is_one_s_own_to_change_and_nobody_else_s(
    world: World, users: UserService
) -> None:
    as_(world, "Jean", Role.HOTLINER).set_password("Jean", OTHER)
    assert door(world).sign_in("Jean", OTHER)
    for name in ("Ana", "Personne"):
        for act in ("check_password_of", "set_password"):
            with pytest.raises(ForbiddenError, match="administrateur"):
                getattr(as_(world, "Jean", Role.HOTLINER), act)(name, *([RIGHT] if act[0] == "s" else []))


def test_the_first_account_and_the_last_administrator(world: World) -> None:
    admin = as_(world, "racine", Role.ADMINISTRATOR)
    with pytest.raises(RefusedInputError, match="premier compte"):
        admin.add("Jean", Role.HOTLINER, RIGHT)
    admin.add("Ada", Role.ADMINISTRATOR, RIGHT)
    with pytest.raises(ConflictError, match="dernier administrateur"):
        admin.deactivate("Ada")
    admin.add("Eve", Role.ADMINISTRATOR, RIGHT)
    admin.deactivate("Ada")
    with pytest.raises(ConflictError, match="dernier administrateur"):
        admin.deactivate("Eve")


@pytest.mark.parametrize(
    "password",
    [
        *("", "court", "onze lettre", "aaaaaaaaaaaaaaaa", "je suis JÉAN, moi", "x1234" * 60),
        *("ne se tape\tpas", "ne se tape\u00a0pas", "ne se lit \udcff pas"),
    ],
)
def test_poor_passwords_are_refused_and_nothing_changes(
    world: World, users: UserService, password: str
) -> None:
    assert password_fault(password, "Jean")
    with pytest.raises(RefusedInputError, match="mot de passe"):
        users.set_password("Jean", password)
    assert door(world).sign_in("Jean", RIGHT)


def test_names_are_refused_twice_or_empty(users: UserService) -> None:
    for name, said in (("JÉAN", "a déjà un compte"), (" \u202e ", "Il manque le nom"), ("́", "manque")):
        with pytest.raises(HotlinerError, match=said):
            users.add(name, Role.HOTLINER, RIGHT)
    assert len(users.team()) == 3


def test_no_password_is_in_the_database_nor_in_what_is_logged(world: World, users: UserService) -> None:
    for row in world.all(UserAccount):
        assert row.password.startswith("$argon2id$")
        assert RIGHT not in repr(row)
    with pytest.raises(ForbiddenError) as refused:
        door(world).sign_in("Jean", "mon secret à moi")
    assert "secret" not in str(refused.value)
    assert not any("secret" in str(one.data) + one.text for one in world.all(Event))


def test_a_hash_costs_an_attacker_time_and_memory() -> None:
    real = _hasher()  # the name was bound before the tests' own hashes took its place
    assert (real.type.name, real.time_cost >= 3, real.memory_cost >= 64 * 1024) == ("ID", True, True)


def test_an_unknown_name_costs_as_long_a_look_as_a_known_one() -> None:
    nobody, known = users_service._nobody(), users_service._hasher().hash(RIGHT)
    assert extract_parameters(nobody) == extract_parameters(known)
    with pytest.raises(VerifyMismatchError):  # it was worked out, not refused at sight
        users_service._hasher().verify(nobody, RIGHT)


def test_nothing_is_served_before_somebody_signs_in(world: World, users: UserService) -> None:
    services = build(replace(world.context, role=None))
    services.open()
    assert services.closed
    for name in ("dashboard", "clients", "calls", "outbox", "imports", "refusals", "exports", "ctx"):
        with pytest.raises(ForbiddenError, match="Personne n’est connecté"):
            getattr(services, name)
    services.sign_in("Ana", RIGHT)
    assert (services.agent, services.account, services.may(Role.SUPERVISOR)) == ("Ana", "Ana", True)
    kept = services.dashboard
    assert plain(kept.view().who) == "démo · Ana · superviseur"
    services.sign_out()
    with pytest.raises(ForbiddenError, match="Personne n’est connecté"):
        _ = services.dashboard
    services.sign_in("Jean", RIGHT)
    assert services.dashboard is not kept
    with pytest.raises(ForbiddenError):
        services.kpis.view(None)


def test_a_service_still_being_made_for_who_left_is_not_given_to_who_comes(
    world: World, users: UserService, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, left = Signal(), Signal()

    class Slow(KpiService):
        def __init__(self, ctx: Context) -> None:
            super().__init__(ctx)
            making.set()
            left.wait(5)

    monkeypatch.setattr("console.figures.service.KpiService", Slow)
    services = build(replace(world.context, role=None))
    services.sign_in("Ana", RIGHT)
    with ThreadPoolExecutor() as threads:
        hers = threads.submit(lambda: services.kpis)
        assert making.wait(5)
        services.sign_out()
        services.sign_in("Jean", RIGHT)
        left.set()
        assert hers.result()
    with pytest.raises(ForbiddenError, match="superviseur"):
        services.kpis.view(None)


def test_the_view_read_ahead_is_shown_once(world: World, users: UserService) -> None:
    ahead = iter([None])  # as a process that is over: nothing more is read from it
    services = Services(lambda: replace(world.context, role=None), lambda: next(ahead))
    for _ in range(2):
        services.sign_in("Jean", RIGHT)
        assert services.first_view()
        services.sign_out()


def test_a_role_is_taken_in_a_demo_only(world: World) -> None:
    services = build(replace(world.context, role=Role.SUPERVISOR))
    services.act_as(Role.HOTLINER)
    assert not services.may(Role.SUPERVISOR)
    real = build(replace(world.context, role=Role.HOTLINER, demo=False))
    with pytest.raises(ForbiddenError):
        real.act_as(Role.ADMINISTRATOR)


def test_a_place_with_accounts_opens_for_nobody_and_reads_nothing_ahead(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-22T11:00"))
    address = f"sqlite:///{world.path}"
    place = Place(address, default_root(), "Jean", tmp_path / "journal.log")
    with place.opened() as ctx:
        assert ctx.role is Role.ADMINISTRATOR
    UserService(world.context).add("Ada", Role.ADMINISTRATOR, RIGHT)
    with place.opened() as ctx:
        assert ctx.role is None
    assert list(place.prefetch()) == []


def test_a_demonstration_never_takes_the_place_of_accounts(tmp_path: Path) -> None:
    from console.demo.demo import demo_context

    world = World(tmp_path / "base.db", paris("2025-12-22T11:00"))
    UserService(world.context).add("Ada", Role.ADMINISTRATOR, RIGHT)
    with pytest.raises(RefusedInputError, match="comptes"):
        demo_context(f"sqlite:///{world.path}", CONTENT, "Jean", remake=True)
    again = open_database(f"sqlite:///{world.path}", clock=world.clock)
    assert UserService(Context(again, world.clock, CONTENT, "Ada")).team()


def test_a_demonstration_with_accounts_is_not_opened_without_them(tmp_path: Path) -> None:
    from console.db.meta import write_meta
    from console.demo.demo import demo_context

    world = World(tmp_path / "base.db", paris("2025-12-22T11:00"))
    with world.database.writing() as session:
        write_meta(session, "demo", "demo")
    UserService(world.context).add("Ada", Role.ADMINISTRATOR, RIGHT)
    with pytest.raises(RefusedInputError, match="comptes"):
        demo_context(f"sqlite:///{world.path}", CONTENT, "Jean")


def test_the_callbacks_of_who_left_are_anybody_s(world: World, users: UserService) -> None:
    from console.supervision.callbacks_store import away, names

    users.deactivate("Jean")
    with world.database.reading() as session:
        assert away(session) == {"Jean"}
        assert names(session) >= {"Ada", "Ana"}
