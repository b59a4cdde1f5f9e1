//! Reads a configuration: a file, standard input and flags become [`Settings`], later ones winning.

use super::command_line::Sources;
use super::directive::{Directive, Fatal, Origin};
use super::parameter::{Marks, Parameter};
use super::settings::Settings;
use super::topic::general::os_text;
use super::value::Reason;
use super::{catalogue, redis_file, toml_file, words};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that may include each other before it counts as a circle.
const DEEPEST_INCLUDE: usize = 16;

/// Names that older files have and that mean nothing any more; they take one word.
const FORGOTTEN: [&[u8]; 3] = [
    b"list-max-ziplist-entries",
    b"list-max-ziplist-value",
    b"lua-replicate-commands",
];

/// The file behind the settings, which CONFIG REWRITE writes to. The path is absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// There is none.
    Nowhere,
    /// A file in the form of `redis.conf`.
    Redis(PathBuf),
    /// A file in TOML.
    Toml(PathBuf),
}

impl Source {
    /// The file's path.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Nowhere => None,
            Self::Redis(path) | Self::Toml(path) => Some(path),
        }
    }
}

/// Directives that are no parameters, in the order given. Who acts on them reports errors with [`Directive::refused`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deferred {
    /// `rename-command old new`; an empty new name removes the command.
    pub renamed_commands: Vec<Directive>,
    /// `user name rule ..`.
    pub users: Vec<Directive>,
    /// `loadmodule path argument ..`.
    pub modules: Vec<Directive>,
    /// `module.parameter value ..`.
    pub module_parameters: Vec<Directive>,
    /// `sentinel word ..`; only with `sentinel` alone before.
    pub sentinel: Vec<Directive>,
    /// `sentinel` alone, or `--sentinel`: this process is a Sentinel.
    pub is_sentinel: bool,
}

/// A configuration that was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// All values.
    pub settings: Settings,
    /// Where they came from.
    pub source: Source,
    /// What others have to act on.
    pub deferred: Deferred,
    /// What the log should say about it, as warnings.
    pub notes: Vec<String>,
}

/// Reads all sources; `stdin` is read only if asked for.
///
/// # Errors
/// [`Fatal`]: the first directive that is wrong.
pub fn load(sources: &Sources, stdin: &mut dyn Read) -> Result<Loaded, Fatal> {
    let mut loader = Loader::default();
    let mut source = Source::Nowhere;
    if let Some(path) = &sources.file {
        let unreadable =
            |error: std::io::Error| Fatal::Unreadable(path.clone(), os_text(&error).into());
        let text = std::fs::read(path).map_err(unreadable)?;
        let absolute = std::path::absolute(path).map_err(unreadable)?;
        source = if toml_file::is_toml(&text) {
            Source::Toml(absolute)
        } else {
            Source::Redis(absolute)
        };
        loader.text(&text, &Origin::File(Arc::from(path.as_path())))?;
    }
    if sources.stdin {
        let mut text = Vec::new();
        stdin
            .read_to_end(&mut text)
            .map_err(|error| Fatal::Unreadable("-".into(), os_text(&error).into()))?;
        loader.text(&text, &Origin::Stdin)?;
    }
    loader.redis_text(&sources.flags, &Origin::Flags)?;
    loader.finish(source)
}

#[derive(Default)]
struct Loader {
    settings: Settings,
    deferred: Deferred,
    /// The words of all `save` lines since the last empty one; nothing until the first line.
    save: Option<Vec<Vec<u8>>>,
    depth: usize,
}

impl Loader {
    fn text(&mut self, text: &[u8], origin: &Origin) -> Result<(), Fatal> {
        if toml_file::is_toml(text) {
            return toml_file::directives(text, origin)?
                .into_iter()
                .try_for_each(|line| self.take(line));
        }
        self.redis_text(text, origin)
    }

    fn redis_text(&mut self, text: &[u8], origin: &Origin) -> Result<(), Fatal> {
        redis_file::directives(text, origin.clone()).try_for_each(|line| self.take(line?))
    }

