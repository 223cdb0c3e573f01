"""Small pictures: a screenshot with at most 256 colours, as pages of documentation want them."""

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_COLOURS = 256

# The most frequent colours stay; every other one becomes the nearest of them.
_QUANTIZE = """async ([png, most]) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, picture.width, picture.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, most).map(([pixel]) => pixel);
    const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    const known = palette.map(parts);
    const nearest = (pixel) => {
        const [r, g, b] = parts(pixel);
        let best = 0, least = Infinity;
        known.forEach(([kr, kg, kb], n) => {
            const distance = (r - kr) ** 2 + (g - kg) ** 2 + (b - kb) ** 2;
            if (distance < least) [best, least] = [n, distance];
        });
        return best;
    };
    const places = new Map([...counts.keys()].map((pixel) => [pixel, nearest(pixel)]));
    const rows = Uint8Array.from(pixels, (pixel) => places.get(pixel));
    let text = "";
    for (let at = 0; at < rows.length; at += 8192) text += String.fromCharCode(...rows.subarray(at, at + 8192));
    return {width: picture.width, height: picture.height, palette: known.flat(), pixels: btoa(text)};
}"""


def write_small_png(page: Page, screenshot: bytes, path: Path) -> int:
    """Write a PNG with a palette; its size in bytes. page: any blank page, which does the counting."""
    found: dict[str, Any] = page.evaluate(_QUANTIZE, [base64.b64encode(screenshot).decode(), _COLOURS])
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, width * height, width))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(found["palette"])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True))))
    return path.stat().st_size


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
