/** How many bytes features will take, said while planning. */

import { expect, test } from "vitest";
import {
  featureSizes,
  type SizedDescription,
  type SizedGraph,
  type SizedNode,
  type SizedTaps,
} from "../../../plugins/cost/estimate/feature-sizes.ts";

interface Node extends SizedNode<Node> {}

function node(name: string, kind: string, rest: Partial<Node> = {}): Node {
  return { name, stage: { kind }, options: {}, inputs: new Map(), ...rest };
}

const data = node("data", "data");
const teacher = node("teacher", "teacher");
const inputs = new Map([
  ["data", [data]],
  ["teacher", [teacher]],
]);
function graphOf(precision: string): SizedGraph<Node> {
  const storing = node("softLabels", "softLabels", { options: { taps: ["stage3"], precision }, inputs });
  return {
    nodes: [data, teacher, storing],
    descriptions: new Map<Node, SizedDescription>([
      [data, { training: { samples: 1000, about: false } }],
      [teacher, { classNames: ["a", "b", "c", "d"] }],
      [storing, { views: 3 }],
    ]),
  };
}
const listing = (shape: readonly number[] | undefined) => async (): Promise<readonly SizedTaps[]> => [
  { stage: "teacher", taps: [{ name: "stage3", shape }] },
];

test("numbers of taps and logits × images × views × bytes", async () => {
  // (8·8·64 + 4) · 2 = 8200 bytes, · 3000
  expect(await featureSizes(graphOf("float16"), listing([8, 8, 64]))).toEqual([
    "softLabels: stage3 8×8×64 and 4 logits are 8.2 kB an image and view in float16; 1,000 images in 3 views take 24.6 MB",
  ]);
  expect((await featureSizes(graphOf("float32"), listing([8, 8, 64])))[0]).toContain("take 49.2 MB");
});

test("a file that has not been opened is said to be one", async () => {
  const [said] = await featureSizes(graphOf("float16"), listing(undefined));
  expect(said).toContain('how large stage3 of "teacher" is shows when that is opened');
});

test("builds nothing where nothing stores features", async () => {
  const none = (): never => {
    throw new Error("asked for taps");
  };
  expect(
    await featureSizes({ nodes: [node("softLabels", "softLabels"), data], descriptions: new Map() }, none),
  ).toEqual([]);
});
