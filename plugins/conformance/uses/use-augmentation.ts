import { isDeepStrictEqual } from "node:util";
import {
  type Augmentation,
  type CreateContext,
  type ImageSize,
  type Provider,
  type ProviderOf,
  plainView,
  type View,
} from "../../../core/index.ts";
import { renderView, type SourceImage } from "../../data/rendering/render.ts";
import { BrokenPromise } from "./assert-promise.ts";
import { viewProblems } from "./view-problems.ts";

/** Views that are asked for on each image. */
const viewCount = 32;

/** A wide image, a tall one, a large one of which pixels would show, and a tiny one. */
const originals: readonly ImageSize[] = [
  { height: 23, width: 37, channels: 3 },
  { height: 31, width: 12, channels: 1 },
  { height: 3000, width: 2000, channels: 3 },
  { height: 1, width: 2, channels: 1 },
];

/** Larger and smaller than the images that are rendered, and of other proportions. */
const inputs: readonly Omit<ImageSize, "channels">[] = [
  { height: 16, width: 16 },
  { height: 40, width: 33 },
];

/** A view that other augmentations have been at before. */
const before: View = {
  ...{ left: 0.125, top: -0.125, width: 0.75, height: 0.5, flip: true },
  edits: [{ op: "brightness", factor: 0.9 }],
};

/**
 * Views in relative coordinates that are plain data, that chance from `rng` alone decides, that keep the edits which
 * were there, and that render on grey and colour images at other sizes than the images' own.
 */
export async function useAugmentation(
  augmentation: Augmentation,
  context: CreateContext,
  provider: Provider,
): Promise<unknown> {
  const problems = new Set<string>();
  const views: View[] = [];
  for (const original of originals) {
    for (const from of [plainView, before]) {
      for (let at = 0; at < viewCount; at++) {
        const given = freeze(structuredClone(from));
        const describe = (stream: number): View => augmentation.describe(given, context.rng("check", stream), original);
        const view = describe(at);
        describe(at + 1);
        views.push(view);
        if (!isDeepStrictEqual(describe(at), view)) {
          problems.add("the same `rng` gives another view; take chance from it alone");
        }
        for (const problem of problemsOf(view, from, original, provider as ProviderOf<"augmentations">)) {
          problems.add(problem);
        }
      }
    }
  }
  if (problems.size > 0) throw new BrokenPromise([...problems].slice(0, 10));
  return views;
}

function problemsOf(
  view: View,
  from: View,
  original: ImageSize,
  announced: Pick<ProviderOf<"augmentations">, "mixes" | "canvas">,
): readonly string[] {
  const problems = [...viewProblems(view, announced)];
  const kept = view.edits?.slice(0, from.edits?.length ?? 0) ?? [];
  if (!isDeepStrictEqual(kept, from.edits ?? [])) problems.push("edits of augmentations before it are lost");
  // scenes are of data with boxes, which renders them from files
  if (problems.length > 0 || view.scene !== undefined || original.height * original.width > 2000) return problems;
  return inputs.flatMap((input) => renderProblems(view, original, { ...input, channels: original.channels }));
}

function renderProblems(view: View, original: ImageSize, size: ImageSize): readonly string[] {
  const { pixels } = image(original, 97);
  const partner = { index: 1, digest: "", view: plainView };
  const whole = view.mix === undefined ? view : { ...view, partner };
  try {
    const [first, second] = [0, 255].map((old) => {
      const out = new Uint8Array(size.height * size.width * size.channels).fill(old);
      renderView(pixels, original, structuredClone(whole), size, out, image(original, 41));
      return out;
    });
    return isDeepStrictEqual(first, second) ? [] : ["what is rendered depends on what was there before"];
  } catch (error) {
    return [`the view cannot be rendered: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Values of 0 … 255, neither smooth nor random. */
function image(size: ImageSize, factor: number): SourceImage {
  const length = size.height * size.width * size.channels;
  return { pixels: Uint8Array.from({ length }, (_, at) => (at * factor + ((at * at) >> 3)) & 255), size };
}

/** A describe that changes the view that it is given throws on a frozen one. */
function freeze(view: View): View {
  for (const edit of view.edits ?? []) Object.freeze(edit);
  Object.freeze(view.edits);
  return Object.freeze(view);
}
