# SPDX-License-Identifier: GPL-2.0-or-later
"""Two servers for `others` that are libraries: others_servers.py grpc|smtp PORT."""

import sys
import time
from concurrent import futures


def grpc(port):
    import grpc as library

    class Echo(library.GenericRpcHandler):
        def service(self, call):
            if call.method.endswith("Stream"):
                return library.stream_stream_rpc_method_handler(lambda requests, _: requests)
            return library.unary_unary_rpc_method_handler(lambda request, _: request)

    server = library.server(futures.ThreadPoolExecutor(2), handlers=[Echo()])
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def smtp(port):
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink
    Controller(Sink(), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True).start()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    {"grpc": grpc, "smtp": smtp}[sys.argv[1]](int(sys.argv[2]))
