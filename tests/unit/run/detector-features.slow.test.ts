/** Features between detectors: neck and head of both have levels of the same names. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { listTaps } from "../../../core/run/list-taps.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { openPipeline, runPipeline } from "../../support/pipeline-run.ts";

const detector = (width: number) =>
  `{ use: yolo, imageSize: 64, backbone: { use: shufflenet-v2, width: ${width}, stem: imagenet }, neck: { use: pan-lite, width: 0.25 }, anchors: auto }`;
const trained = "epochs: 2, batchSize: 4, optimizer: { use: adam, learningRate: 0.001 }";
/** A teacher of two epochs would be refused where validation photos show what it finds. */
const stored = "validation: 0, test: 0.3, imageSize: 64 }\n  softLabels: { use: detections, top: 40, minScore: 0 }";
const online =
  "validation: 0, test: 0.3, imageSize: 64, augment: [flip] }\n  softLabels: { use: online, top: 40, minScore: 0 }";
const plain = "validation: 0.2, test: 0.3, imageSize: 64 }";
const dataOf = (loss: string) => (loss.startsWith("score-l2") ? stored : loss.startsWith("box-soft") ? online : plain);
const stages = (loss: string) => `  data: { use: yolo, root: ./boats, ${dataOf(loss)}
  teacher: { use: train, network: ${detector(1)}, loss: { use: yolov7, assign: anchor, rescale: false }, ${trained} }
  student: ${detector(0.5)}
  loss: { yolov7: { weight: 1, assign: anchor, rescale: false }, ${loss} }
  train: { ${trained}, baseline: false }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-detector-features-"));
  await writeBoxPhotos(join(folder, "boats"), 30, { width: 64, height: 48 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  "pkd: { weight: 1, at: { p4: p4 } }",
  "cwd: { weight: 1, at: { p3: p3, p5: p5 } }",
  "hint: { weight: 1, at: { p3: p3 } }",
  "fgd: { weight: 1, at: { p4: p4 }, regions: fine-grained }",
  "score-l2: { weight: 1, at: { p3: p3, p4: p4 }, adapter: projector }",
  "box-soft: { weight: 1, assign: anchor, minScore: 0.001, boxes: 8 }",
])("a detector that was trained here teaches by %s", async (loss) => {
  const { outcome, made } = await runPipeline(folder, stages(loss));
  expect(outcome.status, String((outcome as { error?: unknown }).error)).toBe("ok");
  const term = Object.keys(parse(`{ ${loss} }`))[0] ?? "";
  const { history } = JSON.parse(await readFile(join(made["train"] ?? "", "description.json"), "utf8"));
  expect(history).toHaveLength(2);
  for (const { losses } of history) {
    const told = Object.entries(losses).filter(([name]) => name.startsWith(term));
    expect(told.length).toBe(loss.match(/p\d:/g)?.length ?? 1);
    for (const [name, value] of told) expect(value, name).toBeGreaterThan(0);
  }
});

test("taps of a detector are told before its anchors are known", async () => {
  const { session } = await openPipeline(folder, stages("pkd: { weight: 1, at: p4 }"));
  const student = (await listTaps(await session.prepare())).find(({ stage }) => stage === "train");
  expect(student?.taps?.map(({ name }) => name)).toEqual(expect.arrayContaining(["p3", "p4", "p5"]));
});
