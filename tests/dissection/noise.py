# SPDX-License-Identifier: GPL-2.0-or-later
"""Conversations that are not WebSocket, generated: what test_false_alarms.py reads besides the recordings.

A generator takes a random.Random and yields (side, bytes), one application's write each, for as long as it is asked. The bytes
that WebSocket frames begin with (0x81, 0x82, 0x88, ...) occur wherever the format allows them.
"""

import struct

HEADS = (0x01, 0x00, 0x02, 0x81, 0x81, 0x82, 0x82, 0x88, 0x89, 0x8A, 0x80, 0xC1)
WORDS = ("frame close ping text value key state queue topic id name seq time body müde ça žluť κόσμε мир 日本語 🙂").split()

GENERATORS = {}


def generator(function):
    GENERATORS[function.__name__] = function
    return function


def sides(random):
    """Who writes next: some conversations are one-sided, most take turns."""
    bias = random.choice((0, 0.1, 0.5, 0.5, 0.9, 1))
    while True:
        yield "client" if random.random() < bias else "server"


def words(random, most=12):
    return " ".join(random.choices(WORDS, k=random.randrange(1, most)))


def value(random, most=60):
    """Text or noise."""
    if random.random() < 0.5:
        return words(random).encode()[:most]
    return random.randbytes(random.randrange(most))


# ---- noise and constants ----------------------------------------------------

@generator
def random_small(random):
    for side in sides(random):
        yield side, random.randbytes(random.randrange(2, 41))


@generator
def random_large(random):
    for side in sides(random):
        yield side, random.randbytes(random.choice((1448, 1448, 1448, random.randrange(1, 1448))))


@generator
def random_any(random):
    """As an encrypted protocol whose records are of every size."""
    for side in sides(random):
        yield side, random.randbytes(int(2 ** (random.random() * 10 + 1)))


@generator
def constant(random):
    """One byte, or a few, again and again: padding, silence, empty frames that nobody would send."""
    unit = random.choice((b"\0", b"\x81", b"\x82", b"\x88", b"\xff", b"\x81\x00", b"\x82\x00", b"\x89\x00\x8a\x00", b"\x81\x01",
                          b"\x00\x00\x00\x01", b"\x81\x80", b"\x82\x80\x00\x00\x00\x00", b"\x81\x81", b"\x82\x01", b" ", b"\n"))
    for side in sides(random):
        yield side, unit * random.randrange(1, 60)


@generator
def counter(random):
    """Bytes that rise."""
    step, at = random.choice((1, 2, 3)), random.randrange(256)
    for side in sides(random):
        size = random.randrange(1, 100)
        yield side, bytes((at + step * i) & 255 for i in range(size))
        at += step * size


@generator
def sound(random):
    """8-bit samples: silence is 0x80, and quiet sound is 0x7d to 0x83."""
    loud, level = random.choice((1, 2, 3, 6)), 0x80
    for side in sides(random):
        samples = bytearray()
        for _ in range(random.choice((20, 80, 160, 320))):
            level = min(max(level + random.randint(-1, 1), 0x80 - loud), 0x80 + loud)
            samples.append(level)
        yield side, bytes(samples)


@generator
def sensors(random):
    """Structures of numbers that change slowly."""
    numbers = [random.randrange(2**16) for _ in range(random.randrange(1, 6))]
    layout = random.choice("<>") + random.choice(("H", "I", "f", "d", "Q")) * len(numbers)
    for side in sides(random):
        numbers = [max(0, min(65535, number + random.randint(-3, 3))) for number in numbers]
        yield side, struct.pack(layout, *numbers) * random.randrange(1, 4)


# ---- framings ---------------------------------------------------------------

def prefixed(form, length_first=True, own=0, types=HEADS, wild=True):
    """Messages of a length, a type and a value. own: how many bytes of the header the length counts; wild: other types as well."""
    def generate(random):
        kinds = [*types, *(random.randrange(256) for _ in range(6 if wild else 0))]
        most = min(2 ** (8 * struct.calcsize(form)) - 1 - own, random.choice((20, 60, 250, 900)))
        for side in sides(random):
            burst = b""
            for _ in range(random.choice((1, 1, 1, 2, 5))):
                kind, content = bytes([random.choice(kinds)]), value(random, most)
                length = struct.pack(form, len(content) + own)
                burst += (length + kind if length_first else kind + length) + content
            yield side, burst
    return generate


