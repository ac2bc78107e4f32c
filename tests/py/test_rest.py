"""The REST paths that Keplr and ping.pub ask for, each with the status it gets, and
the shapes that wallets rely on."""

import base64
import re
import unittest
from urllib.parse import quote

import requests
from synergy import DENOM, REST, RPC, Report, fund, rest

REPORT = Report()
VALIDATOR = "synergyvaloper19rl4cm2hmr8afy4kldpxz3fka4jguq0azg3dw9"
# Never funded: the address of a key that nobody has.
EMPTY = "synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe"

# Paths of github.com/ping-pub/explorer, src/libs/api/index.ts.
PING_PUB = """
/cosmos/auth/v1beta1/accounts
/cosmos/auth/v1beta1/accounts/{address}
/cosmos/auth/v1beta1/params
/cosmos/bank/v1beta1/balances/{address}
/cosmos/bank/v1beta1/denoms_metadata
/cosmos/bank/v1beta1/params
/cosmos/bank/v1beta1/supply
/cosmos/bank/v1beta1/supply/{denom}
/cosmos/base/tendermint/v1beta1/abci_query
/cosmos/base/tendermint/v1beta1/blocks/latest
/cosmos/base/tendermint/v1beta1/blocks/{height}
/cosmos/base/tendermint/v1beta1/node_info
/cosmos/base/tendermint/v1beta1/validatorsets/latest
/cosmos/base/tendermint/v1beta1/validatorsets/{height}
/cosmos/distribution/v1beta1/community_pool
/cosmos/distribution/v1beta1/delegators/{address}/rewards
/cosmos/distribution/v1beta1/params
/cosmos/distribution/v1beta1/validators/{validator}/commission
/cosmos/distribution/v1beta1/validators/{validator}/outstanding_rewards
/cosmos/distribution/v1beta1/validators/{validator}/slashes
/cosmos/gov/v1beta1/params/deposit
/cosmos/gov/v1beta1/params/tallying
/cosmos/gov/v1beta1/params/voting
/cosmos/gov/v1beta1/proposals
/cosmos/gov/v1beta1/proposals/{id}
/cosmos/gov/v1beta1/proposals/{id}/deposits
/cosmos/gov/v1beta1/proposals/{id}/tally
/cosmos/gov/v1beta1/proposals/{id}/votes
/cosmos/gov/v1beta1/proposals/{id}/votes/{address}
/cosmos/group/v1/groups
/cosmos/group/v1/groups_by_admin/{address}
/cosmos/group/v1/groups_by_member/{address}
/cosmos/group/v1/proposal/{id}
/cosmos/group/v1/proposals/{id}/tally
/cosmos/group/v1/proposals_by_group_policy/{address}
/cosmos/mint/v1beta1/annual_provisions
/cosmos/mint/v1beta1/inflation
/cosmos/mint/v1beta1/params
/cosmos/params/v1beta1/params?subspace=staking&key=MaxValidators
/cosmos/slashing/v1beta1/params
/cosmos/slashing/v1beta1/signing_infos
/cosmos/staking/v1beta1/delegations/{address}
/cosmos/staking/v1beta1/delegators/{address}/redelegations
/cosmos/staking/v1beta1/delegators/{address}/unbonding_delegations
/cosmos/staking/v1beta1/delegators/{address}/validators
/cosmos/staking/v1beta1/params
/cosmos/staking/v1beta1/pool
/cosmos/staking/v1beta1/validators/{validator}
/cosmos/staking/v1beta1/validators/{validator}/delegations
/cosmos/staking/v1beta1/validators/{validator}/delegations/{address}
/cosmos/staking/v1beta1/validators/{validator}/delegations/{address}/unbonding_delegation
/cosmos/staking/v1beta1/validators?pagination.limit=10&status=BOND_STATUS_BONDED
/cosmos/tx/v1beta1/txs?events={query}
/cosmos/tx/v1beta1/txs?query={query}
/cosmos/tx/v1beta1/txs/block/{height}
/cosmos/tx/v1beta1/txs/{hash}
/ibc/apps/interchain_accounts/controller/v1/params
/ibc/apps/interchain_accounts/host/v1/params
/ibc/apps/transfer/v1/channels/{channel}/ports/{port}/escrow_address
/ibc/apps/transfer/v1/denom_traces
/ibc/apps/transfer/v1/denom_traces/{hash}
/ibc/core/channel/v1/channels
/ibc/core/channel/v1/channels/{channel}/ports/{port}/next_sequence
/ibc/core/channel/v1/channels/{channel}/ports/{port}/packet_acknowledgements
/ibc/core/channel/v1/connections/{connection}/channels
/ibc/core/connection/v1/connections
/ibc/core/connection/v1/connections/{connection}
/ibc/core/connection/v1/connections/{connection}/client_state
/interchain_security/ccv/provider/consumer_validators/{chain}
/interchain_security/ccv/provider/opted_in_validators/{chain}
/interchain_security/ccv/provider/validator_consumer_addr?provider_address={address}&chain_id={chain}
""".split()

