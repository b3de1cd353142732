import type { SymbolicTensor } from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import {
  type Augmentation,
  type BuiltBackbone,
  type CreateContext,
  defineProvider,
  KdflowError,
  type Optimizer,
  type Provider,
  type ProviderOf,
  type Tf,
} from "../../../core/index.ts";
import { ContractError, checkComponent } from "../../../core/testing/index.ts";
import { loadBackend } from "../../support/backend.ts";

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadBackend("cpu"));
});

function augmentation(describe: Augmentation["describe"], mixes?: boolean): ProviderOf<"augmentations"> {
  return defineProvider<"augmentations", object>("augmentations", {
    id: "tried",
    summary: "an augmentation to try the test kit with",
    cacheVersion: 1,
    ...(mixes === undefined ? {} : { mixes }),
    create: () => ({ describe }),
  });
}

/** Problems that the kit finds in a provider, as one text. */
async function problemsIn(provider: Provider, options: object = {}): Promise<string> {
  try {
    await checkComponent(provider, { tf, options });
    return "";
  } catch (error) {
    if (error instanceof ContractError) return error.problems.join("\n");
    throw error;
  }
}

const problemsOf = (describe: Augmentation["describe"], mixes?: boolean): Promise<string> =>
  problemsIn(augmentation(describe, mixes));

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
    "it throws: TypeError: Cannot assign to read only property",
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

const common = { id: "tried", summary: "a component to try the test kit with", cacheVersion: 1 };

type Build = (conv: SymbolicTensor) => BuiltBackbone;

/** A backbone of one convolution of 4 channels that halves the sides. */
const backbone = (build: Build): Provider =>
  defineProvider<"backbones", object>("backbones", {
    ...common,
    create: () => ({
      name: "tried",
      build: (input) =>
        build(
          tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }).apply(input) as SymbolicTensor,
        ),
    }),
  });

test.each<[what: string, build: Build, message: string]>([
  [
    "that keeps its word passes",
    (tensor) => ({ output: tensor, taps: { stage1: { tensor, channels: 4, stride: 2 } } }),
    "",
  ],
  ["without taps is found", (tensor) => ({ output: tensor, taps: {} }), "it has no taps"],
  [
    "with other channels is found",
    (tensor) => ({ output: tensor, taps: { stage1: { tensor, channels: 8, stride: 2 } } }),
    'the tap "stage1" says 8 channels, and has 4',
  ],
  [
    "with another stride is found",
    (tensor) => ({ output: tensor, taps: { stage1: { tensor, channels: 4, stride: 4 } } }),
    'the tap "stage1" says stride 4, and has 32 of 64 rows',
  ],
])("a backbone %s", async (_what, build, message) => {
  expect(await problemsIn(backbone(build))).toBe(message);
});

const optimizer = (apply: Optimizer["apply"]): Provider =>
  defineProvider<"optimizers", object>("optimizers", {
    ...common,
    create: () => ({ learningRate: 0.1, slots: [], apply }),
  });

test("an optimizer that goes against the gradient passes, one that goes along with it is found", async () => {
  const step = (sign: number) =>
    optimizer(({ weight, gradient, learningRate }) =>
      weight.assign(tf.add(weight, tf.mul(tf.mul(gradient, learningRate), sign))),
    );
  expect(await problemsIn(step(-1))).toBe("");
  expect(await problemsIn(step(1))).toContain("a weight of gradient 0.5 moves by 0.1");
});

const schedule = (factor: (options: { start: number }, context: CreateContext) => number): Provider =>
  defineProvider<"schedules", { start: number }>("schedules", {
    ...common,
    create: (options, context) => {
      const start = factor(options, context);
      return { factor: () => start };
    },
  });

test("options that are changed, tensors that are left, and chance of its own are found", async () => {
  let calls = 0;
  const options = { start: 1 };
  expect(
    await problemsIn(
      schedule(({ start }) => start),
      options,
    ),
  ).toBe("");
  expect(
    await problemsIn(
      schedule((given) => ++given.start),
      options,
    ),
  ).toContain("Cannot assign to read only property");
  expect(
    await problemsIn(
      schedule(() => tf.scalar(1).dataSync()[0] ?? 0),
      options,
    ),
  ).toBe("1 tensors are left behind");
  expect(
    await problemsIn(
      schedule(() => ++calls),
      options,
    ),
  ).toContain("something else the second time");
  expect(
    await problemsIn(
      schedule(({ start }, { rng }) => start + rng("start").uniform()),
      options,
    ),
  ).toBe("");
  expect(
    await problemsIn(
      schedule(() => Number.NaN),
      options,
    ),
  ).toContain("the factor at epoch 0 of 10 is NaN");
});

test("a component that hides errors inside it is found", async () => {
  const hiding = schedule((_options, context) => {
    try {
      return context.rng("start").uniform();
    } catch (cause) {
      throw new KdflowError("KDF_INTERNAL", "no luck", { cause: cause as Error });
    }
  });
  expect(await problemsIn(hiding)).toContain("comes out as KdflowError: no luck, which does not name its plugin");
});
