//! A document as a flat list of elements in reading order: nothing recurses, however deep the nesting, and
//! names and attributes are slices of the text.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::error::{XmlError, sentence};

#[derive(Debug)]
struct Node<'a> {
    start: BytesStart<'a>,
    /// Its own text, without that of its children.
    text: Cow<'a, str>,
    /// Index after its last descendant.
    end: usize,
}

/// A well-formed document.
#[derive(Debug)]
pub(super) struct Document<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> Document<'a> {
    /// Reads a document whose root element has this name.
    pub(super) fn parse(xml: &'a str, root: &str) -> Result<Self, XmlError> {
        let mut builder = Builder { xml, nodes: Vec::new(), open: Vec::new() };
        let mut reader = Reader::from_str(xml);
        loop {
            let at = offset(reader.buffer_position());
            match reader.read_event() {
                Ok(Event::Start(start)) => builder.open(start, at)?,
                Ok(Event::Empty(start)) => {
                    builder.open(start, at)?;
                    builder.close();
                }
                Ok(Event::End(_)) => builder.close(),
                Ok(Event::Text(text)) => builder.text(text.xml10_content(), at)?,
                Ok(Event::CData(text)) => builder.text(text.xml10_content(), at)?,
                Ok(Event::GeneralRef(name)) => builder.text(resolve(&name), at)?,
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
                Ok(Event::Eof) => return builder.finish(root),
                Err(e) => return Err(XmlError::at(xml, offset(reader.error_position()), sentence(&e))),
            }
        }
    }

    /// The root element.
    pub(super) fn root(&self) -> Element<'_> {
        Element { nodes: &self.nodes, at: 0 }
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// A reference as text. One that is not predefined stays as it was written: entities are never expanded.
fn resolve<'a>(name: &BytesRef<'a>) -> Cow<'a, str> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Cow::Owned(c.to_string());
    }
    resolve_predefined_entity(name).map_or_else(|| Cow::Owned(format!("&{};", &**name)), Cow::Borrowed)
}

struct Builder<'a> {
    xml: &'a str,
    nodes: Vec<Node<'a>>,
    /// Indices of the elements not closed yet.
    open: Vec<usize>,
}

impl<'a> Builder<'a> {
    fn open(&mut self, start: BytesStart<'a>, at: usize) -> Result<(), XmlError> {
        if self.open.is_empty() && !self.nodes.is_empty() {
            return Err(self.error(at, format!("<{}> stands after the end of the document", start.name().0)));
        }
        if let Some(Err(e)) = start.attributes().with_checks(false).find(Result::is_err) {
            return Err(self.error(at, sentence(&e.into())));
        }
        self.open.push(self.nodes.len());
        self.nodes.push(Node { start, text: Cow::Borrowed(""), end: 0 });
        Ok(())
    }

    fn close(&mut self) {
        let end = self.nodes.len();
        if let Some(node) = self.open.pop().and_then(|at| self.nodes.get_mut(at)) {
            node.end = end;
        }
    }

    fn text(&mut self, text: Cow<'a, str>, at: usize) -> Result<(), XmlError> {
        match self.open.last().and_then(|at| self.nodes.get_mut(*at)) {
            Some(node) if node.text.trim_ascii().is_empty() => node.text = text,
            Some(node) => node.text.to_mut().push_str(&text),
            None if text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n', '\0']).is_empty() => {}
            None => return Err(self.error(at, "text stands outside the document's root element")),
        }
        Ok(())
    }

    fn finish(self, root: &str) -> Result<Document<'a>, XmlError> {
        if let Some(node) = self.open.last().and_then(|at| self.nodes.get(*at)) {
            return Err(self.error(self.xml.len(), format!("<{}> is not closed", node.start.name().0)));
        }
        match self.nodes.first().map(|node| node.start.local_name()) {
            Some(name) if name.into_inner() == root => Ok(Document { nodes: self.nodes }),
            Some(name) => {
                let at = self.xml.find('<').unwrap_or_default();
                Err(self.error(at, format!("the document is a <{}>, not a <{root}>", name.into_inner())))
            }
            None => Err(self.error(0, "there is no XML element")),
        }
    }

    fn error(&self, at: usize, message: impl AsRef<str>) -> XmlError {
        XmlError::at(self.xml, at, message)
    }
}

