"""A real Chromium without a window, spoken to over its DevTools pipe, that tells all a page does."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from time import monotonic, sleep
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--font-render-hinting=none", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
_PATIENCE = 30


@dataclass
class Seen:
    """What a page did while it was opened: errors told, and addresses asked for beside its own."""

    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


class Browser:
    """One browser, one page at a time."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._last = 0
        self._rest = b""
        self._session = ""
        self._seen = Seen()
        self._loaded = False
        self._own = ""

    def open(self, page: Path | str, *, width: int = 1100, height: int = 900, **media: str) -> Seen:
        """Load a file, or an address, in a new page.

        `media` is what it is to believe: `media`, `color_scheme`.
        """
        self.close()
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        self.resize(width, height)
        self.believe(**media)
        self._seen, self._loaded = Seen(), False
        self._own = page if isinstance(page, str) else page.as_uri()
        self._ask("Page.navigate", url=self._own)
        return self._settled()

    def click(self, element: str) -> Seen:
        """Click what a selector finds first, and wait for the page that it brings."""
        self._seen, self._loaded = Seen(), False
        self.run(f"document.querySelector({json.dumps(element)}).click()")
        return self._settled()

    def _settled(self) -> Seen:
        """What the page did once it is loaded; what it does after that shows in the meantime."""
        self._until(lambda: self._loaded)
        sleep(0.2)  # the page itself may have no script
        self.run("0")
        return self._seen

    def close(self) -> None:
        """Leave the page."""
        if self._session:
            self._ask("Page.close")
            self._session = ""

    def resize(self, width: int, height: int) -> None:
        """The size of the window, in CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", **metrics)

    def believe(self, media: str = "", color_scheme: str = "light") -> None:
        """On what the page is shown: `media` may be print, `color_scheme` light or dark."""
        features = [{"name": "prefers-color-scheme", "value": color_scheme}]
        self._ask("Emulation.setEmulatedMedia", media=media, features=features)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def printed(self) -> bytes:
        """The page as a printer gets it, PDF."""
        found = self._ask("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        return base64.b64decode(found["data"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        number, answer = self._last, dict[str, Any]()
        message = {"id": number, "method": method, "params": parameters}
        if self._session and not method.startswith("Target."):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        self._until(lambda: bool(answer), number, answer)
        assert "error" not in answer, answer
        return dict(answer.get("result", {}))

    def _until(self, done: Any, number: int = 0, answer: dict[str, Any] | None = None) -> None:
        limit = monotonic() + _PATIENCE
        while not done():
            while b"\0" not in self._rest:
                assert select([self._read], [], [], max(limit - monotonic(), 0))[0], (
                    "Chromium answers no more"
                )
                chunk = os.read(self._read, 1 << 16)
                assert chunk, "Chromium has stopped"
                self._rest += chunk
            text, _, self._rest = self._rest.partition(b"\0")
            message = json.loads(text)
            if answer is not None and message.get("id") == number:
                answer.update(message)
            elif message.get("sessionId") == self._session:
                self._note(message.get("method", ""), message.get("params", {}))

    def _note(self, method: str, told: Mapping[str, Any]) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.exceptionThrown":
                self._seen.errors.append(str(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if told["type"] in {"error", "warning", "assert"}:
                self._seen.errors.append(str(told["args"]))
            case "Log.entryAdded" if told["entry"]["level"] in {"error", "warning"}:
                self._seen.errors.append(told["entry"]["text"])
            case "Network.requestWillBeSent":
                address = told["request"]["url"]
                if address != self._own and not address.startswith("data:"):
                    self._seen.asked.append(address)


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser of one's own, ended with the block."""
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()
    # Chromium's pipe is descriptors 3 and 4, which Python cannot hand over by number.
    script = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
    process = subprocess.Popen(
        [
            "bash", "-c", script, "bash", str(theirs_in), str(theirs_out),
            str(CHROMIUM), *_OPTIONS, f"--user-data-dir={profile}",
        ],
        pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs_in)
    os.close(theirs_out)
    browser = Browser(ours_in, ours_out)
    try:
        yield browser
        browser._ask("Browser.close")
        process.wait(_PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(ours_in)
        os.close(ours_out)
