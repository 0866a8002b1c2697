# SPDX-License-Identifier: GPL-2.0-or-later
"""The ground of the recordings of endings: namespaces, dumpcap, programs with their logs, and the truth taken from the logs.

    @recording("ws on Node.js", "what happens")
    def some_name(scene):
        server = scene.start("ws_server.js", 8080)
        ...
        scene.ended(40001, 8080, "server", "fin", "pong_timeout", "Why.", (server, r"a line of the log"))
"""

import contextlib
import importlib.machinery
import importlib.util
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
ENDINGS = HERE.parents[2] / "captures" / "endings"
RUNTIMES = {".py": ["/usr/bin/python3", "-u"], ".js": ["node"]}

loader = importlib.machinery.SourceFileLoader("record", str(HERE.parent / "record"))
record = importlib.util.module_from_spec(importlib.util.spec_from_loader("record", loader))
loader.exec_module(record)

RECORDINGS = {}
numbers = itertools.count()


def recording(software, **options):
    """Enter a function as a recording by its name. Names in braces are those whose version record knows.

    path: three namespaces (client, router, server) instead of one; at: where dumpcap listens on the path.
    """
    def enter(function):
        RECORDINGS[function.__name__.replace("_", "-")] = function, software, options
        return function
    return enter


class Program:
    """A process in a namespace, and what it has said (both outputs, in order)."""

    def __init__(self, scene, name, place, command, environment):
        self.name, self.scene = name, scene
        self.path = scene.folder / f"{next(numbers)}-{name}.log"
        with self.path.open("a") as log:  # appended to, since nginx opens /dev/stdout anew
            self.process = subprocess.Popen(["ip", "netns", "exec", place, *map(str, command)], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=PROGRAMS, env={**os.environ, **environment},
                                            start_new_session=True)

    @property
    def lines(self):
        text = self.path.read_text(errors="replace")
        return re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()

    def has(self, pattern):
        return [line for line in self.lines if re.search(pattern, line)]

    def wait(self, pattern, seconds=20, times=1):
        """Until a line of its log fits."""
        end = time.monotonic() + seconds
        while len(self.has(pattern)) < times:
            if time.monotonic() > end:
                raise RuntimeError(f"{self.scene.name}: {self.name} never said {pattern!r}:\n" + "\n".join(self.lines[-30:]))
            time.sleep(0.02)

    def signal(self, name):
        """What is done to it from outside is told by the script's own log, since it cannot tell itself."""
        self.scene.say(f"{name} to {self.name}")
        os.killpg(self.process.pid, getattr(signal, name))

    def finish(self, seconds=20):
        self.process.wait(seconds)

    def end(self):
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with contextlib.suppress(ProcessLookupError):  # children of a leader that is gone
            os.killpg(self.process.pid, signal.SIGKILL)


