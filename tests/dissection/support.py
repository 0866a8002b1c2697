# SPDX-License-Identifier: GPL-2.0-or-later
"""Running tshark with the plugin that was built, and reading what it says.

    cases = Cases()

    @cases
    def hello(tcp):
        tcp.upgrade()
        tcp.client(text("hello", mask=KEY))
        return Truth(client=["hello"])

    @cases.parametrize
    def test_case(case, run):
        cases.check(case, run)

All cases of a module are connections of one capture, so that a module costs one start of tshark per run: the same
bytes are cut into segments in several ways and read in one pass or two, and must give the same facts every time.
"""

import copy
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile
from dataclasses import dataclass, field

import pytest

from builder import Capture

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WS_BUILD_DIR", ROOT / "build"))
NOBODY = 65534  # as root Wireshark ignores WIRESHARK_PLUGIN_DIR
# With a plugin that was built with sanitizers: the library that must come first in the process.
SANITIZER = os.environ.get("WS_SANITIZER")
TIMEOUT = 1200 if SANITIZER else 120  # seconds; a run takes one or two
NOTE, WARNING = 0x400000, 0x600000  # of _ws.expert.severity

CLIENT, SERVER = "client", "server"

# Packets with something to say; in a capture of one byte per segment most have nothing.
FACTS = ("ws.opcode or ws.handshake.type or ws.undecoded or ws.violation or ws.diagnosis or _ws.malformed "
         f"or _ws.expert.severity >= {WARNING}")
LAYERS = "frame tcp http ws websocket _ws.malformed"

# What depends on how the bytes were cut, or is known from the second pass on.
VOLATILE = {"ws.message.goes_on_in", "ws.fragment", "ws.segments", "ws.segment", "ws.segment.count", "ws.reassembled_in", "ws.pong_in", "ws.ping_in",
            "ws.rtt", "ws.close_in", "ws.leg", "ws.handshake.request_in", "ws.handshake.response_in", "ws.handshake.time",
            "ws.diagnosis.explanation", "ws.diagnosis.seen", "ws.diagnosis.cause", "ws.diagnosis.about", "_ws.expert.message"}


# ---- running ----------------------------------------------------------------

@functools.cache
def scratch():
    """A folder for captures that tshark may read, removed at the end."""
    folder = tempfile.TemporaryDirectory(prefix="ws-dissection-")
    os.chmod(folder.name, 0o755)
    scratch.keep = folder
    return pathlib.Path(folder.name)


def run(program, *arguments, plugins=BUILD / "plugins", stdin=None, limit=None, check=True, strict=False):
    """Runs one of Wireshark's programs as an ordinary user without preferences; returns the finished process.

    plugins: the folder with the plugins, or None for Wireshark as it comes. limit: called in the new process.
    strict: a bug that Wireshark catches, or memory used after it was freed, ends the program.
    """
    with tempfile.TemporaryDirectory(dir=scratch()) as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if strict:
            environment |= {"WIRESHARK_ABORT_ON_DISSECTOR_BUG": "1", "MALLOC_PERTURB_": "165", "MALLOC_CHECK_": "3"}
        if plugins:
            environment["WIRESHARK_PLUGIN_DIR"] = str(plugins)
        if SANITIZER and plugins:
            # Leaks are Wireshark's at its end. It and GLib have memory of their own, in which the sanitizer sees no end of a block.
            environment |= {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1", "WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple",
                            "G_SLICE": "always-malloc"}
            environment.pop("MALLOC_PERTURB_", None)
            limit = None  # its shadow is terabytes
            program, arguments = "env", (f"LD_PRELOAD={SANITIZER}", program, *arguments)
        prefix = []
        if os.geteuid() == 0:
            os.chown(home, NOBODY, NOBODY)
            prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        done = subprocess.run([*prefix, program, *map(str, arguments)], env=environment, input=stdin, cwd=home,
                              capture_output=True, timeout=TIMEOUT, preexec_fn=limit)
    if check:
        assert done.returncode == 0, f"{program} ended with {done.returncode}: {done.stderr.decode()[-2000:]}"
    return done


def asked(path, *requests):
    """What sharkd, which does as the GUI, answers after it has loaded the file."""
    calls = [{"method": "load", "params": {"file": str(path)}}, *requests]
    lines = "".join(json.dumps({"jsonrpc": "2.0", "id": number} | call) + "\n" for number, call in enumerate(calls, 1))
    return [json.loads(line)["result"] for line in run("sharkd", "-", stdin=lines.encode()).stdout.splitlines()][1:]


def tshark(capture, *arguments, **options):
    """What tshark prints about a capture file, as text."""
    return run("tshark", "-r", capture, *arguments, **options).stdout.decode(errors="replace")


