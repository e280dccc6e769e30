//! Faults on demand, and a count of what was asked.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::hypervisor::{HvError, HvErrorKind};
use crate::model::metric::{GROUPS, Group};

/// A call of the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Opening a connection.
    Connect,
    /// `Inventory::node`
    Node,
    /// `Inventory::vms`
    Vms,
    /// `Inventory::vm_xml`
    VmXml,
    /// `Inventory::vm_flags`
    VmFlags,
    /// `Stats::vm_counters`
    VmCounters,
    /// `Stats::node_counters`
    NodeCounters,
    /// `Stats::arm_memory_stats`
    ArmMemoryStats,
    /// `Storage::pool_names`
    PoolNames,
    /// `Storage::pool`
    Pool,
    /// `Storage::volumes`
    Volumes,
    /// `Storage::refresh_pool`
    RefreshPool,
    /// `Networks::networks`
    Networks,
    /// `Networks::leases`
    Leases,
    /// `Guests::addresses`
    Addresses,
    /// `Events::subscribe`
    Subscribe,
    /// `Lifecycle::vm_state`
    VmState,
    /// `Lifecycle::start`
    Start,
    /// `Lifecycle::shutdown`
    Shutdown,
    /// `Lifecycle::reboot`
    Reboot,
    /// `Lifecycle::reset`
    Reset,
    /// `Lifecycle::force_off`
    ForceOff,
    /// `Lifecycle::pause`
    Pause,
    /// `Lifecycle::resume`
    Resume,
    /// `Lifecycle::save`
    Save,
    /// `Lifecycle::discard_saved`
    DiscardSaved,
    /// `Lifecycle::vm_progress`
    VmProgress,
    /// `Lifecycle::abort_job`
    AbortJob,
    /// `Define::xml_of`
    XmlOf,
    /// `Define::set_autostart`
    SetAutostart,
    /// `Define::rename`
    Rename,
    /// `Define::set_metadata`
    SetMetadata,
    /// `Define::set_title`
    SetTitle,
    /// `Define::set_description`
    SetDescription,
    /// `Streams::open_console`
    OpenConsole,
    /// `Streams::send_keys`
    SendKeys,
    /// `Streams::screenshot`
    Screenshot,
    /// `Hardware::edit_definition`
    EditDefinition,
    /// `Hardware::edit_live`
    EditLive,
    /// `Hardware::disk_capacity`
    DiskCapacity,
    /// `Hardware::grow_disk`
    GrowDisk,
    /// `BlockJobs`, all of it
    BlockJob,
    /// `Volumes::volume`
    Volume,
    /// `Volumes::volume_xml`
    VolumeXml,
    /// `Volumes::create_volume`
    CreateVolume,
    /// `Volumes::clone_volume`
    CloneVolume,
    /// `Volumes::delete_volume`
    DeleteVolume,
    /// `Volumes::resize_volume`
    ResizeVolume,
    /// `Volumes::wipe_volume`
    WipeVolume,
    /// `Volumes::upload`
    Upload,
    /// `Volumes::download`
    Download,
    /// `Pools::pool_named`
    PoolNamed,
    /// `Pools::pool_xml`
    PoolXml,
    /// `Pools::pool_kinds`
    PoolKinds,
    /// `Pools::define_pool`
    DefinePool,
    /// `Pools::build_pool`
    BuildPool,
    /// `Pools::start_pool`
    StartPool,
    /// `Pools::stop_pool`
    StopPool,
    /// `Pools::set_pool_autostart`
    SetPoolAutostart,
    /// `Pools::undefine_pool`
    UndefinePool,
    /// `Making::machine_capabilities`
    MachineCapabilities,
    /// `Making::freeze`
    Freeze,
    /// `Making::begin_backup`
    BeginBackup,
    /// `Making::backup_goes_on`, `Making::backup_succeeded`
    LookAtBackup,
    /// `Definitions::define`
    Define,
    /// `Definitions::undefine`
    Undefine,
    /// `Definitions::snapshot_documents`
    Snapshots,
    /// `Definitions::put_back_snapshot`
    PutBackSnapshot,
    /// `Definitions::checkpoint_documents`
    Checkpoints,
    /// `Definitions::put_back_checkpoint`
    PutBackCheckpoint,
    /// What `Snapshots` only reads.
    ListSnapshots,
    /// `Snapshots::create_snapshot`
    CreateSnapshot,
    /// `Snapshots::revert_snapshot`
    RevertSnapshot,
    /// `Snapshots::delete_snapshot`
    DeleteSnapshot,
    /// `Snapshots::is_frozen`, `Snapshots::thaw`
    AskAgent,
    /// `NetworkAdmin::network_xml`
    NetworkXml,
    /// `NetworkAdmin::define_network`
    DefineNetwork,
    /// `NetworkAdmin::undefine_network`
    UndefineNetwork,
    /// `NetworkAdmin::start_network`
    StartNetwork,
    /// `NetworkAdmin::stop_network`
    StopNetwork,
    /// `NetworkAdmin::set_network_autostart`
    SetNetworkAutostart,
    /// `NetworkAdmin::change_dhcp_host`
    ChangeDhcpHost,
}

