// A job queue on BullMQ, whose every move is a Lua script over several keys: workers, retries, delays, priorities, flows
// of jobs that wait for others, rate limits and events.

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { FlowProducer, Queue, QueueEvents, UnrecoverableError, Worker } from "bullmq";
import { numbers, onEachServer, until } from "./server.js";

onEachServer("bullmq", 20951, (server) => {
  const opened = [];
  let number = 0;

  const connection = () => ({ host: "127.0.0.1", port: server.port });
  const keep = (object) => {
    object.on("error", () => {});
    opened.push(object);
    return object;
  };
  const newQueue = () => keep(new Queue(`queue${number++}`, { connection: connection() }));
  const work = (queue, job, more = {}) => keep(new Worker(queue.name, job, { connection: connection(), ...more }));
  const counted = (queue, state, count) =>
    until(async () => (await queue.getJobCounts(state))[state] === count, `${count} ${state}`);

  const closeAll = async () => {
    for (const object of opened.splice(0).reverse()) await object.close();
  };
  afterEach(closeAll);
  after(closeAll);

  test("every job is done once, by one of the workers", async () => {
    const queue = newQueue();
    const done = [];
    const job = async ({ data }) => {
      done.push(data.n);
      return data.n * 2;
    };
    numbers(3).forEach(() => work(queue, job, { concurrency: 5 }));
    const jobs = await queue.addBulk(numbers(200).map((n) => ({ name: "double", data: { n } })));
    await counted(queue, "completed", 200);
    assert.deepEqual(done.sort((a, b) => a - b), numbers(200));
    assert.equal((await queue.getJob(jobs[7].id)).returnvalue, 14);
  });

  test("a job that fails is tried again, and at last set aside", async () => {
    const queue = newQueue();
    const attempts = { flaky: 0, hopeless: 0, final: 0 };
    work(queue, async ({ name }) => {
      attempts[name] += 1;
      if (name === "final") throw new UnrecoverableError("no use");
      if (name === "hopeless" || attempts.flaky < 3) throw new Error(`attempt ${attempts[name]}`);
      return "at last";
    });
    const retried = { attempts: 3, backoff: { type: "exponential", delay: 10 } };
    const [flaky, hopeless] = await Promise.all([
      queue.add("flaky", {}, retried),
      queue.add("hopeless", {}, retried),
      queue.add("final", {}, retried),
    ]);
    await Promise.all([counted(queue, "completed", 1), counted(queue, "failed", 2)]);
    assert.deepEqual(attempts, { flaky: 3, hopeless: 3, final: 1 });
    assert.equal((await queue.getJob(flaky.id)).returnvalue, "at last");
    const failed = await queue.getJob(hopeless.id);
    assert.equal(failed.failedReason, "attempt 3");
    await failed.remove();
    assert.equal(await queue.getFailedCount(), 1);
  });

  test("urgent jobs come first and delayed ones when they are due", async () => {
    const queue = newQueue();
    const order = [];
    await queue.pause();
    const added = Date.now();
    await queue.add("delayed", {}, { delay: 300 });
    for (const priority of [30, 10, 20]) await queue.add(`priority ${priority}`, {}, { priority });
    await queue.add("plain", {});
    assert.deepEqual(await queue.getJobCounts("delayed", "paused", "prioritized"), { delayed: 1, paused: 1, prioritized: 3 });
    let finished;
    work(queue, async ({ name }) => {
      order.push(name);
      if (name === "delayed") finished = Date.now();
    });
    await queue.resume();
    await counted(queue, "completed", 5);
    assert.deepEqual(order, ["plain", "priority 10", "priority 20", "priority 30", "delayed"]);
    assert.ok(finished - added >= 290, `a delay of 300 ms took ${finished - added}`);
  });

  test("a parent waits for its children and gets their results", async () => {
    const [parents, children] = [newQueue(), newQueue()];
    work(children, async ({ data }) => data.n);
    work(parents, async (job) => Object.values(await job.getChildrenValues()).reduce((sum, n) => sum + n, 0));
    const flows = keep(new FlowProducer({ connection: connection() }));
    const events = keep(new QueueEvents(parents.name, { connection: connection() }));
    await events.waitUntilReady();
    const flow = await flows.add({
      name: "sum",
      queueName: parents.name,
      children: numbers(20).map((n) => ({ name: "part", queueName: children.name, data: { n } })),
    });
    assert.equal(await flow.job.waitUntilFinished(events, 10_000), 190);
  });

  test("events tell of progress and ends", async () => {
    const queue = newQueue();
    const events = keep(new QueueEvents(queue.name, { connection: connection() }));
    await events.waitUntilReady();
    const seen = [];
    events.on("progress", ({ data }) => seen.push(data));
    events.on("completed", ({ returnvalue }) => seen.push(returnvalue));
    work(queue, async (job) => {
      for (const percent of [25, 50, 75]) await job.updateProgress(percent);
      await job.log("three quarters");
      return "whole";
    });
    const job = await queue.add("steps", {});
    await until(() => seen.length === 4, "all events");
    assert.deepEqual(seen, [25, 50, 75, "whole"]);
    assert.deepEqual((await queue.getJobLogs(job.id)).logs, ["three quarters"]);
  });

  test("limits, schedulers and duplicates are kept to", async () => {
    const queue = newQueue();
    const starts = [];
    work(queue, async () => starts.push(Date.now()), { limiter: { max: 5, duration: 200 }, concurrency: 10 });
    await queue.addBulk(numbers(15).map((n) => ({ name: "limited", data: { n } })));
    await Promise.all(numbers(5).map(() => queue.add("same", {}, { jobId: "only" })));
    await counted(queue, "completed", 16);
    assert.ok(starts[15] - starts[0] >= 390, `16 jobs took ${starts[15] - starts[0]} ms`);
    await queue.upsertJobScheduler("ticks", { every: 50 }, { name: "tick" });
    await until(async () => (await queue.getCompletedCount()) >= 19, "three ticks");
    assert.equal(await queue.removeJobScheduler("ticks"), true);
    await queue.obliterate({ force: true });
    assert.equal(await queue.count(), 0);
  });
});
