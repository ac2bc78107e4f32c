// comet-bootstrap fills CometBFT's empty stores of a home whose application was restored
// at a height: with the state of that height, from the headers of two nodes, which its
// light client verifies. The stock program has no command for its own node.BootstrapState.
//
//	comet-bootstrap HOME HEIGHT BLOCK_HASH APP_HASH NODE_A:26657 NODE_B:26657
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/node"
)

func run(args []string) error {
	if len(args) < 6 {
		return errors.New("usage: comet-bootstrap HOME HEIGHT BLOCK_HASH APP_HASH NODE_A:26657 NODE_B:26657")
	}
	height, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	appHash, err := hex.DecodeString(args[3])
	if err != nil {
		return err
	}
	settings := config.DefaultConfig()
	settings.SetRoot(args[0])
	settings.StateSync.TrustHeight = height
	settings.StateSync.TrustHash = args[2]
	settings.StateSync.RPCServers = args[4:]
	return node.BootstrapState(context.Background(), settings, nil, uint64(height), appHash)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
