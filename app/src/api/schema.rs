//! What the descriptor set says about the served methods and their messages.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor, Value,
};
use synergy_proto::DESCRIPTORS;

/// The JSON form of a field whose Go type has another than its protobuf type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `cosmossdk.io/math.LegacyDec`: an integer scaled by 10^18, as text; decimal
    /// text in JSON. The field may be `string` or `bytes`.
    Dec,
    /// `cosmossdk.io/math.Int` in a `bytes` field: the integer's text.
    Int,
    /// `HexBytes` of CometBFT: upper-case hexadecimal.
    Hex,
    /// `RawContractMessage` of wasmd: the bytes are JSON and stand as they are.
    Json,
}

/// Descriptors of all known messages, and the methods that this node serves.
pub(super) struct Schema {
    pool: DescriptorPool,
    /// By gRPC path, `/package.Service/Method`.
    methods: HashMap<String, MethodDescriptor>,
    /// By full field name, only where it is not the protobuf type's.
    forms: HashMap<String, Form>,
    /// Full names of message fields that Go cannot leave out (`nullable = false`).
    required: BTreeSet<String>,
}

impl Schema {
    /// Reads the committed descriptor set; `served` are the gRPC paths with a handler.
    ///
    /// # Errors
    /// When the set, which is part of the program, is damaged.
    pub(super) fn new<'a>(served: impl IntoIterator<Item = &'a str>) -> Result<Arc<Self>, String> {
        let pool = DescriptorPool::decode(DESCRIPTORS).map_err(|e| format!("descriptor set: {e}"))?;
        let served: BTreeSet<&str> = served.into_iter().collect();
        let methods = pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|method| (path_of(&method), method))
            .filter(|(path, _)| served.contains(path.as_str()))
            .collect();
        let mut schema = Self { methods, forms: HashMap::new(), required: BTreeSet::new(), pool };
        schema.read_fields()?;
        Ok(Arc::new(schema))
    }

    fn read_fields(&mut self) -> Result<(), String> {
        let extension = |name: &str| {
            self.pool.get_extension_by_name(name).ok_or_else(|| format!("descriptor set: no extension {name}"))
        };
        let options = FieldOptions {
            custom_type: extension("gogoproto.customtype")?,
            cast_type: extension("gogoproto.casttype")?,
            nullable: extension("gogoproto.nullable")?,
        };
        let (mut forms, mut required) = (HashMap::new(), BTreeSet::new());
        for field in self.pool.all_messages().flat_map(|m| m.fields().collect::<Vec<_>>()) {
            let set = field.options();
            if let Some(form) = options.form(&field, &set) {
                forms.insert(field.full_name().to_owned(), form);
            }
            if set.has_extension(&options.nullable) && set.get_extension(&options.nullable).as_bool() == Some(false) {
                required.insert(field.full_name().to_owned());
            }
        }
        (self.forms, self.required) = (forms, required);
        Ok(())
    }

    /// The method at a gRPC path; `None` when it is unknown or has no handler.
    pub(super) fn method(&self, path: &str) -> Option<&MethodDescriptor> {
        self.methods.get(path)
    }

    /// All methods with a handler, by path.
    pub(super) fn methods(&self) -> impl Iterator<Item = (&str, &MethodDescriptor)> {
        self.methods.iter().map(|(path, method)| (path.as_str(), method))
    }

    /// Names of the services that have a method with a handler, sorted.
    pub(super) fn services(&self) -> BTreeSet<String> {
        self.methods.values().map(|m| m.parent_service().full_name().to_owned()).collect()
    }

    /// The message that an `Any` of this type URL carries.
    pub(super) fn message(&self, type_url: &str) -> Option<MessageDescriptor> {
        self.pool.get_message_by_name(type_url.rsplit('/').next()?)
    }

    /// The option of `google.api.http` on a method.
    pub(super) fn http_rule(&self, method: &MethodDescriptor) -> Option<DynamicMessage> {
        let extension = self.pool.get_extension_by_name("google.api.http")?;
        let options = method.options();
        if !options.has_extension(&extension) {
            return None;
        }
        match options.get_extension(&extension).into_owned() {
            Value::Message(rule) => Some(rule),
            _ => None,
        }
    }

    /// The special JSON form of a field.
    pub(super) fn form(&self, field: &FieldDescriptor) -> Option<Form> {
        self.forms.get(field.full_name()).copied()
    }

    /// Whether an absent message field stands for its default.
    pub(super) fn is_required(&self, field: &FieldDescriptor) -> bool {
        self.required.contains(field.full_name())
    }
}

/// The gRPC path of a method.
pub(super) fn path_of(method: &MethodDescriptor) -> String {
    let service: &ServiceDescriptor = method.parent_service();
    format!("/{}/{}", service.full_name(), method.name())
}

struct FieldOptions {
    custom_type: ExtensionDescriptor,
    cast_type: ExtensionDescriptor,
    nullable: ExtensionDescriptor,
}

impl FieldOptions {
    fn form(&self, field: &FieldDescriptor, set: &DynamicMessage) -> Option<Form> {
        let text = |extension| set.get_extension(extension).as_str().map(str::to_owned).unwrap_or_default();
        let (custom, cast) = (text(&self.custom_type), text(&self.cast_type));
        let bytes = match field.kind() {
            Kind::String => false,
            Kind::Bytes => true,
            _ => return None,
        };
        // gov.v1 has decimals that are texts on the wire too: scalar `cosmos.Dec`, no Go type.
        if custom.ends_with("Dec") {
            Some(Form::Dec)
        } else if bytes && custom.ends_with("Int") {
            Some(Form::Int)
        } else if bytes && (cast.ends_with("HexBytes") || custom.ends_with("HexBytes")) {
            Some(Form::Hex)
        } else if bytes && cast.ends_with("RawContractMessage") {
            Some(Form::Json)
        } else {
            None
        }
    }
}
