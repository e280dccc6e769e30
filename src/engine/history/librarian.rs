//! The thread that reads history, one question after the other.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};

use super::StoreError;
use crate::store::HistoryReader;

/// A question: it gets a reader, or why there is none, and answers by itself. Returns whether the reader is of no more
/// use.
pub(in crate::engine) type Question = Box<dyn FnOnce(Result<&HistoryReader, StoreError>) -> bool + Send>;

/// Questions waiting; more are refused.
const WAITING: usize = 64;

/// Starts the thread. It ends with the last sender, and need not be waited for: it changes nothing.
pub(in crate::engine) fn start(folder: PathBuf) -> io::Result<SyncSender<Question>> {
    let (questions, inbox) = sync_channel::<Question>(WAITING);
    std::thread::Builder::new().name("nc-librarian".into()).spawn(move || {
        let mut reader = None;
        while let Ok(question) = inbox.recv() {
            // Opened by the first question: a console that never looks back pays nothing.
            let opened = match reader.take() {
                Some(reader) => Ok(reader),
                None => HistoryReader::open(&folder),
            };
            match opened {
                Ok(open) => {
                    if !question(Ok(&open)) {
                        reader = Some(open);
                    }
                }
                Err(why) => drop(question(Err(why))),
            }
        }
    })?;
    Ok(questions)
}
