//! Bytes of volumes, through a stream of libvirt's that blocks.

use std::ffi::{c_char, c_longlong};

use virt::sys;

use super::connection::Conn;
use super::error::{RawError, RawResult, code, done};
use super::handle::{given, handle};
use super::storage::Volume;

handle!(
    /// One reference to a stream.
    Raw(sys::virStream), sys::virStreamFree
);

/// Bytes a packet carries to a daemon of any version.
pub(in super::super) const PACKET: usize = 256_000;
/// What receiving answers at a hole.
const AT_HOLE: i32 = -3;

/// What was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Received {
    /// So many bytes of the buffer.
    Data(usize),
    /// A hole of so many bytes.
    Hole(u64),
    /// The end.
    End,
}

/// A stream to or from a volume. Dropped before it is finished, it is aborted.
pub(in super::super) struct VolumeStream {
    raw: Raw,
    /// Whether holes travel as such.
    pub(in super::super) sparse: bool,
    finished: bool,
}

impl VolumeStream {
    /// Opens one that writes so many bytes to the volume; sparse where both sides can.
    pub(in super::super) fn upload(conn: &Conn, volume: &Volume, length: u64) -> RawResult<Self> {
        let sparse = sys::VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM;
        Self::open(conn, sparse, |stream, flags| {
            // SAFETY: a live volume and a live stream.
            done(unsafe { sys::virStorageVolUpload(volume.raw(), stream.raw(), 0, length, flags) })
        })
    }

    /// Opens one that reads the whole volume; sparse where both sides can.
    pub(in super::super) fn download(conn: &Conn, volume: &Volume) -> RawResult<Self> {
        let sparse = sys::VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM;
        Self::open(conn, sparse, |stream, flags| {
            // SAFETY: a live volume and a live stream.
            done(unsafe { sys::virStorageVolDownload(volume.raw(), stream.raw(), 0, 0, flags) })
        })
    }

    fn open(conn: &Conn, sparse: u32, call: impl Fn(&Raw, u32) -> RawResult<()>) -> RawResult<Self> {
        let fresh = || {
            // SAFETY: a live connection; the reference is the caller's.
            given(unsafe { sys::virStreamNew(conn.raw(), 0) }).map(|s| unsafe { Raw::own(s) })
        };
        let raw = fresh()?;
        match call(&raw, sparse) {
            Ok(()) => Ok(Self { raw, sparse: true, finished: false }),
            // Of block devices, or to an older daemon, every byte travels.
            Err(e) if matches!(e.code, code::INVALID_ARG | code::NO_SUPPORT | code::ARGUMENT_UNSUPPORTED) => {
                let raw = fresh()?;
                call(&raw, 0)?;
                Ok(Self { raw, sparse: false, finished: false })
            }
            Err(e) => Err(e),
        }
    }

    /// Sends all these bytes.
    pub(in super::super) fn send(&self, mut bytes: &[u8]) -> RawResult<()> {
        while !bytes.is_empty() {
            let part = &bytes[..bytes.len().min(PACKET)];
            // SAFETY: a live stream, and so many readable bytes.
            let sent =
                unsafe { sys::virStreamSend(self.raw.raw(), part.as_ptr().cast::<c_char>(), part.len()) };
            let sent = usize::try_from(sent).map_err(|_| RawError::last())?;
            bytes = bytes.get(sent..).unwrap_or_default();
        }
        Ok(())
    }

    /// Sends a hole; only where [`Self::sparse`] says so.
    pub(in super::super) fn send_hole(&self, length: u64) -> RawResult<()> {
        let length = c_longlong::try_from(length).map_err(|_| RawError::local("the hole is too long"))?;
        // SAFETY: a live stream.
        done(unsafe { sys::virStreamSendHole(self.raw.raw(), length, 0) })
    }

    /// Waits for what comes next.
    pub(in super::super) fn receive(&self, buffer: &mut [u8]) -> RawResult<Received> {
        let flags = if self.sparse { sys::VIR_STREAM_RECV_STOP_AT_HOLE } else { 0 };
        let room = buffer.len().min(PACKET);
        // SAFETY: a live stream, and so many bytes that may be written.
        let got = unsafe {
            sys::virStreamRecvFlags(self.raw.raw(), buffer.as_mut_ptr().cast::<c_char>(), room, flags)
        };
        match got {
            0 => Ok(Received::End),
            AT_HOLE => {
                let mut length: c_longlong = 0;
                // SAFETY: a live stream and a place to write to.
                done(unsafe { sys::virStreamRecvHole(self.raw.raw(), &raw mut length, 0) })?;
                Ok(Received::Hole(u64::try_from(length).unwrap_or(0)))
            }
            got => usize::try_from(got).map(Received::Data).map_err(|_| RawError::last()),
        }
    }

    /// Says that this was all, and waits until the other side has it.
    pub(in super::super) fn finish(mut self) -> RawResult<()> {
        self.finished = true;
        // SAFETY: a live stream.
        done(unsafe { sys::virStreamFinish(self.raw.raw()) })
    }
}

impl Drop for VolumeStream {
    fn drop(&mut self) {
        if !self.finished {
            // SAFETY: a live stream. An error is of no use: it is over in any case.
            unsafe { sys::virStreamAbort(self.raw.raw()) };
        }
    }
}
