#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Find objects with a destructor that are alive across a call that Wireshark may leave by longjmp.

    tests/lint/longjmp.py [BUILD_FOLDER]    the sources of plugin/ as that build compiles them (build/ by default)

Wireshark's exceptions are longjmp(): they run no destructor, so that what a std::vector holds is lost, and a static that was
being made is never made again. For each call the compiler writes down where to go on if a C++ exception leaves it (the table of
call sites in .gcc_except_table): a landing pad there means that something would have to be destroyed. This reads the tables from
the assembly of each file and names every call with a landing pad that reaches a function of libwireshark, directly or through
functions of the plugin.

Nothing is inlined (-O0), so that each call is found in the function that has it; and noexcept is taken out of our sources before,
since the compiler writes no landing pad for what a C++ exception cannot leave. Calls through pointers are not followed.
"""

import collections
import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Of libwireshark, what registers, looks up, names or counts: it reads no packet and calls no dissector. The compiler of display
# filters catches its own exceptions, and so does the GUI when the plugin asks it for a filter.
HARMLESS = re.compile(r"(register|find|conversation|wmem|proto_register|proto_registrar|expert_register|prefs_register"
                      r"|create_dissector|dissector_(add|change|get|handle|table)|p_get_proto|address_to|stats_tree"
                      r"|add_(conversation|endpoint)_table|dfilter|plugin_if|follow_info|get_follow|remove_tap|stat_tap)_")
LOCATION = re.compile(r'# \d+ "(.*?)"')
CALL = re.compile(r"\t(?:call|jmp)\t([A-Za-z_]\w*)(?:@PLT)?$")


def commands(build):
    """(source, words of the command) of each file of the plugin."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if source.is_relative_to(ROOT / "plugin"):
            words = shlex.split(entry["command"])
            yield source, words[:words.index("-o")] + ["-O0", "-g0", "-w"]


def without_noexcept(text):
    """Preprocessed text; noexcept goes from what comes from our own files."""
    ours, lines = False, []
    for line in text.splitlines():
        if location := LOCATION.match(line):
            ours = location[1].startswith(str(ROOT))
        lines.append(re.sub(r"\bnoexcept\b(?!\s*\()", "", line) if ours else line)
    return "\n".join(lines)


def assembly(source, words):
    """What the compiler makes of one source."""
    text = subprocess.run([*words, "-E", source], check=True, capture_output=True, text=True).stdout
    return subprocess.run([*words, "-x", "c++-cpp-output", "-S", "-o", "-", "-"], input=without_noexcept(text), check=True,
                          capture_output=True, text=True).stdout


def read(source, text):
    """(function, callee, is there a landing pad) of each call in the assembly of one file."""
    shared = set(re.findall(r"\t\.(?:globl|weak)\t(\w+)", text))
    defined = set(re.findall(r"^(\w+):", text, re.M))

    def name(symbol):
        return (source, symbol) if symbol in defined - shared else symbol

    pads = {begin for begin, pad in re.findall(r"\t\.uleb128 (\.LEHB\d+)-\.LFB\d+\n\t\.uleb128 \S+\n\t\.uleb128 (\S+)\n", text)
            if pad != "0"}
    function = region = None
    for line in text.splitlines():
        if label := re.match(r"(\w+):", line):
            function = name(label[1])
        elif begin := re.match(r"(\.LEHB\d+):", line):
            region = begin[1]
        elif line.startswith(".LEHE"):
            region = None
        elif call := CALL.match(line):
            yield function, name(call[1]), region in pads


def libwireshark():
    """The functions that libwireshark exports."""
    folder = subprocess.run(["pkg-config", "--variable=libdir", "wireshark"], check=True, capture_output=True, text=True).stdout
    names = subprocess.run(["nm", "-D", "--defined-only", pathlib.Path(folder.strip()) / "libwireshark.so"], check=True,
                           capture_output=True, text=True).stdout
    return {line.split()[2].split("@")[0] for line in names.splitlines() if line.split()[1] == "T"}


def faults(calls, throwing):
    """The calls with a landing pad from which a function of `throwing` is reached: the names from the caller on."""
    callers = collections.defaultdict(set)
    for function, callee, _ in calls:
        callers[callee].add(function)
    ways = {name: [name] for name in throwing}
    waiting = collections.deque(ways)
    while waiting:
        callee = waiting.popleft()
        for function in callers[callee]:
            if function not in ways:
                ways[function] = [function, *ways[callee]]
                waiting.append(function)
    return [[function, *ways[callee]] for function, callee, pad in calls if pad and callee in ways]


def readable(names):
    symbols = [name if isinstance(name, str) else name[1] for name in names]
    shown = subprocess.run(["c++filt", *symbols], check=True, capture_output=True, text=True).stdout.splitlines()
    return " -> ".join(shown)


def main(arguments):
    build = pathlib.Path(arguments[0] if arguments else ROOT / "build")
    compiled = dict(commands(build))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        texts = pool.map(assembly, compiled, compiled.values())
        calls = [call for source, text in zip(compiled, texts) for call in read(source, text)]
    if not calls:
        sys.exit(f"{build} has no compile commands of the plugin")
    found = faults(calls, {name for name in libwireshark() if not HARMLESS.match(name)})
    for way in found:
        print("a destructor is skipped if Wireshark throws:", readable(way))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
