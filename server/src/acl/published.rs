//! The users as all cores know them. Who changes them makes a new version under a lock, one after the other, and lets
//! every core adopt it; a core serves by the version it adopted last.

use std::sync::{Arc, Mutex};

use super::users::Users;

/// One version. Cheap to copy.
#[derive(Clone, Debug)]
pub struct Version {
    /// Counts from 0. A core never goes back to a lower one: each holds all the changes before it.
    pub revision: u64,
    /// All of them.
    pub users: Arc<Users>,
}

/// See the top of the file.
#[derive(Debug)]
pub struct Published(Mutex<Version>);

impl Published {
    /// Begins with these.
    pub fn new(users: Users) -> Self {
        Published(Mutex::new(Version {
            revision: 0,
            users: Arc::new(users),
        }))
    }

    /// The newest version.
    pub fn newest(&self) -> Version {
        let newest = self.0.lock();
        newest.unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// Shows the newest users; nobody changes them meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&Users) -> T) -> T {
        let newest = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        look(&newest.users)
    }

    /// Makes a new version. The caller lets all cores adopt it.
    pub fn change(&self, change: impl FnOnce(&mut Users)) -> Version {
        let changed = self.try_change(|users| {
            change(users);
            Ok::<(), std::convert::Infallible>(())
        });
        match changed {
            Ok(((), version)) => version,
            Err(never) => match never {},
        }
    }

    /// The same with a change that may fail.
    ///
    /// # Errors
    /// Those of `change`; there is no new version then.
    pub fn try_change<T, E>(
        &self,
        change: impl FnOnce(&mut Users) -> Result<T, E>,
    ) -> Result<(T, Version), E> {
        let mut newest = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        let mut users = Users::clone(&newest.users);
        let result = change(&mut users)?;
        *newest = Version {
            revision: newest.revision + 1,
            users: Arc::new(users),
        };
        Ok((result, newest.clone()))
    }
}
