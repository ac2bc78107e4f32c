use synergy_kernel::{Page, Routes, address, sdk};
use synergy_model_registry::{Caller, Engine, read_id};
use synergy_proto::synergy::aivm::{
    QueryBlobDataRequest, QueryBlobDataResponse, QueryBlobRequest, QueryBlobResponse, QueryBlobsRequest,
    QueryBlobsResponse, QueryEstimateInferenceRequest, QueryInferRequest, QueryInferResponse,
    QueryInterchainPayerRequest, QueryInterchainPayerResponse, QueryParamsRequest, QueryParamsResponse,
    QueryRecordRequest, QueryRecordResponse, QueryRecordsRequest, QueryRecordsResponse,
};

use crate::{
    blob::{self, BLOBS},
    estimate::estimate,
    infer_for,
    interchain::payer,
    msgs::hash,
    params::params,
    state::RECORDS,
};

pub(crate) fn register(routes: &mut Routes, engine: &Engine) {
    let (engine, estimating) = (engine.clone(), engine.clone());
    routes.query("/synergy.aivm.v1.Query/Infer", move |ctx, q: QueryInferRequest| {
        let inferred = infer_for(ctx, &engine, Caller::Query, &read_id(&q.model_id, "model_id")?, &q.inputs)?;
        Ok(QueryInferResponse {
            outputs: inferred.outputs,
            input_hash: inferred.input_hash.to_vec(),
            output_hash: inferred.output_hash.to_vec(),
            gas: inferred.gas,
        })
    });
    routes.query("/synergy.aivm.v1.Query/EstimateInference", move |ctx, q: QueryEstimateInferenceRequest| {
        estimate(ctx, &estimating, &q)
    });
    routes.query("/synergy.aivm.v1.Query/Record", |ctx, q: QueryRecordRequest| match RECORDS.get(ctx, q.id)? {
        Some(record) => Ok(QueryRecordResponse { record: Some(record) }),
        None => Err(sdk::not_found(format!("inference record {}", q.id))),
    });
    routes.query("/synergy.aivm.v1.Query/Records", |ctx, q: QueryRecordsRequest| {
        let (records, page) = RECORDS.page(ctx, (), &Page::from(q.pagination))?;
        Ok(QueryRecordsResponse { records: records.into_iter().map(|(_, r)| r).collect(), pagination: page.into() })
    });
    routes.query("/synergy.aivm.v1.Query/Blob", |ctx, q: QueryBlobRequest| {
        let owner = address(&q.owner, "owner")?;
        let blob = blob::get(ctx, &owner, &hash(&q.hash)?)?;
        let missing = blob::missing(ctx, &owner, &blob)?;
        Ok(QueryBlobResponse { blob: Some(blob), missing })
    });
    routes.query("/synergy.aivm.v1.Query/Blobs", |ctx, q: QueryBlobsRequest| {
        let (blobs, page) = BLOBS.page(ctx, address(&q.owner, "owner")?, &Page::from(q.pagination))?;
        Ok(QueryBlobsResponse { blobs: blobs.into_iter().map(|(_, blob)| blob).collect(), pagination: page.into() })
    });
    routes.query("/synergy.aivm.v1.Query/BlobData", |ctx, q: QueryBlobDataRequest| {
        Ok(QueryBlobDataResponse { data: blob::data(ctx, &hash(&q.hash)?)? })
    });
    routes.query("/synergy.aivm.v1.Query/InterchainPayer", |_, q: QueryInterchainPayerRequest| {
        if q.channel_id.is_empty() || q.sender.is_empty() {
            return Err(sdk::invalid_request(
                "name the channel of port inference, as this chain has it, and the sender",
            ));
        }
        Ok(QueryInterchainPayerResponse { address: payer(&q.channel_id, &q.sender).to_string() })
    });
    routes.query("/synergy.aivm.v1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(params(ctx)?) })
    });
}
