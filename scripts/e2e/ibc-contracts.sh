#!/usr/bin/env bash
# Contracts over IBC between synergyd and a real wasmd, relayed by stock Hermes.
#
#   scripts/e2e/ibc-contracts.sh [--keep]
#
# 1. Both chains start; Hermes connects them and opens a channel for coins. Both get
#    wasmd's own contracts.
# 2. ibc_reflect_send here works ibc_reflect there over an ordered channel of theirs, and
#    the other way round.
# 3. A transfer of the contract ibc_callbacks calls its sender and its receiver, both ways.
# 4. A memo of a transfer from there calls hackatom here with the coins; one that the
#    contract refuses sends the coins back.
#
# Hermes and wasmd are built the first time, as for ibc.sh.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

KEEP=''
case ${1-} in
    '') ;;
    --keep) KEEP=1 ;;
    *) die "unknown argument $1; see the head of $0" ;;
esac

WASMD_VERSION=0.61.14
source "$(dirname "${BASH_SOURCE[0]}")/ibc-chains.sh"
"$ROOT/scripts/wasm-testdata.sh"

tx() { dtx alice "$@"; }
# wtx ARGUMENT…: a transaction of bob's, until it is in a block.
wtx() {
    local hash tries
    hash=$(w tx "$@" --from bob --keyring-backend test --chain-id $THEIRS --node "tcp://127.0.0.1:$PEER_RPC" \
        --gas 8000000 --fees 0stake --yes -o json 2>>"$WORK/wasmd-cli.log" | pick 'r["txhash"]')
    for ((tries = 0; tries < 120; tries++)); do
        if wq tx "$hash" >"$WORK/tx.json" 2>/dev/null; then
            [[ $(pick 'r["code"]' <"$WORK/tx.json") == 0 ]] || die "$1 $2: $(pick 'r["raw_log"]' <"$WORK/tx.json")"
            return
        fi
        sleep 0.5
    done
    die "$1 $2: $hash is in no block"
}

say "   contracts"
FILES=(wasmd/reflect_1_5 wasmd/ibc_reflect ibc/ibc_reflect_send ibc/ibc_callbacks wasmd/hackatom)
for file in "${FILES[@]}"; do
    tx wasm store "$TOOLS/wasm/$file.wasm"
    wtx wasm store "$TOOLS/wasm/$file.wasm"
done
# Codes are numbered from 1, in this order.
REFLECT=1 IBC_REFLECT=2 SEND=3 CALLBACKS=4 HACKATOM=5
# ours_of, theirs_of CODE MSG: instantiates and prints the address.
ours_of() {
    tx wasm instantiate "$1" "$2" --label e2e --no-admin
    q wasm list-contract-by-code "$1" | pick 'r["contracts"][-1]'
}
theirs_of() {
    wtx wasm instantiate "$1" "$2" --label e2e --no-admin
    wq wasm list-contract-by-code "$1" | pick 'r["contracts"][-1]'
}
ask_ours() { q wasm contract-state smart "$1" "$2" | pick "(lambda r: $3)(r['data'])"; }
ask_theirs() { wq wasm contract-state smart "$1" "$2" | pick "(lambda r: $3)(r['data'])"; }
OUR_SEND=$(ours_of $SEND '{}')
OUR_REFLECT=$(ours_of $IBC_REFLECT "{\"reflect_code_id\": $REFLECT}")
THEIR_SEND=$(theirs_of $SEND '{}')
THEIR_REFLECT=$(theirs_of $IBC_REFLECT "{\"reflect_code_id\": $REFLECT}")
expect "port of a contract" "$(q wasm contract "$OUR_SEND" | pick 'r["contract_info"]["ibc_port_id"]')" "wasm.$OUR_SEND"

say "   channels by Hermes"
open_transfer_channel
channel() {
    h create channel --a-chain $OURS --a-connection connection-0 --a-port "wasm.$1" --b-port "wasm.$2" \
        --channel-version ibc-reflect-v1 --order ordered >"$WORK/create.json" ||
        die "no channel: $(tail -n 3 "$WORK/create.json")"
}
channel "$OUR_SEND" "$THEIR_REFLECT"
channel "$OUR_REFLECT" "$THEIR_SEND"
start_relayer

