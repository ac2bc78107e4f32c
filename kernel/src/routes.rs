use std::{collections::BTreeMap, sync::Arc};

use synergy_proto::{Address, Any, type_url};

use crate::{Ctx, Error, Result, sdk};

type Decoder = Box<dyn Fn(&[u8]) -> Result<Box<dyn Call>> + Send + Sync>;
type Query = Box<dyn Fn(&mut Ctx<'_>, &[u8]) -> Result<Vec<u8>> + Send + Sync>;

/// A decoded message together with its handler.
pub trait Call: Send + Sync {
    /// Who must have signed for it.
    fn signers(&self) -> Result<Vec<Address>>;
    /// The checks that need no state.
    fn validate(&self) -> Result<()>;
    /// What it is worth to the mempool, on the state that the mempool's transactions leave.
    /// It may write what later ones of the mempool have to see.
    fn worth(&self, ctx: &mut Ctx<'_>) -> Result<Worth>;
    /// Executes it and returns its response.
    fn run(&self, ctx: &mut Ctx<'_>) -> Result<Any>;
}

/// Whether a message is a reason to take its transaction into the mempool. One with a
/// redundant message and without a new one is refused.
#[derive(Clone, Debug)]
pub enum Worth {
    /// It may do something.
    New,
    /// Somebody has done the same before; the error of a transaction that is refused for it.
    Redundant(Error),
    /// It is sent for the sake of others.
    Aside,
}

/// Where messages and queries go: exact look-up by type URL and gRPC path. Clones
/// share the tables, so that an engine can own its routes.
#[derive(Clone, Default)]
pub struct Routes(Option<Arc<Tables>>);

#[derive(Default)]
struct Tables {
    messages: BTreeMap<String, Decoder>,
    queries: BTreeMap<String, Query>,
}

type Run<M, R> = Box<dyn Fn(&mut Ctx<'_>, &M) -> Result<R> + Send + Sync>;
type Judge<M> = fn(&mut Ctx<'_>, &M) -> Result<Worth>;

struct Handler<M, R> {
    signers: fn(&M) -> Result<Vec<Address>>,
    validate: fn(&M) -> Result<()>,
    worth: Judge<M>,
    run: Run<M, R>,
}

struct Message<M, R> {
    message: M,
    handler: Arc<Handler<M, R>>,
}

impl<M, R> Call for Message<M, R>
where
    M: prost::Message + 'static,
    R: prost::Name + 'static,
{
    fn signers(&self) -> Result<Vec<Address>> {
        (self.handler.signers)(&self.message)
    }

    fn validate(&self) -> Result<()> {
        (self.handler.validate)(&self.message)
    }

    fn worth(&self, ctx: &mut Ctx<'_>) -> Result<Worth> {
        (self.handler.worth)(ctx, &self.message)
    }

    fn run(&self, ctx: &mut Ctx<'_>) -> Result<Any> {
        Ok(synergy_proto::pack(&(self.handler.run)(ctx, &self.message)?))
    }
}

impl Routes {
    /// Routes that lead nowhere.
    pub const fn new() -> Self {
        Self(None)
    }

    fn tables(&mut self) -> &mut Tables {
        match Arc::get_mut(self.0.get_or_insert_default()) {
            Some(tables) => tables,
            None => panic!("routes are added before anything runs on them"),
        }
    }

    /// Adds a message. `signers` and `validate` need no state; `run` is called
    /// only when the signers have signed.
    ///
    /// The functions are arguments, and not a trait on the message, because most
    /// messages are Cosmos types that a module may not implement traits for.
    ///
    /// # Panics
    /// When the message has a handler already: two modules disagree.
    pub fn message<M, R>(
        &mut self,
        signers: fn(&M) -> Result<Vec<Address>>,
        validate: fn(&M) -> Result<()>,
        run: impl Fn(&mut Ctx<'_>, &M) -> Result<R> + Send + Sync + 'static,
    ) where
        M: prost::Name + Default + 'static,
        R: prost::Name + 'static,
    {
        self.judged_message(signers, validate, |_, _| Ok(Worth::New), run);
    }

    /// As [`message`](Self::message), of one that may be worth nothing to the mempool.
    ///
    /// # Panics
    /// As there.
    pub fn judged_message<M, R>(
        &mut self,
        signers: fn(&M) -> Result<Vec<Address>>,
        validate: fn(&M) -> Result<()>,
        worth: fn(&mut Ctx<'_>, &M) -> Result<Worth>,
        run: impl Fn(&mut Ctx<'_>, &M) -> Result<R> + Send + Sync + 'static,
    ) where
        M: prost::Name + Default + 'static,
        R: prost::Name + 'static,
    {
        let handler = Arc::new(Handler { signers, validate, worth, run: Box::new(run) });
        let decoder: Decoder = Box::new(move |bytes| {
            let message = M::decode(bytes)
                .map_err(|e| sdk::tx_decode(format!("message {} cannot be decoded: {e}", M::full_name())))?;
            Ok(Box::new(Message { message, handler: handler.clone() }))
        });
        let url = type_url::<M>();
        assert!(self.tables().messages.insert(url.clone(), decoder).is_none(), "two handlers for message {url}");
    }

    /// Adds a query under its gRPC path, e.g. `/cosmos.bank.v1beta1.Query/Balance`.
    ///
    /// # Panics
    /// When the path has a handler already.
    pub fn query<Q, R>(&mut self, path: &str, run: impl Fn(&mut Ctx<'_>, Q) -> Result<R> + Send + Sync + 'static)
    where
        Q: prost::Message + Default + 'static,
        R: prost::Message + 'static,
    {
        let name = path.to_owned();
        let handler: Query = Box::new(move |ctx, bytes| {
            let request = Q::decode(bytes)
                .map_err(|e| sdk::invalid_request(format!("request of {name} cannot be decoded: {e}")))?;
            Ok(run(ctx, request)?.encode_to_vec())
        });
        assert!(self.tables().queries.insert(path.to_owned(), handler).is_none(), "two handlers for query {path}");
    }

    /// Decodes a message and finds its handler.
    pub fn decode(&self, any: &Any) -> Result<Box<dyn Call>> {
        match self.0.as_ref().and_then(|tables| tables.messages.get(&any.type_url)) {
            Some(decoder) => decoder(&any.value),
            None => {
                let shown: String = any.type_url.chars().take(120).collect();
                Err(sdk::unknown_request(format!("unable to resolve type URL {shown}: this chain has no such message")))
            }
        }
    }

    /// Whether a message with the type URL has a handler.
    pub fn knows_message(&self, type_url: &str) -> bool {
        self.0.as_ref().is_some_and(|tables| tables.messages.contains_key(type_url))
    }

    /// Answers a query; `None` when nobody serves the path.
    pub fn answer(&self, ctx: &mut Ctx<'_>, path: &str, request: &[u8]) -> Option<Result<Vec<u8>>> {
        self.0.as_ref()?.queries.get(path).map(|handler| handler(ctx, request))
    }

    /// Type URLs of all messages, sorted.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|tables| tables.messages.keys()).map(String::as_str)
    }

    /// Paths of all queries, sorted.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|tables| tables.queries.keys()).map(String::as_str)
    }
}
