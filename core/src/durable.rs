//! Small files that are, after any crash, either the old ones or the new ones, and never half of one.
//!
//! Write beside the file, flush, rename over it, flush the folder. What a crash leaves beside it (`NAME.new`) is
//! overwritten by the next writer and read by nobody.

use crate::fault;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Replaces the file, readable by its owner alone.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = write_beside(path, bytes)?;
    fs::rename(&new, path)?;
    fault::point("durable.renamed");
    sync_folder(path)
}

/// Makes the file unless there is one: of two that try at once, one finds the other's. True if this call made it.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let new = write_beside(path, bytes)?;
    let made = match fs::hard_link(&new, path) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    fs::remove_file(&new)?;
    sync_folder(path)?;
    Ok(made)
}

/// Reads the file; `None` if there is none.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes what was renamed or removed in the folder of `path` survive a power cut.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Makes a folder that its owner alone can enter, and those above it.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// No room on the disk, by any of the names systems have for it.
pub fn is_full(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut name = OsString::from(path);
    name.push(".new");
    let new = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fault::point("durable.written");
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_of_a_crash_is_neither_read_nor_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record");
        assert_eq!(read(&path).unwrap(), None);
        fs::write(folder.path().join("record.new"), b"half of somethi").unwrap();
        assert_eq!(read(&path).unwrap(), None);
        replace(&path, b"one").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"one");
        assert!(!create(&path, b"two").unwrap(), "there is one already");
        assert_eq!(read(&path).unwrap().unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn others_can_read_neither_the_file_nor_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        private_folder(&inner).unwrap();
        let path = inner.join("record");
        replace(&path, b"one").unwrap();
        for (path, mode) in [(inner, 0o700), (path, 0o600)] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
        }
    }
}
