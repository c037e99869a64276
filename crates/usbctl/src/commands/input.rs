//! Data to be sent, read on a thread of its own: a pipe may wait for ever, and Ctrl-C must not.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
    thread,
};

use crate::{failure::Failure, interrupt};

/// Pieces that wait to be sent.
const AHEAD: usize = 4;

/// Pieces of data, in order.
#[derive(Debug)]
pub struct Input {
    pieces: Receiver<io::Result<Vec<u8>>>,
    path: PathBuf,
}

/// What comes next.
#[derive(Debug)]
pub enum Piece {
    /// Data.
    Data(Vec<u8>),
    /// Nothing yet.
    NotYet,
    /// There is no more.
    End,
}

impl Input {
    /// Bytes that were given on the command line, or a file, or stdin; in pieces of `size`, `length` bytes at most.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(
        data: Option<&[u8]>,
        path: Option<&Path>,
        size: usize,
        length: Option<u64>,
    ) -> Result<Self, Failure> {
        let path = path.unwrap_or_else(|| Path::new("-")).to_owned();
        let source: Box<dyn Read + Send> = match data {
            Some(data) => Box::new(io::Cursor::new(data.to_vec())),
            None if path == Path::new("-") => Box::new(io::stdin()),
            None => Box::new(File::open(&path).map_err(|error| Failure::file("cannot read", &path, &error))?),
        };
        let (sender, pieces) = sync_channel(AHEAD);
        let left = length.unwrap_or(u64::MAX);
        thread::spawn(move || {
            let mut source = source.take(left);
            loop {
                let piece = fill(&mut source, size);
                let is_last = !matches!(&piece, Ok(piece) if !piece.is_empty());
                // Nobody waits any more: the command is over.
                let is_unheard = sender.send(piece).is_err();
                interrupt::wake_main();
                if is_last || is_unheard {
                    return;
                }
            }
        });
        Ok(Self { pieces, path })
    }

    /// What comes next; it does not wait.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next(&self) -> Result<Piece, Failure> {
        match self.pieces.try_recv() {
            Ok(Ok(piece)) if piece.is_empty() => Ok(Piece::End),
            Ok(Ok(piece)) => Ok(Piece::Data(piece)),
            Ok(Err(error)) => Err(Failure::file("cannot read", &self.path, &error)),
            Err(TryRecvError::Empty) => Ok(Piece::NotYet),
            Err(TryRecvError::Disconnected) => Ok(Piece::End),
        }
    }
}

/// As much as fits into a piece: pipes give less than they are asked for.
fn fill(source: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; size];
    let mut filled = 0;
    while let Some(room) = piece.get_mut(filled..).filter(|room| !room.is_empty()) {
        match source.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    piece.truncate(filled);
    Ok(piece)
}
