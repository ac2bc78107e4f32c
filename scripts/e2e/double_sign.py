#!/usr/bin/env python3
"""Two signed votes of one validator for one height, given to a node as evidence.

    double_sign.py RPC_ADDRESS PRIV_VALIDATOR_KEY_FILE HEIGHT

Makes precommits for two blocks that do not exist, signs both with the validator's key
(openssl does), and calls broadcast_evidence. Prints the evidence's hash.
"""
import base64, datetime, hashlib, json, subprocess, sys, tempfile, urllib.request

address, key_file, height = sys.argv[1], sys.argv[2], int(sys.argv[3])
PRECOMMIT = 2
# PKCS #8 of an ed25519 seed (RFC 8410).
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


def rpc(method, params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(f"http://{address}", body, {"content-type": "application/json"})
    try:
        answer = json.load(urllib.request.urlopen(request, timeout=10))
    except urllib.error.HTTPError as error:
        answer = json.load(error)
    if answer.get("error"):
        sys.exit(f"{method}: {answer['error']}")
    return answer["result"]


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(tag, kind, value):
    return varint(tag << 3 | kind) + value


def message(tag, value):
    return field(tag, 2, varint(len(value)) + value)


def timestamp(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp())
    nanos = int(fraction.ljust(9, "0")) if fraction else 0
    return field(1, 0, varint(seconds)) + (field(2, 0, varint(nanos)) if nanos else b"")


def sign(seed, text):
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as data:
        key.write(PKCS8 + seed), key.flush(), data.write(text), data.flush()
        command = ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key.name, "-in", data.name]
        return subprocess.run(command, check=True, capture_output=True).stdout


key = json.load(open(key_file))
seed = base64.b64decode(key["priv_key"]["value"])[:32]
validators = rpc("validators", {"height": str(height), "per_page": "100"})["validators"]
header = rpc("block", {"height": str(height)})["block"]["header"]
index = next(i for i, v in enumerate(validators) if v["address"] == key["address"])


def vote(name):
    block, parts = hashlib.sha256(name).digest(), hashlib.sha256(b"parts of " + name).digest()
    # CanonicalVote: what CometBFT signs.
    part_set = field(1, 0, varint(1)) + message(2, parts)
    canonical = field(1, 0, varint(PRECOMMIT)) + field(2, 1, height.to_bytes(8, "little"))
    canonical += message(4, message(1, block) + message(2, part_set))
    canonical += message(5, timestamp(header["time"])) + message(6, header["chain_id"].encode())
    return {
        "type": PRECOMMIT,
        "height": str(height),
        "round": 0,
        "block_id": {"hash": block.hex().upper(), "parts": {"total": 1, "hash": parts.hex().upper()}},
        "timestamp": header["time"],
        "validator_address": key["address"],
        "validator_index": index,
        "signature": base64.b64encode(sign(seed, varint(len(canonical)) + canonical)).decode(),
    }


votes = sorted((vote(b"one"), vote(b"two")), key=lambda v: v["block_id"]["hash"])
value = {
    "vote_a": votes[0],
    "vote_b": votes[1],
    "TotalVotingPower": str(sum(int(v["voting_power"]) for v in validators)),
    "ValidatorPower": validators[index]["voting_power"],
    "Timestamp": header["time"],
}
print(rpc("broadcast_evidence", {"evidence": {"type": "tendermint/DuplicateVoteEvidence", "value": value}})["hash"])
