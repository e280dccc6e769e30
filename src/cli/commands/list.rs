//! `novacron list`.

use std::io::{self, Write};

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Format, Layout, Listing, Sorting, write_csv, write_json, write_table};
use crate::config::Sort;
use crate::model::columns::{Column, Context, Measured, Needs, defaults, find};
use crate::model::suggest::did_you_mean;

/// What the user chose of a table: checked before anything is asked of the host.
pub(crate) struct Choice<T: 'static> {
    table: &'static [Column<T>],
    /// Columns, in order.
    pub(crate) columns: Vec<&'static Column<T>>,
    /// Whether the user named them: then none is left out.
    pub(crate) chosen: bool,
    /// What rows are sorted by; as the host has them when nothing.
    pub(crate) sorting: Option<Sorting<T>>,
}

impl<T: Measured> Choice<T> {
    /// From the command line. `usual` names the columns of the configuration, where it has a say.
    pub(crate) fn new(
        table: &'static [Column<T>],
        named: &[String],
        usual: &[String],
        sort: Option<&str>,
        format: Format,
    ) -> Result<Self, Failure> {
        let columns = if !named.is_empty() {
            named.iter().map(|n| column(table, n)).collect::<Result<_, _>>()?
        } else if format != Format::Table {
            table.iter().collect()
        } else if usual.is_empty() {
            defaults(table)
        } else {
            usual.iter().filter_map(|n| find(table, n)).collect()
        };
        let sorting = sort.map(|s| sorting(table, s)).transpose()?;
        Ok(Self { table, columns, chosen: !named.is_empty(), sorting })
    }

    /// What must be known of VMs for these columns.
    pub(crate) fn needs(&self) -> Vec<Needs> {
        self.columns.iter().copied().chain(self.sorting.iter().map(|s| s.column)).map(|c| c.needs).collect()
    }

    /// Sorts as the configuration says.
    pub(crate) fn sort_by(&mut self, sort: &Sort) {
        self.sorting =
            find(self.table, &sort.column).map(|column| Sorting { column, descending: sort.descending });
    }

    /// Writes the rows.
    pub(crate) fn write(
        self,
        out: &mut dyn Write,
        rows: Vec<&T>,
        context: &Context<'_>,
        format: Format,
        layout: Layout,
    ) -> io::Result<()> {
        let mut rows = Listing { columns: self.columns, rows, context };
        if let Some(sorting) = &self.sorting {
            rows.sort(sorting);
        }
        match format {
            Format::Json => write_json(out, &rows.objects().into()),
            Format::Csv => {
                let keys: Vec<String> = rows.columns.iter().map(|c| c.key().into_owned()).collect();
                let objects: Vec<_> = rows.rows.iter().map(|r| rows.object(r)).collect();
                write_csv(out, &keys, &objects)
            }
            Format::Table => {
                if let (Some(width), false) = (layout.width, self.chosen) {
                    rows.fit(width);
                }
                write_table(out, &rows, layout)
            }
        }
    }
}

fn column<T>(table: &'static [Column<T>], name: &str) -> Result<&'static Column<T>, Failure> {
    find(table, name).ok_or_else(|| {
        let hint = did_you_mean(name, table.iter().map(|c| c.id));
        let all: Vec<_> = table.iter().map(|c| c.id).collect();
        Failure::new(Exit::Usage, format!("there is no column \"{name}\"{hint}"))
            .hint(format!("Columns: {}.", all.join(", ")))
    })
}

fn sorting<T>(table: &'static [Column<T>], text: &str) -> Result<Sorting<T>, Failure> {
    let (name, direction) = text.split_once(':').map_or((text, None), |(n, d)| (n, Some(d)));
    let column = column(table, name)?;
    let descending = match direction {
        None => column.descends(),
        Some("asc") => false,
        Some("desc") => true,
        Some(other) => {
            let what = format!("\"{other}\" is not a direction to sort in");
            return Err(Failure::new(Exit::Usage, what).hint("Use :asc or :desc."));
        }
    };
    Ok(Sorting { column, descending })
}
