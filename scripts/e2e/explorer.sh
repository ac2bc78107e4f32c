#!/usr/bin/env bash
# What people look at, on a real node: the explorer in headless Chromium, `synergyd watch`
# in a pseudo-terminal, and the faucet with its limits.
#
#   scripts/e2e/explorer.sh [--shots DIR] [--keep]
#
# The chain has names and memos that are markup and terminal sequences: they must be shown
# and never obeyed. --shots keeps pictures of every page, wide and narrow, light and dark.
# Without Chromium (CHROMIUM names it; root on Debian gets it installed) that part is left out.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$ROOT"

KEEP= SHOTS=
while (($#)); do
    case $1 in
        --shots) SHOTS=$(realpath -m "$2"); mkdir -p "$SHOTS"; shift ;;
        --keep) KEEP=1 ;;
        *) die "unknown argument $1; see the head of $0" ;;
    esac
    shift
done
need cargo go python3
find_chromium() { command -v chromium chromium-browser google-chrome | head -1 || true; }
CHROMIUM=${CHROMIUM:-$(find_chromium)}
if [[ -z $CHROMIUM && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update && apt-get install --yes --no-install-recommends chromium; } >/dev/null 2>&1 || true
    CHROMIUM=$(find_chromium)
fi

WORK=$(mktemp -d)
FAUCET_PID=
finish() {
    local failed=$?
    [[ -n $FAUCET_PID ]] && stop "$FAUCET_PID"
    [[ $failed == 0 ]] || tail -5 "$WORK/chain/synergyd.log" "$WORK/faucet.log" >&2 2>/dev/null || true
    scripts/localnet.sh stop --home "$WORK/chain"
    [[ -n $KEEP ]] && say "kept: $WORK" || rm -rf "$WORK"
}
trap finish EXIT
step() { printf -- '--- %s\n' "$*" >&2; }

SYNERGYD=$(synergyd_binary)
export SYNERGYD SYNERGYD_HOME=$WORK/chain SYNERGYD_INDEXER_ENABLE=true
scripts/localnet.sh --home "$WORK/chain" --free-ports --no-demo >/dev/null
read -r RPC _ _ REST _ <"$WORK/chain/ports"

step "a chain with markup in a memo and in a model's name"
EVIL='<img src=x onerror=window.pwned=1><script>window.pwned=1</script>'
"$SYNERGYD" keys add alice -o json >/dev/null
ALICE=$("$SYNERGYD" keys show alice -a) FAUCET=$("$SYNERGYD" keys show faucet -a)
read -r HASH HEIGHT < <("$SYNERGYD" tx bank send faucet "$ALICE" 5snrg --note "$EVIL" --yes --wait -o json | pick 'r["txhash"] + " " + r["height"]')
for ((i = 0; i < 24; i++)); do "$SYNERGYD" tx bank send faucet "$ALICE" 1asnrg --yes --wait -o json >/dev/null 2>&1; done
MODEL=$("$SYNERGYD" tx model publish inference/testdata/skl_mlp.onnx --name "$EVIL" --bind pixels:0=1 --from faucet --yes -o json | pick 'r["model_id"]')
FAILED=$("$SYNERGYD" tx bank send alice "$FAUCET" 100snrg --yes --wait --gas 200000 -o json 2>&1 | grep -o '[0-9A-F]\{64\}' | sort -u || true)
[[ ${#FAILED} == 64 ]] || die "a payment of more than there is gives no hash: $FAILED"
head -c 256 /dev/zero >"$WORK/pixels"
"$SYNERGYD" tx aivm infer "$MODEL" --input "pixels=@$WORK/pixels:f32:1x64" --from faucet --yes --wait -o json >/dev/null
say "transaction $HASH in block $HEIGHT, failed one $FAILED, model $MODEL"

if [[ -n $CHROMIUM ]]; then
    step "the explorer in Chromium"
    PYTHONPATH=scripts/e2e python3 - "$CHROMIUM" "http://localhost:$REST" "$HASH" "$HEIGHT" "$ALICE" "$MODEL" "$FAILED" "$SHOTS" <<'PY'
import json, sys
from browser import Browser
program, base, tx, height, alice, model, failed, shots = sys.argv[1:]
browser = Browser(program)

def shown(route, *words):
    """Opens a page and waits for its words; nothing of the chain may be markup."""
    browser.open(f"{base}/#/{route}")
    for word in words:
        browser.until(f"document.readyState === 'complete' && document.body.innerText.includes({json.dumps(word)})")
    assert browser.run("window.pwned === undefined && !document.querySelector('main img, main script, main iframe')"), route

pages = {
    "": ("Latest blocks", "Latest transactions", "Height", "Send"),
    "blocks": ("Blocks", "Older"),
    f"block/{height}": (f"Block {height}", "Header", tx[:8], "ok"),
    "txs": ("Transactions", "in all, page 1 of 2"),
    f"tx/{tx}": (tx, "ok", "Memo", "<img src=x onerror", "cosmos.bank.v1beta1.MsgSend", "5 SNRG", alice),
    f"account/{alice}": ("Account", "4.999760000000000024 SNRG", "Transactions", "page 1 of 2"),
    "models": ("<img src=x onerror", "active"),
    f"model/{model}": ("<img src=x onerror", "Card", "Try it", "always", model),
    "validators": ("Validators (1)", "localnet", "active", "100.00 %"),
}
for route, words in pages.items():
    shown(route, *words)
shown(f"tx/{failed}", "failed", "Reason", "code 5")

# Turning a page of transactions.
shown("txs", "page 1 of 2")
browser.run("[...document.querySelectorAll('button')].find(b => b.textContent === 'Older').click()")
browser.until("document.body.innerText.includes('page 2 of 2')")

# An inference: zeros, random numbers, and inputs that do not fit.
shown(f"model/{model}", "Try it")
area = "document.querySelector('main textarea')"
run = "document.querySelector('main button.main').click()"
browser.run(run)
browser.until("document.body.innerText.includes('Hash of the outputs')")
browser.run(f"{area}.value = '1 2'; {run}")
browser.until("document.querySelector('[role=alert]')?.innerText.includes('numbers are needed, 2 are there')")
browser.run(f"{area}.value = {area}.value.replace('1 2', '') + 'x'; {run}")
browser.until("document.querySelector('[role=alert]')?.innerText.includes('needed')")
browser.run(f"[...document.querySelectorAll('button')].find(b => b.textContent === 'Random').click(); {run}")
browser.until("document.body.innerText.includes('Hash of the outputs')")
output = browser.run("document.querySelector('main form').nextSibling.innerText")
assert any(c.isdigit() for c in output), output

# Search leads to the right page.
for text, words in [(height, f"Block {height}"), (tx.lower(), tx), (alice, "Holdings"), (model, "Try it")]:
    browser.run(f"document.querySelector('#search input').value = {json.dumps(text)}; document.querySelector('#search').requestSubmit()")
    browser.until(f"document.querySelector('main').innerText.includes({json.dumps(words)})")

# Numbers of every type come back as they were (little-endian, halves rounded to even).
assert browser.run("""[["f16", "1 -2.5 65504 0.1 6e-8"], ["i64", "-9223372036854775808 7 0 1 2"], ["u8", "255 0 1 2 3"], ["f32", "0.5 -1 3 4 5"], ["bool", "1 0 true false 1"]]
  .every(([dtype, text]) => { const t = {name: "t", dtype, shape: ["5"]}; const back = decodeTensor({...t, data: encodeTensor(t, text)});
    return back.every((x, i) => Math.abs(Number(x) - Number(text.split(" ")[i] === "true" ? 1 : text.split(" ")[i] === "false" ? 0 : text.split(" ")[i])) <= Math.abs(Number(x)) * 1e-3 + 1e-8); })""")

# Errors are said plainly.
browser.open(f"{base}/#/block/99999999")
browser.until("document.querySelector('[role=alert]')?.innerText.includes('bigger')")
shown("tx/00", "64 hexadecimal digits")
shown("account/nobody")
browser.until("!!document.querySelector('[role=alert]')")
shown("nowhere", "There is no page")
shown("tx/%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D1%3E", "64 hexadecimal digits")
shown("account/%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D1%3E")
browser.until("!!document.querySelector('[role=alert]')")

# Nothing is wider than a narrow screen.
for width, high, dark in [(1280, 900, False), (1280, 900, True), (390, 844, False), (390, 844, True)]:
    browser.look(width, high, dark)
    for route, words in pages.items():
        shown(route, *words)
        assert browser.run("document.documentElement.scrollWidth <= innerWidth"), (route, width, browser.run("document.documentElement.scrollWidth"))
        if shots:
            if route.startswith("model/"):
                browser.run(run)
                browser.until("document.body.innerText.includes('Hash of the outputs')")
            browser.picture(f"{shots}/{route.split('/')[0] or 'home'}-{width}-{'dark' if dark else 'light'}.png")
# The browser itself logs each answer of 400; a script that throws or a thing the policy blocks is a fault.
faults = [e for e in browser.console if e.get("source") != "network"]
assert not faults, faults
browser.close()
print("the explorer shows blocks, transactions, accounts, models and validators, and obeys nothing of them", file=sys.stderr)
PY
else
    say "no Chromium here: the explorer was not looked at"
fi

step "watch in a terminal"
# It shows the newest blocks alone.
"$SYNERGYD" tx bank send faucet "$ALICE" 1asnrg --yes --wait -o json >/dev/null 2>&1
PYTHONPATH=scripts/e2e python3 - "$SYNERGYD" "$HASH" "$MODEL" <<'PY'
import sys
from terminal import Terminal
program, tx, model = sys.argv[1:]
t = Terminal([program, "watch"], 110, 30)
first = t.until(["synergy-local-1", "height", "HEIGHT", "PROPOSER", "localnet", "q: quit"])
assert len(first.split("\n")) == 30, first
t.press("2")
t.until(["TRANSACTION", "Send", "ok"])
t.press("\t")
t.until(["RECORD", model[:8]])
t.press("4")
t.until(["localnet", "active", "100.00 %", "100 SNRG"])
t.press("\x1b[D\x1b[D\x1b[D")
t.until(["PROPOSER"])
t.resize(60, 12)
narrow = t.until(["PROPOSER"])
t.read(2)
assert len(t.screen().split("\n")) == 12 and max(map(len, t.screen().split("\n")[3:])) <= 60, t.screen()
t.press(" ")
t.until(["paused"])
t.press(" j")
height = int(t.until(["height"]).split("height ")[1].split()[0])
for _ in range(100):
    t.read(0.3)
    if int(t.screen().split("height ")[1].split()[0]) > height:
        break
else:
    raise AssertionError("the height stands still")
t.press("q")
code, output = t.ends()
assert code == 0 and output.endswith(b"\x1b[?7h\x1b[?25h\x1b[?1049l"), (code, output[-60:])
away = Terminal([program, "watch", "--node", "tcp://127.0.0.1:1"], 80, 20)
away.until(["cannot reach node"])
away.press("\x03")
assert away.ends()[0] == 0
print("watch shows the chain, follows keys and sizes, and leaves the terminal as it was", file=sys.stderr)
PY
[[ $("$SYNERGYD" watch </dev/null 2>&1) != *"needs a terminal"* ]] && die "watch without a terminal does not say so"

step "the faucet and its limits"
PORT=$(free_port)
"$SYNERGYD" faucet --from alice --amount 1000asnrg --per-hour 2 --per-client-hour 3 --total-per-hour 5 \
    --client-header X-Real-IP --listen "127.0.0.1:$PORT" 2>"$WORK/faucet.log" &
FAUCET_PID=$!
python3 - "127.0.0.1:$PORT" "http://localhost:$REST" "$SYNERGYD" <<'PY'
import json, socket, subprocess, sys, time, urllib.error, urllib.request
faucet, rest, program = sys.argv[1:]
for _ in range(200):
    try:
        socket.create_connection(faucet.split(":"), 1).close()
        break
    except OSError:
        time.sleep(0.1)
def ask(path, body=None, **headers):
    request = urllib.request.Request(f"http://{faucet}{path}", body, {k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
def credit(address, client="203.0.113.1"):
    return ask("/credit", json.dumps({"address": address}).encode(), X_Real_IP=client)
def new(name):
    subprocess.run([program, "keys", "add", name, "-o", "json"], check=True, stdout=subprocess.DEVNULL)
    return subprocess.run([program, "keys", "show", name, "-a"], check=True, capture_output=True, text=True).stdout.strip()
def balance(address):
    answer = json.load(urllib.request.urlopen(f"{rest}/cosmos/bank/v1beta1/balances/{address}"))
    return answer["balances"]
a, b = new("a"), new("b")
assert "Synergy faucet" in ask("/")[1] and '"amount"' in ask("/status")[1]
# Somebody who sends nothing keeps nobody waiting.
idle = [socket.create_connection(faucet.split(":")) for _ in range(5)]
code, text = credit(a)
assert code == 200 and json.loads(text)["txhash"], (code, text)
assert balance(a) == [{"denom": "asnrg", "amount": "1000"}], balance(a)
assert credit(a)[0] == 200
code, text = credit(a)
assert code == 429 and "one address" in text and "min" in text, text
assert credit(b)[0] == 200
code, text = credit(b)
assert code == 429 and "one client" in text, text
assert credit(b, "203.0.113.2")[0] == 200
c = new("c")
assert credit(c, "203.0.113.3")[0] == 200
code, text = credit(c, "203.0.113.4")
assert code == 429 and "in all" in text, text
for body, word in [(b"{", "send JSON"), (b'{"address": "cosmos1x"}', "address"), (b"{}", "address")]:
    code, text = ask("/credit", body, X_Real_IP="203.0.113.9")
    assert code == 400 and word in text, (code, text)
assert ask("/credit", b"{}")[0] == 400, "the proxy's header is missing"
assert ask("/nothing")[0] == 404
print("the faucet gives, and stops at each limit", file=sys.stderr)
PY
step "explorer, watch and faucet passed"
