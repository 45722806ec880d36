#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks primitives.py against the published vectors. Speaks TAP.

AEGIS-256: draft-irtf-cfrg-aegis-aead, appendix "AEGIS-256 Test Vectors".
XChaCha20: draft-irtf-cfrg-xchacha-03, section 2.2.1 and appendix A.3.1.
ChaCha20-Poly1305: RFC 8439, section 2.8.2. AES-256-GCM: the GCM submission, test case 16.
BLAKE2b: RFC 7693, appendix A, and the keyed vectors of its reference implementation.
"""

import primitives as p

SUNSCREEN = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
             b"sunscreen would be it.")

AEGIS_KEY = "10010000000000000000000000000000" + "00" * 16
AEGIS_NONCE = "10000200000000000000000000000000" + "00" * 16

# number, ad, message, ciphertext, 256-bit tag
AEGIS_GOOD = (
    (1, "", "00" * 16, "754fc3d8c973246dcc6d741412a4b236",
     "1181a1d18091082bf0266f66297d167d2e68b845f61a3b0527d31fc7b7b89f13"),
    (2, "", "", "", "6a348c930adbd654896e1666aad67de989ea75ebaa2b82fb588977b1ffec864a"),
    (3, "0001020304050607", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "f373079ed84b2709faee373584585d60accd191db310ef5d8b11833df9dec711",
     "b7d28d0c3c0ebd409fd22b44160503073a547412da0854bfb9723020dab8da1a"),
    (4, "0001020304050607", "000102030405060708090a0b0c0d", "f373079ed84b2709faee37358458",
     "8c1cc703c81281bee3f6d9966e14948b4a175b2efbdc31e61a98b4465235c2d9"),
    (5, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526272829",
     "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
     "57754a7d09963e7c787583a2e7b859bb24fa1e04d49fd550b2511a358e3bca252a9b1b8b30cc4a67",
     "a3aca270c006094d71c20e6910b5161c0826df233d08919a566ec2c05990f734"),
)

# number, key, nonce, ad, ciphertext, tag: each of them must fail to verify
AEGIS_BAD = (
    (6, AEGIS_NONCE, AEGIS_KEY, "0001020304050607", "f373079ed84b2709faee37358458",
     "8c1cc703c81281bee3f6d9966e14948b4a175b2efbdc31e61a98b4465235c2d9"),
    (7, AEGIS_KEY, AEGIS_NONCE, "0001020304050607", "f373079ed84b2709faee37358459",
     "8c1cc703c81281bee3f6d9966e14948b4a175b2efbdc31e61a98b4465235c2d9"),
    (8, AEGIS_KEY, AEGIS_NONCE, "0001020304050608", "f373079ed84b2709faee37358458",
     "8c1cc703c81281bee3f6d9966e14948b4a175b2efbdc31e61a98b4465235c2d9"),
    (9, AEGIS_KEY, AEGIS_NONCE, "0001020304050607", "f373079ed84b2709faee37358458",
     "8c1cc703c81281bee3f6d9966e14948b4a175b2efbdc31e61a98b4465235c2da"),
)

RESULTS = []


def check(name, passed):
    RESULTS.append(passed)
    print(f"{'ok' if passed else 'not ok'} {len(RESULTS)} - {name}", flush=True)


def check_aead(name, aead, key, nonce, ad, message, sealed):
    check(f"{name}: encrypt", aead.encrypt(key, nonce, ad, message) == sealed)
    check(f"{name}: decrypt", aead.decrypt(key, nonce, ad, sealed) == message)
    check(f"{name}: a changed tag is refused",
          refuses(aead, key, nonce, ad, sealed[:-1] + bytes([sealed[-1] ^ 1])))


def refuses(aead, key, nonce, ad, sealed):
    try:
        aead.decrypt(key, nonce, ad, sealed)
    except p.Forged:
        return True
    return False


def check_aegis():
    h = bytes.fromhex
    state = [int(row, 16) for row in (
        "1fa1207ed76c86f2c4bb40e8b395b43e", "b44c375e6c1e1978db64bcd12e9e332f",
        "0dab84bfa9f0226432ff630f233d4e5b", "d7ef65c9b93e8ee60c75161407b066e7",
        "a760bb3da073fbd92bdc24734b1f56fb", "a828a18d6a964497ac6e7e53c5f55c73")]
    after = [int(row, 16) for row in (
        "e6bc643bae82dfa3d991b1b323839dcd", "648578232ba0f2f0a3677f617dc052c3",
        "ea788e0e572044a46059212dd007a789", "2f1498ae19b80da13fba698f088a8590",
        "a54c2ee95e8c2a2c3dae2ec743ae6b86", "a3240fceb68e32d5d114df1b5363ab67")]
    aegis = p._Aegis256(bytes(32), bytes(32))
    aegis.s = state
    aegis.update(int("b165617ed04ab738afb2612c6d18a1ec", 16))
    check("AEGIS-256: the update vector", aegis.s == after)
    for number, ad, message, ciphertext, tag in AEGIS_GOOD:
        check_aead(f"AEGIS-256: vector {number}", p.Aegis256Aead, h(AEGIS_KEY), h(AEGIS_NONCE), h(ad),
                   h(message), h(ciphertext + tag))
    for number, key, nonce, ad, ciphertext, tag in AEGIS_BAD:
        check(f"AEGIS-256: vector {number} is refused",
              refuses(p.Aegis256Aead, h(key), h(nonce), h(ad), h(ciphertext + tag)))


def check_chacha():
    h = bytes.fromhex
    check("HChaCha20: section 2.2.1",
          p.hchacha20(bytes(range(32)), h("000000090000004a0000000031415927")).hex()
          == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc")
    check_aead("XChaCha20-Poly1305: A.3.1", p.XChaCha20Poly1305Aead, bytes(range(0x80, 0xA0)),
               bytes(range(0x40, 0x58)), h("50515253c0c1c2c3c4c5c6c7"), SUNSCREEN,
               h("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                 "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                 "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                 "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"))
    check_aead("ChaCha20-Poly1305: RFC 8439, 2.8.2", p.ChaCha20Poly1305Aead, bytes(range(0x80, 0xA0)),
               h("070000004041424344454647"), h("50515253c0c1c2c3c4c5c6c7"), SUNSCREEN,
               h("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                 "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                 "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                 "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"))


def check_others():
    h = bytes.fromhex
    check_aead("AES-256-GCM: test case 16", p.Aes256GcmAead,
               h("feffe9928665731c6d6a8f9467308308" * 2), h("cafebabefacedbaddecaf888"),
               h("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
               h("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
               h("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                 "76fc6ece0f4e1768cddf8853bb2d551b"))
    check("BLAKE2b: RFC 7693, appendix A", p.blake2b(b"", b"abc", 64).hex() ==
          "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
          "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")
    check("BLAKE2b: the reference's keyed vector of the empty message",
          p.blake2b(bytes(range(64)), b"", 64).hex() ==
          "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
          "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568")


if __name__ == "__main__":
    check_aegis()
    check_chacha()
    check_others()
    print(f"1..{len(RESULTS)}")
    raise SystemExit(0 if all(RESULTS) else 1)
