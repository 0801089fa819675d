"""What we draw, read by five readers that nobody here wrote: rqrr, rxing, zbar, zxing-cpp and OpenCV.

Every reader gets the same grey pictures: symbols as SVG, PNG and terminal lines, sheets as SVG, PNG and PDF, the PDF at
150 dpi as an office printer's driver would hand it on. What is read must be the payload, to the character
(F066, F119, F154, F234).
"""

import json
import pathlib
import subprocess

import cv2
import numpy
import pypdfium2
import pytest
import resvg_py
import zxingcpp
from pyzbar import pyzbar

ROOT = pathlib.Path(__file__).resolve().parents[2]

SYMBOLS = [
    "intent", "refusal", "presence", "receipt", "receipt-child", "receipt-longest", "voucher", "invitation", "words",
]
SHOPS = ["bakery", "long", "katakana", "half", "latin"]
PAPERS = ["a5", "a4"]

PICTURES = (
    [f"{name}.{form}" for name in SYMBOLS + SHOPS for form in ("svg", "png", "dark", "light")]
    + [f"{shop}-{paper}.{form}" for shop in SHOPS for paper in PAPERS for form in ("svg", "png", "pdf")]
)
READERS = ["rqrr", "rxing", "zbar", "zxing-cpp", "opencv"]

# Millimetres of the papers, upright.
SIZES = {"a5": (148, 210), "a4": (210, 297)}


def grey_of_png(data: bytes) -> numpy.ndarray:
    return cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_GRAYSCALE)


def grey_of_svg(path: pathlib.Path) -> numpy.ndarray:
    # Sheets are millimetres; symbols have no size of their own, one unit a module.
    size = {"dpi": 150} if path.stem[-3:] in ("-a5", "-a4") else {"width": 900}
    svg = path.read_text(encoding="utf-8")
    return grey_of_png(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, **size)))


def grey_of_pdf(path: pathlib.Path) -> numpy.ndarray:
    document = pypdfium2.PdfDocument(path)
    assert len(document) == 1
    return document[0].render(scale=150 / 72, grayscale=True).to_numpy().squeeze()


def grey_of_lines(path: pathlib.Path) -> numpy.ndarray:
    """A terminal with characters twice as high as wide, photographed straight on."""
    ink = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [[ink[character][half] for character in line] for line in lines for half in (0, 1)]
    written = numpy.array(rows, dtype=bool)
    light = written if path.suffix == ".dark" else ~written
    # The terminal's own ground goes on around what is written.
    ground = 0 if path.suffix == ".dark" else 255
    picture = numpy.kron(light.astype(numpy.uint8) * 255, numpy.ones((6, 6), dtype=numpy.uint8))
    return numpy.pad(picture, 30, constant_values=ground)


RASTERS = {".svg": grey_of_svg, ".pdf": grey_of_pdf, ".dark": grey_of_lines, ".light": grey_of_lines}


@pytest.fixture(scope="session")
def drawn(binaries, tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("drawings")
    subprocess.run([binaries / "examples/drawings", folder], check=True)
    return folder


@pytest.fixture(scope="session")
def rasters(drawn) -> dict[str, numpy.ndarray]:
    def raster(path: pathlib.Path) -> numpy.ndarray:
        if path.suffix == ".png":
            return grey_of_png(path.read_bytes())
        return numpy.ascontiguousarray(RASTERS[path.suffix](path))

    return {name: raster(drawn / name) for name in PICTURES}


@pytest.fixture(scope="session")
def in_rust(binaries, rasters, tmp_path_factory) -> dict[str, dict[str, list[str]]]:
    """What rqrr and rxing read in each picture."""
    folder = tmp_path_factory.mktemp("rasters")
    for name, picture in rasters.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    files = [str(folder / f"{name}.png") for name in PICTURES]
    read = subprocess.run([binaries / "examples/drawings", "--read", *files], check=True, capture_output=True, text=True)
    answers = [json.loads(line) for line in read.stdout.splitlines()]
    return {pathlib.Path(answer["file"]).name.removesuffix(".png"): answer for answer in answers}


def by_zbar(picture: numpy.ndarray) -> list[str]:
    return [read.data.decode("utf-8") for read in pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])]


def by_zxing(picture: numpy.ndarray) -> list[str]:
    return [read.text for read in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def by_opencv(picture: numpy.ndarray) -> list[str]:
    # The newer of its two detectors; the older one misses a few clean symbols at some scales.
    text, *_ = cv2.QRCodeDetectorAruco().detectAndDecode(picture)
    return [text]


HERE = {"zbar": by_zbar, "zxing-cpp": by_zxing, "opencv": by_opencv}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("picture", PICTURES)
def test_what_is_drawn_is_what_is_read(picture, reader, drawn, rasters, in_rust):
    name = pathlib.Path(picture)
    payload = (drawn / f"{name.stem}.txt").read_text(encoding="utf-8")
    read = HERE[reader](rasters[picture]) if reader in HERE else in_rust[picture][reader]
    assert read == [payload]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("shop", SHOPS)
def test_a_pdf_is_one_page_of_its_paper_whose_words_can_be_taken_out(shop, paper, drawn):
    document = pypdfium2.PdfDocument(drawn / f"{shop}-{paper}.pdf")
    page = document[0]
    assert [round(length / 72 * 25.4) for length in page.get_size()] == list(SIZES[paper])
    words = page.get_textpage().get_text_range()
    for line in ("巾着", "アプリでこのQRを読み取る", "画面の店名がこのお店か確かめてください", "2026年9月4日 発行"):
        assert line in words
    assert document.is_tagged()
