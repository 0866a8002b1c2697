# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS for built captures: OpenSSL at both ends, in memory, so that its records can be put in segments at will.

    tls = Tls(tcp, "1.3")                     # the handshake, on a connection of builder.py
    tls.client(request())
    tls.server(response(), text("hello"))     # two records in one segment

The secrets go to secrets(), for tshark's preference tls.keylog_file.
"""

import functools
import os
import ssl
import subprocess

from support import scratch

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def secrets():
    return scratch() / "tls-secrets"


def with_secrets(path):
    """The capture with the secrets in it, if there are any."""
    if not secrets().exists():
        return path
    copy = path.with_suffix(".pcapng")
    subprocess.run(["editcap", "--inject-secrets", f"tls,{secrets()}", path, copy], check=True, capture_output=True)
    copy.chmod(0o644)
    return copy


@functools.cache
def contexts(version):
    folder = scratch()
    key, certificate = folder / "tls-key.pem", folder / "tls-certificate.pem"
    if not certificate.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=example.com", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    server.load_cert_chain(certificate, key)
    client.keylog_filename = secrets()  # one end tells them all
    os.chmod(secrets(), 0o644)
    for context in (client, server):
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return client, server


class End:
    def __init__(self, context, server):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=server)

    def shake(self, heard):
        """The next flight of the handshake."""
        self.incoming.write(heard)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()


class Tls:
    """A TLS connection in a TCP connection that is open."""

    def __init__(self, tcp, version):
        client, server = contexts(version)
        self.tcp, self.ends = tcp, {"client": End(client, False), "server": End(server, True)}
        side, flight = "client", self.ends["client"].shake(b"")
        while flight:
            getattr(tcp, side)(flight)
            side = "server" if side == "client" else "client"
            flight = self.ends[side].shake(flight)

    def client(self, *records):
        return self._send("client", records)

    def server(self, *records):
        return self._send("server", records)

    def _send(self, side, records):
        """All in one send of TCP; each is a record of its own, or several if it is longer than 16 kB."""
        end = self.ends[side]
        for record in records:
            end.tls.write(record)
        getattr(self.tcp, side)(end.outgoing.read())
        return self

    def fin(self):
        self.tcp.fin()
        return self
