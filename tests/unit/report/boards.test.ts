import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { markupProblems } from "../../support/markup-problems.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { runPipeline } from "../../support/pipeline-run.ts";
import { eventsIn, kdflow } from "../cli/command-line.ts";

const measured = {
  format: "kdflow-board-1",
  modelDigest: null,
  runtime: "onnxruntime 1.20.1",
  machine: "aarch64 <board>",
  system: "Linux",
  threads: 4,
  batch: 1,
  latencyMs: { median: 12.5, p10: 12.1, p90: 14.25 },
  temperatureC: { before: 41.5, after: 52 },
  metric: { name: "top1", value: 0.9125, images: 80 },
};

let folder: string;
let store: string;
let digest: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-boards-"));
  store = join(folder, ".kdflow");
  await writeTinyMnist(join(folder, "digits"), { train: 40, test: 20 });
  const { outcome } = await runPipeline(folder, "  data: { use: mnist, root: ./digits }\n", { backend: "cpu" });
  expect(outcome.status).toBe("ok");
  const record = JSON.parse(await readFile(join(outcome.directory, "run.json"), "utf8"));
  digest = record.stages[0].digest;
  await mkdir(join(folder, "board"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, content: object): Promise<string> {
  const path = join(folder, "board", name);
  await writeFile(path, JSON.stringify(content));
  return path;
}

test("shows what boards measured in the terminal, as an event and in the page", async () => {
  const one = await written("one.json", { ...measured, modelDigest: digest });
  const { code, stdout } = await kdflow("report", "--store", store, "--board", one);
  expect(code).toBe(0);
  const [line = "", path = ""] = stdout.split("\n");
  expect(line).toContain("runtime onnxruntime 1.20.1, threads 4, ms (10 %…90 %) 12.50 (12.10…14.25)");
  expect(line).toContain("°C 41.50 → 52, metric top1 0.9125 on 80 images, model data");
  const page = await readFile(path, "utf8");
  expect(page).toContain("<td>aarch64 &lt;board&gt;</td>");
  expect(markupProblems(page)).toEqual([]);

  const two = await written("two.json", { ...measured, metric: null, temperatureC: { before: null, after: null } });
  const again = eventsIn((await kdflow("report", "--store", store, "--json", "--board", two)).stdout);
  expect(again).toMatchObject([{ event: "report", path, boards: [{ latencyMs: { median: 12.5 } }] }]);
  const replaced = await readFile(path, "utf8");
  expect(replaced.match(/<h2>boards<\/h2>/g)).toHaveLength(1);
  expect(replaced).toContain("<td>–</td><td>–</td><td>none of this run&#39;s</td>");
  expect(replaced).toContain("<h2>pipeline</h2>");
});

test("refuses a file that measure.py did not write", async () => {
  const other = await written("other.json", { ...measured, latencyMs: { median: "fast" } });
  const { code, stderr } = await kdflow("report", "--store", store, "--board", other);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^KDF_INPUT_FORMAT: ".*other\.json" is not what measure\.py writes/);
  expect((await kdflow("report", "--store", store, "--board", join(folder, "none.json"))).stderr).toMatch(
    /^KDF_INPUT_MISSING_FILE/,
  );
});
