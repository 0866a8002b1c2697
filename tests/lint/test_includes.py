# SPDX-License-Identifier: GPL-2.0-or-later
"""The rooms of the sources include each other one way, and their files stay small."""

import pathlib

import includes
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A house in order.
TREE = {
    "dissector/frame.hpp": "",
    "dissector/frame.cpp": '#include "frame.hpp"\n',
    "plugin/wireshark/compat.h": "#include <glib.h>\n",
    "plugin/state/connection.hpp": '#include "wireshark/compat.h"\n#include "dissector/frame.hpp"\n',
    "plugin/view/columns.hpp": '#include "wireshark/compat.h"\n',
    "plugin/flow/frames.hpp": "",
    "plugin/flow/frames.cpp": '#include "flow/frames.hpp"\n#include "state/connection.hpp"\n#include "view/columns.hpp"\n',
    "plugin/entry/plugin.cpp": '#include "flow/frames.hpp"\n',
    "extcap/main.cpp": '#include "../dissector/frame.hpp"\n',
}
FILES = {f"plugin/wireshark/part{i}.hpp": "" for i in range(9)}
INCLUDES = "".join(f'#include "wireshark/part{i}.hpp"\n' for i in range(9))


def faults_of(folder, changed):
    """What is wrong with TREE when some of its files say something else."""
    for name, text in (TREE | changed).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return includes.faults(folder)


def test_a_house_in_order(tmp_path):
    assert faults_of(tmp_path, {}) == []


@pytest.mark.parametrize("changed, fault", [
    ({"plugin/state/connection.hpp": '#include "flow/frames.hpp"\n'}, "plugin/state may not include plugin/flow"),
    ({"plugin/view/columns.hpp": '  #  include "state/connection.hpp"\n'}, "plugin/view may not include plugin/state"),
    ({"plugin/wireshark/compat.h": '#include "../view/columns.hpp"\n'}, "plugin/wireshark may not include plugin/view"),
    ({"plugin/flow/frames.cpp": '#include "entry/stream.hpp"\n', "plugin/entry/stream.hpp": ""},
     "plugin/flow may not include plugin/entry"),
    ({"plugin/taps/follow.cpp": '#include "view/columns.hpp"\n'}, "plugin/taps may not include plugin/view"),
    ({"plugin/subprotocols/mqtt.cpp": '#include "state/connection.hpp"\n'}, "plugin/subprotocols may not include plugin/state"),
    ({"dissector/frame.hpp": '#include "plugin/wireshark/compat.h"\n'}, "dissector may not include plugin/wireshark"),
    ({"extcap/main.cpp": '#include "plugin/view/columns.hpp"\n'}, "extcap may not include plugin/view"),
    ({"plugin/entry.hpp": "", "plugin/flow/frames.cpp": '#include "entry.hpp"\n'}, "plugin/flow may not include plugin/entry"),
    ({"plugin/flow/http2.hpp": '#include "flow/frames.hpp"\n', "plugin/flow/frames.cpp": '#include "flow/http2.hpp"\n'},
     "in a circle: plugin/flow/frames, plugin/flow/http2"),
    ({"plugin/odds/ends.cpp": ""}, "plugin/odds/ends.cpp: is in no room"),
    ({"plugin/flow/frames.cpp": "\n" * 351}, "plugin/flow/frames.cpp: has more than 350 lines"),
    ({**FILES, "plugin/flow/frames.cpp": INCLUDES}, "plugin/flow/frames.cpp: includes more than 8 files of plugin/"),
])
def test_what_breaks_the_rules(tmp_path, changed, fault):
    assert any(fault in found for found in faults_of(tmp_path, changed))


def test_the_sources_keep_to_their_rooms():
    assert includes.sources(ROOT)
    assert includes.faults(ROOT) == []
