#!/usr/bin/env bash
# A backup of a node while it runs: its newest snapshot, configuration and keys.
#
#   scripts/backup.sh HOME FILE.tar.gz
#
# The node takes snapshots with state-sync.snapshot-interval in app.toml. The file holds the
# node's secret keys: keep it as safe as the machine. scripts/restore.sh brings it back.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 2)) || die "usage: $0 HOME FILE.tar.gz"
NODE_HOME=$1 FILE=$2
SYNERGYD=${SYNERGYD:-synergyd}
need "$SYNERGYD" python3 tar
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

HEIGHT=$("$SYNERGYD" --home "$NODE_HOME" snapshots list |
    python3 -c 'import json,sys; r = json.load(sys.stdin); print(max((s["height"] for s in r), default=0))')
((HEIGHT > 0)) || die "there is no snapshot yet: set state-sync.snapshot-interval in app.toml and wait"
"$SYNERGYD" --home "$NODE_HOME" snapshots dump "$HEIGHT" --output "$WORK/snapshot.tar.gz" >/dev/null
echo "$HEIGHT" >"$WORK/height"
cp -r "$NODE_HOME/config" "$WORK/config"
for keyring in keyring-file keyring-test; do
    if [[ -d $NODE_HOME/$keyring ]]; then cp -r "$NODE_HOME/$keyring" "$WORK/"; fi
done
umask 077
tar -C "$WORK" -czf "$FILE" .
say "height $HEIGHT, configuration and keys are in $FILE ($(du -h "$FILE" | cut -f1))"
