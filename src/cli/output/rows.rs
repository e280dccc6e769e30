//! Listing of one kind with the columns they are shown by.

use serde_json::{Map, Value as Json};

use crate::model::columns::{Column, Context, Measured, Value, fitting};
use crate::model::metric::{Metric, metrics_of};
use crate::model::units::Unit;

/// What rows are sorted by.
pub(crate) struct Sorting<T: 'static> {
    pub(crate) column: &'static Column<T>,
    pub(crate) descending: bool,
}

/// Listing and columns of one kind of object.
pub(crate) struct Listing<'a, 's, T: 'static> {
    pub(crate) columns: Vec<&'static Column<T>>,
    pub(crate) rows: Vec<&'a T>,
    pub(crate) context: &'a Context<'s>,
}

impl<T: Measured> Listing<'_, '_, T> {
    /// Sorts by a column; rows that are equal there keep their order.
    pub(crate) fn sort(&mut self, sorting: &Sorting<T>) {
        let context = self.context;
        self.rows.sort_by(|a, b| sorting.column.compare(a, b, context, sorting.descending));
    }

    /// Leaves out the least important columns until the rest fits.
    pub(crate) fn fit(&mut self, width: u16) {
        self.columns = fitting(&self.columns, width, 2);
    }

    /// The values, row by row.
    pub(crate) fn values(&self) -> impl Iterator<Item = Vec<Value<'_>>> {
        self.rows.iter().map(|row| self.columns.iter().map(|c| c.value(row, self.context)).collect())
    }

    /// A row as an object.
    pub(crate) fn object(&self, row: &T) -> Map<String, Json> {
        object(&self.columns, row, self.context)
    }

    /// An object for each row.
    pub(crate) fn objects(&self) -> Vec<Json> {
        self.rows.iter().map(|row| Json::Object(self.object(row))).collect()
    }
}

/// A row as an object: the columns' keys, null for unknown.
pub(crate) fn object<T: Measured>(
    columns: &[&'static Column<T>],
    row: &T,
    context: &Context<'_>,
) -> Map<String, Json> {
    columns.iter().map(|c| (c.key().into_owned(), c.value(row, context).json())).collect()
}

/// A row as lines for people: what it is, and the value with its unit. What is unknown is left out.
pub(crate) fn fields<T: Measured + 'static>(
    columns: impl IntoIterator<Item = &'static Column<T>>,
    row: &T,
    context: &Context<'_>,
) -> Vec<(String, String)> {
    columns
        .into_iter()
        .filter_map(|c| {
            let value = c.value(row, context);
            let empty = matches!(&value, Value::List(items) if items.is_empty());
            (!value.is_unknown() && !empty).then(|| (title(c), value.full().into_owned()))
        })
        .collect()
}

/// What a line is called: the metric's title, else the column's name.
fn title<T>(column: &Column<T>) -> String {
    if let Some(metric) = column.metric() {
        return metric_title(metric.get());
    }
    let proper = ["vCPUs", "NICs", "OS", "UUID", "ID", "MAC", "VMs", "VLANs", "DHCP"];
    if let Some(name) = proper.iter().find(|p| p.eq_ignore_ascii_case(column.id)) {
        return (*name).to_owned();
    }
    let mut name = column.id.replace('-', " ");
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

/// A metric's title, told apart from another of the same name in another unit.
pub(crate) fn metric_title(metric: &Metric) -> String {
    let twin = metrics_of(metric.entity).any(|m| m.id != metric.id && m.title == metric.title);
    let share = if twin && metric.unit == Unit::Percent { ", share" } else { "" };
    format!("{}{share}", metric.title)
}
