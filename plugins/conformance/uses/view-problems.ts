import type { AugmentationProvider, Mix, PixelEdit, RelativeBox, View } from "../../../core/index.ts";

/** Crops farther out than this, in sides of the image, are surely pixels. */
const farthest = 8;
/** Of sums of fractions. */
const rounding = 1e-9;

/** All that keeps a view, as an augmentation describes it, from being plain data in relative coordinates. */
export function viewProblems(
  view: View,
  { mixes, canvas }: Pick<AugmentationProvider<object>, "mixes" | "canvas">,
): readonly string[] {
  const { left, top, width, height, flip, edits = [], mix, scene } = view;
  const problems: string[] = [];
  for (const [name, value] of Object.entries({ left, top })) {
    if (!within(value, -farthest, farthest)) problems.push(`${name} is ${value}, no fraction of a side`);
  }
  for (const [name, value] of Object.entries({ width, height })) {
    if (!(within(value, 0, farthest) && value > 0)) problems.push(`${name} is ${value}, no fraction of a side`);
  }
  if (typeof flip !== "boolean") problems.push(`flip is ${String(flip)}`);
  for (const edit of edits) problems.push(...editProblems(edit));
  if (mix !== undefined) problems.push(...mixProblems(mix));
  if (mix !== undefined && mixes !== true)
    problems.push("it sets `mix`, which its provider has to announce by `mixes: true`");
  const photos = scene?.meet === undefined ? 1 : 4;
  if (scene !== undefined && (canvas ?? 0) < photos) {
    problems.push(`it sets \`scene\`, which its provider has to announce by \`canvas: ${photos}\``);
  }
  for (const value of scene === undefined ? [] : [...Object.values(scene.shown), ...(scene.meet ?? [])]) {
    if (!within(value, -farthest, farthest)) problems.push(`the scene has ${value}, no fraction of a side`);
  }
  for (const name of ["partner", "tiles"] as const) {
    if (view[name] !== undefined) problems.push(`it sets \`${name}\`, which is for the dataset to choose`);
  }
  return problems;
}

function editProblems(edit: PixelEdit): readonly string[] {
  const wrong = (name: string, value: number): string[] => [`${name} of the edit ${edit.op} is ${value}`];
  switch (edit.op) {
    case "brightness":
    case "contrast":
    case "saturation":
    case "sharpness":
      return within(edit.factor, 0, Number.MAX_VALUE) ? [] : wrong("factor", edit.factor);
    case "hsv":
      return [edit.hue, edit.saturation, edit.value]
        .filter((factor) => !within(factor, 0, Number.MAX_VALUE))
        .flatMap((factor) => wrong("a factor", factor));
    case "hue":
      return within(edit.turn, -0.5, 0.5) ? [] : wrong("turn", edit.turn);
    case "posterize":
      return within(edit.bits, 0, 8) && Number.isInteger(edit.bits) ? [] : wrong("bits", edit.bits);
    case "solarize":
      return within(edit.threshold, 0, 256) ? [] : wrong("threshold", edit.threshold);
    case "shear":
    case "translate":
      return [edit.x, edit.y]
        .filter((value) => !within(value, -farthest, farthest))
        .flatMap((value) => wrong("x or y", value));
    case "rotate":
      return within(edit.degrees, -360, 360) ? [] : wrong("degrees", edit.degrees);
    case "erase":
      return [
        ...(within(edit.fill, 0, 255) ? [] : wrong("fill", edit.fill)),
        ...boxProblems(edit.box, "the edit erase"),
      ];
    case "autocontrast":
    case "equalize":
      return [];
    default:
      return [`there is no edit "${String((edit as { readonly op: unknown }).op)}"`];
  }
}

function mixProblems(mix: Mix): readonly string[] {
  const problems = within(mix.share, 0, 1) ? [] : [`the share of the mix is ${mix.share}`];
  if (mix.kind !== "paste") return problems;
  const area = mix.box.width * mix.box.height;
  const exact = Math.abs(1 - mix.share - area) <= rounding;
  const uneven = `the box of the mix has the area ${area}, its share leaves ${1 - mix.share} for it`;
  return [...problems, ...boxProblems(mix.box, "the mix"), ...(exact ? [] : [uneven])];
}

function boxProblems({ left, top, width, height }: RelativeBox, what: string): readonly string[] {
  const inside =
    [left, top, width, height].every((value) => within(value, 0, 1)) &&
    left + width <= 1 + rounding &&
    top + height <= 1 + rounding;
  return inside ? [] : [`the box of ${what} does not lie in the image: ${[left, top, width, height].join(", ")}`];
}

/** False for NaN and for what is no number. */
function within(value: number, from: number, to: number): boolean {
  return typeof value === "number" && value >= from && value <= to;
}
