# SPDX-License-Identifier: MIT
"""redis-py and its fork valkey-py. Arguments: the module, and options of the client beyond what the documents show.
A revocation list goes beside the CA, with OpenSSL's flag to look into it."""

import importlib
import inspect
import ssl
import sys
import tempfile

from common import CA, CRL, HOST, PASSWORD, PORT, USER, drive

module = importlib.import_module(sys.argv[1])
options = {"ssl_ca_certs": CA, "ssl_cert_reqs": "required", "socket_timeout": 3, "socket_connect_timeout": 3}
for option in sys.argv[2:]:
    options[option] = True
if "protocol" in inspect.signature(module.Redis.__init__).parameters:
    options["protocol"] = 2  # older ones know no other
if CRL:
    both = tempfile.NamedTemporaryFile(suffix=".pem")
    for path in (CA, CRL):
        both.write(open(path, "rb").read())
    both.flush()
    options.update(ssl_ca_certs=both.name, ssl_include_verify_flags=[ssl.VERIFY_CRL_CHECK_LEAF])
# One more attempt than none, so that the time limit of the measurement is not spent on waiting in between.
backoff = importlib.import_module(sys.argv[1] + ".backoff").NoBackoff()
retry = importlib.import_module(sys.argv[1] + ".retry").Retry(backoff, 1)
client = module.Redis(host=HOST, port=int(PORT), username=USER, password=PASSWORD, ssl=True, retry=retry, **options)
drive(client.ping)
