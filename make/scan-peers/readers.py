"""Other people's readers, asked over pipes: for each frame on the standard input (a line `WIDTH HEIGHT` or `WIDTH HEIGHT READER`,
then its grey bytes) a line of JSON on the output, `{reader: [milliseconds, [text, ...]]}`. The first line out names the readers
that are here, with their versions. A reader that raises has read nothing. Only the reader's own call is timed."""

import json
import sys
import time
from importlib.metadata import version

import numpy


def zxing_cpp():
    import zxingcpp

    def read(frame):
        found = zxingcpp.read_barcodes(frame, formats=zxingcpp.BarcodeFormat.QRCode)
        return [code.text for code in found]

    return read


def zbar():
    from pyzbar import pyzbar

    height_width = slice(0, 2)

    def read(frame):
        height, width = frame.shape[height_width]
        found = pyzbar.decode((frame.tobytes(), width, height), symbols=[pyzbar.ZBarSymbol.QRCODE])
        return [code.data.decode("utf-8", "replace") for code in found]

    return read


def opencv(detector):
    def make():
        import cv2

        cv2.setNumThreads(1)
        reader = getattr(cv2, detector)()

        def read(frame):
            text, _, _ = reader.detectAndDecode(frame)
            return [text] if text else []

        return read

    return make


READERS = {
    "zxing-cpp": (zxing_cpp, "zxing-cpp"),
    "zbar": (zbar, "pyzbar"),
    "OpenCV": (opencv("QRCodeDetector"), "opencv-python-headless"),
    "OpenCV Aruco": (opencv("QRCodeDetectorAruco"), "opencv-python-headless"),
}


def available():
    readers, versions = {}, {}
    for name, (make, package) in READERS.items():
        try:
            readers[name] = make()
            versions[name] = version(package)
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
    return readers, versions


def main():
    readers, versions = available()
    print(json.dumps(versions), flush=True)
    frames = sys.stdin.buffer
    while header := frames.readline():
        width, height, *only = header.decode().strip().split(maxsplit=2)
        width, height = int(width), int(height)
        frame = numpy.frombuffer(frames.read(width * height), dtype=numpy.uint8).reshape(height, width)
        answers = {}
        for name, read in readers.items():
            if only and name not in only:
                continue
            began = time.perf_counter()
            try:
                texts = read(frame)
            except Exception:
                texts = []
            answers[name] = [1000 * (time.perf_counter() - began), texts]
        print(json.dumps(answers), flush=True)


main()
