"""A message by a real SMTP server, opened in Chromium: its button, the page, the confirmation; no script."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from console.db.tables import Client, Event, Subscription
from console.messages.delivery import Delivery
from console.messages.reminders import RelanceService
from console.outside.outside import Outside
from console.outside.servers import Security, SmtpServer
from console.portal.web import Portal
from console.rules.links import Link, Purpose
from tests.delivery.post import post_office
from tests.portal.served import free_port, served
from tests.readers.browser import CHROMIUM, Browser, chromium
from tests.world import World, paris, plain

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium manque : apt-get install chromium")
WIDTHS = (320, 600, 1000)
WHOLE_WORDS = """[...document.querySelectorAll("th, td:not(:has(table, a))")].every(cell => {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), lines = document.createRange();
    while (texts.nextNode()) {
        lines.selectNode(texts.currentNode);
        const words = texts.currentNode.data.trim().split(" ").length;
        if (lines.getClientRects().length > words) return false;
    }
    return true;
})"""
"""Whether no cell of a table breaks a word, or a price."""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with chromium(tmp_path / "chromium") as found:
        yield found


def fits(browser: Browser) -> None:
    """The page is whole at each width, by day and by night, and says what it is."""
    for scheme in ("light", "dark"):
        browser.believe(color_scheme=scheme)
        for width in WIDTHS:
            browser.resize(width, 900)
            assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("document.querySelectorAll('h1').length") == 1
    assert browser.run("document.documentElement.lang") == "fr"
    assert browser.run("[...document.querySelectorAll('button')].every(b => b.innerText.trim())")
    assert browser.run("document.documentElement.outerHTML.length") < 30_000


def test_a_client_renews_from_a_message_and_another_unsubscribes(tmp_path: Path, browser: Browser) -> None:
    port = free_port()
    world = World(tmp_path / "base.db", paris("2025-12-17T09:00"))
    world.add()
    with post_office() as post, served(Portal(world.context), port):
        outside = Outside(
            smtp=SmtpServer("127.0.0.1", post.port, Security.NONE),
            folder=tmp_path,
            link_base=f"http://127.0.0.1:{port}/r",
            link_secret="secret of the tests",
        )
        context = replace(world.context, outside=outside, demo=False)
        world.services.ctx.__dict__.update(links=context.links)  # the portal and the job have one secret
        RelanceService(context).run()
        Delivery(context).run()
        (letter,) = post.letters
        page = tmp_path / "message.html"
        page.write_text(letter.part("html"), encoding="utf-8")
        browser.open(page, width=320)
        assert browser.run("document.documentElement.scrollWidth") <= 320
        assert browser.run(WHOLE_WORDS)
        browser._ask("Emulation.setScriptExecutionDisabled", value=True)
        assert plain(browser.run("document.querySelector('a').innerText")) == "Je renouvelle mon abonnement"
        seen = browser.click("a")
        assert (seen.errors, [one for one in seen.asked if str(port) not in one]) == ([], [])
        assert "Renouveler votre abonnement numi" in browser.run("document.title")
        fits(browser)
        seen = browser.click("button")
        assert seen.errors == []
        assert plain(browser.run("document.title")) == "C’est fait, merci !"
        fits(browser)
        stop = context.links.url(Link(Purpose.UNSUBSCRIBE, "CLT-00245", date(2025, 12, 31), date(2028, 1, 1)))
        browser.open(stop)
        fits(browser)
        assert not world.one(Client).opposed_email
        browser.click("button")
    assert world.one(Client).opposed_email
    assert sorted(one.status for one in world.all(Subscription)) == ["active", "renewed"]
    assert any("Renouvellement en ligne" in one.text for one in world.all(Event))
    world.database.close()
