"""Zip archives under the old, weak encryption that benchmarks are published with; Python reads it, but writes none.

APPNOTE.TXT 6.3.10, section 6.1 (traditional PKWARE encryption).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

_TABLE = [0] * 256
for _byte in range(256):
    _value = _byte
    for _ in range(8):
        _value = (_value >> 1) ^ (0xEDB88320 if _value & 1 else 0)
    _TABLE[_byte] = _value


class _Cipher:
    def __init__(self, password: bytes) -> None:
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for byte in password:
            self._turn(byte)

    def _turn(self, byte: int) -> None:
        one, two, three = self.keys
        one = (one >> 8) ^ _TABLE[(one ^ byte) & 0xFF]
        two = ((two + (one & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        three = (three >> 8) ^ _TABLE[(three ^ (two >> 24)) & 0xFF]
        self.keys = [one, two, three]

    def encrypted(self, data: bytes) -> bytes:
        made = bytearray()
        for byte in data:
            key = self.keys[2] | 2
            made.append(byte ^ ((key * (key ^ 1) >> 8) & 0xFF))
            self._turn(byte)
        return bytes(made)


def write(path: Path, members: Mapping[str, str], password: bytes) -> Path:
    """Write an archive whose members can be read with the password alone."""
    body, directory = b"", b""
    for name, text in members.items():
        data = text.encode()
        crc = zlib.crc32(data)
        packer = zlib.compressobj(wbits=-15)
        packed = _Cipher(password).encrypted(bytes(11) + bytes([crc >> 24]) + packer.compress(data) + packer.flush())
        about = struct.pack("<HHHHHLLLHH", 20, 1, 8, 0, 33, crc, len(packed), len(data), len(name.encode()), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<HHHLL", 0, 0, 0, 0, len(body))
        directory += name.encode()
        body += b"PK\3\4" + about + name.encode() + packed
    end = struct.pack("<HHHHLLH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\5\6" + end)
    return path
