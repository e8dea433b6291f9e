// The official clients of EventStoreDB and KurrentDB against the node, one scene a run: events.mjs CLIENT SCENE.
// $ESDB is the connection string; for "reconnects", $VARVE is a command that starts the node.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";

const [, , name, scene] = process.argv;
const packages = { eventstore: "@eventstore/db-client", kurrent: "@kurrent/kurrentdb-client" };
const esdb = await import(packages[name]);
const Client = esdb.EventStoreDBClient ?? esdb.KurrentDBClient;
const connect = (text = process.env.ESDB) => Client.connectionString(text);

// What one calls the expected revision, the other calls the state of the stream.
const expecting = (expected) => ({ expectedRevision: expected, streamState: expected });
const own = (word) => `${word}-${name}-${randomUUID()}`;
const event = (n, type = "Tested") => esdb.jsonEvent({ type, data: { n }, metadata: { by: "a test" } });
const events = (count, from = 0) => Array.from({ length: count }, (_, i) => event(from + i));

async function all(reading) {
  const read = [];
  for await (const one of reading) read.push(one);
  return read;
}

async function some(subscription, count) {
  const got = [];
  for await (const one of subscription) {
    got.push(one);
    if (got.length === count) break;
  }
  return got;
}

const numbers = (resolved) => resolved.map(({ event }) => event.data.n);
const is = (error) => (thrown) => {
  assert.equal(thrown.constructor.name, error, `${thrown.constructor.name}: ${thrown.message}`);
  return true;
};

