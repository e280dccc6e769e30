//! The semantic roles: what a run of text means, never what it looks like.

macro_rules! roles {
    ($( $id:ident $name:literal $parent:ident $doc:literal; )*) => {
        /// What something on screen means. A theme gives each role a style.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Role { #[default] $( #[doc = $doc] $id, )* }

        /// The table of roles, indexed by [`Role`].
        pub static ROLES: &[RoleInfo] = &[ $( RoleInfo {
            role: Role::$id, name: $name, parent: Role::$parent, doc: $doc,
        }, )* ];
    };
}

/// One row of the table of roles.
#[derive(Debug)]
pub struct RoleInfo {
    /// Its identity in code.
    pub role: Role,
    /// Its name in theme files.
    pub name: &'static str,
    /// Whose style it takes where a theme does not give it one; `text` is its own parent.
    pub parent: Role,
    /// One sentence for whoever writes a theme.
    pub doc: &'static str,
}

roles! {
    Text "text" Text "Ordinary text.";
    Dim "dim" Text "What matters less: separators, labels, hints.";
    Strong "strong" Text "What matters more: the name of the thing shown.";
    Title "title" Strong "Title of a pane or dialog.";
    TitleFocus "title.focus" Title "Title of the pane that has the keys, or of a dialog.";
    Border "border" Dim "Border of a pane.";
    BorderFocus "border.focus" Accent "Border of the pane that has the keys.";
    Accent "accent" Text "The one accent colour.";
    Header "header" Text "The line at the top.";
    HeaderApp "header.app" Accent "The program's name in the header.";
    FooterKey "footer.key" Accent "A key in the footer and in help.";
    FooterText "footer.text" Dim "What that key does.";
    Tab "tab" Dim "A tab that is not open.";
    TabActive "tab.active" Accent "The open tab.";
    TableHeader "table.header" Dim "Column titles.";
    TableSorted "table.sorted" Accent "Title of the column the table is sorted by.";
    TableGroup "table.group" Dim "A group's heading line in a table.";
    Selection "selection" Text "The row under the cursor in the pane that has the keys.";
    SelectionIdle "selection.idle" Text "The row under the cursor in any other pane.";
    Cursor "cursor" Accent "The bar before the row under the cursor.";
    Mark "mark" Accent "The sign of a marked row.";
    StateRunning "state.running" Ok "Running, active, up.";
    StatePaused "state.paused" Warning "Paused or suspended.";
    StateOff "state.off" Dim "Shut off, inactive.";
    StateCrashed "state.crashed" Critical "Crashed or failed.";
    StateUnknown "state.unknown" Unknown "Nobody knows.";
    StateChanging "state.changing" Accent "On its way: starting, shutting down, migrating.";
    Ok "ok" Text "All is well.";
    Info "info" Accent "Worth knowing.";
    Warning "warning" Strong "Will hurt.";
    Critical "critical" Strong "Hurts.";
    Danger "danger" Critical "What destroys data or stops work, before it is done.";
    Stale "stale" Dim "A value that is older than it should be.";
    Unknown "unknown" Dim "A value nobody knows, and its dash.";
    Gap "gap" Dim "Where a series has no value.";
    Unit "unit" Dim "The unit behind a number.";
    Label "label" Dim "What a value beside it is.";
    Spark "spark" Accent "Sparkline.";
    Chart1 "chart.1" Accent "First series of a chart.";
    Chart2 "chart.2" Text "Second series of a chart.";
    Chart3 "chart.3" Text "Third series of a chart.";
    Chart4 "chart.4" Text "Fourth series of a chart.";
    Chart5 "chart.5" Text "Fifth series of a chart.";
    Chart6 "chart.6" Text "Sixth series of a chart.";
    ChartGrid "chart.grid" Dim "Grid of a chart.";
    ChartAxis "chart.axis" Dim "Scale and times of a chart.";
    BarLow "bar.low" Ok "Usage bar with room left.";
    BarMid "bar.mid" Warning "Usage bar that is nearly full.";
    BarHigh "bar.high" Critical "Usage bar that is full or soon will be.";
    BarEmpty "bar.empty" Dim "The part of a usage bar that is free.";
    TreeGuide "tree.guide" Border "Lines of a tree.";
    Demo "demo" Warning "The sign that nothing here is real.";
    Past "past" Warning "The sign that the screen is frozen or shows the past.";
    ReadOnly "readonly" Info "The sign that nothing can be changed.";
    Live "live" Ok "The sign that values are fresh.";
    Input "input" Text "Text being typed.";
    InputCursor "input.cursor" Selection "The cell that is typed into.";
    InputPlaceholder "input.placeholder" Dim "What could be typed.";
    InputError "input.error" Critical "Why what was typed is not accepted.";
    Match "match" Accent "What matched a filter or search.";
    Button "button" Text "A button.";
    ButtonFocus "button.focus" Selection "The button Enter presses.";
    ButtonDanger "button.danger" Danger "The button Enter presses, when it destroys data or stops work.";
    Dialog "dialog" Text "Inside of a dialog.";
    DialogBorder "dialog.border" BorderFocus "Border of a dialog.";
    XmlTag "xml.tag" Accent "Name of an XML element.";
    XmlAttr "xml.attr" Text "Name of an XML attribute.";
    XmlValue "xml.value" Ok "Value of an XML attribute.";
    XmlText "xml.text" Text "Text between XML elements.";
    XmlComment "xml.comment" Dim "XML comment.";
    XmlPunct "xml.punct" Dim "Brackets, quotes and the like in XML.";
    LogError "log.error" Critical "Log line: error.";
    LogWarn "log.warn" Warning "Log line: warning.";
    LogInfo "log.info" Text "Log line: information.";
    LogDebug "log.debug" Dim "Log line: for debugging.";
    LogTrace "log.trace" Dim "Log line: tracing.";
}

/// How many roles there are.
pub const ROLE_COUNT: usize = Role::LogTrace as usize + 1;

impl Role {
    /// Its row in the table.
    pub fn info(self) -> &'static RoleInfo {
        &ROLES[self as usize]
    }

    /// Its name in theme files.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The role with this name in theme files.
    pub fn from_name(name: &str) -> Option<Self> {
        ROLES.iter().find(|r| r.name == name).map(|r| r.role)
    }

    /// The role of a chart's series, counted from 0; after the sixth they begin again.
    pub const fn chart(series: usize) -> Self {
        match series % 6 {
            0 => Self::Chart1,
            1 => Self::Chart2,
            2 => Self::Chart3,
            3 => Self::Chart4,
            4 => Self::Chart5,
            _ => Self::Chart6,
        }
    }
}
