"""The JSON API as others read its document: openapi-spec-validator says whether it is OpenAPI 3.1, and schemathesis
asks every operation of it, with what it allows and with what it forbids, whether the server keeps its word."""

import json
import pathlib
import subprocess
import urllib.request

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
MUNI = 24901

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="session")
def town(binaries, tmp_path_factory):
    """A server with a folder in force; its address and a manager's token."""
    home = tmp_path_factory.mktemp("town")
    keys, books = home / "keys", f"sqlite:{home / 'books.db'}"
    program = str(binaries / "kinchaku-server")
    at = ["--database", books, "--keys", str(keys)]

    def asked(*words: str) -> dict:
        answer = subprocess.run([program, "--json", *words], capture_output=True, text=True, check=True)
        return json.loads(answer.stdout)

    asked("keys", "init", "--dir", str(keys), "--muni", str(MUNI), "--demo")
    asked("town", "load", *at, str(ROOT / "towns/mimura-like"))
    token = asked("token", "issue", *at, "--role", "manager", "--name", "peer")["token"]
    server = subprocess.Popen(
        [program, "--json", "serve", *at, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield json.loads(server.stdout.readline())["listening"], token
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="session")
def document(town) -> dict:
    with urllib.request.urlopen(f"{town[0]}/api/v1/{MUNI}/openapi.json", timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def api(town, document):
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=f"{town[0]}/api/v1/{MUNI}")
    return schema


def test_the_document_is_openapi(document):
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    names = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(names) == len(set(names)) > 30


# The server lets one token ask twenty times a second.
ASKED = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_keeps_its_word(api, town, mode):
    asked = 0
    for found in api.get_all_operations():
        operation = found.ok()

        @ASKED
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(headers={"Authorization": f"Bearer {town[1]}"}, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:
            # Nothing can be wrong with a request in which nothing is asked for.
            assert mode is GenerationMode.NEGATIVE, operation.label
    assert asked > 100
