"""What the suites of this folder share: addresses, the faucet, and the report."""

import json
import os
import time
from pathlib import Path

import requests

RPC = "http://" + os.environ["SYNERGY_RPC"]
REST = "http://" + os.environ["SYNERGY_REST"]
GRPC = os.environ["SYNERGY_GRPC"]
FAUCET = "http://" + os.environ["SYNERGY_FAUCET"]
DENOM = "asnrg"
PREFIX = "synergy"


class Report:
    """Rows of docs/compatibility.md."""

    def __init__(self):
        self.rows = []

    def add(self, tool, method, answer):
        self.rows.append({"tool": tool, "method": method, "answer": answer})

    def save(self, name):
        directory = os.environ.get("SYNERGY_REPORT")
        if directory:
            Path(directory, f"{name}.json").write_text(json.dumps(self.rows))


def fund(address):
    """Coins for an address, in a block before this returns."""
    reply = requests.post(f"{FAUCET}/credit", json={"address": address}, timeout=60)
    assert reply.status_code == 200, reply.text
    for _ in range(100):
        if rest(f"/cosmos/bank/v1beta1/balances/{address}").json().get("balances"):
            return
        time.sleep(0.2)
    raise AssertionError(f"the faucet's coins for {address} did not come")


def rest(path, **options):
    return requests.get(REST + path, timeout=30, **options)
