//! The terminal lent to the user's editor: started with the screen given back, waited for without blocking the loop.

use std::io;
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::oneshot;

use crate::console::editor::{Draft, EditorError};

/// An editor at work on a text.
pub(super) struct Lent {
    draft: Draft,
    program: String,
    pid: Option<Pid>,
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
}

impl Lent {
    /// Writes the text to a file of its own and starts the editor on it. The terminal must have been given back.
    pub(super) fn start(text: &str, said: Option<&str>) -> Result<Self, EditorError> {
        let draft = Draft::new(text)?;
        draft.say(said)?;
        let (program, mut command) = draft.command()?;
        let failed = |why| EditorError::Start { program: program.clone(), why };
        // Descriptor 2 leads to the log: the editor has the terminal for that too.
        let screen = io::stdout().as_fd().try_clone_to_owned().map_err(failed)?;
        let child = command.stderr(Stdio::from(screen)).spawn().map_err(failed)?;
        let pid = Pid::from_raw(child.id().cast_signed());
        let ended = waited_for(child).map_err(failed)?;
        Ok(Self { draft, program, pid, ended })
    }

    /// Waits until it has ended, and reads what was written.
    pub(super) async fn written(&mut self) -> Result<String, EditorError> {
        let gone = || io::Error::other("nobody waited for it");
        let ended = (&mut self.ended).await.unwrap_or_else(|_| Err(gone()));
        let program = self.program.clone();
        match ended {
            Ok(status) => self.draft.written(program, status),
            Err(why) => Err(EditorError::Start { program, why }),
        }
    }

    /// Tells it to end.
    pub(super) fn end(&self) {
        if let Some(pid) = self.pid
            && let Err(why) = kill_process(pid, Signal::TERM)
        {
            tracing::warn!("the editor could not be told to end: {why}");
        }
    }
}

fn waited_for(mut child: Child) -> io::Result<oneshot::Receiver<io::Result<ExitStatus>>> {
    let (tell, ended) = oneshot::channel();
    let waiting = move || drop(tell.send(child.wait()));
    std::thread::Builder::new().name("nc-editor".into()).spawn(waiting)?;
    Ok(ended)
}