KEPLR = """
/cosmos/base/tendermint/v1beta1/node_info
/cosmos/auth/v1beta1/accounts/{address}
/cosmos/auth/v1beta1/accounts/{empty}
/cosmos/bank/v1beta1/balances/{address}
/cosmos/bank/v1beta1/spendable_balances/{address}
/cosmos/bank/v1beta1/spendable_balances/test
/cosmos/staking/v1beta1/delegations/{address}
/cosmos/staking/v1beta1/delegators/{address}/unbonding_delegations
/cosmos/staking/v1beta1/validators
/cosmos/staking/v1beta1/params
/cosmos/staking/v1beta1/pool
/cosmos/distribution/v1beta1/delegators/{address}/rewards
/ibc/apps/transfer/v1/params
/ibc/apps/transfer/v1/denoms/{hash}
/ibc/core/channel/v1/channels/{channel}/ports/{port}/client_state
/cosmos/authz/v1beta1/grants/granter/{address}
/feemarket/v1/params
/feemarket/v1/gas_prices
""".split()

# Modules that the chain has: 501 there would be a fault. Every other path may say so.
SERVED = re.compile(r"/cosmos/(auth|bank|base/tendermint|distribution|mint|slashing|staking|tx)/")
# Asked for something that does not exist, or without a parameter they need.
NOT_FOUND = re.compile(r"\{hash\}|/delegations/\{address\}|slashes|outstanding|commission|abci_query")
# A path of SDK 0.45: later chains have /supply/by_denom and answer this one with 501.
GONE = "/cosmos/bank/v1beta1/supply/{denom}"