say "2. a contract works a contract of the other chain"
account='{"list_accounts": {}}'
remote='bool(r["accounts"] and r["accounts"][0]["remote_addr"])'
eventually "ours knows its account there" True 180 ask_ours "$OUR_SEND" "$account" "$remote"
eventually "theirs knows its account here" True 180 ask_theirs "$THEIR_SEND" "$account" "$remote"
address='r["accounts"][0]["remote_addr"]'
THERE=$(ask_ours "$OUR_SEND" "$account" "$address")
HERE=$(ask_theirs "$THEIR_SEND" "$account" "$address")
expect "accounts of reflect here" "$(ask_ours "$OUR_REFLECT" "$account" 'r["accounts"][0]["account"]')" "$HERE"
send_msgs() { printf '{"send_msgs": {"channel_id": "%s", "msgs": [{"bank": {"send": {"to_address": "%s", "amount": [{"denom": "%s", "amount": "7"}]}}}]}}' "$@"; }
PAID_HERE=$(d keys add paid -o json 2>/dev/null | pick 'r["address"]')
PAID_THERE=$(w keys add paid --keyring-backend test --output json 2>/dev/null | pick 'r["address"]')
wtx bank send bob "$THERE" 100stake
d tx bank send alice "$HERE" 100asnrg --yes --wait -o json >/dev/null
tx wasm execute "$OUR_SEND" "$(send_msgs channel-1 "$PAID_THERE" stake)"
wtx wasm execute "$THEIR_SEND" "$(send_msgs channel-2 "$PAID_HERE" asnrg)"
eventually "paid there as told from here" 7 180 theirs "$PAID_THERE" stake
eventually "paid here as told from there" 7 180 ours "$PAID_HERE" asnrg

say "3. callbacks"
OUR_CB=$(ours_of $CALLBACKS '{}')
THEIR_CB=$(theirs_of $CALLBACKS '{}')
go() { printf '{"transfer": {"to_address": "%s", "channel_id": "channel-0", "timeout_seconds": 600}}' "$1"; }
tx wasm execute "$OUR_CB" "$(go "$THEIR_CB")" --amount 5asnrg
wtx wasm execute "$THEIR_CB" "$(go "$OUR_CB")" --amount 5stake
stats='{"callback_stats": {}}'
count='[len(r[k]) for k in ("ibc_ack_callbacks", "ibc_timeout_callbacks", "ibc_destination_callbacks")]'
eventually "ours heard of" "[1, 0, 1]" 180 ask_ours "$OUR_CB" "$stats" "$count"
eventually "theirs heard of" "[1, 0, 1]" 180 ask_theirs "$THEIR_CB" "$stats" "$count"
told='r["ibc_destination_callbacks"][0]["transfer"]["funds"][0]["denom"]'
expect "what arrived here" "$(ask_ours "$OUR_CB" "$stats" "$told")" "$STAKE_HERE"

say "4. a contract called by memo"
# The account that stands for bob here.
CALLER=$(python3 -c '
import hashlib, sys
kind = hashlib.sha256(b"ibc-wasm-hook-intermediary").digest()
print(hashlib.sha256(kind + sys.argv[1].encode()).hexdigest())' "channel-0/$BOB")
CALLER=$(d debug addr "$CALLER" | sed -n 's|^acc: ||p')
HACK=$(ours_of $HACKATOM "{\"verifier\": \"$CALLER\", \"beneficiary\": \"$PAID_HERE\"}")
OTHER=$(ours_of $HACKATOM "{\"verifier\": \"$ALICE\", \"beneficiary\": \"$ALICE\"}")
by_memo() {
    wtx ibc-transfer transfer transfer channel-0 "$1" "$2stake" \
        --memo "{\"wasm\": {\"contract\": \"$1\", \"msg\": {\"release\": {}}}}"
}
by_memo "$HACK" 300
eventually "the contract paid on what came" 300 180 ours "$PAID_HERE" "$STAKE_HERE"
BEFORE=$(theirs "$BOB" stake)
by_memo "$OTHER" 400
eventually "what the contract refused is back" "$BEFORE" 180 theirs "$BOB" stake
expect "nothing of it here" "$(ours "$OTHER" "$STAKE_HERE")" 0
say "contracts over IBC: all well"
