import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../../core/tensors/rng.ts";
import type { PixelReading } from "../../../plugins/teachers/asking/file-teacher.ts";
import { onnxRuntime } from "../../../plugins/teachers/onnx/onnx-runtime.ts";
import { openOnnxSession } from "../../../plugins/teachers/onnx/onnx-session.ts";
import { linearGraph, onnxBytes } from "../../support/onnx-model.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-onnx-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const size = { height: 3, width: 2, channels: 3 };
const features = 18;
const classes = 4;
const rng = createRng(5, "onnx session");
const kernel = Float32Array.from({ length: features * classes }, () => rng.normal() / 8);
const bias = Float32Array.from({ length: classes }, () => rng.normal());
const count = 37;
const pixels = Uint8Array.from({ length: count * features }, () => rng.integer(256));
const scaling = { scale: [0.01, 0.02, 0.03], offset: [-1, 0.5, 0.25] };

/** The linear map in float64, of pixels read as the session should read them. */
function expected({ layout, channelOrder, scaling: { scale, offset } }: PixelReading): number[] {
  const out: number[] = [];
  for (let image = 0; image < count; image++) {
    for (let c = 0; c < classes; c++) {
      let sum = bias[c] ?? 0;
      for (let place = 0; place < size.height * size.width; place++) {
        for (let channel = 0; channel < 3; channel++) {
          const from = channelOrder === "bgr" ? 2 - channel : channel;
          const pixel = pixels[image * features + place * 3 + from] ?? 0;
          const feature = layout === "nchw" ? channel * 6 + place : place * 3 + channel;
          sum += (kernel[feature * classes + c] ?? 0) * (pixel * (scale[channel] ?? 0) + (offset[channel] ?? 0));
        }
      }
      out.push(sum);
    }
  }
  return out;
}

function largestDifference(actual: ArrayLike<number>, wanted: readonly number[]): number {
  const largest = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, place) => Math.abs(value - (actual[place] ?? Number.NaN)))) / largest;
}

async function open(
  layout: "nchw" | "nhwc",
  type: "float32" | "float16" | "uint8" = "float32",
  batch: number | undefined = undefined,
) {
  const sides = layout === "nchw" ? [3, 3, 2] : [3, 2, 3];
  const path = join(folder, `${layout}-${type}-${batch}.onnx`);
  await writeFile(path, onnxBytes(linearGraph({ shape: [batch ?? "N", ...sides], type, kernel, bias })));
  return openOnnxSession({
    runtime: (await onnxRuntime()).folder,
    model: path,
    input: { name: "pixels", type, size: [3, 2, 3], batch },
    output: "scores",
    innerTensors: [],
  });
}

describe("an ONNX model in a thread", () => {
  it.each([
    ["nchw", "rgb"],
    ["nhwc", "rgb"],
    ["nchw", "bgr"],
    ["nhwc", "bgr"],
  ] as const)("takes pixels as %s, %s", async (layout, channelOrder) => {
    const session = await open(layout);
    const reading = { layout, channelOrder, scaling };
    const { scores, shape } = await session.label(pixels, count, reading);
    session.close();
    expect(shape).toEqual([count, classes]);
    expect(largestDifference(scores, expected(reading))).toBeLessThan(1e-5);
  });

  it("fills the last batch up where the file fixes the batch's size", async () => {
    const session = await open("nchw", "float32", 8);
    const reading = { layout: "nchw", channelOrder: "rgb", scaling } as const;
    const { scores, shape } = await session.label(pixels, count, reading);
    session.close();
    expect(shape).toEqual([count, classes]);
    expect(largestDifference(scores, expected(reading))).toBeLessThan(1e-5);
  });

  it("takes pixels as they are where the input is uint8", async () => {
    const session = await open("nhwc", "uint8");
    const plain = { scale: [1, 1, 1], offset: [0, 0, 0] };
    const reading = { layout: "nhwc", channelOrder: "rgb", scaling: plain } as const;
    const { scores } = await session.label(pixels, count, reading);
    session.close();
    expect(largestDifference(scores, expected(reading))).toBeLessThan(1e-5);
  });

  it("gives half precision where the input is float16", async () => {
    const session = await open("nchw", "float16");
    const reading = { layout: "nchw", channelOrder: "rgb", scaling } as const;
    const { scores } = await session.label(pixels, count, reading);
    session.close();
    // each input rounds by up to 2⁻¹¹ of itself
    expect(largestDifference(scores, expected(reading))).toBeLessThan(2 ** -11 * 3);
    expect(largestDifference(scores, expected(reading))).toBeGreaterThan(0);
  });

  it("answers calls in their order and leaves the caller's pixels alone", async () => {
    const session = await open("nchw");
    const reading = { layout: "nchw", channelOrder: "rgb", scaling } as const;
    const before = pixels.slice();
    const single = (image: number) =>
      session.label(pixels.subarray(image * features, (image + 1) * features), 1, reading);
    const answers = await Promise.all([0, 1, 2, 3].map(single));
    session.close();
    const joined = answers.flatMap(({ scores }) => [...scores]);
    expect(largestDifference(joined, expected(reading).slice(0, 16))).toBeLessThan(1e-5);
    expect(pixels).toEqual(before);
  });

  it("names the operator that the runtime does not know", async () => {
    const path = join(folder, "operator.onnx");
    const graph = linearGraph({ shape: ["N", 3, 3, 2], kernel, bias });
    const [first, ...rest] = graph.nodes;
    if (first === undefined) throw new Error("no node");
    await writeFile(path, onnxBytes({ ...graph, nodes: [{ ...first, op: "Foo", attributes: {} }, ...rest] }));
    const runtime = (await onnxRuntime()).folder;
    const input = { name: "pixels", type: "float32", size: [3, 2, 3], batch: undefined } as const;
    await expect(
      openOnnxSession({ runtime, model: path, input, output: "scores", innerTensors: [] }),
    ).rejects.toMatchObject({
      code: "KDF_TEACHER_OPERATOR",
      message: expect.stringContaining('the operator "Foo"'),
    });
  });

  it("says that the runtime does not load where it is not one", async () => {
    const input = { name: "pixels", type: "float32", size: [3, 2, 3], batch: undefined } as const;
    const opened = openOnnxSession({
      runtime: join(folder, "none"),
      model: "m",
      input,
      output: "scores",
      innerTensors: [],
    });
    await expect(opened).rejects.toMatchObject({ code: "KDF_TEACHER_RUNTIME" });
  });
});
