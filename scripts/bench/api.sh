#!/usr/bin/env bash
# Do queries disturb blocks? One validator with full blocks, a while without queries,
# then with RATE mixed queries per second over REST and gRPC-web, then without again,
# all in one run. Prints block times of both, their ratio, and what the queries got.
#
#   scripts/bench/api.sh [--seconds 60] [--rate 500] [--tx-rate 400] [--accounts 200] [--keep]
#
# Blocks are kept small (100 kB) so that transactions sent at TX_RATE fill each of them.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

SECONDS_EACH=60 RATE=500 TX_RATE=400 ACCOUNTS=200 KEEP= MAX_BYTES=100000
while (($#)); do
    case $1 in
        --seconds) SECONDS_EACH=$2 ;;
        --rate) RATE=$2 ;;
        --tx-rate) TX_RATE=$2 ;;
        --accounts) ACCOUNTS=$2 ;;
        --keep) KEEP=1; shift; continue ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift 2
done

need cargo go python3
COMET=$("$ROOT/scripts/install-comet.sh" "cometbft@$COMET_VERSION")
LOADER=$(loader_binary)
SYNERGYD=$(synergyd_binary)

WORK=$(mktemp -d)
HOME_DIR=$WORK/home SOCK=$WORK/abci.sock PIDS=()
finish() {
    stop "${PIDS[@]}"
    [[ -n $KEEP ]] && say "kept: $WORK" || rm -rf "$WORK"
}
trap finish EXIT

read -r RPC P2P REST GRPC METRICS < <(free_port 5)
"$SYNERGYD" init bench --chain-id bench-1 --home "$HOME_DIR" >/dev/null
"$LOADER" accounts --accounts "$ACCOUNTS" --coins 1000000000000000000000asnrg | while read -r address coins; do
    "$SYNERGYD" genesis add-genesis-account "$address" "$coins" --home "$HOME_DIR" >/dev/null
done
python3 - "$HOME_DIR/config/genesis.json" "$MAX_BYTES" <<'PY'
import json, sys
path, most = sys.argv[1:]
genesis = json.load(open(path))
genesis["consensus_params"]["block"]["max_bytes"] = most
genesis["consensus_params"].setdefault("evidence", {})["max_bytes"] = "10000"
json.dump(genesis, open(path, "w"))
PY
toml_set "$HOME_DIR/config/config.toml" proxy_app="\"unix://$SOCK\"" \
    rpc.laddr="\"tcp://127.0.0.1:$RPC\"" p2p.laddr="\"tcp://127.0.0.1:$P2P\"" \
    consensus.timeout_commit='"1s"' mempool.size=60000 mempool.cache_size=120000
toml_set "$HOME_DIR/config/app.toml" api.enable=true api.address="\"tcp://127.0.0.1:$REST\"" \
    grpc.address="\"127.0.0.1:$GRPC\"" telemetry.address="\"127.0.0.1:$METRICS\"" \
    serving.comet="\"tcp://127.0.0.1:$RPC\""
