import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-cost-"));
  await writeTinyMnist(join(folder, "digits"), { train: 8, test: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function notesOf(loss: string, softLabels?: string): Promise<readonly string[]> {
  const file = join(folder, "pipeline.yaml");
  const network = "{ use: classifier, backbone: { use: resnet, depth: 8 } }";
  await writeFile(
    file,
    `kdflow: 1
name: cost
stages:
  data: { use: mnist, root: ./digits }
  teacher: { use: train, epochs: 1, network: ${network} }
${softLabels === undefined ? "" : `  softLabels: ${softLabels}\n`}  student: ${network}
  loss: ${loss}
  train: { epochs: 3, baseline: false }
`,
  );
  const session = await openSession({ file, builtins: [builtins], storeDir: join(folder, ".kdflow") });
  return (await session.plan()).notes.filter((note) => note.startsWith("teacher in the loop"));
}

describe("the plan tells what a teacher beside the student is asked", () => {
  it("for features, whatever stores logits", async () => {
    expect(await notesOf("{ kd: 1, hint: { weight: 1, at: stage2 } }", "logits")).toEqual([
      "teacher in the loop: hint asks it of every training image in each of 3 epochs; nothing is stored",
    ]);
  });

  it("for logits that nothing stores", async () => {
    expect(await notesOf("{ cross-entropy: 1, kd: 1, dkd: 1 }")).toEqual([
      "teacher in the loop: kd, dkd ask it of every training image in each of 3 epochs; nothing is stored",
    ]);
  });

  it("and nothing where labels are stored, or no term needs it", async () => {
    expect(await notesOf("{ cross-entropy: 1, kd: 1 }", "logits")).toEqual([]);
    expect(await notesOf("{ cross-entropy: 1 }")).toEqual([]);
  });
});
