"""A second reader and writer of the documents, made from docs/protocol.md and protocol/kinchaku.cddl.

It shares nothing with the Rust code but the specification: CBOR by cbor2, points by cryptography,
envelopes by pycose. `read` answers with the words of fixtures/vectors/README.md.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Callable

import cbor2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from pycose.algorithms import Es256
from pycose.headers import Algorithm, KID
from pycose.keys import EC2Key
from pycose.messages import Sign1Message

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BY_QR = 1024
PAGE = 256 * 1024
LINK_PROOF = 16 * 1024
MOST = 10**15 - 1
DEPTH = 8


class Refused(Exception):
    """Why a document is not accepted: a word and what it is about."""

    def __init__(self, error: str, detail: str | None = None):
        super().__init__(error, detail)
        self.error, self.detail = error, detail


class Wrong(Exception):
    """A value of another type or out of range."""


@dataclass(frozen=True)
class Type:
    """How a value of the grammar looks in JSON, both ways."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


def need(holds: bool) -> None:
    if not holds:
        raise Wrong


def number(most: int = 2**64 - 1, least: int = 0) -> Type:
    def read(item):
        need(type(item) is int and least <= item <= most)
        return item

    return Type(read, lambda value: value)


def size(length: int | None = None) -> Type:
    def read(item):
        need(type(item) is bytes and length in (None, len(item)))
        return item.hex()

    return Type(read, bytes.fromhex)


def plain(kind: type, holds: Callable[[Any], bool] = lambda item: True) -> Type:
    def read(item):
        need(type(item) is kind and holds(item))
        return item

    return Type(read, lambda value: value)


def code(*names: str) -> Type:
    def read(item):
        need(type(item) is int and 0 <= item < len(names))
        return names[item]

    return Type(read, names.index)


def many(of: Type, least: int = 0, most: int | None = None) -> Type:
    def read(item):
        need(type(item) is list and least <= len(item) and (most is None or len(item) <= most))
        return [of.read(one) for one in item]

    return Type(read, lambda value: [of.write(one) for one in value])


def record(**fields: Type) -> Type:
    def read(item):
        need(type(item) is list and len(item) == len(fields))
        return {name: fields[name].read(one) for name, one in zip(fields, item)}

    return Type(read, lambda value: [of.write(value[name]) for name, of in fields.items()])


def maybe(of: Type) -> Type:
    return Type(
        lambda item: None if item is None else of.read(item),
        lambda value: None if value is None else of.write(value),
    )


U8, U32, U64 = number(255), number(2**32 - 1), number()
AMOUNT, SOME = number(MOST), number(MOST, 1)
PID, MARK, KID4, REF, ID, KEY = (size(length) for length in (8, 4, 4, 16, 32, 33))
BYTES, TEXT, BOOL = size(), plain(str), plain(bool)
TRAN_ID = plain(str, lambda text: len(text.encode()) == 20)
WINDOW = many(U64, 2, 2)

LIMITS = record(
    per_payment=AMOUNT, per_shop_day=AMOUNT, per_holder=AMOUNT, soft_count=U32, hard_count=U32
)
VERDICT = code(
    "accepted", "over-payment", "over-shop-day", "over-holder", "too-many", "outside-window",
    "revoked", "not-usable-here", "by-staff", "fork",
)
FACT_KINDS = ("posted", "rejected", "reversed", "fork", "pending", "cancel-noted")
REASON = code(
    "none", "shop-refused", "cancelled", "over-reserve", "late", "after-close", "fork-branch",
    "outside-window", "bad-part", "not-usable-here", "day-passed", "revoked", "unknown-shop",
    "challenge", "card-signature", "certificate-untrusted", "certificate-expired",
    "certificate-revoked", "another-person", "another-account", "guardian", "attributes",
    "not-a-minor", "not-linked", "unknown-card", "closed", "cash-refunded",
)
CARD_METHODS = ("signature-certificate", "card-record", "user-authentication")
CARD_PURPOSES = ("link", "guardian", "login", "unlock", "key-id")
TABLES = (
    "account", "class", "balance", "lot", "allowance", "shop", "history", "sale", "device",
    "notice", "rule", "standing", "member",
)


