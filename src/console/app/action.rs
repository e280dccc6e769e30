//! The action table: everything a key, the palette or a click can do. Keys, footer, help, palette, README's
//! key table and the man page come from it.

use super::App;
use super::available::{self, Availability};
use super::place::Scope::{
    self, Alerts, Audit, AuditFilter, Charts, Filter, Form, Global, Held, Help, Host, Job, Jobs, Menu, Move,
    Networks, Orphans, Palette, PaneCharts, Plan, Planning, Portrait, Prompt, Question, Serial, SerialBack,
    SerialOver, Sheet, Storage, Templates, Time, Top, Topology, Vm, VmCharts, VmDisks, VmHistory, VmNics,
    VmSnapshots, Vms, Volumes,
};

/// What an action is for: the headings of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Moving about.
    Move,
    /// Screens and panes.
    Screens,
    /// Lists.
    Lists,
    /// What changes something.
    Operations,
    /// Looking closer.
    Look,
    /// Charts.
    Charts,
    /// The past.
    Past,
    /// The program.
    Program,
}

impl Category {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Screens => "Screens and panes",
            Self::Lists => "Lists",
            Self::Operations => "Operations",
            Self::Look => "Look",
            Self::Charts => "Charts",
            Self::Past => "The past",
            Self::Program => "Program",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct ActionSpec {
    /// Its identity in code.
    pub id: ActionId,
    /// Stable kebab-case name, as keymap files write it.
    pub name: &'static str,
    /// Title in palette and help.
    pub title: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Heading.
    pub category: Category,
    /// Where its keys work.
    pub scopes: &'static [Scope],
    /// Default keys; the first is the one shown.
    pub keys: &'static [&'static str],
    /// Rank (low first) and word in the footer, where it is shown there.
    pub footer: Option<(u8, &'static str)>,
    /// Whether it can be done now, and if not why.
    pub available: fn(&App) -> Availability,
}

macro_rules! actions {
    ($( $id:ident $name:literal $title:literal $doc:literal $category:ident
        [$($scope:ident)*] [$($key:literal)*] $footer:expr, $available:expr; )*) => {
        /// The identity of an action; its facts are in [`ACTIONS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ActionId { $( #[doc = $doc] $id, )* }

        /// The table, indexed by [`ActionId`].
        pub static ACTIONS: &[ActionSpec] = &[ $( ActionSpec {
            id: ActionId::$id, name: $name, title: $title, doc: $doc, category: Category::$category,
            scopes: &[$($scope),*], keys: &[$($key),*], footer: $footer, available: $available,
        }, )* ];
    };
}

actions! {
    Up "up" "Up" "Moves one row up." Move [Move] ["Up" "k"] None, available::always;
    Down "down" "Down" "Moves one row down." Move [Move] ["Down" "j"] None, available::always;
    Left "left" "Left" "Moves left: collapses a branch, goes to the tab before, or moves the chart's cursor." Move [Move] ["Left" "h"] None, available::always;
    Right "right" "Right" "Moves right: expands a branch, goes to the next tab, or moves the chart's cursor." Move [Move] ["Right" "l"] None, available::always;
    PageUp "page-up" "Page up" "Moves a page up." Move [Move] ["PgUp" "Ctrl-b"] None, available::always;
    PageDown "page-down" "Page down" "Moves a page down." Move [Move] ["PgDn" "Ctrl-f"] None, available::always;
    HalfUp "half-page-up" "Half a page up" "Moves half a page up." Move [Move] ["Ctrl-u"] None, available::always;
    HalfDown "half-page-down" "Half a page down" "Moves half a page down." Move [Move] ["Ctrl-d"] None, available::always;
    First "first" "First" "Moves to the first row." Move [Move] ["g g" "Home"] None, available::always;
    Last "last" "Last" "Moves to the last row." Move [Move] ["G" "End"] None, available::always;

    Open "open" "Open" "Opens what is selected; on charts, shows everything at the cursor's moment." Move [Global] ["Enter"] Some((10, "open")), available::can_open;
    Back "back" "Back" "Goes back one level; never quits." Move [Global] ["Esc"] Some((12, "back")), available::can_go_back;
    NextPane "next-pane" "Next pane" "Gives the next pane the focus." Screens [Vms Storage Alerts Topology Host PaneCharts] ["Tab"] Some((28, "next pane")), available::has_panes;
    PrevPane "previous-pane" "Previous pane" "Gives the previous pane the focus." Screens [Vms Storage Alerts Topology Host PaneCharts] ["Shift-Tab"] None, available::has_panes;
    NextTab "next-tab" "Next tab" "Shows the next tab of the VM." Screens [Vm] ["Tab"] Some((14, "next tab")), available::always;
    PrevTab "previous-tab" "Previous tab" "Shows the tab before." Screens [Vm] ["Shift-Tab"] None, available::always;
    Zoom "zoom" "Zoom" "Gives the focused pane the whole screen, and back." Screens [Global] ["z"] Some((62, "zoom")), available::can_zoom;
    ScreenOverview "overview" "Overview" "Shows everything at a glance." Screens [Global] ["1"] None, available::always;
    ScreenVms "vms" "VMs" "Shows the table of VMs." Screens [Global] ["2"] None, available::always;
    ScreenStorage "storage" "Storage" "Shows pools and volumes." Screens [Global] ["3"] None, available::always;
    ScreenAlerts "alerts" "Alerts" "Shows what needs attention." Screens [Global] ["5"] None, available::always;
    ScreenTopology "topology" "Topology" "Shows how networks, VMs, disks and pools hang together." Screens [Global] ["6"] None, available::always;
    ScreenJobs "jobs" "Jobs" "Shows what is being done, and what was." Screens [Global] ["7"] None, available::has_desk;
    ScreenHost "host" "Host and log" "Shows the machine, the connection, what NovaCron costs, and its log." Screens [Global] ["8"] None, available::always;
    ScreenAudit "audit" "Audit" "Shows what was done, by whom, and whether the record is whole." Screens [Global] ["9"] None, available::has_desk;

    Filter "filter" "Filter" "Filters the VMs (state:running cpu>80 tag:web), or the audit (user:anna result:failed)." Lists [Global] ["/"] Some((20, "filter")), available::on_vm_list;
    ClearFilter "clear-filter" "Clear the filter" "Shows all VMs again." Lists [Global] [] None, available::has_filter;
    Attention "attention" "Only what needs attention" "Shows only VMs that need attention, and back." Lists [Global] ["!"] Some((52, "attention")), available::on_vm_list;
    Mark "mark" "Mark" "Marks or unmarks the VM and moves on." Lists [Vms] ["Space"] Some((30, "mark")), available::has_vm;
    MarkAll "mark-all" "Mark all" "Marks all VMs that are listed." Lists [Vms] ["*"] None, available::has_vm;
    Unmark "unmark" "Unmark all" "Takes all marks away." Lists [Vms] ["U"] None, available::has_marks;
    Columns "columns" "Sort and columns" "Chooses the column to sort by, and the columns shown." Lists [Vms] ["o"] Some((40, "sort")), available::always;
    SortNext "sort-next" "Sort by the next column" "Sorts by the next shown column." Lists [Vms] [">"] None, available::always;
    SortPrevious "sort-previous" "Sort by the previous column" "Sorts by the previous shown column." Lists [Vms] ["<"] None, available::always;
    SortInvert "sort-invert" "Invert the sort" "Turns the order around." Lists [Vms] ["i"] None, available::always;
    GroupBy "group" "Group" "Groups the VMs by tag, state or network." Lists [Vms] ["O"] Some((42, "group")), available::always;
    Follow "follow" "Follow" "Lets rows move while the cursor is used, and goes along with the selected VM." Lists [Vms] ["f"] None, available::has_vm;
    LogFollow "log-follow" "Follow the log" "Goes back to the end of the log and follows it." Look [Host] ["f"] Some((36, "follow log")), available::always;
    Toggle "toggle" "Expand or collapse" "Expands or collapses the branch." Lists [Topology] ["Space"] Some((30, "expand")), available::always;

    Start "start" "Start" "Starts the VM; one whose memory was saved goes on from there." Operations [Vms Vm Topology Alerts Jobs] ["s"] Some((14, "start")), available::can_operate;
    Shutdown "shut-down" "Shut down" "Asks the guest to shut down, and waits for it." Operations [Vms Vm Topology Alerts Jobs] ["S"] Some((15, "shut down")), available::can_operate;
    Reboot "reboot" "Reboot" "Asks the guest to reboot." Operations [Vms Vm Topology Alerts Jobs] ["r"] Some((44, "reboot")), available::can_operate;
    Reset "reset" "Reset" "Presses the reset button: the guest is not asked." Operations [Vms Vm Topology Alerts Jobs] ["R"] None, available::can_operate;
    ForceOff "force-off" "Force off" "Pulls the plug: the guest is not asked." Operations [Vms Vm Topology Alerts Jobs] ["K"] Some((46, "force off")), available::can_operate;
    PauseResume "pause" "Pause or resume" "Pauses a VM that runs, resumes one that is paused." Operations [Vms Vm Topology Alerts Jobs] ["p"] Some((16, "resume")), available::can_operate;
    Save "save" "Save memory and stop" "Saves the VM's memory to disk and stops it (managed save)." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate;
    DiscardSaved "discard-saved" "Discard saved memory" "Forgets the VM's saved memory: it boots afresh." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate;
    Autostart "autostart" "Start with the host, or not" "Turns autostart on or off." Operations [Vms Vm Topology Alerts Jobs] ["A"] None, available::can_operate;
    Tags "tags" "Tags" "Asks for tags and sets them." Operations [Vms Vm Topology Alerts Jobs] ["t"] Some((48, "tags")), available::can_operate;
    Rename "rename" "Rename" "Asks for another name." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate_on_one;
    SetTitle "set-title" "Set the title" "Asks for the VM's title." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate_on_one;
    SetDescription "set-description" "Set the description" "Asks for the VM's description." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate_on_one;
    Protect "protect" "Protect" "Protects the VM from deleting, forcing off and resetting." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate;
    Unprotect "unprotect" "No longer protect" "Takes the VM's protection off." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate;
    Undo "undo" "Undo" "Takes back what was done last, or the selected job." Operations [Global Job] ["u"] Some((25, "undo")), available::can_undo;
    Offer "offer" "Take the offer" "Tries what a job that failed offers instead, such as forcing off what did not shut down." Operations [Global Job] ["a"] Some((24, "offer")), available::can_take_offer;
    StopJob "stop-job" "Stop the job" "Asks whether to stop the selected job, and take back what it did." Operations [Jobs Job] ["x"] Some((18, "stop")), available::can_stop_job;

    SerialOpen "console" "Serial console" "Opens the guest's serial console." Operations [Vms Vm Topology Alerts Portrait] ["c"] Some((17, "console")), available::can_open_console;
    SerialMenu "console-menu" "Console's menu" "Opens the menu of the console: leave, look back, copy, take over." Operations [Serial] ["Ctrl-]"] Some((10, "menu, leave")), available::always;
    SerialBack "console-back" "Look back" "Looks at what has left the console's screen." Look [Serial] ["Shift-PgUp"] Some((11, "look back")), available::always;
    SerialLive "console-live" "Back to the guest" "Shows what the guest shows now." Look [SerialBack] ["Esc" "q" "Ctrl-]"] Some((10, "back to the guest")), available::always;
    SerialCopy "console-copy" "Copy the console's screen" "Copies the text on the console's screen." Look [SerialBack] ["y"] Some((11, "copy")), available::in_console;
    SerialEscape "console-type-escape" "Type Ctrl-]" "Types the key that opens the console's menu into the guest." Operations [Serial] [] None, available::in_console;
    SerialAgain "console-again" "Open the console again" "Opens the console again." Operations [SerialOver] ["Enter"] Some((10, "open again")), available::in_console;
    SerialTake "console-take" "Take the console over" "Opens the console and takes it from whoever has it open." Operations [SerialOver] ["f"] Some((11, "take over")), available::in_console;
    SerialLeave "console-leave" "Leave the console" "Closes the console and goes back." Operations [SerialOver] ["Esc" "q" "Ctrl-]"] Some((12, "leave")), available::in_console;
    Screen "guest-screen" "Screen of the guest" "Shows the guest's screen, as a picture, with the ways to it: viewer, keys, SSH." Operations [Vms Vm Topology Alerts] ["v"] Some((18, "screen")), available::can_open_console;
    Viewer "viewer" "Screen in a window" "Opens the guest's screen in a viewer, where there is a display." Operations [Vms Vm Topology Alerts] [] None, available::can_open_console;
    PressKeys "press-keys" "Press keys" "Presses keys on the guest's keyboard, such as Ctrl-Alt-Del." Operations [Vms Vm Topology Alerts] [] None, available::can_open_console;
    Ssh "ssh" "SSH to the guest" "Opens a shell in the guest by SSH, in this terminal." Operations [Vms Vm Topology Alerts] [] None, available::can_open_console;
    ScreenAgain "screen-again" "Look again" "Takes another picture of the guest's screen." Operations [Portrait] ["r" "Ctrl-r"] Some((10, "again")), available::at_screen;
    ScreenFollow "screen-follow" "Keep looking" "Takes a picture every two seconds, or no longer." Operations [Portrait] ["f"] Some((12, "follow")), available::at_screen;
    ScreenViewer "screen-viewer" "Open in a window" "Opens the screen in a viewer, where there is a display." Operations [Portrait] ["v" "Enter"] Some((13, "window")), available::at_screen;
    ScreenKeys "screen-keys" "Press keys" "Presses keys on the guest's keyboard." Operations [Portrait] ["k"] Some((14, "keys")), available::at_screen;
    OtherKeys "other-keys" "Press other keys" "Asks for keys by their names." Operations [Portrait] [] None, available::can_open_console;
    ScreenSsh "screen-ssh" "SSH to the guest" "Opens a shell in the guest by SSH, in this terminal." Operations [Portrait] ["s"] Some((15, "SSH")), available::at_screen;
    ScreenCopy "screen-copy" "Copy the address" "Copies the address of the graphical console." Operations [Portrait] ["y"] Some((16, "copy")), available::at_screen;
    ScreenLeave "screen-leave" "Leave the screen" "Goes back." Operations [Portrait] ["Esc" "q" "Ctrl-c"] Some((11, "back")), available::at_screen;
    Actions "actions" "Actions" "Lists all that can be done to what is selected, to be found by a few letters." Program [Global] ["m"] Some((12, "actions")), available::has_desk;
    Delete "delete" "Delete" "Deletes the VM; it is held for a while and can be brought back, and its disks stay." Operations [Vms Vm Topology Alerts Jobs] ["D"] Some((49, "delete")), available::can_operate;
    NewVm "new-vm" "New VM" "Makes a VM: to be installed from an ISO image, of a disk that is there, or of a template." Operations [Vms] ["n"] Some((45, "new")), available::can_make;
    CloneVm "clone" "Clone" "Makes another VM like it, with disks of its own or linked ones." Operations [Vms Vm Topology Alerts Jobs] ["C"] Some((47, "clone")), available::can_operate_on_one;
    MakeTemplate "make-template" "Make a template" "Keeps the VM's definition and disks as a template, of which others are made." Operations [Vms Vm Topology Alerts Jobs] ["T"] None, available::can_operate_on_one;
    TemplateList "templates" "Templates" "Lists templates with their versions, sizes and what lies on them." Operations [Global] [] None, available::has_desk;
    DeletedVms "deleted-vms" "Deleted VMs" "Lists deleted VMs that are held: brings them back, or purges them." Operations [Global] ["X"] None, available::has_desk;
    ShutdownWithin "shut-down-within" "Shut down within a time" "Asks how long the guest is given to shut down, and how it is asked." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate;
    StartOrder "start-order" "Start order" "Sets when the VM is started after the host, and what is waited for." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate;
    TakeSnapshot "take-snapshot" "Take a snapshot" "Keeps the VM's present state, to go back to." Operations [Vms Vm Topology Alerts Jobs] ["N"] Some((50, "snapshot")), available::can_operate;
    Resize "resize" "vCPUs and memory" "Changes the VM's vCPUs and memory." Operations [Vms Vm Topology Alerts Jobs] ["H"] None, available::can_operate;
    EditXml "edit-xml" "Edit the XML" "Opens the VM's definition in your editor ($VISUAL, $EDITOR); a plan is made of what you write." Operations [Vms Vm Topology Alerts Jobs] ["e"] Some((51, "edit XML")), available::can_operate_on_one;
    AttachDisk "attach-disk" "Attach a disk" "Attaches a volume or a file to the VM, or a CD-ROM drive." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate_on_one;
    AttachNic "attach-nic" "Attach a NIC" "Plugs the VM into one more network." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate_on_one;
    InsertMedia "insert-media" "Insert a medium" "Puts an ISO image into a drive." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_use_drive;
    EjectMedia "eject-media" "Eject the medium" "Takes the medium out of a drive." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_use_drive;
    BootOrder "boot-order" "Boot order" "Sets what the VM boots from." Operations [Vms Vm Topology Alerts Jobs] [] None, available::can_operate_on_one;

    DiskAttach "disk-attach" "Attach a disk" "Attaches one more disk or drive." Operations [VmDisks] ["n"] Some((13, "attach")), available::can_operate_on_one;
    DiskDetach "disk-detach" "Detach the disk" "Detaches the selected disk; what is on it stays." Operations [VmDisks] ["D"] Some((15, "detach")), available::has_disk;
    DiskGrow "disk-grow" "Grow the disk" "Makes the selected disk larger." Operations [VmDisks] ["+"] Some((14, "grow")), available::has_disk;
    DiskBus "disk-bus" "Change the bus" "Puts the selected disk on another bus." Operations [VmDisks] ["b"] Some((18, "bus")), available::has_disk;
    DiskMove "disk-move" "Move the disk" "Moves the selected disk to another pool or format; a VM that runs goes on meanwhile." Operations [VmDisks] ["M"] Some((19, "move")), available::has_disk;
    DiskCommit "disk-commit" "Merge the disk's layers" "Writes what the selected disk's layers hold into the image below, and goes on with that one." Operations [VmDisks] [] None, available::has_layers;
    DiskPull "disk-pull" "Make the disk independent" "Takes into the selected disk what lies below it, and does without that." Operations [VmDisks] [] None, available::has_layers;
    DriveInsert "drive-insert" "Insert a medium" "Puts an ISO image into the selected drive." Operations [VmDisks] ["i"] Some((16, "insert")), available::has_drive;
    DriveEject "drive-eject" "Eject the medium" "Takes the medium out of the selected drive." Operations [VmDisks] ["E"] Some((17, "eject")), available::has_drive;
    NicAttach "nic-attach" "Attach a NIC" "Plugs the VM into one more network." Operations [VmNics] ["n"] Some((13, "attach")), available::can_operate_on_one;
    NicDetach "nic-detach" "Detach the NIC" "Takes the selected NIC away." Operations [VmNics] ["D"] Some((15, "detach")), available::has_nic;
    NicLink "nic-link" "Link up or down" "Sets the selected NIC's link down, or up again." Operations [VmNics] ["L"] Some((14, "link")), available::has_nic;
    NicNetwork "nic-network" "Another network" "Plugs the selected NIC into another network." Operations [VmNics] ["o"] Some((16, "network")), available::has_nic;
    SnapshotTake "snapshot-take" "Take a snapshot" "Keeps the VM's present state, to go back to." Operations [VmSnapshots] ["n" "N"] Some((13, "take")), available::can_operate_on_one;
    SnapshotRevert "snapshot-revert" "Go back to it" "Goes back to the selected snapshot." Operations [VmSnapshots] ["b"] Some((14, "go back")), available::has_snapshot;
    SnapshotDelete "snapshot-delete" "Delete the snapshot" "Deletes the selected snapshot; the VM goes on as it is." Operations [VmSnapshots] ["D"] Some((15, "delete")), available::has_snapshot;
    SnapshotDeleteAll "snapshot-delete-all" "Delete it with those on it" "Deletes the selected snapshot and all that were made on top of it." Operations [VmSnapshots] [] None, available::has_snapshot;
    SnapshotForget "snapshot-forget" "Forget the snapshot" "Has libvirt forget the selected snapshot; images stay as they are." Operations [VmSnapshots] [] None, available::has_snapshot;
    RevisionRevert "revision-revert" "Back to this revision" "Gives the VM the definition that it had in the selected revision." Operations [VmHistory Sheet] ["b"] Some((14, "back to it")), available::has_revision;

    PoolStart "pool-start" "Start the pool" "Starts the selected pool." Operations [Storage] ["s"] Some((14, "start")), available::has_pool;
    PoolStop "pool-stop" "Stop the pool" "Stops the selected pool; what is in it stays." Operations [Storage] ["S"] Some((15, "stop")), available::has_pool;
    PoolAutostart "pool-autostart" "Start the pool with the host, or not" "Turns the pool's autostart on or off." Operations [Storage] ["A"] None, available::has_pool;
    PoolDefine "pool-define" "Define a pool" "Defines a new pool: a folder, a file system, NFS, LVM, ZFS, Ceph." Operations [Storage] ["n"] Some((36, "new pool")), available::can_make;
    PoolBuild "pool-build" "Make the pool's storage" "Makes the pool's folder, file system or volume group where there is none." Operations [Storage] [] None, available::has_pool;
    PoolUndefine "pool-undefine" "Undefine the pool" "Has libvirt forget the selected pool; what is in it stays." Operations [Storage] ["D"] None, available::has_pool;
    VolumeCreate "volume-create" "Create a volume" "Makes a new volume in the selected pool." Operations [Storage Volumes] ["c"] Some((13, "new volume")), available::has_pool;
    VolumeGrow "volume-grow" "Grow the volume" "Makes the selected volume larger." Operations [Volumes] ["+"] Some((16, "grow")), available::has_volume;
    VolumeClone "volume-clone" "Clone the volume" "Copies the selected volume." Operations [Volumes] ["C"] Some((17, "clone")), available::has_volume;
    VolumeConvert "volume-convert" "Convert the volume" "Copies the selected volume into another format." Operations [Volumes] [] None, available::has_volume;
    VolumeUpload "volume-upload" "Upload a file" "Makes a volume of a file of this machine, such as an ISO image." Operations [Storage Volumes] ["I"] None, available::has_pool;
    VolumeDownload "volume-download" "Download the volume" "Writes the selected volume to a new file of this machine." Operations [Volumes] ["E"] None, available::has_volume;
    VolumeWipe "volume-wipe" "Wipe the volume" "Writes zeros over all that the selected volume holds." Operations [Volumes] [] None, available::has_volume;
    VolumeDelete "volume-delete" "Delete the volume" "Deletes the selected volume and what is in it." Operations [Volumes] ["D"] Some((18, "delete")), available::has_volume;
    OrphanVolumes "orphans" "Orphaned volumes" "Lists volumes that no VM uses." Operations [Storage] ["O"] Some((37, "orphans")), available::has_desk;
    OrphanDelete "orphan-delete" "Delete the volume" "Deletes the selected volume and what is in it." Operations [Orphans] ["D"] Some((11, "delete")), available::always;

    NetworkStart "network-start" "Start the network" "Starts the selected network." Operations [Networks] ["s"] Some((14, "start")), available::has_network;
    NetworkStop "network-stop" "Stop the network" "Stops the selected network: VMs on it lose their connection." Operations [Networks] ["S"] Some((15, "stop")), available::has_network;
    NetworkAutostart "network-autostart" "Start the network with the host, or not" "Turns the network's autostart on or off." Operations [Networks] ["A"] Some((19, "autostart")), available::has_network;
    NetworkUsers "network-users" "Who is on the network" "Shows the selected network, its leases and who is on it." Look [Networks] ["w"] Some((13, "who")), available::has_network;
    NetworkEdit "network-edit" "Edit the network's XML" "Opens the network's definition in your editor." Operations [Networks] ["e"] Some((16, "edit XML")), available::has_network;
    NetworkReserve "network-reserve" "Reserve an address" "Has DHCP give a NIC always the same address." Operations [Networks] [] None, available::has_network;
    NetworkRelease "network-release" "Release a reserved address" "Takes such a reservation away." Operations [Networks] [] None, available::has_network;
    NetworkUndefine "network-undefine" "Undefine the network" "Has libvirt forget the selected network." Operations [Networks] ["D"] Some((18, "undefine")), available::has_network;
    NetworkDefine "network-define" "Define a network" "Defines a new network: NAT, routed, isolated, or a bridge of the host with VLANs." Operations [Topology] ["n"] Some((34, "new network")), available::can_make;

    HeldUndelete "undelete" "Bring it back" "Brings the selected VM back as it was." Operations [Held] ["Enter" "u"] Some((10, "bring back")), available::always;
    HeldUndeleteAs "undelete-as" "Bring it back as" "Brings the selected VM back under another name." Operations [Held] ["n"] Some((11, "under another name")), available::always;
    HeldPurge "purge" "Purge" "Forgets the selected VM for ever; its disks stay where they are." Operations [Held] ["D"] Some((12, "purge")), available::always;
    HeldPurgeDisks "purge-with-disks" "Purge with its disks" "Forgets the selected VM for ever, and deletes those of its disks that nothing else uses." Operations [Held] ["W"] Some((13, "with its disks")), available::always;
    TemplateUse "template-use" "New VM of it" "Makes a VM of the selected template." Operations [Templates] ["Enter" "n"] Some((10, "new VM")), available::always;
    TemplateDelete "template-delete" "Delete the version" "Deletes the selected version of the template, where nothing lies on it." Operations [Templates] ["D"] Some((11, "delete")), available::always;
    AuditVerify "audit-verify" "Verify the audit" "Checks again that every record is there and as it was written." Look [Audit] ["V"] Some((13, "verify")), available::always;
    AuditApply "audit-apply" "Keep the filter" "Keeps the filter and goes back to the records." Lists [AuditFilter] ["Enter"] Some((10, "keep")), available::always;
    AuditCancel "audit-cancel" "Drop the filter" "Goes back to the filter as it was." Lists [AuditFilter] ["Esc" "Ctrl-c"] Some((11, "cancel")), available::always;
    SheetClose "sheet-close" "Close" "Closes it." Look [Held Orphans Templates Sheet] ["Esc" "q" "Ctrl-c"] Some((16, "close")), available::always;

    Copy "copy" "Copy" "Copies a name, UUID, address or the XML to your terminal's clipboard (OSC 52)." Look [Global] ["y"] Some((54, "copy")), available::can_copy;
    Xml "xml" "XML" "Shows the VM's XML." Look [Vms Vm] ["x"] None, available::has_vm;
    Freeze "freeze" "Freeze" "Holds the picture still while measuring goes on, and lets it go." Look [Global] ["Z"] None, available::in_the_present;
    Refresh "refresh" "Refresh now" "Reads everything again, now; connects at once when the connection is lost." Look [Global] ["Ctrl-r" "F5"] None, available::in_the_present;
    PoolRefresh "pool-refresh" "Refresh the pool" "Has libvirt look at the selected pool's storage again." Look [Storage] ["r"] Some((32, "refresh pool")), available::can_refresh_pool;
    LogMore "log-more" "Log more" "Shows finer log levels." Look [Host] ["+"] Some((34, "more log")), available::always;
    LogLess "log-less" "Log less" "Shows coarser log levels only." Look [Host] ["-"] Some((35, "less log")), available::always;

    Earlier "earlier" "A minute back" "Shows everything a minute earlier." Past [Global] ["["] None, available::can_look_back;
    Later "later" "A minute on" "Shows everything a minute later; at the end, now." Past [Global] ["]"] Some((13, "a minute on")), available::in_the_past;
    EarlierFar "earlier-far" "Far back" "Goes back by as much as charts show: 15 minutes, unless they were zoomed." Past [Global] ["{"] None, available::can_look_back;
    LaterFar "later-far" "Far on" "Goes on by as much as charts show; at the end, now." Past [Global] ["}"] None, available::in_the_past;
    GoToTime "go-to-time" "Go to a time" "Asks for a time and shows everything as it was: -2h, yesterday 9:00, 2026-11-20 14:05." Past [Global] ["@"] None, available::can_look_back;
    Now "now" "Back to now" "Leaves the past." Past [Global] [] None, available::in_the_past;
    AlertMoment "alert-moment" "When it began" "Shows everything at the moment the alert began." Past [Alerts] ["w"] Some((32, "when it began")), available::has_alert;
    WhoUsedMost "who-used-most" "Who used most" "Ranks VMs, their disks and their NICs by what they used in a window of time." Past [Global] ["W"] None, available::can_look_back;

    ZoomIn "chart-shorter" "Shorter time" "Charts show less time, more closely." Charts [Charts] ["+" "="] Some((30, "shorter")), available::can_zoom_in;
    ZoomOut "chart-longer" "Longer time" "Charts show more time, up to two years." Charts [Charts] ["-"] Some((31, "longer")), available::can_zoom_out;
    EventBefore "event-before" "Event before" "Moves the chart's cursor to the event before." Charts [Charts] [","] Some((33, "event before")), available::has_events;
    EventAfter "event-after" "Next event" "Moves the chart's cursor to the next event." Charts [Charts] ["."] Some((34, "next event")), available::has_events;
    Device "chart-device" "Charts of the next device" "Shows charts of the VM's next disk or NIC, then of the VM again." Charts [VmCharts] ["d"] Some((32, "device")), available::has_devices;
    Compare "chart-compare" "Compare marked VMs" "Draws the marked VMs into the same charts, and takes them out again." Charts [VmCharts] ["o"] Some((35, "compare marked")), available::can_compare;

    TopOpen "top-open" "Open" "Opens the VM's charts of that window." Past [Top] ["Enter"] Some((10, "open")), available::can_open_top;
    TopMetric "top-metric" "Next metric" "Ranks by the next metric." Past [Top] ["Tab"] Some((11, "metric")), available::always;
    TopMetricBack "top-metric-back" "Metric before" "Ranks by the metric before." Past [Top] ["Shift-Tab"] None, available::always;
    TopRank "top-rank" "Mean, peak or total" "Ranks by the mean, by the peak or, of what adds up, by the total." Past [Top] ["r"] Some((12, "mean, peak, total")), available::always;
    TopShorter "top-shorter" "Shorter window" "Ranks by a shorter window of time." Past [Top] ["+" "="] Some((13, "shorter")), available::always;
    TopLonger "top-longer" "Longer window" "Ranks by a longer window of time." Past [Top] ["-"] Some((14, "longer")), available::always;
    TopClose "top-close" "Close" "Closes the ranking." Past [Top] ["Esc" "q" "Ctrl-c"] Some((15, "close")), available::always;
    TimeGo "time-go" "Go" "Goes to the time that was typed." Past [Time] ["Enter"] Some((10, "go")), available::always;
    TimeCancel "time-cancel" "Close" "Closes the line." Past [Time] ["Esc" "Ctrl-c"] Some((11, "close")), available::always;

    DialogPress "dialog-press" "Press" "Presses the button in focus; the one that goes ahead never has it at first." Operations [Plan Question] ["Enter"] Some((10, "press")), available::always;
    DialogNext "dialog-next" "Next button" "Moves to the next button." Operations [Plan Question] ["Tab"] Some((11, "other button")), available::has_buttons;
    DialogPrevious "dialog-previous" "Button before" "Moves to the button before." Operations [Plan Question] ["Shift-Tab"] None, available::always;
    DialogDetails "dialog-details" "Details" "Shows all of the plan, or the short form." Operations [Plan] ["d" "Ctrl-o"] Some((12, "details")), available::has_details;
    DialogClose "dialog-close" "Close" "Closes the dialog; nothing is done." Operations [Planning Plan Question Job] ["Esc" "q" "Ctrl-c"] Some((13, "close")), available::always;
    PromptGive "prompt-give" "Go on" "Makes a plan of what was typed." Operations [Prompt] ["Enter"] Some((10, "go on")), available::always;
    PromptClose "prompt-close" "Close" "Closes the line." Operations [Prompt] ["Esc" "Ctrl-c"] Some((11, "close")), available::always;
    FormGive "form-give" "Go on" "Makes a plan of what the form says." Operations [Form] ["Enter"] Some((10, "go on")), available::always;
    FormNext "form-next" "Next field" "Moves to the next field." Operations [Form] ["Tab" "Down"] Some((11, "next field")), available::always;
    FormPrevious "form-previous" "Field before" "Moves to the field before." Operations [Form] ["Shift-Tab" "Up"] None, available::always;
    FormComplete "form-complete" "Complete" "Completes what is typed by the next thing it could be." Operations [Form] ["Ctrl-n"] Some((12, "complete")), available::can_complete;
    FormClose "form-close" "Close" "Closes the form; nothing is done." Operations [Form] ["Esc" "Ctrl-c"] Some((13, "close")), available::always;

    Palette "palette" "Commands" "Finds any action, VM or theme by a few letters." Program [Global] [":" "Ctrl-p"] Some((22, "commands")), available::always;
    Help "help" "Help" "Shows the keys that work here." Program [Global] ["?" "F1"] Some((70, "help")), available::always;
    Theme "theme" "Theme" "Chooses a theme; the choice holds until you leave, config.toml keeps one." Program [Global] ["F2"] None, available::always;
    Redraw "redraw" "Redraw" "Draws the whole screen again." Program [Global] ["Ctrl-l"] None, available::always;
    Quit "quit" "Quit" "Leaves NovaCron; below the top level, goes back." Program [Global] ["q" "Ctrl-c"] Some((80, "quit")), available::at_top;

    CloseHelp "close-help" "Close help" "Closes the help." Program [Help] ["Esc" "q" "?" "F1" "Ctrl-c"] Some((10, "close")), available::always;
    MenuChoose "menu-choose" "Choose" "Chooses the entry." Lists [Menu] ["Enter"] Some((10, "choose")), available::always;
    MenuToggle "menu-toggle" "Show or hide" "Shows or hides the column." Lists [Menu] ["Space"] Some((11, "show or hide")), available::menu_has_checks;
    MenuClose "menu-close" "Close" "Closes the menu." Lists [Menu] ["Esc" "q" "Ctrl-c"] Some((12, "close")), available::always;
    PaletteRun "palette-run" "Run" "Does what is selected." Program [Palette] ["Enter"] Some((10, "run")), available::always;
    PaletteUp "palette-up" "Up" "Moves up." Program [Palette] ["Up" "Ctrl-p"] None, available::always;
    PaletteDown "palette-down" "Down" "Moves down." Program [Palette] ["Down" "Ctrl-n"] Some((11, "next")), available::always;
    PaletteClose "palette-close" "Close" "Closes the palette." Program [Palette] ["Esc" "Ctrl-c"] Some((12, "close")), available::always;
    FilterApply "filter-apply" "Keep the filter" "Keeps the filter and goes back to the list." Lists [Filter] ["Enter"] Some((10, "keep")), available::always;
    FilterComplete "filter-complete" "Complete" "Completes the last term." Lists [Filter] ["Tab"] Some((11, "complete")), available::always;
    FilterCancel "filter-cancel" "Drop the filter" "Goes back to the filter as it was." Lists [Filter] ["Esc" "Ctrl-c"] Some((12, "cancel")), available::always;
}

impl ActionId {
    /// The action's row in the table.
    pub fn spec(self) -> &'static ActionSpec {
        &ACTIONS[self as usize]
    }
}

/// The action of that name, or the name nearest to it.
pub fn action_by_name(name: &str) -> Result<ActionId, Option<&'static str>> {
    if let Some(spec) = ACTIONS.iter().find(|a| a.name == name) {
        return Ok(spec.id);
    }
    let nearest = ACTIONS.iter().map(|a| (distance(a.name, name), a.name)).min();
    Err(nearest.filter(|(d, _)| *d <= 3).map(|(_, n)| n))
}

/// Levenshtein distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut previous = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = previous + usize::from(ca != *cb);
            previous = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(previous + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut names = HashSet::new();
        for (i, a) in ACTIONS.iter().enumerate() {
            assert_eq!(a.id as usize, i);
            assert!(names.insert(a.name), "{} stands twice", a.name);
            assert!(a.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", a.name);
            assert!(a.doc.ends_with('.') && !a.title.is_empty());
            assert!(!a.scopes.is_empty());
        }
    }

    #[test]
    fn a_mistyped_name_finds_its_neighbour() {
        assert_eq!(action_by_name("quit"), Ok(ActionId::Quit));
        assert_eq!(action_by_name("freze"), Err(Some("freeze")));
        assert_eq!(action_by_name("abcdefghijk"), Err(None));
    }
}
