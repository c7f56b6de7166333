"""The monthly report as Chromium shows and prints it: silent, legible by day and by night, whole on A4."""

import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from console.base.clock import frozen_at
from console.context import Context
from console.figures.report import ReportService
from tests.readers.browser import CHROMIUM, Browser, Seen, chromium
from tests.screens.shown import shown
from tests.world import REFUSAL, World, paris

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium manque : apt-get install chromium")
on_paper = pytest.mark.skipif(
    not (shutil.which("pdfinfo") and shutil.which("pdftotext")),
    reason="Les outils PDF manquent : apt-get install poppler-utils",
)
NOW = paris("2025-12-20T14:00")
HOSTILE = "</blockquote><script>throw 1</script><img src=http://127.0.0.1:9/x.png> {{ 7*7 }} À l’été, où ? "
LONG = HOSTILE + "x" * 150 + " " + "C’est une longue explication, qui dit tout. " * 60
A4 = (595, 842)
"""In points, rounded."""
MARGIN = 14
"""In points: 5 mm, beyond which printers do not print."""


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A month as usual, one without anything, one with a single refusal, one with too much of everything."""
    folder = tmp_path_factory.mktemp("pages")
    demo = replace(shown().ctx, clock=frozen_at(NOW))
    one, many = refusals(folder / "one.db", 1), refusals(folder / "many.db", 8)
    months: dict[str, tuple[Context, date]] = {
        "usual": (demo, date(2025, 12, 1)),
        "empty": (demo, date(2025, 3, 1)),
        "single": (one, date(2025, 12, 1)),
        "full": (many, date(2025, 12, 1)),
    }
    for name, (ctx, first) in months.items():
        ReportService(ctx).write(first, folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in months}


def refusals(file: Path, number: int) -> Context:
    """So many refusals, each for another reason, whose clients say what nobody should."""
    world = World(file, paris("2025-12-19T10:00"))
    said = REFUSAL[-2].partition("=")[0]
    for n, reason in zip(range(1, number + 1), world.context.content.data.reasons.codes, strict=False):
        client = world.add(f"CLT-{n:05d}", email=f"c{n}@example.org")
        world.walk(world.begin(client), *REFUSAL[:-2], f"{said}= {n} {LONG}", REFUSAL[-1])
        if reason != "PRIX":
            world.services.review.recode(n, reason)
    return world.context


def write(folder: Path, body: str, head: str = "") -> Path:
    path = folder / "page.html"
    path.write_text(
        f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{head}<body>{body}', "utf-8"
    )
    return path


# -- what it does --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["usual", "empty", "single", "full"])
def test_it_asks_for_nothing_and_tells_no_error(
    browser: Browser, pages: Mapping[str, Path], name: str
) -> None:
    assert browser.open(pages[name]) == Seen()
    assert browser.run("document.querySelectorAll('script, img, iframe, link[rel=stylesheet]').length") == 0
    assert browser.run("document.querySelectorAll('tbody tr').length") == 10


@pytest.mark.parametrize(
    ("body", "error", "asked"),
    [
        ("<script>throw new Error('raté')</script>", "raté", ""),
        ("<script>console.error('plainte')</script>", "plainte", ""),
        ("<script>setTimeout(() => undefined_name, 50)</script>", "undefined_name", ""),
        ("<img src='http://127.0.0.1:9/pixel.png'>", "ERR_", "http://127.0.0.1:9/pixel.png"),
        ("<style>@import 'http://127.0.0.1:9/a.css'</style>", "", "http://127.0.0.1:9/a.css"),
        ("<script>setTimeout(() => fetch('http://127.0.0.1:9/'), 50)</script>", "", "http://127.0.0.1:9/"),
        ("<p>bonjour</p>", "", ""),
    ],
)
def test_what_a_page_does_wrong_would_be_seen(
    browser: Browser, tmp_path: Path, body: str, error: str, asked: str
) -> None:
    seen = browser.open(write(tmp_path, body))
    assert any(error in one for one in seen.errors) == bool(error or asked)
    assert seen.asked == ([asked] if asked else [])


def test_its_policy_stops_what_would_be_added(
    browser: Browser, pages: Mapping[str, Path], tmp_path: Path
) -> None:
    page = pages["usual"].read_text("utf-8")
    path = tmp_path / "page.html"
    path.write_text(page.replace("<main>", "<main><script>document.title = 'pris'</script>"), "utf-8")
    seen = browser.open(path)
    assert any("Content Security Policy" in one for one in seen.errors)
    assert browser.run("document.title") == "Renouvellements, décembre 2025"


# -- how it looks --------------------------------------------------------------------------------------

CONTRAST = """(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.04045
    ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const behind = one => { for (; one; one = one.parentElement) {
    const found = rgb(getComputedStyle(one).backgroundColor); if (found[3] === 255) return light(found); }
    return 1; };
  const poor = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) { const node = walker.currentNode, one = node.parentElement;
    if (!node.data.trim() || one.matches("script, style")) continue;
    const [a, b] = [light(rgb(getComputedStyle(one).color)), behind(one)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(node.data.trim()); }
  return {poor, page: behind(document.body)}; })()"""
"""Texts that stand out too little from what is behind them, and how light the page is, from 0 to 1."""

CUT = """(() => {
  const cut = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const head = document.querySelector("thead");
  const stacked = head && getComputedStyle(head).position === "absolute";
  while (walker.nextNode()) { const node = walker.currentNode, range = document.createRange();
    if (!node.data.trim() || node.parentElement.matches("script, style")) continue;
    if (stacked && head.contains(node)) continue;
    range.selectNodeContents(node);
    for (const box of range.getClientRects())
      if (box.left < 0 || box.right > innerWidth + 0.5) cut.push(node.data.trim()); }
  if (document.documentElement.scrollWidth > innerWidth) cut.push("page");
  return cut; })()"""
"""Texts that leave the window on a side; « page » when it scrolls sideways."""


@pytest.mark.parametrize("name", ["usual", "empty", "full"])
def test_it_is_legible_by_day_by_night_and_on_any_window(
    browser: Browser, pages: Mapping[str, Path], name: str
) -> None:
    browser.open(pages[name])
    for scheme, media, dark in (("light", "", False), ("dark", "", True), ("dark", "print", False)):
        browser.believe(media, scheme)
        found = browser.run(CONTRAST)
        assert found["poor"] == []
        assert (found["page"] < 0.1) if dark else (found["page"] > 0.9)
    browser.believe()
    for width in (1600, 1000, 760, 600, 360):
        browser.resize(width, 900)
        assert browser.run(CUT) == [], width


def test_what_is_pale_or_cut_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    path = write(tmp_path, "<p style='color:#999'>pâle<p>net<p style='width:3000px;text-align:right'>loin")
    browser.open(path)
    assert browser.run(CONTRAST)["poor"] == ["pâle"]
    assert browser.run(CUT) == ["loin", "page"]


# -- on paper ------------------------------------------------------------------------------------------


def printed(browser: Browser, folder: Path) -> tuple[set[tuple[int, int]], list[str], Counter[str]]:
    """The sizes of the sheets, the words outside the margins, and how often each character is there."""
    (folder / "page.pdf").write_bytes(browser.printed())
    info = subprocess.run(
        ["pdfinfo", "-l", "-1", "page.pdf"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    sizes = {
        (round(float(width)), round(float(height)))
        for width, height in re.findall(r"Page +\d+ size: +([\d.]+) x ([\d.]+)", info)
    }
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "page.pdf", "-"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    width, height = A4
    words = [
        (float(left), float(top), float(right), float(bottom), unescape(word))
        for left, top, right, bottom, word in re.findall(
            r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>', boxes
        )
    ]
    outside = [
        word
        for left, top, right, bottom, word in words
        if left < MARGIN or top < MARGIN or right > width - MARGIN or bottom > height - MARGIN
    ]
    return sizes, outside, characters("".join(word for *_, word in words))


def characters(text: str) -> Counter[str]:
    return Counter("".join(unicodedata.normalize("NFKC", text).split()))


@on_paper
@pytest.mark.parametrize("name", ["usual", "empty", "single", "full"])
def test_it_prints_whole_on_a4(
    browser: Browser, pages: Mapping[str, Path], tmp_path: Path, name: str
) -> None:
    browser.open(pages[name], color_scheme="dark")
    browser.believe("print", "dark")
    text = browser.run("document.body.innerText")
    sizes, outside, there = printed(browser, tmp_path)
    assert sizes == {A4}
    assert outside == []
    assert characters(text) - there == Counter()


@on_paper
def test_what_would_not_fit_on_the_sheet_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    browser.open(write(tmp_path, "<p>lettre"))
    assert printed(browser, tmp_path)[0] == {(612, 792)}
    a4 = "<style>@page { size: A4; margin: 0 } body { margin: 0 }</style>"
    browser.open(write(tmp_path, "<p>bord", a4))
    assert printed(browser, tmp_path)[:2] == ({A4}, ["bord"])
    browser.open(write(tmp_path, "<div style='overflow:hidden;height:1em'>vu<br><br>caché</div>", a4))
    assert characters("vucaché") - printed(browser, tmp_path)[2] == characters("caché")
