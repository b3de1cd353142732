import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  checkpointPath,
  fetchCheckpoint,
  knownCheckpoint,
} from "../../../../plugins/networks/weights/fetch-checkpoint.ts";
import { knownCheckpoints } from "../../../../plugins/networks/weights/known-checkpoints.ts";

const content = Buffer.from("numbers of a network");
const digest = createHash("sha256").update(content).digest("hex");
const licence = "none";

let cache: string;
let server: Server;
let asked: string[];

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "kdflow-cache-"));
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/gone.pth") response.writeHead(404);
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(cache, { recursive: true, force: true });
});

const addressOf = (file: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`;

test("a checkpoint is downloaded once, and its digest is that of the whole file", async () => {
  const known = { url: addressOf("net.pth"), sha256: digest.slice(0, 8), licence };

  const first = await fetchCheckpoint("some/net", known, cache);
  const second = await fetchCheckpoint("some/net", known, cache);

  expect(first).toEqual({ path: join(cache, "weights", "net.pth"), sha256: digest });
  expect(second).toEqual(first);
  expect(await readFile(first.path)).toEqual(content);
  expect(asked).toEqual(["/net.pth"]);
});

test("another content than the published one is refused and not kept", async () => {
  const known = { url: addressOf("net.pth"), sha256: "00000000", licence };

  await expect(fetchCheckpoint("some/net", known, cache)).rejects.toMatchObject({
    code: "KDF_INPUT_SHA256",
    hint: [expect.stringContaining("begins with 00000000"), expect.any(String)],
  });
  await expect(readFile(checkpointPath(known, cache))).rejects.toThrow("ENOENT");
});

test("a file in the cache that was damaged is told by its place", async () => {
  const known = { url: addressOf("net.pth"), sha256: digest, licence };
  const path = checkpointPath(known, cache);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "other numbers");

  await expect(fetchCheckpoint("some/net", known, cache)).rejects.toMatchObject({
    code: "KDF_INPUT_SHA256",
    message: expect.stringContaining(path),
  });
  expect(asked).toEqual([]);
});

test("without an answer it is said what to fetch and where to put it; a file that is put there is taken", async () => {
  const known = { url: addressOf("gone.pth"), sha256: digest, licence };
  const path = checkpointPath(known, cache);

  await expect(fetchCheckpoint("some/net", known, cache)).rejects.toMatchObject({
    code: "KDF_INPUT_DOWNLOAD",
    message: expect.stringContaining("the server answers 404"),
    hint: [expect.stringContaining(known.url), expect.stringContaining(path)],
  });

  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  expect(await fetchCheckpoint("some/net", known, cache)).toEqual({ path, sha256: digest });
});

test("an unknown name is answered with the nearest that is known", () => {
  expect(() => knownCheckpoint("torchvision/mobilenetv2")).toThrowError(
    expect.objectContaining({
      code: "KDF_PLAN_OPTIONS",
      hint: expect.arrayContaining([expect.stringContaining("torchvision/mobilenet_v2")]),
    }),
  );
});

test("every known checkpoint is in the table of docs/weights.md, with address, digits and licence", async () => {
  const page = await readFile(new URL("../../../../docs/weights.md", import.meta.url), "utf8");
  const rows = page.split("\n");
  for (const [name, { url, sha256, licence: terms }] of knownCheckpoints) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    for (const part of [url, sha256, terms]) expect(row).toContain(part);
  }
});
