# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the specification of JSON-RPC 2.0, chapter 7; what DevTools and BiDi say; LSP's header."""

PATH = "/devtools/page/1"
CONTENT = 1
MESSAGES = [
    ("c", '{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}', "JSON-RPC request subtract, id 1", {"method": ["subtract"], "id": ["1"]}),
    ("s", '{"jsonrpc":"2.0","result":19,"id":1}', "JSON-RPC response, id 1 to subtract", {"method": ["subtract"], "id": ["1"]}),
    ("c", '{"jsonrpc":"2.0","method":"update","params":[1]}', "JSON-RPC notification update", {"method": ["update"]}),
    ("c", '{"jsonrpc":"2.0","method":"foobar","id":"1"}', "JSON-RPC request foobar, id 1", {"method": ["foobar"], "id": ["1"]}),
    ("s", '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"1"}',
     'JSON-RPC error -32601 "Method not found", id 1 to foobar', {"error.code": ["-32601"], "id": ["1"], "method": ["foobar"]}),
    ("s", '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}', 'JSON-RPC error -32700 "Parse error"', {"error.code": ["-32700"]}),
    ("c", '[{"jsonrpc":"2.0","method":"sum","id":"a"},{"jsonrpc":"2.0","method":"hello"},{"jsonrpc":"2.0","method":"get","id":"b"}]',
     "JSON-RPC request sum, id a, notification hello, request get, id b", {"method": ["sum", "hello", "get"], "id": ["a", "b"]}),
    ("s", '[{"jsonrpc":"2.0","result":7,"id":"b"},{"jsonrpc":"2.0","result":0,"id":"a"}]', "JSON-RPC response, id b to get, response, id a to sum",
     {"method": ["get", "sum"], "id": ["b", "a"]}),
    ("c", '{"id":7,"method":"Page.navigate","params":{"url":"a"},"sessionId":"S"}', "JSON-RPC request Page.navigate, id 7", {"method": ["Page.navigate"], "id": ["7"]}),
    ("c", '{"id":7,"method":"Page.enable","sessionId":"T"}', "JSON-RPC request Page.enable, id 7", {"method": ["Page.enable"], "id": ["7"]}),
    ("s", '{"method":"Page.frameNavigated","params":{},"sessionId":"S"}', "JSON-RPC notification Page.frameNavigated", {"method": ["Page.frameNavigated"]}),
    ("s", '{"id":7,"result":{},"sessionId":"S"}', "JSON-RPC response, id 7 to Page.navigate", {"method": ["Page.navigate"], "id": ["7"]}),
    ("c", '{"id":8,"method":"session.new","params":{}}', "JSON-RPC request session.new, id 8", {"method": ["session.new"], "id": ["8"]}),
    ("s", '{"type":"error","id":8,"error":"session not created","message":"no browser"}', 'JSON-RPC error session not created "no browser", id 8 to session.new',
     {"id": ["8"], "method": ["session.new"]}),
    ("c", 'Content-Length: 38\r\n\r\n{"jsonrpc":"2.0","method":"shutdown","id":9}', "JSON-RPC request shutdown, id 9", {"method": ["shutdown"], "id": ["9"]}),
]
LINKS = {0: [1], 3: [4], 6: [7, 7], 8: [11], 12: [13]}
MALFORMED = ["hello", "{}", '{"id":1}', '{"method":7}', "[]", "[1]", '{"method":"a"', '{"result":1}']
