import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { entriesOf, sayUnusable } from "../../../plugins/scaffold/init/looked-at.ts";

let cwd: string;
let said: string[];
const say = (line: string): void => void said.push(line);

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "kdflow-looked-"));
  said = [];
});

afterEach(() => rm(cwd, { recursive: true, force: true }));

it("says a path from the working directory, and the first line of the reason", () => {
  sayUnusable(join(cwd, "models", "broken.onnx"), new Error("it is cut short\nat byte 12"), { cwd, say });
  expect(said).toEqual(["  looked at models/broken.onnx, which cannot be used: it is cut short"]);
});

it("says why a folder gives nothing", async () => {
  await writeFile(join(cwd, "file"), "");
  expect(await entriesOf(join(cwd, "file"), { cwd, say })).toEqual([]);
  expect(said).toEqual([expect.stringMatching(/^ {2}looked at file, which cannot be used: ENOTDIR/)]);
  expect((await entriesOf(cwd, { cwd, say })).map(({ name }) => name)).toEqual(["file"]);
  expect(said).toHaveLength(1);
});