trait TrimAscii {
    fn trim_ascii(&self) -> &str;
}

impl TrimAscii for Cow<'_, str> {
    fn trim_ascii(&self) -> &str {
        self.trim_matches([' ', '\t', '\r', '\n'])
    }
}

/// One element of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'d> {
    nodes: &'d [Node<'d>],
    at: usize,
}

impl<'d> Element<'d> {
    fn node(&self) -> &'d Node<'d> {
        &self.nodes[self.at]
    }

    /// Its name without prefix.
    pub(super) fn name(&self) -> &'d str {
        self.node().start.local_name().into_inner()
    }

    /// The prefix of its name; empty when there is none.
    pub(super) fn prefix(&self) -> &'d str {
        self.node().start.name().prefix().map_or("", |p| p.into_inner())
    }

    /// The value of an attribute, trimmed; `None` when it is absent or empty.
    pub(super) fn attr(&self, name: &str) -> Option<Cow<'d, str>> {
        let mut attributes = self.node().start.attributes();
        let found = attributes.with_checks(false).flatten().find(|a| a.key.0 == name)?;
        let value = found.normalized_value(XmlVersion::Implicit1_0).unwrap_or(found.value);
        trimmed(value)
    }

    /// An attribute as an owned string.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.attr(name).map(Cow::into_owned)
    }

    /// Whether an attribute has this value.
    pub(super) fn attr_is(&self, name: &str, value: &str) -> bool {
        self.attr(name).is_some_and(|v| v == value)
    }

    /// Its own text, trimmed; `None` when there is none.
    pub(super) fn text(&self) -> Option<Cow<'d, str>> {
        trimmed(Cow::Borrowed(&self.node().text))
    }

    /// All its attributes, with their trimmed values.
    pub(super) fn attrs(&self) -> impl Iterator<Item = Cow<'d, str>> + use<'d> {
        let mut attributes = self.node().start.attributes();
        attributes.with_checks(false);
        attributes
            .flatten()
            .filter_map(|a| trimmed(a.normalized_value(XmlVersion::Implicit1_0).unwrap_or(a.value)))
    }

    /// It and all below it, in reading order; with each whether the walk is within an element for which `marks` holds.
    pub(super) fn walk(&self, marks: impl Fn(Self) -> bool) -> Vec<(Self, bool)> {
        let (nodes, first, end) = (self.nodes, self.at, self.node().end);
        let mut marked_until = 0;
        let mut out = Vec::with_capacity(end.saturating_sub(first));
        for at in first..end {
            let element = Self { nodes, at };
            if marks(element) {
                marked_until = marked_until.max(element.node().end);
            }
            out.push((element, at < marked_until));
        }
        out
    }

    /// Its children, in order.
    pub(super) fn children(&self) -> impl Iterator<Item = Self> + use<'d> {
        let (nodes, end) = (self.nodes, self.node().end);
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let child = (at < end).then_some(Self { nodes, at })?;
            at = child.node().end;
            Some(child)
        })
    }

    /// Its children of this name.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = Self> + use<'d> {
        self.children().filter(move |c| c.name() == name)
    }

    /// Its first child of this name.
    pub(super) fn child(&self, name: &'static str) -> Option<Self> {
        self.all(name).next()
    }

    /// The attribute of its first child of that name.
    pub(super) fn child_attr(&self, child: &'static str, name: &str) -> Option<String> {
        self.child(child)?.string(name)
    }

    /// The text of its first child of that name.
    pub(super) fn child_text(&self, child: &'static str) -> Option<String> {
        self.child(child)?.text().map(Cow::into_owned)
    }
}

fn trimmed(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        None
    } else if trimmed.len() == value.len() {
        Some(value)
    } else {
        Some(match value {
            Cow::Borrowed(v) => Cow::Borrowed(v.trim()),
            Cow::Owned(v) => Cow::Owned(v.trim().to_owned()),
        })
    }
}
