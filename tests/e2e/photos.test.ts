import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePhotoFolder } from "../support/photos.ts";
import { eventsOf, kdflow } from "./support/cli.ts";

const pipeline = `kdflow: 1
name: photos
stages:
  data: { use: image-folder, root: ./photos, imageSize: 8, validation: 0.2, test: 0.2, workers: 2, augment: [flip] }
  teacher: { use: train, epochs: 2, batchSize: 16, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  softLabels: { use: logits, views: 2, shardSize: 32, batchSize: 16 }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 0.1, kd: 0.9 }
  train: { epochs: 2, batchSize: 16, baseline: false }
  evaluate: { use: classification, latencyRuns: 1 }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-photos-"));
  await writePhotoFolder(join(folder, "photos"), ["a", "b", "c"], 30);
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (args: readonly string[] = []) => kdflow(["run", "pipeline.yaml", ...args], { cwd: folder });

describe("a pipeline on photos", () => {
  it("runs from end to end, tells where each epoch's time went, and its process ends", async () => {
    const result = await run(["--json"]);
    expect(result.code, result.stderr).toBe(0);
    const shares = eventsOf(result).filter(({ event, name }) => event === "log" && name === "timeShares");
    expect(shares.length).toBe(4);
    expect(JSON.stringify(shares[0])).toContain("waiting");
  });

  it("is reused with another number of workers, and from another place", async () => {
    await rename(join(folder, "photos"), join(folder, "moved"));
    const result = await run(["--set", "stages.data.workers=1", "--set", "stages.data.root=./moved"]);
    await rename(join(folder, "moved"), join(folder, "photos"));
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain("0 to run");
  });

  it("is trained to the same bytes with other workers", async () => {
    const digests = async (args: readonly string[]): Promise<unknown[]> => {
      const result = await run(["--json", "--force", "teacher", "--until", "teacher", ...args]);
      expect(result.code, result.stderr).toBe(0);
      return eventsOf(result).flatMap(({ event, stage, digest }) =>
        event === "stageEnd" && stage === "teacher" ? [digest] : [],
      );
    };
    const two = await digests([]);
    expect(two).toHaveLength(1);
    expect(await digests(["--set", "stages.data.workers=1"])).toEqual(two);
  });

  it("ends on Ctrl-C, with the threads that read photos", async () => {
    const result = await kdflow(["run", "pipeline.yaml", "--set", "stages.teacher.epochs=50", "--until", "teacher"], {
      cwd: folder,
      onStart: (kill, onText) => onText((text) => text.includes("epoch 1/50") && kill("SIGINT")),
    });
    expect(result.code, result.stderr).toBe(130);
  });
});
