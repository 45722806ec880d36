# SPDX-License-Identifier: MIT
"""The servers that clients are measured on: which of the matrix's rows (tests/redis/support) they are."""

from typing import NamedTuple


class Row(NamedTuple):
    name: str
    title: str
    twin: str    # the good row that differs in the fault alone; "": it is a good one
    serves: str  # a command of redis-rows
    again: bool = False  # the client first has a connection to the good one, which then goes away
    crl: bool = False    # a revocation list is given

    def described(self):
        """What the results keep of it."""
        return {name: value for name, value in self._asdict().items() if name != "serves"}


ROWS = [
    Row("good", "good: ECDSA", "", "good plain"),
    Row("good-rsa", "good: RSA", "", "twin RSA of 1024 bits"),
    Row("good-tls12", "good: TLS 1.2 only", "", "good TLS 1.2 only"),
    Row("good-tls12-rsa", "good: RSA, TLS 1.2 only", "", "twin no forward secrecy"),
    Row("good-tls13", "good: TLS 1.3 only", "", "good TLS 1.3 only"),
    Row("good-intermediate", "good: intermediate sent", "", "twin intermediate missing"),
    Row("good-address", "good: dialled by IP, IP in the SAN", "", "good by address"),
    Row("good-wildcard", "good: wildcard `*.shop.example`", "", "twin partial wildcard"),
    Row("good-deep-wildcard", "good: wildcard `*.b.shop.example`", "", "twin wildcard over two labels"),
    Row("good-crl", "good: CRL given, not revoked", "", "twin revoked", crl=True),
    Row("good-again", "good: goes away, comes back", "", "good plain", again=True),

    Row("wrong-host", "wrong host", "good", "bad wrong host"),
    Row("cn-only", "name right in the CN, no SAN", "good", "bad name in CN only"),
    Row("dns-by-address", "dialled by IP, SAN has the DNS name only", "good-address", "bad DNS name only, by address"),
    Row("address-as-dns", "dialled by IP, SAN has the IP as a DNS name", "good-address", "bad address as a DNS name"),
    Row("partial-wildcard", "partial wildcard `web*.shop.example`", "good-wildcard", "bad partial wildcard"),
    Row("two-labels", "`*.shop.example` for `a.b.shop.example`", "good-deep-wildcard", "bad wildcard over two labels"),
    Row("nul", "NUL in the name", "good", "bad NUL in the name"),
    Row("expired", "expired", "good", "bad expired"),
    Row("not-yet", "not yet valid", "good", "bad not yet valid"),
    Row("self-signed", "self-signed", "good", "bad self-signed"),
    Row("unknown-ca", "unknown CA", "good", "bad unknown CA"),
    Row("no-intermediate", "intermediate missing", "good-intermediate", "bad intermediate missing"),
    Row("revoked", "revoked, CRL given", "good-crl", "bad revoked", crl=True),
    Row("ca-as-leaf", "a CA's certificate as the server's", "good", "bad a CA as the leaf"),
    Row("no-server-auth", "certificate for clients only (no serverAuth)", "good", "bad for clients only"),
    Row("version-1", "X.509 v1", "good", "bad X.509 v1"),
    Row("sha-1", "SHA-1 signature", "good", "bad SHA-1"),
    Row("rsa-1024", "RSA-1024", "good-rsa", "bad RSA of 1024 bits"),
    Row("tls11", "TLS 1.1 only", "good-tls12-rsa", "bad TLS 1.1"),
    Row("no-forward-secrecy", "cipher without forward secrecy", "good-tls12-rsa", "bad no forward secrecy"),
    Row("client-wanted", "wants a client certificate, none given", "good", "bad client certificate required"),
    Row("plaintext", "speaks plaintext", "good", "bad plaintext"),
    Row("silent", "accepts and goes silent", "good", "bad silent"),
    Row("dribble", "a byte each 20 ms instead of a handshake", "good", "bad dribbling"),
    Row("silent-later", "silent after the handshake", "good", "bad silent after the handshake"),
    Row("close", "closes before the handshake", "good", "bad closing at once"),
    Row("close-in", "closes in the handshake", "good", "bad closing after hello"),
    Row("again-host", "valid first, on reconnect wrong host", "good-again", "twin wrong host", again=True),
    Row("again-self", "valid first, on reconnect self-signed", "good-again", "twin self-signed", again=True),
    Row("again-plaintext", "valid first, on reconnect plaintext", "good-again", "twin plaintext", again=True),
]