def fields(capture, names, *arguments, shown="ws", **options):
    """One list of values per field and packet that the filter shows: [[values of names[0], ...], ...]."""
    wanted = [argument for name in names for argument in ("-e", name)]
    out = tshark(capture, "-Y", shown, "-T", "fields", *wanted, "-E", "separator=\x1e", "-E", "aggregator=\x1f",
                 "-E", "occurrence=a", *arguments, **options)
    if WIRESHARK >= (4, 4):
        out = out.replace("\\\\", "\\")  # it writes a backslash twice, others once
    return [[value.split("\x1f") if value else [] for value in line.split("\x1e")] for line in out.split("\n")[:-1]]


def wireshark_version():
    return tuple(map(int, re.search(r"(\d+)\.(\d+)", run("tshark", "--version").stdout.decode()).groups()))


def packets_matching(capture, display_filter, *arguments, **options):
    """The numbers of the packets that a display filter shows."""
    out = tshark(capture, "-Y", display_filter, "-T", "fields", "-e", "frame.number", *arguments, **options)
    return [int(line) for line in out.split()]


def save(capture, segmentation=None):
    """Writes a Capture where tshark can read it."""
    handle, path = tempfile.mkstemp(dir=scratch(), suffix=".pcap")
    os.close(handle)
    os.chmod(path, 0o644)
    return pathlib.Path(capture.write(path, segmentation))


WIRESHARK = wireshark_version()
YES, NO = ("True", "False") if WIRESHARK >= (4, 4) else ("1", "0")  # as -T fields writes them
NUL = r"\0" if WIRESHARK >= (4, 4) else "␀"  # likewise; before 4.4 no field can hold it


# ---- reading ----------------------------------------------------------------

class Tree:
    """A part of tshark's JSON. Keys repeat, and their order counts."""

    def __init__(self, pairs):
        self.pairs = pairs

    def walk(self):
        """Every (name, value) below, in order."""
        for name, value in self.pairs:
            if isinstance(value, Tree):
                yield from value.walk()
            else:
                yield name, value

    def all(self, name):
        return [value for key, value in self.walk() if key == name]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def names(self):
        for name, value in self.pairs:
            yield name
            if isinstance(value, Tree):
                yield from value.names()

    def children(self, name):
        return [value for key, value in self.pairs if key == name and isinstance(value, Tree)]

    def experts(self):
        """(field, message, severity) of every expert info below."""
        for name, value in self.pairs:
            if isinstance(value, Tree):
                if name == "_ws.expert":
                    yield value.pairs[0][0], value.get("_ws.expert.message"), int(value.get("_ws.expert.severity"))
                else:
                    yield from value.experts()

    def message(self):
        """Of a ws layer that completes a message: its text (str) or data (bytes), None if it was not decoded."""
        text, data = self.get("ws.message.text"), self.get("ws.message.data")
        if text is None and data is None and self.get("ws.message.length") == "0":
            return b""
        return text if text is not None else None if data is None else unhex(data)


def unhex(shown):
    return bytes.fromhex(shown.replace(":", ""))


class Packet:
    def __init__(self, layers):
        self.tree = layers
        self.number = int(layers.get("frame.number"))
        self.stream = int(layers.get("tcp.stream") or 0)
        self.ws = layers.children("ws")

    def only(self, stream):
        """The same packet with one WebSocket connection's layers; HTTP/2 carries several."""
        packet = copy.copy(self)
        packet.ws = [layer for layer in self.ws if int(layer.get("ws.stream")) == stream]
        return packet


class Stream:
    """One TCP connection."""

    def __init__(self, packets):
        self.packets = packets
        self.layers = [layer for packet in packets for layer in packet.ws]

    def handshakes(self):
        return [layer for layer in self.layers if layer.get("ws.handshake.type")]

    def frames(self, side):
        wanted = {CLIENT: "0", SERVER: "1"}[side]
        return [layer for layer in self.layers if layer.get("ws.opcode") and layer.get("ws.direction") == wanted]

    def messages(self, side):
        return [layer.message() for layer in self.frames(side) if layer.get("ws.message.number")]

    def all(self, name):
        return [value for layer in self.layers for value in layer.all(name)]

    def experts(self):
        """The names of expert infos, but for those of TCP, HTTP's on every message, and diagnoses."""
        found = [expert for packet in self.packets for expert in packet.tree.experts()]
        return [name for name, _, severity in found if severity >= NOTE and not name.startswith(("tcp.", "ws.diagnosis."))]

    def malformed(self):
        return [packet.number for packet in self.packets if "_ws.malformed" in packet.tree.names()]

    def facts(self):
        """Everything that the bytes say, however they were cut: all fields of each half of the handshake and frame."""
        return {side: [[pair for pair in layer.walk() if pair[0] not in VOLATILE] for layer in layers]
                for side, layers in [("handshake", self.handshakes()), (CLIENT, self.frames(CLIENT)),
                                     (SERVER, self.frames(SERVER))]}


