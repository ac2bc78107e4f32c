#!/usr/bin/env bash
# Builds CometBFT with a clock that CLOCK_SKEW seconds put forward or back, and prints its
# path. Only time.Now differs from the stock program.
#
# libfaketime does not reach Go programs (they read the clock in the vDSO, not by libc), a
# time namespace moves the monotonic clock only, and the machine's clock is everybody's.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

need go python3
go_env
TARGET=$TOOLS/bin/cometbft-$COMET_VERSION-skewed
if [[ ! -x $TARGET ]]; then
    say "building CometBFT $COMET_VERSION with a clock that can be set"
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    python3 - "$(go env GOROOT)/src/time/time.go" "$WORK" <<'PY'
import json, sys
source, work = sys.argv[1:]
text = open(source).read()
read = "\tsec, nsec, mono := runtimeNow()\n"
start = text.index("\nfunc Now() Time {")
at = text.index("now()", start) if read not in text else text.index(read, start)
end = text.index("\n", text.index("mono :=", start)) + 1
assert at < end, "time.Now reads the clock otherwise in this version of Go"
text = text[:end] + "\tsec += clockSkew\n" + text[end:]
open(f"{work}/time.go", "w").write(text)
open(f"{work}/skew.go", "w").write('''package time

import "syscall"

var clockSkew = func() (skew int64) {
	text, _ := syscall.Getenv("CLOCK_SKEW")
	sign := int64(1)
	for _, c := range []byte(text) {
		if c == '-' {
			sign = -1
		} else {
			skew = 10*skew + int64(c-'0')
		}
	}
	return sign * skew
}()
''')
folder = source.rsplit("/", 1)[0]
json.dump({"Replace": {source: f"{work}/time.go", f"{folder}/skew.go": f"{work}/skew.go"}}, open(f"{work}/overlay.json", "w"))
PY
    mkdir -p "$TOOLS/bin"
    GOBIN=$WORK CGO_ENABLED=0 go install -overlay "$WORK/overlay.json" "github.com/cometbft/cometbft/cmd/cometbft@v$COMET_VERSION"
    mv -f "$WORK/cometbft" "$TARGET"
fi
printf '%s\n' "$TARGET"
