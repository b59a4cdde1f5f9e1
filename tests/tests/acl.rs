//! Users who change while clients of all cores use them. When all is quiet, every client is held to what its user may do
//! now: the gate before its commands and ACL DRYRUN say the same, nobody is a user who is gone, and nobody listens where
//! they may not.
//!
//! `ACL_SEEDS=1000` plays more games.

use std::collections::BTreeMap;

use darter_tests::hand_driven::{ClientId, HandDriven};
use engine::random::Random;
use server::config::settings::Settings;

const CORES: u16 = 3;
const CLIENTS: usize = 6;
const STEPS: usize = 60;

const USERS: [&str; 3] = ["ann", "bob", "cy"];
const KEYS: [&str; 4] = ["a", "b", "c", "list"];
const RULES: [&str; 14] = [
    "on",
    "off",
    "nopass",
    "allkeys",
    "resetkeys",
    "~a",
    "%R~b*",
    "+@all",
    "-@all",
    "+@read",
    "-blpop",
    "allchannels",
    "resetchannels",
    "(+get ~c)",
];

struct Game {
    server: HandDriven,
    /// The default user, who may do everything.
    admin: ClientId,
    /// With the numbers that CLIENT LIST gives them.
    clients: BTreeMap<u64, ClientId>,
    next: u64,
    random: Random,
}

impl Game {
    fn new(seed: u64) -> Self {
        let mut server = HandDriven::new(CORES, Settings::default());
        let admin = server.connect();
        let mut game = Game {
            server,
            admin,
            clients: BTreeMap::new(),
            next: 2,
            random: Random::new(seed),
        };
        game.fill_up();
        game
    }

    /// Clients that were closed are replaced.
    fn fill_up(&mut self) {
        let server = &self.server;
        self.clients.retain(|_, client| server.is_open(*client));
        while self.clients.len() < CLIENTS {
            self.clients.insert(self.next, self.server.connect());
            self.next += 1;
        }
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.next_u64() as usize % from.len()]
    }

    fn send(&mut self, client: ClientId, line: &str) {
        self.server.send(client, format!("{line}\r\n").as_bytes());
    }

    fn ask(&mut self, client: ClientId, line: &str) -> String {
        self.server.take_received(client);
        self.send(client, line);
        self.server.settle();
        String::from_utf8(self.server.take_received(client)).expect("text")
    }

    /// Sends something of every client before anything of it runs.
    fn step(&mut self) {
        let clients: Vec<ClientId> = self.clients.values().copied().collect();
        for client in clients {
            let (user, key) = (self.pick(&USERS), self.pick(&KEYS));
            let line = self.pick(&[
                "auth",
                "auth",
                "get",
                "set",
                "blpop",
                "exec",
                "subscribe",
                "reset",
            ]);
            let line = match line {
                "auth" => format!("auth {user} x"),
                "set" => format!("set {key} 1"),
                "blpop" => "blpop list 0".to_owned(),
                "exec" => format!("multi\r\nget {key}\r\nauth {user} x\r\nset {key} 1\r\nexec"),
                "subscribe" => format!("subscribe {key}"),
                other => format!("{other} {key}"),
            };
            self.send(client, &line);
        }
        let user = self.pick(&USERS);
        let rules: Vec<&str> = (0..3).map(|_| self.pick(&RULES)).collect();
        let line = match self.random.next_u64() % 8 {
            0 | 1 => format!("acl deluser {user}"),
            2 => "rpush list 1 2 3 4 5 6".to_owned(),
            3..=5 => format!("acl setuser {user} on nopass {}", rules.join(" ")),
            _ => format!("acl setuser {user} {}", rules.join(" ")),
        };
        self.send(self.admin, &line);
        self.server.settle();
    }

    /// `user`, and how many channels it listens to, by the number of each client.
    fn listed(&mut self) -> BTreeMap<u64, (String, String)> {
        let list = self.ask(self.admin, "client list");
        let field = |line: &str, name: &str| {
            let words = line.split(' ');
            let mut values = words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            values.next().unwrap_or_default().to_owned()
        };
        let clients = list.lines().filter(|line| line.starts_with("id="));
        clients
            .map(|line| {
                let id = field(line, "id").parse().expect("a number");
                let waits = field(line, "flags").contains('b');
                let sub = if waits {
                    "waits".to_owned()
                } else {
                    field(line, "sub")
                };
                (id, (field(line, "user"), sub))
            })
            .collect()
    }

    fn may(&mut self, user: &str, command: &str) -> bool {
        let told = self.ask(self.admin, &format!("acl dryrun {user} {command}"));
        assert!(told == "+OK\r\n" || told.starts_with('$'), "{told}");
        told == "+OK\r\n"
    }

    fn check(&mut self) {
        let listed = self.listed();
        for (id, client) in self.clients.clone() {
            let Some((user, state)) = listed.get(&id) else {
                assert!(
                    !self.server.is_open(client),
                    "client {id} is open and not listed"
                );
                continue;
            };
            if state == "waits" {
                assert!(self.may(user, "blpop list 0"), "{user} waits");
            } else if state != "0" {
                // Who may not subscribe any more still hears what it subscribed to.
                let told = self.ask(self.admin, &format!("acl getuser {user}"));
                assert!(told.contains("&*"), "{user} listens");
            } else {
                for command in ["get a", "get b", "get c", "set b 1", "ping"] {
                    let refused = self.ask(client, command).starts_with("-NOPERM");
                    assert_eq!(refused, !self.may(user, command), "{user}: {command}");
                }
            }
        }
    }
}

#[test]
fn clients_are_held_to_what_their_users_may_do_now() {
    let seeds = std::env::var("ACL_SEEDS").ok();
    let seeds = seeds.map_or(20, |seeds| seeds.parse().expect("ACL_SEEDS is a number"));
    let (mut closed, mut denied) = (0, 0);
    for seed in 1..=seeds {
        let mut game = Game::new(seed);
        for _ in 0..STEPS {
            game.step();
            game.check();
            game.fill_up();
        }
        closed += game.next - 2 - CLIENTS as u64;
        let log = game.ask(game.admin, "acl log");
        denied += usize::from(log.contains("multi") || log.contains("toplevel"));
    }
    assert!(closed > seeds, "users go, and {closed} clients with them");
    assert!(denied > 0, "something was denied");
}
