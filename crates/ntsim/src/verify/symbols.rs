//! Names of places in an image, from its .pdb.

use std::{fs::File, path::Path};

use nt_trace::Site;
use pdb_addr2line::{ContextPdbData, pdb::PDB};

/// What a .pdb says, or nothing if there is none.
#[derive(Default)]
pub struct Symbols {
    data: Option<ContextPdbData<'static, 'static, File>>,
}

impl std::fmt::Debug for Symbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Symbols").field("found", &self.data.is_some()).finish()
    }
}

/// A function of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// Offset of its first byte in the image.
    pub start: u32,
    /// Offset of the byte after its last, if it is known.
    pub end: Option<u32>,
    /// Its name.
    pub name: String,
}

impl Symbols {
    /// Reads a .pdb file.
    ///
    /// # Errors
    /// When it is there and is no .pdb.
    pub fn read(path: &Path) -> Result<Self, String> {
        let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(|error| at(&error))?;
        let pdb = PDB::open(file).map_err(|error| at(&error))?;
        let data = ContextPdbData::try_from_pdb(pdb).map_err(|error| at(&error))?;
        Ok(Self { data: Some(data) })
    }

    /// The .pdb that is asked for, otherwise the one beside the image; none if that is not there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(image: &Path, asked: Option<&Path>) -> Result<Self, String> {
        let beside = image.with_extension("pdb");
        match asked {
            Some(path) => Self::read(path),
            None if beside.is_file() => Self::read(&beside),
            None => Ok(Self::default()),
        }
    }

    /// A call stack in words, a line or more a frame: inlined functions have lines of their own. Without a .pdb
    /// each is module and offset.
    #[must_use]
    pub fn stack(&self, stack: &[Site]) -> Vec<String> {
        let context = self.data.as_ref().and_then(|data| data.make_context().ok());
        let mut lines = Vec::new();
        for site in stack {
            let frames = context.as_ref().and_then(|context| frames(context, site.offset));
            match frames {
                Some(frames) => lines.extend(frames),
                None => lines.push(site.to_string()),
            }
        }
        lines
    }

    /// A place in words.
    #[must_use]
    pub fn site(&self, site: &Site) -> String {
        self.stack(std::slice::from_ref(site)).pop().unwrap_or_default()
    }

    /// Every function, in the order of their addresses.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        let Some(context) = self.data.as_ref().and_then(|data| data.make_context().ok()) else {
            return Vec::new();
        };
        let named = |function: pdb_addr2line::Function| {
            Some(Function { start: function.start_rva, end: function.end_rva, name: function.name? })
        };
        let mut functions: Vec<Function> = context.functions().filter_map(named).collect();
        functions.sort();
        functions
    }
}

/// The functions at an offset, the innermost first.
fn frames(context: &pdb_addr2line::Context<'_, '_>, offset: u32) -> Option<Vec<String>> {
    // A return address may lie behind the last line of its call. An address that begins a function is none.
    let at = match context.find_function(offset).ok()? {
        Some(function) if function.start_rva == offset => offset,
        _ => offset.checked_sub(1)?,
    };
    let found = context.find_frames(at).ok()??;
    let last = found.frames.len().checked_sub(1)?;
    let line = |(index, frame): (usize, &pdb_addr2line::Frame<'_>)| {
        let name = frame.function.as_deref().unwrap_or("?");
        let place = if index == last {
            format!("+{:#x}", offset.saturating_sub(found.start_rva))
        } else {
            " (inlined)".into()
        };
        let file = frame.file.as_ref().map_or_else(String::new, |file| {
            let line = frame.line.map_or_else(String::new, |line| format!(":{line}"));
            format!("  {}{line}", tidy(file))
        });
        format!("{name}{place}{file}")
    };
    Some(found.frames.iter().enumerate().map(line).collect())
}

/// A path with slashes, from where ntsim runs.
fn tidy(path: &str) -> String {
    let path = path.replace('\\', "/");
    let here = std::env::current_dir().map(|here| format!("{}/", here.display())).unwrap_or_default();
    path.strip_prefix(&here).map(ToOwned::to_owned).unwrap_or(path)
}
