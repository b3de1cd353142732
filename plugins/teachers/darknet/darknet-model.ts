import { OnnxWriter } from "../onnx/onnx-writer.ts";
import { type DarknetSection, listOption, parseDarknetCfg, wholeOption } from "./darknet-cfg.ts";
import {
  convolution,
  type DarknetTensor,
  dropout,
  maxPool,
  route,
  shortcut,
  type Translate,
  upsample,
  wrongLayer,
} from "./darknet-layers.ts";
import { DarknetWeights } from "./darknet-weights.ts";

/** One `[yolo]` layer: an output `[batch, anchors · (5 + classes), height, width]`. */
export interface DarknetHead {
  readonly output: string;
  readonly height: number;
  readonly width: number;
  /** In pixels of the input. */
  readonly anchors: readonly (readonly [width: number, height: number])[];
  readonly classCount: number;
  /** Of cell offsets: σ(x) · scale − (scale − 1) / 2. */
  readonly scaleXy: number;
  /** YOLOv7's coordinates: the last convolution is a sigmoid already, and sides are (2 · w)² · anchor. */
  readonly newCoordinates: boolean;
}

export interface DarknetModel {
  /** An ONNX file with input `images`, float32 `[batch, channels, height, width]`. */
  readonly onnx: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly heads: readonly DarknetHead[];
  /** Of the convolutions, for one image. */
  readonly multiplyAdds: number;
}

const layers: Readonly<Record<string, Translate>> = {
  convolutional: convolution,
  conv: convolution,
  maxpool: maxPool,
  max: maxPool,
  route,
  shortcut,
  upsample,
  dropout,
};

/**
 * Translates a darknet detector into ONNX: the layers of YOLOv3, v4, v4-tiny, v7-tiny and what is made of the same.
 *
 * @throws KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED, and KDF_TEACHER_DARKNET for layers that are not translated or weights
 * that do not fit
 */
export function translateDarknet(
  cfg: { readonly file: string; readonly text: string },
  weightsFile: { readonly file: string; readonly bytes: Uint8Array },
): DarknetModel {
  const [net, ...sections] = parseDarknetCfg(cfg.file, cfg.text);
  const weights = new DarknetWeights(weightsFile.file, weightsFile.bytes);
  const onnx = new OnnxWriter();
  const size = (key: string, missing: number): number => (net === undefined ? missing : wholeOption(net, key, missing));
  const image = {
    name: "images",
    channels: size("channels", 3),
    height: size("height", 416),
    width: size("width", 416),
  };
  onnx.input(image.name, [image.channels, image.height, image.width]);
  let multiplyAdds = 0;
  const count = (more: number): void => {
    multiplyAdds += more;
  };
  const before: DarknetTensor[] = [];
  const heads: DarknetHead[] = [];
  for (const section of sections) {
    const input = before.at(-1) ?? image;
    if (section.type === "yolo") {
      heads.push(headOf(section, input));
      onnx.output(input.name, [input.channels, input.height, input.width]);
      before.push(input);
      continue;
    }
    const translate = layers[section.type];
    if (translate === undefined) {
      throw wrongLayer(
        section,
        `[${section.type}] is not translated`,
        `known: ${Object.keys(layers).join(", ")}, yolo`,
      );
    }
    before.push(translate(section, { onnx, weights, before, input, count }));
  }
  weights.assertAllTaken(cfg.file);
  const last = sections.at(-1) ?? net;
  if (heads.length === 0 && last !== undefined) throw wrongLayer(last, "there is no [yolo] layer: it is no detector");
  return {
    onnx: onnx.finish(),
    width: image.width,
    height: image.height,
    channels: image.channels,
    heads,
    multiplyAdds,
  };
}

function headOf(section: DarknetSection, input: DarknetTensor): DarknetHead {
  const sides = listOption(section, "anchors");
  const all = Array.from(
    { length: sides.length / 2 },
    (_, at) => [sides[2 * at] ?? 0, sides[2 * at + 1] ?? 0] as const,
  );
  const mask = section.options.has("mask") ? listOption(section, "mask") : all.map((_, at) => at);
  const anchors = mask.map((at) => {
    const anchor = all[at];
    if (anchor === undefined) throw wrongLayer(section, `\`mask\` names anchor ${at}, \`anchors\` has ${all.length}`);
    return anchor;
  });
  const classCount = wholeOption(section, "classes", 20);
  const wanted = anchors.length * (5 + classCount);
  if (input.channels !== wanted) {
    throw wrongLayer(
      section,
      `the layer before has ${input.channels} filters, ${anchors.length} anchors and ${classCount} classes want ${wanted}`,
    );
  }
  const [scaleXy = 1] = listOption(section, "scale_x_y");
  return {
    output: input.name,
    height: input.height,
    width: input.width,
    anchors,
    classCount,
    scaleXy,
    newCoordinates: wholeOption(section, "new_coords", 0) !== 0,
  };
}
