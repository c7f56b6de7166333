"""What is installed is known: each locked package has its hashes, its licence and its line in the bill."""

import json
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
BOM = runpy.run_path(str(ROOT / ".ci" / "bom.py"))


def test_each_package_is_in_the_list_of_licences_and_in_the_bill() -> None:
    packages = BOM["locked"](LOCK)
    listed = [line.split(" | ") for line in (ROOT / "LICENCES.md").read_text("utf-8").splitlines()[6:]]
    assert [(row[0].strip("| "), row[1]) for row in listed] == [
        (name, version) for name, version, _ in packages
    ]
    assert all(hashes for _, _, hashes in packages)
    bill = BOM["bill"]("1", packages)
    assert bill == BOM["bill"]("1", packages)
    assert [one["purl"] for one in bill["components"]] == [f"pkg:pypi/{n}@{v}" for n, v, _ in packages]
    assert "non déclarée" not in json.dumps(bill, ensure_ascii=False)
