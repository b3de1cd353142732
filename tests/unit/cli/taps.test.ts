import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatTaps } from "../../../core/report/taps-text.ts";
import { listTaps } from "../../../core/run/list-taps.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

const model = new URL("../../fixtures/onnx/ten.onnx", import.meta.url).pathname;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-taps-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 16, test: 10 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function tapLines(teacher: string): Promise<string> {
  const file = join(folder, "taps.yaml");
  const text = `kdflow: 1
name: taps
stages:
  data: { use: mnist, root: ./mnist, validation: 0.25 }
  teacher: ${teacher}
  student: { use: classifier, imageSize: 8, backbone: { use: mobilenet-v1, width: 0.25 } }
  loss: { cross-entropy: 1, hint: { at: { stage3: stage2 } } }
  train: { epochs: 1 }
`;
  await writeFile(file, text.replace("stage2 } }", teacher.includes("onnx") ? "flattened } }" : "stage2 } }"));
  const session = await openSession({ builtins: [builtins], file, storeDir: join(folder, "store"), backend: "cpu" });
  return formatTaps(await listTaps(await session.prepare())).join("\n");
}

test("lists what is trained here with shapes and strides, at the size of its own images", async () => {
  const network = "{ use: classifier, imageSize: 8, backbone: { use: resnet, depth: 8 } }";
  const text = await tapLines(`{ use: train, epochs: 1, network: ${network} }`);
  expect(text).toMatch(/^teacher +stage1 +8×8×16 +stride 1$/m);
  expect(text).toMatch(/^ +stage2 +4×4×32 +stride 2$/m);
  expect(text).toMatch(/^train \(student\) +stage\d\S* /m);
  expect(text).toMatch(/^ +stage3 +4×4×64 +stride 2$/m);
  expect(text).toMatch(/^ +pooled +256$/m);
});

test("lists the taps that a file's options name", async () => {
  const text = await tapLines(`{ use: onnx, model: ${model}, taps: { flattened: flat } }`);
  expect(text).toMatch(/^teacher +flattened +measured when it runs$/m);
});
