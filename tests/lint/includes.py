# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom: the rooms of the house, read from the #include lines of the sources."""

import collections
import os
import pathlib
import re

# The rooms that a room may include, beside itself: entry -> flow -> subprotocols -> view, flow -> state; all -> wireshark -> dissector.
ROOMS = {
    "dissector": set(),
    "extcap": {"dissector"},
    "plugin/wireshark": {"dissector"},
    "plugin/state": {"plugin/wireshark", "dissector"},
    "plugin/view": {"plugin/wireshark", "dissector"},
    "plugin/taps": {"plugin/state", "plugin/wireshark", "dissector"},
    "plugin/subprotocols": {"plugin/view", "plugin/wireshark", "dissector"},
    "plugin/flow": {"plugin/subprotocols", "plugin/view", "plugin/state", "plugin/wireshark", "dissector"},
    "plugin/entry": {"plugin/flow", "plugin/taps", "plugin/subprotocols", "plugin/view", "plugin/state", "plugin/wireshark",
                     "dissector"},
}
MOST_LINES = 350
MOST_INCLUDES = 8
SEARCHED = ("", "plugin", "dissector", "extcap")  # below which the compiler looks for "..."


def sources(root):
    """The C++ files of the rooms, as paths below `root`."""
    return sorted(path.relative_to(root) for folder in ("dissector", "plugin", "extcap") for path in (root / folder).rglob("*")
                  if path.suffix in (".cpp", ".hpp", ".h", ".def"))


def room(path):
    """The room of a file: dissector, extcap, plugin/flow, …; plugin/entry.cpp may stand alone."""
    if path.parts[0] != "plugin":
        return path.parts[0]
    return "/".join(["plugin", path.with_suffix("").parts[1]])


def includes(root, path):
    """The files of the rooms that a file includes in quotes."""
    for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', (root / path).read_text(), re.M):
        for folder in (path.parent, *map(pathlib.Path, SEARCHED)):
            if (root / folder / name).is_file():
                yield pathlib.Path(os.path.normpath(folder / name))
                break


def circles(edges):
    """The groups of modules that include each other in a circle."""
    reached = {module: set(others) for module, others in edges.items()}
    for middle in reached:
        for others in reached.values():
            if middle in others:
                others |= reached[middle]
    return sorted({tuple(sorted(other for other in others if module in reached.get(other, ())))
                   for module, others in reached.items() if module in others})


def faults(root):
    """A sentence for each include, size and circle that breaks the rules."""
    found, edges = [], collections.defaultdict(set)
    for path in sources(root):
        if room(path) not in ROOMS:
            found.append(f"{path}: is in no room of the table")
            continue
        included = set(includes(root, path))
        for other in sorted(included):
            if room(other) != room(path) and room(other) not in ROOMS[room(path)]:
                found.append(f"{path}: includes {other}, but {room(path)} may not include {room(other)}")
            edges[path.with_suffix("")].update({other.with_suffix("")} - {path.with_suffix("")})
        if path.parts[0] == "plugin":
            if (root / path).read_text().count("\n") > MOST_LINES:
                found.append(f"{path}: has more than {MOST_LINES} lines")
            if sum(other.parts[0] == "plugin" for other in included) > MOST_INCLUDES:
                found.append(f"{path}: includes more than {MOST_INCLUDES} files of plugin/")
    return found + ["these include each other in a circle: " + ", ".join(map(str, circle)) for circle in circles(edges)]
