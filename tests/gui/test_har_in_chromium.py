# SPDX-License-Identifier: GPL-2.0-or-later
"""The network panel of Chromium's developer tools opens what -z ws,har writes, and shows the messages that the programs sent."""

import asyncio
import base64
import collections
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import pytest
import websockets

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "dissection"))
sys.path.insert(0, str(ROOT / "tests" / "gui"))
from desktop import PATIENCE  # noqa: E402
from support import NOBODY, scratch, tshark  # noqa: E402

# What its button "Import HAR file" does, and what the list and the tab "Messages" are made from.
LOAD = """(async () => {
    const [UI, network, logs] = await Promise.all(['ui/legacy/legacy', 'panels/network/network', 'models/logs/logs'].map(path => import(`./${path}.js`)));
    await UI.ViewManager.ViewManager.instance().showView('network');
    await network.NetworkPanel.NetworkPanel.instance().networkLogView.onLoadFromFile(new File([HAR], 'x.har'));
    return logs.NetworkLog.NetworkLog.instance().requests().map(request => ({
        url: request.url(), type: request.resourceType().name(), status: request.statusCode,
        messages: request.frames().map(frame => [frame.type, frame.opCode, frame.text])}));
})()"""


@contextlib.contextmanager
def chromium():
    """The port of a Chromium's developer tools."""
    with tempfile.TemporaryDirectory(prefix="ws-chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--remote-allow-origins=*",
                                    f"--user-data-dir={profile}", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            told = pathlib.Path(profile) / "DevToolsActivePort"
            until = time.monotonic() + PATIENCE
            while not told.exists() or len(told.read_text().split()) < 2:
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.1)
            yield told.read_text().split()[0]
        finally:
            process.kill()
            process.wait()


def ask(url, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=PATIENCE) as answer:
        return json.load(answer)


async def evaluate(page, expression):
    async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None) as connection:
        for number in itertools.count(1):
            await connection.send(json.dumps({"id": number, "method": "Runtime.evaluate",
                                              "params": {"expression": expression, "awaitPromise": True, "returnByValue": True}}))
            while (answer := json.loads(await connection.recv())).get("id") != number:
                pass
            if "value" in answer["result"]["result"] and "exceptionDetails" not in answer["result"]:
                return answer["result"]["result"]["value"]
            assert number < PATIENCE, answer  # the page may not be there yet
            await asyncio.sleep(1)


def shown_in_panel(har):
    with chromium() as port:
        target = ask(f"http://127.0.0.1:{port}/json/list")[0]["id"]
        panel = f"http://127.0.0.1:{port}/devtools/devtools_app.html?ws=127.0.0.1:{port}/devtools/page/{target}"
        page = ask(f"http://127.0.0.1:{port}/json/new?{panel}", "PUT")
        return asyncio.run(evaluate(page, LOAD.replace("HAR", json.dumps(har))))


def content_of(message):
    return message["text"].encode() if "text" in message else bytes.fromhex(message["hex"]) if "hex" in message else None


@pytest.mark.parametrize("name", ["chromium", "node-ws-deflate", "python-websockets"])
def test_messages(name):
    folder = pathlib.Path(tempfile.mkdtemp(dir=scratch()))
    os.chown(folder, NOBODY, NOBODY)
    assert tshark(ROOT / "captures" / f"{name}.pcapng", "-q", "-z", f"ws,har,{folder}/x.har") == ""
    requests = shown_in_panel((folder / "x.har").read_text())
    assert requests and all((request["type"], request["status"], request["url"][:5]) == ("websocket", 101, "ws://") for request in requests)
    truth = [message for message in json.loads((ROOT / "captures" / f"{name}.json").read_text()) if message["type"] in ("text", "binary")]
    sent = collections.Counter((message["direction"], message["type"] == "text",
                                message.get("sha256") or hashlib.sha256(content_of(message)).hexdigest()) for message in truth)
    shown = collections.Counter(("client" if kind == "send" else "server", opcode == 1,
                                 hashlib.sha256(text.encode() if opcode == 1 else base64.b64decode(text)).hexdigest())
                                for request in requests for kind, opcode, text in request["messages"])
    assert shown == sent
