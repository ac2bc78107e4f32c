"""gRPC as Python, grpcurl and Hermes speak it: every message type comes from the
server's own reflection."""

import hashlib
import os
import shutil
import subprocess
import time
import unittest

import bech32
import ecdsa
import grpc
from google.protobuf import any_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
import requests
from synergy import DENOM, GRPC, PREFIX, RPC, Report, fund, rest

REPORT = Report()
GRPCURL = os.environ.get("SYNERGY_GRPCURL") or shutil.which("grpcurl")

# What Hermes 1.13 asks over gRPC (and over abci_query, by the same paths).
HERMES = """
cosmos.base.tendermint.v1beta1.Service/GetNodeInfo
cosmos.base.node.v1beta1.Service/Config
cosmos.staking.v1beta1.Query/Params
cosmos.auth.v1beta1.Query/Account
cosmos.bank.v1beta1.Query/Balance
cosmos.bank.v1beta1.Query/AllBalances
cosmos.tx.v1beta1.Service/Simulate
ibc.core.client.v1.Query/ClientStates
ibc.core.client.v1.Query/ConsensusStateHeights
ibc.core.connection.v1.Query/Connection
ibc.core.connection.v1.Query/Connections
ibc.core.connection.v1.Query/ClientConnections
ibc.core.connection.v1.Query/ConnectionParams
ibc.core.channel.v1.Query/Channels
ibc.core.channel.v1.Query/ConnectionChannels
ibc.core.channel.v1.Query/ChannelClientState
ibc.core.channel.v1.Query/PacketCommitments
ibc.core.channel.v1.Query/PacketAcknowledgements
ibc.core.channel.v1.Query/UnreceivedPackets
ibc.core.channel.v1.Query/UnreceivedAcks
ibc.applications.transfer.v1.Query/DenomTrace
""".split()


# What Hermes asks by the same paths, and for proofs, over CometBFT's abci_query; with
# the code it needs, where the chain has the module.
HERMES_ABCI = {
    "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo": 0,
    "/cosmos.base.node.v1beta1.Service/Config": 0,
    "/cosmos.staking.v1beta1.Query/Params": 0,
    "/feemarket.feemarket.v1.Query/GasPrices": 6,
    "store/bank/key": 0,
}


class Chain:
    """Calls by name over messages that reflection describes."""

    def __init__(self):
        self.channel = grpc.insecure_channel(GRPC)
        self.reflection = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.reflection)

    def message(self, name):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))

    def call(self, method, request=None, height=None, **fields):
        """The answer and its initial metadata; `method` is `package.Service/Method`."""
        service, name = method.split("/")
        described = self.pool.FindServiceByName(service).methods_by_name[name]
        if request is None:
            request = self.message(described.input_type.full_name)(**fields)
        answer = self.message(described.output_type.full_name)
        stub = self.channel.unary_unary(
            f"/{method}", request_serializer=lambda m: m.SerializeToString(), response_deserializer=answer.FromString
        )
        metadata = [("x-cosmos-block-height", str(height))] if height is not None else []
        reply, call = stub.with_call(request, metadata=metadata, timeout=30)
        return reply, dict(call.initial_metadata())

    def raw(self, method, data=b""):
        same = lambda value: value
        stub = self.channel.unary_unary(f"/{method}", request_serializer=same, response_deserializer=same)
        return stub(data, timeout=30)


class Key:
    """A secp256k1 account."""

    def __init__(self):
        self.secret = ecdsa.SigningKey.generate(curve=ecdsa.SECP256k1)
        self.public = self.secret.verifying_key.to_string("compressed")
        digest = hashlib.new("ripemd160", hashlib.sha256(self.public).digest()).digest()
        self.address = bech32.bech32_encode(PREFIX, bech32.convertbits(digest, 8, 5))

    def sign(self, document):
        encode = ecdsa.util.sigencode_string_canonize
        return self.secret.sign_deterministic(document, hashfunc=hashlib.sha256, sigencode=encode)


def note(fields):
    """The fields of a request, without what differs from run to run."""
    return ", ".join(name if value.startswith(PREFIX) else f"{name} {value!r}" for name, value in fields.items())


