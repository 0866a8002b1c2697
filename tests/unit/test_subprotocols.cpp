// SPDX-License-Identifier: GPL-2.0-or-later
// What each reader says of one message: examples of the subprotocols' own documents, and what is none of theirs. Links between
// messages are in test_exchanges.cpp.
#include "subprotocol_reading.hpp"

namespace ws::test {
namespace {

using namespace std::string_literals;

TEST(Subprotocols, Kubernetes) {
    expect_all(k8schannel,
               {{"\x04{\"Width\":80,\"Height\":24}", "resize \"{\"Width\":80,\"Height\":24}\""},
                {"\0ls\n"s, "stdin \"ls \""},
                {"\x01\xff\0"s, "stdout"},
                {"\x01", "stdout"},
                {"\x02oh no", "stderr \"oh no\""},
                {"\xff\0"s, "close of stdin"},
                {"\x03{\"status\":\"Success\"}", "error \"{\"status\":\"Success\"}\""}},
               false, "v5.channel.k8s.io");
    expect_none(k8schannel,
                {"",
                 "\x07"
                 "abc",
                 "\x63"},
                false, "v5.channel.k8s.io");
    expect_all(k8schannel, {{"1aGVsbG8=", "stdout \"hello\""}, {"0", "stdin"}}, true, "base64.channel.k8s.io");
    EXPECT_EQ(read(k8schannel, "\0data"s, false, "v4.channel.k8s.io", "wss://k/api/v1/pods/p/portforward").words,
              "data of port 0");
    EXPECT_EQ(read(k8schannel, "\3oh"s, false, "v4.channel.k8s.io", "wss://k/api/v1/pods/p/portforward").words,
              "errors of port 1");
    expect_all(k8schannel,
               {{"\x80\x03\0\x01\0\0\0\0"s, "SPDY SYN_STREAM"},
                {"\x80\x03\0\x63\0\0\0\0"s, "SPDY control frame 99"},
                {"\0\0\0\x05\0\0\0\0"s, "SPDY DATA, stream 5"}},
               false, "SPDY/3.1+portforward.k8s.io");
    expect_none(k8schannel, {"short"}, false, "SPDY/3.1+portforward.k8s.io");
}

TEST(Subprotocols, Yjs) {
    expect_all(yjs,
               {{"\0\0\x01\0"s, "sync step 1"},
                {"\0\x01\x02\0\0"s, "sync step 2"},
                {"\0\x02\x02\0\0"s, "sync update"},
                {"\x01\x04\x01\x02\0\0"s, "awareness"},
                {"\x02\0\x01"
                 "a"s,
                 "auth"},
                {"\x03", "query awareness"}},
               false);
    expect_none(yjs, {"\x09", "\0"s, "\0\x07"s, ""}, false);
}

TEST(Subprotocols, XmppFraming) {
    const auto space = " xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\""s;
    expect_all(xmppframing, {{"<open" + space + " to='example.com' version=\"1.0\"/>", "open to example.com"},
                             {" \n<open from = 'example.com'" + space + " id='1'/>", "open from example.com"},
                             {"<close" + space + " see-other-uri='wss://other'/>", "close"}});
    expect_none(xmppframing, {"<message/>", "<open/>", "<open xmlns='other'/>",
                              "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing", "hello", ""});
}

TEST(Subprotocols, SignalR) {
    const auto end = "\x1e"s;
    expect_all(signalr, {{R"({"protocol":"json","version":1})" + end, "handshake json 1"},
                         {"{}" + end, "handshake"},
                         {R"({"error":"who are you"})" + end, "handshake, refused \"who are you\""},
                         {R"({"type":1,"invocationId":"1","target":"Add","arguments":[1,2]})" + end, "Invocation Add #1"},
                         {R"({"type":6})" + end + R"({"type":3,"invocationId":"1","result":3})" + end, "Ping, Completion #1"},
                         {R"({"type":3,"invocationId":"2","error":"It failed"})" + end, "Completion #2, error \"It failed\""},
                         {R"({"type":7,"error":"bye"})" + end, "Close, error \"bye\""}});
    expect_none(signalr, {"hello", "{}", R"({"type":1})", "hello" + end, R"({"type":77})" + end, R"({"a":1})" + end});
    // [1, {}, "3", "Add", [1]]; [3, {}, "3", 3, 7] and a ping; [3, {}, "4", 1, "no"]
    expect_all(signalr,
               {{"\x0b\x95\x01\x80\xa1"
                 "3\xa3"
                 "Add\x91\x01",
                 "Invocation Add #3"},
                {"\x07\x95\x03\x80\xa1"
                 "3\x03\x07\x02\x91\x06",
                 "Completion #3, Ping"},
                {"\x09\x95\x03\x80\xa1"
                 "4\x01\xa2no",
                 "Completion #4, error \"no\""}},
               false);
    expect_none(signalr, {"\x05\x91\x06", "\xff\xff\xff\xff\xff\xff", "\x01\xc1", "\x03\x95\x01\x80"}, false);
}

TEST(Subprotocols, Wamp) {
    expect_all(wamp, {{R"([1,"somerealm",{"roles":{"caller":{}}}])", "HELLO somerealm"},
                      {R"([2,9129137332,{"roles":{"broker":{}}}])", "WELCOME"},
                      {R"([32,713845233,{},"com.myapp.mytopic1"])", "SUBSCRIBE com.myapp.mytopic1"},
                      {"[33,713845233,5512315355]", "SUBSCRIBED"},
                      {R"([16,239714735,{"acknowledge":true},"com.myapp.mytopic1"])", "PUBLISH com.myapp.mytopic1"},
                      {R"([8,16,239714735,{},"wamp.error.not_authorized"])", "ERROR wamp.error.not_authorized"},
                      {R"([50,7814135,{"progress":true},[1]])", "RESULT"},
                      {"[6,{},\"a\"]\x1e[48,1,{},\"b\"]\x18", "GOODBYE a, CALL b"}});
    expect_none(wamp, {"hello", "[]", "[0]", "[48]", R"([48,"1",{},"a"])", "[48,1,{}]", "{}", "[48,", "[7,1]", R"([8,"x"])"});
    // [48, 1, {}, "a.b"] in MessagePack and in CBOR, alone and behind its length; [50, 1, {}] in both
    expect_all(wamp,
               {{"\x94\x30\x01\x80\xa3"
                 "a.b",
                 "CALL a.b"},
                {"\x93\x32\x01\x80", "RESULT"}},
               false, "wamp.2.msgpack");
    expect_all(wamp,
               {{"\x84\x18\x30\x01\xa0\x63"
                 "a.b",
                 "CALL a.b"},
                {"\x9f\x18\x32\x01\xbf\xff\xff", "RESULT"}},
               false, "wamp.2.cbor");
    expect_all(wamp,
               {{"\0\0\0\x08\x94\x30\x01\x80\xa3"
                 "a.b\0\0\0\x04\x93\x32\x01\x80"s,
                 "CALL a.b, RESULT"}},
               false, "wamp.2.msgpack.batched");
    expect_none(wamp, {"\x94\x30\x01", "\xc1"}, false, "wamp.2.msgpack");
    expect_none(wamp, {"\x84\x18\x30", "\xff"}, false, "wamp.2.cbor");
    expect_none(wamp, {"\x01\x02"}, false, "wamp.2.json");
}

TEST(Subprotocols, GraphQl) {
    expect_all(graphqlws,
               {{R"({"type":"connection_init","payload":{"token":"a"}})", "connection_init"},
                {R"({"id":"1","type":"subscribe","payload":{"query":"subscription OnTick($a: Int) { tick }"}})",
                 "subscribe 1 \"OnTick\""},
                {R"({"id":"2","type":"subscribe","payload":{"operationName":"Other","query":"query Named { a }"}})",
                 "subscribe 2 \"Other\""},
                {R"({"id":"3","type":"start","payload":{"query":"{ anonymous }"}})", "start 3"},
                {R"({"id":"2","type":"error","payload":[{"message":"no field a"}]})", "error 2 \"no field a\""},
                {R"({"type":"ka"})", "ka"},
                {R"({"type":"connection_error","payload":{"message":"who are you"}})", "connection_error \"who are you\""}});
    expect_none(graphqlws, {"hello", "{}", R"({"type":7})", "[]", R"({"type":"unheard of"})", R"({"type":"subscribe"})",
                            R"({"type":"next","payload":{})"});
}

TEST(Subprotocols, Stomp) {
    expect_all(stomp, {{"CONNECT\naccept-version:1.2\nhost:stomp.example.org\n\n\0"s, "CONNECT"},
                       {"CONNECTED\r\nversion:1.2\r\n\r\n\0\n"s, "CONNECTED"},
                       {"SEND\ndestination:/queue/a\\cb\nreceipt:r-1\n\nhello queue a\0"s, "SEND \"/queue/a:b\""},
                       {"MESSAGE\nsubscription:0\nmessage-id:007\ndestination:/queue/foo\ncontent-length:5\n\na\0b\0c\0\n\n"s,
                        "MESSAGE \"/queue/foo\""},
                       {"\n", "heartbeat"},
                       {"ACK\nid:007\n\n\0\nBEGIN\ntransaction:t\n\n\0"s, "ACK, BEGIN"},
                       {"ERROR\nmessage:malformed frame\n\nwhat was it\0"s, "ERROR \"malformed frame\""}});
    expect_none(stomp, {"hello\n", "GET / HTTP/1.1\n", "SEND\nno colon\n\n\0"s, "SEND\ncontent-length:x\n\n\0"s,
                        "SEND\ncontent-length:1\n\nab\0"s});
}

TEST(Subprotocols, Ocpp) {
    expect_all(ocpp, {{R"([2,"19223201","BootNotification",{"chargePointVendor":"VendorX"}])", "CALL BootNotification"},
                      {R"([3,"19223201",{"status":"Accepted","interval":300}])", "CALLRESULT"},
                      {R"([4,"a","NotSupported","no such connector",{}])", "CALLERROR NotSupported \"no such connector\""},
                      {R"([5,"a","FormatViolation","",{}])", "CALLRESULTERROR FormatViolation"},
                      {R"( [ 6 , "b" , "NotifyPeriodicEventStream" , {} ] )", "SEND NotifyPeriodicEventStream"},
                      {R"([2,"caf\u00e9","Data\"Transfer",{}])", "CALL Data\"Transfer"}});
    expect_none(ocpp, {"hello", "[]", "{}", "[9,\"a\"]", "[2]", "[2,1,2]"});
}

