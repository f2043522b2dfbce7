"""An example of a master key program: it answers on standard output what it is asked on standard input.

Here the service behind it is a file with 32 bytes beside it; elsewhere it is a call to a key service or a security
module, in the two lines that are marked. `ledger/keys/command.py` describes the format. What a program must not forget
is in the last line: each answer is flushed at once.
"""

import json
import os
import sys
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

service = AESGCM(Path(__file__).with_suffix(".secret").read_bytes())

for line in sys.stdin:
    request = json.loads(line)
    answer, context = {"id": request["id"]}, request["owner"].encode()
    try:
        if request["do"] == "wrap":
            nonce = os.urandom(12)
            wrapped = nonce + service.encrypt(nonce, b64decode(request["key"]), context)            # The service wraps.
            answer["wrapped"] = b64encode(wrapped).decode()
        else:
            wrapped = b64decode(request["wrapped"])
            answer["key"] = b64encode(service.decrypt(wrapped[:12], wrapped[12:], context)).decode()  # It unwraps.
    except (InvalidTag, ValueError):
        answer = {"id": request["id"], "refused": "wrong_key"}
    print(json.dumps(answer), flush=True)
