//! What can be copied to the terminal's clipboard.

use super::place::Pane;
use super::{App, portrait, vm_page};

impl App {
    /// What could be copied now, each with what it is.
    pub fn copyable(&self) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        if let Some(vm) = self.selected_vm() {
            out.push(("name", vm.display_name().into_owned()));
            out.push(("UUID", vm.id.to_string()));
            out.extend(vm.addresses.iter().map(|a| ("address", a.address.to_string())));
            out.extend(portrait::displays(self).into_iter().map(|d| ("graphical console", d.address)));
            if let Some(d) = &vm.definition {
                out.extend(
                    d.nics.iter().map(|n| ("MAC address", crate::model::text::clean(&n.mac).into_owned())),
                );
            }
            if let Some(vm_page::Fetched::Ready(xml)) = self.page.as_ref().map(|p| &p.xml) {
                out.push(("XML", xml.to_string()));
            }
        } else if matches!(self.pane(), Pane::Storage | Pane::Volumes | Pane::PoolCharts)
            && let Some(pool) = self.selected_pool()
        {
            out.push(("name", pool.display_name().into_owned()));
            out.extend(pool.record.path.iter().map(|p| ("path", crate::model::text::clean(p).into_owned())));
            let volume = pool.volumes.iter().flat_map(|v| v.iter());
            for v in volume.filter(|v| Some(&v.key) == self.storage.volume.key()) {
                out.push(("volume's path", crate::model::text::clean(&v.path).into_owned()));
            }
        } else if self.pane() == Pane::Alerts
            && let Some(alert) = self
                .view()
                .alerts
                .iter()
                .find(|a| Some(&(a.condition, a.subject.clone())) == self.alerts.key())
        {
            out.push(("alert", format!("{}: {}", alert.name, alert.message)));
        }
        out
    }
}
