//! Opens connections.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::client_conf;
use super::connection::Connection;
use super::error::{Doing, open_error};
use super::ffi::{Conn, start_event_loop};
use super::uri;
use crate::hypervisor::{Connector, HvError, HvErrorKind, HvResult, Hypervisor, Purpose};

/// Seconds between keep-alive messages.
const KEEP_ALIVE_INTERVAL_S: i32 = 5;
/// Unanswered keep-alive messages after which the connection counts as dead.
const KEEP_ALIVE_COUNT: u32 = 3;

/// How to connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The URI; `None` for libvirt's own default (`LIBVIRT_DEFAULT_URI`, its configuration, what it finds).
    pub uri: Option<String>,
    /// Connect read-only: the hypervisor itself then refuses every change.
    pub read_only: bool,
}

/// Connects to libvirt.
///
/// Every [`connect`](Connector::connect) opens a connection of its own, except to libvirt's in-process test
/// driver: a second one would hold the whole fake host in memory once more, and a different one at that.
#[derive(Debug)]
pub struct LibvirtConnector {
    options: ConnectOptions,
    /// The URI to open, prepared; `None` for the default.
    target: Option<String>,
    /// What may be shown of it.
    shown: Option<String>,
    /// What libvirt's default turned out to be.
    resolved: OnceLock<String>,
    /// The one connection to the test driver, while anybody uses it.
    shared: Mutex<Weak<Conn>>,
}

impl LibvirtConnector {
    /// Prepares to connect; opens nothing yet.
    ///
    /// Starts libvirt's event loop and silences its error printer, both once for the process.
    ///
    /// # Errors
    /// When libvirt cannot be initialised.
    pub fn new(options: ConnectOptions) -> HvResult<Self> {
        start_event_loop().doing("start libvirt's event loop")?;
        let from_environment = || std::env::var("LIBVIRT_DEFAULT_URI").ok().filter(|u| !u.is_empty());
        let wanted = options.uri.clone().filter(|u| !u.is_empty()).or_else(from_environment);
        let wanted = client_conf::resolved(wanted.as_deref()).or(wanted);
        let target = wanted.as_deref().map(uri::prepared);
        let shown = wanted.as_deref().map(uri::without_secrets);
        Ok(Self { options, target, shown, resolved: OnceLock::new(), shared: Mutex::default() })
    }

    /// Whether connections are read-only.
    pub const fn is_read_only(&self) -> bool {
        self.options.read_only
    }

    /// Whether the hypervisor runs on this machine. Of the default, that is known once connected.
    pub fn is_local(&self) -> bool {
        uri::is_local(self.uri())
    }

    fn open(&self) -> HvResult<Arc<Conn>> {
        let open = || {
            Conn::open(self.target.as_deref(), self.options.read_only)
                .map(Arc::new)
                .map_err(|e| open_error(&e, self.target.as_deref()))
        };
        if !self.target.as_deref().is_some_and(uri::is_test) {
            return open();
        }
        // libxml2 tells of a file that is not there on descriptor 2.
        if let Some(file) = self.target.as_deref().and_then(uri::test_file)
            && let Err(e) = std::fs::File::open(file)
        {
            return Err(HvError::new(HvErrorKind::BadUri, "connect", format!("{file}: {e}")));
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(conn) = shared.upgrade() {
            return Ok(conn);
        }
        let conn = open()?;
        *shared = Arc::downgrade(&conn);
        Ok(conn)
    }
}

impl Connector for LibvirtConnector {
    fn uri(&self) -> &str {
        self.shown.as_deref().or_else(|| self.resolved.get().map(String::as_str)).unwrap_or("default")
    }

    fn connect(&self, purpose: Purpose) -> HvResult<Box<dyn Hypervisor>> {
        let conn = self.open()?;
        if self.shown.is_none() {
            let uri = conn.uri().doing("read the URI")?;
            self.resolved.get_or_init(|| uri::without_secrets(&uri));
        }
        // Drivers within this process have no peer that could be dead, and say so.
        if let Err(e) = conn.keep_alive(KEEP_ALIVE_INTERVAL_S, KEEP_ALIVE_COUNT) {
            tracing::debug!("no keep-alive: {}", e.message);
        }
        let connection = Connection::new(conn, self.options.read_only, self.is_local())?;
        tracing::debug!("connected to {} for {purpose:?}", self.uri());
        Ok(Box::new(connection))
    }
}
