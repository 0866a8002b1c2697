# SPDX-License-Identifier: GPL-2.0-or-later
"""wscap run: real programs that talk wss, and a file of it that opens decrypted anywhere."""

import asyncio
import os
import pathlib
import shutil
import signal
import ssl
import stat
import subprocess
import threading
import time

import pytest
import traffic
import websockets
from conftest import ORDINARY, WSCAP, open_to_all, secrets, tshark

PRELOAD = pathlib.Path(WSCAP).parents[1] / "preload" / "wscap-keylog.so"
HEADERS = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
# A masked "Hello" (RFC 6455, 5.7).
HELLO = "0x81,0x85,0x37,0xfa,0x21,0x3d,0x7f,0x9f,0x4d,0x51,0x58"


async def greet(connection):
    await connection.send("welcome")
    async for message in connection:
        await connection.send("echo " + message)


@pytest.fixture
def server(tmp_path):
    """wss on loopback; its port."""
    context, _ = traffic.certificate(tmp_path)
    loop = asyncio.new_event_loop()

    async def serve():
        return await websockets.serve(greet, "127.0.0.1", 0, ssl=context)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    yield serving.sockets[0].getsockname()[1]
    serving.close()
    asyncio.run_coroutine_threadsafe(serving.wait_closed(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


PROGRAMS = {
    "python": """
import asyncio, ssl, sys, websockets
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
async def main():
    async with websockets.connect(f"wss://127.0.0.1:{sys.argv[1]}/", ssl=context) as connection:
        assert await connection.recv() == "welcome"
        await connection.send("hello")
        assert await connection.recv() == "echo hello"
asyncio.run(main())
""",
    "node": f"""
const headers = {{'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='}};
const request = require('https').request({{port: process.argv[2], host: '127.0.0.1', rejectUnauthorized: false, headers}});
request.on('upgrade', (response, socket) => {{
    socket.write(Buffer.from([{HELLO}]));
    setTimeout(() => socket.end(), 300);
}});
request.end();
""",
    "chromium": """<script>
const connection = new WebSocket('wss://127.0.0.1:PORT/');
connection.onopen = () => connection.send('hello');
connection.onmessage = event => { if (event.data == 'echo hello') connection.close(); };
connection.onclose = () => window.close();
</script>""",
    "openssl": """
#include <openssl/ssl.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char** words) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[count - 1])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    SSL* tls = SSL_new(SSL_CTX_new(TLS_client_method()));
    const char* request = "GET / HTTP/1.1\\r\\nHost: localhost\\r\\nHEADERS\\r\\n\\r\\n";
    const unsigned char hello[] = {HELLO};
    char answer[4096];
    if (connect(tcp, (struct sockaddr*)&to, sizeof to) || !SSL_set_fd(tls, tcp) || SSL_connect(tls) != 1)
        return 1;
    SSL_write(tls, request, (int)strlen(request));
    SSL_read(tls, answer, sizeof answer);
    SSL_write(tls, hello, sizeof hello);
    usleep(300000);
    SSL_shutdown(tls);
    return 7;
}
""".replace("HEADERS", "\\r\\n".join(HEADERS)).replace("HELLO", HELLO),
}


@pytest.fixture
def program(tmp_path, server):
    """Makes (options of wscap run, words of the program, what it exits with) by its name."""

    def make(name):
        source = tmp_path / f"program.{'c' if name == 'openssl' else 'html'}"
        source.write_text(PROGRAMS.get(name, "").replace("PORT", str(server)))
        if name == "curl":
            asked = [word for header in HEADERS for word in ("-H", header)]
            return [], ["curl", "-sk", "--http1.1", "--max-time", "2", *asked, f"https://127.0.0.1:{server}/"], 28
        if name == "chromium":
            return [], ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", f"--user-data-dir={tmp_path}/profile",
                        source.as_uri()], 0
        if name == "openssl":
            subprocess.run(["cc", "-o", tmp_path / "program", source, "-lssl", "-lcrypto"], check=True)
            return ["--preload"], [tmp_path / "program", server], 7
        return [], [{"python": "/usr/bin/python3"}.get(name, name), source, server], 0

    return make


def run(*words, prefix=(), **more):
    return subprocess.run([*prefix, WSCAP, "run", *map(str, words)], capture_output=True, timeout=90, env={**os.environ, "WSCAP_PRELOAD": str(PRELOAD), **more})


def texts(home, path, port):
    os.chmod(path, 0o644)
    rows = tshark(home, "-r", path, "-d", f"tls.port=={port},http", "-Y", "ws.message.text", "-T", "fields", "-e", "ws.message.text", plugin=True)
    return [text for row in rows.splitlines() for text in row.split(",")]


@pytest.mark.parametrize("name,expected", [
    ("python", ["welcome", "hello", "echo hello"]), ("node", ["Hello", "welcome", "echo Hello"]), ("curl", ["welcome"]),
    ("chromium", ["welcome", "hello", "echo hello"]), ("openssl", ["Hello", "welcome", "echo Hello"])])
def test_a_program_and_its_messages(name, expected, program, server, home):
    options, words, code = program(name)
    path = home / "out.pcapng"
    done = run(*options, "-w", path, "--", *words)
    assert done.returncode == code, done.stderr.decode()
    assert sorted(texts(home, path, server)) == sorted(expected), done.stderr.decode()


@pytest.mark.parametrize("name,expected", [
    ("python", ["welcome", "hello", "echo hello"]), ("node", ["Hello", "welcome", "echo Hello"]), ("curl", ["welcome"])])
def test_preload_harms_nobody(name, expected, program, server, home):
    """Where it is not needed, or where OpenSSL comes with a module."""
    _, words, code = program(name)
    path = home / "out.pcapng"
    done = run("--preload", "-w", path, "--", *words)
    assert done.returncode == code, done.stderr.decode()
    assert sorted(texts(home, path, server)) == sorted(expected), done.stderr.decode()


def test_without_preload_a_program_that_logs_nothing_has_no_connection(program, home):
    _, words, code = program("openssl")
    path = home / "out.pcapng"
    done = run("-w", path, "--", *words)
    assert done.returncode == code and b" 0 TLS connections kept" in done.stderr
    assert secrets(path) == ""


def test_a_folder_with_a_space_and_quotation_marks(program, server, home):
    folder = home / 'my "files"'
    folder.mkdir()
    _, words, _ = program("node")
    path = home / "out.pcapng"
    done = run("-w", path, "--", *words, TMPDIR=str(folder))
    assert done.returncode == 0, done.stderr.decode()
    assert sorted(texts(home, path, server)) == ["Hello", "echo Hello", "welcome"]
    assert list(folder.iterdir()) == []


def test_a_key_log_that_grows_faster_than_it_is_read(home):
    """It keeps nothing else from being done; the program's end, for one."""
    line = "CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48
    script = f'yes "{line}" > "$SSLKEYLOGFILE" & yes "{line}" >> "$SSLKEYLOGFILE" & sleep 3; kill %1 %2; true'
    began = time.monotonic()
    done = run("-w", home / "out.pcapng", "--", "bash", "-mc", "ulimit -f 2000000; " + script)
    assert done.returncode == 0, done.stderr.decode()
    assert time.monotonic() - began < 30


def test_tls_of_others_stays_out(program, server, home):
    """Another client of the same server, in the midst of it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def other():
        async with websockets.connect(f"wss://127.0.0.1:{server}/", ssl=context) as connection:
            await connection.recv()

    # The program says when it runs, and goes on once the other one is through.
    script = f"echo running; read word; exec /usr/bin/python3 {home}/program.py {server}"
    (home / "program.py").write_text(PROGRAMS["python"])
    path = home / "out.pcapng"
    process = subprocess.Popen([WSCAP, "run", "-w", path, "--", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"running\n"
    asyncio.run(other())
    _, errors = process.communicate(b"go\n", timeout=60)
    assert process.returncode == 0, errors.decode()
    assert texts(home, path, server) == ["welcome", "hello", "echo hello"]
    assert b" 1 TLS connections kept" in errors
    assert len({line.split()[1] for line in secrets(path).splitlines()}) == 1


def test_messages_are_printed_without_a_file(program, server, home):
    _, words, _ = program("python")
    os.chmod(words[1], 0o644)
    open_to_all(pathlib.Path(words[1]).parent)
    done = run("--", *words, HOME=str(home))
    assert done.returncode == 0, done.stderr.decode()
    assert "echo hello" in done.stdout.decode()


def leftovers():
    return set(pathlib.Path("/tmp").glob("wscap-??????"))


def test_the_key_log_is_the_callers_alone_and_goes(home):
    before = leftovers()
    script = 'stat -c "%a %u" "$SSLKEYLOGFILE" "$(dirname "$SSLKEYLOGFILE")"; echo "$NODE_OPTIONS"; id -u'
    done = run("-w", home / "out.pcapng", "--", "sh", "-c", script, NODE_OPTIONS="--no-warnings")
    file, folder, node, user = done.stdout.decode().splitlines()
    assert (file, folder, user) == ("600 0", "700 0", "0")
    assert node.startswith('--no-warnings "--tls-keylog=/')
    assert leftovers() == before


def test_through_sudo_the_program_is_the_callers(home):
    before = leftovers()
    done = run("-w", home / "out.pcapng", "--", "sh", "-c", 'id -u; stat -c %u "$SSLKEYLOGFILE"; echo "$HOME"', SUDO_USER="nobody")
    assert done.returncode == 0, done.stderr.decode()
    user, file, where = done.stdout.decode().splitlines()
    assert user == file == "65534" and where != os.environ["HOME"]
    assert leftovers() == before


@pytest.mark.parametrize("words,code,said", [
    (["/nonexistent/program"], 127, "wscap: /nonexistent/program: No such file or directory"),
    (["/etc/passwd"], 126, "Permission denied"),
    (["sh", "-c", "kill -9 $$"], 128 + 9, ""),
    (["sh", "-c", "exit 3"], 3, "")])
def test_how_the_program_ended(home, words, code, said):
    before = leftovers()
    done = run("-w", home / "out.pcapng", "--", *words)
    assert done.returncode == code and said in done.stderr.decode()
    assert leftovers() == before


def test_without_the_right_to_capture_the_program_does_not_run(home):
    done = run("-w", home / "out.pcapng", "--", "touch", home / "ran", prefix=ORDINARY, HOME=str(home))
    assert done.returncode == 1 and "permission" in done.stderr.decode().lower()
    assert not (home / "ran").exists()


def test_a_program_with_rights_of_its_own_is_not_preloaded(home, tmp_path):
    program = shutil.copy("/bin/true", tmp_path / "program")
    os.chmod(program, 0o755 | stat.S_ISUID)
    done = run("--preload", "-w", home / "out.pcapng", "--", program)
    assert done.returncode == 1 and "set-user-id" in done.stderr.decode()
    assert run("-w", home / "out.pcapng", "--", program).returncode == 0


def test_a_signal_is_passed_on(home):
    script = "trap 'echo asked to end; exit 5' TERM; echo running; while :; do sleep 0.1; done"
    process = subprocess.Popen([WSCAP, "run", "-w", home / "out.pcapng", "--", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"running\n"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (5, b"asked to end\n")


def test_a_signal_before_the_program_starts(home, tmp_path):
    """dumpcap has not begun to capture: both end, and the program never runs."""
    before = leftovers()
    dumpcap = tmp_path / "dumpcap"
    dumpcap.write_text(f"#!/bin/sh\ntouch {home}/capturing\nexec sleep 30\n")
    dumpcap.chmod(0o755)
    process = subprocess.Popen([WSCAP, "run", "-w", home / "out.pcapng", "--", "touch", home / "ran"], stderr=subprocess.PIPE,
                               env={**os.environ, "WSCAP_DUMPCAP": str(dumpcap)})
    until = time.monotonic() + 20
    while not (home / "capturing").exists() or leftovers() == before:
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 1 and not (home / "ran").exists()
    assert leftovers() == before


def test_the_key_log_goes_with_wscap(home):
    """Though nobody could tidy up."""
    before = leftovers()
    process = subprocess.Popen([WSCAP, "run", "-w", home / "out.pcapng", "--", "sh", "-c", "echo running; sleep 1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == b"running\n"
    assert leftovers() != before
    process.kill()
    process.communicate()
    until = time.monotonic() + 20
    while leftovers() != before:
        assert time.monotonic() < until
        time.sleep(0.1)
