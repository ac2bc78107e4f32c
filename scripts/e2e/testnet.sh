#!/usr/bin/env bash
# What happens to four validators, and what must survive it, on a real CometBFT. Each
# scenario has a new chain under load; a recorder keeps a list of all that blocks held, and
# after the scenario every node that runs must have all of it. Needs root.
#
#   scripts/e2e/testnet.sh [--comet 0.38.25] [--rate 40] [--keep] [SCENARIO…]
#
# kill-one       one validator is killed and restarted; the others go on meanwhile
# kill-two       two are killed: the chain halts, and goes on when one returns
# join           a node begins by state sync and becomes the fifth validator
# leave          a validator takes its stake back and goes
# double-sign    a validator's key signs twice: slashed and tombstoned
# partition      the network is cut 3|1 and 2|2, and healed
# slow-disk      fsync takes 200 ms more on two nodes (strace injects it)
# slow-network   150 ms and 1% loss on the cables of two nodes (slow-link.py)
# clock-skew     one node's clock is an hour fast, then another's an hour slow (skewed-comet.sh)
# upgrade        governance schedules an upgrade, all change the program (cosmovisor's rules)
# corrupt-store  a damaged database is refused; the node comes back by state sync
# backup         a backup of a running node is restored on an empty disk
#
# Every node has a network namespace with an address of its own, below one of this script's,
# so nothing of the machine's network is touched and all of it is gone in the end.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

ALL=(kill-one kill-two join leave double-sign partition slow-disk slow-network clock-skew upgrade corrupt-store backup)
ARGS=("$@") KEEP='' RATE=40 INSIDE='' SCENARIOS=()
while (($#)); do
    case $1 in
        --comet) COMET_VERSION=$2; shift ;;
        --rate) RATE=$2; shift ;;
        --keep) KEEP=1 ;;
        --inside) INSIDE=1 ;;
        -*) die "unknown argument $1; see the head of $0" ;;
        *) [[ " ${ALL[*]} " == *" $1 "* ]] || die "no scenario $1: ${ALL[*]}"; SCENARIOS+=("$1") ;;
    esac
    shift
