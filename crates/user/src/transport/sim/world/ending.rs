//! The end of a simulation.

use ntsim::kernel::io::user;

use super::World;
use crate::error::Error;

impl World {
    /// Closes every file, pulls every device, unloads the driver, and has the rules judge all of it.
    pub(in crate::transport::sim) fn finish(&mut self) -> Vec<String> {
        if let Some(verdict) = &self.verdict {
            return verdict.clone();
        }
        let mut found = Vec::new();
        if self.stopped.is_none() {
            found.extend(self.bring_to_an_end().err().map(|error| error.to_string()));
            self.machine.unload();
            self.settle();
        }
        self.look_at_trace();
        found.extend(self.stopped.as_ref().map(ToString::to_string));
        found.extend(self.judge.verdict(self.stopped.is_none()));
        self.verdict = Some(found.clone());
        found
    }

    fn bring_to_an_end(&mut self) -> Result<(), Error> {
        // A device whose port is cycled just now does not come back.
        self.machine.kernel_mut().pnp.ending = true;
        for file in std::mem::take(&mut self.files) {
            self.machine.close(file);
        }
        self.ask("ending everything", async |cpu| user::end_everything(&cpu).await)?;
        let names: Vec<String> = {
            let kernel = self.machine.kernel();
            let present = kernel.pnp.nodes.iter().filter(|(_, node)| node.state.has_stack());
            present.map(|(name, _)| name.clone()).collect()
        };
        for name in names {
            self.unplug(&name)?;
        }
        while self.go_on() {}
        Ok(())
    }
}
