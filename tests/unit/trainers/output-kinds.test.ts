/** A term reads logits in one way; heads of another kind are refused, those of plugins too. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { caught } from "../../support/caught.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const fixture = fileURLToPath(new URL("../../fixtures/plugins/independent-classes.js", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-kinds-"));
  await writeTinyMnist(join(folder, "digits"), { train: 40, test: 20 });
  await cp(fixture, join(folder, "independent-classes.js"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sessionOf(teacher: string, student: string, loss: string, softLabels = "online"): Promise<Session> {
  const file = join(folder, "pipeline.yaml");
  await writeFile(
    file,
    `kdflow: 1
name: kinds
plugins: [./independent-classes.js]
stages:
  data: { use: mnist, root: ./digits, validation: 0 }
  teacher: { use: train, epochs: 1, network: ${teacher} }
  softLabels: ${softLabels}
  student: ${student}
  loss: ${loss}
  train: { epochs: 1 }
`,
  );
  return openSession({ file, builtins: [builtins], storeDir: join(folder, ".kdflow") });
}

const softmax = "{ use: classifier, backbone: { use: resnet, depth: 8 } }";
const sigmoid = "{ use: independent-classes }";
const silent = "{ use: silent-classes }";
const softmaxTerms = ["kd", "dkd", "dist", "nkd", "logit-standardization", "wsld", "deit-hard"];

describe("while planning", () => {
  it.each(softmaxTerms)("%s on a head of sigmoids is refused, and the term that fits is named", async (term) => {
    const session = await sessionOf(sigmoid, sigmoid, `{ cross-entropy: 1, ${term}: 1 }`);
    const error = await caught(() => session.plan());
    expect(error).toMatchObject({ code: "KDF_PLAN_LOSS_INPUT" });
    expect(error.message).toContain(`"${term}" reads studentLogits as logits of one softmax over all classes`);
    expect(error.hint.join()).toContain("take `soft-target-bce`");
  });

  it.each(["online", "logits"])("a teacher of sigmoids is told behind softLabels: %s too", async (softLabels) => {
    const session = await sessionOf(sigmoid, softmax, "{ kd: 1 }", softLabels);
    const error = await caught(() => session.plan());
    expect(error.message).toContain("reads teacherLogits as");
    expect(error.message).toContain("the teacher gives logits of independent sigmoids (sigmoid-logits)");
  });

  it("the term that fits, and softmax terms on softmaxes, are planned", async () => {
    await (await sessionOf(sigmoid, sigmoid, "{ soft-target-bce: 1 }")).plan();
    await (await sessionOf(softmax, softmax, "{ cross-entropy: 1, kd: 1 }")).plan();
  });
});

describe("when it runs", () => {
  it("a head that says its kind only when it is built is refused before the first step", async () => {
    const outcome = await (await sessionOf(silent, silent, "{ kd: 1 }")).run();
    expect(outcome.error).toMatchObject({ code: "KDF_TRAIN_INPUT" });
    expect(String(outcome.error)).toContain("the student gives logits of independent sigmoids (sigmoid-logits)");
  });

  it("a student of sigmoids learns from a teacher of sigmoids", async () => {
    const outcome = await (await sessionOf(silent, sigmoid, "{ soft-target-bce: 1 }")).run();
    expect(outcome.error).toBeUndefined();
  });
});
