#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The primitives of the format, none of them from libsodium.

ChaCha20-Poly1305 and AES-256-GCM are OpenSSL's (through python3-cryptography), BLAKE2b is Python's own,
HChaCha20 and AEGIS-256 are written out below, to be read beside their specifications. Nothing here runs in
constant time: this is a checker, never used on real secrets. test_primitives.py holds it against published
vectors.
"""

import hashlib
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305


class Forged(Exception):
    """A tag did not verify."""


def blake2b(key, data, length):
    """BLAKE2b of RFC 7693, keyed, with a digest of `length` bytes: no salt, no personalisation."""
    return hashlib.blake2b(data, key=key, digest_size=length).digest()


# ---- XChaCha20-Poly1305: draft-irtf-cfrg-xchacha-03 ----------------------------------------------------


def _rotate(word, bits):
    return ((word << bits) | (word >> (32 - bits))) & 0xFFFFFFFF


def _quarter_round(x, a, b, c, d):
    for first, second, third, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[first] = (x[first] + x[second]) & 0xFFFFFFFF
        x[third] = _rotate(x[third] ^ x[first], bits)


def hchacha20(key, nonce):
    """Section 2.2: the ChaCha20 permutation without the final addition; its first and last rows."""
    x = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    for _ in range(10):
        for column in range(4):
            _quarter_round(x, column, 4 + column, 8 + column, 12 + column)
        for diagonal in range(4):
            _quarter_round(x, diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4,
                           12 + (diagonal + 3) % 4)
    return struct.pack("<8I", *x[:4], *x[12:])


# ---- AEGIS-256: draft-irtf-cfrg-aegis-aead -------------------------------------------------------------


def _times_two(byte):
    return (byte << 1) ^ (0x11B if byte & 0x80 else 0)


def _make_sbox():
    """FIPS 197: the inverse in GF(2^8), by powers of the generator 3, then the affine map."""
    powers = [1]
    while len(powers) < 255:
        powers.append(powers[-1] ^ _times_two(powers[-1]))
    logarithm = {value: exponent for exponent, value in enumerate(powers)}
    sbox = []
    for byte in range(256):
        inverse = 0 if byte == 0 else powers[-logarithm[byte] % 255]
        doubled = inverse * 0x101  # two copies side by side turn rotations into shifts
        sbox.append((inverse ^ doubled >> 4 ^ doubled >> 5 ^ doubled >> 6 ^ doubled >> 7 ^ 0x63) & 0xFF)
    return sbox


def _make_tables():
    """SubBytes and MixColumns of one byte in row 0..3 of its column, as a big-endian word."""
    tables = [[], [], [], []]
    for s in _make_sbox():
        two, three = _times_two(s), _times_two(s) ^ s
        column = [two, s, s, three]
        for row in range(4):
            tables[row].append(int.from_bytes(bytes(column[-row:] + column[:-row]), "big"))
    return tables


_T0, _T1, _T2, _T3 = _make_tables()
_C0 = int("000101020305080d1522375990e97962", 16)
_C1 = int("db3d18556dc22ff12011314273b528dd", 16)


def aes_round(block, round_key):
    """MixColumns(ShiftRows(SubBytes(block))) ^ round_key; 128-bit numbers, first byte on top."""
    b = block.to_bytes(16, "big")
    word0 = _T0[b[0]] ^ _T1[b[5]] ^ _T2[b[10]] ^ _T3[b[15]]
    word1 = _T0[b[4]] ^ _T1[b[9]] ^ _T2[b[14]] ^ _T3[b[3]]
    word2 = _T0[b[8]] ^ _T1[b[13]] ^ _T2[b[2]] ^ _T3[b[7]]
    word3 = _T0[b[12]] ^ _T1[b[1]] ^ _T2[b[6]] ^ _T3[b[11]]
    return (word0 << 96 | word1 << 64 | word2 << 32 | word3) ^ round_key


class _Aegis256:
    """The state and the functions of the draft, by the draft's names."""

    def __init__(self, key, nonce):
        k0, k1 = int.from_bytes(key[:16], "big"), int.from_bytes(key[16:], "big")
        n0, n1 = int.from_bytes(nonce[:16], "big"), int.from_bytes(nonce[16:], "big")
        self.s = [k0 ^ n0, k1 ^ n1, _C1, _C0, k0 ^ _C0, k1 ^ _C1]
        for _ in range(4):
            for block in (k0, k1, k0 ^ n0, k1 ^ n1):
                self.update(block)

    def update(self, block):
        s0, s1, s2, s3, s4, s5 = self.s
        self.s = [aes_round(s5, s0 ^ block), aes_round(s0, s1), aes_round(s1, s2),
                  aes_round(s2, s3), aes_round(s3, s4), aes_round(s4, s5)]

    def absorb(self, data):
        for block in _blocks(data):
            self.update(int.from_bytes(block.ljust(16, b"\0"), "big"))

    def crypt(self, data, decrypting):
        """Enc, Dec and DecPartial: the state always takes in the plaintext, zero-padded."""
        out = bytearray()
        for block in _blocks(data):
            _, s1, s2, s3, s4, s5 = self.s
            z = (s1 ^ s4 ^ s5 ^ (s2 & s3)).to_bytes(16, "big")
            other = bytes(x ^ y for x, y in zip(block, z))
            out += other
            self.update(int.from_bytes((other if decrypting else block).ljust(16, b"\0"), "big"))
        return bytes(out)

    def finalize(self, ad_length, message_length):
        lengths = int.from_bytes(struct.pack("<QQ", 8 * ad_length, 8 * message_length), "big")
        block = self.s[3] ^ lengths
        for _ in range(7):
            self.update(block)
        s0, s1, s2, s3, s4, s5 = self.s
        return (s0 ^ s1 ^ s2).to_bytes(16, "big") + (s3 ^ s4 ^ s5).to_bytes(16, "big")