def allowance_rules(said):
    return None if said["window"][0] < said["window"][1] else 6


def intent_rules(said):
    if said["seq"] == 1 and said["prev"] != said["authorisation"]:
        return 4
    lines = [part["line"] for part in said["parts"]]
    fits = sum(part["amount"] for part in said["parts"]) <= MOST
    return None if fits and lines == sorted(set(lines)) else 7


def close_rules(said):
    return None if said["last"] > 0 or said["head"] == said["allowance"] else 4


def linkproof_rules(said):
    if not said["certificates"]:
        return 4
    if not said["signature"]:
        return 5
    return None if ("attributes" in said) == (said["method"] == "card-record") else 6


def keyset_rules(said):
    own = (kid(bytes.fromhex(entry["key"])).hex() == entry["kid"] for entry in said["keys"])
    return None if all(own) else 3


@dataclass(frozen=True)
class Kind:
    """A kind of document: its number, its largest payload, its fields, what the types do not say."""

    number: int
    most: int
    fields: dict[int, tuple[str, Type]]
    options: dict[int, tuple[str, Type]]
    rules: Callable[[dict], int | None] = lambda said: None


KINDS = {
    "allowance": Kind(1, BY_QR, {
        2: ("holder", PID),
        3: ("device_key", KEY),
        4: ("lines", many(record(**{"class": U32, "amount": SOME, "day": U32, "set": U32}), 1, 8)),
        5: ("limits", LIMITS),
        6: ("window", WINDOW),
        7: ("level", U8),
        8: ("epoch", U32),
    }, {
        9: ("child_daily", AMOUNT),
        10: ("guardian", PID),
        11: ("crisis", LIMITS),
        12: ("paper", record(per_payment=AMOUNT, per_day=U32)),
    }, allowance_rules),
    "intent": Kind(2, BY_QR, {
        2: ("authorisation", REF),
        3: ("seq", number(2**32 - 1, 1)),
        4: ("prev", REF),
        5: ("shop", PID),
        6: ("mark", MARK),
        7: ("parts", many(record(line=U8, amount=SOME), 1, 8)),
        8: ("occurred_at", U64),
        9: ("clock", record(quality=code("anchored", "rebooted", "lost"), age=U64)),
        10: ("gate", number(15)),
    }, {
        11: ("shop_nonce", size(8)),
    }, intent_rules),
    "seen": Kind(6, BY_QR, {
        2: ("intent", REF),
        3: ("mark", MARK),
        4: ("seen_at", U64),
        5: ("verdict", VERDICT),
        6: ("epoch", U32),
        7: ("assurance", code("none", "blind", "posted")),
    }, {}),
    "fact": Kind(7, PAGE, {
        2: ("subject", ID),
        3: ("kind", code(*FACT_KINDS)),
        4: ("reason", REASON),
        5: ("at", U64),
        6: ("rows", many(record(**{"tran_id": TRAN_ID, "class": U32, "amount": AMOUNT}))),
        7: ("posting_day", U32),
    }, {
        8: ("other", ID),
    }),
    "close": Kind(8, BY_QR, {
        2: ("allowance", REF),
        3: ("last", U32),
        4: ("head", REF),
        5: ("closed_at", U64),
    }, {}, close_rules),
    "device": Kind(9, BY_QR, {
        2: ("role", code("wallet", "shop", "staff")),
        3: ("owner", PID),
        4: ("sync_key", KEY),
        5: ("window", WINDOW),
        6: ("level", U8),
    }, {}),
    "cancel": Kind(10, BY_QR, {
        2: ("intent", REF),
        3: ("shop", PID),
        4: ("reason", U32),
        5: ("cancelled_at", U64),
    }, {}),
    "bulletin": Kind(12, PAGE, {
        2: ("epoch", U32),
        3: ("made_at", U64),
        4: ("revoked", many(PID)),
        5: ("dead", many(record(shop=PID, mark=maybe(MARK)))),
        6: ("directory", U32),
        7: ("keyset", U32),
    }, {
        8: ("crisis", many(record(**{"class": U32, "limits": LIMITS}))),
    }),
    "keyset": Kind(13, PAGE, {
        2: ("version", U32),
        3: ("keys", many(record(
            kid=KID4, key=KEY, usage=number(63, 1), not_before=U64, expires=U64
        ))),
    }, {
        4: ("next_root", KEY),
    }, keyset_rules),
    "page": Kind(15, PAGE, {
        2: ("cursor", BYTES),
        3: ("rows", many(record(table=code(*TABLES), key=BYTES, value=maybe(BYTES)))),
        4: ("facts", many(BYTES)),
        5: ("root", record(balance=AMOUNT, reserved=AMOUNT, negative=AMOUNT)),
        6: ("at", U64),
        7: ("epoch", U32),
        8: ("more", BOOL),
    }, {
        64: ("snapshot", BOOL),
        65: ("nonce", BYTES),
    }),
    "linkproof": Kind(14, LINK_PROOF, {
        2: ("challenge", ID),
        3: ("method", code(*CARD_METHODS)),
        4: ("certificates", BYTES),
        5: ("signature", BYTES),
    }, {
        6: ("attributes", BYTES),
    }, linkproof_rules),
}

