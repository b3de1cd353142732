import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nativeReason } from "../support/backend.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { eventsOf, kdflow } from "./support/cli.ts";

const train = `kdflow: 1
name: made-here
stages:
  data: { use: mnist, root: ./mnist }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 1 }
  train: { epochs: 1, batchSize: 32, baseline: false }
  evaluate: { use: classification, latencyRuns: 0 }
  export: layers-model
`;

const reuse = `kdflow: 1
name: from-a-file
stages:
  data: { use: mnist, root: ./mnist }
  model: { use: layers-model, model: ./exported }
  evaluate: { use: classification, latencyRuns: 0 }
  export: layers-model
`;

test("a pipeline of data, model, evaluate and export scores an exported model as the one that was trained", async (context) => {
  const reason = await nativeReason();
  if (reason !== undefined) return context.skip(reason);
  const folder = await mkdtemp(join(tmpdir(), "kdflow-model-stage-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 160, test: 80 });
  await writeFile(join(folder, "train.yaml"), train);
  await writeFile(join(folder, "reuse.yaml"), reuse);
  const trained = await kdflow(["run", "train.yaml", "--json"], { cwd: folder });
  expect(trained.code).toBe(0);
  const artifact = eventsOf(trained).find(({ event, stage }) => event === "artifact" && stage === "export");
  const exported = String(artifact?.["directory"]);
  await mkdir(join(folder, "exported"));
  for (const name of await readdir(exported)) {
    if (name !== "manifest.json") await copyFile(join(exported, name), join(folder, "exported", name));
  }
  const again = await kdflow(["run", "reuse.yaml", "--json"], { cwd: folder });
  expect(again.code).toBe(0);
  const scores = (events: ReturnType<typeof eventsOf>) => {
    const end = events.find(({ event }) => event === "runEnd") as {
      metrics: { evaluate: { rows: { metrics: object }[] } };
    };
    return end.metrics.evaluate.rows.map(({ metrics }) => metrics);
  };
  expect(scores(eventsOf(again))).toEqual(scores(eventsOf(trained)));
  const copy = eventsOf(again).find(({ event, stage }) => event === "artifact" && stage === "export");
  expect(await readFile(join(String(copy?.["directory"]), "weights.bin"))).toEqual(
    await readFile(join(exported, "weights.bin")),
  );
  await rm(folder, { recursive: true });
});
