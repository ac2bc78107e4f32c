//! Blocks and validator sets.

use bech32::{Bech32, Hrp};
use cosmrs::tendermint;
use serde::Deserialize;
use serde_json::{Value, json};
use synergy_proto::{
    ADDRESS_PREFIX, Any,
    cosmos::{
        base::{
            query::v1beta1::{PageRequest, PageResponse},
            tendermint::v1beta1::{
                Block as SdkBlock, GetBlockByHeightRequest, GetBlockByHeightResponse, GetLatestBlockRequest,
                GetLatestBlockResponse, GetLatestValidatorSetRequest, GetLatestValidatorSetResponse,
                GetValidatorSetByHeightRequest, GetValidatorSetByHeightResponse, Header as SdkHeader, Validator,
            },
        },
        crypto,
    },
    pack,
    tendermint::v0_38::types::{Block, BlockId},
};
use tonic::Status;

use super::{
    Node,
    comet::{integer, text},
};

/// Most validators that CometBFT gives at once.
const PAGE: u64 = 100;

/// `block` of the RPC.
#[derive(Deserialize)]
struct BlockAnswer {
    block_id: tendermint::block::Id,
    block: tendermint::Block,
}

pub(super) fn latest(node: &Node, _: GetLatestBlockRequest) -> Result<GetLatestBlockResponse, Status> {
    let (block_id, block) = block(node, None)?;
    Ok(GetLatestBlockResponse { block_id: Some(block_id), sdk_block: Some(sdk_block(&block)?), block: Some(block) })
}

pub(super) fn by_height(node: &Node, request: GetBlockByHeightRequest) -> Result<GetBlockByHeightResponse, Status> {
    let (block_id, block) = block(node, Some(request.height))?;
    Ok(GetBlockByHeightResponse { block_id: Some(block_id), sdk_block: Some(sdk_block(&block)?), block: Some(block) })
}

/// A block; `None` is the latest.
pub(super) fn block(node: &Node, height: Option<i64>) -> Result<(BlockId, Block), Status> {
    let params = match height {
        None => json!({}),
        Some(height) => json!({"height": existing(node, height)?.to_string()}),
    };
    let answer = BlockAnswer::deserialize(node.comet.call("block", &params)?)
        .map_err(|e| Status::internal(format!("CometBFT's block cannot be read: {e}")))?;
    Ok((answer.block_id.into(), answer.block.into()))
}

/// A height that has a block (words of the SDK, `client/grpc/cmtservice/service.go`).
fn existing(node: &Node, height: i64) -> Result<i64, Status> {
    let latest = i64::try_from(node.app.store().head().height).unwrap_or(i64::MAX);
    if height > latest {
        return Err(Status::invalid_argument("requested block height is bigger then the chain length"));
    }
    if height < 1 {
        return Err(Status::invalid_argument(format!("height {height} has no block: the first is 1")));
    }
    Ok(height)
}

/// The block with its proposer as an address in text.
fn sdk_block(block: &Block) -> Result<SdkBlock, Status> {
    let header = block.header.clone().map(|h| {
        Ok::<_, Status>(SdkHeader {
            version: h.version,
            chain_id: h.chain_id,
            height: h.height,
            time: h.time,
            last_block_id: h.last_block_id,
            last_commit_hash: h.last_commit_hash,
            data_hash: h.data_hash,
            validators_hash: h.validators_hash,
            next_validators_hash: h.next_validators_hash,
            consensus_hash: h.consensus_hash,
            app_hash: h.app_hash,
            last_results_hash: h.last_results_hash,
            evidence_hash: h.evidence_hash,
            proposer_address: consensus_address(&h.proposer_address)?,
        })
    });
    Ok(SdkBlock {
        header: header.transpose()?,
        data: block.data.clone(),
        evidence: block.evidence.clone(),
        last_commit: block.last_commit.clone(),
    })
}

/// `synergyvalcons1…`, the address of a validator's consensus key.
fn consensus_address(bytes: &[u8]) -> Result<String, Status> {
    let prefix = Hrp::parse(&format!("{ADDRESS_PREFIX}valcons")).map_err(|e| Status::internal(e.to_string()))?;
    bech32::encode::<Bech32>(prefix, bytes).map_err(|e| Status::internal(e.to_string()))
}

pub(super) fn latest_validators(
    node: &Node,
    request: GetLatestValidatorSetRequest,
) -> Result<GetLatestValidatorSetResponse, Status> {
    let (block_height, validators, pagination) = validators(node, None, request.pagination)?;
    Ok(GetLatestValidatorSetResponse { block_height, validators, pagination: Some(pagination) })
}

pub(super) fn validators_by_height(
    node: &Node,
    request: GetValidatorSetByHeightRequest,
) -> Result<GetValidatorSetByHeightResponse, Status> {
    let (block_height, validators, pagination) = validators(node, Some(request.height), request.pagination)?;
    Ok(GetValidatorSetByHeightResponse { block_height, validators, pagination: Some(pagination) })
}

/// A page of the validators of a height, by offset and limit, as the SDK has it.
fn validators(
    node: &Node,
    height: Option<i64>,
    page: Option<PageRequest>,
) -> Result<(i64, Vec<Validator>, PageResponse), Status> {
    let page = page.unwrap_or_default();
    if !page.key.is_empty() {
        return Err(Status::invalid_argument("pagination: validator sets have no key, give offset and limit"));
    }
    let limit = if page.limit == 0 { PAGE } else { page.limit.min(PAGE) };
    // CometBFT counts pages, so one asked for in between lies on two of them.
    let first = page.offset / limit + 1;
    let (mut found, mut total, mut at) = (Vec::new(), 0, 0);
    for number in [first, first + 1] {
        if number > first && (page.offset.is_multiple_of(limit) || (number - 1) * limit >= total) {
            break;
        }
        let mut params = json!({"page": number.to_string(), "per_page": limit.to_string()});
        if let Some(height) = height {
            params["height"] = existing(node, height)?.to_string().into();
        }
        let answer = node.comet.call("validators", &params)?;
        (total, at) = (integer(&answer["total"]), integer(&answer["block_height"]));
        found.extend(answer["validators"].as_array().into_iter().flatten().cloned());
    }
    let skip = usize::try_from(page.offset % limit).unwrap_or(usize::MAX);
    let take = usize::try_from(limit).unwrap_or(usize::MAX);
    let validators = found.iter().skip(skip).take(take).map(validator).collect::<Result<_, _>>()?;
    Ok((at, validators, PageResponse { next_key: Vec::new(), total }))
}

fn validator(value: &Value) -> Result<Validator, Status> {
    let address = hex::decode(text(&value["address"])).unwrap_or_default();
    Ok(Validator {
        address: consensus_address(&address)?,
        pub_key: public_key(&value["pub_key"]),
        voting_power: integer(&value["voting_power"]),
        proposer_priority: integer(&value["proposer_priority"]),
    })
}

/// A consensus key as the SDK packs it; `None` for a kind that it has no message for.
fn public_key(value: &Value) -> Option<Any> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let key = BASE64_STANDARD.decode(value["value"].as_str()?).ok()?;
    match value["type"].as_str()? {
        "tendermint/PubKeyEd25519" => Some(pack(&crypto::ed25519::PubKey { key })),
        "cometbft/PubKeyMlDsa65" => Some(pack(&synergy_proto::MlDsa65PubKey { key })),
        "tendermint/PubKeySecp256k1" => Some(pack(&crypto::secp256k1::PubKey { key })),
        _ => None,
    }
}