ROWS = {
    "account": record(level=U8, stopped=BOOL),
    "class": record(**{"class": U32, "service_type": U8, "name": TEXT}),
    "balance": record(**{"class": U32, "remaining": AMOUNT, "held": AMOUNT}),
    "lot": record(**{
        "lot": U64, "class": U32, "remaining": AMOUNT, "until": maybe(U32), "issued_at": U64
    }),
    "shop": record(
        shop=PID, name=TEXT, kana=TEXT, sets=many(U32), marks=many(MARK), offline=number(2)
    ),
    "history": record(**{
        "tran_id": TEXT, "operation": number(3, 1), "operation_id": number(5, 1), "class": U32,
        "amount": AMOUNT, "shop": maybe(PID), "occurred_at": U64, "posted_at": U64,
    }),
    "sale": record(
        intent=ID, mark=MARK, total=AMOUNT, status=U8, occurred_at=U64, posted_at=U64, fact=BYTES
    ),
    "rule": record(**{
        "class": U32, "combine": many(U32), "from": maybe(U64), "pin_always": BOOL, "ranks": many(TEXT),
    }),
    "standing": record(**{
        "class": U32, "until": maybe(U32), "owed": AMOUNT, "rank": maybe(U32), "coming": AMOUNT,
    }),
    "member": record(card=number(9_999_999_999, 1)),
}

PAY_KEY = record(key=KEY, proof=size(64))

SPAN = record(opens=U64, closes=U64)
NO = maybe(record(why=number(24), at=maybe(U64), most=maybe(U64), left=maybe(U64)))
WAY = number(4)
OFFER = record(**{
    "programme": U32, "name": TEXT, "class": U32, "kind": number(2),
    "apply": maybe(record(
        window=SPAN, draw=BOOL, entry=maybe(record(**{"class": U32, "points": AMOUNT}))
    )),
    "acquire": SPAN, "from": U64, "until": maybe(U32), "price": AMOUNT, "face": AMOUNT, "most": U32,
    "by_number": BOOL, "by_code": BOOL, "pay_in": many(WAY),
    "exchange": maybe(record(
        source=U32, step=AMOUNT, gives=AMOUNT, least=AMOUNT, free=AMOUNT, due=maybe(U32)
    )),
    "mine": record(
        application=maybe(REF), wanted=U32, won=maybe(U32), buyer=maybe(U64), reserved=U32,
        bought=U32, received=U32,
    ),
    "refused": NO,
})
ORDERED = record(**{
    "order": U64, "programme": maybe(U32), "class": U32, "units": U32, "price": AMOUNT,
    "face": AMOUNT, "pay_in": WAY, "stage": number(5), "until": U64, "settled_at": maybe(U64),
    "reference": maybe(TEXT),
})

