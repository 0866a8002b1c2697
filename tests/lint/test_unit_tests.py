# SPDX-License-Identifier: GPL-2.0-or-later
"""Each source of the core has a unit test of its own name: test_frame_reader.cpp for frame_reader.cpp."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "dissector").glob("*.cpp"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_has_a_unit_test(source):
    test = ROOT / "tests" / "unit" / f"test_{source.name}"
    assert "\nTEST" in test.read_text()


def test_sources_are_found():
    assert len(SOURCES) > 20
