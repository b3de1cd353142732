import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { executionProviderFor } from "../../../plugins/teachers/onnx/onnx-device.ts";
import { findOnnxRuntime } from "../../../plugins/teachers/onnx/onnx-runtime.ts";

const runtime = await findOnnxRuntime();

it("is the processor unless another one is wanted, without a look at the runtime", async () => {
  const nowhere = { folder: "/nowhere", version: "0" };
  expect(await executionProviderFor(undefined, nowhere)).toBe("cpu");
  expect(await executionProviderFor("cpu", nowhere)).toBe("cpu");
});

it.skipIf(runtime === undefined)("that is not there is refused, and what is there is named", async () => {
  if (runtime === undefined) return;
  const other = process.platform === "win32" ? "coreml" : "directml";
  const refused = await executionProviderFor(other, runtime).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "KDF_TEACHER_RUNTIME",
    message: `this ONNX Runtime cannot compute on "${other}"`,
    option: "/device",
  });
  expect([(refused as { hint: readonly string[] }).hint].flat()[0]).toMatch(/^it has: cpu/u);
});

it.skipIf(runtime === undefined)("that is not there is told where the pipeline says it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-device-"));
  try {
    const cases = fileURLToPath(new URL("../../cases/detector-no-decoder/", import.meta.url));
    const file = join(folder, "pipeline.yaml");
    const device = process.platform === "win32" ? "coreml" : "directml";
    await writeFile(
      file,
      `kdflow: 1
stages:
  data: { use: yolo, root: '${cases}set' }
  teacher: { use: onnx, model: '${cases}maps.onnx', device: ${device} }
`,
    );
    const session = await openSession({ file, storeDir: join(folder, "store"), builtins: [builtins] });
    const { error } = await session.run();
    expect(error).toMatchObject({ code: "KDF_TEACHER_RUNTIME", where: { file, line: 4 } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it.skipIf(runtime === undefined || process.platform !== "linux")(
  "auto is the processor without CUDA's library",
  async () => {
    if (runtime === undefined) return;
    expect(["cpu", "cuda"]).toContain(await executionProviderFor("auto", runtime));
  },
);
