//! An example for every command, which `--help` shows under it.

use clap::Command;

/// Without `synergyd` in front. What follows `<` or `>` is the shell's. Words in capitals
/// stand for what only a chain can tell.
static EXAMPLES: &[&str] = &[
    r#"init me --keyring-backend test"#,
    r#"start --with-comet"#,
    r#"keys mnemonic"#,
    r#"keys add alice --key-type ml-dsa-65"#,
    r#"keys list"#,
    r#"keys list-key-types"#,
    r#"keys show alice --address"#,
    r#"keys delete alice"#,
    r#"keys rename alice carol"#,
    r#"keys export alice > alice.asc"#,
    r#"keys import alice alice.asc"#,
    r#"keys import-hex alice < secret.hex"#,
    r#"keys parse synergy1r5v5srda7xfth3hn2s26txvrcrntldju0sfy56"#,
    r#"tx bank send alice bob 1.5snrg --wait"#,
    r#"tx bank multi-send alice bob carol 2snrg"#,
    r#"tx auth publish-kem-key --from alice"#,
    r#"tx staking create-validator validator.json --from alice"#,
    r#"tx staking edit-validator --website https://example.org --from alice"#,
    r#"tx staking delegate VALIDATOR 10snrg --from alice"#,
    r#"tx staking redelegate VALIDATOR OTHER 10snrg --from alice"#,
    r#"tx staking unbond VALIDATOR 10snrg --from alice"#,
    r#"tx staking cancel-unbond VALIDATOR 10snrg 1500 --from alice"#,
    r#"tx distribution withdraw-rewards VALIDATOR --from alice"#,
    r#"tx distribution withdraw-all-rewards --from alice"#,
    r#"tx distribution withdraw-validator-commission VALIDATOR --from alice"#,
    r#"tx distribution set-withdraw-addr bob --from alice"#,
    r#"tx distribution fund-community-pool 5snrg --from alice"#,
    r#"tx slashing unjail --from alice"#,
    r#"tx authz grant bob send --spend-limit 5snrg --from alice"#,
    r#"tx authz exec tx.json --from bob"#,
    r#"tx authz revoke bob /cosmos.bank.v1beta1.MsgSend --from alice"#,
    r#"tx feegrant grant alice bob --spend-limit 1snrg"#,
    r#"tx feegrant revoke alice bob"#,
    r#"tx feegrant prune --from alice"#,
    r#"tx vesting create-vesting-account synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe 100snrg 2030-01-01T00:00:00Z --from alice"#,
    r#"tx vesting create-permanent-locked-account synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe 100snrg --from alice"#,
    r#"tx vesting create-periodic-vesting-account synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe periods.json --from alice"#,
    r#"tx gov submit-proposal proposal.json --from alice"#,
    r#"tx gov draft-proposal /synergy.aivm.v1.MsgUpdateParams > proposal.json"#,
    r#"tx gov deposit 1 100snrg --from alice"#,
    r#"tx gov vote 1 yes --from alice"#,
    r#"tx gov weighted-vote 1 yes=0.7,no=0.3 --from alice"#,
    r#"tx gov cancel-proposal 1 --from alice"#,
    r#"tx model publish model.onnx --name digits --bind batch=1 --from alice"#,
    r#"tx model create model.onnx --name digits --from alice"#,
    r#"tx model upload MODEL model.onnx --from alice"#,
    r#"tx model seal MODEL --from alice"#,
    r#"tx model activate MODEL --from alice"#,
    r#"tx model deprecate MODEL --from alice"#,
    r#"tx model remove MODEL --from alice"#,
    r#"tx model set-terms MODEL --price 0.01snrg --royalty synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe=500 --from alice"#,
    r#"tx model allow MODEL --add synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe --from alice"#,
    r#"tx model rent MODEL 14400 --max-rent 2snrg --from alice"#,
    r#"tx aivm infer MODEL --input x=input.json --from alice --wait"#,
    r#"tx aivm upload-blob input.npy --from alice"#,
    r#"tx aivm extend-blob HASH --blocks 14400 --from alice"#,
    r#"tx aivm remove-blob HASH --from alice"#,
    r#"tx escrow create bob 2snrg --expires 24h --preimage-hash HASH --from alice"#,
    r#"tx escrow release 1 --from alice"#,
    r#"tx escrow partial-release 1 1snrg --from alice"#,
    r#"tx escrow refund 1 --from bob"#,
    r#"tx escrow dispute 1 --from alice"#,
    r#"tx escrow resolve 1 1snrg --from carol"#,
    r#"tx escrow approve 1 --from carol"#,
    r#"tx escrow withdraw 1 --from bob"#,
    r#"tx escrow cancel 1 --from alice"#,
    r#"tx escrow advance 1 --from alice"#,
    r#"tx ibc-transfer transfer transfer channel-0 cosmos1qyqszqgpqyqszqgpqyqszqgpqyqszqgpjnp7du 1.5snrg --from alice"#,
    r#"tx wasm store contract.wasm --from alice --wait"#,
    r#"tx wasm instantiate 1 '{"count":0}' --label counter --admin alice --from alice"#,
    r#"tx wasm instantiate2 1 '{"count":0}' 00ff --label counter --admin alice --from alice"#,
    r#"tx wasm execute CONTRACT '{"increment":{}}' --amount 1snrg --from alice"#,
    r#"tx wasm migrate CONTRACT 2 '{}' --from alice"#,
    r#"tx wasm set-contract-admin CONTRACT bob --from alice"#,
    r#"tx wasm clear-contract-admin CONTRACT --from alice"#,
    r#"tx wasm set-contract-label CONTRACT counter --from alice"#,
    r#"tx wasm update-instantiate-config 1 --instantiate-nobody --from alice"#,
    r#"tx sign tx.json --from alice > signed.json"#,
    r#"tx sign-batch txs.jsonl --from alice > signed.jsonl"#,
    r#"tx validate-signatures signed.json"#,
    r#"tx multi-sign tx.json group alice.json bob.json > signed.json"#,
    r#"tx broadcast signed.json"#,
    r#"tx encode signed.json"#,
    r#"tx decode CmQKYg=="#,
    r#"tx simulate tx.json --from alice"#,
    r#"query auth account alice --prove"#,
    r#"query auth accounts --limit 5"#,
    r#"query auth params"#,
    r#"query auth module-account fee_collector"#,
    r#"query auth kem-key bob --prove"#,
    r#"query auth public-key alice"#,
    r#"query bank balance alice asnrg --prove"#,
    r#"query bank balances alice"#,
    r#"query bank spendable-balances alice"#,
    r#"query bank total-supply"#,
    r#"query bank supply-of asnrg"#,
    r#"query bank denom-metadata asnrg"#,
    r#"query staking validators --status bonded"#,
    r#"query staking validator VALIDATOR"#,
    r#"query staking delegation alice VALIDATOR"#,
    r#"query staking delegations alice"#,
    r#"query staking delegations-to VALIDATOR"#,
    r#"query staking unbonding-delegation alice VALIDATOR"#,
    r#"query staking unbonding-delegations alice"#,
    r#"query staking unbonding-delegations-from VALIDATOR"#,
    r#"query staking redelegations alice"#,
    r#"query staking historical-info 1500"#,
    r#"query staking pool"#,
    r#"query staking params"#,
    r#"query distribution rewards alice"#,
    r#"query distribution commission VALIDATOR"#,
    r#"query distribution validator-outstanding-rewards VALIDATOR"#,
    r#"query distribution slashes VALIDATOR"#,
    r#"query distribution withdraw-addr alice"#,
    r#"query distribution community-pool"#,
    r#"query distribution params"#,
    r#"query slashing signing-info synergyvalcons1qyqszqgpqyqszqgpqyqszqgpqyqszqgpmlzfg6"#,
    r#"query slashing signing-infos"#,
    r#"query slashing params"#,
    r#"query evidence"#,
    r#"query mint inflation"#,
    r#"query mint annual-provisions"#,
    r#"query mint params"#,
    r#"query upgrade plan"#,
    r#"query upgrade applied v2"#,
    r#"query upgrade module-versions"#,
    r#"query upgrade authority"#,
    r#"query authz grants alice bob"#,
    r#"query authz grants-by-granter alice"#,
    r#"query authz grants-by-grantee bob"#,
    r#"query feegrant grant alice bob"#,
    r#"query feegrant grants-by-grantee bob"#,
    r#"query feegrant grants-by-granter alice"#,
    r#"query gov proposal 1"#,
    r#"query gov proposals --status voting-period"#,
    r#"query gov vote 1 alice"#,
    r#"query gov votes 1"#,
    r#"query gov deposit 1 alice"#,
    r#"query gov deposits 1"#,
    r#"query gov tally 1"#,
    r#"query gov params"#,
    r#"query gov constitution"#,
    r#"query consensus-params"#,
    r#"query feemarket base-fee"#,
    r#"query feemarket params"#,
    r#"query model show MODEL"#,
    r#"query model list"#,
    r#"query model by alice"#,
    r#"query model version alice digits 1"#,
    r#"query model manifest MODEL"#,
    r#"query model download MODEL digits"#,
    r#"query model allowed MODEL"#,
    r#"query model residents"#,
    r#"query model params"#,
    r#"query aivm infer MODEL --input x=input.json"#,
    r#"query aivm estimate MODEL --input x=input.json"#,
    r#"query aivm blob alice HASH"#,
    r#"query aivm blobs alice"#,
    r#"query aivm blob-data HASH input.npy"#,
    r#"query aivm record 1 --prove"#,
    r#"query aivm records --reverse --limit 5"#,
    r#"query aivm interchain-payer channel-1 osmo1qyqszqgpqyqszqgpqyqszqgpqyqszqgpjnp7du"#,
    r#"query aivm params"#,
    r#"query escrow escrow 1"#,
    r#"query escrow list --party alice"#,
    r#"query escrow params"#,
    r#"query ibc clients"#,
    r#"query ibc client-status 07-tendermint-0"#,
    r#"query ibc connections"#,
    r#"query ibc channels"#,
    r#"query ibc-transfer denom ibc/HASH"#,
    r#"query ibc-transfer denoms"#,
    r#"query ibc-transfer escrow-address transfer channel-0"#,
    r#"query ibc-transfer total-escrow asnrg"#,
    r#"query ibc-transfer params"#,
    r#"query wasm list-code"#,
    r#"query wasm code-info 1"#,
    r#"query wasm code 1 contract.wasm"#,
    r#"query wasm contract CONTRACT"#,
    r#"query wasm contract-history CONTRACT"#,
    r#"query wasm contract-state all CONTRACT"#,
    r#"query wasm contract-state raw CONTRACT 636f6e666967"#,
    r#"query wasm contract-state smart CONTRACT '{"get_count":{}}'"#,
    r#"query wasm list-contract-by-code 1"#,
    r#"query wasm list-contracts-by-creator alice"#,
    r#"query wasm pinned"#,
    r#"query wasm params"#,
    r#"query wasm limits"#,
    r#"query wasm build-address HASH alice 00ff"#,
    r#"query tx HASH"#,
    r#"query txs --query "message.sender='synergy1r5v5srda7xfth3hn2s26txvrcrntldju0sfy56'""#,
    r#"query wait-tx HASH --timeout 30"#,
    r#"query block 1500"#,
    r#"query block-results 1500"#,
    r#"query comet-validator-set"#,
    r#"query blocks --query "block.height > 100 AND block.height < 110""#,
    r#"query chain-info"#,
    r#"query store bank 0214aa --prove"#,
    r#"seal bob report.pdf > report.sealed"#,
    r#"open report.sealed --from bob --output-document report.pdf"#,
    r#"model inspect model.onnx --bind batch=1"#,
    r#"model run model.onnx --input x=input.json"#,
    r#"genesis add-genesis-account alice 1000000snrg"#,
    r#"genesis bulk-add-genesis-account accounts.json"#,
    r#"genesis gentx alice 100snrg"#,
    r#"genesis collect-gentxs"#,
    r#"genesis add-validator"#,
    r#"genesis validate"#,
    r#"status"#,
    r#"watch --interval 2"#,
    r#"config get client node"#,
    r#"config set app pruning everything"#,
    r#"config view app"#,
    r#"config diff app"#,
    r#"config migrate app"#,
    r#"config home"#,
    r#"comet show-node-id"#,
    r#"comet show-validator"#,
    r#"comet show-address"#,
    r#"comet version"#,
    r#"comet unsafe-reset-all"#,
    r#"rollback"#,
    r#"prune everything"#,
    r#"export --height 1500 --output-document state.json"#,
    r#"snapshots list"#,
    r#"snapshots export"#,
    r#"snapshots restore 1500"#,
    r#"snapshots dump 1500 --output snapshot.tar"#,
    r#"snapshots load snapshot.tar"#,
    r#"snapshots delete 1500"#,
    r#"debug addr synergy1r5v5srda7xfth3hn2s26txvrcrntldju0sfy56"#,
    r#"debug pubkey @pubkey.json"#,
    r#"debug pubkey-raw AkxL"#,
    r#"debug raw-bytes "[72 101 108 108 111]""#,
    r#"debug prefixes"#,
    r#"debug codec list"#,
    r#"debug codec decode /cosmos.bank.v1beta1.MsgSend @message.hex"#,
    r#"debug bundle --log node.log"#,
    r#"testnet init-files --v 4 --output-dir testnet"#,
    r#"faucet --from alice --amount 10snrg --per-hour 5"#,
    r#"completion bash > /etc/bash_completion.d/synergyd"#,
    r#"version --long"#,
];