BODIES = {
    "offers-answer": record(at=U64, offers=many(OFFER)),
    "apply-request": record(programme=U32, units=U32, phone=maybe(TEXT), nonce=size(16)),
    "apply-answer": record(id=maybe(REF), refused=NO),
    "order-request": record(
        key=TEXT,
        lots=maybe(record(programme=U32, units=U32, buyer=maybe(U64), phone=maybe(TEXT))),
        money=maybe(record(**{"class": U32, "amount": AMOUNT})), pay_in=WAY,
    ),
    "order-query": record(order=U64),
    "order-answer": record(order=maybe(ORDERED), refused=NO),
    "receive-request": record(key=TEXT, programme=U32, by_code=BOOL),
    "receive-answer": record(
        received=maybe(record(**{"class": U32, "amount": AMOUNT, "until": maybe(U32)})), refused=NO
    ),
    "exchange-request": record(key=TEXT, programme=U32, points=AMOUNT),
    "exchange-answer": record(
        exchanged=maybe(record(**{
            "source": U32, "points": AMOUNT, "class": U32, "amount": AMOUNT, "due": U32, "granted": BOOL,
        })),
        refused=NO,
    ),
    "nonce": record(nonce=BYTES, at=U64),
    "enrol-request": record(
        code=TEXT, role=number(2), nonce=BYTES, sync_key=KEY, sync_proof=size(64),
        pay=maybe(PAY_KEY),
    ),
    "enrol-answer": record(device=BYTES, keyset=BYTES, bulletin=BYTES),
    "allowance-request": record(close=maybe(BYTES), at_most=maybe(AMOUNT)),
    "pull-request": record(cursor=BYTES, nonce=BYTES),
    "unlock-request": record(code=TEXT, pay=PAY_KEY),
    "challenge-request": record(purpose=number(4)),
    "challenge-answer": record(challenge=ID, until=U64),
    "card-request": record(proof=BYTES, details=maybe(BYTES)),
    "card-answer": record(fact=BYTES, standing=maybe(record(
        level=number(2), linked_at=maybe(U64), key_id=maybe(TEXT)
    ))),
    "key-id-request": record(action=number(3), id=maybe(TEXT)),
    "key-id-answer": record(
        outcome=number(7), id=maybe(TEXT), generations_left=number(3), choices_left=number(3)
    ),
}


def kid(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:4]


def aad(name: str) -> bytes:
    return f"kinchaku/{name}/1".encode()


def canonical(raw: bytes) -> Any:
    """The one item of these bytes, if they are the only way to write it."""
    try:
        item = cbor2.loads(raw)
        walk(item, 0)
        again = cbor2.dumps(item, canonical=True)
    except (cbor2.CBORError, Wrong, ValueError, TypeError, RecursionError) as fault:
        raise Refused("not-canonical") from fault
    if again != raw:
        raise Refused("not-canonical")
    return item


def walk(item: Any, depth: int) -> None:
    """No float, tag, undefined or other simple value, and not too deep."""
    need(depth <= DEPTH and (item is None or type(item) in (int, bytes, str, bool, list, dict)))
    if type(item) is int:
        need(-(2**64) <= item < 2**64)
    children = [*item, *item.values()] if type(item) is dict else item
    if type(item) in (list, dict):
        for child in children:
            walk(child, depth + 1)


