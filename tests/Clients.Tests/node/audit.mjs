// Checks a proof of 'varve audit prove' and the tiles beside it with others' code: @sigstore/verify checks the signed
// note and the inclusion, node:crypto hashes. Run: node audit.mjs PROOF KEY.PUB FOLDER
import assert from "node:assert/strict";
import { createHash, createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { verifyCheckpoint } = require("@sigstore/verify/dist/tlog/checkpoint.js");
const { verifyMerkleInclusion } = require("@sigstore/verify/dist/tlog/merkle.js");

const [proof, vkey, folder] = [process.argv[2], process.argv[3], process.argv[4]];
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();

// vkey: name+id+base64(1, 32 bytes), and SPKI for Ed25519 is a fixed head before those 32 bytes (RFC 8410).
const [, name, id, key] = readFileSync(vkey, "utf8").trim().match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/);
const typed = Buffer.from(key, "base64");
assert.equal(typed.length, 33);
assert.equal(sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4).toString("hex"), id);
const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), typed.subarray(1)]);
const log = {
  logID: Buffer.from(id, "hex"),
  baseURL: `https://${name}`,
  publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }),
};

const text = readFileSync(proof, "utf8");
const end = text.indexOf("\n\n");
const [first, extra, index, ...hashes] = text.slice(0, end).split("\n");
assert.equal(first, "c2sp.org/tlog-proof@v1");
const entry = {
  canonicalizedBody: Buffer.from(extra.match(/^extra (.+)$/)[1], "base64"),
  inclusionProof: {
    logIndex: index.match(/^index (\d+)$/)[1],
    hashes: hashes.map((hash) => Buffer.from(hash, "base64")),
    checkpoint: { envelope: text.slice(end + 2) },
  },
};
const checkpoint = verifyCheckpoint(entry, [log]);
verifyMerkleInclusion(entry, checkpoint);

const forged = { ...entry, canonicalizedBody: Buffer.concat([entry.canonicalizedBody, Buffer.from("!")]) };
assert.throws(() => verifyMerkleInclusion(forged, checkpoint));
const envelope = entry.inclusionProof.checkpoint.envelope.replace(/\n\d+\n/, "\n1\n");
const resized = { ...entry, inclusionProof: { ...entry.inclusionProof, checkpoint: { envelope } } };
assert.throws(() => verifyCheckpoint(resized, [log]));

// c2sp.org/tlog-tiles: every entry of every bundle hashes to its place in the tile of level 0, and these to the root.
const size = Number(checkpoint.logSize);
const file = (level, n, width) => {
  const path = `${folder}/tile/${level}/${String(n).padStart(3, "0")}`;
  return readFileSync(existsSync(path) ? path : `${path}.p/${width}`);
};
const leaves = [];
for (let n = 0; n * 256 < size; n++) {
  const width = Math.min(256, size - n * 256);
  const [tile, bundle] = [file(0, n, width), file("entries", n, width)];
  for (let i = 0, at = 0; i < width; i++) {
    const length = bundle.readUInt16BE(at);
    leaves.push(sha256(Buffer.of(0), bundle.subarray(at + 2, at + 2 + length)));
    assert.ok(leaves.at(-1).equals(tile.subarray(i * 32, i * 32 + 32)));
    at += 2 + length;
  }
}
const root = (hashes) => {
  if (hashes.length === 1) return hashes[0];
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return sha256(Buffer.of(1), root(hashes.slice(0, k)), root(hashes.slice(k)));
};
assert.ok(root(leaves).equals(checkpoint.logHash));
console.log(`${size} entries`);
