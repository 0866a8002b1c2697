# SPDX-License-Identifier: GPL-2.0-or-later
"""What Wireshark's check_spelling.py needs of the Python package pyspellchecker, from Debian's lists of words."""

import pathlib
import re

# Words that no list has: of protocols, products, and computing.
MORE = {"alebedev", "amazonaws", "aspnetcore", "graphql", "herokuapp", "httpd", "istio", "mqttv", "nginx", "reachy", "signalr", "sysctl", "unescape",
        "websockify", "x89png"}
LISTS = ("american-english-large", "british-english-large")  # of the packages wamerican-large, wbritish-large


class SpellChecker:
    def __init__(self):
        self.words = {word.lower() for name in LISTS
                      for word in (pathlib.Path("/usr/share/dict") / name).read_text().split()} | MORE
        self.word_frequency = self

    def load_text_file(self, path):
        self.load_words(re.findall(r"\w+", pathlib.Path(path).read_text()))

    def load_words(self, words):
        self.words.update(word.lower() for word in words)

    def unknown(self, words):
        return {word for word in words if word.lower() not in self.words}

    def known(self, words):
        return set(words) - self.unknown(words)
