//! Frames, greetings and messages as bytes.
//!
//! A frame is its length (four bytes, little end first) and so many bytes. The first each way is a greeting: eight
//! letters, the protocol's version, and who it is. Whatever does not fit ends the connection with a reason.

use std::io::{self, Read, Write};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};
use uuid::Uuid;

use super::delta::Frame;
use crate::hypervisor::HvErrorKind;
use crate::model::id::VmId;

/// Goes up whenever a message changes its form, which the types of `model` in it decide as well.
pub(super) const VERSION: u32 = 2;
/// The largest frame from a collector: a limit against nonsense, far above what a large host needs.
pub(super) const MOST_DOWN: u32 = 512 << 20;
/// The largest frame from a console.
pub(super) const MOST_UP: u32 = 1 << 20;
/// The largest greeting.
pub(super) const MOST_HELLO: u32 = 4096;

const LETTERS: &[u8; 8] = b"NOVACRON";

/// Why two processes do not understand each other, or no longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    /// The socket failed or was closed.
    #[error("{}", closed(.0))]
    Io(#[from] io::Error),
    /// A frame larger than allowed.
    #[error("a message of {0} bytes is too large")]
    TooLarge(u32),
    /// Bytes that are no message.
    #[error("a message makes no sense ({0})")]
    Garbage(&'static str),
    /// The peer speaks another version.
    #[error("it speaks version {theirs} of the protocol, this program version {VERSION}")]
    Version {
        /// The peer's.
        theirs: u32,
    },
    /// The peer is on another host.
    #[error("it serves another host ({0})")]
    OtherHost(String),
    /// The peer belongs to another user.
    #[error("it belongs to user {0}, who is neither this one nor root")]
    OtherUser(u32),
}

fn closed(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
            "it closed the connection".into()
        }
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it does not answer".into(),
        _ => e.to_string(),
    }
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Version of the program.
    pub(super) program: String,
    /// The host that is watched.
    pub(super) uri: String,
}

impl Hello {
    /// This program's, about this host.
    pub(super) fn of(uri: &str) -> Self {
        Self { program: env!("CARGO_PKG_VERSION").into(), uri: uri.into() }
    }

    /// As bytes. Letters and version stand where every version looks for them.
    pub(super) fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut out = LETTERS.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend(encode(self)?);
        Ok(out)
    }

    /// From bytes, and only of this version and about this host.
    pub(super) fn decode(bytes: &[u8], uri: &str) -> Result<Self, WireError> {
        let rest = bytes.strip_prefix(LETTERS).ok_or(WireError::Garbage("no greeting"))?;
        let (version, rest) = rest.split_first_chunk().ok_or(WireError::Garbage("no version"))?;
        let theirs = u32::from_le_bytes(*version);
        if theirs != VERSION {
            return Err(WireError::Version { theirs });
        }
        let hello: Self = decode(rest)?;
        if hello.uri != uri {
            return Err(WireError::OtherHost(crate::model::text::clean(&hello.uri).into_owned()));
        }
        Ok(hello)
    }
}

/// From a console.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Up {
    /// What is on screen.
    Focus(Vec<VmId>, Option<VmId>),
    /// Poll everything now.
    Refresh,
    /// Connect now.
    Reconnect,
    /// The XML of a VM, under this number.
    Xml(u64, VmId),
    /// Refresh a pool, under this number.
    RefreshPool(u64, Uuid),
}

/// From the collector.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Down {
    /// What changed since the last frame; the first has everything.
    Frame(Box<Frame>),
    /// The answer to the question of this number.
    Reply(u64, Result<Given, Failed>),
    /// All is well, and nothing changed.
    Beat,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Given {
    /// XML.
    Xml(Arc<str>),
    /// It was done.
    Done,
}

/// Why it was not given.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failed {
    /// Its kind, by its place among all.
    pub(super) kind: u8,
    /// Of what.
    pub(super) object: String,
    /// Why.
    pub(super) message: String,
}

/// A message as bytes.
pub(super) fn encode(message: &impl Serialize) -> Result<Vec<u8>, WireError> {
    postcard::to_stdvec(message).map_err(|_| WireError::Garbage("it cannot be written"))
}

/// A message from exactly these bytes.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err(WireError::Garbage("it is followed by more")),
        Err(_) => Err(WireError::Garbage("it cannot be read")),
    }
}

/// A frame around a message.
pub(super) fn frame(message: &[u8], most: u32) -> Result<Vec<u8>, WireError> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    if length > most {
        return Err(WireError::TooLarge(length));
    }
    let mut out = Vec::with_capacity(message.len() + 4);
    out.extend(length.to_le_bytes());
    out.extend_from_slice(message);
    Ok(out)
}

/// Writes a message as a frame.
pub(super) fn write(stream: &mut impl Write, message: &[u8], most: u32) -> Result<(), WireError> {
    Ok(stream.write_all(&frame(message, most)?)?)
}

/// Reads one frame. Memory is taken as bytes come, not as their number is told.
pub(super) fn read(stream: &mut impl Read, most: u32) -> Result<Vec<u8>, WireError> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = checked(length, most)?;
    let mut bytes = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut bytes)?;
    whole(bytes, length)
}

/// The same, without blocking.
pub(super) async fn read_async(
    stream: &mut (impl AsyncRead + Unpin),
    most: u32,
) -> Result<Vec<u8>, WireError> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = checked(length, most)?;
    let mut bytes = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut bytes).await?;
    whole(bytes, length)
}

fn checked(length: [u8; 4], most: u32) -> Result<u32, WireError> {
    let length = u32::from_le_bytes(length);
    if length > most { Err(WireError::TooLarge(length)) } else { Ok(length) }
}

fn whole(bytes: Vec<u8>, length: u32) -> Result<Vec<u8>, WireError> {
    if bytes.len() == length as usize {
        Ok(bytes)
    } else {
        Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
    }
}

/// Whether a peer may be spoken to: this user or root.
pub(super) fn is_trusted(user: u32) -> Result<(), WireError> {
    let me = rustix::process::geteuid().as_raw();
    if user == me || user == 0 { Ok(()) } else { Err(WireError::OtherUser(user)) }
}

const KINDS: [HvErrorKind; 14] = [
    HvErrorKind::NoConnection,
    HvErrorKind::Unreachable,
    HvErrorKind::ConnectionLost,
    HvErrorKind::PermissionDenied,
    HvErrorKind::BadUri,
    HvErrorKind::NotFound,
    HvErrorKind::Unsupported,
    HvErrorKind::ReadOnly,
    HvErrorKind::InvalidState,
    HvErrorKind::AgentUnavailable,
    HvErrorKind::TimedOut,
    HvErrorKind::Exists,
    HvErrorKind::Aborted,
    HvErrorKind::Other,
];

/// The place of a kind of error among all.
pub(super) fn kind_number(kind: HvErrorKind) -> u8 {
    KINDS.iter().position(|k| *k == kind).and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

/// The kind of error at this place.
pub(super) fn kind_of(number: u8) -> HvErrorKind {
    KINDS.get(usize::from(number)).copied().unwrap_or(HvErrorKind::Other)
}
