#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs Wireshark's own checkers (tools/ of its source package) on the fields that the plugin registers.

    tests/lint/wireshark_checks.py

checkhf.pl: every hf_ and ei_ variable is registered and used; checkfiltername.pl: the names of filters;
check_typed_item_calls.py: fields are added with the functions of their type, labels, masks, fields that repeat;
check_tfs.py: pairs of words for true and false that Wireshark has; check_spelling.py: every text that is shown.

They read C in files named packet-….c by regular expressions, so each file of ours is written once more as they expect it; and
a file with one fault for each of them, which they have to find, shows that they read what is written for them. The source
package of the Debian release is fetched into the cache.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "ws-lint" / "wireshark"
ADD = re.compile(r"\bproto_tree_add_\w+\(")

# What the checkers say when nothing is wrong. The cases of a switch add the same field, each in its way.
SILENCE = re.compile(r"\s*$|Examining:|epan/dissectors/\S+\.c (epan/|$)|Protocol is:|\d+ warnings|\S+ : \d+$|.* issues found"
                     r"|Warning: epan/dissectors/packet-subprotocols_show\.c:\d+ field called consecutively")

PLANTED = """\
int hf_lost = -1;
int hf_number = -1;
const true_false_string either = {"Set", "Not set"};
void add(proto_tree* tree, Place at) {
    proto_tree_add_uint(tree, hf_number, at.tvb, at.offset + 1, 1 + size(at), whole(at, 2));
}
static hf_register_info fields[] = {
    {&hf_number, {"Nmuber", "other.number", FT_STRING, BASE_NONE, nullptr, 0, nullptr, HFILL}},
};
"""


def run(*command, **options):
    """The exit status of a command and what it says."""
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return done.returncode, done.stdout


def fetch():
    """Wireshark's tools, and what they read, in the cache."""
    if (CACHE / "epan" / "tfs.c").exists():
        return
    lists = CACHE / "apt" / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    release = re.search(r"^VERSION_CODENAME=(\w+)", pathlib.Path("/etc/os-release").read_text(), re.M)[1]
    source_list = CACHE / "apt" / "sources.list"
    source_list.write_text("deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                           f"http://deb.debian.org/debian {release} main\n")
    apt = ["apt-get", "-qq", "-o", f"Dir::Etc::SourceList={source_list}", "-o", "Dir::Etc::SourceParts=/dev/null",
           "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={CACHE / 'apt'}", "-o", "APT::Sandbox::User=root"]
    for arguments in (["update"], ["source", "--download-only", "wireshark"]):
        status, output = run(*apt, *arguments, cwd=CACHE)
        if status:
            sys.exit(f"Wireshark's source package could not be fetched, and its checkers are in it:\n{output}")
    archive = next(CACHE.glob("wireshark_*.orig.tar.*"))
    subprocess.run(["tar", "-xf", archive, "--strip-components=1", "--wildcards", "*/tools/check*",
                    "*/tools/wireshark_words.txt", "*/epan/tfs.c"], cwd=CACHE, check=True)


def arguments_of(text, start):
    """The arguments of the call whose opening parenthesis ends at `start`, and where the call ends."""
    depth, begin, found, quoted = 1, start, [], False
    for at in range(start, len(text)):
        if text[at] == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and text[at] in "([{":
            depth += 1
        elif not quoted and text[at] in ")]}":
            depth -= 1
        if not depth or (depth == 1 and text[at] == "," and not quoted):
            found.append(text[begin:at].strip())
            begin = at + 1
        if not depth:
            return found, at
    return found, len(text)


def word(argument):
    """An argument as one word that a regular expression finds: hf_x[i] as hf_x, at.offset + 1 as at_offset_1."""
    return re.sub(r"\W+", "_", re.sub(r"\[.*?\]", "", argument)).strip("_")


def as_c(text):
    """A source as Wireshark's checkers expect it: static variables, NULL, and calls whose arguments are single words."""
    text = re.sub(r"^(?:int|gint|expert_field) (?=(?:hf|ei)_)", r"static \g<0>", text, flags=re.M)
    text = text.replace("nullptr", "NULL")
    out, done = "", 0
    for call in ADD.finditer(text):
        arguments, end = arguments_of(text, call.end())
        if call.start() >= done:
            words = [argument if '"' in argument else word(argument) for argument in arguments]
            out += text[done:call.end()] + ", ".join(words)
            done = end
    return out + text[done:] + 'void proto_register_ws(void) { proto_ws = proto_register_protocol("WebSocket", "WS", "ws"); }\n'


def translate():
    """Writes the C files; returns those with fields, and those of which only the texts count."""
    folder = CACHE / "epan" / "dissectors"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    written = {"plugin": [], "texts": []}
    for source in [*ROOT.glob("plugin/**/*.cpp"), *ROOT.glob("dissector/*.def"), *ROOT.glob("dissector/diagnos*.cpp")]:
        path = folder / f"packet-{source.parent.name}_{source.stem}.c"
        path.write_text(as_c(source.read_text()))
        written["plugin" if "plugin" in source.parts else "texts"].append(str(path.relative_to(CACHE)))
    (folder / "packet-planted.c").write_text(as_c(PLANTED))
    return sorted(written["plugin"]), sorted(written["texts"])


def main():
    fetch()
    fields, texts = translate()
    python = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent), "PYTHONWARNINGS": "ignore"}
    typed = ["/usr/bin/python3", "tools/check_typed_item_calls.py", "--mask", "--label", "--consecutive", "--missing-items"]

    def each(files):
        return [argument for name in files for argument in ("--file", name)]

    checks = {  # name: (command for some files, files, what it says of the planted file)
        "checkhf.pl": (lambda files: ["perl", "tools/checkhf.pl", *files], fields, "hf_lost"),
        "checkfiltername.pl": (lambda files: ["perl", "tools/checkfiltername.pl", *files], fields, "other.number"),
        "check_typed_item_calls.py": (lambda files: [*typed, *each(files)], fields, "with type FT_STRING"),
        "check_tfs.py": (lambda files: ["/usr/bin/python3", "tools/check_tfs.py", *each(files)], fields, "tfs_set_notset"),
        "check_spelling.py": (lambda files: ["/usr/bin/python3", "tools/check_spelling.py", *each(files)], fields + texts,
                              "Nmuber"),
    }
    failed = False
    for name, (command, files, fault) in checks.items():
        planted = run(*command(["epan/dissectors/packet-planted.c"]), cwd=CACHE, env=python)[1]
        if fault not in planted:
            print(f"{name} does not find the fault that was planted for it; it says:\n{planted}")
            failed = True
        lines = [line for line in run(*command(files), cwd=CACHE, env=python)[1].splitlines() if not SILENCE.match(line)]
        for line in lines:
            print(f"{name}: {line}")
        failed = failed or bool(lines)
    return failed


if __name__ == "__main__":
    sys.exit(main())
