# Sourced by the scripts beside it: paths, messages, and driving CometBFT.
# Needs bash, python3 and what a script installs itself.
set -euo pipefail
# A failure inside $(…) is a failure.
shopt -s inherit_errexit

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=$ROOT/.tools
COMET_VERSION=${COMET_VERSION:-0.38.25}

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || die "$tool is needed and not installed"
    done
}

# Go keeps its folders under HOME; without one they go to the project's tools.
go_env() {
    if [[ -z ${HOME:-} || ! -w ${HOME:-} ]]; then
        export GOPATH=${GOPATH:-$TOOLS/go} GOCACHE=${GOCACHE:-$TOOLS/go/cache}
    fi
    # A read-only module cache could not be removed with the project.
    export GOFLAGS="${GOFLAGS:-} -modcacherw"
}

# go_module PATH@VERSION SUM: fetches a Go module and prints its folder; another content
# than the sum's is refused.
go_module() {
    local answer
    answer=$(go mod download -json "$1") || die "cannot fetch $1: $answer"
    python3 - "$1" "$2" "$answer" <<'PY'
import json, sys
name, want, answer = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
if answer["Sum"] != want:
    sys.exit(f"{name} has the sum {answer['Sum']}, not {want}")
print(answer["Dir"])
PY
}

# pick EXPRESSION: a Python expression of the JSON on standard input, r.
pick() { python3 -c 'import json,sys; r = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
# expect WHAT FOUND WANTED: ends the script unless both are the same.
expect() { [[ $2 == "$3" ]] || die "$1: $2, expected $3"; say "ok: $1: $2"; }

# free_port N: prints N TCP ports of this machine that nobody listens on.
free_port() {
    python3 - "${1:-1}" <<'PY'
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*[s.getsockname()[1] for s in held])
PY
}

# toml_set FILE KEY=VALUE…: replaces or adds values; KEY is section.key, or key alone
# before the first section; VALUE is written as it is.
toml_set() {
    python3 - "$@" <<'PY'
import re, sys
path, changes = sys.argv[1], dict(a.split("=", 1) for a in sys.argv[2:])
section, out, heads = "", [], {"": 0}
for line in open(path):
    head = re.match(r"\s*\[([^\]]+)\]", line)
    key = re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line)
    if head:
        section = head[1] + "."
        heads[section] = len(out) + 1
    elif key and section + key[1] in changes:
        line = f"{key[1]} = {changes.pop(section + key[1])}\n"
    out.append(line)
for name, value in changes.items():
    section, _, key = name.rpartition(".")
    section += "." if section else ""
    if section not in heads:
        out.append(f"\n[{section[:-1]}]\n")
        heads[section] = len(out)
    # Later sections move down by what is put in before them.
    at = heads[section]
    out.insert(at, f"{key} = {value}\n")
    heads = {s: h + (h > at) for s, h in heads.items()}
open(path, "w").writelines(out)
PY
}

# rpc ADDRESS METHOD [EXPRESSION]: a call without parameters ("block?height=3" has
# one); prints the result r, or a Python expression of it.
rpc() {
    python3 - "$@" <<'PY'
import json, sys, urllib.request
address, method, expression = sys.argv[1], sys.argv[2], (sys.argv[3:] or ["json.dumps(r)"])[0]
answer = json.load(urllib.request.urlopen(f"http://{address}/{method}", timeout=10))
if "error" in answer:
    sys.exit(f"{method}: {answer['error']}")
r = answer["result"]
print(eval(expression))
PY
}

# wait_height ADDRESS HEIGHT SECONDS: until the node has stored that height.
wait_height() {
    python3 - "$@" <<'PY'
import json, sys, time, urllib.request
address, height, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
end, last = time.time() + seconds, "no answer"
while time.time() < end:
    try:
        url = f"http://{address}/status"
        last = json.load(urllib.request.urlopen(url, timeout=5))["result"]["sync_info"]["latest_block_height"]
        if int(last) >= height:
            sys.exit()
    except OSError as error:
        last = error
    time.sleep(0.1)
sys.exit(f"{address} did not reach height {height} in {seconds:g} s: {last}")
PY
}

# stop PID…: asks, waits up to 20 s, then kills.
stop() {
    local pid tries
    for pid in "$@"; do
        kill "$pid" 2>/dev/null || continue
        for ((tries = 0; tries < 200; tries++)); do
            kill -0 "$pid" 2>/dev/null || continue 2
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null || true
    done
}

# release_binary NAME: builds it into the root's target folder and prints its path. The
# whole workspace's features are those of the tests, so that both share what is compiled.
release_binary() {
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
    cargo build --quiet --release --locked --manifest-path "$ROOT/Cargo.toml" --workspace --bin "$1" >&2
    printf '%s/release/%s\n' "$CARGO_TARGET_DIR" "$1"
}

# loader_binary, synergyd_binary: the binary that LOADER or SYNERGYD names, or a built one.
loader_binary() { if [[ -n ${LOADER:-} ]]; then printf '%s\n' "$LOADER"; else release_binary synergy-loader; fi; }
# synergyd_next_binary: the program of an upgrade, beside the one that SYNERGYD names or built.
synergyd_next_binary() {
    local beside=
    if [[ -n ${SYNERGYD:-} ]]; then beside=$(dirname "$SYNERGYD")/synergyd-next; fi
    if [[ -x $beside ]]; then printf '%s\n' "$beside"; else release_binary synergyd-next; fi
}
synergyd_binary() { if [[ -n ${SYNERGYD:-} ]]; then printf '%s\n' "$SYNERGYD"; else release_binary synergyd; fi; }
