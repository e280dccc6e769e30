//! Where in a text its elements are, byte for byte.

use std::ops::Range;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::xml::error::{XmlError, sentence};
use crate::xml::tree::Document;

/// Where one element is.
#[derive(Clone, Debug)]
struct Span {
    /// Its name with its prefix: what has one is not libvirt's, whatever it is called.
    name: Range<usize>,
    /// From its first byte to behind its last.
    whole: Range<usize>,
    /// From behind its start tag to its end tag; empty, and at its end, where it has none.
    inner: Range<usize>,
    /// Index after its last descendant.
    end: usize,
}

/// A text and where its elements are.
pub(super) struct Text<'x> {
    pub(super) xml: &'x str,
    spans: Vec<Span>,
}

/// One element, by its place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At(usize);

/// The root element.
pub(super) const ROOT: At = At(0);

/// An attribute.
#[derive(Clone, Debug)]
pub(super) struct Attribute<'x> {
    name: &'x str,
    /// With the blank before it.
    pub(super) whole: Range<usize>,
    /// Between its quotes.
    pub(super) value: Range<usize>,
}

impl<'x> Text<'x> {
    /// Reads a text whose root element has this name.
    pub(super) fn parse(xml: &'x str, root: &str) -> Result<Self, XmlError> {
        Document::parse(xml, root)?;
        let mut reader = Reader::from_str(xml);
        let (mut spans, mut open): (Vec<Span>, Vec<usize>) = (Vec::new(), Vec::new());
        let place = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        loop {
            let from = place(&reader);
            let event = reader.read_event().map_err(|e| XmlError::at(xml, from, sentence(&e)))?;
            let to = place(&reader);
            match event {
                Event::Start(tag) | Event::Empty(tag) if to <= xml.len() => {
                    let name = from + 1..from + 1 + tag.name().0.len();
                    let empty = xml[from..to].ends_with("/>");
                    if !empty {
                        open.push(spans.len());
                    }
                    let end = spans.len() + 1;
                    spans.push(Span { name, whole: from..to, inner: to..to, end });
                }
                Event::End(_) => {
                    let end = spans.len();
                    if let Some(span) = open.pop().and_then(|at| spans.get_mut(at)) {
                        span.inner.end = from;
                        span.whole.end = to;
                        span.end = end;
                    }
                }
                Event::Eof => return Ok(Self { xml, spans }),
                _ => {}
            }
        }
    }

    fn span(&self, at: At) -> &Span {
        &self.spans[at.0]
    }

    pub(super) fn name(&self, at: At) -> &'x str {
        &self.xml[self.span(at).name.clone()]
    }

    /// Its name without prefix: for what is known to stand in a namespace, whatever libvirt calls that.
    pub(super) fn local_name(&self, at: At) -> &'x str {
        let name = self.name(at);
        name.split_once(':').map_or(name, |(_, local)| local)
    }

    /// From its first byte to behind its last.
    pub(super) fn whole(&self, at: At) -> Range<usize> {
        self.span(at).whole.clone()
    }

    /// What stands in it; `None` where it has no end tag.
    pub(super) fn inner(&self, at: At) -> Option<Range<usize>> {
        let span = self.span(at);
        (span.inner.end < span.whole.end).then(|| span.inner.clone())
    }

    /// Its start tag, with its brackets.
    fn tag(&self, at: At) -> Range<usize> {
        let span = self.span(at);
        span.whole.start..span.inner.start
    }

    /// Its children, in order.
    pub(super) fn children(&self, at: At) -> impl Iterator<Item = At> {
        let end = self.span(at).end;
        let mut next = at.0 + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(At(next))?;
            next = self.span(child).end;
            Some(child)
        })
    }

    /// Its children of this name.
    pub(super) fn all(&self, at: At, name: &'static str) -> impl Iterator<Item = At> {
        self.children(at).filter(move |c| self.name(*c) == name)
    }

    /// Its first child of this name.
    pub(super) fn child(&self, at: At, name: &'static str) -> Option<At> {
        self.all(at, name).next()
    }

    /// Its attributes, in order.
    pub(super) fn attributes(&self, at: At) -> Vec<Attribute<'x>> {
        let tag = self.tag(at);
        let bytes = self.xml.as_bytes();
        let skip = |mut at: usize, so: fn(u8) -> bool| {
            while at < tag.end && so(bytes[at]) {
                at += 1;
            }
            at
        };
        let mut out = Vec::new();
        let mut next = self.span(at).name.end;
        loop {
            let name = skip(next, |b| b.is_ascii_whitespace());
            let name_end = skip(name, |b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'/' | b'>'));
            let equals = skip(name_end, |b| b.is_ascii_whitespace());
            let quote = skip((equals + 1).min(tag.end), |b| b.is_ascii_whitespace());
            if name == name_end || quote >= tag.end || bytes[equals] != b'=' {
                return out;
            }
            let value = quote + 1;
            let Some(length) = bytes[value..tag.end].iter().position(|b| *b == bytes[quote]) else {
                return out;
            };
            let value = value..value + length;
            let whole = next..value.end + 1;
            next = whole.end;
            out.push(Attribute { name: &self.xml[name..name_end], whole, value });
        }
    }

    /// An attribute.
    pub(super) fn attribute(&self, at: At, name: &str) -> Option<Attribute<'x>> {
        self.attributes(at).into_iter().find(|a| a.name == name)
    }

    /// Behind the last attribute, or the name.
    pub(super) fn behind_attributes(&self, at: At) -> usize {
        self.attributes(at).last().map_or(self.span(at).name.end, |a| a.whole.end)
    }

    /// The value of an attribute, as it is meant; empty where there is none.
    pub(super) fn value(&self, at: At, name: &str) -> String {
        let raw = self.attribute(at, name).map(|a| &self.xml[a.value]).unwrap_or_default();
        quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), std::borrow::Cow::into_owned)
    }

    /// What stands in an element without children, trimmed.
    pub(super) fn content(&self, at: At) -> &'x str {
        self.inner(at).map(|inner| self.xml[inner].trim()).unwrap_or_default()
    }

    /// The blanks between the line break before an element and itself; `None` where something else stands there.
    pub(super) fn indent(&self, at: At) -> Option<&'x str> {
        let before = &self.xml[..self.span(at).whole.start];
        let line = before.rfind('\n').map(|at| &before[at + 1..])?;
        line.bytes().all(|b| matches!(b, b' ' | b'\t')).then_some(line)
    }

    /// It with the line it stands on, where it stands alone there.
    pub(super) fn line(&self, at: At) -> Range<usize> {
        let whole = self.whole(at);
        match self.indent(at) {
            Some(indent) => whole.start - indent.len() - 1..whole.end,
            None => whole,
        }
    }
}
