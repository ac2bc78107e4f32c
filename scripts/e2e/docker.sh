#!/usr/bin/env bash
# docker-compose.yml from nothing, where no image can be pulled.
#
#   scripts/e2e/docker.sh [--keep]
#
# 1. The alert rules and Prometheus's configuration are tested.
# 2. A Docker daemon is started if none runs; the base image comes from debootstrap, the
#    programs from this machine (target prebuilt), Prometheus from Debian's package.
# 3. Four validators and a full node become healthy, as a user without rights, from an image
#    without keys. A model is published and asked over the full node's REST.
# 4. Every query of the dashboard has an answer in the running Prometheus.
# 5. One validator is killed: blocks go on, its alert comes; it is started and catches up.
#
# Needs root, docker, dockerd, docker-compose or docker compose, debootstrap, and Debian's
# prometheus. Grafana itself is not started: its image cannot be had here.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"

KEEP=
[[ ${1:-} == --keep ]] && KEEP=1
need cargo go python3 docker debootstrap promtool prometheus curl
BASE_IMAGE=${BASE_IMAGE:-local/debian:bookworm-slim}
WORK=$(mktemp -d)
DAEMON='' UP=''
# Whichever there is; both must read the file.
COMPOSES=()
if docker compose version &>/dev/null; then COMPOSES+=("docker compose"); fi
if command -v docker-compose >/dev/null; then COMPOSES+=("docker-compose"); fi
((${#COMPOSES[@]})) || die "docker-compose is needed and not installed"
compose() { ${COMPOSES[0]} -p "$PROJECT" "$@"; }
finish() {
    local failed=$?
    if [[ $failed != 0 && -n $UP ]]; then
        docker ps -a >&2
        compose logs --tail 15 >&2 || true
    fi
    if [[ -z $KEEP ]]; then
        [[ -z $UP ]] || compose down --volumes >&2 || true
        [[ -z $DAEMON ]] || { kill "$DAEMON"; wait "$DAEMON" || true; }
        umount "$WORK"/docker/* 2>/dev/null || true
        rm -rf "$WORK" || true
    else
        say "kept: DOCKER_HOST=${DOCKER_HOST:-} $WORK"
    fi
}
trap finish EXIT

say "1. rules"
promtool check config deploy/prometheus/prometheus.yml >&2
(cd deploy/prometheus && promtool test rules alerts_test.yml) >&2
python3 - deploy/prometheus/alerts.yml deploy/prometheus/alerts_test.yml <<'PY'
import re, sys
rules, tests = (set(re.findall(pattern, open(path).read())) for path, pattern in
                ((sys.argv[1], r"alert: (\w+)"), (sys.argv[2], r"alertname: (\w+)\n\s+exp_alerts:\n")))
sys.exit(f"no test in which it fires: {rules - tests}" if rules - tests else None)
PY

say "2. images"
SYNERGYD=$(synergyd_binary)
COMET=$(scripts/install-comet.sh)
if ! docker info &>/dev/null; then
    need dockerd iptables
    export DOCKER_HOST=unix://$WORK/docker.sock
    dockerd --host "$DOCKER_HOST" --data-root "$WORK/docker" --exec-root "$WORK/exec" --pidfile "$WORK/pid" >"$WORK/dockerd.log" 2>&1 &
    DAEMON=$!
    for ((i = 0; i < 300; i++)); do docker info &>/dev/null && break || sleep 0.2; done
    docker info &>/dev/null || { tail -20 "$WORK/dockerd.log" >&2; die "dockerd did not start"; }
fi
if ! docker image inspect "$BASE_IMAGE" &>/dev/null; then
    say "making $BASE_IMAGE with debootstrap"
    debootstrap --variant=minbase bookworm "$WORK/rootfs" >"$WORK/debootstrap.log" 2>&1 || { tail "$WORK/debootstrap.log" >&2; die "debootstrap failed"; }
    tar -C "$WORK/rootfs" -c . | docker import - "$BASE_IMAGE" >/dev/null
    rm -rf "$WORK/rootfs"
fi
rm -rf prebuilt && mkdir prebuilt
cp "$SYNERGYD" prebuilt/synergyd
cp "$COMET" prebuilt/cometbft
mkdir "$WORK/prometheus"
cp "$(command -v prometheus)" "$WORK/prometheus/"
printf 'FROM %s\nCOPY prometheus /bin/prometheus\nRUN install -d -o nobody /prometheus\nUSER nobody\nENTRYPOINT ["/bin/prometheus"]\n' "$BASE_IMAGE" >"$WORK/prometheus/Dockerfile"
docker build --quiet -t local/prometheus "$WORK/prometheus" >/dev/null
read -r RPC_PORT REST_PORT GRPC_PORT PROMETHEUS_PORT < <(free_port 4)
export TARGET=prebuilt BASE_IMAGE TAG=e2e PROMETHEUS_IMAGE=local/prometheus RPC_PORT REST_PORT GRPC_PORT PROMETHEUS_PORT
PROJECT=synergye2e NODE=127.0.0.1:$RPC_PORT
for each in "${COMPOSES[@]}"; do
    expect "services that $each sees" "$($each -f docker-compose.yml config --services | grep -v grafana | sort | xargs)" \
        "full init prometheus validator0 validator1 validator2 validator3"
done

say "3. up"
UP=1
compose build init >&2
compose up -d >&2
wait_height "$NODE" 3 600
container() { compose ps -q "$1"; }
for node in validator0 validator1 validator2 validator3 full; do
    for ((i = 0; i < 120; i++)); do
        HEALTH=$(docker inspect -f '{{.State.Health.Status}}' "$(container "$node")")
        [[ $HEALTH == healthy ]] && break || sleep 1
    done
    expect "health of $node" "$HEALTH" healthy
done
expect "user of the processes" "$(docker exec "$(container validator0)" id -un)" synergy
expect "keys in the image" "$(docker run --rm --entrypoint find synergy/node:e2e / -xdev -name '*key*.json' -not -path '/proc/*' 2>/dev/null)" ""
expect "validators" "$(rpc "$NODE" validators 'len(r["validators"])')" 4
docker cp inference/testdata/magika.onnx "$(container validator0)":/tmp/model.onnx
docker exec "$(container validator0)" synergyd tx model publish /tmp/model.onnx --name magika --bind unk__214=1 --from node0 --yes -o json >"$WORK/model.json"
MODEL=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["model_id"])' "$WORK/model.json")
python3 scripts/magika.py input scripts/localnet.sh "$WORK/input.bin"
for ((i = 0; i < 3; i++)); do
    "$SYNERGYD" --home "$WORK/client" query aivm infer "$MODEL" --node "tcp://$NODE" --input "bytes=@$WORK/input.bin:i32:1x2048" -o json >"$WORK/answer.json"
done
grep -q output_hash "$WORK/answer.json" || die "no inference: $(cat "$WORK/answer.json")"
say "ok: an inference on the full node"
curl -sf "http://127.0.0.1:$REST_PORT/cosmos/base/tendermint/v1beta1/blocks/latest" | grep -q '"height"' || die "REST does not answer"
say "ok: REST answers"

say "4. the dashboard's queries"
ask() { curl -sfG "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" --data-urlencode "query=$1"; }
python3 - "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query?query=" deploy/grafana/dashboards/synergy.json <<'PY'
import json, sys, time, urllib.parse, urllib.request
address, dashboard = sys.argv[1], json.load(open(sys.argv[2]))
queries = [(p["title"], t["expr"]) for p in dashboard["panels"] for t in p["targets"]]
def empty(query):
    return not json.load(urllib.request.urlopen(address + urllib.parse.quote(query)))["data"]["result"]
# Rates need two scrapes, sizes a walk of the folder.
end = time.time() + 180
while (missing := [q for q in queries if empty(q[1])]) and time.time() < end:
    time.sleep(2)
sys.exit(f"no answer to {missing}" if missing else print(f"ok: all {len(queries)} queries have answers", file=sys.stderr))
PY

say "5. one is killed"
docker kill "$(container validator3)" >/dev/null
BEFORE=$(rpc "$NODE" status 'r["sync_info"]["latest_block_height"]')
wait_height "$NODE" $((BEFORE + 10)) 120
say "ok: blocks $BEFORE to $((BEFORE + 10)) without validator3"
for ((i = 0; i < 90; i++)); do
    ALERT=$(ask 'count(ALERTS{alertname="NodeDown", node="validator3"}) > 0')
    [[ $ALERT == *'"result":[]'* ]] || break
    sleep 1
done
[[ $ALERT != *'"result":[]'* ]] || die "no alert about validator3"
say "ok: Prometheus has the alert"
compose start validator3 >&2
for ((i = 0; i < 120; i++)); do
    # Of the block before the last: the last one's commit still lacks late votes.
    BEFORE=$(rpc "$NODE" status 'int(r["sync_info"]["latest_block_height"]) - 1')
    SIGNED=$(rpc "$NODE" "commit?height=$BEFORE" 'sum(s["block_id_flag"] == 2 for s in r["signed_header"]["commit"]["signatures"])')
    [[ $SIGNED == 4 ]] && break || sleep 1
done
expect "signatures after it came back" "$SIGNED" 4
say "docker works"
