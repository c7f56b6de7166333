"""What every test shares."""

import os


def pytest_xdist_auto_num_workers() -> int:
    """Half as many workers again as there are cores: tests in a terminal mostly wait for what it shows."""
    cores = os.cpu_count() or 1
    return cores + cores // 2
