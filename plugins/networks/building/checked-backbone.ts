import { type Backbone, KdflowError } from "../../../core/index.ts";

type Built = ReturnType<Backbone["build"]>;

/**
 * What a backbone built, once it is known to be feature maps, `[batch, height, width, channels]`.
 *
 * @param id of the backbone
 * @throws KDF_TRAIN_NETWORK naming the backbone
 */
export function checkedBackbone(id: string, built: Built): Built {
  const problem = problemOf(built);
  if (problem === undefined) return built;
  throw new KdflowError("KDF_TRAIN_NETWORK", `the backbone "${id}" ${problem}`, {
    hint: "`build` returns `{ taps, output }`: `output` is the last map [batch, height, width, channels], `taps` are maps by name",
  });
}

function problemOf(built: unknown): string | undefined {
  if (built instanceof Promise) return "builds a promise: `build` must not be async";
  if (typeof built !== "object" || built === null)
    return `builds ${built === undefined ? "nothing" : `a ${typeof built}`}`;
  const { output } = built as { readonly output?: { readonly shape?: unknown } };
  const shape = output?.shape;
  if (!Array.isArray(shape)) return "builds no `output`";
  return shape.length === 4
    ? undefined
    : `builds an output of the shape [${shape.map((side) => side ?? "batch").join(", ")}]`;
}
