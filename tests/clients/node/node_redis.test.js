// A program on node-redis that speaks RESP3: typed replies, push messages beside replies, a cache kept by invalidations.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createClient, createClientPool, defineScript } from "redis";
import { numbers, onEachServer, until } from "./server.js";

const SUM = defineScript({
  NUMBER_OF_KEYS: 2,
  SCRIPT: "local sum = 0 for _, key in ipairs(KEYS) do sum = sum + (redis.call('GET', key) or 0) end return sum + ARGV[1]",
  parseCommand: (parser, first, second, more) => {
    parser.pushKeys([first, second]);
    parser.push(String(more));
  },
  transformReply: (reply) => reply,
});

onEachServer("node-redis", 20941, (server) => {
  const opened = [];
  let redis;

  const options = () => ({ RESP: 3, socket: { host: "127.0.0.1", port: server.port }, scripts: { sum: SUM } });
  const open = async (more = {}) => {
    const client = createClient({ ...options(), ...more });
    opened.push(client);
    return client.connect();
  };

  before(async () => (redis = await open()));
  beforeEach(() => redis.flushAll());
  after(() => opened.forEach((client) => client.destroy()));

  test("replies have the types of RESP3", async () => {
    await redis.hSet("hash", { a: 1, b: "two" });
    assert.deepEqual({ ...(await redis.hGetAll("hash")) }, { a: "1", b: "two" });
    await redis.zAdd("ranks", [{ value: "x", score: 1.5 }, { value: "y", score: -Infinity }]);
    assert.equal(await redis.zScore("ranks", "x"), 1.5);
    assert.deepEqual(await redis.zRangeWithScores("ranks", 0, -1), [
      { value: "y", score: -Infinity },
      { value: "x", score: 1.5 },
    ]);
    await redis.sAdd("set", ["a", "b"]);
    assert.deepEqual((await redis.sMembers("set")).sort(), ["a", "b"]);
    assert.equal(await redis.get("missing"), null);
    assert.equal((await redis.hello()).proto, 3);
    assert.equal((await redis.configGet("maxmemory"))["maxmemory"], "0");
  });

  test("what is sent in one tick is a pipeline, with errors in their place", async () => {
    const writes = await Promise.all(numbers(1000).map((n) => redis.set(`key:${n}`, String(n))));
    assert.deepEqual(new Set(writes), new Set(["OK"]));
    const keys = numbers(1000).map((n) => `key:${n}`);
    const [values, wrong, next] = await Promise.allSettled([redis.mGet(keys), redis.lPush("key:1", "x"), redis.incr("key:1")]);
    assert.deepEqual(values.value, numbers(1000).map(String));
    assert.match(wrong.reason.message, /^WRONGTYPE/);
    assert.equal(next.value, 2);
  });

  test("MULTI runs whole, or not at all when a watched key has changed", async () => {
    const results = await redis.multi().set("a", "1").incrBy("b", 5).mGet(["a", "b"]).hSet("c", "f", "v").exec();
    assert.deepEqual(results, ["OK", 5, ["1", "5"], 1]);
    const pool = await createClientPool(options(), { minimum: 1, maximum: 4 }).connect();
    const raise = () =>
      pool.execute(async (client) => {
        for (;;) {
          await client.watch("b");
          const value = Number(await client.get("b"));
          try {
            return await client.multi().set("b", String(value + 1)).exec();
          } catch (error) {
            if (error.constructor.name !== "WatchError") throw error;
          }
        }
      });
    await Promise.all(numbers(40).map(raise));
    assert.equal(await redis.get("b"), "45");
    await pool.close();
  });

  test("blocked readers are served", async () => {
    const [popper, reader, least] = await Promise.all([open(), open(), open()]);
    const popped = popper.blPop(["none", "list"], 5);
    const read = reader.sendCommand(["XREAD", "BLOCK", "5000", "STREAMS", "stream", "other", "$", "$"]);
    const scored = least.bzmPop(5, ["nobody", "ranks"], "MIN", { COUNT: 2 });
    await until(async () => (await redis.info("clients")).includes("blocked_clients:3"), "blocked readers");
    await Promise.all([
      redis.rPush("list", "element"),
      redis.xAdd("other", "1-1", { field: "value" }),
      redis.zAdd("ranks", [{ value: "a", score: 1 }, { value: "b", score: 2 }]),
    ]);
    assert.deepEqual({ ...(await popped) }, { key: "list", element: "element" });
    assert.deepEqual((await read).other, [["1-1", ["field", "value"]]]);
    assert.equal((await scored).members.length, 2);
    assert.equal(await popper.brPop("nothing", 0.05), null);
  });

  test("messages come beside replies on one connection", async () => {
    const heard = [];
    await redis.subscribe("news", (text) => heard.push(text));
    await redis.pSubscribe("n*", (text, channel) => heard.push(`${channel} ${text}`));
    const sender = await open();
    for (const n of numbers(100)) {
      await Promise.all([sender.publish("news", String(n)), redis.set("between", String(n))]);
    }
    assert.equal(await redis.get("between"), "99");
    await until(() => heard.length === 200, "all messages");
    assert.deepEqual(heard.filter((text) => !text.startsWith("news")), numbers(100).map(String));
    assert.deepEqual(heard.filter((text) => text.startsWith("news")), numbers(100).map((n) => `news ${n}`));
    await redis.unsubscribe("news");
    await redis.pUnsubscribe("n*");
    assert.equal(await sender.publish("news", "nobody"), 0);
  });

  test("entries that a consumer leaves behind are claimed by another", async () => {
    await redis.xGroupCreate("stream", "group", "0", { MKSTREAM: true });
    await Promise.all(numbers(20).map((n) => redis.xAdd("stream", "*", { n: String(n) })));
    const taken = await redis.sendCommand(["XREADGROUP", "GROUP", "group", "first", "COUNT", "12", "STREAMS", "stream", ">"]);
    assert.equal(Object.values(taken)[0].length, 12);
    const pending = await redis.xPending("stream", "group");
    assert.equal(pending.pending, 12);
    const claimed = await redis.xAutoClaim("stream", "group", "second", 0, "-", { COUNT: 100 });
    assert.equal(claimed.messages.length, 12);
    assert.equal(await redis.xAck("stream", "group", claimed.messages.map(({ id }) => id)), 12);
    const [group] = await redis.xInfoGroups("stream");
    assert.deepEqual([group.pending, group.lag, group.consumers], [0, 8, 2]);
  });

  test("an iteration meets every key", async () => {
    await redis.mSet(Object.fromEntries(numbers(500).map((n) => [`scan:${n}`, String(n)])));
    const met = new Set();
    for await (const keys of redis.scanIterator({ MATCH: "scan:*", COUNT: 50 })) keys.forEach((key) => met.add(key));
    assert.equal(met.size, 500);
  });

  test("scripts are loaded when they are missing", async () => {
    await redis.mSet({ one: "1", two: "2" });
    assert.deepEqual(await Promise.all(numbers(20).map((n) => redis.sum("one", "two", n))), numbers(20).map((n) => 3 + n));
    await redis.scriptFlush();
    assert.equal(await redis.sum("one", "two", 10), 13);
    assert.deepEqual(await redis.multi().incr("one").sum("one", "two", 0).exec(), [2, 4]);
  });

  test("a cache on the client's side is never stale for long", async () => {
    const cached = await open({ clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } });
    await redis.mSet(Object.fromEntries(numbers(30).map((n) => [`cached:${n}`, String(n)])));
    const read = () => Promise.all(numbers(30).map((n) => cached.get(`cached:${n}`)));
    assert.deepEqual(await read(), numbers(30).map(String));
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info("stats"))[1]);
    const before = await commands();
    for (const _ of numbers(20)) await read();
    assert.ok((await commands()) - before < 30, "reads were answered by the server");
    await Promise.all(numbers(30).map((n) => redis.incr(`cached:${n}`)));
    await until(async () => (await read()).every((value, n) => value === String(n + 1)), "fresh values");
    await redis.flushAll();
    await until(async () => (await read()).every((value) => value === null), "an empty cache");
  });
});