def _blocks(data):
    return (data[i:i + 16] for i in range(0, len(data), 16))


# ---- One shape for all four: encrypt(key, nonce, ad, plaintext) -> ciphertext | tag ---------------------


class ChaCha20Poly1305Aead:
    """RFC 8439."""

    nonce_length, tag_length = 12, 16

    @staticmethod
    def encrypt(key, nonce, ad, plaintext):
        return ChaCha20Poly1305(key).encrypt(nonce, plaintext, ad)

    @staticmethod
    def decrypt(key, nonce, ad, sealed):
        try:
            return ChaCha20Poly1305(key).decrypt(nonce, sealed, ad)
        except InvalidTag:
            raise Forged from None


class Aes256GcmAead:
    """NIST SP 800-38D, with a nonce of 96 bits and a tag of 128."""

    nonce_length, tag_length = 12, 16

    @staticmethod
    def encrypt(key, nonce, ad, plaintext):
        return AESGCM(key).encrypt(nonce, plaintext, ad)

    @staticmethod
    def decrypt(key, nonce, ad, sealed):
        try:
            return AESGCM(key).decrypt(nonce, sealed, ad)
        except InvalidTag:
            raise Forged from None


class XChaCha20Poly1305Aead:
    """draft-irtf-cfrg-xchacha-03, section 2.3."""

    nonce_length, tag_length = 24, 16

    @staticmethod
    def encrypt(key, nonce, ad, plaintext):
        subkey = hchacha20(key, nonce[:16])
        return ChaCha20Poly1305Aead.encrypt(subkey, bytes(4) + nonce[16:], ad, plaintext)

    @staticmethod
    def decrypt(key, nonce, ad, sealed):
        subkey = hchacha20(key, nonce[:16])
        return ChaCha20Poly1305Aead.decrypt(subkey, bytes(4) + nonce[16:], ad, sealed)


class Aegis256Aead:
    """draft-irtf-cfrg-aegis-aead, AEGIS-256 with a tag of 256 bits."""

    nonce_length, tag_length = 32, 32

    @staticmethod
    def encrypt(key, nonce, ad, plaintext):
        state = _Aegis256(key, nonce)
        state.absorb(ad)
        ciphertext = state.crypt(plaintext, decrypting=False)
        return ciphertext + state.finalize(len(ad), len(plaintext))

    @staticmethod
    def decrypt(key, nonce, ad, sealed):
        ciphertext, tag = sealed[:-32], sealed[-32:]
        state = _Aegis256(key, nonce)
        state.absorb(ad)
        plaintext = state.crypt(ciphertext, decrypting=True)
        if len(tag) != 32 or state.finalize(len(ad), len(ciphertext)) != tag:
            raise Forged
        return plaintext