TEST(Subprotocols, Phoenix) {
    expect_all(phoenix,
               {{R"(["1","1","room:lobby","phx_join",{"token":"x"}])", "phx_join \"room:lobby\""},
                {R"(["1","1","room:lobby","phx_reply",{"response":{},"status":"ok"}])", "reply ok \"room:lobby\""},
                {R"({"topic":"room:1","event":"phx_join","payload":{},"ref":"3"})", "phx_join \"room:1\""},
                {R"({"topic":"room:1","event":"phx_reply","payload":{"status":"error"},"ref":"3"})", "reply error \"room:1\""}});
    expect_all(phoenix,
               {{"\0\x01\x01\x04\x04"
                 "14roomdata\x01\xff"s,
                 "data \"room\""},
                {"\x01\x01\x01\x04\x02"
                 "14roomok\0\xff"s,
                 "reply ok \"room\""},
                {"\x02\x04\x05"
                 "roomevent\0"s,
                 "event \"room\""}},
               false);
    EXPECT_EQ(read(phoenix,
                   "\0\x01\x04\x04"
                   "1roompush\0"s,
                   false, {}, {}, Direction::server_to_client)
                  .words,
              "push \"room\"");
    expect_none(phoenix, {"hello", "[]", "{}", "[1,2]"});
}

