import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeBoxPhotos } from "../../support/box-photos.ts";

const net = (name: string): string =>
  fileURLToPath(new URL(`../../cases/detector-knows-no-class/net.${name}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-align-"));
  await writeBoxPhotos(join(folder, "boxes"), 4);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Plans a training of a detector whose teacher has one class. */
async function notesOf(names: readonly string[], loss: string, softLabels = "detections"): Promise<readonly string[]> {
  await writeFile(join(folder, "names.txt"), `${names.join("\n")}\n`);
  const file = join(folder, "pipeline.yaml");
  await writeFile(
    file,
    `kdflow: 1
name: aligned
stages:
  data: { use: yolo, root: ./boxes, imageSize: [64, 96], validation: 0.25 }
  teacher: { use: darknet, model: ${net("cfg")}, weights: ${net("weights")}, classes: names.txt }
  softLabels: ${softLabels}
  student: { use: yolo, backbone: { use: shufflenet-v2, width: 0.5, stem: imagenet } }
  loss: ${loss}
  train: { epochs: 1 }
`,
  );
  const session = await openSession({ file, builtins: [builtins], storeDir: join(folder, ".kdflow") });
  return (await session.plan()).notes;
}

describe("the plan of a detector's training", () => {
  it("puts teacher and student side by side, and says how each term matches and what is stored", async () => {
    const notes = await notesOf(["ship"], "{ yolov7: 1, box-soft: 1, objectness-scaled: 0.5 }");
    expect(notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^teacher: \d+×\d+, stretch, cells of 1 level: \d+×\d+ at a stride of \d+, anchors [\d, ]+; with objectness; 1 of the data's 2 classes among its 1, nothing is said of 1$/,
        ),
        "student: 96×64, letterbox, cells p3 12×8, p4 6×4, p5 3×2 at strides 8, 16, 32, anchors default, with objectness; 2 classes",
        "term box-soft: the teacher's boxes after suppression, at the cells that the student's own assignment gives them",
        "term objectness-scaled: the teacher's decoded boxes, each at the student's cell of the nearest place and shape",
        expect.stringMatching(
          /^detections: \d+\.\d kB a photo at most, 300 rows of \d+ classes; the teacher sees each photo once$/,
        ),
      ]),
    );
    expect(notes.filter((note) => note.startsWith("term ")).length).toBe(2);
  });

  it("says nothing of a teacher that no term takes", async () => {
    const notes = await notesOf(["ship"], "{ yolov7: 1 }");
    expect(notes.filter((note) => /^(teacher|term)/.test(note))).toEqual([]);
  });

  it("refuses terms on an image's logits, and names one that can match", async () => {
    const refused = notesOf(["ship"], "{ yolov7: 1, kd: 1 }", "logits");
    await expect(refused).rejects.toMatchObject({ code: "KDF_PLAN_LOSS_INPUT" });
    await expect(refused).rejects.toThrow("detectors have boxes of many cells instead");
  });

  it.each([
    "cross-entropy",
    "kd",
    "dkd",
    "dist",
    "nkd",
    "wsld",
    "logit-standardization",
    "soft-target-bce",
    "deit-hard",
    "focal",
  ])("refuses %s, which is for one class an image, and names the term for boxes", async (term) => {
    await expect(notesOf(["ship"], `{ yolov7: 1, ${term}: 1 }`, "logits")).rejects.toMatchObject({
      code: "KDF_PLAN_LOSS_INPUT",
      message: expect.stringContaining(`"${term}"`),
      hint: [expect.stringContaining("take `box-soft`")],
    });
  });

  it("refuses stored boxes where nothing stores them", async () => {
    const refused = notesOf(["ship"], "{ yolov7: 1, box-soft: 1 }", "logits");
    await expect(refused).rejects.toMatchObject({ code: "KDF_PLAN_LOSS_INPUT" });
    await expect(refused).rejects.toThrow("takes boxes of a detector");
  });

  it("refuses a teacher that knows none of the classes", async () => {
    const refused = notesOf(["house"], "{ yolov7: 1, box-soft: 1 }");
    await expect(refused).rejects.toMatchObject({ code: "KDF_PLAN_CLASSES" });
  });
});
