"""OpenSC, which knows real My Number cards, takes the software card for one: over pcscd, with openssl as the judge.

`make test` starts pcscd and says so in KINCHAKU_TEST_PCSC. There is one reader for all of these tests, so they run
one after the other, each with a card of its own.
"""

import glob
import json
import os
import pathlib
import re
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

pytestmark = pytest.mark.skipif(
    not os.environ.get("KINCHAKU_TEST_PCSC"), reason="no PC/SC stack (KINCHAKU_TEST_PCSC is not set)"
)

READER = "Virtual PCD 00 00"
CONTACTLESS = "3B888001000041E0B381A1003B"
SELECT_JPKI = "00A4040C0AD392F000260100000001"
AUTH, SIGN = "01", "02"


def in_reader() -> bool:
    said = subprocess.run(["opensc-tool", "--list-readers"], capture_output=True, text=True, timeout=30).stdout
    return any(READER in line and " Yes " in line for line in said.splitlines())


def until(holds, what: str) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, what


class Card:
    """A card in the reader: what opens it, and OpenSC's tools in front of it."""

    def __init__(self, process: subprocess.Popen, folder: pathlib.Path):
        self.process, self.folder = process, folder
        self.said = self.wait()
        # All these cards have the same serial for OpenSC: nothing of one may be kept for the next.
        self.env = os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
        self.message = folder / "message"
        self.message.write_bytes(b"a message to be signed")

    def wait(self) -> dict:
        """What the card says when it is in the reader: at first, and when it is back there."""
        said = json.loads(self.process.stdout.readline())
        until(in_reader, "the card is not in the reader")
        return said

    def run(self, *command) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, env=self.env, cwd=self.folder, timeout=60
        )

    def ok(self, *command) -> str:
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fails(self, *command) -> str:
        done = self.run(*command)
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def pin(self, of: str) -> str:
        return self.said["auth_pin" if of == AUTH else "sign_password"]

    def der(self, of: str) -> bytes:
        return bytes.fromhex(self.said["auth_certificate" if of == AUTH else "sign_certificate"])

    def tries(self, of: str) -> int:
        pins = self.ok("pkcs15-tool", "--list-pins").split("PIN [")
        (block,) = (block for block in pins if re.search(rf"ID +: {of}\n", block))
        return int(re.search(r"Tries left +: (\d+)", block)[1])

    def verified_by_openssl(self, of: str, signature: pathlib.Path) -> bool:
        public = x509.load_der_x509_certificate(self.der(of)).public_key()
        key = self.folder / "key.pem"
        key.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        done = self.run("openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, self.message)
        return done.stdout.strip() == "Verified OK"

    def pkcs11(self, *arguments) -> list:
        (module,) = glob.glob("/usr/lib/*/opensc-pkcs11.so")
        return ["pkcs11-tool", "--module", module, *arguments]


@pytest.fixture
def insert(binaries, tmp_path):
    """Puts a person's card into the reader; it leaves with the test."""
    running = []

    def insert(person: str, *arguments: str) -> Card:
        command = [binaries / "kinchaku-card", "--json", "--person", person, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return Card(process, tmp_path)

    yield insert
    for process in running:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()
    until(lambda: not in_reader(), "the card is still in the reader")


@pytest.mark.parametrize("atr", [None, CONTACTLESS], ids=["contact", "contactless"])
def test_opensc_knows_the_card(insert, atr):
    card = insert("adult", *(["--atr", atr] if atr else []))
    assert card.ok("opensc-tool", "--name").strip() == "jpki"
    answers = card.ok("opensc-tool", "-s", SELECT_JPKI, "-s", "00A4020C020018", "-s", "00200080", "-s", "0020008000")
    words = re.findall(r"SW1=0x(..), SW2=0x(..)", answers)
    assert ["".join(word) for word in words] == ["9000", "9000", "63C3", "6700"]


def test_opensc_lists_certificates_and_pins(insert):
    card = insert("adult")
    listed = card.ok("pkcs15-tool", "--list-certificates")
    names = [
        "User Authentication Certificate", "Digital Signature Certificate", "User Authentication Certificate CA",
        "Digital Signature Certificate CA",
    ]
    assert re.findall(r"X\.509 Certificate \[(.*)\]", listed) == names
    serial = x509.load_der_x509_certificate(card.der(AUTH)).serial_number
    assert f"{serial:X}" in listed
    assert (card.tries(AUTH), card.tries(SIGN)) == (3, 5)


def test_opensc_reads_open_certificates_without_a_pin_and_the_other_after_it(insert):
    card = insert("adult")
    for number, expected in (
        (AUTH, card.said["auth_certificate"]), ("03", card.said["auth_ca"]), ("04", card.said["sign_ca"])
    ):
        pem = card.folder / f"{number}.pem"
        card.ok("pkcs15-tool", "--read-certificate", number, "--output", pem)
        assert x509.load_pem_x509_certificate(pem.read_bytes()).public_bytes(Encoding.DER).hex() == expected
    shut = card.fails("pkcs15-tool", "--read-certificate", SIGN, "--output", "shut.pem")
    assert "Certificate read failed" in shut
    pem = card.folder / "sign.pem"
    card.ok(
        "pkcs15-tool", "--verify-pin", "--auth-id", SIGN, "--pin", card.pin(SIGN), "--read-certificate", SIGN,
        "--output", pem,
    )
    assert x509.load_pem_x509_certificate(pem.read_bytes()).public_bytes(Encoding.DER) == card.der(SIGN)


@pytest.mark.parametrize("person", ["adult", "renewed", "elder", "substituted", "expired"])
@pytest.mark.parametrize("of", [AUTH, SIGN], ids=["auth", "sign"])
def test_openssl_verifies_what_each_key_signs(insert, person, of):
    card = insert(person)
    digest = card.folder / "digest"
    card.ok("openssl", "dgst", "-sha256", "-binary", "-out", digest, card.message)
    signature = card.folder / "signature"
    card.ok(
        "pkcs15-crypt", "--sign", "--key", of, "--pin", card.pin(of), "--sha-256", "--pkcs1", "--input", digest,
        "--output", signature, "--raw",
    )
    assert card.verified_by_openssl(of, signature)


def test_the_keys_of_a_copied_card_do_not_fit_its_certificates(insert):
    card = insert("cloned")
    signature = card.folder / "signature"
    card.ok(*card.pkcs11(
        "--slot", "0", "--login", "--pin", card.pin(AUTH), "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", AUTH,
        "--input-file", card.message, "--output-file", signature,
    ))
    assert not card.verified_by_openssl(AUTH, signature)


def test_pkcs11_shows_two_slots_and_their_objects(insert):
    card = insert("adult")
    slots = card.ok(*card.pkcs11("-L"))
    assert "JPKI (User Authentication PIN)" in slots and "JPKI (Digital Signature PIN)" in slots
    objects = card.ok(*card.pkcs11("--slot", "0", "-O"))
    assert objects.count("Certificate Object") == 3


@pytest.mark.parametrize(
    ("of", "slot"), [(AUTH, "JPKI (User Authentication PIN)"), (SIGN, "JPKI (Digital Signature PIN)")],
    ids=["auth", "sign"],
)
def test_pkcs11_logs_in_signs_and_reads(insert, of, slot):
    card = insert("adult")
    login = ["--token-label", slot, "--login", "--pin", card.pin(of)]
    signature = card.folder / "signature"
    card.ok(*card.pkcs11(
        *login, "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", of, "--input-file", card.message, "--output-file",
        signature,
    ))
    assert card.verified_by_openssl(of, signature)
    der = card.folder / "certificate.der"
    card.ok(*card.pkcs11(*login, "--read-object", "--type", "cert", "--id", of, "--output-file", der))
    assert der.read_bytes() == card.der(of)


def test_wrong_pins_count_down_to_a_block_that_the_right_one_does_not_lift(insert):
    card = insert("adult")
    for left in (2, 1, 0):
        said = card.fails("pkcs15-tool", "--verify-pin", "--auth-id", AUTH, "--pin", "9999")
        assert "PIN code or key incorrect" in said
        assert card.tries(AUTH) == left
    said = card.fails("pkcs15-tool", "--verify-pin", "--auth-id", AUTH, "--pin", card.pin(AUTH))
    assert "Reference data not usable" in said
    assert "user PIN locked" in card.ok(*card.pkcs11("-L"))
    assert card.tries(SIGN) == 5


def test_a_right_pin_brings_its_tries_back(insert):
    card = insert("adult")
    card.fails("pkcs15-tool", "--verify-pin", "--auth-id", SIGN, "--pin", "WRONG1")
    assert card.tries(SIGN) == 4
    card.ok("pkcs15-tool", "--verify-pin", "--auth-id", SIGN, "--pin", card.pin(SIGN))
    assert card.tries(SIGN) == 5


@pytest.mark.parametrize("person", ["child", "declined"])
def test_a_card_without_the_signing_certificate_still_logs_in(insert, person):
    card = insert(person)
    assert card.said["sign_certificate"] is None
    assert (card.tries(AUTH), card.tries(SIGN)) == (3, 0)
    signature = card.folder / "signature"
    card.ok(*card.pkcs11(
        "--slot", "0", "--login", "--pin", card.pin(AUTH), "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", AUTH,
        "--input-file", card.message, "--output-file", signature,
    ))
    assert card.verified_by_openssl(AUTH, signature)


def test_a_card_pulled_out_in_the_middle_of_verify_has_counted_it(insert):
    card = insert("adult", "--fault", "verify:drop-after", "--back-after", "1000")
    card.fails("pkcs15-tool", "--verify-pin", "--auth-id", AUTH, "--pin", "9999")
    assert card.wait()["tries"]["jpki-0018"] == 2
    assert card.tries(AUTH) == 2
