# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

pytest.register_assert_rewrite("support")

import support  # noqa: E402


def pytest_configure():
    """Without the plugin every test would fail for a reason that is hard to see."""
    protocols = support.run("tshark", "-G", "protocols").stdout.decode()
    if not any(line.split("\t")[2] == "ws" for line in protocols.splitlines()):  # newer releases add columns
        pytest.exit(f"tshark does not load the plugin from {support.BUILD}; build it, or set WS_BUILD_DIR", 2)
