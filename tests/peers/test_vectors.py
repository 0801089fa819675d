"""The frozen vectors, read by other people's software (T3, T4), and documents it signs, read by ours.

`make test` runs this with KINCHAKU_TEST_VECTORS (the folder) and KINCHAKU_TEST_BIN (our binaries).
"""

import base64
import binascii
import copy
import hashlib
import json
import re
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cbor2
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import second_reader as second
from conftest import ROOT, folder

FOLDER = folder("KINCHAKU_TEST_VECTORS", "fixtures/vectors")
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def load(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def named(cases: list[dict]):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["name"])


DOCUMENTS = [vector for kind in second.KINDS for vector in load(kind)["vectors"]]
REFUSED = load("refused")["refused"]
TEXTS, MARKS, BODIES = load("texts"), load("marks"), load("bodies")
SCALARS = {key["name"]: bytes.fromhex(key["scalar"]) for key in load("keys")["keys"]}


def grammar() -> str:
    return (ROOT / "protocol" / "kinchaku.cddl").read_text(encoding="utf-8")


def es256(key: bytes, message: bytes, signature: bytes) -> bool:
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return s <= second.ORDER // 2


@named(DOCUMENTS)
def test_a_document_verifies_says_the_same_and_is_written_the_same(case):
    raw, payload = bytes.fromhex(case["cose"]), bytes.fromhex(case["payload"])
    said = second.read(case["kind"], raw, bytes.fromhex(case["key"]))
    assert said == case["json"]
    assert case["aad"].encode() == second.aad(case["kind"])
    assert hashlib.sha256(payload).hexdigest() == case["id"]
    assert case["id"].startswith(case["ref"]) and len(case["ref"]) == 32
    if not case.get("ignored"):
        assert second.write_payload(case["kind"], said) == payload


@named(REFUSED)
def test_a_bad_document_is_refused_for_the_same_reason(case):
    with pytest.raises(second.Refused) as refusal:
        second.read(case["kind"], bytes.fromhex(case["cose"]), bytes.fromhex(case["key"]))
    assert refusal.value.error == case["error"]
    if case["error"] != "not-canonical":
        assert refusal.value.detail == case.get("detail")


@pytest.mark.parametrize("name", second.KINDS)
def test_the_grammar_has_the_same_keys(name):
    kind = second.KINDS[name]
    body = re.search(rf"^{name} = {{(.*?)^}}", grammar(), re.MULTILINE | re.DOTALL)[1]
    assert body.startswith(f"\n  0: {kind.number}, 1: 1,\n")
    assert body.endswith("\n  * later => any,\n")
    keys = re.findall(r"^  (\? )?(\d+): ", body, re.MULTILINE)
    assert [int(key) for mark, key in keys if not mark] == [0, *kind.fields]
    assert [int(key) for mark, key in keys if mark] == [*kind.options]


@pytest.mark.parametrize("rule", ["verdict", "fact-kind", "reason", "role", "table", "card-method", "card-purpose"])
def test_the_grammar_has_the_same_names_of_codes(rule):
    body = re.search(rf"^{rule} = &\((.*?)\)$", grammar(), re.MULTILINE | re.DOTALL)[1]
    said = {name: int(code) for name, code in re.findall(r"([a-z-]+): (\d+)", body)}
    of = {
        "verdict": second.KINDS["seen"].fields[5][1],
        "fact-kind": second.KINDS["fact"].fields[3][1],
        "reason": second.KINDS["fact"].fields[4][1],
        "role": second.KINDS["device"].fields[2][1],
        "table": second.code(*second.TABLES),
        "card-method": second.code(*second.CARD_METHODS),
        "card-purpose": second.code(*second.CARD_PURPOSES),
    }[rule]
    assert said == {of.read(code): code for code in range(len(said))}


def base45(text: str) -> bytes:
    out = b""
    for at in range(0, len(text), 3):
        group = [BASE45.index(character) for character in text[at : at + 3]]
        value = sum(digit * 45**place for place, digit in enumerate(group))
        out += value.to_bytes(len(group) - 1, "big")
    return out


@named(TEXTS["receipts"] + TEXTS["refusals"])
def test_a_text_between_screens_carries_its_documents(case):
    names = ["intent", "allowance"] if "intent" in case else ["seen", "device"]
    prefix, body = case["text"][:4], case["text"][4:]
    documents = second.canonical(base45(body))
    assert prefix == "KC1:"
    assert [raw.hex() for raw in documents] == [case[name] for name in names if case[name]]