def dissect(capture, *arguments, layers=LAYERS, shown=FACTS):
    """The packets of a capture file that have something to say about WebSocket."""
    text = tshark(capture, "-Y", shown, "-T", "json", "-J", layers, *arguments)
    return [Packet(dict(packet.pairs)["_source"].children("layers")[0])
            for packet in json.loads(text, object_pairs_hook=Tree, strict=False)]


def streams(capture, *arguments, **options):
    """The connections of a capture file by tcp.stream."""
    found = {}
    for packet in dissect(capture, *arguments, **options):
        found.setdefault(packet.stream, []).append(packet)
    return {number: Stream(packets) for number, packets in found.items()}


# ---- comparing --------------------------------------------------------------

def matches(expected, layer, name):
    """Does a field have the value (int, bool, str, bytes), the values (list), or is it absent (None, and no bytes)?"""
    if isinstance(expected, list):
        values = layer.all(name)
        return len(values) == len(expected) and all(map(same, expected, values))
    value = layer.get(name)
    return value is None if expected in (None, b"") else value is not None and same(expected, value)


def same(expected, value):
    if isinstance(expected, bytes):
        return unhex(value) == expected
    if isinstance(expected, int):
        return int(value, 0) == expected
    return value == expected


def assert_fields(layer, expected):
    wrong = {name: layer.all(name) for name, value in expected.items() if not matches(value, layer, name)}
    assert not wrong, f"expected {({name: expected[name] for name in wrong})}"


@dataclass
class Truth:
    """What a connection was built from."""

    client: list = field(default_factory=list)  # messages: str, bytes, or None for one that cannot be decoded
    server: list = field(default_factory=list)
    frames: dict = field(default_factory=dict)  # by side: for each frame the fields to compare
    handshakes: list | None = None              # for each half the fields to compare
    violations: list = field(default_factory=list)
    undecoded: list = field(default_factory=list)
    diagnoses: list = field(default_factory=list)
    others: list = field(default_factory=list)  # expert infos of other dissectors

    def check(self, stream):
        assert stream.messages(CLIENT) == self.client
        assert stream.messages(SERVER) == self.server
        for side, frames in self.frames.items():
            found = stream.frames(side)
            assert len(found) == len(frames)
            for layer, expected in zip(found, frames):
                assert_fields(layer, expected)
        if self.handshakes is not None:
            assert len(stream.handshakes()) == len(self.handshakes)
            for layer, expected in zip(stream.handshakes(), self.handshakes):
                assert_fields(layer, expected)
        assert sorted(stream.all("ws.violation")) == sorted(self.violations)
        assert sorted(stream.all("ws.undecoded")) == sorted(self.undecoded)
        # The cases are connections of one server, which ends some of them in the same second.
        assert sorted(name for name in stream.all("ws.diagnosis") if name != "ended_together") == sorted(self.diagnoses)
        assert sorted(stream.experts()) == sorted([*("ws.violation." + v for v in self.violations), *self.others])
        assert not stream.malformed()


PLAIN = ("asis", 1)
RUNS = [PLAIN, ("asis", 2), ("coalesced", 1), ("coalesced", 2), (7, 2), ("bytes", 1), ("bytes", 2)]


class Cases:
    """Conversations with their truth, by name, each on a connection of its own."""

    def __init__(self, preferences=(), runs=RUNS, **capture):
        self.functions, self.options, self.capture = {}, {}, capture
        self.arguments = [argument for preference in preferences for argument in ("-o", preference)]
        self.runs = runs
        self.dissected = {}

    def __call__(self, function, name=None, **options):
        """Adds a function that talks over the TCP connection it gets, and returns the Truth."""
        name = name or function.__name__
        assert name not in self.functions, f"two cases are called {name}"
        self.functions[name], self.options[name] = function, options
        return function

    def on(self, **options):
        """The same for a connection with options of Capture.tcp()."""
        return functools.partial(self, **options)

    def add(self, name, function, **options):
        self(function, name, **options)

    def build(self):
        capture = Capture(**self.capture)
        truths = {name: function(capture.tcp(**self.options[name])) for name, function in self.functions.items()}
        return capture, truths

    def dissect(self, run):
        """({name: stream}, {name: truth}); every run happens once."""
        if run not in self.dissected:
            segmentation, passes = run
            capture, truths = self.build()
            found = streams(save(capture, segmentation), *self.arguments, *["-2"] * (passes - 1))
            names = {name: found.get(i, Stream([])) for i, name in enumerate(self.functions)}
            self.dissected[run] = names, truths
        return self.dissected[run]

    def stream(self, name, run=PLAIN):
        return self.dissect(run)[0][name]

    def parametrize(self, test):
        ids = [f"{segmentation}-{passes}" for segmentation, passes in self.runs]
        return pytest.mark.parametrize("run", self.runs, ids=ids)(
            pytest.mark.parametrize("case", self.functions)(test))

    def check(self, case, run):
        """The truth was found, and exactly the same as with other segments and passes."""
        found, truths = self.dissect(run)
        truths[case].check(found[case])
        assert found[case].facts() == self.stream(case).facts()
