# SPDX-License-Identifier: GPL-2.0-or-later
"""The scripts of packaging/scale/ on real engines: GNU parallel, Slurm with three nodes on this machine, SQLite; and what can be checked of the others without one."""

import contextlib
import http.server
import json
import os
import pathlib
import pwd
import socket
import subprocess
import sys
import threading
import time

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "dissection"))
from builder import KEY, Capture, binary, text  # noqa: E402
from support import BUILD, NOBODY, save, tshark  # noqa: E402

SCALE = ROOT / "packaging" / "scale"
PARTS = 10
# As root Wireshark ignores WIRESHARK_PLUGIN_DIR.
AS_USER = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def capture():
    """Thirty connections of several messages, interleaved."""
    made = Capture()
    connections = [made.tcp().upgrade(path=f"/feed/{i}") for i in range(30)]
    for number in range(8):
        for i, tcp in enumerate(connections):
            tcp.client(text(f'{{"n":{number},"of":{i}}}', mask=KEY)).server(binary(bytes(range(i + number))))
    return save(made)


@pytest.fixture(scope="module")
def whole(capture):
    return comparable(tshark(capture, "-q", "-z", "ws,messages").splitlines())


def comparable(lines):
    """Without what counts anew in each part."""
    messages = [json.loads(line) for line in lines]
    assert messages
    return sorted(json.dumps({name: value for name, value in message.items() if name not in ("frame", "stream")}, sort_keys=True)
                  for message in messages)


@pytest.fixture
def folder(tmp_path_factory):
    """On the file system that all nodes share; an ordinary user's."""
    folder = tmp_path_factory.mktemp("shared")
    folder.chmod(0o777)
    for path in folder.parents:
        if "pytest" in str(path) and path.owner() == "root":
            path.chmod(0o755)
    return folder


def environment(folder, **more):
    return {"PATH": f"{BUILD}/extcap:{os.environ['PATH']}", "WIRESHARK_PLUGIN_DIR": str(BUILD / "plugins"), "LC_ALL": "C.UTF-8",
            "HOME": str(folder), **more}


def run(folder, *words, **more):
    done = subprocess.run([*AS_USER, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=300, env=environment(folder, **more))
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def parts(folder):
    return sorted(folder.glob("part_*.jsonl"))


def lines_of(folder):
    return [line for path in parts(folder) for line in path.read_text().splitlines()]


def test_on_one_machine(capture, whole, folder):
    run(folder, SCALE / "local.sh", capture, 4)
    assert len(parts(folder)) == 4
    assert comparable(lines_of(folder)) == whole


# ---- Slurm ----------------------------------------------------------------------

SLURM = """\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={port}
# Where loopback is all there is, an address of one family alone is not resolved (AI_ADDRCONFIG).
CommunicationParameters=EnableIPv6
SlurmUser={user}
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/builtin
SlurmdParameters=config_overrides
NodeName=n[1-3] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=2 RealMemory=1000
PartitionName=all Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count):
    """Neighbours that nobody listens on."""
    for first in range(27000, 60000, count):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError("no port is free")


@pytest.fixture
def cluster(folder):
    """A controller and three nodes."""
    slurm = folder / "slurm"
    for name in ("state", "n1", "n2", "n3"):
        (slurm / name).mkdir(parents=True)
    first = free_ports(4)
    configuration = slurm / "slurm.conf"
    configuration.write_text(SLURM.format(folder=slurm, user=pwd.getpwuid(os.geteuid()).pw_name, port=first, first=first + 1, last=first + 3))
    its = environment(folder, SLURM_CONF=str(configuration))
    with contextlib.ExitStack() as stack:
        for words in (["slurmctld", "-D"], *(["slurmd", "-D", "-N", f"n{number}"] for number in (1, 2, 3))):
            process = stack.enter_context(subprocess.Popen(words, env=its, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            stack.callback(process.terminate)
        until = time.monotonic() + 60
        while "n[1-3]" not in subprocess.run(["sinfo", "-h", "-t", "idle", "-o", "%N"], env=its, capture_output=True, text=True).stdout:
            assert time.monotonic() < until, (slurm / "controller.log").read_text()[-2000:]
            time.sleep(0.3)
        yield its


def test_on_slurm(capture, whole, folder, cluster):
    """Ten parts give the same messages as one run, and all nodes had a share."""
    run(folder, SCALE / "slurm.sh", capture, PARTS, SLURM_CONF=cluster["SLURM_CONF"])
    assert len(parts(folder)) == PARTS
    assert comparable(lines_of(folder)) == whole
    log = (folder / "slurm" / "controller.log").read_text()
    assert all(f"NodeList=n{number}" in log for number in (1, 2, 3))


def test_a_part_that_cannot_be_read_is_told(folder, cluster):
    """The job fails, and there is no result that looks like one."""
    (folder / "part_00001.pcapng").write_bytes(b"no capture")
    done = subprocess.run([*AS_USER, "sbatch", "--wait", "--array=1", SCALE / "slurm-task", str(SCALE)], cwd=folder, env=cluster, capture_output=True, timeout=120)
    assert done.returncode != 0
    assert parts(folder) == []


# ---- databases -------------------------------------------------------------------

def test_in_sqlite(capture, folder):
    run(folder, SCALE / "local.sh", capture, 3)
    run(folder, SCALE / "sqlite.sh", "messages.db", *parts(folder))

    def ask(query):
        return run(folder, "sqlite3", "messages.db", query).splitlines()
    assert ask("SELECT count(*), count(DISTINCT part), count(DISTINCT url) FROM messages") == ["480|3|30"]
    assert ask("SELECT direction, type, sum(length) FROM messages WHERE url LIKE '%/feed/7' GROUP BY 1, 2 ORDER BY 1") == [
        f"client|text|{8 * len('''{'n':0,'of':7}''')}", f"server|binary|{sum(7 + n for n in range(8))}"]
    assert ask("SELECT text ->> 'n' FROM messages WHERE text ->> 'of' = 29 ORDER BY time") == [str(n) for n in range(8)]


def test_bulk_requests(capture, folder):
    """What OpenSearch would be sent: pairs of lines, the whole of each message, in one index. (No OpenSearch runs here.)"""
    run(folder, SCALE / "local.sh", capture, 2)
    requests = []

    class Index(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            requests.append((self.path, self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"errors":false}')

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run(folder, SCALE / "opensearch.sh", f"http://127.0.0.1:{server.server_port}", "websocket", *parts(folder))
        server.shutdown()
    assert {request[:2] for request in requests} == {("/websocket/_bulk?filter_path=errors", "application/x-ndjson")}
    lines = [json.loads(line) for *_, body in requests for line in body.splitlines()]
    assert lines[::2] == [{"index": {}}] * 480
    assert sorted(map(json.dumps, lines[1::2])) == sorted(json.dumps(json.loads(line)) for line in lines_of(folder))


def test_the_job_of_kubernetes():
    """Its form, by the reference of batch/v1 and core/v1. (No cluster runs here, and no schema is at hand.)"""
    job = yaml.safe_load((SCALE / "kubernetes-job.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert job["spec"]["completionMode"] == "Indexed" and job["spec"]["completions"] >= job["spec"]["parallelism"]
    pod = job["spec"]["template"]["spec"]
    assert pod["restartPolicy"] in ("OnFailure", "Never")
    container, = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    shown = subprocess.run([*container["command"], container["args"][0].replace("exec decode-part", "echo")], capture_output=True, text=True,
                           env={"JOB_COMPLETION_INDEX": "0", "PATH": os.environ["PATH"]}, check=True).stdout
    assert shown == "/captures/part_00001.pcapng\n"
