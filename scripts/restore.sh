#!/usr/bin/env bash
# Brings a node back from a backup of scripts/backup.sh, into an empty home.
#
#   scripts/restore.sh FILE.tar.gz HOME NODE_A:26657,NODE_B:26657
#
# The two nodes say which block the snapshot belongs to; trust them or compare with others.
# The validator signs nothing up to the height that the chain has now, because the node may
# have signed it before. Make sure that the old node does not run any more.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 3)) || die "usage: $0 FILE.tar.gz HOME NODE_A:26657,NODE_B:26657"
FILE=$1 NODE_HOME=$2 NODES=$3 FIRST=${3%%,*}
SYNERGYD=${SYNERGYD:-synergyd}
need "$SYNERGYD" go python3 tar
BOOTSTRAP=$TOOLS/bin/comet-bootstrap
if [[ ! -x $BOOTSTRAP ]]; then
    go_env
    CGO_ENABLED=0 go build -C "$ROOT/scripts/comet-bootstrap" -o "$BOOTSTRAP" .
fi
[[ ! -e $NODE_HOME/config && ! -e $NODE_HOME/data ]] || die "$NODE_HOME is not empty"
mkdir -p "$NODE_HOME/data/snapshots"
tar -C "$NODE_HOME" -xzf "$FILE"
HEIGHT=$(<"$NODE_HOME/height")

NOW=$(rpc "$FIRST" status 'r["sync_info"]["latest_block_height"]')
printf '{"height": "%s", "round": 0, "step": 0}\n' $((NOW + 2)) >"$NODE_HOME/data/priv_validator_state.json"
"$SYNERGYD" --home "$NODE_HOME" snapshots load "$NODE_HOME/snapshot.tar.gz"
RESTORED=$("$SYNERGYD" --home "$NODE_HOME" snapshots restore "$HEIGHT")
say "$RESTORED"
APP_HASH=$(sed -E 's/.*app hash ([0-9A-F]+).*/\1/' <<<"$RESTORED")
# CometBFT's own state of that height comes from the two nodes' headers, verified: the
# header after it must have the restored application hash.
"$BOOTSTRAP" "$NODE_HOME" "$HEIGHT" "$(rpc "$FIRST" "block?height=$HEIGHT" 'r["block_id"]["hash"]')" "$APP_HASH" ${NODES//,/ }
rm -f "$NODE_HOME/snapshot.tar.gz" "$NODE_HOME/height"
say "restored at height $HEIGHT: start it, and it fetches the blocks from there to $NOW"