    fn take(&mut self, directive: Directive) -> Result<(), Fatal> {
        if let Some(row) = catalogue::find(&directive.name) {
            return self
                .assign(row, &directive)
                .map_err(|why| directive.refused(why));
        }
        let deferred = &mut self.deferred;
        match (directive.name.as_slice(), directive.words.len()) {
            (name, 1) if FORGOTTEN.contains(&name) => {}
            (b"include", 1) => self.include(&directive)?,
            (b"rename-command", 2) => deferred.renamed_commands.push(directive),
            (b"user", 1..) => deferred.users.push(directive),
            (b"loadmodule", 1..) => deferred.modules.push(directive),
            (b"sentinel", 0) => deferred.is_sentinel = true,
            (b"sentinel", _) if deferred.is_sentinel => deferred.sentinel.push(directive),
            (b"sentinel", _) => {
                return Err(directive.refused("sentinel directive while not in sentinel mode"));
            }
            (name, 0) if name.contains(&b'.') => {
                return Err(directive.refused("Module config specified without value"));
            }
            (name, _) if name.contains(&b'.') => deferred.module_parameters.push(directive),
            (name, _) => return Err(directive.refused(unknown(name))),
        }
        Ok(())
    }

    fn assign(&mut self, row: &Parameter, directive: &Directive) -> Result<(), Reason> {
        let split;
        let mut words = directive.words.as_slice();
        if let ([word], true) = (words, row.marks.has(Marks::MULTI))
            && !word.is_empty()
        {
            split = words::split(word).map_err(|_| "Unbalanced quotes in configuration line")?;
            words = &split;
        }
        let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        row.assign(&mut self.settings, &slices)?;
        if row.name == "save" {
            self.join_save(row, words)?;
        }
        Ok(())
    }

    /// Lines of `save` add up; the first one replaces the defaults, an empty one forgets what came before.
    fn join_save(&mut self, row: &Parameter, words: &[Vec<u8>]) -> Result<(), Reason> {
        let all = self.save.get_or_insert_default();
        if matches!(words, [word] if word.is_empty()) {
            all.clear();
        } else {
            all.extend_from_slice(words);
        }
        let slices: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        row.assign(&mut self.settings, &slices)
    }

