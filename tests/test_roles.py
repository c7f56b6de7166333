"""Which role each act of each service asks for: an act that nobody has classified fails here."""

import importlib
import inspect
import pkgutil
from functools import cached_property
from typing import Any
from unittest.mock import MagicMock

import pytest

import console
from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.context import Context
from console.services import Services

EVERYBODY = {
    "AccountService": "view",
    "AgreementService": "received withdraw",
    "ByHandService": "propose send",
    "CallbackService": "cancel colleagues move page take",
    "CallService": "abandon arrived back begin choose dialled draft interrupt jump keep_words note "
    "read_moment remark resume waiting waiting_words words",  # an answer to an escalation is a supervisor's
    "ChecklistService": "tick view",
    "ClientService": "add_note consent file note_advice oppose replay reply search signals_in take_back "
    "with_agent",
    "CorrectionService": "correct last",  # once a message left or ten minutes later: a supervisor's
    "DashboardService": "look neighbour next_call rows token view",
    "DialService": "dial",
    "FeedbackService": "run take take_one",
    "FirstNameService": "known tell to_ask",
    "ImportService": "run take",
    "MailboxService": "take",
    "OutboxService": "counts doors file let_be next_due page retry retry_all send_due ways",
    "PortalService": "act notice page",  # of whoever holds a link
    "PresenceService": "arrive beat become leave",  # of oneself
    "PublishingService": "take_out version versions",  # no client is in the content
    "RefusalService": "file of_client page",
    "RelanceService": "due message run watch",
    "ReviewService": "answer",
    "SealService": "earlier latest of_today seal",  # nothing is shown, and nothing changes what happened
    "TodoService": "counts done page read_kept",  # done, read_kept: of oneself
    "TrainingService": "keep keep_call mine questions simulate tour_due tour_seen",
    "WebhookService": "one post source take",
    "UserService": "check_password_of left present rescue set_password sign_in",  # passwords: of oneself
}
"""What a hotliner does, and what a job does by itself."""

GATED = {
    Role.SUPERVISOR: {
        "CallService": "lift_hours",
        "ClientService": "give_back lift_opposition",
        "OutboxService": "change_doors release",
        "CallbackService": "assign set_away",  # set_away: of somebody else
        "EscalationService": "answer close file page see_to take",
        "ExportService": "refusals_to_folder to_folder write",
        "FloorService": "free hand_over page",
        "KpiService": "count counting rows usual view",
        "PortfolioService": "give give_behind give_of owners",
        "PreviewService": "page",
        "PublishingService": "publish put_back",
        "ReasonService": "calls crossing words",
        "RefusalService": "all_records",
        "ReportService": "report write",
        "ReviewService": "ask comment count follow_up forget_view mark_read page recode save_view views",
        "SetAsideService": "close listed take_again",
        "TodoService": "read_remark",
        "TrainingService": "team",
    },
    Role.ADMINISTRATOR: {
        "PrivacyService": "erase export held name",
        "PurgeService": "plan run",
        "RepairService": "run",
        "UserService": "add check_new deactivate team",
    },
}


def services() -> dict[str, type]:
    found = {}
    for module in pkgutil.walk_packages(console.__path__, "console."):
        if "migrations" in module.name:
            continue
        for cls_name, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if cls.__module__ == module.name and cls_name.endswith("Service"):
                found[cls_name] = cls
    return found


def acts(table: dict[str, str]) -> set[tuple[str, str]]:
    return {(service, act) for service, names in table.items() for act in names.split()}


def test_each_act_of_each_service_is_classified_once() -> None:
    public = {
        (name, act)
        for name, cls in services().items()
        for act, _ in inspect.getmembers(cls, inspect.isfunction)
        if not act.startswith("_")
    }
    classified = [acts(EVERYBODY), *map(acts, GATED.values())]
    assert public == set().union(*classified)
    assert len(public) == sum(map(len, classified))


def test_no_service_outlives_who_it_was_made_for() -> None:
    assert not [name for name, one in vars(Services).items() if isinstance(one, cached_property)]


@pytest.mark.parametrize(
    ("needed", "service", "act"),
    [(role, *one) for role, table in GATED.items() for one in sorted(acts(table))],
)
def test_an_act_is_refused_below_its_role_before_anything_is_read(
    needed: Role, service: str, act: str
) -> None:
    for role in Role:
        ctx = Context(database := MagicMock(), MagicMock(), MagicMock(), "Jean", role=role)
        bound: Any = getattr(services()[service](ctx), act)
        asked = [
            one
            for one in inspect.signature(bound).parameters.values()
            if one.default is inspect.Parameter.empty
        ]
        by_name = {one.name: True for one in asked if one.kind is inspect.Parameter.KEYWORD_ONLY}
        by_place = [None for one in asked if one.kind is not inspect.Parameter.KEYWORD_ONLY]
        if not role.includes(needed):
            with pytest.raises(ForbiddenError):
                bound(*by_place, **by_name)
            assert not database.mock_calls
