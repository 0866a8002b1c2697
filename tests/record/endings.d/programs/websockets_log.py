# SPDX-License-Identifier: GPL-2.0-or-later
"""The log of the websockets library on standard output, each line with the port of the client of its connection."""

import logging
import sys


class Format(logging.Formatter):
    def format(self, entry):
        connection = getattr(entry, "websocket", None)
        address = connection and (connection.remote_address if self.at_server else connection.local_address)
        if address:
            self.ports[id(connection)] = address[1]  # for the lines after the socket is gone
        port = self.ports.get(id(connection), "-")
        return f"{entry.relativeCreated / 1000:.3f} {port} {super().format(entry).replace(chr(10), ' | ')}"


def log_to_stdout(at_server):
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Format("%(message)s"))
    handler.formatter.at_server, handler.formatter.ports = at_server, {}
    logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.WARNING)
