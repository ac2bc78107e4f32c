//! Paths of `google.api.http`: `/cosmos/bank/v1beta1/balances/{address}`.

use percent_encoding::percent_decode_str;

/// One part between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// Goes before a variable where both fit.
    Literal(String),
    /// `{field}`, one part of the path.
    Variable(String),
    /// `{field=**}`, as many parts as the rest of the template leaves.
    Rest(String),
}

/// A path with variables. Templates are ordered by which one a path means when
/// several match: the more literal first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Template(Vec<Segment>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Forms of `google.api.http` that no Cosmos service uses.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let path = text.strip_prefix('/').ok_or_else(|| format!("{text}: a path starts with a slash"))?;
        let segments: Vec<Segment> = path.split('/').map(segment).collect::<Result<_, _>>()?;
        let rests = segments.iter().filter(|s| matches!(s, Segment::Rest(_))).count();
        if rests > 1 { Err(format!("{text}: a path has ** once")) } else { Ok(Self(segments)) }
    }

    /// The variables' values if the path fits, decoded.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        // How many parts `**` stands for, if it is there.
        let spare = parts.len().checked_sub(self.0.len())? + 1;
        let (mut parts, mut found) = (parts.as_slice(), Vec::new());
        for segment in &self.0 {
            let (here, after) = parts.split_at_checked(if matches!(segment, Segment::Rest(_)) { spare } else { 1 })?;
            parts = after;
            let value = percent_decode_str(&here.join("/")).decode_utf8().ok()?.into_owned();
            match segment {
                Segment::Literal(text) if *text == value => {}
                Segment::Literal(_) => return None,
                Segment::Variable(_) | Segment::Rest(_) if value.is_empty() => return None,
                Segment::Variable(field) | Segment::Rest(field) => found.push((field.as_str(), value)),
            }
        }
        parts.is_empty().then_some(found)
    }

    /// Fields that the path carries.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Variable(field) | Segment::Rest(field) => Some(field.as_str()),
        })
    }

    /// The path as OpenAPI writes it.
    pub(super) fn open_api(&self) -> String {
        let part = |segment: &Segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Variable(field) | Segment::Rest(field) => format!("/{{{field}}}"),
        };
        self.0.iter().map(part).collect()
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    let Some(inner) = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) else {
        let odd = text.contains(['{', '}', '*', ':']);
        return if odd { Err(format!("{text}: not a part of a path")) } else { Ok(Segment::Literal(text.to_owned())) };
    };
    match inner.split_once('=') {
        None | Some((_, "*")) => Ok(Segment::Variable(inner.trim_end_matches("=*").to_owned())),
        Some((field, "**")) => Ok(Segment::Rest(field.to_owned())),
        Some(_) => Err(format!("{text}: only * and ** stand after =")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Template {
        Template::parse(text).unwrap()
    }

    #[test]
    fn variables_are_decoded_after_the_path_is_split() {
        let one = of("/a/{x}/b");
        assert_eq!(one.matches("/a/1%2F2/b").unwrap(), [("x", "1/2".to_owned())]);
        assert_eq!(one.matches("/a/%C3%A4/b").unwrap(), [("x", "ä".to_owned())]);
        for other in ["/a/1/2/b", "/a//b", "/a/1", "/a/1/b/", "/a/%ff/b", "a/1/b", ""] {
            assert_eq!(one.matches(other), None, "{other}");
        }
        let rest = of("/t/{hash=**}");
        assert_eq!(rest.matches("/t/ibc/27AA").unwrap(), [("hash", "ibc/27AA".to_owned())]);
        assert_eq!(rest.matches("/t"), None);
        let middle = of("/d/{denom=**}/total");
        assert_eq!(middle.matches("/d/ibc/27AA/total").unwrap(), [("denom", "ibc/27AA".to_owned())]);
        assert_eq!(middle.matches("/d/ibc%2F27AA/total").unwrap(), [("denom", "ibc/27AA".to_owned())]);
        for other in ["/d/total", "/d//total", "/d/a/b"] {
            assert_eq!(middle.matches(other), None, "{other}");
        }
        assert_eq!(of("/").matches("/"), Some(Vec::new()));
    }

    #[test]
    fn literal_parts_go_first() {
        let mut templates = [of("/s/{denom}"), of("/s/{denom=**}"), of("/s/by_denom")];
        templates.sort();
        assert_eq!(templates.map(|t| t.open_api())[0], "/s/by_denom");
        assert_eq!(of("/s/{denom=**}").fields().collect::<Vec<_>>(), ["denom"]);
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in ["a", "/{x=a/*}", "/{x=**}/{y=**}", "/a:verb", "/*"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
