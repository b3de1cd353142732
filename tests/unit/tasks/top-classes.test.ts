import { describe, expect, it, test } from "vitest";
import { readClasses } from "../../../plugins/tasks/classification/top-classes.ts";

const names = ["cat", "dog", "emu"];

function topClasses(scores: Float32Array, kind: "softmax-logits" | "softmax-probs", classNames: string[], top: number) {
  const outputs = { logits: { kind, shape: [scores.length] } };
  const imageSize = { height: 1, width: 1, channels: 1 };
  return readClasses({ logits: scores }, { count: 1, classNames, outputs, top, imageSize, originals: [] })[0] ?? [];
}

describe("readClasses", () => {
  it("makes probabilities of logits: ln 1, ln 6, ln 3 are 1, 6 and 3 tenths", () => {
    const top = topClasses(Float32Array.of(0, Math.log(6), Math.log(3)), "softmax-logits", names, 3);
    expect(top.map((each) => each.class)).toEqual(["dog", "emu", "cat"]);
    for (const [at, share] of [0.6, 0.3, 0.1].entries()) expect(top[at]?.probability).toBeCloseTo(share, 6);
  });

  it("leaves probabilities as they are", () => {
    const top = topClasses(Float32Array.of(0.25, 0.5, 0.25), "softmax-probs", names, 2);
    expect(top).toEqual([
      { class: "dog", probability: 0.5 },
      { class: "cat", probability: 0.25 },
    ]);
  });

  it("does not overflow, and gives no more classes than there are", () => {
    const top = topClasses(Float32Array.of(-1e4, 1e4, 1e4), "softmax-logits", names, 10);
    expect(top).toEqual([
      { class: "dog", probability: 0.5 },
      { class: "emu", probability: 0.5 },
      { class: "cat", probability: 0 },
    ]);
  });
});

test("an answer of NaN is refused", () => {
  const outputs = { logits: { kind: "logits", shape: [2] } };
  const request = { count: 1, classNames: ["a", "b"], outputs, top: 1 };
  expect(() => readClasses({ logits: new Float32Array([1, Number.NaN]) }, request as never)).toThrow(
    expect.objectContaining({ code: "KDF_TEACHER_NOT_FINITE" }),
  );
});
