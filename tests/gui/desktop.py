# SPDX-License-Identifier: GPL-2.0-or-later
"""Wireshark's GUI with the plugin, on a display of its own (Xvfb, with openbox so that windows have the focus)."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "dissection"))
from support import BUILD, NOBODY, WIRESHARK  # noqa: E402

PATIENCE = 120  # seconds; the machine may be busy


class Desktop:
    """A display, on which Wireshark runs as an ordinary user, in a new home with the profile."""

    def __init__(self, size="1600x1000"):
        self.stack = contextlib.ExitStack()
        self.active = None  # the window that was activated last
        self.home = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="ws-gui-")))
        profiles = self.home / ".config" / "wireshark" / "profiles"
        profiles.mkdir(parents=True)
        shutil.copytree(ROOT / "packaging" / "profile" / "WebSocket", profiles / "WebSocket")
        # No question at the end, no greeting, no look for a newer release.
        (self.home / ".config" / "wireshark" / "recent_common").write_text("gui.geometry_main_maximized: TRUE\n")
        (profiles.parent / "preferences").write_text("gui.ask_unsaved: FALSE\ngui.update.enabled: FALSE\n")
        reader, writer = os.pipe()
        # Without -noreset the end of its only client, of a short xdotool, ends what openbox begins.
        self.start(["Xvfb", "-displayfd", str(writer), "-screen", "0", size + "x24", "-nolisten", "tcp", "-noreset"],
                   pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader) as display:
            self.environment = {"PATH": os.environ["PATH"], "DISPLAY": ":" + display.readline().strip(), "LC_ALL": "C.UTF-8",
                                "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home), "TZ": "UTC", "NO_AT_BRIDGE": "1",
                                "WIRESHARK_PLUGIN_DIR": str(BUILD / "plugins"), "QT_LOGGING_RULES": "qt.qpa.*=false"}
        self.start(["openbox", "--sm-disable"], env=self.environment)
        # A window that comes before it has no focus, ever.
        self.wait(lambda: self.xdotool("get_num_desktops") not in ([], ["0"]), "openbox")

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.stack.close()

    def start(self, command, **options):
        """Runs until the end of the desktop at most."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **{"stdout": subprocess.DEVNULL,
                                                                        "stderr": subprocess.DEVNULL, **options})
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def wireshark(self, capture, *arguments):
        """Opens a capture with the profile "WebSocket"."""
        copy = self.home / capture.name
        shutil.copy(capture, copy)
        prefix = []
        if os.geteuid() == 0:
            for folder, _, names in os.walk(self.home):
                for path in [folder, *(os.path.join(folder, name) for name in names)]:
                    os.chown(path, NOBODY, NOBODY)
            prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        return self.start([*prefix, "wireshark", "-C", "WebSocket", "-r", str(copy), *arguments], env=self.environment,
                          stderr=subprocess.PIPE, cwd=self.home, text=True)

    def xdotool(self, *words):
        done = subprocess.run(["xdotool", *map(str, words)], env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout.split("\n")[:-1]

    def windows(self):
        """The visible windows by their titles."""
        return {" ".join(self.xdotool("getwindowname", number)): number
                for number in self.xdotool("search", "--onlyvisible", "--name", ".")}

    def window(self, title, patience=PATIENCE):
        """Waits for a window whose title has these words; returns its number."""
        found = self.wait(lambda: next((number for name, number in self.windows().items() if title in name), None), title, patience)
        self.xdotool("windowactivate", "--sync", found)
        self.active = found
        return found

    def wait(self, condition, what, patience=PATIENCE):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(0.2)
        raise AssertionError(f"{what} did not come; there are {list(self.windows())}")

    def press(self, *keys):
        self.xdotool("key", "--delay", "100", *keys)

    def open(self, keys, title):
        """By menus; a busy Wireshark may lose keys, or the focus: they are pressed again then."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.xdotool("windowactivate", "--sync", self.active)
            self.press(*keys, "Return")
            try:
                return self.window(title, patience=15)
            except AssertionError:
                self.press("Escape", "Escape", "Escape")
        raise AssertionError(f"{title} did not come; there are {list(self.windows())}")

    def dismiss(self, title):
        def gone():
            self.press("Escape")
            return not any(title in name for name in self.windows())

        self.wait(gone, f"the end of {title}")

    def open_last_of(self, menu, title):
        """The plugin's statistics and the expert information are the last of their menus."""
        return self.open([menu, "Up"], title)

    def open_follow(self):
        """Of the selected packet: in Analyze, which from 4.4 on is made of what is registered; before that in Tools."""
        return self.open(("alt+a", "Up", "Up", "Right", "Up") if WIRESHARK >= (4, 4) else ("alt+t", "Up", "Right", "Up"), "Follow W")

    def open_export_objects(self):
        return self.open(("alt+f", "Up", "Up", "Up", "Right", "Up"), "object list")

    def click(self, x, y):
        self.xdotool("mousemove", x, y, "click", 1)

    def copied(self, window):
        """The text in the middle of a window."""
        self.xdotool("mousemove", "--window", window, 200, 100, "click", 1)
        self.press("ctrl+a", "ctrl+c")
        return subprocess.run(["xclip", "-o", "-selection", "clipboard"], env=self.environment, capture_output=True, text=True, check=True).stdout

    def recent(self):
        """What Wireshark remembered at its end."""
        return (self.home / ".config" / "wireshark" / "recent_common").read_text()

    def picture(self, path):
        """Of the whole display."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True)
