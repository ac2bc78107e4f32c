#!/usr/bin/env bash
# Installs pinned CometBFT programs with `go install` into .tools/bin and prints
# their paths. What is there already is only checked.
#
#   scripts/install-comet.sh [PROGRAM[@VERSION]]…
#
# PROGRAM is cometbft (without arguments), abci-cli or priv_val_server; VERSION is 0.38.25 unless
# COMET_VERSION says otherwise. 0.40.0 is the other line that Synergy runs under.
# The files are named PROGRAM-VERSION.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MODULE=github.com/cometbft/cometbft

# CometBFT 0.40.0 calls itself 0.39.0, so the module's version is asked for.
is_version() {
    go version -m "$1" 2>/dev/null | grep -qE "^\s+mod\s+$MODULE\s+v$2(\s|$)"
}

install() {
    local program=${1%@*} version=$COMET_VERSION package target scratch
    [[ $1 == *@* ]] && version=${1#*@}
    version=${version#v}
    case $program in
        cometbft) package=$MODULE/cmd/cometbft ;;
        abci-cli) package=$MODULE/abci/cmd/abci-cli ;;
        priv_val_server) package=$MODULE/cmd/priv_val_server ;;
        *) die "unknown program $program: cometbft, abci-cli or priv_val_server" ;;
    esac
    target=$TOOLS/bin/$program-$version
    if ! is_version "$target" "$version"; then
        say "installing $program $version"
        mkdir -p "$TOOLS/bin"
        scratch=$(mktemp -d "$TOOLS/bin/.install.XXXXXX")
        trap 'rm -rf "$scratch"' RETURN
        GOBIN=$scratch CGO_ENABLED=0 go install "$package@v$version"
        is_version "$scratch/$program" "$version" || die "go installed something else than $program $version"
        mv -f "$scratch/$program" "$target"
    fi
    printf '%s\n' "$target"
}

need go
go_env
for program in "${@:-cometbft}"; do
    install "$program"
done
