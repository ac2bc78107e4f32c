// Two signed votes of one validator for one height, given to a node as evidence.
//
//	double-sign RPC_ADDRESS PRIV_VALIDATOR_KEY_FILE HEIGHT
//
// Makes precommits for two blocks that do not exist, signs both with the validator's key,
// whatever its type, and calls broadcast_evidence. Prints the evidence's hash.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cometbft/cometbft/types"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: double-sign RPC_ADDRESS PRIV_VALIDATOR_KEY_FILE HEIGHT")
	}
	height, err := strconv.ParseInt(os.Args[3], 10, 64)
	check(err)
	key := privval.LoadFilePVEmptyState(os.Args[2], "").Key
	node, err := http.New("http://"+os.Args[1], "/websocket")
	check(err)
	page := 100
	answer, err := node.Validators(context.Background(), &height, nil, &page)
	check(err)
	block, err := node.Block(context.Background(), &height)
	check(err)
	set := &types.ValidatorSet{Validators: answer.Validators}
	index, _ := set.GetByAddress(key.Address)

	vote := func(name string) *types.Vote {
		hash, parts := sha256.Sum256([]byte(name)), sha256.Sum256([]byte("parts of "+name))
		vote := &types.Vote{
			Type:             cmtproto.PrecommitType,
			Height:           height,
			BlockID:          types.BlockID{Hash: hash[:], PartSetHeader: types.PartSetHeader{Total: 1, Hash: parts[:]}},
			Timestamp:        block.Block.Time,
			ValidatorAddress: key.Address,
			ValidatorIndex:   index,
		}
		var err error
		vote.Signature, err = key.PrivKey.Sign(types.VoteSignBytes(block.Block.ChainID, vote.ToProto()))
		check(err)
		return vote
	}
	evidence, err := types.NewDuplicateVoteEvidence(vote("one"), vote("two"), block.Block.Time, set)
	check(err)
	taken, err := node.BroadcastEvidence(context.Background(), evidence)
	check(err)
	fmt.Printf("%X\n", taken.Hash)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
