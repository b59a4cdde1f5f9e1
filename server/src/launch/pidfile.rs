//! The file that tells others the process id while the server runs.

use crate::config::topic::general::General;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a server in the background leaves its id if it is not told otherwise; Redis's own default, so that scripts for
/// it keep working.
const DEFAULT_PATH: &str = "/var/run/redis.pid";

/// A written pid file. It is removed when this is dropped, unless another process has taken it over.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    content: String,
}

impl PidFile {
    /// The path to write to, if one is wanted at all.
    pub fn of(general: &General, background: bool) -> Option<PathBuf> {
        let path = match &general.pidfile {
            Some(path) => path.as_path(),
            None if background => Path::new(DEFAULT_PATH),
            None => return None,
        };
        Some(general.dir.as_path().join(path))
    }

    /// Writes the id of this process.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(path: PathBuf) -> io::Result<Self> {
        let content = format!("{}\n", std::process::id());
        fs::write(&path, &content)?;
        Ok(Self { path, content })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if fs::read_to_string(&self.path).is_ok_and(|content| content == self.content) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lives_as_long_as_the_server() {
        let path = std::env::temp_dir().join(format!("darter-pid-{}", std::process::id()));
        let pidfile = PidFile::write(path.clone()).expect("writable");
        assert_eq!(
            fs::read_to_string(&path).expect("there"),
            format!("{}\n", std::process::id())
        );
        drop(pidfile);
        assert!(!path.exists());
    }

    #[test]
    fn it_is_left_to_whoever_took_it_over() {
        let path = std::env::temp_dir().join(format!("darter-pid-other-{}", std::process::id()));
        let pidfile = PidFile::write(path.clone()).expect("writable");
        fs::write(&path, "1\n").expect("writable");
        drop(pidfile);
        assert!(path.exists());
        fs::remove_file(&path).expect("there");
    }

    #[test]
    fn it_is_wanted_in_the_background_or_by_name() {
        let mut general = General::default();
        assert_eq!(PidFile::of(&general, false), None);
        assert_eq!(PidFile::of(&general, true), Some(DEFAULT_PATH.into()));
        general.pidfile = Some("x.pid".into());
        assert_eq!(
            PidFile::of(&general, false),
            Some(general.dir.as_path().join("x.pid"))
        );
    }
}