for width, form in {"8": "B", "16": ">H", "16_little": "<H", "32": ">I", "32_little": "<I"}.items():
    GENERATORS[f"length{width}_type"] = prefixed(form, own=1)
    GENERATORS[f"type_length{width}"] = prefixed(form, length_first=False)
# With the type 0x81 (or 0x01, and others after it) and text such an element is a WebSocket frame to the last bit.
GENERATORS["type_length8"] = prefixed("B", length_first=False, types=(0x00, 0x02, 0x80, 0x82, 0x88, 0x89, 0x8A), wild=False)


@generator
def bittorrent(random):
    """Messages of peers: 4 bytes of length and a type."""
    for side in sides(random):
        if random.random() < 0.6:
            index, begin = random.randrange(0x8000, 0x8300), random.randrange(16) << 14
            yield side, struct.pack("!IBIII", 13, 6, index, begin, 16384) * random.randrange(1, 5)
        else:
            block = random.randbytes(random.choice((16384, 4096, 100)))
            yield side, struct.pack("!IBII", 9 + len(block), 7, random.randrange(0x300), 0) + block


@generator
def dns(random):
    """Over TCP. The flags of an answer are 81 80, those of a failure 81 82 or 81 83."""
    while True:
        number = random.randbytes(2)
        name = b"".join(bytes([len(label)]) + label for label in (b"www", random.choice((b"example", b"a", b"frames")), b"com", b""))
        question = name + struct.pack("!HH", random.choice((1, 28, 16)), 1)
        yield "client", struct.pack("!H", 12 + len(question)) + number + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + question
        count = random.randrange(4)
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + random.randbytes(4) for _ in range(count))
        flags = 0x8180 if count else random.choice((0x8182, 0x8183, 0x8580))
        head = number + struct.pack("!5H", flags, 1, count, 0, 0)
        cut = random.random() < 0.3  # some servers send the length, or the length and the number, by themselves
        whole = struct.pack("!H", len(head + question + answers)) + head + question + answers
        if cut:
            yield "server", whole[:4]
        yield "server", whole[4 * cut:]


@generator
def rtp(random):
    """Over TCP (RFC 4571): 2 bytes of length; the header begins with 0x80, or 0x81 and 0x82 if there are contributing sources."""
    number, time = random.randrange(2**16), random.randrange(2**32)
    for side in sides(random):
        sources = random.choice((0, 0, 1, 2))
        packet = bytes([0x80 | sources, random.choice((0, 8, 96, 0x80 | 96))]) + struct.pack("!HII", number & 0xFFFF, time & 0xFFFFFFFF, 7)
        packet += random.randbytes(4 * sources + random.choice((20, 160, 600)))
        number, time = number + 1, time + 160
        length = struct.pack("!H", len(packet))
        if random.random() < 0.3:
            yield side, length
            yield side, packet
        else:
            yield side, length + packet


@generator
def thrift(random):
    names = ("get", "put", "ping", "multiget", "getSchema")
    for number, side in enumerate(sides(random)):
        name, text = random.choice(names).encode(), value(random)
        body = struct.pack("!II", 0x80010000 | random.choice((1, 2, 3)), len(name)) + name + struct.pack("!I", number)
        body += b"\x0b\x00\x01" + struct.pack("!I", len(text)) + text + b"\x08\x00\x02" + random.randbytes(4) + b"\x00"
        yield side, struct.pack("!I", len(body)) + body


# ---- ASN.1 ------------------------------------------------------------------