    /// A path with `*`, `?` or `[` includes whatever there is, any other path has to be there. Relative paths start at
    /// `dir`, if that was set before.
    fn include(&mut self, directive: &Directive) -> Result<(), Fatal> {
        if self.depth == DEEPEST_INCLUDE {
            return Err(directive.refused("files include each other too deeply"));
        }
        use std::os::unix::ffi::OsStrExt;
        let word = directive.words[0].as_slice();
        let path = self
            .settings
            .general
            .dir
            .as_path()
            .join(std::ffi::OsStr::from_bytes(word));
        let paths = if word.iter().any(|byte| b"*?[".contains(byte)) {
            let pattern = path
                .to_str()
                .ok_or_else(|| directive.refused("the pattern is not UTF-8"))?;
            let found = glob::glob(pattern).map_err(|error| directive.refused(error.msg))?;
            found.filter_map(Result::ok).collect()
        } else {
            vec![path]
        };
        self.depth += 1;
        for path in paths {
            let text = std::fs::read(&path)
                .map_err(|error| Fatal::Unreadable(path.clone(), os_text(&error).into()))?;
            self.text(&text, &Origin::File(Arc::from(path)))?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Checks that need the whole configuration.
    fn finish(mut self, source: Source) -> Result<Loaded, Fatal> {
        let settings = &mut self.settings;
        let mut notes = Vec::new();
        let logfile = &settings.general.logfile;
        if !logfile.is_empty() {
            let path = settings.general.dir.as_path().join(logfile.as_path());
            let opened = std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(path);
            opened.map_err(|error| {
                Fatal::Whole(format!("Can't open the log file: {}", os_text(&error)).into())
            })?;
        }
        if settings.cluster.enabled && settings.replication.replicaof.is_some() {
            return Err(Fatal::Whole(
                "replicaof directive not allowed in cluster mode".into(),
            ));
        }
        if settings.cluster.enabled && settings.general.databases > 1 {
            notes.push(format!(
                "WARNING: Changing databases number from {} to 1 since we are in cluster mode",
                settings.general.databases
            ));
            settings.general.databases = 1;
        }
        settings.settle();
        notes.extend(super::query::ignored(settings));
        Ok(Loaded {
            settings: self.settings,
            source,
            deferred: self.deferred,
            notes,
        })
    }
}

fn unknown(name: &[u8]) -> Reason {
    let bad = "Bad directive or wrong number of arguments";
    let known = [
        &b"include"[..],
        b"rename-command",
        b"user",
        b"loadmodule",
        b"sentinel",
    ]
    .contains(&name);
    let name = name.split(|byte| *byte == b'=').next().unwrap_or_default();
    match catalogue::nearest(name) {
        Some(near) if !known => format!(
            "{bad}: '{}', did you mean '{near}'?",
            String::from_utf8_lossy(name)
        )
        .into(),
        None if !known => format!("{bad}: '{}'", String::from_utf8_lossy(name)).into(),
        _ => bad.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::command_line::{self, Request};
    use crate::config::query;
    use std::ffi::OsString;
    use std::io::Write;

    fn run(arguments: &[&str], stdin: &str) -> Result<Loaded, String> {
        let Request::Run(sources) = command_line::parse(arguments.iter().map(OsString::from))
        else {
            panic!("no request to run")
        };
        load(&sources, &mut stdin.as_bytes()).map_err(|fault| fault.to_string())
    }

    fn value(loaded: &Loaded, name: &str) -> String {
        let found = query::get(&loaded.settings, &[name.as_bytes()]);
        String::from_utf8(found[0].1.clone()).expect("text")
    }

    fn read(text: &str, name: &str) -> String {
        value(&run(&["-"], text).expect("fine"), name)
    }

    struct TestDir(PathBuf);

    impl TestDir {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("darter-load-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("writable");
            Self(path.canonicalize().expect("there"))
        }

        fn file(&self, name: &str, text: &str) -> String {
            let path = self.0.join(name);
            std::fs::File::create(&path)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .expect("writable");
            path.to_str().expect("text").to_owned()
        }
    }

    impl Drop for TestDir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn nothing_at_all_is_the_default() {
        let loaded = run(&[], "").expect("fine");
        assert_eq!(loaded.settings, Settings::default());
        assert_eq!((loaded.source, loaded.notes.len()), (Source::Nowhere, 0));
    }

    #[test]
    fn later_sources_win() {
        let dir = TestDir::new("order");
        let file = dir.file("a.conf", "port 1\ntimeout 1\nDATABASES 3\n");
        let fault = run(&[&file, "-", "--port", "3"], "").expect_err("a lone dash in the middle");
        assert!(fault.contains(">>> '\"-\"'\nBad directive"), "{fault}");
        let loaded = run(&[&file, "--port", "3", "-"], "port 2\ntimeout 2").expect("fine");
        assert_eq!(
            (
                loaded.settings.network.port,
                loaded.settings.network.timeout
            ),
            (3, 2)
        );
        assert_eq!(loaded.settings.general.databases, 3);
        assert_eq!(loaded.source, Source::Redis(file.into()));
    }

    #[test]
    fn wrong_flags_are_told_as_redis_tells_them() {
        for (arguments, line, why) in [
            (&["--port"][..], "'port'", "wrong number of arguments"),
            (
                &["--port", "6380", "--loglevel"],
                "'loglevel'",
                "wrong number of arguments",
            ),
            (
                &["--port", "6379", "6380"],
                "'port \"6379\" \"6380\"'",
                "wrong number of arguments",
            ),
            (
                &["--port", "--loglevel", "verbose"],
                "'port \"--loglevel\" \"verbose\"'",
                "wrong number of arguments",
            ),
            (
                &["--port", "--bla", "--loglevel", "verbose"],
                "'port \"--bla\"'",
                "argument couldn't be parsed into an integer",
            ),
            (
                &["--logfile", "--my--log", "--loglevel", "--bla"],
                "'loglevel \"--bla\"'",
                "argument(s) must be one of the following",
            ),
            (
                &["--shutdown-on-sigint"],
                "'shutdown-on-sigint'",
                "argument(s) must be one of the following",
            ),
            (
                &["--shutdown-on-sigint", "now force", "--shutdown-on-sigterm"],
                "'shutdown-on-sigterm'",
                "must be one of",
            ),
            (
                &["--replicaof", "127.0.0.1", "abc"],
                "'replicaof \"127.0.0.1\" \"abc\"'",
                "Invalid master port",
            ),
            (
                &["--replicaof", "--127.0.0.1", "--abc"],
                "'replicaof \"--127.0.0.1\"'",
                "wrong number of arguments",
            ),
            (
                &["--prot", "1"],
                "'prot \"1\"'",
                "Bad directive or wrong number of arguments: 'prot', did you mean 'port'?",
            ),
            (&["--port=1"], "'port=1'", "did you mean 'port'?"),
            (
                &["--rename-command", "a"],
                "'rename-command \"a\"'",
                "Bad directive or wrong number of arguments",
            ),
            (&["--user", "it's \"open"], "it's", ""),
        ] {
            let Err(block) = run(arguments, "") else {
                assert!(why.is_empty(), "{arguments:?} was taken");
                continue;
            };
            assert!(
                block.starts_with("\n*** FATAL CONFIG FILE ERROR (Darter "),
                "{block}"
            );
            let (before, after) = (block.find(line), block.rfind(why));
            assert!(before.is_some() && before < after, "{arguments:?}: {block}");
        }
    }

    #[test]
    fn flags_that_look_odd_are_taken() {
        let loaded = run(
            &[
                "--shutdown-on-sigint",
                "nosave",
                "force",
                "now",
                "--shutdown-on-sigterm",
                "nosave force",
            ],
            "",
        )
        .expect("fine");
        assert_eq!(value(&loaded, "shutdown-on-sigint"), "nosave now force");
        assert_eq!(value(&loaded, "shutdown-on-sigterm"), "nosave force");
        let loaded = run(
            &[
                "--proc-title-template",
                "--my--title",
                "--loglevel",
                "verbose",
            ],
            "",
        )
        .expect("fine");
        assert_eq!(
            (
                value(&loaded, "proc-title-template"),
                value(&loaded, "loglevel")
            ),
            ("--my--title".into(), "verbose".into())
        );
        let dir = TestDir::new("odd");
        let file = dir.file("a.conf", "");
        let loaded = run(&[&file, "loglevel", "verbose", "--maxmemory '700mb'"], "").expect("fine");
        assert_eq!(
            (value(&loaded, "loglevel"), value(&loaded, "maxmemory")),
            ("verbose".into(), "734003200".into())
        );
        let loaded = run(
            &[
                "--bind",
                "127.0.0.1",
                "::1",
                "--client-output-buffer-limit",
                "normal",
                "1",
                "0",
                "0",
            ],
            "",
        )
        .expect("fine");
        assert_eq!(value(&loaded, "bind"), "127.0.0.1 ::1");
        assert!(value(&loaded, "client-output-buffer-limit").starts_with("normal 1 0 0 slave"));
    }

    #[test]
    fn save_lines_add_up() {
        assert_eq!(read("", "save"), "3600 1 300 100 60 10000");
        assert_eq!(read("save 900 1", "save"), "900 1");
        assert_eq!(read("save 900 1\nsave 300 10", "save"), "900 1 300 10");
        assert_eq!(read("save 900 1\nsave \"\"", "save"), "");
        assert_eq!(read("save \"\"\nsave 100 100", "save"), "100 100");
        assert_eq!(
            value(
                &run(&["-", "--save", "900", "1", "300", "10"], "").expect("fine"),
                "save"
            ),
            "900 1 300 10"
        );
        assert_eq!(
            value(
                &run(&["-", "--save", "900 1 300 10"], "").expect("fine"),
                "save"
            ),
            "900 1 300 10"
        );
        assert_eq!(
            value(
                &run(&["--save", "5 6", "-"], "save 900 1").expect("fine"),
                "save"
            ),
            "900 1 5 6"
        );
        assert!(
            run(&["-"], "save 900\nsave 1")
                .expect_err("odd")
                .contains("Invalid save parameters")
        );
    }

    #[test]
    fn files_of_both_kinds_include_others() {
        let dir = TestDir::new("include");
        dir.file("one.conf", "timeout 1\nhz 20");
        dir.file("two.conf", "timeout 2");
        let toml = dir.file(
            "all.toml",
            &format!(
                "include = [\"{}/*.conf\"]\n[network]\nport = 7\n",
                dir.0.display()
            ),
        );
        let loaded = run(&[&toml], "").expect("fine");
        assert_eq!(
            (
                loaded.settings.network.timeout,
                loaded.settings.advanced.hz,
                loaded.settings.network.port
            ),
            (2, 20, 7)
        );
        assert_eq!(loaded.source, Source::Toml(toml.into()));
        let main = dir.file(
            "main.conf",
            &format!(
                "dir {}\ninclude one.conf\ninclude none*.conf\n",
                dir.0.display()
            ),
        );
        assert_eq!(run(&[&main], "").expect("fine").settings.advanced.hz, 20);
        let lost = dir.file("lost.conf", "include /no/such.conf");
        assert!(
            run(&[&lost], "")
                .expect_err("lost")
                .contains("can't open config file '/no/such.conf': No such file")
        );
        let circle = dir.file(
            "circle.conf",
            &format!("include {}/circle.conf", dir.0.display()),
        );
        assert!(
            run(&[&circle], "")
                .expect_err("circle")
                .contains("too deeply")
        );
    }

    #[test]
    fn a_wrong_line_is_told_with_file_and_number() {
        let dir = TestDir::new("line");
        let redis = dir.file("a.conf", "# x\nport 1\nappendonly maybe\n");
        let block = run(&[&redis], "").expect_err("wrong");
        assert!(
            block.contains("Reading the configuration file, at line 3\n"),
            "{block}"
        );
        assert!(
            block.contains("a.conf'")
                && block.ends_with(">>> 'appendonly maybe'\nargument must be 'yes' or 'no'"),
            "{block}"
        );
        let toml = dir.file("a.toml", "[network]\n\nport = \"x\"\n");
        let block = run(&[&toml], "").expect_err("wrong");
        assert!(
            block.contains("at line 3\n")
                && block.contains(">>> 'port = \"x\"'\nargument couldn't"),
            "{block}"
        );
        let block = run(&[dir.0.join("none").to_str().expect("text")], "").expect_err("missing");
        assert!(
            block.starts_with("Fatal error, can't open config file '"),
            "{block}"
        );
    }

    #[test]
    fn other_directives_are_kept_for_those_who_act_on_them() {
        let text = "rename-command FLUSHALL \"\"\nuser alice on >x\nloadmodule /m.so a b\nm.level 3\nlua-replicate-commands yes";
        let deferred = run(&["-"], text).expect("fine").deferred;
        assert_eq!(
            deferred.renamed_commands[0].word_slices(),
            [&b"FLUSHALL"[..], b""]
        );
        assert_eq!(deferred.users[0].words.len(), 3);
        assert_eq!(deferred.modules[0].words.len(), 3);
        assert_eq!(deferred.module_parameters[0].name, b"m.level");
        assert!(
            deferred.users[0]
                .refused("no")
                .to_string()
                .contains("at line 2\n>>> 'user alice on >x'\nno")
        );
        assert!(run(&["-"], "sentinel monitor a b 1 2").is_err());
        assert_eq!(
            run(&["-", "--sentinel"], "sentinel\nsentinel myid x")
                .expect("fine")
                .deferred
                .sentinel
                .len(),
            1
        );
    }

    #[test]
    fn the_whole_is_checked_at_the_end() {
        assert!(
            run(&["-"], "cluster-enabled yes\nreplicaof a 1")
                .expect_err("both")
                .contains("not allowed in cluster mode")
        );
        let loaded = run(&["-"], "cluster-enabled yes\nhz 9999\nio-threads 4").expect("fine");
        assert_eq!(
            (
                loaded.settings.general.databases,
                loaded.settings.advanced.hz
            ),
            (1, 500)
        );
        assert_eq!(loaded.notes.len(), 2, "{:?}", loaded.notes);
        assert!(
            run(&["-"], "logfile /no/such/dir/log")
                .expect_err("log")
                .contains("Can't open the log file: No such")
        );
    }

    #[test]
    fn the_suites_own_files_are_read() {
        let text = "always-show-logo yes\nnotify-keyspace-events KEA\ndaemonize no\npidfile /x.pid\nport 6379\ntimeout 0\n\
            bind 127.0.0.1\nloglevel verbose\nlogfile ''\ndatabases 16\nlatency-monitor-threshold 1\n\
            repl-diskless-sync-delay 0\nsave ''\nrdbcompression yes\ndbfilename dump.rdb\nslave-serve-stale-data yes\n\
            appendonly no\nappendfsync everysec\nno-appendfsync-on-rewrite no\nactiverehashing yes\n\
            enable-protected-configs yes\nenable-debug-command yes\nenable-module-command yes\n\
            propagation-error-behavior panic\nshutdown-on-sigterm force\ncluster-ping-interval 100\n";
        let loaded = run(&["-"], text).expect("fine");
        assert_eq!(value(&loaded, "save"), "");
        assert_eq!(value(&loaded, "notify-keyspace-events"), "AKE");
        assert_eq!(loaded.settings.cluster.ping_interval, 100);
    }

    #[test]
    fn defaults_are_those_of_redis() {
        let facts = include_str!("testdata/redis-7.0.15.tsv");
        let mut checked = 0;
        for (name, default) in facts.lines().filter_map(|line| line.split_once('\t')) {
            let found = query::get(&Settings::default(), &[name.as_bytes()]);
            let [(_, value)] = found.as_slice() else {
                panic!("{name} is not known")
            };
            if name != "dir" {
                assert_eq!(String::from_utf8_lossy(value), default, "{name}");
            }
            checked += 1;
        }
        assert_eq!(checked, 192);
    }

    #[test]
    fn every_name_of_7_2_is_known() {
        for name in include_str!("testdata/redis-7.2-names.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            let (hidden, name) = match name.strip_prefix("hidden ") {
                Some(name) => (true, name),
                None => (false, name),
            };
            let row =
                catalogue::find(name.as_bytes()).unwrap_or_else(|| panic!("{name} is not known"));
            assert_eq!(row.marks.has(Marks::HIDDEN), hidden, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: Vec<u8>) {
            let sources = Sources { stdin: true, ..Sources::default() };
            let _ = load(&sources, &mut text.as_slice());
        }
    }
}
