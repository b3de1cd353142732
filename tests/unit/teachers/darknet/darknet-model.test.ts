import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { sigmoid } from "../../../../plugins/tasks/detection/decoders/detection-rows.ts";
import { translateDarknet } from "../../../../plugins/teachers/darknet/darknet-model.ts";
import { decodeDarknet } from "../../../../plugins/teachers/darknet/decode-darknet.ts";

/** A `.weights` file of version 0.2.5 (or 0.1, whose count of images is shorter) with these floats. */
function weightsOf(floats: readonly number[], minor = 2): Uint8Array {
  const header = minor >= 2 ? 20 : 16;
  const bytes = new Uint8Array(header + 4 * floats.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, minor, true);
  floats.forEach((value, at) => {
    view.setFloat32(header + 4 * at, value, true);
  });
  return bytes;
}

const translate = (text: string, floats: readonly number[], minor?: number) =>
  translateDarknet({ file: "a.cfg", text }, { file: "a.weights", bytes: weightsOf(floats, minor) });

/** One anchor and one class: six filters. */
const yolo = "[yolo]\nmask=1\nanchors=1,1, 8,4\nclasses=1\n";
const net = (side: number, channels = 1): string => `[net]\nwidth=${side}\nheight=${side}\nchannels=${channels}\n`;
/** Six filters of 1 × 1 over one channel: filter i has weight i + 1 and no bias. */
const head = "[convolutional]\nfilters=6\nactivation=linear\n";
const headFloats = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6];

/** The first channel of the head: the layer before it times one. */
async function run(
  text: string,
  floats: readonly number[],
  pixels: readonly number[],
  channels = 1,
  minor?: number,
): Promise<number[]> {
  const side = Math.sqrt(pixels.length / channels);
  const model = translate(`${net(side, channels)}${text}${head}${yolo}`, [...floats, ...headFloats], minor);
  const session = await InferenceSession.create(model.onnx);
  const answer = await session.run({
    images: new Tensor("float32", Float32Array.from(pixels), [1, channels, side, side]),
  });
  await session.release();
  const [out] = model.heads;
  const data = answer[out?.output ?? ""]?.data as Float32Array;
  return [...data.subarray(0, (out?.height ?? 0) * (out?.width ?? 0))];
}

const four = [1, -2, 3, -8];

