//! The roles that change storage. Pools and volumes go by their names, which libvirt never changes. A read-only
//! connection refuses each change with [`HvErrorKind::ReadOnly`].
//!
//! [`HvErrorKind::ReadOnly`]: super::HvErrorKind::ReadOnly

use uuid::Uuid;

use super::HvResult;
use crate::model::storage::Volume;

/// What comes next of the bytes that are written to a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// So many bytes of the buffer that was given.
    Data(usize),
    /// So many zeros that need not be written.
    Hole(u64),
    /// Nothing more.
    End,
}

/// Bytes that come from a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'b> {
    /// These.
    Data(&'b [u8]),
    /// So many zeros that take no room.
    Hole(u64),
}

/// Gives the bytes that are written. Its error ends the call, which then fails with it.
pub type Source<'s> = dyn FnMut(&mut [u8]) -> HvResult<Chunk> + 's;

/// Takes the bytes that are read. Its error ends the call, which then fails with it.
pub type Sink<'s> = dyn FnMut(Piece<'_>) -> HvResult<()> + 's;

/// Volumes.
pub trait Volumes {
    /// One volume, as it is now; `details` reads format and backing image as well. Cheap enough to be asked again and
    /// again while the volume is being made.
    fn volume(&self, pool: &str, name: &str, details: bool) -> HvResult<Volume>;

    /// A volume's XML.
    fn volume_xml(&self, pool: &str, name: &str) -> HvResult<String>;

    /// Makes a volume. `metadata` lays out the tables of an image that knows them (qcow2) now instead of as it grows;
    /// with an allocation of the whole capacity it reserves the room as well.
    fn create_volume(&self, pool: &str, xml: &str, metadata: bool) -> HvResult<()>;

    /// Makes a volume with the content of another, which may lie in another pool and have another format. Takes as long
    /// as the copy does, and cannot be stopped: what it makes cannot be deleted before it is done.
    fn clone_volume(&self, pool: &str, xml: &str, from: (&str, &str)) -> HvResult<()>;

    /// Deletes a volume and what is in it.
    fn delete_volume(&self, pool: &str, name: &str) -> HvResult<()>;

    /// Makes a volume larger, to so many bytes; `allocate` reserves the room too.
    fn resize_volume(&self, pool: &str, name: &str, capacity: u64, allocate: bool) -> HvResult<()>;

    /// Writes zeros over all that a volume holds. Takes as long as writing does.
    fn wipe_volume(&self, pool: &str, name: &str) -> HvResult<()>;

    /// Writes bytes into a volume, from its beginning. Holes stay holes where the driver can.
    fn upload(&self, pool: &str, name: &str, length: u64, source: &mut Source<'_>) -> HvResult<()>;

    /// Reads all bytes of a volume, from its beginning. Holes are told as such where the driver can.
    fn download(&self, pool: &str, name: &str, sink: &mut Sink<'_>) -> HvResult<()>;
}

/// How a pool's storage is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Whatever the driver does by itself: a folder is made.
    Plain,
    /// A file system or label is written where there is none.
    WhereEmpty,
    /// The same whatever is there: it is lost.
    Overwrite,
}

/// Pools.
pub trait Pools {
    /// The UUID of the pool of this name.
    fn pool_named(&self, pool: &str) -> HvResult<Uuid>;

    /// A pool's XML as it is defined.
    fn pool_xml(&self, pool: &str) -> HvResult<String>;

    /// Kinds of pools that this host has drivers for (`dir`, `fs`, `logical`); `None` when it does not tell.
    fn pool_kinds(&self) -> HvResult<Option<Vec<String>>>;

    /// Defines a pool; it is not started.
    fn define_pool(&self, xml: &str) -> HvResult<()>;

    /// Makes the storage of a pool that is not started.
    fn build_pool(&self, pool: &str, how: Build) -> HvResult<()>;

    /// Starts a pool: mounts it, or looks what is there.
    fn start_pool(&self, pool: &str) -> HvResult<()>;

    /// Stops a pool. What is in it stays.
    fn stop_pool(&self, pool: &str) -> HvResult<()>;

    /// Starts it with the host, or not.
    fn set_pool_autostart(&self, pool: &str, on: bool) -> HvResult<()>;

    /// Forgets a pool that is not started. What is in it stays.
    fn undefine_pool(&self, pool: &str) -> HvResult<()>;
}
