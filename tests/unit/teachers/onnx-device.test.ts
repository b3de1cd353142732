import { expect, it } from "vitest";
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

it.skipIf(runtime === undefined || process.platform !== "linux")(
  "auto is the processor without CUDA's library",
  async () => {
    if (runtime === undefined) return;
    expect(["cpu", "cuda"]).toContain(await executionProviderFor("auto", runtime));
  },
);