describe("translateDarknet", () => {
  it("counts multiply-adds of its convolutions", () => {
    const grouped = "[convolutional]\nfilters=2\nsize=3\nstride=2\npad=1\ngroups=2\nactivation=linear\n";
    const more = "[convolutional]\nfilters=6\nactivation=linear\n";
    const floats = [...Array<number>(2 + 2 * 9), ...Array<number>(6 + 6 * 2)].fill(0);
    const { multiplyAdds } = translate(`${net(4, 2)}${grouped}${more}${yolo}`, floats);
    // 2 filters of 3 · 3 · 1 on 2 × 2 places, 6 of 2 on the same
    expect(multiplyAdds).toBe(2 * 9 * 4 + 6 * 2 * 4);
  });

  it.each([
    ["linear", (x: number) => x],
    ["leaky", (x: number) => (x > 0 ? x : 0.1 * x)],
    ["relu", (x: number) => Math.max(0, x)],
    ["relu6", (x: number) => Math.min(6, Math.max(0, x))],
    ["logistic", sigmoid],
    ["swish", (x: number) => x * sigmoid(x)],
    ["mish", (x: number) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  ])("gives the activation %s", async (activation, apply) => {
    const found = await run(`[convolutional]\nactivation=${activation}\n`, [0.5, 3], four);
    for (const [at, value] of found.entries()) expect(value).toBeCloseTo(apply(3 * (four[at] ?? 0) + 0.5), 5);
  });

  it("folds batch normalisation: bias, scale, mean, variance, then weights", async () => {
    const found = await run("[convolutional]\nbatch_normalize=1\nactivation=linear\n", [0.5, 2, 1, 4, 3], four);
    for (const [at, value] of found.entries()) {
      expect(value).toBeCloseTo((2 * (3 * (four[at] ?? 0) - 1)) / Math.sqrt(4 + 1e-5) + 0.5, 5);
    }
  });

  it("reads weights of version 0.1, whose header is shorter", async () => {
    expect(await run("[convolutional]\nactivation=linear\n", [0.5, 3], four, 1, 1)).toEqual([3.5, -5.5, 9.5, -23.5]);
  });

  it("pads by half the kernel under pad=1, and works on channels apart under groups", async () => {
    const kernel = [0, 0, 0, 0, 1, 0, 0, 0, 0];
    const right = [0, 0, 0, 0, 0, 1, 0, 0, 0];
    const text =
      "[convolutional]\nfilters=2\nsize=3\npad=1\ngroups=2\nactivation=linear\n[route]\nlayers=-1\ngroups=2\ngroup_id=1\n";
    const found = await run(text, [0, 0, ...kernel, ...right], [1, 2, 3, 4, 5, 6, 7, 8], 2);
    expect(found).toEqual([6, 0, 8, 0]);
  });

  it("takes one group of channels, and joins layers in the order that route names", async () => {
    const two = "[convolutional]\nfilters=2\nactivation=linear\n"; // x and 10 x
    const sum = "[convolutional]\nactivation=linear\n"; // of three channels by 1, 100 and 10000
    const found = await run(
      `${two}[route]\nlayers=-1\ngroups=2\ngroup_id=1\n[route]\nlayers=-1,0\n${sum}`,
      [0, 0, 1, 10, 0, 1, 100, 10000],
      four,
    );
    expect(found).toEqual(four.map((x) => 10 * x + 100 * x + 10000 * 10 * x));
  });

  it("adds shortcuts, drops nothing, repeats pixels", async () => {
    const text =
      "[convolutional]\nactivation=linear\n[dropout]\nprobability=.5\n[shortcut]\nfrom=-2\nactivation=relu\n[upsample]\nstride=2\n";
    expect(await run(text, [0, 3], four)).toEqual([6, 6, 0, 0, 6, 6, 0, 0, 18, 18, 0, 0, 18, 18, 0, 0]);
  });

  it("pads pooling by size − 1, the odd pixel at the end", async () => {
    expect(await run("[maxpool]\nsize=2\nstride=1\n", [], four)).toEqual([3, -2, 3, -8]);
    expect(await run("[maxpool]\nsize=2\nstride=2\n", [], four)).toEqual([3]);
    expect(await run("[maxpool]\nsize=3\nstride=1\n", [], four)).toEqual([3, 3, 3, 3]);
  });

  const conv = "[convolutional]\nactivation=linear\n";
  it.each([
    [
      "an unknown section",
      `${net(2)}${conv}[gru]\n${head}${yolo}`,
      "KDF_TEACHER_DARKNET",
      "[gru] is not translated",
      7,
    ],
    ["an unknown activation", `${net(2)}[conv]\nactivation=selu\n${head}${yolo}`, "KDF_TEACHER_DARKNET", '"selu"', 5],
    [
      "a layer that comes later",
      `${net(2)}${conv}[route]\nlayers=5\n${head}${yolo}`,
      "KDF_TEACHER_DARKNET",
      "layer 5",
      7,
    ],
    ["filters that do not fit", `${net(2)}${conv}${yolo}`, "KDF_TEACHER_DARKNET", "1 filters", 7],
    [
      "an anchor that is not there",
      `${net(2)}${head}[yolo]\nmask=3\nanchors=1,1\nclasses=1`,
      "KDF_TEACHER_DARKNET",
      "anchor 3",
      8,
    ],
    ["a line that is none", `${net(2)}width\n`, "KDF_INPUT_FORMAT", '"width"', 5],
    ["a size that is no number", `[net]\nwidth=x\n`, "KDF_INPUT_FORMAT", '"x"', 1],
    ["no [net]", conv, "KDF_INPUT_FORMAT", "[net]", 1],
  ])("names the line of %s", (_, text, code, message, line) => {
    expect(() =>
      translate(
        text,
        Array.from({ length: 14 }, () => 0),
      ),
    ).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(message),
        where: expect.objectContaining({ file: "a.cfg", line }),
      }),
    );
  });

  it("counts the weights' floats", () => {
    const text = `${net(2)}${head}${yolo}`;
    expect(() => translate(text, headFloats.slice(1))).toThrow(
      expect.objectContaining({
        code: "KDF_INPUT_TRUNCATED",
        message: '"a.weights" holds 11 floats, "a.cfg" describes 12',
      }),
    );
    expect(() => translate(text, [...headFloats, 0])).toThrow(
      expect.objectContaining({
        code: "KDF_TEACHER_DARKNET",
        message: '"a.weights" holds 13 floats, "a.cfg" describes 12',
      }),
    );
    expect(() =>
      translateDarknet({ file: "a.cfg", text }, { file: "a.weights", bytes: weightsOf(headFloats).subarray(0, 33) }),
    ).toThrow(expect.objectContaining({ code: "KDF_INPUT_TRUNCATED" }));
  });
});