def pack(message):
    packed = any_pb2.Any(type_url="/" + message.DESCRIPTOR.full_name, value=message.SerializeToString())
    return {"type_url": packed.type_url, "value": packed.value}


class Grpc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = Chain()
        cls.key = Key()
        fund(cls.key.address)

    @classmethod
    def tearDownClass(cls):
        REPORT.save("grpc")

    def refused(self, code, method, request=None, **fields):
        with self.assertRaises(grpc.RpcError) as caught:
            self.chain.call(method, request, **fields)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        return caught.exception.details()

    def transaction(self, sequence=None, amount="1"):
        chain, key = self.chain, self.key
        any_account, _ = chain.call("cosmos.auth.v1beta1.Query/Account", address=key.address)
        account = chain.message("cosmos.auth.v1beta1.BaseAccount").FromString(any_account.account.value)
        send = chain.message("cosmos.bank.v1beta1.MsgSend")(
            from_address=key.address, to_address=key.address, amount=[{"denom": DENOM, "amount": amount}]
        )
        public = chain.message("cosmos.crypto.secp256k1.PubKey")(key=key.public)
        body = chain.message("cosmos.tx.v1beta1.TxBody")(messages=[pack(send)]).SerializeToString()
        auth = chain.message("cosmos.tx.v1beta1.AuthInfo")(
            signer_infos=[
                {
                    "public_key": pack(public),
                    "mode_info": {"single": {"mode": 1}},
                    "sequence": account.sequence if sequence is None else sequence,
                }
            ],
            fee={"amount": [{"denom": DENOM, "amount": str(200_000 * 2_000_000_000)}], "gas_limit": 200_000},
        ).SerializeToString()
        node, _ = chain.call("cosmos.base.tendermint.v1beta1.Service/GetNodeInfo")
        document = chain.message("cosmos.tx.v1beta1.SignDoc")(
            body_bytes=body,
            auth_info_bytes=auth,
            chain_id=node.default_node_info.network,
            account_number=account.account_number,
        ).SerializeToString()
        raw = chain.message("cosmos.tx.v1beta1.TxRaw")(
            body_bytes=body, auth_info_bytes=auth, signatures=[key.sign(document)]
        )
        return raw.SerializeToString()

    def test_a_python_client_simulates_sends_and_finds_its_transaction(self):
        tx = self.transaction()
        simulated, _ = self.chain.call("cosmos.tx.v1beta1.Service/Simulate", tx_bytes=tx)
        self.assertGreater(simulated.gas_info.gas_used, 0)
        REPORT.add("Python (grpcio)", "cosmos.tx.v1beta1.Service/Simulate", "gas used")
        sent, _ = self.chain.call("cosmos.tx.v1beta1.Service/BroadcastTx", tx_bytes=tx, mode=2)
        self.assertEqual(sent.tx_response.code, 0, sent.tx_response.raw_log)
        REPORT.add("Python (grpcio)", "cosmos.tx.v1beta1.Service/BroadcastTx", "code 0")
        for _ in range(100):
            try:
                found, _ = self.chain.call("cosmos.tx.v1beta1.Service/GetTx", hash=sent.tx_response.txhash)
                break
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND, error.details())
                time.sleep(0.2)
        self.assertEqual((found.tx_response.code, found.tx_response.txhash), (0, sent.tx_response.txhash))
        REPORT.add("Python (grpcio)", "cosmos.tx.v1beta1.Service/GetTx", "the transaction, NOT_FOUND before")
        events, _ = self.chain.call(
            "cosmos.tx.v1beta1.Service/GetTxsEvent", query=f"message.sender='{self.key.address}'"
        )
        self.assertEqual(events.total, 1)
        REPORT.add("Python (grpcio)", "cosmos.tx.v1beta1.Service/GetTxsEvent", "one transaction")

    def test_wrong_inputs_have_their_status(self):
        code = grpc.StatusCode
        tx = self.transaction(sequence=7)
        text = self.refused(code.UNKNOWN, "cosmos.tx.v1beta1.Service/Simulate", tx_bytes=tx)
        self.assertRegex(text, r"account sequence mismatch, expected \d+, got 7")
        REPORT.add("Python (grpcio)", "Simulate, wrong sequence", "account sequence mismatch, expected E, got G")
        sent, _ = self.chain.call("cosmos.tx.v1beta1.Service/BroadcastTx", tx_bytes=tx, mode=2)
        self.assertEqual((sent.tx_response.codespace, sent.tx_response.code), ("sdk", 32))
        for method, status, fields in [
            ("cosmos.auth.v1beta1.Query/Account", code.NOT_FOUND, {"address": Key().address}),
            ("cosmos.auth.v1beta1.Query/Account", code.INVALID_ARGUMENT, {"address": "nonsense"}),
            ("cosmos.bank.v1beta1.Query/Balance", code.INVALID_ARGUMENT, {"address": self.key.address, "denom": "!"}),
            ("cosmos.tx.v1beta1.Service/GetTx", code.INVALID_ARGUMENT, {"hash": "zz"}),
        ]:
            self.refused(status, method, **fields)
            REPORT.add("Python (grpcio)", f"{method}, wrong input ({note(fields)})", status.name)

    def test_heights_go_in_and_out_as_metadata(self):
        method = "cosmos.bank.v1beta1.Query/AllBalances"
        _, now = self.chain.call(method, address=self.key.address)
        height = int(now["x-cosmos-block-height"])
        _, before = self.chain.call(method, address=self.key.address, height=height - 1)
        self.assertEqual(before["x-cosmos-block-height"], str(height - 1))
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, method, address=self.key.address, height=height + 1_000_000)
        REPORT.add("Python (grpcio)", "x-cosmos-block-height", "in and out; INVALID_ARGUMENT when not kept")

    def test_hermes_methods_are_answered(self):
        for method in HERMES:
            try:
                self.chain.raw(method)
                answer = "OK"
            except grpc.RpcError as error:
                answer = error.code().name
                self.assertNotIn(error.code(), (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE), method)
            REPORT.add("Hermes 1.13", f"{method} (empty request)", answer)

    def test_hermes_queries_over_abci_are_answered(self):
        for path, code in HERMES_ABCI.items():
            asked = {"path": f'"{path}"', "data": "0x00" if path.startswith("store") else "", "prove": "false"}
            answer = requests.get(f"{RPC}/abci_query", params=asked, timeout=30).json()["result"]["response"]
            self.assertEqual(answer["code"], code, f"{path}: {answer['log']}")
            REPORT.add("Hermes 1.13", f"abci_query {path}", f"code {code}")

    def test_key_types_are_in_the_reflected_pool(self):
        for name in ["MlDsa44PubKey", "MlDsa65PubKey", "MlDsa87PubKey", "HybridPubKey"]:
            self.chain.message(f"synergy.crypto.v1.{name}")
        for entry in os.environ["SYNERGY_ACCOUNTS"].split(","):
            kind, address = entry.split("=")
            found, _ = self.chain.call("synergy.auth.v1.Query/PublicKey", address=address)
            self.assertTrue(found.pub_key.type_url.endswith("PubKey"), kind)
            self.assertEqual(rest(f"/synergy/auth/v1/public_key/{address}").status_code in (200, 501), True)
        REPORT.add("Python (grpcio)", "synergy.auth.v1.Query/PublicKey, every key type", "the key")

    @unittest.skipUnless(GRPCURL, "grpcurl is not installed")
    def test_grpcurl_lists_describes_and_calls(self):
        def run(*arguments):
            done = subprocess.run([GRPCURL, "-plaintext", *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        services = run(GRPC, "list").split()
        for service in ["cosmos.bank.v1beta1.Query", "cosmos.tx.v1beta1.Service", "synergy.aivm.v1.Query"]:
            self.assertIn(service, services)
        REPORT.add("grpcurl 1.9", "list", "every served service")
        self.assertIn("rpc AllBalances", run(GRPC, "describe", "cosmos.bank.v1beta1.Query"))
        REPORT.add("grpcurl 1.9", "describe cosmos.bank.v1beta1.Query", "its methods")
        request = f'{{"address": "{self.key.address}"}}'
        self.assertIn(DENOM, run("-d", request, GRPC, "cosmos.bank.v1beta1.Query/AllBalances"))
        REPORT.add("grpcurl 1.9", "cosmos.bank.v1beta1.Query/AllBalances", "balances")


if __name__ == "__main__":
    unittest.main()