const scenes = {
  async "appends with each expectation"(client) {
    const stream = own("append");
    const append = (expected, ...what) => client.appendToStream(stream, what, expecting(expected));
    await assert.rejects(append(esdb.STREAM_EXISTS, event(0)), is("WrongExpectedVersionError"));
    await assert.rejects(append(0n, event(0)), is("WrongExpectedVersionError"));
    const first = await append(esdb.NO_STREAM, event(0), event(1));
    assert.equal(first.success, true);
    assert.equal(first.nextExpectedRevision, 1n);
    assert.equal((await append(1n, event(2))).nextExpectedRevision, 2n);
    assert.equal((await append(esdb.ANY, event(3))).nextExpectedRevision, 3n);
    assert.equal((await append(esdb.STREAM_EXISTS, event(4))).nextExpectedRevision, 4n);
    assert.ok((await append(esdb.ANY, event(5))).position.commit > first.position.commit);
    assert.deepEqual(numbers(await all(client.readStream(stream))), [0, 1, 2, 3, 4, 5]);
  },

  async "is told the wrong expected version"(client) {
    const stream = own("wrong");
    await client.appendToStream(stream, events(3));
    for (const wrong of [0n, 7n, esdb.NO_STREAM])
      await assert.rejects(client.appendToStream(stream, event(9), expecting(wrong)), (thrown) => {
        is("WrongExpectedVersionError")(thrown);
        assert.equal(thrown.streamName, stream);
        assert.equal(thrown.actualVersion ?? thrown.actualState, 2n);
        return true;
      });
    const lenient = connect(`${process.env.ESDB}&throwOnAppendFailure=false`);
    assert.equal((await lenient.appendToStream(stream, event(9), expecting(1n))).success, false);
    await lenient.dispose();
    assert.equal((await all(client.readStream(stream))).length, 3);
  },

  async "appends the same events again"(client) {
    const stream = own("again");
    const what = events(3);
    const first = await client.appendToStream(stream, what, expecting(esdb.NO_STREAM));
    const again = await client.appendToStream(stream, what, expecting(esdb.NO_STREAM));
    assert.equal(again.nextExpectedRevision, first.nextExpectedRevision);
    assert.equal(again.position.commit, first.position.commit);
    await client.appendToStream(stream, event(3), expecting(2n));
    assert.equal((await client.appendToStream(stream, what, expecting(esdb.ANY))).nextExpectedRevision, 2n);
    assert.equal((await all(client.readStream(stream))).length, 4);
  },

  async "appends by both calls"(client) {
    // With credentials of its own an append goes alone, else in the connection's batch.
    const stream = own("both");
    await client.appendToStream(stream, events(2), expecting(esdb.NO_STREAM));
    const credentials = { username: "u", password: "p" };
    const alone = await client.appendToStream(stream, event(2), { ...expecting(1n), credentials });
    assert.equal(alone.nextExpectedRevision, 2n);
    await assert.rejects(
      client.appendToStream(stream, event(3), { ...expecting(0n), credentials }),
      is("WrongExpectedVersionError"),
    );
  },

  async "reads forwards, backwards and from"(client) {
    const stream = own("read");
    await client.appendToStream(stream, events(100));
    const read = async (options) => numbers(await all(client.readStream(stream, options)));
    const upTo = Array.from({ length: 100 }, (_, n) => n);
    assert.deepEqual(await read({}), upTo);
    assert.deepEqual(await read({ direction: esdb.BACKWARDS, fromRevision: esdb.END }), upTo.toReversed());
    assert.deepEqual(await read({ fromRevision: 97n }), [97, 98, 99]);
    assert.deepEqual(await read({ fromRevision: 5n, maxCount: 3 }), [5, 6, 7]);
    assert.deepEqual(await read({ direction: esdb.BACKWARDS, fromRevision: 2n }), [2, 1, 0]);
    assert.deepEqual(await read({ fromRevision: 100n }), []);
    const [{ event: one }] = await all(client.readStream(stream, { maxCount: 1 }));
    assert.equal(one.type, "Tested");
    assert.equal(one.isJson, true);
    assert.deepEqual(one.metadata, { by: "a test" });
    assert.ok(Math.abs(Date.now() - new Date(one.created).getTime()) < 60_000);
  },

  async "keeps what is no JSON"(client) {
    const stream = own("binary");
    const data = Buffer.from([0, 1, 2, 255]);
    await client.appendToStream(stream, esdb.binaryEvent({ type: "Raw", data, metadata: Buffer.from("m") }));
    const [{ event: one }] = await all(client.readStream(stream));
    assert.equal(one.isJson, false);
    assert.deepEqual(Buffer.from(one.data), data);
  },

  async "does not find, and finds deleted"(client) {
    await assert.rejects(all(client.readStream(own("never"))), is("StreamNotFoundError"));
    const soft = own("soft");
    await client.appendToStream(soft, events(3));
    await assert.rejects(client.deleteStream(soft, { expectedRevision: 7n, streamState: 7n }), is("WrongExpectedVersionError"));
    await client.deleteStream(soft);
    await assert.rejects(all(client.readStream(soft)), is("StreamNotFoundError"));
    assert.equal((await client.appendToStream(soft, event(3))).nextExpectedRevision, 3n);
    assert.deepEqual(numbers(await all(client.readStream(soft))), [3]);

    const hard = own("hard");
    await client.appendToStream(hard, events(1));
    await client.tombstoneStream(hard);
    await assert.rejects(all(client.readStream(hard)), is("StreamDeletedError"));
    await assert.rejects(client.appendToStream(hard, event(1)), is("StreamDeletedError"));
    await assert.rejects(client.deleteStream(hard), is("StreamDeletedError"));
  },

  async "keeps metadata, and shows what it says"(client) {
    const stream = own("meta");
    await client.appendToStream(stream, events(10));
    await client.setStreamMetadata(stream, { maxCount: 3, own: "said" });
    const { metadata } = await client.getStreamMetadata(stream);
    assert.equal(metadata.maxCount, 3);
    assert.equal(metadata.own, "said");
    assert.deepEqual(numbers(await all(client.readStream(stream))), [7, 8, 9]);
    await client.setStreamMetadata(stream, { truncateBefore: 9 });
    assert.deepEqual(numbers(await all(client.readStream(stream))), [9]);
  },

  async "reads $all"(client) {
    const stream = own("all");
    const { position } = await client.appendToStream(stream, events(5));
    const mine = (resolved) => resolved.filter(({ event }) => event?.streamId === stream);
    assert.deepEqual(numbers(mine(await all(client.readAll()))), [0, 1, 2, 3, 4]);
    const backwards = await all(client.readAll({ direction: esdb.BACKWARDS, fromPosition: esdb.END }));
    assert.deepEqual(numbers(mine(backwards)), [4, 3, 2, 1, 0]);
    assert.equal((await all(client.readAll({ maxCount: 2 }))).length, 2);
    const [there] = await all(client.readAll({ fromPosition: position, maxCount: 1 }));
    assert.equal(there.event.data.n, 4);
    assert.equal(there.event.position.commit, position.commit);
  },

  async "resolves links"(client) {
    const [stream, links] = [own("target"), own("links")];
    await client.appendToStream(stream, events(2));
    const link = (target) => esdb.binaryEvent({ type: "$>", data: Buffer.from(target) });
    await client.appendToStream(links, [link(`1@${stream}`), link(`5@${stream}`)]);
    const resolved = await all(client.readStream(links, { resolveLinkTos: true }));
    assert.equal(resolved[0].event.data.n, 1);
    assert.equal(resolved[0].link.type, "$>");
    assert.equal(resolved[1].event, undefined);
    assert.equal((await all(client.readStream(links)))[0].event.type, "$>");
  },

  async "subscribes to a stream, and on"(client) {
    const stream = own("live");
    await client.appendToStream(stream, events(3));
    const subscription = client.subscribeToStream(stream, { fromRevision: 0n });
    const caughtUp = new Promise((done) => subscription.once("caughtUp", done));
    const taking = some(subscription, 4);
    await caughtUp;
    await client.appendToStream(stream, events(2, 3));
    assert.deepEqual(numbers(await taking), [1, 2, 3, 4]);
  },

  async "subscribes to what is not there yet"(client) {
    const stream = own("yet");
    const subscription = client.subscribeToStream(stream);
    const confirmed = new Promise((done) => subscription.once("confirmation", done));
    const taking = some(subscription, 2);
    await confirmed;
    await client.appendToStream(stream, events(2));
    assert.deepEqual(numbers(await taking), [0, 1]);
  },

  async "subscribes to $all with filters"(client) {
    const [wanted, other] = [own("wanted"), own("other")];
    const type = `T${randomUUID()}`;
    await client.appendToStream(other, events(200));
    await client.appendToStream(wanted, [event(0), event(1, type)]);
    const filters = [
      [esdb.streamNameFilter({ prefixes: ["nobody-", wanted] }), [0, 1, 2, 3]],
      [esdb.streamNameFilter({ regex: `${wanted.slice(7)}$` }), [0, 1, 2, 3]],
      [esdb.eventTypeFilter({ prefixes: [type] }), [1, 3]],
      [esdb.eventTypeFilter({ regex: `^${type.slice(0, 9)}` }), [1, 3]],
      [esdb.excludeSystemEvents(), null],
    ];
    const takings = filters.map(([filter, expected]) =>
      some(client.subscribeToAll({ filter }), expected?.length ?? 100));
    await client.appendToStream(wanted, [event(2), event(3, type)]);
    for (const [i, taking] of takings.entries())
      if (filters[i][1]) assert.deepEqual(numbers(await taking), filters[i][1]);
      else assert.ok((await taking).every(({ event }) => !event.type.startsWith("$")));
  },

  async "is told how far a filter has looked"(client) {
    const [other, wanted] = [own("far"), own("wanted")];
    let far = 0n;
    const filter = esdb.streamNameFilter({
      prefixes: [wanted],
      checkpointInterval: 1,
      maxSearchWindow: 10,
      checkpointReached: (_, position) => { far = position.commit; },
    });
    const subscription = client.subscribeToAll({ fromPosition: esdb.END, filter });
    await new Promise((done) => subscription.once("confirmation", done));
    const taking = some(subscription, 1);
    const { position } = await client.appendToStream(other, events(50));
    await client.appendToStream(wanted, event(0));
    await taking;
    assert.ok(far > 0n && far <= position.commit, `${far} ${position.commit}`);
  },

  async "goes on from where it was"(client) {
    const stream = own("resume");
    await client.appendToStream(stream, events(6));
    const filter = esdb.streamNameFilter({ prefixes: [stream] });
    const first = await some(client.subscribeToAll({ filter }), 3);
    const fromPosition = first.at(-1).event.position;
    assert.deepEqual(numbers(await some(client.subscribeToAll({ filter, fromPosition }), 3)), [3, 4, 5]);
  },

  async "discovers a cluster of one"() {
    const client = connect(process.env.ESDB.replace("esdb:", "esdb+discover:"));
    const stream = own("discover");
    await client.appendToStream(stream, events(2));
    assert.equal((await all(client.readStream(stream))).length, 2);
    await client.dispose();
  },

  async "appends from many at once"(client) {
    const stream = own("many");
    await Promise.all(Array.from({ length: 200 }, (_, i) => client.appendToStream(`${stream}-${i % 20}`, event(i))));
    const sizes = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => (await all(client.readStream(`${stream}-${i}`))).length));
    assert.deepEqual(sizes, Array(20).fill(10));
  },

  async "refuses what is too large"(client) {
    const large = { type: "Large", data: { text: "x".repeat(1_200_000) } };
    await assert.rejects(client.appendToStream(own("large"), esdb.jsonEvent(large)), is("MaxAppendSizeExceededError"));
  },

  async "reconnects after a restart"(client) {
    const start = () => spawn("sh", ["-c", `exec ${process.env.VARVE}`], { stdio: ["ignore", "pipe", "inherit"] });
    const ready = (node) => new Promise((done) => node.stdout.on("data", (text) => `${text}`.includes("ready") && done()));
    const ended = (node) => new Promise((done) => node.on("exit", done));
    const stream = own("restart");
    let node = start();
    for (const [i, signal] of ["SIGKILL", "SIGTERM", "SIGKILL"].entries()) {
      await ready(node);
      await again(() => client.appendToStream(stream, event(i), expecting(i === 0 ? esdb.NO_STREAM : BigInt(i - 1))));
      const subscription = client.subscribeToStream(stream);
      const got = new Promise((done) => subscription.on("error", done));
      assert.deepEqual(numbers(await some(client.subscribeToStream(stream), i + 1)), Array.from({ length: i + 1 }, (_, n) => n));
      subscription.on("data", () => {});
      node.kill(signal);
      await ended(node);
      await got; // who is subscribed is told
      node = start();
    }
    await ready(node);
    assert.deepEqual(numbers(await again(() => all(client.readStream(stream)))), [0, 1, 2]);
    node.kill();
    await ended(node);
  },

  async "reads as an auditor and cannot write"(client) {
    const read = await all(client.readAll({ maxCount: 10 }));
    assert.ok(read.length > 0);
    const filter = esdb.streamNameFilter({ prefixes: ["user-"] });
    assert.equal((await some(client.subscribeToAll({ filter }), 1)).length, 1);
    const stream = "object-forged/x";
    await assert.rejects(client.appendToStream(stream, event(0)), is("AccessDeniedError"));
    const { username, password } = { username: process.env.ESDB_USER, password: process.env.ESDB_PASSWORD };
    const credentials = { username, password };
    await assert.rejects(client.appendToStream(stream, event(0), { credentials }), is("AccessDeniedError"));
    await assert.rejects(client.deleteStream("user-x"), is("AccessDeniedError"));
    await assert.rejects(client.tombstoneStream("user-x"), is("AccessDeniedError"));
    await assert.rejects(client.setStreamMetadata("user-x", { maxCount: 1 }), is("AccessDeniedError"));
  },

  async "is turned away with a wrong password"(client) {
    await assert.rejects(all(client.readAll({ maxCount: 1 })), (thrown) => {
      assert.match(`${thrown.code} ${thrown.message} ${thrown.constructor.name}`, /16|UNAUTHENTICATED|AccessDenied|Credentials/i);
      return true;
    });
  },

  async "writes with Varve's own credentials"(client) {
    const stream = own("own");
    await client.appendToStream(stream, events(2));
    assert.deepEqual(numbers(await all(client.readStream(stream))), [0, 1]);
  },
};

/** A client that has lost its connection connects with a later call. */
async function again(call) {
  for (let i = 0; ; i++)
    try {
      return await call();
    } catch (error) {
      if (i === 20 || error.constructor.name === "WrongExpectedVersionError") throw error;
    }
}

const client = connect();
await scenes[scene](client);
await client.dispose();
process.exit(0);