class Scene:
    """One recording; saves the capture and its truth if the packets agree with it."""

    def __init__(self, name, software, path=False, at="client"):
        self.name, self.software, self.path, self.at = name, software, path, at
        self.connections, self.script, self.began = [], [], time.monotonic()
        self.stack, self.kept = contextlib.ExitStack(), ()
        self.lines = self.script  # so that the script can be quoted like a program

    # ---- places ----

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self.folder.chmod(0o755)
            mark = f"ws{os.getpid()}x{next(numbers)}"
            self.places = {who: f"{mark}{who[0]}" for who in (("client", "router", "server") if self.path else ("client",))}
            for place in self.places.values():
                command("ip", "netns", "add", place)
                stack.callback(command, "ip", "netns", "del", place)
                self.at_place(place, "ip", "link", "set", "lo", "up")
                # Else a late FIN of a program that was killed would be sent again for minutes.
                self.at_place(place, "sysctl", "-qw", "net.ipv4.tcp_orphan_retries=1")
            if self.path:
                self.lay_path()
            self.dumpcap(stack)
            self.stack = stack.pop_all()
        return self

    def lay_path(self):
        """client 10.0.1.2 - 10.0.1.1 router 10.0.2.1 - 10.0.2.2 server"""
        router = self.places["router"]
        for net, who in ((1, "client"), (2, "server")):
            place = self.places[who]
            command("ip", "-n", place, "link", "add", "eth0", "type", "veth", "peer", "name", who, "netns", router)
            for where, device, host in ((place, "eth0", 2), (router, who, 1)):
                command("ip", "-n", where, "addr", "add", f"10.0.{net}.{host}/24", "dev", device)
                command("ip", "-n", where, "link", "set", device, "up")
            command("ip", "-n", place, "route", "add", "default", "via", f"10.0.{net}.1")
        self.at_place(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")

    def at_place(self, place, *words, **options):
        return command("ip", "netns", "exec", self.places.get(place, place), *words, **options)

    def rules(self, text, family="ip"):
        """nftables rules of the router's forward chain, instead of those before."""
        self.say("router: " + (" ".join(text.split()) or "no rules any more"))
        self.at_place("router", "nft", "flush", "ruleset")
        self.at_place("router", "nft", "-f", "-",
                      input=f"table {family} filter {{ chain forward {{ type filter hook forward priority 0; {text} }}\n }}\n")

    # ---- capture ----

    def dumpcap(self, stack):
        self.raw = self.folder / "raw.pcapng"
        place = self.places[self.at]
        self.capture = subprocess.Popen(["ip", "netns", "exec", place, "dumpcap", "-q", "-i", "eth0" if self.path else "lo",
                                         "-f", "tcp", "-w", str(self.raw)], stderr=subprocess.PIPE, text=True)
        stack.callback(self.stop)
        while "File:" not in (line := self.capture.stderr.readline()):
            if not line:
                raise RuntimeError("dumpcap ended early")

    def only(self, *ports):
        """Keep the packets of these ports only."""
        self.kept = ports

    def stop(self):
        """End the capture; what follows is not recorded."""
        if self.capture.poll() is None:
            time.sleep(0.6)  # for the last packets to come, and dumpcap to write them
            self.capture.send_signal(signal.SIGINT)
            self.capture.communicate(timeout=10)

    # ---- programs ----

    def start(self, program, *arguments, place="client", ready="ready", name=None, **environment):
        """A program of programs/ or of the system; server programs say that they are ready."""
        suffix = pathlib.Path(program).suffix
        words = [*RUNTIMES[suffix], PROGRAMS / program] if suffix in RUNTIMES else [program]
        place = place if self.path else "client"
        started = Program(self, name or pathlib.Path(program).stem, self.places[place], [*words, *arguments], environment)
        self.stack.callback(started.end)
        if ready:
            started.wait(ready)
        return started

    def listening(self, port, place="client"):
        for _ in range(200):
            if f":{port} " in self.at_place(place, "ss", "-Hltn"):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name}: nothing listens on port {port}")

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def say(self, line):
        self.script.append(f"{time.monotonic() - self.began:.3f} {line}")

    def has(self, pattern):
        return [line for line in self.script if re.search(pattern, line)]

    # ---- truth ----

    def ended(self, client_port, server_port, by, how, diagnosis, why, *evidence, also=()):
        """The truth of one connection. evidence: (program or scene, pattern); each must be in the log."""
        log = []
        for source, pattern in evidence:
            found = source.has(pattern)
            if not found:
                raise RuntimeError(f"{self.name}: {pattern!r} is not in the log of {source.name}:\n" + "\n".join(source.lines))
            name = "script" if source is self else source.name
            log += [f"{name}: {line.split(' | Traceback')[0].strip()[:300]}" for line in (found if len(found) <= 3 else [found[0], found[-1]])]
        entry = {"client_port": client_port, "server_port": server_port, "ended_by": by, "how": how, "diagnosis": diagnosis,
                 "also": list(also), "why": why, "log": log}
        self.connections.append(entry if also else {key: value for key, value in entry.items() if key != "also"})

    def __exit__(self, kind, *_):
        with self.stack:
            if kind is None:
                self.stop()
                if self.kept:
                    whole, self.raw = self.raw, self.folder / "kept.pcapng"
                    command("tshark", "-r", whole, "-w", self.raw, "-Y", " || ".join(f"tcp.port == {port}" for port in self.kept))
                for entry in self.connections:
                    agree(self.name, self.raw, entry)
                self.save()

    def save(self):
        if not self.connections:
            raise RuntimeError(f"{self.name}: no truth")
        ENDINGS.mkdir(exist_ok=True)
        (ENDINGS / f"{self.name}.pcapng").write_bytes(record.anonymous(self.raw.read_bytes()))
        truth = {"software": self.software, "connections": self.connections}
        (ENDINGS / f"{self.name}.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")


def command(*words, input=None):
    done = subprocess.run([str(word) for word in words], input=input, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


# ---- the packets must agree -------------------------------------------------

FIELDS = ["tcp.srcport", "tcp.dstport", "tcp.flags.fin", "tcp.flags.reset", "websocket.opcode", "websocket.fin", "tcp.analysis.retransmission"]


def endings_in(capture, client_port, server_port):
    """(who, what) of each FIN, RST and Close frame of a connection, in order, as Wireshark's own dissectors tell."""
    names = [word for field in FIELDS for word in ("-e", field)]
    out = command("tshark", "-r", capture, "-Y", f"tcp.port=={client_port} && tcp.port=={server_port}", "-T", "fields", *names,
                  "-d", f"tcp.port=={server_port},http")
    for line in out.splitlines():
        source, _, fin, reset, opcodes, finals, again = line.split("\t")
        who = "client" if source == str(client_port) else "server"
        if ("8", "1") in zip(opcodes.split(","), finals.split(",")):  # the H of HTTP has the opcode 8 too, but no FIN
            yield who, "close"
        if fin == "1" and not again:
            yield who, "fin"
        if reset == "1":
            yield who, "rst"


def agree(name, capture, entry):
    """The first thing that ends a connection is what the truth says; after a refusal ("any") it may be either side."""
    if entry["how"] == "any":
        seen = list(endings_in(capture, entry["client_port"], entry["server_port"]))
        entry["ended_by"], entry["how"] = seen[0] if seen else (None, "silence")
        return
    seen = list(endings_in(capture, entry["client_port"], entry["server_port"]))
    first = seen[0] if seen else (None, "silence")
    wanted = entry["ended_by"], entry["how"]
    forged = entry["ended_by"] == "middle" and (first[1] == entry["how"])
    if first != wanted and not forged:
        raise RuntimeError(f"{name}: the packets of {entry['client_port']} say {seen}, the truth {wanted}")