def ber(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + struct.pack("!H", size)
    return bytes([tag]) + length + content


def ber_number(number):
    return ber(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


@generator
def ldap(random):
    number = random.randrange(300)
    while True:
        number += 1
        name = b"cn=" + words(random, 5).encode() + b",dc=example"
        choice = random.randrange(3)
        if choice == 0:  # a simple bind: the password is [0], 0x80; SASL is [3]
            request = ber(0x60, ber_number(3) + ber(4, name) + ber(0x80, value(random, 30)))
            answers = [ber(0x61, ber(10, b"\0") + ber(4, b"") + ber(4, b""))]
        elif choice == 1:  # a search: filters and substrings are [0], [1], [2]
            asked = ber(0xA0, ber(0xA3, ber(4, b"cn") + ber(4, value(random, 20)))
                        + ber(0xA4, ber(4, b"sn") + ber(0x30, ber(0x80, value(random, 9)) + ber(0x81, value(random, 9))
                                                       + ber(0x82, value(random, 9)))))
            request = ber(0x63, ber(4, name) + ber(10, b"\2") + ber(10, b"\0") + ber_number(0) * 2 + ber(1, b"\0") + asked
                          + ber(0x30, ber(4, b"*")))
            answers = [ber(0x64, ber(4, name) + ber(0x30, ber(0x30, ber(4, b"sn") + ber(0x31, ber(4, value(random, 250))))))
                       for _ in range(random.randrange(4))]
            answers.append(ber(0x65, ber(10, b"\0") + ber(4, b"") * 2))
        else:  # an extended request: its name is [0], its value [1]; the answer's are [10] and [11], 0x8a and 0x8b
            request = ber(0x77, ber(0x80, b"1.3.6.1.4.1.4203.1.11.1") + ber(0x81, value(random, 120)))
            answers = [ber(0x78, ber(10, b"\0") + ber(4, b"") * 2 + ber(0x8A, b"1.3.6.1.4") + ber(0x8B, value(random, 80)))]
        yield "client", ber(0x30, ber_number(number) + request)
        for answer in answers:
            yield "server", ber(0x30, ber_number(number) + answer)


@generator
def snmp(random):
    while True:
        number = random.randrange(2**31)
        names = [ber(6, b"\x2b\x06\x01\x02\x01" + random.randbytes(4)) for _ in range(random.randrange(1, 6))]
        for side, kind in (("client", 0xA1), ("server", 0xA2)):
            pairs = b"".join(ber(0x30, name + (b"\x05\x00" if side == "client" else random.choice(
                (ber(4, value(random)), ber_number(number), ber(0x41, random.randbytes(4)), b"\x81\x00", b"\x82\x00")))) for name in names)
            pdu = ber(kind, ber_number(number) + ber_number(0) * 2 + ber(0x30, pairs))
            yield side, ber(0x30, ber_number(1) + ber(4, b"public") + pdu)


@generator
def asn1_elements(random):
    """Elements without an envelope, each of several tags in turn; both sides speak alike."""
    for side in sides(random):
        yield side, b"".join(ber(tag, value(random, 200)) for tag in random.sample((0x80, 0x81, 0x82, 0x83, 0x84, 0xA0, 0x30, 4, 2), 4))


# ---- self-describing values -------------------------------------------------

def thing(random, depth=0):
    kind = random.randrange(9 if depth < 3 else 6)
    if kind < 3:
        return random.choice((0, 1, 2, 100, 127, 128, 255, 256, 65536, -1, -20, -200, random.randrange(2**40)))
    if kind == 3:
        return random.choice((None, True, False, random.random()))
    if kind == 4:
        return random.choice(WORDS) if random.random() < 0.6 else words(random)
    if kind == 5:
        return random.randbytes(random.randrange(40))
    count = random.choice((1, 1, 1, 2, 2, 3, 8))
    if kind == 6:
        return [thing(random, depth + 1) for _ in range(count)]
    return {random.choice(WORDS): thing(random, depth + 1) for _ in range(count)}


def msgpack(item):
    if item is None or isinstance(item, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[item]
    if isinstance(item, int):
        if -32 <= item < 128:
            return struct.pack("b", item)
        for limit, head, form in ((2**8, 0xCC, "B"), (2**16, 0xCD, "!H"), (2**32, 0xCE, "!I"), (2**64, 0xCF, "!Q")):
            if 0 <= item < limit:
                return bytes([head]) + struct.pack(form, item)
        return b"\xd3" + struct.pack("!q", item)
    if isinstance(item, float):
        return b"\xcb" + struct.pack("!d", item)
    if isinstance(item, bytes):
        return b"\xc4" + bytes([len(item)]) + item
    if isinstance(item, str):
        text = item.encode()
        return (bytes([0xA0 | len(text)]) if len(text) < 32 else b"\xd9" + bytes([len(text)])) + text
    if isinstance(item, list):
        return bytes([0x90 | len(item)]) + b"".join(map(msgpack, item))
    return bytes([0x80 | len(item)]) + b"".join(msgpack(key) + msgpack(part) for key, part in item.items())


def cbor_head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for limit, mark, form in ((2**8, 24, "B"), (2**16, 25, "!H"), (2**32, 26, "!I"), (2**64, 27, "!Q")):
        if number < limit:
            return bytes([major << 5 | mark]) + struct.pack(form, number)
    raise ValueError(number)


def cbor(item):
    if item is None or isinstance(item, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[item]
    if isinstance(item, int):
        return cbor_head(0, item) if item >= 0 else cbor_head(1, -1 - item)
    if isinstance(item, float):
        return b"\xfb" + struct.pack("!d", item)
    if isinstance(item, bytes):
        return cbor_head(2, len(item)) + item
    if isinstance(item, str):
        return cbor_head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return cbor_head(4, len(item)) + b"".join(map(cbor, item))
    return cbor_head(5, len(item)) + b"".join(cbor(key) + cbor(part) for key, part in item.items())


def values_of(pack):
    """Arrays and maps of one and two, one after the other: fixmap(1) is 0x81 in MessagePack, and array(1) in CBOR."""
    def generate(random):
        for side in sides(random):
            items = [[thing(random)] * random.choice((1, 2)) if random.random() < 0.5 else
                     {name: thing(random) for name in random.sample(WORDS, random.choice((1, 1, 2)))}
                     for _ in range(random.choice((1, 1, 2, 4)))]
            yield side, b"".join(map(pack, items))
    return generate


GENERATORS["msgpack_values"] = values_of(msgpack)
GENERATORS["cbor_sequence"] = values_of(cbor)


@generator
def msgpack_rpc(random):
    for number, side in enumerate(sides(random)):
        if random.random() < 0.5:
            yield side, msgpack([0, number, random.choice(WORDS), [thing(random)]])
            yield "server" if side == "client" else "client", msgpack([1, number, None, thing(random)])
        else:
            yield side, msgpack([2, random.choice(WORDS), [thing(random), thing(random)]])


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def protobuf(random, depth=0):
    message = b""
    for field in sorted(random.choices(range(1, 40), k=random.randrange(1, 7))):
        kind = random.choice((0, 0, 1, 2, 2, 5))
        message += varint(field << 3 | kind)
        if kind == 0:
            message += varint(random.randrange(2 ** random.randrange(1, 50)))
        elif kind == 2:
            content = protobuf(random, depth + 1) if depth < 2 and random.random() < 0.3 else value(random, 200)
            message += varint(len(content)) + content
        else:
            message += random.randbytes(8 if kind == 1 else 4)
    return message


@generator
def protobuf_delimited(random):
    """Each message after its length as varint; one of 129 bytes begins with 81 01."""
    for side in sides(random):
        message = protobuf(random)
        yield side, varint(len(message)) + message


# ---- text -------------------------------------------------------------------

@generator
def lines(random):
    end, coding = random.choice(("\n", "\r\n", "\0")), random.choice(("utf-8", "utf-8", "utf-16-le", "utf-16-be", "cp1251", "koi8-r"))
    for side in sides(random):
        yield side, "".join(words(random) + end for _ in range(random.choice((1, 1, 3, 10)))).encode(coding, "replace")


@generator
def latin1(random):
    """Any printable character, and the controls of Windows' code page (0x80 to 0x9f)."""
    for side in sides(random):
        letters = random.choices([*range(32, 127), *range(0xA0, 0x100), 0x81, 0x82, 0x88, 0x85], k=random.randrange(1, 100))
        yield side, bytes(letters) + b"\n"
