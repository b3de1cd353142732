import { type ImageSize, KdflowError } from "../../../core/index.ts";

export type Layout = "nchw" | "nhwc";

/** A model's input as a file declares it; a name or `undefined` stands for a size that is free. */
export interface DeclaredInput {
  /** What messages call the model. */
  readonly model: string;
  readonly name: string;
  readonly shape: readonly (number | string | null | undefined)[] | undefined;
  /** What is taken where the shape fits both. */
  readonly usualLayout: Layout;
}

export interface InputOptions {
  readonly imageSize?: number | readonly number[];
  readonly layout?: Layout;
}

/** A model's input, bound. */
export interface ModelInput {
  readonly layout: Layout;
  /** True where the declared shape would fit the other layout too. */
  readonly eitherLayout: boolean;
  readonly size: ImageSize;
  /** Images per call where the file fixes their number. */
  readonly batch: number | undefined;
}

const imageChannels: readonly unknown[] = [1, 3];

/**
 * Finds layout and size of a model's input from its declared shape and binds what is free in it.
 *
 * @throws KDF_TEACHER_SHAPE where it takes no images, or a size is free that no option binds
 */
export function bindInput(declared: DeclaredInput, options: InputOptions): ModelInput {
  const { shape, model, name } = declared;
  if (shape === undefined || shape.length !== 4) {
    const got = shape === undefined ? "of unknown rank" : shapeText(shape);
    throw wrongShape(`the input "${name}" of "${model}" is ${got}, not a batch of images`, [
      "a teacher takes images [batch, channels, height, width] or [batch, height, width, channels]",
    ]);
  }
  const { layout, either } = layoutOf(declared, shape, options.layout);
  const [batch] = shape;
  const sizes = layout === "nchw" ? [shape[2], shape[3], shape[1]] : [shape[1], shape[2], shape[3]];
  const [height, width] = sidesOf(declared, shape, [sizes[0], sizes[1]], options.imageSize);
  const channels = sizes[2];
  if (typeof channels !== "number" || channels < 1) {
    throw wrongShape(`the number of channels of "${name}" of "${model}" is free: ${shapeText(shape)}`, [
      "export the model with a fixed number of channels; batch, height and width may stay free",
    ]);
  }
  const fixed = typeof batch === "number" && batch > 0 ? batch : undefined;
  return { layout, eitherLayout: either, size: { height, width, channels }, batch: fixed };
}

type Shape = NonNullable<DeclaredInput["shape"]>;

function layoutOf(declared: DeclaredInput, shape: Shape, wanted: Layout | undefined) {
  const first = imageChannels.includes(shape[1]);
  const last = imageChannels.includes(shape[3]);
  if (wanted !== undefined) return { layout: wanted, either: first === last };
  if (first !== last) return { layout: first ? ("nchw" as const) : ("nhwc" as const), either: false };
  if (first || typeof shape[1] === "number" || typeof shape[3] === "number") {
    return { layout: declared.usualLayout, either: true };
  }
  throw wrongShape(`the layout of "${declared.name}" of "${declared.model}" cannot be told: ${shapeText(shape)}`, [
    "say `layout: nchw` or `layout: nhwc`, and export the model with a fixed number of channels",
  ]);
}

function sidesOf(
  { model, name }: DeclaredInput,
  shape: Shape,
  sides: readonly Shape[number][],
  imageSize: InputOptions["imageSize"],
): readonly [number, number] {
  const wanted = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  const bound = sides.map((side, place) => (typeof side === "number" && side > 0 ? side : wanted?.[place]));
  const [height, width] = bound;
  if (height === undefined || width === undefined) {
    throw wrongShape(`height and width of "${name}" of "${model}" are free: ${shapeText(shape)}`, [
      "bind them: `imageSize: 224`, the size that the model was trained at, or `imageSize: [height, width]`",
    ]);
  }
  if (wanted !== undefined && (wanted[0] !== height || wanted[1] !== width)) {
    throw wrongShape(`\`imageSize\` is ${wanted.join("×")}, and "${model}" takes ${height}×${width} images only`, [
      "leave `imageSize` out: it binds sizes that the file leaves free",
    ]);
  }
  return [height, width];
}

/** A shape in words, free sizes by their name. */
export function shapeText(shape: readonly (number | string | null | undefined)[]): string {
  return `[${shape.map((size) => (size === null || size === undefined || size === -1 ? "?" : size)).join(", ")}]`;
}

function wrongShape(message: string, hint: readonly string[]): KdflowError {
  return new KdflowError("KDF_TEACHER_SHAPE", message, { hint });
}
