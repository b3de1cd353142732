import type { Fit, ImageSize } from "../../../core/index.ts";
import { type AxisWeights, axisWeights } from "./axis-weights.ts";
import type { Name, PhotoOps } from "./photo-ops.ts";
import { shrinkAxis } from "./shrink-axis.ts";

/** A photo on the canvas of a network, and how it lies there. */
export interface FittedPhoto {
  /** `[1, height, width, channels]` of the network, whole numbers 0…255. */
  readonly pixels: Name;
  /** A point (x, y) of the photo is seen at (scaleX · x + offsetX, scaleY · y + offsetY). */
  readonly scaleX: Name;
  readonly scaleY: Name;
  readonly offsetX: Name;
  readonly offsetY: Name;
}

/** How a photo is shown along one axis. */
interface Span {
  readonly start: Name;
  readonly shown: Name;
  readonly first: Name;
  readonly content: Name;
}

/** Weights of ITU-R BT.601 in thousandths. */
const luma = [299, 587, 114] as const;

/**
 * Fits a photo of any size as training and evaluation do: with its sides stretched, its middle cut out, or whole with
 * fill around it. Rows and columns are resized by matrices that are computed from the photo's size.
 *
 * @param fit of models whose size says none: those of whole photos without boxes
 */
export function fitPhoto(ops: PhotoOps, imageSize: ImageSize, fit: "crop" | "stretch"): FittedPhoto {
  const { height, width, channels } = imageSize;
  const how = imageSize.fit ?? fit;
  const [down, across] = spans(ops, imageSize, how);
  const isSnapped = imageSize.fit === undefined;
  const rows = axisWeights(ops, { ...down, length: ops.height, side: height, isSnapped });
  const columns = axisWeights(ops, { ...across, length: ops.width, side: width, isSnapped });
  const fill = typeof how === "string" ? 0 : how.fill;
  const colours = placed(ops, rows, columns, { height, width }, fill);
  const pixels = channels === 1 ? lumaOf(ops, colours, height, width) : colours;
  const scaleX = ops.div(across.content, across.shown);
  const scaleY = ops.div(down.content, down.shown);
  return {
    pixels: ops.reshape(pixels, [1, height, width, channels]),
    scaleX,
    scaleY,
    offsetX: ops.sub(across.first, ops.mul(scaleX, across.start)),
    offsetY: ops.sub(down.first, ops.mul(scaleY, down.start)),
  };
}

function placed(
  ops: PhotoOps,
  rows: AxisWeights,
  columns: AxisWeights,
  { height, width }: Pick<ImageSize, "height" | "width">,
  fill: number,
): Name {
  const line = ops.mul(ops.width, ops.number(3));
  const photo = ops.reshape(ops.photo, [ops.height, line]);
  const low = ops.reshape(shrinkAxis(ops, photo, line, ops.height, rows), [height, ops.width, 3]);
  const turned = ops.reshape(ops.transpose(low, [1, 0, 2]), [ops.width, height * 3]);
  const narrow = shrinkAxis(ops, turned, ops.number(height * 3), ops.width, columns);
  const small = ops.reshape(narrow, [width, height, 3]);
  const shown = ops.floor(ops.add(ops.transpose(small, [1, 0, 2]), ops.number(0.5))); // [height, width, 3]
  const inside = ops.mul(ops.reshape(rows.inside, [height, 1, 1]), ops.reshape(columns.inside, [1, width, 1]));
  const filled = ops.mul(ops.sub(ops.number(1), inside), ops.number(fill));
  return ops.add(ops.mul(shown, inside), filled);
}

function lumaOf(ops: PhotoOps, colours: Name, height: number, width: number): Name {
  const thousandths = ops.product(ops.reshape(colours, [height * width, 3]), ops.matrix([3, 1], luma));
  return ops.floor(ops.add(ops.div(thousandths, ops.number(1000)), ops.number(0.5)));
}

/** Down and across. */
function spans(ops: PhotoOps, size: ImageSize, fit: Fit): readonly [Span, Span] {
  const { height, width } = ops;
  const zero = ops.number(0);
  const [rows, columns] = [ops.number(size.height), ops.number(size.width)];
  const down = { start: zero, shown: height, first: zero, content: rows };
  const across = { start: zero, shown: width, first: zero, content: columns };
  if (fit === "stretch") return [down, across];
  if (fit === "crop") {
    const ratio = ops.number(size.width / size.height);
    const [tall, wide] = [ops.min(height, ops.div(width, ratio)), ops.min(width, ops.mul(height, ratio))];
    const middle = (all: Name, shown: Name): Name => ops.mul(ops.sub(all, shown), ops.number(0.5));
    return [
      { ...down, shown: tall, start: middle(height, tall) },
      { ...across, shown: wide, start: middle(width, wide) },
    ];
  }
  const half = ops.number(fit.rounding === "round" ? 0.5 : 0);
  const whole = (value: Name, most: Name): Name =>
    ops.min(most, ops.max(ops.number(1), ops.floor(ops.add(value, half))));
  const chosen = (flag: Name, one: Name, other: Name): Name =>
    ops.add(ops.mul(flag, one), ops.mul(ops.sub(ops.number(1), flag), other));
  // products of whole sides are exact, so that a side of the canvas that is filled is filled wholly
  const [byWidth, byHeight] = [ops.mul(height, columns), ops.mul(width, rows)];
  const isTall = ops.less(byHeight, byWidth);
  const fitted = [
    chosen(isTall, rows, whole(ops.div(byWidth, width), rows)),
    chosen(isTall, whole(ops.div(byHeight, height), columns), columns),
  ] as const;
  const isSmall = ops.mul(
    ops.sub(ops.number(1), ops.less(rows, height)),
    ops.sub(ops.number(1), ops.less(columns, width)),
  );
  const [tall, wide] = fit.enlarge
    ? fitted
    : ([chosen(isSmall, height, fitted[0]), chosen(isSmall, width, fitted[1])] as const);
  const border = (side: Name, content: Name): Name =>
    fit.letterbox === "centre" ? ops.floor(ops.mul(ops.sub(side, content), ops.number(0.5))) : zero;
  return [
    { ...down, first: border(rows, tall), content: tall },
    { ...across, first: border(columns, wide), content: wide },
  ];
}
