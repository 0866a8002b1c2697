# SPDX-License-Identifier: GPL-2.0-or-later
"""The clients of `others`: each talks to its server on 127.0.0.1 with values of many kinds and lengths."""

import contextlib
import io
import os
import socket
import ssl
import struct
import subprocess
import time

from others_values import Values

HOST = "127.0.0.1"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}


# ---- TLS, SSH, HTTP ---------------------------------------------------------

def tls(version):
    """Requests of many lengths; nothing is decrypted, so it is the records that count."""
    def client(port, folder):
        values, context = Values(1), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        for _ in range(6):
            with socket.create_connection((HOST, port)) as plain, context.wrap_socket(plain) as secure:
                for length in values.random.sample(range(600), 12):
                    secure.sendall(b"GET /echo?%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"x" * length))
                    secure.recv(65536)
                    time.sleep(0.002)
        with socket.create_connection((HOST, port)) as plain, context.wrap_socket(plain) as secure:
            secure.sendall(b"GET /noise HTTP/1.0\r\n\r\n")
            while secure.recv(65536):
                pass
    return client


def ssh(port, folder):
    options = ["-F", "none", "-i", folder / "key", "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known"]
    values = Values(2)
    for cipher in ("chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-gcm@openssh.com"):
        command = ["ssh", *options, "-c", cipher, "-p", port, HOST, "cat"]
        with subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            for value in values.every_length(200, 5):
                process.stdin.write(value + b"\n")
                process.stdin.flush()
                process.stdout.readline()
            process.stdin.close()
            process.stdout.read()
    (folder / "file").write_bytes(values.bytes(3000))
    batch = f"put {folder}/file {folder}/copy\nls -l {folder}\nget {folder}/copy {folder}/back\n"
    subprocess.run(["sftp", *map(str, options), "-P", str(port), "-b", "-", HOST], input=batch.encode(), **QUIET)


def http(port, folder):
    """Bodies: binary, text, JSON, gzip, chunked, ranges; uploads of every length."""
    import http.client
    values = Values(3)
    connection = http.client.HTTPConnection(HOST, port)

    def ask(method, path, body=None, **headers):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().read()

    names = []
    for length, value in enumerate(values.every_length(300, 3) + [values.bytes(3000), values.framelike(2000)]):
        names.append(f"/files/{length}.bin")
        ask("PUT", names[-1], value)
    for length, value in enumerate(values.texts(300, 10)):
        names.append(f"/files/{length}.json")
        ask("PUT", names[-1], value.encode())
    for name in names:
        ask("GET", name)
    for length in (100, 2000, 8000):
        text = "".join(values.json(100) for _ in range(length // 100)).encode()
        ask("PUT", f"/files/long{length}.json", text)
        ask("GET", f"/files/long{length}.json", Accept_Encoding="gzip")
    for _ in range(20):
        ask("PUT", "/files/chunked.bin", iter([values.any(values.random.randrange(1, 80)) for _ in range(5)]))
    for _ in range(40):
        start = values.random.randrange(2900)
        ask("GET", "/files/101.bin", Range=f"bytes={start}-{start + values.random.randrange(100)}")
    # Head and body in segments of their own, so that bodies begin segments.
    with socket.create_connection((HOST, port)) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for value in values.every_length(250, 4):
            plain.sendall(b"PUT /files/own.bin HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(value))
            time.sleep(0.002)
            if value:
                plain.sendall(value)
            plain.recv(65536)


# ---- databases --------------------------------------------------------------

def mysql(port, folder):
    import pymysql
    from pymysql.constants import COMMAND
    values = Values(4)
    connection = pymysql.connect(host=HOST, port=port, user="root", password="", charset="utf8mb4", autocommit=True)
    cursor = connection.cursor()
    cursor.execute("create database box")
    cursor.execute("use box")
    cursor.execute("create table things (id int primary key auto_increment, name text, data blob, at datetime, ratio double) "
                   "character set utf8mb4")
    for value in values.every_length(300, 2):
        cursor.execute("insert into things (name, data, at, ratio) values (%s, %s, now(), %s)",
                       (values.text(len(value)), value, values.random.random()))
    for number in range(1, 100, 3):
        cursor.execute("select * from things where id between %s and %s", (number, number + number % 5))
        cursor.execute(f"select {'1, ' * (number % 7)}'{values.text(number)}'")
        with contextlib.suppress(pymysql.err.MySQLError):
            cursor.execute("select " + values.text(number))
    cursor.execute("select data from things where length(data) > 250")

    # Prepared statements: the binary protocol.
    def command(number, payload):
        connection._execute_command(number, payload)
        return connection._read_packet()

    def skip_to_end(times):
        while times:
            times -= connection._read_packet().is_eof_packet()

    answer = command(COMMAND.COM_STMT_PREPARE, b"select id, name, data from things where length(data) = ?").get_all_data()
    statement, columns, parameters = struct.unpack_from("<IHH", answer, 1)
    skip_to_end(bool(columns) + bool(parameters))
    for length in range(0, 300, 7):
        command(COMMAND.COM_STMT_EXECUTE, struct.pack("<IBI3BBI", statement, 0, 1, 0, 1, 3, 0, length))
        skip_to_end(2)
    connection.close()
    query = "select id, name, hex(data) from things limit 20; show variables like 'char%'; select repeat('\x81', 300)"
    subprocess.run(["mariadb", "-h", HOST, "-P", str(port), "-u", "root", "--skip-ssl", "box", "-e", query], **QUIET)


def postgresql(port, folder):
    import psycopg2
    values = Values(5)
    with contextlib.closing(psycopg2.connect(host=HOST, port=port, user="postgres", dbname="postgres", sslmode="disable")) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("create table things (id serial, name text, data bytea, j jsonb)")
        for value in values.every_length(300, 3):
            cursor.execute("insert into things (name, data, j) values (%s, %s, %s) returning id",
                           (values.text(len(value)), value, values.json(20)))
        cursor.execute("prepare p(int) as select * from things where id = $1")
        for number in range(0, 100, 3):
            cursor.execute("execute p(%s)", (number,))
            cursor.fetchall()
        binary = io.BytesIO()
        cursor.copy_expert("copy things (name, data) to stdout (format binary)", binary)
        for part in range(5):
            binary.seek(0)
            cursor.copy_expert("copy things (name, data) from stdin (format binary)", binary, size=50 + 100 * part)
    address = ["-h", HOST, "-p", str(port), "-U", "postgres"]
    bench = ["/usr/lib/postgresql/15/bin/pgbench", *address]
    subprocess.run([*bench, "-i", "-I", "dtGp", "postgres"], **QUIET)  # filled by the server, not over the wire
    for mode in ("simple", "extended", "prepared"):
        subprocess.run([*bench, "-n", "-t", "12", "-M", mode, "postgres"], **QUIET)


def redis(port, folder):
    import redis as library
    values, client = Values(6), library.Redis(HOST, port)
    for number, value in enumerate(values.every_length()):
        client.set(f"key:{number}", value)
        if number % 3 == 0:
            client.get(f"key:{number}")
    for number in range(0, 300, 10):
        with client.pipeline(transaction=number % 20 == 0) as pipe:
            for key in range(number, number + number % 7 + 1):
                pipe.get(f"key:{key}").hset("hash", values.framelike(5), values.any(20)).lpush("list", values.any(9))
            pipe.execute()
    client.hgetall("hash")
    client.lrange("list", 0, -1)
    client.info("commandstats")
    listener = client.pubsub()
    listener.subscribe("news", b"\x81\x05")
    for value in values.every_length(100, 5):
        client.publish("news", value)
        listener.get_message(timeout=0.1)
    with socket.create_connection((HOST, port)) as plain:
        for line in (b"HELLO 3", b"HGETALL hash", b"PING \x81\x82", b"LRANGE list 0 20", b"CONFIG GET *", b"nonsense"):
            plain.sendall(line + b"\r\n")
            time.sleep(0.02)
            plain.recv(65536)


def redis_tls(port, folder):
    """The secrets go to the file that is named secrets; then every record is read as its content."""
    import redis as library
    os.environ["SSLKEYLOGFILE"] = str(folder / "secrets")
    values, client = Values(21), library.Redis(HOST, port, ssl=True, ssl_cert_reqs=None)
    for number, value in enumerate(values.every_length(300, 3)):
        client.set(f"key:{number}", value)
        client.get(f"key:{number}")
    del os.environ["SSLKEYLOGFILE"]


def memcached(port, folder):
    """The text protocol, and the binary one, whose answers all begin with 0x81."""
    import pymemcache
    values, client = Values(7), pymemcache.Client((HOST, port))
    for number, value in enumerate(values.every_length(300, 3)):
        client.set(f"k{number}", value)
        client.get(f"k{number}")
    client.get_many([f"k{number}" for number in range(30)])
    client.stats()
    with socket.create_connection((HOST, port)) as plain:
        def ask(opcode, key=b"", extras=b"", value=b""):
            body = extras + key + value
            plain.sendall(struct.pack("!BBHBBHIIQ", 0x80, opcode, len(key), len(extras), 0, 0, len(body), len(body), 0) + body)
            if opcode not in quiet:
                plain.recv(65536)
        get, put, noop, version, getq, getkq, increment = 0, 1, 10, 11, 9, 13, 5
        quiet = {getq, getkq}
        for number, value in enumerate(values.every_length(300, 2)):
            key = b"k%d" % number
            ask(put, key, struct.pack("!II", number, 0), value)
            ask(get, key)
            if number % 4 == 0:
                ask(get, b"missing%d" % number)
                ask(increment, b"n%d" % (number % 9), struct.pack("!QQI", number, 1, 0))
        for number in range(0, 150, 5):
            for key in range(number, number + 5):
                ask(getkq if number % 2 else getq, b"k%d" % key)
            ask(noop)
        ask(version)


def ldap(port, folder):
    import ldap3
    values, suffix = Values(8), "dc=example"
    server = ldap3.Server(HOST, port, get_info=ldap3.NONE)
    with ldap3.Connection(server, f"cn=admin,{suffix}", "secret", auto_bind=True) as connection:
        connection.add(suffix, ["dcObject", "organization"], {"o": "Example", "dc": "example"})
        for length in range(1, 200, 3):
            name = f"cn=p{length},{suffix}"
            connection.add(name, "inetOrgPerson", {"sn": values.text(length) or "x", "description": values.text(length).strip() or "x",
                                                   "jpegPhoto": values.any(length)})
            connection.modify(name, {"description": [(ldap3.MODIFY_REPLACE, [values.json(length)])]})
            connection.search(suffix, f"(&(cn=p*)(|(sn=*{length}*)(!(description={values.text(3).strip() or 'x'}))(cn=p{length})))",
                              attributes=["cn", "jpegPhoto"], size_limit=length % 4 + 1)
            connection.compare(name, "sn", "x")
        connection.search(suffix, "(objectClass=*)", attributes=["*"], size_limit=30)


# ---- brokers ----------------------------------------------------------------

def mqtt(port, folder):
    import paho.mqtt.client as paho
    for version in (paho.MQTTv311, paho.MQTTv5):
        values, received = Values(9 + version), []
        client = paho.Client(client_id=f"c{version}", protocol=version)
        client.on_message = lambda *arguments: received.append(arguments[2])
        client.connect(HOST, port)
        client.loop_start()
        for number in range(60):
            names = [values.text(values.random.randrange(1, 50)).replace("#", "") for _ in range(number % 4 + 1)]
            client.subscribe([(f"t/{number}/{name}", number % 3) if version == paho.MQTTv311 else
                              (f"t/{number}/{name}", paho.SubscribeOptions(qos=number % 3)) for name in names])
        client.subscribe("all/#", qos=2)
        time.sleep(0.3)
        for number, value in enumerate(values.every_length(300, 2)):
            client.publish(f"all/{number}", value, qos=number % 3, retain=number % 10 == 0)
            if number % 10 == 0:
                client.unsubscribe(f"t/{number}/x")
            time.sleep(0.003 if number % 4 else 0)
        deadline = time.time() + 10
        while len(received) < 151 and time.time() < deadline:
            time.sleep(0.05)
        client.disconnect()
        client.loop_stop()


def amqp091(port, folder):
    import pika
    values = Values(11)
    for confirm in (False, True):
        connection = pika.BlockingConnection(pika.ConnectionParameters(HOST, port))
        channel = connection.channel()
        if confirm:
            channel.confirm_delivery()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.exchange_declare("news", "topic")
        channel.queue_bind(queue, "news", "a.#")
        for number, value in enumerate(values.every_length(300, 5 if confirm else 3)):
            headers = {values.text(9): values.text(20), "n": number} if number % 5 == 0 else None
            channel.basic_publish("news" if number % 2 else "", f"a.{number}" if number % 2 else queue, value,
                                  pika.BasicProperties(content_type="application/json", headers=headers, priority=number % 9))
            if number % 3 == 0:
                method, _, _ = channel.basic_get(queue)
                if method:
                    channel.basic_ack(method.delivery_tag)
        for method, _, _ in channel.consume(queue, inactivity_timeout=0.5):
            if not method:
                break
            channel.basic_ack(method.delivery_tag)
        connection.close()


def amqp10(port, folder):
    from proton import Message
    from proton.utils import BlockingConnection
    values = Values(12)
    connection = BlockingConnection(f"{HOST}:{port}", timeout=10, allowed_mechs="ANONYMOUS")
    sender = connection.create_sender("box")
    for number, value in enumerate(values.every_length(300, 3)):
        body = value if number % 3 else {"n": number, "text": values.text(number), "list": [1, -1, 2**40, True, None, 0.5]}
        sender.send(Message(body=body, subject=values.text(number % 30), properties={"key": number}))
    connection.close()


def stomp(port, folder):
    values = Values(13)
    with socket.create_connection((HOST, port)) as plain:
        def send(command, headers, body=b""):
            lines = [command, *(f"{name}:{value}" for name, value in headers.items()), "", ""]
            plain.sendall("\n".join(lines).encode() + body + b"\0")
        send("CONNECT", {"accept-version": "1.2", "host": "/", "login": "guest", "passcode": "guest"})
        plain.recv(65536)
        send("SUBSCRIBE", {"id": 0, "destination": "/topic/t"})
        time.sleep(0.3)
        for value in values.every_length(300, 3):
            send("SEND", {"destination": "/topic/t", "content-length": len(value)}, value)
            plain.recv(65536)
        send("DISCONNECT", {})


def nats(port, folder):
    values = Values(14)
    with socket.create_connection((HOST, port)) as plain:
        plain.recv(65536)
        plain.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB box.* 1\r\nPING\r\n')
        for value in values.every_length(300, 2):
            plain.sendall(b"PUB box.%d %d\r\n%s\r\n" % (len(value), len(value), value))
            plain.recv(65536)


# ---- remote calls -----------------------------------------------------------

def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def protobuf(values, length):
    """A message with a field of each wire type."""
    value, numbers = values.any(length), values.random
    return (b"\x08" + varint(numbers.randrange(2**numbers.randrange(1, 60))) + b"\x12" + varint(len(value)) + value
            + b"\x1d" + numbers.randbytes(4) + b"\x21" + numbers.randbytes(8) + b"\x2a" + varint(2) + b"\x08\x01")


def grpc(port, folder):
    import grpc as library
    values = Values(15)
    with library.insecure_channel(f"{HOST}:{port}") as channel:
        unary, stream = channel.unary_unary("/box.Box/Echo"), channel.stream_stream("/box.Box/Stream")
        for length in range(0, 301, 3):
            unary(protobuf(values, length), metadata=[("x-trace", str(length))])
        for _ in range(5):
            for answer in stream(iter([protobuf(values, values.random.randrange(300)) for _ in range(20)])):
                pass


def msgpack_rpc(port, folder):
    import pynvim
    values = Values(16)
    with contextlib.closing(pynvim.attach("tcp", address=HOST, port=port)) as editor:
        for number, value in enumerate(values.every_length(300, 3)):
            editor.vars["x"] = values.text(len(value))
            editor.vars["y"] = {"a": number, "b": [number, values.text(5), True, None, 1.5, -number], "c": {"d": 2**number % 2**60}}
            editor.call("strlen", values.text(number))
            editor.eval("[g:x, g:y, 0z" + value.hex() + "]" if len(value) < 40 else "g:y")
            editor.current.buffer.append(values.text(number).replace("\n", " "))
        editor.current.buffer[:]
        editor.subscribe("news")
        for number in range(60):
            editor.command(f"call rpcnotify(0, 'news', {{'k{number}': '{values.text(number)}'}})")


def snmp(port, folder):
    """The groups that tell of the protocols, not of the machine; as single values and many at once."""
    address = ["-v2c", "-c", "public", f"tcp:{HOST}:{port}"]
    for group in (1, 2, 4, 5, 6, 7, 11, 31):
        subprocess.run(["snmpbulkwalk", *address, f".1.3.6.1.2.1.{group}"], **QUIET)
    for group in (1, 5, 7, 11):
        subprocess.run(["snmpwalk", *address, f".1.3.6.1.2.1.{group}"], **QUIET)


# ---- mail, files, chat, peers -----------------------------------------------

def smtp(port, folder):
    import smtplib
    values = Values(17)
    with smtplib.SMTP(HOST, port) as client:
        for text in values.texts(300, 12):
            body = f"Subject: {len(text)}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
            client.sendmail("a@example.com", ["b@example.com"], body.encode(), ["SMTPUTF8", "BODY=8BITMIME"])
    with smtplib.SMTP(HOST, port) as client:
        client.helo()
        for line in values.texts(60, 15):
            client.send(line.encode() + b"\r\n")
            client.getreply()


def ftp(port, folder):
    import ftplib
    values = Values(18)
    with ftplib.FTP() as client:
        client.connect(HOST, port)
        client.login()
        client.cwd("up")
        for number, value in enumerate(values.every_length(300, 15) + [values.bytes(3000), values.framelike(1000)]):
            client.storbinary(f"STOR {number}.bin", io.BytesIO(value))
            client.retrbinary(f"RETR {number}.bin", lambda data: None)
        client.retrlines("LIST", lambda line: None)


def xmpp(port, folder):
    """Two users without TLS."""
    import asyncio
    import slixmpp
    values = Values(19)

    async def talk():
        users = []
        for name in ("ann", "ben"):
            user = slixmpp.ClientXMPP(f"{name}@localhost", "secret")
            user["feature_mechanisms"].unencrypted_scram = True
            user["feature_mechanisms"].unencrypted_plain = True
            user.connect((HOST, port), disable_starttls=True)
            await asyncio.wait_for(user.wait_until("session_start", 10), 10)
            user.send_presence()
            users.append(user)
        received = []
        users[1].add_event_handler("message", received.append)
        texts = [text for text in values.texts(300, 5) if text.strip()]
        for text in texts:
            users[0].send_message("ben@localhost", text, mtype="chat")
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        for user in users:
            user.disconnect()
            await user.disconnected
    asyncio.get_event_loop().run_until_complete(talk())


def bittorrent(encryption):
    """A seeder on the port and a leecher; encryption is libtorrent's name of the policy."""
    def client(port, folder):
        import libtorrent
        values = Values(20)
        (folder / "seed").mkdir()
        (folder / "leech").mkdir()
        # Text and noise in turns, so that pieces are both.
        data = b"".join(values.any(values.random.randrange(2000)) for _ in range(60))
        (folder / "seed" / "file").write_bytes(data)
        storage = libtorrent.file_storage()
        libtorrent.add_files(storage, str(folder / "seed" / "file"))
        made = libtorrent.create_torrent(storage, piece_size=16384)
        libtorrent.set_piece_hashes(made, str(folder / "seed"))
        info = libtorrent.torrent_info(libtorrent.bencode(made.generate()))
        policy = int(getattr(libtorrent.enc_policy, encryption))
        common = {"enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
                  "enable_outgoing_utp": False, "enable_incoming_utp": False, "in_enc_policy": policy, "out_enc_policy": policy,
                  "allowed_enc_level": int(libtorrent.enc_level.rc4), "prefer_rc4": True, "allow_multiple_connections_per_ip": True}
        seed = libtorrent.session({**common, "listen_interfaces": f"{HOST}:{port}"})
        leech = libtorrent.session({**common, "listen_interfaces": f"{HOST}:{port + 1}"})
        seed.add_torrent({"ti": info, "save_path": str(folder / "seed")})
        taker = leech.add_torrent({"ti": info, "save_path": str(folder / "leech")})
        deadline = time.time() + 30
        while not taker.status().is_seeding:
            taker.connect_peer((HOST, port))
            time.sleep(0.5)
            if time.time() > deadline:
                raise RuntimeError("the file did not arrive")
        time.sleep(2)
    return client