TEST(Subprotocols, SockJs) {
    expect_all(sockjs, {{"o", "open"},
                        {"h", "heartbeat"},
                        {R"(a["one"])", "messages \"one\""},
                        {R"(a["one","two\u0021"])", "messages 2"},
                        {R"(c[3000,"Go away!"])", "close 3000 \"Go away!\""}});
    expect_none(sockjs, {"x", "", "a[1]", "c[]", "hello"});
}

TEST(Subprotocols, ActionCable) {
    expect_all(actioncable, {{R"({"type":"welcome"})", "welcome"},
                             {R"({"command":"subscribe","identifier":"{\"channel\":\"ChatChannel\"}"})", "subscribe ChatChannel"},
                             {R"({"type":"ping","message":1742998800})", "ping"},
                             {R"({"identifier":"{\"channel\":\"ChatChannel\"}","message":{"text":"hi"}})", "message ChatChannel"},
                             {R"({"type":"disconnect","reason":"unauthorized","reconnect":false})", "disconnect"}});
    expect_none(actioncable, {"hello", "{}", "[]", R"({"type":"unheard of"})"});
}

TEST(Subprotocols, Bayeux) {
    expect_all(
        bayeux,
        {{R"([{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket"],"id":"1"}])", "handshake"},
         {R"([{"channel":"/meta/connect","clientId":"c","id":"2"},{"channel":"/meta/subscribe","clientId":"c","subscription":"/chat","id":"3"}])",
          "connect, subscribe /chat"},
         {R"([{"id":"3","channel":"/meta/subscribe","successful":false,"subscription":"/chat","error":"403::no"}])",
          "subscribe /chat failed \"403::no\""},
         {R"({"channel":"/meta/disconnect","clientId":"c"})", "disconnect"}});
    expect_none(bayeux, {"hello", "{}", "[1]", R"([{"a":1}])"});
}