"$SYNERGYD" start --home "$HOME_DIR" --address "unix://$SOCK" >"$WORK/app.log" 2>&1 &
PIDS+=($!)
for ((tries = 0; tries < 600; tries++)); do [[ -S $SOCK ]] && break; sleep 0.1; done
"$COMET" start --home "$HOME_DIR" --log_level error >"$WORK/comet.log" 2>&1 &
PIDS=($! "${PIDS[@]}")
wait_height "127.0.0.1:$RPC" 2 60 || { tail -20 "$WORK"/*.log >&2; die "the node did not start"; }
"$LOADER" --node "127.0.0.1:$RPC" soak --accounts "$ACCOUNTS" --rate "$TX_RATE" \
    --fee 50000000000000 --gas 50000 >"$WORK/soak.log" 2>&1 &
PIDS=($! "${PIDS[@]}")

ADDRESS=$("$LOADER" accounts --accounts 1)
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg) at the start; blocks of $MAX_BYTES bytes, $TX_RATE tx/s sent, $RATE queries/s"
python3 - "$RPC" "$REST" "$GRPC" "$ADDRESS" "$RATE" "$SECONDS_EACH" "$MAX_BYTES" <<'PY'
import asyncio, collections, datetime, json, statistics, sys, time, urllib.request

rpc, rest, grpc = (int(p) for p in sys.argv[1:4])
address, rate, seconds, most = sys.argv[4], int(sys.argv[5]), int(sys.argv[6]), int(sys.argv[7])

def node(method):
    return json.load(urllib.request.urlopen(f"http://127.0.0.1:{rpc}/{method}", timeout=30))["result"]

def height():
    return int(node("status")["sync_info"]["latest_block_height"])

def field(number, text):
    return bytes([number << 3 | 2, len(text)]) + text.encode()

def http(port, verb, path, body=b"", kind="application/json"):
    head = f"{verb} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return port, path.split("?")[0], head.encode() + body

def web(method, message):
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    return http(grpc, "POST", method, frame, "application/grpc-web+proto")

get = lambda path: http(rest, "GET", path)
balance = web("/cosmos.bank.v1beta1.Query/Balance", field(1, address) + field(2, "asnrg"))
account = web("/cosmos.auth.v1beta1.Query/Account", field(1, address))
MIX = [
    balance, account, balance, account, web("/synergy.feemarket.v1.Query/BaseFee", b""),
    get(f"/cosmos/bank/v1beta1/balances/{address}"), get(f"/cosmos/auth/v1beta1/accounts/{address}"),
    get("/cosmos/auth/v1beta1/accounts?pagination.limit=20"), get("/cosmos/bank/v1beta1/supply"),
    get(f"/cosmos/bank/v1beta1/balances/{address}"), get("/cosmos/bank/v1beta1/params"),
    get("/cosmos/base/tendermint/v1beta1/node_info"), get("/cosmos/base/tendermint/v1beta1/validatorsets/latest"),
    get("/cosmos/base/tendermint/v1beta1/syncing"), get("/cosmos/base/tendermint/v1beta1/blocks/1"),
    get("/cosmos/base/node/v1beta1/status"), get("/synergy/aivm/v1/params"),
    get("/synergy/modelregistry/v1/models"), get("/cosmos/auth/v1beta1/params"), balance,
]

async def ask(reader, writer, request):
    writer.write(request)
    status = int((await reader.readline()).split(b" ")[1])
    length, chunked = None, False
    while (line := (await reader.readline()).strip().lower()):
        if line.startswith(b"content-length:"): length = int(line.split(b":")[1])
        if line == b"transfer-encoding: chunked": chunked = True
        if line.startswith(b"grpc-status:") and line != b"grpc-status: 0": status = 1000 + int(line.split(b":")[1])
    body = b""
    if chunked:
        while (size := int(await reader.readline(), 16)):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        if b"grpc-status:0" not in body: status = 1099
    elif length: await reader.readexactly(length)
    return status

async def load():
    queue, took, results = asyncio.Queue(), [], collections.Counter()
    async def worker():
        streams = {port: await asyncio.open_connection("127.0.0.1", port) for port in (rest, grpc)}
        while (item := await queue.get()) is not None:
            due, (port, name, request) = item
            results[(name, await ask(*streams[port], request))] += 1
            took.append(time.monotonic() - due)
        for _, writer in streams.values(): writer.close()
    workers = [asyncio.create_task(worker()) for _ in range(16)]
    start = time.monotonic()
    for n in range(rate * seconds):
        # Each is due at its time, whether the ones before were answered or not.
        due = start + n / rate
        if (wait := due - time.monotonic()) > 0: await asyncio.sleep(wait)
        queue.put_nowait((due, MIX[n % len(MIX)]))
    for _ in workers: queue.put_nowait(None)
    await asyncio.gather(*workers)
    return took, results, time.monotonic() - start

def idle(wait):
    time.sleep(wait)

def blocks(first, last):
    found = []
    for high in range(last, first - 1, -20):
        metas = node(f"blockchain?minHeight={max(first, high - 19)}&maxHeight={high}")["block_metas"]
        for m in metas:
            at = m["header"]["time"]
            when = datetime.datetime.fromisoformat(at[:26].rstrip("Z") + "+00:00")
            found.append((int(m["header"]["height"]), when.timestamp(), int(m["block_size"]), int(m["num_txs"])))
    return sorted(found)

idle(10)  # until blocks are full
marks = [height()]
idle(seconds / 2); marks.append(height())
took, results, lasted = asyncio.run(load()); marks.append(height())
idle(seconds / 2); marks.append(height())

def intervals(first, last):
    times = [b[1] for b in blocks(first, last)]
    return [b - a for a, b in zip(times, times[1:])]

without = intervals(marks[0], marks[1]) + intervals(marks[2], marks[3])
during = intervals(marks[1], marks[2])
every = blocks(marks[0], marks[3])
fill = statistics.mean(b[2] for b in every) / most
print(f"blocks {marks[0]} to {marks[3]}: {100 * fill:.0f} % full, {statistics.mean(b[3] for b in every):.0f} transactions each")
for name, values in (("without queries", without), ("with queries", during)):
    print(f"block time {name}: mean {statistics.mean(values):.3f} s, median {statistics.median(values):.3f} s, worst {max(values):.3f} s, {len(values)} blocks")
print(f"ratio of the means: {statistics.mean(during) / statistics.mean(without):.3f}")
took.sort()
print(f"{len(took)} queries in {lasted:.1f} s ({len(took) / lasted:.0f}/s): p50 {1000 * took[len(took) // 2]:.1f} ms, "
      f"p99 {1000 * took[len(took) * 99 // 100]:.1f} ms")
bad = {key: count for key, count in results.items() if key[1] != 200}
print("answers other than success:", bad or "none")
PY
