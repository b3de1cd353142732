import { describe, expect, it } from "vitest";
import { bindInput, type InputOptions } from "../../../plugins/teachers/asking/model-input.ts";

const bind = (shape: (number | string | undefined)[] | undefined, options: InputOptions = {}) =>
  bindInput({ model: "m", name: "x", shape, usualLayout: "nchw" }, options);
const size = (height: number, width: number, channels: number) => ({ height, width, channels });

describe("the input of a model", () => {
  it.each([
    [["N", 3, 224, 160], {}, { layout: "nchw", eitherLayout: false, size: size(224, 160, 3), batch: undefined }],
    [[8, 224, 160, 3], {}, { layout: "nhwc", eitherLayout: false, size: size(224, 160, 3), batch: 8 }],
    [[1, 1, 28, 28], {}, { layout: "nchw", eitherLayout: false, size: size(28, 28, 1), batch: 1 }],
    [
      [undefined, 3, "h", "w"],
      { imageSize: 32 },
      { layout: "nchw", eitherLayout: false, size: size(32, 32, 3), batch: undefined },
    ],
    [
      ["N", "h", "w", 3],
      { imageSize: [32, 48] },
      { layout: "nhwc", eitherLayout: false, size: size(32, 48, 3), batch: undefined },
    ],
    [["N", 3, 9, 3], {}, { layout: "nchw", eitherLayout: true, size: size(9, 3, 3), batch: undefined }],
    [["N", 3, 9, 3], { layout: "nhwc" }, { layout: "nhwc", eitherLayout: true, size: size(3, 9, 3), batch: undefined }],
    [["N", 4, 9, 9], {}, { layout: "nchw", eitherLayout: true, size: size(9, 9, 4), batch: undefined }],
    [
      ["N", 3, 32, 32],
      { imageSize: 32 },
      { layout: "nchw", eitherLayout: false, size: size(32, 32, 3), batch: undefined },
    ],
  ] as const)("%o with %o", (shape, options, wanted) => {
    expect(bind([...shape], options)).toEqual(wanted);
  });

  it.each([
    [undefined, {}, "is of unknown rank, not a batch of images"],
    [["N", 784], {}, "is [N, 784], not a batch of images"],
    [["N", 3, "h", "w"], {}, "are free: [N, 3, h, w]"],
    [["N", 3, 64, undefined], {}, "are free: [N, 3, 64, ?]"],
    [["N", "c", "h", "w"], { imageSize: 32 }, 'layout of "x" of "m" cannot be told: [N, c, h, w]'],
    [["N", "c", "h", "w"], { imageSize: 32, layout: "nchw" }, "number of channels"],
    [["N", 3, 64, 64], { imageSize: 32 }, '`imageSize` is 32×32, and "m" takes 64×64 images only'],
  ] as const)("%o with %o is refused", (shape, options, message) => {
    const code = "KDF_TEACHER_SHAPE";
    expect(() => bind(shape === undefined ? undefined : [...shape], options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
