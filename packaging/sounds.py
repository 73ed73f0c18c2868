"""Synthesise the three sounds into resources/sounds: ``python packaging/sounds.py``.

Good is a rising third, attention one soft note twice, error a falling low pair. Sines with soft
ends, 16 bit, mono. The result depends on nothing but this file.
"""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE_HZ = 16_000
FOLDER = Path(__file__).resolve().parents[1] / "resources" / "sounds"
LOUDNESS = 0.28
SOFT_MS = 12
# Notes as (hertz, milliseconds); 0 Hz is a rest.
TUNES = {
    "good": ((659.26, 90), (830.61, 170)),
    "attention": ((587.33, 110), (0, 60), (587.33, 150)),
    "error": ((329.63, 150), (246.94, 240)),
}


def samples(notes: tuple[tuple[float, int], ...]) -> bytes:
    """Return the notes as little-endian 16-bit samples."""
    found = bytearray()
    for hertz, length_ms in notes:
        count = RATE_HZ * length_ms // 1000
        soft = RATE_HZ * SOFT_MS // 1000
        for place in range(count):
            fade = min(1.0, place / soft, (count - place) / soft)
            # A quiet octave above gives the tone some body on small loudspeakers.
            turn = 2 * math.pi * hertz * place / RATE_HZ
            height = LOUDNESS * fade * (math.sin(turn) + 0.2 * math.sin(2 * turn))
            found += struct.pack("<h", round(height * 32_767))
    return bytes(found)


def write(folder: Path) -> None:
    """Write every sound into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, notes in TUNES.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples(notes))


if __name__ == "__main__":
    write(FOLDER)