/// Adds the examples to a command tree.
pub(crate) fn add(command: Command) -> Command {
    add_below(command, &mut Vec::new())
}

fn add_below(mut command: Command, path: &mut Vec<String>) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in &names {
        path.push(name.clone());
        command = command.mut_subcommand(name, |sub| add_below(sub, path));
        path.pop();
    }
    match example(path).filter(|_| names.is_empty()) {
        Some(example) => command.after_help(format!("Example:\n  synergyd {example}")),
        None => command,
    }
}

fn example(path: &[String]) -> Option<&'static str> {
    let words = |line: &'static str| line.split(' ').take(path.len()).eq(path.iter().map(String::as_str));
    EXAMPLES.iter().copied().find(|line| words(line))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::{Cli, forms};

    fn leaves(command: &Command, path: &[String], out: &mut Vec<Vec<String>>) {
        if !command.has_subcommands() && !path.is_empty() {
            out.push(path.to_vec());
        }
        for sub in command.get_subcommands() {
            leaves(sub, &[path, &[sub.get_name().to_owned()]].concat(), out);
        }
    }

    /// The words that a shell would make of a line.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars() {
            match (quote, c) {
                (Some(q), c) if q == c => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '<' | '>') => return words,
                (None, ' ') => words.push(std::mem::take(&mut word)),
                (_, c) => word.push(c),
            }
        }
        words.push(word);
        words
    }

    #[test]
    fn every_command_has_an_example_that_its_parser_takes() {
        let mut all = Vec::new();
        leaves(&Cli::command(), &[], &mut all);
        let without: Vec<String> =
            all.iter().filter(|path| example(path).is_none()).map(|path| path.join(" ")).collect();
        assert!(without.is_empty(), "add a line to EXAMPLES for each of:\n{}", without.join("\n"));
        for path in all {
            let line = example(&path).unwrap();
            let hash = "00".repeat(32);
            let args = words(line).into_iter().map(|word| if word == "HASH" { hash.clone() } else { word });
            let args = ["synergyd".to_owned()].into_iter().chain(args);
            forms::parse(Cli::command(), args).unwrap_or_else(|e| panic!("{line}: {e}"));
        }
    }
}
