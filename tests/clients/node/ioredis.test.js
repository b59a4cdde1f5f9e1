// A program on ioredis: one connection for everything but what blocks or listens, commands pipelined without awaiting.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import Redis from "ioredis";
import { numbers, onEachServer, until } from "./server.js";

onEachServer("ioredis", 20931, (server) => {
  const opened = [];
  let redis;

  const open = (options = {}) => {
    const client = new Redis({ port: server.port, host: "127.0.0.1", ...options });
    opened.push(client);
    return client;
  };

  before(() => (redis = open()));
  beforeEach(() => redis.flushall());
  after(() => opened.forEach((client) => client.disconnect()));

  test("a pipeline answers in order, errors in their place", async () => {
    const pipeline = redis.pipeline();
    numbers(2000).forEach((n) => pipeline.set(`key:${n}`, n).incr(`key:${n}`).get(`key:${n}`));
    pipeline.lpush("key:0", "x").dbsize();
    const replies = await pipeline.exec();
    numbers(2000).forEach((n) => {
      assert.deepEqual(replies.slice(3 * n, 3 * n + 3), [[null, "OK"], [null, n + 1], [null, String(n + 1)]]);
    });
    assert.match(replies[6000][0].message, /^WRONGTYPE/);
    assert.deepEqual(replies[6001], [null, 2000]);
  });

  test("commands sent without waiting for each other keep their order", async () => {
    const sent = numbers(500).map((n) => redis.append(`log:${n % 7}`, `${n},`));
    await Promise.all(sent);
    const logs = await redis.mget(numbers(7).map((n) => `log:${n}`));
    const expected = numbers(7).map((rest) => numbers(500).filter((n) => n % 7 === rest).map((n) => `${n},`).join(""));
    assert.deepEqual(logs, expected);
  });

  test("MULTI is one step for others, and WATCH sees them", async () => {
    const other = open();
    await redis.mset({ from: 100, to: 0 });
    const transfer = () => redis.multi().decrby("from", 1).incrby("to", 1).mget("from", "to").exec();
    const sums = numbers(50).map(async () => {
      const [from, to] = await other.mget("from", "to");
      return Number(from) + Number(to);
    });
    const transfers = await Promise.all(numbers(50).map(transfer));
    assert.deepEqual(transfers[49], [[null, 50], [null, 50], [null, ["50", "50"]]]);
    assert.deepEqual(new Set(await Promise.all(sums)), new Set([100]));

    await redis.watch("from", "to");
    await other.set("to", "changed");
    assert.equal(await redis.multi().set("from", 0).exec(), null);
    await assert.rejects(redis.multi().set("a").set("b", 1).exec(), /EXECABORT/);
  });

  test("blocked readers are served in turn, and time out", async () => {
    const readers = numbers(3).map(() => open());
    const waiting = [];
    for (const [n, reader] of readers.entries()) {
      waiting.push(reader.blpop("none", "jobs", 5));
      await until(async () => (await redis.info("clients")).includes(`blocked_clients:${n + 1}`), "a blocked reader");
    }
    await redis.rpush("jobs", "a", "b", "c");
    assert.deepEqual(await Promise.all(waiting), [["jobs", "a"], ["jobs", "b"], ["jobs", "c"]]);

    const moved = readers[0].blmove("source", "target", "LEFT", "RIGHT", 5);
    const least = readers[1].bzpopmin("scores", "ranks", 5);
    await redis.multi().rpush("source", "x").zadd("ranks", 2, "two", 1, "one").exec();
    assert.equal(await moved, "x");
    assert.deepEqual(await least, ["ranks", "one", "1"]);
    assert.deepEqual(await redis.lrange("target", 0, -1), ["x"]);
    assert.equal(await readers[2].brpop("nothing", 0.05), null);
  });

  test("messages reach subscribers in the order they were sent", async () => {
    const [listener, watcher, shards] = [open(), open(), open()];
    const heard = { message: [], pmessage: [], smessage: [] };
    await listener.subscribe("news", "other");
    await watcher.psubscribe("ne?s");
    await shards.ssubscribe("news");
    listener.on("message", (channel, text) => heard.message.push(`${channel} ${text}`));
    watcher.on("pmessage", (pattern, channel, text) => heard.pmessage.push(`${pattern} ${channel} ${text}`));
    shards.on("smessage", (channel, text) => heard.smessage.push(`${channel} ${text}`));
    const sent = numbers(200).flatMap((n) => [redis.publish("news", n), redis.spublish("news", n)]);
    assert.deepEqual(new Set(await Promise.all(sent)), new Set([2, 1]));
    await until(() => Object.values(heard).every((all) => all.length === 200), "all messages");
    assert.deepEqual(heard.message, numbers(200).map((n) => `news ${n}`));
    assert.deepEqual(heard.pmessage, numbers(200).map((n) => `ne?s news ${n}`));
    assert.deepEqual(heard.smessage, numbers(200).map((n) => `news ${n}`));
    assert.deepEqual(await redis.pubsub("NUMSUB", "news", "other"), ["news", 1, "other", 1]);
    await listener.unsubscribe();
    assert.equal(await listener.ping(), "PONG");
  });

  test("expired keys are announced", async () => {
    const listener = open();
    const heard = [];
    await redis.config("SET", "notify-keyspace-events", "Ex");
    await listener.subscribe("__keyevent@0__:expired");
    listener.on("message", (_, key) => heard.push(key));
    await Promise.all(numbers(20).map((n) => redis.set(`short:${n}`, n, "PX", 20)));
    await until(() => heard.length === 20, "all events");
    assert.deepEqual(heard.sort(), numbers(20).map((n) => `short:${n}`).sort());
  });

  test("a consumer group hands out every entry once", async () => {
    await redis.xgroup("CREATE", "stream", "workers", "$", "MKSTREAM");
    const workers = numbers(3).map(() => open());
    const seen = [];
    const work = async (worker, name) => {
      for (;;) {
        const words = ["GROUP", "workers", name, "COUNT", 10, "BLOCK", 300, "STREAMS", "stream", ">"];
        const reply = await worker.xreadgroup(...words);
        if (reply === null) return;
        const entries = reply[0][1];
        entries.forEach(([, fields]) => seen.push(Number(fields[1])));
        await worker.xack("stream", "workers", ...entries.map(([id]) => id));
      }
    };
    const working = workers.map((worker, n) => work(worker, `w${n}`));
    await Promise.all(numbers(300).map((n) => redis.xadd("stream", "MAXLEN", "~", 10000, "*", "n", n)));
    await Promise.all(working);
    assert.deepEqual(seen.sort((a, b) => a - b), numbers(300));
    assert.deepEqual(await redis.xpending("stream", "workers"), [0, null, null, null]);
    assert.equal(await redis.xlen("stream"), 300);
    const [group] = await redis.xinfo("GROUPS", "stream");
    assert.deepEqual(group.slice(0, 6), ["name", "workers", "consumers", 3, "pending", 0]);
  });

  test("scans meet every key and field", async () => {
    await redis.mset(Object.fromEntries(numbers(3000).map((n) => [`scan:${n}`, n])));
    await redis.hset("hash", Object.fromEntries(numbers(1000).map((n) => [`field:${n}`, n])));
    const meet = async (stream) => {
      const all = new Set();
      for await (const found of stream) found.forEach((element) => all.add(element));
      return all;
    };
    assert.equal((await meet(redis.scanStream({ match: "scan:*", count: 100 }))).size, 3000);
    assert.equal((await meet(redis.hscanStream("hash"))).size, 2000);
    assert.equal(Object.keys(await redis.hgetall("hash")).length, 1000);
  });

  test("scripts are loaded when they are missing, whatever keys they touch", async () => {
    redis.defineCommand("swap", {
      numberOfKeys: 2,
      lua: "local a, b = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]) " +
        "redis.call('MSET', KEYS[1], b, KEYS[2], a) return {b, a, ARGV[1]}",
    });
    await redis.mset({ one: 1, two: 2 });
    assert.deepEqual(await redis.swap("one", "two", "extra"), ["2", "1", "extra"]);
    await redis.script("FLUSH");
    assert.deepEqual(await redis.swap("one", "two", "again"), ["1", "2", "again"]);
    const pipeline = redis.pipeline();
    numbers(100).forEach(() => pipeline.swap("one", "two", ""));
    assert.deepEqual((await pipeline.exec())[99], [null, ["1", "2", ""]]);

    const undeclared = "for n = 1, ARGV[1] do redis.call('INCR', 'counter:' .. n) end return redis.call('DBSIZE')";
    const runs = numbers(10).map(() => redis.eval(undeclared, 0, 20));
    assert.deepEqual(new Set(await Promise.all(runs)), new Set([22]));
    assert.deepEqual(await redis.mget(numbers(20).map((n) => `counter:${n + 1}`)), numbers(20).map(() => "10"));
    await assert.rejects(redis.eval("return redis.error_reply('MY words')", 0), /^ReplyError: MY words/);
  });

  test("a cache is told of changes on a second connection", async () => {
    const [cache, invalidations] = [open(), open()];
    const gone = [];
    const id = await invalidations.client("ID");
    await invalidations.subscribe("__redis__:invalidate");
    invalidations.on("message", (_, keys) => gone.push(String(keys)));
    await cache.client("TRACKING", "ON", "REDIRECT", id);
    await redis.mset(Object.fromEntries(numbers(30).map((n) => [`cached:${n}`, n])));
    await Promise.all(numbers(30).map((n) => cache.get(`cached:${n}`)));
    await Promise.all(numbers(30).map((n) => redis.incr(`cached:${n}`)));
    await redis.set("uncached", 1);
    await until(() => gone.length === 30, "all invalidations");
    assert.deepEqual(new Set(gone), new Set(numbers(30).map((n) => `cached:${n}`)));
  });
});