done
((${#SCENARIOS[@]})) || SCENARIOS=("${ALL[@]}")
wants() { [[ " ${SCENARIOS[*]} " == *" $1 "* ]]; }

if [[ -z $INSIDE ]]; then
    need cargo go python3 ip unshare
    [[ $(id -u) == 0 ]] || die "network namespaces need root"
    SYNERGYD_COMETBFT=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
    SYNERGYD=$(synergyd_binary)
    LOADER=$(loader_binary)
    export SYNERGYD_COMETBFT SYNERGYD LOADER COMET_VERSION
    if wants slow-disk; then need strace; fi
    if wants clock-skew; then SKEWED=$("$ROOT/scripts/e2e/skewed-comet.sh"); export SKEWED; fi
    if wants upgrade; then NEXT=$(synergyd_next_binary); export NEXT; fi
    if wants double-sign; then
        go_env
        export DOUBLE_SIGN=$TOOLS/bin/double-sign
        CGO_ENABLED=0 go build -C "$ROOT/scripts/e2e/double-sign" -o "$DOUBLE_SIGN" .
    fi
    if wants backup; then
        go_env
        CGO_ENABLED=0 go build -C "$ROOT/scripts/comet-bootstrap" -o "$TOOLS/bin/comet-bootstrap" .
    fi
    exec unshare --net --mount --propagation private "$0" --inside "${ARGS[@]}"
fi

CHAIN=synergy-e2e-1 NODES=(node0 node1 node2 node3 full0)
WORK=$(mktemp -d)
declare -A PID HELPER
mount -t tmpfs tmpfs /run && mkdir -p /run/netns
ip link set lo up
ip link add br0 type bridge
ip addr add 10.77.0.1/24 dev br0
ip link set br0 up
# The other side of a cut network.
ip link add br1 type bridge
ip link set br1 up

number() { case $1 in full0) echo 4 ;; *) echo "${1#node}" ;; esac; }
rpc_of() { echo "10.77.0.$((10 + $(number "$1"))):26657"; }
home_of() { echo "$WORK/net/$1/synergyd"; }
d() { local node=$1; shift; ip netns exec "$node" "$SYNERGYD" --home "$(home_of "$node")" "$@"; }
q() { local node=$1; shift; d "$node" query "$@" -o json; }
tx() { local node=$1; shift; d "$node" tx "$@" --from "$node" --gas 100000000 --fees 1snrg --yes --wait -o json 2>>"$WORK/tx.log"; }
expect() { [[ $2 == "$3" ]] || die "$1: $2, expected $3"; say "  ok: $1: $2"; }
height() { rpc "$(rpc_of "${1:-node0}")" status 'int(r["sync_info"]["latest_block_height"])'; }
power() { rpc "$(rpc_of node0)" validators "sum(int(v['voting_power']) for v in r['validators'] if v['address'] == '$(key_of "$1")')"; }
key_of() { pick 'r["address"]' <"$(home_of "$1")/config/priv_validator_key.json"; }
# signs NODE: whether its signature is in the commit of the newest block but one.
signs() {
    rpc "$(rpc_of node0)" "commit?height=$(($(height) - 1))" \
        "any(s['validator_address'] == '$(key_of "$1")' for s in r['signed_header']['commit']['signatures'])"
}
# until SECONDS VALUE COMMAND…
until_is() {
    local end=$((SECONDS + $1)) wanted=$2 is=
    shift 2
    while is=$("$@" 2>/dev/null || echo "no answer"); [[ $is != "$wanted" ]]; do
        ((SECONDS < end)) || die "$* gives $is, not $wanted"
        sleep 0.5
    done
}
more_blocks() { wait_height "$(rpc_of "${2:-node0}")" $(($(height "${2:-node0}") + $1)) "${3:-120}"; }
# seconds N: mean time from block to block of the newest N.
interval() {
    local h; h=$(height)
    python3 - "$(rpc_of node0)" "$h" "$1" <<'PY'
import datetime, json, sys, urllib.request
address, height, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def at(h):
    time = json.load(urllib.request.urlopen(f"http://{address}/header?height={h}"))["result"]["header"]["time"]
    return datetime.datetime.fromisoformat(time[:26].rstrip("Z") + "+00:00")
print(f"{(at(height) - at(height - count)).total_seconds() / count:.2f} s a block")
PY
}

cable() { # NODE: a new one, from its namespace to the bridge
    ip -n "$1" link del eth0 2>/dev/null || true
    ip link add "$1" type veth peer name eth0 netns "$1"
    plug "$1"
    ip link set "$1" master br0 up
}
plug() {
    ip -n "$1" addr add "10.77.0.$((10 + $(number "$1")))/24" dev eth0
    ip -n "$1" link set eth0 up
}
slow_cable() { # NODE DELAY_MS LOSS
    ip -n "$1" link del eth0
    python3 "$ROOT/scripts/e2e/slow-link.py" "in-$1" "out-$1" "$2" "$3" >"$WORK/$1.link" &
    HELPER[link-$1]=$!
    until_is 10 ready cat "$WORK/$1.link"
    ip link set "in-$1" netns "$1" name eth0
    plug "$1"
    ip link set "out-$1" master br0 up
}

# start NODE [COMMAND BEFORE IT…]
start() {
    local node=$1
    shift
    ip netns exec "$node" "$@" "$SYNERGYD" --home "$(home_of "$node")" start --with-comet >>"$WORK/$node.log" 2>&1 &
    PID[$node]=$!
}
halt() {
    local node
    for node; do
        [[ -n ${PID[$node]:-} ]] || continue
        # Under strace the node is another process than the one that was started.
        stop "$(cat "$(home_of "$node")/data/synergyd.lock" 2>/dev/null || echo "${PID[$node]}")"
        wait "${PID[$node]}" 2>/dev/null || true
        unset "PID[$node]"
    done
}
crash() { # NODE…: synergyd and its cometbft at once
    local node
    for node; do
        # shellcheck disable=SC2046
        kill -9 "${PID[$node]}" $(cat "/proc/${PID[$node]}/task/${PID[$node]}/children")
        wait "${PID[$node]}" 2>/dev/null || true
        unset "PID[$node]"
    done
}
helpers_end() {
    local helper
    for helper in "${!HELPER[@]}"; do
        kill "${HELPER[$helper]}" 2>/dev/null || true
        wait "${HELPER[$helper]}" 2>/dev/null || true
        unset "HELPER[$helper]"
    done
}
finish() {
    local failed=$?
    helpers_end
    halt "${NODES[@]}"
    if [[ $failed != 0 ]]; then
        say "FAILED in ${SCENARIO:-the setup}"
        for log in "$WORK"/*.log; do say "--- $log"; tail -n 12 "$log" | cut -c1-300 >&2; done
    fi
    if [[ -n $KEEP || $failed != 0 ]]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap finish EXIT

# new_chain: four validators under load.
new_chain() {
    local node
    for node in "${NODES[@]}"; do
        ip netns del "$node" 2>/dev/null || true
        # The system takes a namespace's devices away later.
        ip link del "$node" 2>/dev/null || true
        ip netns add "$node"
        ip -n "$node" link set lo up
        cable "$node"
    done
    rm -rf "${WORK:?}"/{net,*.list,*.log}
    "$LOADER" accounts --accounts 40 --coins 1000000000000000000000 |
        python3 -c 'import json,sys; print(json.dumps([{"address": a, "coins": [{"denom": "asnrg", "amount": c}]} for a, c in map(str.split, sys.stdin)]))' \
            >"$WORK/accounts.json"
    "$SYNERGYD" testnet init-files --v 4 --full-nodes 1 --output-dir "$WORK/net" --chain-id "$CHAIN" --amount 10000snrg \
        --starting-ip-address 10.77.0.10 --genesis-accounts "$WORK/accounts.json" --commit-timeout 500ms >/dev/null 2>&1
    python3 - "$WORK/net" "$SCENARIO" <<'PY'
import datetime, glob, json, sys
# CometBFT does not begin before the genesis time, which a clock that is an hour slow
# would wait for.
began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2 * (sys.argv[2] == "clock-skew"))
for path in glob.glob(sys.argv[1] + "/*/synergyd/config/genesis.json"):
    genesis = json.load(open(path))
    genesis["genesis_time"] = began.strftime("%Y-%m-%dT%H:%M:%SZ")
    genesis["app_state"]["slashing"]["params"].update(signed_blocks_window="1000", downtime_jail_duration="3s")
    genesis["app_state"]["gov"]["params"].update(voting_period="8s", expedited_voting_period="4s")
    json.dump(genesis, open(path, "w"), indent=2)
PY
    for node in "${NODES[@]}"; do
        "$SYNERGYD" --home "$(home_of "$node")" config set app state-sync.snapshot-interval 10 >/dev/null
        "$SYNERGYD" --home "$(home_of "$node")" config set app state-sync.snapshot-keep-recent 6 >/dev/null
    done
    for node in node0 node1 node2 node3; do start "$node"; done
    wait_height "$(rpc_of node0)" 2 600
    "$LOADER" --node "$(rpc_of node0)" soak --accounts 40 --rate "$RATE" --fee 200000000000000 --gas 200000 >"$WORK/load.log" 2>&1 &
    HELPER[load]=$!
    for node in node0 node1; do
        "$LOADER" --node "$(rpc_of "$node")" record --list "$WORK/$node.list" 2>>"$WORK/record.log" &
        HELPER[record-$node]=$!
    done
    more_blocks 5
}
# all_survived: nothing that a block held is missing anywhere, and all agree.
all_survived() {
    local node list
    [[ -z ${HELPER[load]:-} ]] || kill "${HELPER[load]}"
    until_is 120 0 rpc "$(rpc_of node0)" num_unconfirmed_txs 'int(r["total"])'
    more_blocks 2
    for list in node0 node1; do
        grep -q tx "$WORK/$list.list" || die "the load did not get into blocks: $(cat "$WORK/load.log")"
        for node in "${!PID[@]}"; do
            say "  $node, list of $list: $("$LOADER" --node "$(rpc_of "$node")" survived --list "$WORK/$list.list" --patience 180)"
        done
    done
    helpers_end
    halt "${NODES[@]}"
}
state_sync_from_here() { # NODE: begins with a snapshot of node0's and node1's
    local height; height=$(($(height) - 3))
    toml_set "$(home_of "$1")/config/config.toml" statesync.enable=true statesync.trust_height="$height" \
        statesync.rpc_servers="\"$(rpc_of node0),$(rpc_of node1)\"" statesync.trust_period='"168h"' statesync.discovery_time='"5s"' \
        statesync.trust_hash="\"$(rpc "$(rpc_of node0)" "block?height=$height" 'r["block_id"]["hash"]')\""
}
caught_up() { # NODE SECONDS
    wait_height "$(rpc_of "$1")" "$(height)" "$2"
    until_is "$2" False rpc "$(rpc_of "$1")" status 'r["sync_info"]["catching_up"]'
}

kill-one() {
    local began
    crash node3
    began=$SECONDS
    # Each fourth proposer is away: its rounds take CometBFT's timeout_propose.
    more_blocks 10 node0 60
    say "  ok: 10 blocks in $((SECONDS - began)) s without node3"
    start node3
    caught_up node3 120
    until_is 60 True signs node3
    say "  ok: node3 signs again"
}
kill-two() {
    local before
    crash node2 node3
    sleep 4
    before=$(height)
    sleep 10
    expect "height without half of the power, 10 s later" "$(height)" "$before"
    start node2
    more_blocks 5 node0 120
    say "  ok: blocks come again with three of four"
    start node3
    caught_up node3 120
}
join() {
    local operator
    wait_height "$(rpc_of node0)" 14 60
    state_sync_from_here full0
    start full0
    caught_up full0 180
    say "  ok: its first block is $(rpc "$(rpc_of full0)" status 'r["sync_info"]["earliest_block_height"]')"
    grep -q "state restored from a snapshot" "$WORK/full0.log" || die "full0 replayed the chain"
    d full0 keys add full0 >/dev/null 2>&1
    d node0 tx bank send node0 "$(d full0 keys show full0 -a)" 500snrg --yes --wait >/dev/null 2>>"$WORK/tx.log"
    caught_up full0 120
    cat >"$WORK/validator.json" <<JSON
{"pubkey": $(d full0 comet show-validator), "amount": "100snrg", "moniker": "full0", "commission-rate": "0.1",
 "commission-max-rate": "0.2", "commission-max-change-rate": "0.01", "min-self-delegation": "1"}
JSON
    tx full0 staking create-validator "$WORK/validator.json" >/dev/null
    until_is 60 100 power full0
    until_is 60 True signs full0
    say "  ok: the fifth validator signs"
}
leave() {
    tx node3 staking unbond node3 100snrg >/dev/null
    until_is 60 0 power node3
    more_blocks 3
    halt node3
    more_blocks 5
    expect "validators" "$(rpc "$(rpc_of node0)" validators 'len(r["validators"])')" 3
}
double-sign() {
    "$DOUBLE_SIGN" "$(rpc_of node0)" "$(home_of node3)/config/priv_validator_key.json" $(($(height) - 1)) >/dev/null
    until_is 60 0 power node3
    expect "tombstoned" "$(q node0 slashing signing-info "$(d node3 comet show-address)" | pick 'r["val_signing_info"]["tombstoned"]')" True
    expect "its stake" "$(q node0 staking validator "$(d node3 keys show node3 --bech val -a)" | pick 'r["validator"]["tokens"]')" 95000000000000000000
    more_blocks 5
}
partition() {
    local before
    ip link set node3 master br1
    sleep 2
    before=$SECONDS
    more_blocks 5 node0 60
    say "  ok: 5 blocks in $((SECONDS - before)) s of a 3|1 cut"
    ip link set node2 master br1
    sleep 6
    before=$(height node0)
    sleep 8
    expect "height 8 s later in a 2|2 cut" "$(height node0)" "$before"
    ip link set node2 master br0
    ip link set node3 master br0
    more_blocks 5 node0 120
    caught_up node3 120
    say "  ok: healed"
}
slow-disk() {
    say "  before: $(interval 5)"
    halt node2 node3
    for node in node2 node3; do
        start "$node" strace -f -qq -o /dev/null --seccomp-bpf -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_enter=200000
    done
    caught_up node2 240
    caught_up node3 240
    more_blocks 10 node0 240
    say "  with a slow disk on half of the power: $(interval 8)"
    until_is 60 True signs node3
}
slow-network() {
    say "  before: $(interval 5)"
    slow_cable node2 150 0.01
    slow_cable node3 150 0.01
    # Peers find each other again at other hardware addresses.
    more_blocks 10 node0 300
    say "  over slow cables: $(interval 8)"
    caught_up node3 120
    until_is 60 True signs node3
    say "  ok: node3 signs over its slow cable"
}
clock-skew() {
    local off
    halt node2 node3
    start node3 env SYNERGYD_COMETBFT="$SKEWED" CLOCK_SKEW=3600
    caught_up node3 120
    more_blocks 5
    until_is 60 True signs node3
    say "  ok: a validator whose clock is an hour fast signs"
    off=$(rpc "$(rpc_of node0)" "commit?height=$(($(height) - 1))" \
        'sorted(round((__import__("datetime").datetime.fromisoformat(s["timestamp"][:26].rstrip("Z") + "+00:00") - __import__("datetime").datetime.now(__import__("datetime").timezone.utc)).total_seconds()) for s in r["signed_header"]["commit"]["signatures"] if s["block_id_flag"] == 2)')
    say "  seconds by which signatures' times are off: $off"
    off=$(rpc "$(rpc_of node0)" block 'abs((__import__("datetime").datetime.fromisoformat(r["block"]["header"]["time"][:26].rstrip("Z") + "+00:00") - __import__("datetime").datetime.now(__import__("datetime").timezone.utc)).total_seconds()) < 20')
    expect "the block's time is right" "$off" True
    # To one whose clock is slow, all blocks are of the future.
    start node2 env SYNERGYD_COMETBFT="$SKEWED" CLOCK_SKEW=-3600
    # In consensus that ends it; while it catches up, it stands still and drops its peers.
    until_is 120 yes eval 'grep -q "too far in the future" "$WORK/node2.log" && echo yes'
    say "  one an hour slow says: $(grep -o "block time.*tolerance[^)]*)" "$WORK/node2.log" | head -1)"
    more_blocks 3
    halt node2
    start node2
    caught_up node2 120
    until_is 60 True signs node2
    say "  ok: with the right time it signs again"
}
upgrade() {
    local at authority node
    at=$(($(height) + 60))
    authority=$(q node0 upgrade authority | pick 'r["address"]')
    printf '{"title": "Upgrade", "summary": "Upgrade", "deposit": "100snrg", "messages": [{"@type": "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade", "authority": "%s", "plan": {"name": "next", "height": "%s", "info": "docs"}}]}' \
        "$authority" "$at" >"$WORK/proposal.json"
    tx node0 gov submit-proposal "$WORK/proposal.json" >/dev/null
    for node in node0 node1 node2; do tx "$node" gov vote 1 yes >/dev/null; done
    until_is 60 PROPOSAL_STATUS_PASSED eval "q node0 gov proposal 1 | pick 'r[\"proposal\"][\"status\"]'"
    say "  scheduled for height $at"
    for node in node0 node1 node2 node3; do
        wait "${PID[$node]}" && die "$node stopped as if nothing had happened"
        grep -q "UPGRADE \"next\" NEEDED at height: $at" "$WORK/$node.log" || die "$node stopped for another reason"
        expect "upgrade-info.json of $node" "$(pick 'r["height"]' <"$(home_of "$node")/data/upgrade-info.json")" "$at"
    done
    for node in node0 node1 node2 node3; do SYNERGYD=$NEXT start "$node"; done
    wait_height "$(rpc_of node0)" $((at + 5)) 180
    expect "applied at" "$(q node0 upgrade applied next | pick 'r["height"]')" "$at"
    for node in node1 node2 node3; do caught_up "$node" 60; done
}
corrupt-store() {
    local code=0
    wait_height "$(rpc_of node0)" 22 60
    halt node3
    python3 - "$(home_of node3)/data/application.db" <<'PY'
import os, sys
files = [os.path.join(f, n) for f, _, names in os.walk(sys.argv[1]) for n in names]
for path in files:
    size = os.path.getsize(path)
    if size > 4096:
        with open(path, "r+b") as file:
            for at in range(size // 8, size, size // 8):
                file.seek(at)
                file.write(os.urandom(64))
PY
    timeout 120 ip netns exec node3 "$SYNERGYD" --home "$(home_of node3)" start --with-comet >"$WORK/corrupt.log" 2>&1 || code=$?
    expect "exit code with a damaged database" "$code" 15
    say "  it said: $(grep "^Error: database: " "$WORK/corrupt.log" | cut -c1-200)"
    d node3 comet unsafe-reset-all --yes 2>/dev/null
    state_sync_from_here node3
    start node3
    caught_up node3 180
    until_is 60 True signs node3
    say "  ok: node3 signs again, from block $(rpc "$(rpc_of node3)" status 'r["sync_info"]["earliest_block_height"]') on"
}
backup() {
    wait_height "$(rpc_of node0)" 24 60
    # As docs/operating.md says: while node3 runs.
    "$ROOT/scripts/backup.sh" "$(home_of node3)" "$WORK/backup.tar.gz" >&2
    halt node3
    rm -rf "$(home_of node3)"
    mkdir -p "$(home_of node3)"
    ip netns exec node3 "$ROOT/scripts/restore.sh" "$WORK/backup.tar.gz" "$(home_of node3)" "$(rpc_of node0),$(rpc_of node1)" >&2
    start node3
    caught_up node3 180
    until_is 60 True signs node3
    say "  ok: node3 signs again, from block $(rpc "$(rpc_of node3)" status 'r["sync_info"]["earliest_block_height"]') on"
}

for SCENARIO in "${SCENARIOS[@]}"; do
    say "==> $SCENARIO"
    BEGAN=$SECONDS
    new_chain
    "$SCENARIO"
    all_survived
    say "==> $SCENARIO passed in $((SECONDS - BEGAN)) s"
done
say "all of ${SCENARIOS[*]} passed"