describe("YOLOv4-tiny", () => {
  const conv = (filters: number, size: number, stride = 1): string =>
    `[convolutional]\nbatch_normalize=1\nfilters=${filters}\nsize=${size}\nstride=${stride}\npad=1\nactivation=leaky\n`;
  const route = (layers: string): string => `[route]\nlayers=${layers}\n`;
  const block = (filters: number): string =>
    [
      conv(filters, 3),
      `${route("-1")}groups=2\ngroup_id=1\n`,
      conv(filters / 2, 3),
      conv(filters / 2, 3),
      route("-1,-2"),
      conv(filters, 1),
      route("-6,-1"),
      "[maxpool]\nsize=2\nstride=2\n",
    ].join("");
  const end = (mask: string): string =>
    `[convolutional]\nfilters=255\npad=1\nactivation=linear\n[yolo]\nmask=${mask}\nclasses=80\nscale_x_y=1.05\n` +
    "anchors=10,14, 23,27, 37,58, 81,82, 135,169, 344,319\n";
  const text = [
    net(416, 3),
    conv(32, 3, 2),
    conv(64, 3, 2),
    ...[64, 128, 256].map(block),
    conv(512, 3),
    conv(256, 1),
    conv(512, 3),
    end("3,4,5"),
    route("-4"),
    conv(128, 1),
    "[upsample]\nstride=2\n",
    route("-1,23"),
    conv(256, 3),
    end("1,2,3"),
  ].join("");

  it("takes 6 062 814 floats, as its weights file has, and has heads of 13 and 26 cells", async () => {
    const bytes = new Uint8Array(24_251_276);
    new DataView(bytes.buffer).setInt32(4, 2, true);
    const model = translateDarknet({ file: "a.cfg", text }, { file: "a.weights", bytes });
    expect(model.heads.map(({ height, anchors }) => [height, anchors[0]])).toEqual([
      [13, [81, 82]],
      [26, [23, 27]],
    ]);
    const session = await InferenceSession.create(model.onnx);
    const answer = await session.run({
      images: new Tensor("float32", new Float32Array(2 * 3 * 416 ** 2), [2, 3, 416, 416]),
    });
    await session.release();
    expect(model.heads.map(({ output }) => answer[output]?.dims)).toEqual([
      [2, 255, 13, 13],
      [2, 255, 26, 26],
    ]);
  });
});

describe("decodeDarknet", () => {
  /** t (0.2, −0.4, 0.1, 0.3), objectness 1.5, class −2 in cell (3, 5) of 8 × 8, input 128: stride 16. */
  const decodeCell = (change: { scaleXy?: number; newCoordinates?: boolean }, values: readonly number[]) => {
    const data = new Float32Array(6 * 64);
    values.forEach((value, channel) => {
      data[channel * 64 + 5 * 8 + 3] = value;
    });
    const made = {
      output: "o",
      height: 8,
      width: 8,
      anchors: [[30, 61]] as const,
      classCount: 1,
      scaleXy: 1,
      newCoordinates: false,
      ...change,
    };
    const rows = decodeDarknet(
      { heads: [made], width: 128, height: 128 },
      [{ name: "o", shape: [1, 6, 8, 8], data }],
      0,
    );
    const [left = 0, top = 0, right = 0, bottom = 0] = rows.corners.subarray(43 * 4, 44 * 4);
    return {
      box: [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top],
      objectness: rows.objectness[43],
      class: rows.classes[43],
    };
  };
  const raw = [0.2, -0.4, 0.1, 0.3, 1.5, -2];

  it("scales offsets within a cell, as YOLOv4 does", () => {
    const { box, objectness, class: id } = decodeCell({ scaleXy: 1.1 }, raw);
    [56.877078, 86.263097, 33.155128, 82.341387].forEach((value, side) => {
      expect(box[side]).toBeCloseTo(value, 5);
    });
    expect([objectness, id]).toEqual([1.5, -2]);
  });

  it("reads new coordinates as the same numbers that YOLOv7 decodes", () => {
    const { box, objectness } = decodeCell({ scaleXy: 2, newCoordinates: true }, raw.map(sigmoid));
    [57.594688, 84.841995, 33.072378, 80.516146].forEach((value, side) => {
      expect(box[side]).toBeCloseTo(value, 4);
    });
    expect(objectness).toBeCloseTo(1.5, 5);
  });
});
