# SPDX-License-Identifier: GPL-2.0-or-later
"""Each type of both subprotocols."""

SUBPROTOCOL = "graphql-transport-ws"
CONTENT = 1
MESSAGES = [
    ("c", '{"type":"connection_init","payload":{"token":"a"}}', "GraphQL connection_init", {"type": ["connection_init"]}),
    ("s", '{"type":"connection_ack"}', "GraphQL connection_ack", {"type": ["connection_ack"]}),
    ("c", '{"id":"1","type":"subscribe","payload":{"query":"subscription OnTick($a: Int) { tick }"}}', 'GraphQL subscribe 1 "OnTick"',
     {"type": ["subscribe"], "id": ["1"], "operation": ["OnTick"]}),
    ("c", '{"id":"2","type":"subscribe","payload":{"operationName":"Other","query":"query Named { a }"}}', 'GraphQL subscribe 2 "Other"',
     {"type": ["subscribe"], "id": ["2"], "operation": ["Other"]}),
    ("c", '{"id":"3","type":"start","payload":{"query":"{ anonymous }"}}', "GraphQL start 3", {"type": ["start"], "id": ["3"]}),
    ("c", '{"id":"3","type":"start","payload":{"query":"subscriptions { a }"}}', "GraphQL start 3", {"type": ["start"], "id": ["3"]}),
    ("s", '{"id":"1","type":"next","payload":{"data":{"tick":1}}}', "GraphQL next 1", {"type": ["next"], "id": ["1"]}),
    ("s", '{"id":"3","type":"data","payload":{"data":null}}', "GraphQL data 3", {"type": ["data"], "id": ["3"]}),
    ("s", '{"id":"2","type":"error","payload":[{"message":"no field a"}]}', 'GraphQL error 2 "no field a"', {"type": ["error"], "id": ["2"]}),
    ("s", '{"id":"1","type":"complete"}', "GraphQL complete 1", {"type": ["complete"], "id": ["1"]}),
    ("c", '{"id":"3","type":"stop"}', "GraphQL stop 3", {"type": ["stop"], "id": ["3"]}),
    ("s", '{"type":"ka"}', "GraphQL ka", {"type": ["ka"]}),
    ("s", '{"type":"ping","payload":{}}', "GraphQL ping", {"type": ["ping"]}),
    ("c", '{"type":"pong"}', "GraphQL pong", {"type": ["pong"]}),
    ("c", '{"type":"connection_terminate"}', "GraphQL connection_terminate", {"type": ["connection_terminate"]}),
    ("s", '{"type":"connection_error","payload":{"message":"who are you"}}', 'GraphQL connection_error "who are you"', {"type": ["connection_error"]}),
]
LINKS = {}
MALFORMED = ["hello", "{}", '{"type":7}', "[]", '{"type":"unheard of"}', '{"type":"subscribe"}', '{"type":"next","payload":{}']