impl Operation {
    /// What it does, as errors say it.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Node => "read the node",
            Self::Vms => "list VMs",
            Self::VmXml | Self::XmlOf | Self::VolumeXml | Self::PoolXml | Self::NetworkXml => "read the XML",
            Self::VmFlags => "read the flags",
            Self::VmCounters => "read statistics",
            Self::NodeCounters => "read the node's statistics",
            Self::ArmMemoryStats => "set the memory statistics period",
            Self::PoolNames => "list pools",
            Self::Pool => "read the pool",
            Self::Volumes => "list volumes",
            Self::RefreshPool => "refresh the pool",
            Self::Networks => "list networks",
            Self::Leases => "list leases",
            Self::Addresses => "read addresses",
            Self::Subscribe => "subscribe to events",
            Self::VmState => "read the state",
            Self::Start => "start the VM",
            Self::Shutdown => "shut the VM down",
            Self::Reboot => "reboot the VM",
            Self::Reset => "reset the VM",
            Self::ForceOff => "force the VM off",
            Self::Pause => "pause the VM",
            Self::Resume => "resume the VM",
            Self::Save => "save the VM",
            Self::DiscardSaved => "discard the saved memory",
            Self::VmProgress => "read the job's progress",
            Self::AbortJob => "stop the VM's job",
            Self::SetAutostart | Self::SetPoolAutostart | Self::SetNetworkAutostart => "set the autostart",
            Self::Rename => "rename the VM",
            Self::SetMetadata => "set the metadata",
            Self::SetTitle => "set the title",
            Self::SetDescription => "set the description",
            Self::OpenConsole => "open the console",
            Self::SendKeys => "press the keys",
            Self::Screenshot => "take a picture of the screen",
            Self::EditDefinition => "change the definition",
            Self::EditLive => "change the hardware",
            Self::DiskCapacity => "read the disk's size",
            Self::GrowDisk => "grow the disk",
            Self::BlockJob => "work on the disk",
            Self::Volume => "read the volume",
            Self::CreateVolume => "make a volume",
            Self::CloneVolume => "copy the volume",
            Self::DeleteVolume => "delete the volume",
            Self::ResizeVolume => "resize the volume",
            Self::WipeVolume => "wipe the volume",
            Self::Upload => "write to the volume",
            Self::Download => "read from the volume",
            Self::PoolNamed => "find the pool",
            Self::PoolKinds => "read the kinds of pools",
            Self::DefinePool => "define the pool",
            Self::BuildPool => "build the pool",
            Self::StartPool => "start the pool",
            Self::StopPool => "stop the pool",
            Self::UndefinePool => "undefine the pool",
            Self::MachineCapabilities => "read what the host can run",
            Self::Freeze => "freeze the guest",
            Self::BeginBackup => "copy the disks",
            Self::LookAtBackup => "look at the copy",
            Self::Define => "define the VM",
            Self::Undefine => "undefine the VM",
            Self::Snapshots => "read the snapshots",
            Self::PutBackSnapshot => "put a snapshot back",
            Self::Checkpoints => "read the checkpoints",
            Self::PutBackCheckpoint => "put a checkpoint back",
            Self::ListSnapshots => "list snapshots",
            Self::CreateSnapshot => "make the snapshot",
            Self::RevertSnapshot => "go back to the snapshot",
            Self::DeleteSnapshot => "delete the snapshot",
            Self::AskAgent => "ask the guest agent",
            Self::DefineNetwork => "define the network",
            Self::UndefineNetwork => "undefine the network",
            Self::StartNetwork => "start the network",
            Self::StopNetwork => "stop the network",
            Self::ChangeDhcpHost => "change the reserved addresses",
        }
    }
}

/// What a host was asked since it exists or since [`super::SimHost::forget_calls`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    counts: BTreeMap<Operation, u64>,
    groups: [u64; GROUPS.len()],
}

impl Calls {
    /// How often this was called, failed calls included.
    pub fn of(&self, operation: Operation) -> u64 {
        self.counts.get(&operation).copied().unwrap_or(0)
    }

    /// How many VMs' statistics of this group were given.
    pub const fn vms_given(&self, group: Group) -> u64 {
        self.groups[group as usize]
    }

    /// All calls.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(super) fn note(&mut self, operation: Operation) {
        *self.counts.entry(operation).or_default() += 1;
    }

    pub(super) fn note_group(&mut self, group: Group, vms: u64) {
        self.groups[group as usize] += vms;
    }
}

/// The faults that are on.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Every call blocks.
    pub(super) stalled: bool,
    /// The handle is gone: nothing blocks any more.
    pub(super) released: bool,
    /// New connections fail so.
    pub(super) refuse: Option<HvErrorKind>,
    /// These operations fail so.
    pub(super) errors: BTreeMap<Operation, HvErrorKind>,
    /// Calls on these pools block.
    pub(super) slow_pools: BTreeSet<Uuid>,
}

/// An error as a daemon might word it.
pub(super) fn error(operation: Operation, kind: HvErrorKind) -> HvError {
    let message = match kind {
        HvErrorKind::NoConnection => "Failed to connect socket: No such file or directory",
        HvErrorKind::Unreachable => "unable to connect to server: No route to host",
        HvErrorKind::ConnectionLost => "Cannot recv data: Connection reset by peer",
        HvErrorKind::PermissionDenied => "Failed to connect socket: Permission denied",
        HvErrorKind::BadUri => "the URI is not valid",
        HvErrorKind::NotFound => "no such object",
        HvErrorKind::Unsupported => "this function is not supported by the connection driver",
        HvErrorKind::ReadOnly => "the connection is read-only",
        HvErrorKind::InvalidState => "Requested operation is not valid in this state",
        HvErrorKind::Exists => "domain with this name already exists",
        HvErrorKind::Aborted => "operation aborted: job canceled by client",
        HvErrorKind::AgentUnavailable => "Guest agent is not responding",
        HvErrorKind::TimedOut => "Timed out during operation",
        HvErrorKind::Other => "internal error",
    };
    HvError::new(kind, operation.phrase(), message)
}
