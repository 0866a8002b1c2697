# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/lint/longjmp.py finds every object with a destructor across a call that may not return, and nothing else."""

import longjmp
import pytest

BEGINNING = """
struct Guard { ~Guard(); int value; };
extern "C" int throws(int);
extern "C" int returns(int);
"""


def found(tmp_path, text):
    """The way from each faulty call to throws(), for a source of the plugin with this text."""
    source = tmp_path / "planted.cpp"
    source.write_text(BEGINNING + text)
    words = ["g++", "-std=c++20", "-O0", "-fPIC"]
    longjmp_root, longjmp.ROOT = longjmp.ROOT, tmp_path
    try:
        calls = list(longjmp.read(source, longjmp.assembly(source, words)))
    finally:
        longjmp.ROOT = longjmp_root
    return [longjmp.readable(way) for way in longjmp.faults(calls, {"throws"})]


@pytest.mark.parametrize("text, way", [
    ("int f() { Guard g; return throws(1); }", "f() -> throws"),
    ("int f() noexcept { Guard g; return throws(1); }", "f() -> throws"),
    ("int f() { Guard g; try { return throws(1); } catch (...) { return 0; } }", "f() -> throws"),
    ("namespace { int g() { return throws(1); } } int f() { Guard x; return g(); }", "f() -> (anonymous namespace)::g() -> throws"),
    ("inline int g() noexcept { return throws(1); } int f() { Guard x; return g(); }", "f() -> g() -> throws"),
    ("int f() { static int once = throws(1); return once; }", "f() -> throws"),
    ("int f() { return [](Guard) { return throws(1); }({}); }", "f() -> f()::{lambda(Guard)#1}::operator()(Guard) const -> throws"),
])
def test_a_destructor_that_would_be_skipped(tmp_path, text, way):
    assert found(tmp_path, text) == [way]


@pytest.mark.parametrize("text", [
    "int f() { int n; { Guard g; n = g.value; } return throws(n); }",
    "int f() { Guard g; return returns(1); }",
    "int f() { const int n = throws(1); Guard g; return n; }",
    "struct Plain { int value; }; int f() { Plain p{1}; return throws(p.value); }",
    "Guard whole; int f() { return throws(whole.value); }",
])
def test_a_destructor_that_runs(tmp_path, text):
    assert found(tmp_path, text) == []
