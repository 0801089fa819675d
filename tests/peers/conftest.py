"""Where the peers find what we wrote: `make test` says so in the environment."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def folder(variable: str, otherwise: str) -> pathlib.Path:
    path = pathlib.Path(os.environ.get(variable, ROOT / otherwise))
    if not path.is_dir():
        pytest.fail(f"{variable}: {path} is not a folder")
    return path


@pytest.fixture(scope="session")
def vectors() -> pathlib.Path:
    """The frozen vectors of every document."""
    return folder("KINCHAKU_TEST_VECTORS", "fixtures/vectors")


@pytest.fixture(scope="session")
def binaries() -> pathlib.Path:
    """The programs of this build, with the demo's powers."""
    return folder("KINCHAKU_TEST_BIN", "target/debug")
