// Servers for the programs of this folder: started fresh on a port of the loopback, stopped by their own handle.
//
//   DARTER   the binary, a redis-server as well; one that is not named redis-server is started with 1 and with 3 shards

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const BINARY = process.env.DARTER ?? "redis-server";
const SETUPS = basename(BINARY) === "redis-server" ? [[]] : [["--shards", "1"], ["--shards", "3"]];
const START_MILLIS = 20_000;

// Declares the tests of `declare` once for each way to start the server. It gets an object whose `port` is set when
// they run. Test files run side by side: each has ports from `port` on for itself.
export function onEachServer(name, port, declare) {
  SETUPS.forEach((options, index) => {
    const server = { port: port + index };
    describe([name, ...options].join(" "), () => {
      let stop;
      before(async () => (stop = await start(server.port, options)));
      declare(server);
      // Behind the hooks of the tests, which close their connections.
      after(() => stop());
    });
  });
}

async function start(port, options) {
  const folder = mkdtempSync(join(tmpdir(), "darter-node-"));
  const fixed = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const server = spawn(BINARY, [...fixed, ...options], { stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("exit", resolve).once("error", resolve));
  const giveUp = Date.now() + START_MILLIS;
  while (!(await listens(port))) {
    const isOver = server.exitCode !== null || Date.now() > giveUp;
    if (isOver) throw new Error(`${BINARY} does not listen on ${port} (exit code ${server.exitCode})`);
    await sleep(50);
  }
  return async () => {
    server.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

// Waits until `isSo` returns something true, at most `millis`.
export async function until(isSo, what, millis = 10_000) {
  for (const end = Date.now() + millis; ; await sleep(5)) {
    const value = await isSo();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

export const numbers = (count) => Array.from({ length: count }, (_, number) => number);