def read_payload(name: str, payload: bytes) -> dict:
    """What a payload says."""
    kind = KINDS[name]
    if len(payload) > kind.most:
        raise Refused("too-large")
    pairs = canonical(payload)
    if type(pairs) is not dict or any(type(key) is not int or not 0 <= key < 256 for key in pairs):
        raise Refused("wrong-field", "0")
    if field(pairs, 0, U8) != kind.number:
        raise Refused("wrong-kind", str(pairs[0]))
    if field(pairs, 1, U8) != 1:
        raise Refused("newer", f"version {pairs[1]}")
    named = kind.fields | kind.options
    for key in pairs:
        if key > 127:
            raise Refused("wrong-field", str(key))
        if 1 < key < 64 and key not in named:
            raise Refused("newer", f"key {key}")
    said = {word: field(pairs, key, of) for key, (word, of) in kind.fields.items()}
    said |= {
        word: field(pairs, key, of) for key, (word, of) in kind.options.items() if key in pairs
    }
    broken = kind.rules(said)
    if broken is not None:
        raise Refused("wrong-field", str(broken))
    return said


def field(pairs: dict, key: int, of: Type) -> Any:
    if key not in pairs:
        raise Refused("missing-field", str(key))
    try:
        return of.read(pairs[key])
    except Wrong as wrong:
        raise Refused("wrong-field", str(key)) from wrong


def write_payload(name: str, said: dict) -> bytes:
    """The payload that says this."""
    kind = KINDS[name]
    pairs = {0: kind.number, 1: 1}
    for key, (word, of) in (kind.fields | kind.options).items():
        if word in said:
            pairs[key] = of.write(said[word])
    return cbor2.dumps(pairs, canonical=True)


def read(name: str, raw: bytes, key: bytes) -> dict:
    """What a signed document says, if this key signed it."""
    if len(raw) > KINDS[name].most + 100:
        raise Refused("too-large")
    parts = canonical(raw)
    if type(parts) is not list or [type(part) for part in parts] != [bytes, dict, bytes, bytes]:
        raise Refused("not-an-envelope")
    protected, unprotected, payload, signature = parts
    named = protected[-4:] if len(protected) == 9 else b""
    expected = b"\xa2\x01\x26\x04\x44" + named if named else b"\xa1\x01\x26"
    if protected != expected or unprotected or len(signature) != 64:
        raise Refused("not-an-envelope")
    said = read_payload(name, payload)
    public = cose_key(key)
    if int.from_bytes(signature[32:], "big") > ORDER // 2:
        raise Refused("high-s")
    if not verified(parts, aad(name), public):
        raise Refused("bad-signature")
    return said


def cose_key(compressed: bytes) -> EC2Key:
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), compressed)
    except (ValueError, UnsupportedAlgorithm) as no_point:
        raise Refused("bad-key") from no_point
    numbers = point.public_numbers()
    x, y = (value.to_bytes(32, "big") for value in (numbers.x, numbers.y))
    return EC2Key(crv="P_256", x=x, y=y)


def verified(parts: list, external_aad: bytes, key: EC2Key) -> bool:
    """pycose's opinion of an envelope."""
    message = Sign1Message.from_cose_obj(list(parts), allow_unknown_attributes=False)
    message.external_aad = external_aad
    message.key = key
    return message.verify_signature()


def sign(name: str, payload: bytes, scalar: bytes) -> tuple[bytes, bytes]:
    """An envelope made by pycose, with the signature in its low form; and the compressed key."""
    private = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    x, y = (value.to_bytes(32, "big") for value in (numbers.x, numbers.y))
    compressed = bytes([2 + numbers.y % 2]) + x
    message = Sign1Message(phdr={Algorithm: Es256, KID: kid(compressed)}, payload=payload)
    message.external_aad = aad(name)
    message.key = EC2Key(crv="P_256", x=x, y=y, d=scalar)
    signature = message.compute_signature()
    s = int.from_bytes(signature[32:], "big")
    message.signature = signature[:32] + min(s, ORDER - s).to_bytes(32, "big")
    return message.encode(tag=False, sign=False), compressed
