//! Why a text is not the XML it should be.

use quick_xml::Error;
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::attributes::AttrError;

use crate::model::text;

/// Columns of the text of a message: names in it come from the document and may be long.
const MESSAGE_WIDTH: usize = 120;

/// A text that is not well-formed XML, or not the document it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct XmlError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there, in words; cleaned.
    pub message: String,
}

impl XmlError {
    /// An error at this byte of the text. An offset past the end means the end.
    pub(super) fn at(xml: &str, offset: usize, message: impl AsRef<str>) -> Self {
        let before = &xml.as_bytes()[..offset.min(xml.len())];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        // A byte that does not continue a UTF-8 sequence begins a character.
        let column = before[line_start..].iter().filter(|b| **b & 0xc0 != 0x80).count() + 1;
        let message = text::clean(message.as_ref());
        Self {
            line: before.split(|b| *b == b'\n').count(),
            column,
            message: text::truncate(&message, MESSAGE_WIDTH).into_owned(),
        }
    }
}

/// What the parser found wrong, in words.
pub(super) fn sentence(error: &Error) -> String {
    match error {
        Error::Syntax(e) => syntax(*e).into(),
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("</{found}> stands where </{expected}> should")
        }
        Error::IllFormed(IllFormedError::UnmatchedEndTag(tag)) => format!("</{tag}> closes nothing"),
        Error::IllFormed(IllFormedError::UnclosedReference) => "a & is not followed by a name and ;".into(),
        Error::InvalidAttr(e) => attribute(e).into(),
        other => other.to_string(),
    }
}

const fn syntax(error: SyntaxError) -> &'static str {
    match error {
        SyntaxError::InvalidBangMarkup => "<! does not begin a comment, CDATA or DOCTYPE",
        SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl => "<? is not closed by ?>",
        SyntaxError::UnclosedComment => "a comment is not closed by -->",
        SyntaxError::UnclosedDoctype => "<!DOCTYPE is not closed by >",
        SyntaxError::UnclosedCData => "<![CDATA[ is not closed by ]]>",
        SyntaxError::UnclosedTag => "a tag is not closed by >",
        SyntaxError::UnclosedSingleQuotedAttributeValue | SyntaxError::UnclosedDoubleQuotedAttributeValue => {
            "the value of an attribute has no closing quote"
        }
    }
}

const fn attribute(error: &AttrError) -> &'static str {
    match error {
        AttrError::ExpectedEq(_) => "an attribute has no value",
        AttrError::ExpectedValue(_) => "= is not followed by a value",
        AttrError::UnquotedValue(_) => "the value of an attribute is not in quotes",
        AttrError::ExpectedQuote(..) => "the value of an attribute has no closing quote",
        AttrError::Duplicated(..) => "an attribute stands twice",
    }
}