class Rest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        status = requests.get(f"{RPC}/status", timeout=10).json()["result"]
        found = requests.get(f"{RPC}/tx_search", params={"query": '"tx.height>0"', "per_page": "1"}, timeout=10)
        tx = found.json()["result"]["txs"][0]
        accounts = rest("/cosmos/auth/v1beta1/accounts").json()["accounts"]
        cls.values = {
            "address": next(a["address"] for a in accounts if a["@type"].endswith("BaseAccount")),
            "validator": cls.validator(),
            "denom": DENOM,
            "height": tx["height"],
            "hash": tx["hash"],
            "id": "1",
            "query": quote("message.action='/cosmos.bank.v1beta1.MsgSend'"),
            "channel": "channel-0",
            "port": "transfer",
            "connection": "connection-0",
            "chain": status["node_info"]["network"],
            "empty": EMPTY,
        }

    @staticmethod
    def validator():
        found = rest("/cosmos/staking/v1beta1/validators").json().get("validators")
        return found[0]["operator_address"] if found else VALIDATOR

    @classmethod
    def tearDownClass(cls):
        REPORT.save("rest")

    def ask(self, tool, path):
        filled = path.format(**self.values)
        reply = rest(filled)
        REPORT.add(tool, path, str(reply.status_code))
        if reply.status_code != 200:
            # What a gateway of the SDK answers with.
            self.assertEqual(set(reply.json()), {"code", "message", "details"}, path)
        return reply.status_code

    def test_every_path_of_ping_pub_is_answered(self):
        for path in PING_PUB:
            status = self.ask("ping.pub", path)
            allowed = {200, 400, 404, 501}
            if path == GONE:
                allowed = {501}
            elif SERVED.search(path):
                allowed = {200, 400, 404} if NOT_FOUND.search(path) else {200}
            self.assertIn(status, allowed, path)

    def test_every_path_of_keplr_is_answered_as_it_probes(self):
        expected = {
            "/cosmos/auth/v1beta1/accounts/{empty}": 404,
            "/cosmos/bank/v1beta1/spendable_balances/test": 400,
            "/feemarket/v1/params": 501,
            "/feemarket/v1/gas_prices": 501,
        }
        for path in KEPLR:
            status = self.ask("Keplr", path)
            if path in expected:
                self.assertEqual(status, expected[path], path)
            elif SERVED.search(path) and not NOT_FOUND.search(path):
                self.assertEqual(status, 200, path)
            else:
                self.assertIn(status, {200, 400, 404, 501}, path)

    def test_keplr_reads_the_network_and_posts_what_it_signs(self):
        info = rest("/cosmos/base/tendermint/v1beta1/node_info").json()
        self.assertEqual(info["default_node_info"]["network"], self.values["chain"])
        for path, body in [
            ("/cosmos/tx/v1beta1/simulate", {"tx_bytes": base64.b64encode(b"\0\1").decode()}),
            ("/cosmos/tx/v1beta1/txs", {"tx_bytes": "", "mode": "BROADCAST_MODE_SYNC"}),
            ("/cosmos/tx/v1beta1/txs", {"nonsense": 1}),
        ]:
            reply = requests.post(REST + path, json=body, timeout=30)
            self.assertEqual(reply.status_code, 400, f"{path} {body}: {reply.text}")
            REPORT.add("Keplr", f"POST {path}, wrong body ({', '.join(body)})", str(reply.status_code))
        reply = requests.post(
            f"{REST}/cosmos/tx/v1beta1/txs",
            json={"tx_bytes": base64.b64encode(b"\0\1").decode(), "mode": "BROADCAST_MODE_SYNC"},
            timeout=30,
        )
        self.assertEqual((reply.status_code, reply.json()["tx_response"]["code"]), (200, 2), reply.text)
        REPORT.add("Keplr", "POST /cosmos/tx/v1beta1/txs, undecodable transaction", "200 with tx_response.code 2")

    def test_pages_lead_to_the_last_entry(self):
        everyone = rest("/cosmos/auth/v1beta1/accounts?pagination.limit=1000").json()["accounts"]
        seen, key = [], ""
        while len(seen) <= len(everyone):
            page = rest(f"/cosmos/auth/v1beta1/accounts?pagination.limit=3&pagination.key={quote(key)}").json()
            seen += page["accounts"]
            key = page["pagination"]["next_key"]
            if not key:
                break
        self.assertIsNone(key, "null after the last page, as the SDK's gateway")
        self.assertEqual(seen, everyone)
        offset = rest("/cosmos/auth/v1beta1/accounts?pagination.offset=2&pagination.limit=2").json()["accounts"]
        self.assertEqual(offset, everyone[2:4])
        total = rest("/cosmos/auth/v1beta1/accounts?pagination.limit=1&pagination.count_total=true").json()
        self.assertEqual(total["pagination"]["total"], str(len(everyone)))

    def test_heights_go_in_and_out_as_headers(self):
        path = f"/cosmos/bank/v1beta1/balances/{self.values['address']}"
        latest = int(requests.get(f"{RPC}/status", timeout=10).json()["result"]["sync_info"]["latest_block_height"])
        reply = rest(path, headers={"x-cosmos-block-height": str(latest - 1)})
        self.assertEqual(reply.headers["Grpc-Metadata-X-Cosmos-Block-Height"], str(latest - 1))
        self.assertEqual(rest(path, headers={"x-cosmos-block-height": "99999999"}).status_code, 400)
        self.assertEqual(rest(path, headers={"x-cosmos-block-height": "x"}).status_code, 400)

    def test_the_chain_describes_itself(self):
        for path, key in [("/chain.json", "chain_id"), ("/assetlist.json", "assets"), ("/keplr.json", "feeCurrencies")]:
            reply = rest(path)
            self.assertEqual(reply.status_code, 200, path)
            self.assertIn(key, reply.json())
            REPORT.add("Keplr" if "keplr" in path else "chain registry", path, "200")


if __name__ == "__main__":
    unittest.main()
