"""The bill of materials of what is installed to run the console, from its lock and the packages' metadata.

`python .ci/bom.py` writes bom.cdx.json (CycloneDX 1.6) and LICENCES.md. The same lock gives the same files.
"""

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_UNKNOWN = "non déclarée"
_ELSEWHERE = {"colorama": "BSD-3-Clause"}
"""What only another system installs (Windows)."""


def locked(text: str) -> list[tuple[str, str, list[str]]]:
    """Name, version and hashes of each package of a lock file."""
    pins = [*_PIN.finditer(text)]
    ends = [pin.start() for pin in pins[1:]] + [len(text)]
    return [
        (pin[1].lower(), pin[2], _HASH.findall(text, pin.end(), end))
        for pin, end in zip(pins, ends, strict=True)
    ]


def licence(name: str) -> str:
    """What the package says of itself: its expression, else its classifiers, else its field."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return _ELSEWHERE.get(name, _UNKNOWN)
    if expression := said.get("License-Expression"):
        return str(expression)
    classified = [
        one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    field = (said.get("License") or "").strip().split("\n")[0]
    return " ; ".join(classified) or field[:60] or _UNKNOWN


def bill(version: str, packages: list[tuple[str, str, list[str]]]) -> dict[str, Any]:
    """CycloneDX, in the order of the lock; nothing in it depends on the day or the machine."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{number}",
            "name": name,
            "version": number,
            "purl": f"pkg:pypi/{name}@{number}",
            "licenses": [{"license": {"name": licence(name)}}],
            "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
        }
        for name, number, hashes in packages
    ]
    whole = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, whole)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "hotliner",
                "name": "hotliner",
                "version": version,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": "hotliner", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def main() -> None:
    """Write both files."""
    packages = locked((ROOT / "requirements.lock").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = json.dumps(bill(project["version"], packages), ensure_ascii=False, indent=1)
    (ROOT / "bom.cdx.json").write_text(text + "\n", "utf-8")
    rows = [f"| {name} | {number} | {licence(name)} |" for name, number, _ in packages]
    head = ["# Licences de ce qui est installé avec la console", ""]
    head += ["Écrit par `make bom`, du fichier `requirements.lock`.", ""]
    head += ["| paquet | version | licence |", "| --- | --- | --- |"]
    (ROOT / "LICENCES.md").write_text("\n".join([*head, *rows]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