def test_base45_agrees():
    for pair in TEXTS["base45"]:
        assert base45(pair["text"]).hex() == pair["bytes"]


def objects(text: str) -> dict[str, tuple[int, str]]:
    """Objects of an EMV payload by id: where they start, and their values."""
    found, at = {}, 0
    while at < len(text):
        length = int(text[at + 2 : at + 4])
        found[text[at : at + 2]] = (at, text[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def base32(text: str) -> str:
    return base64.b32decode(text + "=" * (-len(text) % 8)).hex()


def read_mark(text: str) -> tuple[dict, str, bytes]:
    """What a mark says, what its signature covers, and the signature."""
    root = {name: value for name, (_, value) in objects(text).items()}
    ours, language, first, second_half = (
        {name: value for name, (_, value) in objects(root[name]).items()}
        for name in ("26", "64", "80", "81")
    )
    assert {part["00"] for part in (ours, first, second_half)} == {"jp.kinchaku"}
    covered = text[: objects(text)["80"][0]]
    signature = base64.urlsafe_b64decode(first["01"] + second_half["01"] + "==")
    said = {
        "shop": base32(ours["01"]), "mark": base32(ours["02"]), "kid": base32(ours["03"]),
        "sets": [int(number) for number in ours["04"].split(".")] if "04" in ours else [],
        "offline": ours["05"], "name": root["59"], "city": root["60"],
        "language": language["00"], "local_name": language["01"],
        "local_city": language.get("02"), "postal_code": root.get("61"), "mcc": root["52"],
    }
    return said, covered, signature


def crc(text: str) -> str:
    return f"{binascii.crc_hqx(text[:-4].encode(), 0xFFFF):04X}"


@named(MARKS["marks"])
def test_a_shop_mark_is_what_the_shop_key_signed(case):
    said, covered, signature = read_mark(case["text"])
    key = bytes.fromhex(case["key"])
    assert crc(case["text"]) == case["text"][-4:]
    assert (said, covered, signature.hex()) == (case["json"], case["covered"], case["signature"])
    assert second.kid(key).hex() == said["kid"]
    assert es256(key, covered.encode(), signature)


@named([case for case in MARKS["no_marks"] if case["error"] in ("bad-signature", "damaged")])
def test_a_changed_shop_mark_does_not_hold(case):
    _, covered, signature = read_mark(case["text"])
    whole = crc(case["text"]) == case["text"][-4:]
    assert not (whole and es256(bytes.fromhex(case["key"]), covered.encode(), signature))


def request_error(case: dict) -> str | None:
    """What RFC 9421 and RFC 9530 say of a request, by their text alone."""
    body = bytes.fromhex(case["body"])
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if case["content_digest"] != f"sha-256=:{digest}:":
        return "digest"
    nonce = base64.b64encode(bytes.fromhex(case["nonce"])).decode()
    parameters = case["signature_input"].removeprefix("sig=")
    wanted = (
        f'("@method" "@path" "content-digest");created={case["created"]};keyid="{{}}"'
        f';alg="ecdsa-p256-sha256";nonce="{nonce}"'
    )
    if parameters not in (wanted.format(case["device"]), wanted.format("00" * 16)):
        return "malformed"
    signature = base64.b64decode(case["signature"].removeprefix("sig=:").removesuffix(":"))
    if len(signature) != 64:
        return "malformed"
    if abs(case["now"] - case["created"]) > 300:
        return "stale"
    base = "\n".join([
        f'"@method": {case["method"]}',
        f'"@path": {case["path"]}',
        f'"content-digest": {case["content_digest"]}',
        f'"@signature-params": {parameters}',
    ])
    return None if es256(bytes.fromhex(case["key"]), base.encode(), signature) else "mismatch"


@named(load("requests")["requests"])
def test_a_request_is_signed_as_the_rfc_says(case):
    assert request_error(case) == case.get("error")


@named(BODIES["bodies"])
def test_a_body_says_the_same_and_is_written_the_same(case):
    raw = bytes.fromhex(case["bytes"])
    item = second.canonical(raw)
    if case["grammar"] in second.BODIES:
        of = second.BODIES[case["grammar"]]
        assert of.read(item) == case["json"]
        assert cbor2.dumps(of.write(case["json"]), canonical=True) == raw
    elif case["grammar"] == "upload":
        of = second.many(second.record(document=second.BYTES, evidence=second.maybe(second.BYTES)))
        assert of.read(item[0]) == case["json"]["items"]
    else:
        assert [one.hex() if type(one) is bytes else one for one in item[0]] == case["json"]["items"]


@named([case for case in BODIES["bodies"] if case["grammar"] == "enrol-request"])
def test_both_keys_of_an_enrolment_sign_the_challenge(case):
    said = case["json"]
    pay = said["pay"] or {"key": "00" * 33, "proof": None}
    challenge = b"kinchaku/enrol/1\0" + bytes([said["role"]]) + bytes.fromhex(
        said["sync_key"] + pay["key"] + said["nonce"]
    )
    assert challenge.hex() == case["challenge"]
    assert es256(bytes.fromhex(said["sync_key"]), challenge, bytes.fromhex(said["sync_proof"]))
    if pay["proof"]:
        assert es256(bytes.fromhex(pay["key"]), challenge, bytes.fromhex(pay["proof"]))


def test_a_new_payment_key_signs_itself_and_its_device():
    (case,) = (case for case in BODIES["bodies"] if case["grammar"] == "unlock-request")
    pay = case["json"]["pay"]
    challenge = b"kinchaku/unlock/1\0" + bytes.fromhex(case["device"] + pay["key"])
    assert challenge.hex() == case["challenge"]
    assert es256(bytes.fromhex(pay["key"]), challenge, bytes.fromhex(pay["proof"]))


@pytest.mark.parametrize("case", BODIES["statements"], ids=lambda case: case["purpose"])
def test_a_card_signs_a_statement_of_everything_that_gives_it_meaning(case):
    purpose = second.CARD_PURPOSES.index(case["purpose"])
    statement = (
        b"kinchaku/card/1\0" + bytes([purpose]) + case["muni"].to_bytes(8, "big")
        + bytes.fromhex(case["challenge"] + case["sync_key"])
        + hashlib.sha256(bytes.fromhex(case["details"])).digest()
    )
    assert statement.hex() == case["statement"] and len(statement) == 122
    key = x509.load_der_x509_certificate(bytes.fromhex(case["certificate"])).public_key()
    key.verify(bytes.fromhex(case["signature"]), statement, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("case", BODIES["rows"], ids=lambda row: second.TABLES[row["table"]])
def test_a_row_of_a_page_says_the_same(case):
    table, raw = second.TABLES[case["table"]], bytes.fromhex(case["bytes"])
    if table == "notice":
        assert raw.decode() == case["json"]
    elif table in ("allowance", "device"):
        assert raw.hex() == case["json"]
    else:
        assert second.ROWS[table].read(second.canonical(raw)) == case["json"]


RULES = load("rules")


def take(available: list[dict], wanted: int, day: int) -> list[dict]:
    """Earliest last day, then oldest, then lowest number; lots whose day has passed stay."""
    usable = [lot for lot in available if lot["until"] is None or lot["until"] >= day]
    usable.sort(key=lambda lot: (lot["until"] is None, lot["until"], lot["issued_at"], lot["lot"]))
    taken = []
    for lot in usable:
        amount = min(lot["available"], wanted)
        if amount:
            taken.append({"lot": lot["lot"], "amount": amount})
            wanted -= amount
    return taken


@pytest.mark.parametrize("case", RULES["lots"], ids=lambda case: f"{case['wanted']} on {case['day']}")
def test_lots_are_taken_in_one_order(case):
    assert take(case["lots"], case["wanted"], case["day"]) == case["taken"]


def fill(lines: list[tuple[int, dict]], wanted: int) -> tuple[list[dict], int]:
    parts = []
    for index, line in lines:
        amount = min(line["left"], wanted)
        if amount:
            parts.append({"line": index, "amount": amount})
            wanted -= amount
    return parts, wanted


def split(case: dict) -> dict:
    """Parts of a payment as docs/protocol.md has it, "Order of lots, and split"."""
    if case["total"] == 0:
        return {"error": "zero"}
    rank = {2: 0, 3: 1, 1: 2}
    usable = [
        (index, line) for index, line in enumerate(case["lines"])
        if line["set"] in (0, *case["sets"]) and line["day"] >= case["day"]
    ]
    usable.sort(key=lambda entry: (rank[entry[1]["service_type"]], entry[1]["day"], entry[0]))
    choice = case["choice"]
    if "points" in choice:
        parts, missing = fill(
            [entry for entry in usable if choice["points"] or entry[1]["service_type"] != 2], case["total"]
        )
        if missing:
            return {"error": "short", "missing": missing}
    else:
        classes = [of for of, _ in choice["by_hand"]]
        if sum(amount for _, amount in choice["by_hand"]) != case["total"] or len(set(classes)) < len(classes):
            return {"error": "not-the-total"}
        parts = []
        for of, amount in choice["by_hand"]:
            some, missing = fill([entry for entry in usable if entry[1]["class"] == of], amount)
            if missing:
                return {"error": "class-short", "class": of, "missing": missing}
            parts += some
    return {"parts": sorted(parts, key=lambda part: part["line"])}


@pytest.mark.parametrize("case", RULES["split"], ids=lambda case: f"{case['total']} {case['choice']}")
def test_a_total_is_split_in_one_way(case):
    assert split(case) == case["result"]


@pytest.mark.parametrize("case", RULES["caps"], ids=lambda case: case["verdict"])
def test_caps_bind_in_one_order(case):
    limits = load("allowance")["vectors"][0]["json"]["limits"]
    broken = [
        ("over-payment", case["amount"] > limits["per_payment"]),
        ("over-shop-day", case["today"] + case["amount"] > limits["per_shop_day"]),
        ("over-holder", case["all"] + case["amount"] > limits["per_holder"]),
        ("too-many", case["seq"] > limits["hard_count"]),
    ]
    assert next((word for word, holds in broken if holds), "accepted") == case["verdict"]


def test_two_screens_show_the_same_digits():
    for case in RULES["confirmation_numbers"]:
        assert f"{int(case['id'][:4], 16) % 1000:03}" == case["digits"]


def test_a_day_is_a_day_in_japan():
    japan = timezone(timedelta(hours=9))
    for case in RULES["days"]:
        date = datetime.fromtimestamp(case["time"], japan).date()
        assert (date.isoformat(), date.toordinal() - 719_163) == (case["date"], case["day"])


def signed_here(name: str, said: dict, signer: str) -> dict:
    """A vector made and signed by this side alone."""
    payload = second.write_payload(name, said)
    raw, key = second.sign(name, payload, SCALARS[signer])
    ident = hashlib.sha256(payload).hexdigest()
    return {
        "name": f"a peer's {name}", "kind": name, "version": 1, "aad": second.aad(name).decode(),
        "key": key.hex(), "payload": payload.hex(), "cose": raw.hex(), "id": ident,
        "ref": ident[:32], "json": said,
    }


def documents_of_a_peer() -> list[dict]:
    allowance = copy.deepcopy(load("allowance")["vectors"][0]["json"])
    allowance |= {"holder": b"a-peer-1".hex(), "level": 2}
    first = signed_here("allowance", allowance, "issuer")
    intent = copy.deepcopy(load("intent")["vectors"][0]["json"])
    intent |= {"authorisation": first["ref"], "prev": first["ref"], "gate": 3}
    intent["parts"] = [{"line": 0, "amount": 980}, {"line": 1, "amount": 20}]
    return [first, signed_here("intent", intent, "wallet_pay")]


def ours(binaries: Path, vectors: list[dict], file: Path) -> subprocess.CompletedProcess:
    file.write_text(json.dumps({"vectors": vectors}), encoding="utf-8")
    command = [binaries / "kinchaku-vectors", "--verify", file]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_our_software_accepts_what_a_peer_signs(binaries, tmp_path):
    answer = ours(binaries, documents_of_a_peer(), tmp_path / "peer.json")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_our_software_refuses_what_a_peer_did_not_sign(binaries, tmp_path):
    vectors = documents_of_a_peer()
    vectors[1]["key"] = vectors[0]["key"]
    answer = ours(binaries, vectors, tmp_path / "peer.json")
    assert answer.returncode != 0
    assert "bad-signature" in answer.stdout


def test_a_peer_signs_a_vector_again_to_the_same_bytes():
    for vector in load("close")["vectors"]:
        raw, _ = second.sign("close", bytes.fromhex(vector["payload"]), SCALARS["wallet_sync"])
        assert raw.hex() == vector["cose"]
