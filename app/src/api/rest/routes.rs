//! The table of HTTP methods and paths, from `google.api.http` of the served methods.

use std::sync::Arc;

use http::Method;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

use super::template::Template;
use crate::api::schema::{Schema, path_of};

/// What a request's body is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Body {
    /// Nothing: parameters are in the URL.
    None,
    /// The whole request message.
    Whole,
    /// One field of it.
    Field(String),
}

/// Fields of the request that the path carries, with their values.
pub(super) type Variables = Vec<(String, String)>;

/// One HTTP method and path of a gRPC method.
pub(super) struct Route {
    pub(super) template: Template,
    pub(super) verb: Method,
    pub(super) body: Body,
    pub(super) method: MethodDescriptor,
    /// The gRPC path.
    pub(super) path: String,
}

/// All routes; of several that match, the first is meant.
pub(super) struct Routes(Vec<Arc<Route>>);

impl Routes {
    /// Routes of all served methods.
    ///
    /// # Errors
    /// An annotation that cannot be served.
    pub(super) fn new(schema: &Schema) -> Result<Self, String> {
        let mut routes = Vec::new();
        for (_, method) in schema.methods() {
            let Some(rule) = schema.http_rule(method) else { continue };
            routes.push(route(method, &rule)?);
            if let Some(more) = rule.get_field_by_name("additional_bindings") {
                for rule in more.as_list().unwrap_or_default().iter().filter_map(Value::as_message) {
                    routes.push(route(method, rule)?);
                }
            }
        }
        routes.sort_by(|a, b| {
            let key = |r: &Route| (r.template.clone(), r.verb.to_string(), r.path.clone());
            key(a).cmp(&key(b))
        });
        Ok(Self(routes.into_iter().map(Arc::new).collect()))
    }

    /// The route of a request and the values of its path's variables.
    pub(super) fn find(&self, verb: &Method, path: &str) -> Option<(Arc<Route>, Variables)> {
        self.0.iter().filter(|route| route.verb == *verb).find_map(|route| {
            let found = route.template.matches(path)?;
            let owned = found.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            Some((route.clone(), owned))
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter().map(AsRef::as_ref)
    }
}

fn route(method: &MethodDescriptor, rule: &DynamicMessage) -> Result<Route, String> {
    let text =
        |name: &str| rule.get_field_by_name(name).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let verbs = [("get", Method::GET), ("post", Method::POST), ("put", Method::PUT), ("delete", Method::DELETE)];
    let (verb, path) = verbs
        .into_iter()
        .map(|(name, verb)| (verb, text(name)))
        .find(|(_, path)| !path.is_empty())
        .ok_or_else(|| format!("{}: google.api.http names no method", method.full_name()))?;
    let body = match text("body").as_str() {
        "" => Body::None,
        "*" => Body::Whole,
        field => Body::Field(field.to_owned()),
    };
    let template = Template::parse(&path).map_err(|e| format!("{}: {e}", method.full_name()))?;
    Ok(Route { template, verb, body, method: method.clone(), path: path_of(method) })
}
