import { expect, test } from "vitest";
import { type Augmentation, defineProvider, type ProviderOf } from "../../../core/index.ts";
import { ContractError, checkAugmentation } from "../../../core/testing/index.ts";

function augmentation(describe: Augmentation["describe"], mixes?: boolean): ProviderOf<"augmentations"> {
  return defineProvider<"augmentations", object>("augmentations", {
    id: "tried",
    summary: "an augmentation to try the test kit with",
    cacheVersion: 1,
    ...(mixes === undefined ? {} : { mixes }),
    create: () => ({ describe }),
  });
}

/** Problems that the kit finds, as one text. */
async function problemsOf(describe: Augmentation["describe"], mixes?: boolean): Promise<string> {
  try {
    await checkAugmentation(augmentation(describe, mixes), { options: {} });
    return "";
  } catch (error) {
    if (error instanceof ContractError) return error.problems.join("\n");
    throw error;
  }
}

test("a good augmentation passes", async () => {
  const describe: Augmentation["describe"] = (view, rng) => ({
    ...view,
    left: view.left + 0.1 * rng.uniform(),
    edits: [...(view.edits ?? []), { op: "hue", turn: 0.1 * rng.uniform() }],
  });
  expect(await problemsOf(describe)).toBe("");
});

const box = { left: 0.5, top: 0, width: 0.5, height: 0.5 };
const faults: readonly [what: string, describe: Augmentation["describe"], message: string][] = [
  ["pixels for fractions", (view, _rng, { width }) => ({ ...view, left: width / 2 }), "left is 18.5, no fraction"],
  ["a crop of nothing", (view) => ({ ...view, width: 0 }), "width is 0"],
  ["a lost edit", (view) => ({ ...view, edits: [] }), "edits of augmentations before it are lost"],
  [
    "an edit of its own invention",
    (view) => ({ ...view, edits: [{ op: "swirl" } as never] }),
    'there is no edit "swirl"',
  ],
  [
    "an edit that is no number",
    (view) => ({ ...view, edits: [...(view.edits ?? []), { op: "contrast", factor: Number.NaN }] }),
    "factor of the edit contrast is NaN",
  ],
  ["a mix that it does not announce", (view) => ({ ...view, mix: { kind: "blend", share: 1 } }), "by `mixes: true`"],
  [
    "a scene that it does not announce",
    (view) => ({ ...view, scene: { shown: { left: 0, top: 0, width: 1, height: 1 }, meet: [0.5, 0.5] } }),
    "by `canvas: 4`",
  ],
  [
    "a scene in pixels",
    (view) => ({ ...view, scene: { shown: { left: 0, top: 0, width: 640, height: 1 } } }),
    "the scene has 640, no fraction of a side",
  ],
  [
    "tiles of its own choice",
    (view) => ({ ...view, tiles: [] }),
    "it sets `tiles`, which is for the dataset to choose",
  ],
  [
    "a partner of its own choice",
    (view) => ({ ...view, partner: { index: 0, digest: "", view } }),
    "which is for the dataset to choose",
  ],
  [
    "a view that it changes in place",
    (view) => Object.assign(view, { flip: true }),
    "describe throws: Cannot assign to read only property",
  ],
];

test.each(faults)("%s is found", async (_what, describe, message) => {
  expect(await problemsOf(describe)).toContain(message);
});

test("chance that does not come from `rng` is found", async () => {
  let calls = 0;
  expect(await problemsOf((view) => ({ ...view, left: ++calls / 1e6 }))).toContain("take chance from it alone");
});

test("a share that is not the area of its box is found", async () => {
  expect(await problemsOf((view) => ({ ...view, mix: { kind: "paste", share: 0.5, box } }), true)).toContain(
    "the box of the mix has the area 0.25, its share leaves 0.5 for it",
  );
  expect(await problemsOf((view) => ({ ...view, mix: { kind: "paste", share: 0.75, box } }), true)).toBe("");
});
