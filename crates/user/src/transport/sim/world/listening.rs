//! Who hears of devices that come and go, and of the driver's events.

use ntsim::scenario::{SimStage, Stage, Step};

use super::World;
use crate::{
    error::Error,
    events::{DriverEvent, Filter},
    transport::Sender,
    watch::Change,
};

impl World {
    /// Tells of arrivals and removals from now on.
    pub(in crate::transport::sim) fn watch(&mut self, sender: Sender<Change>) -> u64 {
        self.present = self.devices();
        self.next_watcher += 1;
        self.watchers.push((self.next_watcher, sender));
        self.next_watcher
    }

    pub(in crate::transport::sim) fn end_watch(&mut self, number: u64) {
        self.watchers.retain(|(one, _)| *one != number);
    }

    /// Tells of the driver's events from now on.
    pub(in crate::transport::sim) fn listen(
        &mut self,
        filter: Filter,
        sender: Sender<DriverEvent>,
    ) -> Result<u64, Error> {
        self.look_at_trace();
        let number = self.judge.listen(filter, sender);
        self.change_session().map(|()| number)
    }

    pub(in crate::transport::sim) fn end_listening(&mut self, number: u64) {
        self.look_at_trace();
        self.judge.end(number);
        // A machine that has stopped writes no events either.
        drop(self.change_session());
    }

    fn change_session(&mut self) -> Result<(), Error> {
        let step = match self.judge.wanted() {
            Some((level, keywords)) => Step::Trace { level, keywords },
            None => Step::EndTrace,
        };
        let driver = self.machine.driver();
        self.ask("listening to the driver's events", async move |cpu| {
            SimStage::new(cpu, driver).perform(&step).await
        })
    }
}
