# SPDX-License-Identifier: GPL-2.0-or-later
"""What the pages name is there."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"]
FOLDERS = ("dissector", "plugin", "extcap", "tests", "captures", "packaging", "docs", ".ci", "dev")


def named(text):
    """The files and folders below the root that a page names: in backticks, in blocks of code, as links."""
    for word in re.findall(r"[\w./*-]+", text):
        path = word.removeprefix("./").rstrip(".")
        if path.split("/")[0] in FOLDERS and ("/" in path or path == "dev") and not re.search(r"[A-Z]{4}", path.split("/")[-1]):
            yield path


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page):
    paths = set(named((ROOT / page).read_text()))
    assert len(paths) > 2
    assert [path for path in sorted(paths) if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_task_that_a_page_names_is_there(page):
    tasks = set(re.findall(r"^([a-z]+)\)", (ROOT / "dev").read_text(), re.M))
    assert tasks and set(re.findall(r"\./dev ([a-z]+)", (ROOT / page).read_text())) <= tasks


def test_contributing_tells_every_task():
    tasks = set(re.findall(r"^([a-z]+)\)", (ROOT / "dev").read_text(), re.M))
    assert tasks == set(re.findall(r"\./dev ([a-z]+)", (ROOT / "CONTRIBUTING.md").read_text()))
