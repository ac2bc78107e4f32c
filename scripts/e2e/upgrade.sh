#!/usr/bin/env bash
# An upgrade of the software by governance on a real CometBFT, and the ways back.
#
#   scripts/e2e/upgrade.sh [--comet 0.38.25] [--keep]
#
# 1. A scheduled upgrade is cancelled: its height passes.
# 2. Another stops the old program at its height; the supervisor backs the data up and
#    starts the new one, which migrates and halts. Its block is taken back
#    (`rollback`) and the old program goes on without the upgrade.
# 3. The upgrade is scheduled again and stays: a param has changed, a new store is
#    proven, the chain goes on; the old program opens the backup.
#
# The supervisor is stock cosmovisor. The new program is `synergyd` with a migration more
# (tests/src/next.rs).
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

KEEP=
while (($#)); do
    case $1 in
        --comet) COMET_VERSION=$2; shift ;;
        --keep) KEEP=1 ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift
done

need cargo go python3
SYNERGYD_COMETBFT=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
export SYNERGYD_COMETBFT
COSMOVISOR=$("$ROOT/scripts/e2e/install-cosmovisor.sh")
OLD=$(synergyd_binary)
NEXT=$(synergyd_next_binary)
export SYNERGYD_GRPC_ENABLE=false

WORK=$(mktemp -d)
NODE_HOME=$WORK/home VISOR=$WORK/home/cosmovisor INFO=$WORK/home/data/upgrade-info.json
SUPERVISOR=
stop_all() {
    if [[ -n $SUPERVISOR ]]; then stop "$SUPERVISOR"; fi
    SUPERVISOR=
}
finish() {
    local failed=$?
    stop_all
    if [[ $failed != 0 ]]; then tail -n 25 "$WORK"/*.log >&2; fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

d() { "$OLD" --home "$NODE_HOME" "$@"; }
tx() { d tx "$@" --from carol --gas 100000000 --fees 1snrg --yes --wait -o json >/dev/null; }
q() { d query "$@" -o json; }
height() { rpc "127.0.0.1:$RPC" status 'r["sync_info"]["latest_block_height"]'; }
# run LOG ARGUMENTS…: starts the current program under cosmovisor.
run() {
    local log=$1
    shift
    DAEMON_NAME=synergyd DAEMON_HOME=$NODE_HOME DAEMON_DATA_BACKUP_DIR=$WORK/backup DAEMON_SHUTDOWN_GRACE=30s \
        COSMOVISOR_COLOR_LOGS=false SYNERGYD_HOME=$NODE_HOME \
        "$COSMOVISOR" run start --with-comet "$@" >"$WORK/$log.log" 2>&1 &
    SUPERVISOR=$!
}
# ended SECONDS: waits until the supervisor has ended by itself.
ended() {
    local end=$((SECONDS + $1))
    while kill -0 "$SUPERVISOR" 2>/dev/null; do
        ((SECONDS < end)) || die "the node has not stopped in $1 s"
        sleep 0.3
    done
    if wait "$SUPERVISOR"; then die "the node stopped as if nothing had happened"; fi
    SUPERVISOR=
}

# propose ID MESSAGE: proposes, votes yes and waits until it has passed.
propose() {
    local end=$((SECONDS + 120)) status=
    printf '{"title": "Upgrade", "summary": "Upgrade", "deposit": "100snrg", "messages": [%s]}' "$2" >"$WORK/proposal.json"
    tx gov submit-proposal "$WORK/proposal.json"
    tx gov vote "$1" yes
    while [[ $status != PROPOSAL_STATUS_PASSED ]]; do
        ((SECONDS < end)) || die "proposal $1: $(q gov proposal "$1")"
        sleep 0.3
        status=$(q gov proposal "$1" | pick 'r["proposal"]["status"]')
    done
}
# upgrade_at ID HEIGHT
upgrade_at() {
    propose "$1" "{\"@type\": \"/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade\", \"authority\": \"$GOV\",
        \"plan\": {\"name\": \"next\", \"height\": \"$2\", \"info\": \"see docs\"}}"
    expect "scheduled height" "$(q upgrade plan | pick 'r["plan"]["height"]')" "$2"
}

read -r RPC P2P ABCI METRICS < <(free_port 4)
d init upgrade --chain-id synergy-upgrade-1 --keyring-backend test --no-validator >/dev/null
d keys add carol >/dev/null
d genesis add-genesis-account carol 100000snrg >/dev/null
d genesis add-validator "$(d comet show-validator)" --power 60 >/dev/null
python3 - "$NODE_HOME/config/genesis.json" <<'PY'
import json, sys
path = sys.argv[1]
genesis = json.load(open(path))
genesis["app_state"]["gov"]["params"].update(voting_period="6s", expedited_voting_period="3s")
json.dump(genesis, open(path, "w"), indent=2)
PY
toml_set "$NODE_HOME/config/config.toml" rpc.laddr="\"tcp://127.0.0.1:$RPC\"" \
    p2p.laddr="\"tcp://127.0.0.1:$P2P\"" consensus.timeout_commit='"400ms"'
d config set app address "tcp://127.0.0.1:$ABCI" >/dev/null
d config set app telemetry.address "127.0.0.1:$METRICS" >/dev/null
d config set client node "tcp://127.0.0.1:$RPC" >/dev/null
mkdir -p "$WORK/backup" "$VISOR/genesis/bin" "$VISOR/upgrades/next/bin"
ln -s "$OLD" "$VISOR/genesis/bin/synergyd"
ln -s "$NEXT" "$VISOR/upgrades/next/bin/synergyd"
ln -s "$VISOR/genesis" "$VISOR/current"

run first
wait_height "127.0.0.1:$RPC" 2 600
OPERATOR=$(q staking validators | pick 'r["validators"][0]["operator_address"]')
tx staking delegate "$OPERATOR" 100snrg
GOV=$(q upgrade authority | pick 'r["address"]')
YEAR=$(q mint params | pick 'r["params"]["blocks_per_year"]')

say "1. a scheduled upgrade is cancelled"
AT=$(($(height) + 80))
upgrade_at 1 "$AT"
propose 2 "{\"@type\": \"/cosmos.upgrade.v1beta1.MsgCancelUpgrade\", \"authority\": \"$GOV\"}"
expect "the plan" "$(q upgrade plan | pick 'r.get("plan")')" None
wait_height "127.0.0.1:$RPC" $((AT + 2)) 120
say "ok: height $AT has passed"

say "2. an upgrade is made, and taken back"
AT=$(($(height) + 45))
upgrade_at 3 "$AT"
# The new program stops after its first block, before anybody builds on it.
d config set app halt-height "$AT" >/dev/null
ended 120
grep -q "UPGRADE \"next\" NEEDED at height: $AT: see docs" "$WORK/first.log" || die "the old program did not say why it stopped"
expect "upgrade-info.json" "$(pick '(r["name"], r["height"], r["info"])' <"$INFO")" "('next', $AT, 'see docs')"
expect "the current program" "$(basename "$(readlink "$VISOR/current")")" next
grep -q "applying upgrade \"next\" at height: $AT" "$WORK/first.log" || die "the new program did not migrate"
CODE=0
d export >/dev/null 2>"$WORK/refused" || CODE=$?
expect "exit code of the old program on the new one's state" "$CODE" 14
grep -q "use the newer program" "$WORK/refused" || die "refused otherwise: $(cat "$WORK/refused")"
"$NEXT" --home "$NODE_HOME" rollback 2>&1 | tee -a "$WORK/rollback.log" >&2
rm "$INFO"
ln -sfn "$VISOR/genesis" "$VISOR/current"
rm -rf "$WORK/backup"/*
d config set app halt-height 0 >/dev/null
run second --unsafe-skip-upgrades "$AT"
wait_height "127.0.0.1:$RPC" $((AT + 3)) 120
expect "mint blocks_per_year" "$(q mint params | pick 'r["params"]["blocks_per_year"]')" "$YEAR"
expect "the upgrade was applied at" "$(q upgrade applied next | pick 'r["height"]')" 0

say "3. it is made again, and stays"
AT=$(($(height) + 45))
upgrade_at 4 "$AT"
wait_height "127.0.0.1:$RPC" $((AT + 3)) 180
expect "the upgrade was applied at" "$(q upgrade applied next | pick 'r["height"]')" "$AT"
expect "mint blocks_per_year" "$(q mint params | pick 'r["params"]["blocks_per_year"]')" 6311520
expect "versions" "$(q upgrade module-versions | pick '[v["version"] for v in r["module_versions"] if v["name"] in ("bank", "mint", "uptime")]')" \
    "['1', '2', '1']"
d query store uptime 01 --prove >/dev/null
say "ok: the new store is proven against a header"
d tx bank send carol "$(d keys show carol -a)" 1asnrg --yes --wait -o json >/dev/null
stop_all
cp -r "$NODE_HOME/config" "$WORK/backup/"
mv "$WORK"/backup/data-backup-* "$WORK/backup/data"
"$OLD" --home "$WORK/backup" export >"$WORK/export.json"
expect "the old program goes on from the backup at" "$(pick 'r["initial_height"]' <"$WORK/export.json")" "$AT"
say "upgrades work"