TEST(Subprotocols, Realtime) {
    expect_all(realtime,
               {{R"({"type":"session.created","event_id":"event_1","session":{"id":"s"}})", "session.created"},
                {R"({"type":"input_audio_buffer.append","audio":"AAECAwQ="})", "input_audio_buffer.append, 5 bytes of audio"},
                {R"({"type":"response.created","event_id":"e","response":{"id":"resp_1"}})", "response.created resp_1"},
                {R"({"type":"error","event_id":"e","error":{"message":"no session"}})", "error \"no session\""},
                {R"({"setup":{"model":"models/gemini"}})", "setup"}});
    expect_all(realtime, {{R"({"setupComplete":{}})", "setupComplete"}}, false);
    expect_none(realtime, {"hello", "[]"});
}

TEST(Subprotocols, Nats) {
    expect_all(nats, {{"INFO {\"server_id\":\"Zk0\",\"version\":\"1.2.3\"} \r\n", "INFO"},
                      {"CONNECT {\"verbose\":false}\r\nPING\r\n", "CONNECT, PING"},
                      {"SUB FOO G1 44\r\nUNSUB 44\r\n", "SUB FOO, UNSUB"},
                      {"PUB FRONT.DOOR JOKE.22 11\r\nKnock Knock\r\npub NOTIFY 0\r\n\r\n", "PUB FRONT.DOOR, pub NOTIFY"},
                      {"HPUB FOO 22 33\r\nNATS/1.0\r\nBar: Baz\r\n\r\nHello NATS!\r\n", "HPUB FOO"},
                      {"MSG FOO.BAR 9 11\r\nHello World\r\n+OK\r\n-ERR 'Unknown'\r\n", "MSG FOO.BAR, +OK, -ERR 'Unknown'"}});
    expect_none(nats, {"hello", "HELLO\r\n", "GET / HTTP/1.1\r\n", "PUB a x\r\nabc\r\n", "\0\r\n"s});
}

TEST(Subprotocols, JsonRpc) {
    expect_all(jsonrpc,
               {{R"({"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1})", "request subtract, id 1"},
                {R"({"jsonrpc":"2.0","result":19,"id":1})", "response, id 1"},
                {R"({"jsonrpc":"2.0","method":"update","params":[1]})", "notification update"},
                {R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"1"})",
                 "error -32601 \"Method not found\", id 1"},
                {R"([{"jsonrpc":"2.0","method":"sum","id":"a"},{"jsonrpc":"2.0","method":"hello"}])",
                 "request sum, id a, notification hello"},
                {R"({"type":"error","id":8,"error":"session not created","message":"no browser"})",
                 "error session not created \"no browser\", id 8"},
                {"Content-Length: 44\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\",\"id\":9}", "request shutdown, id 9"}});
    expect_none(jsonrpc, {"hello", "{}", R"({"id":1})", R"({"method":7})", "[]", "[1]", R"({"method":"a")", R"({"result":1})"});
}

TEST(Subprotocols, SocketIo) {
    expect_all(engineio, {{R"(0{"sid":"abc","pingInterval":25000})", "open"},
                          {"2", "ping"},
                          {"2probe", "ping probe"},
                          {"3probe", "pong probe"},
                          {"6", "noop"},
                          {"4hello", "message hello"},
                          {"40", "CONNECT"},
                          {"41/admin,", "DISCONNECT /admin"},
                          {R"(42["tick",1])", "EVENT \"tick\""},
                          {R"(4213["ask"])", "EVENT \"ask\", ack 13"},
                          {"43/admin,13[]", "ACK /admin 13"},
                          {R"(451-["bin",{"_placeholder":true,"num":0}])", "BINARY_EVENT \"bin\", 1 attachment"}});
    expect_none(engineio, {"hello", "", "7", "9"});
    const std::string url = "wss://example.com/socket.io/?EIO=3&transport=websocket";
    EXPECT_EQ(read(engineio, "\x04\x01\x02", false, {}, url).records, 2U);
}

TEST(Subprotocols, NamesAndUrls) {
    ASSERT_NE(find_subprotocol_name("ocpp1.6"), nullptr);
    EXPECT_EQ(find_subprotocol_name("ocpp1.6")->own, &ocpp);
    EXPECT_EQ(find_subprotocol_name("no such name"), nullptr);
    EXPECT_EQ(subprotocol_of_url("wss://example.com/socket.io/?EIO=4&transport=websocket"), &engineio);
    EXPECT_EQ(subprotocol_of_url("wss://example.com/feed"), nullptr);
}

} // namespace
} // namespace ws::test
