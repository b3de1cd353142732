import { describe, expect, it } from "vitest";
import type { HostState } from "../../../../core/index.ts";
import { NotCapturable } from "../../../../plugins/backends/tensorflow/capture/not-capturable.ts";
import { assertTwin, type TwinCheck } from "../../../../plugins/backends/tensorflow/capture/twin.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function stateOf(values: readonly number[]): HostState {
  return new Map([["weight", Float32Array.from(values)]]);
}

/** What the check says of two steps that differ in one result; `undefined` where they are twins. */
function resultProblem(
  eager: readonly number[],
  captured: readonly number[],
  rounded: readonly (readonly number[])[] = [],
): string | undefined {
  const outcome = (loss: readonly number[]) => ({ results: { loss: Float32Array.from(loss) }, state: new Map() });
  return problemOf({
    what: "step",
    eager: outcome(eager),
    captured: outcome(captured),
    resultTolerance: 1e-6,
    roundedSteps: () => rounded.map(outcome),
  });
}

/** The same of two steps that differ in one weight. */
function stateProblem(
  eager: readonly number[],
  captured: readonly number[],
  rounded: readonly (readonly number[])[] = [],
): string | undefined {
  return problemOf({
    what: "step",
    eager: { results: {}, state: stateOf(eager) },
    captured: { results: {}, state: stateOf(captured) },
    resultTolerance: 1e-6,
    roundedSteps: () => rounded.map((values) => ({ results: {}, state: stateOf(values) })),
  });
}

function problemOf(check: TwinCheck): string | undefined {
  try {
    assertTwin(check);
    return undefined;
  } catch (error) {
    if (!(error instanceof NotCapturable)) throw error;
    return error.message;
  }
}

describe.each([
  ["a result", resultProblem],
  ["a weight", stateProblem],
])("%s of a captured step", (_, problem) => {
  it.each([
    ["the same infinity in both", [1, inf, -inf], [1, inf, -inf]],
    ["NaN in both", [nan, 1], [nan, 1]],
    ["NaN in both beside a difference of one last bit", [nan, 1, nan, 8], [nan, 1, nan, 8 + 2 ** -20]],
    ["infinity in both beside a difference of one last bit", [inf, 8], [inf, 8 + 2 ** -20]],
    ["zero of either sign", [0, 1], [-0, 1]],
  ])("may have %s", (_title, eager, captured) => {
    expect(problem(eager, captured)).toBeUndefined();
  });

  it.each([
    ["infinity alone", [1, 2], [1, inf]],
    ["a number where the eager one has infinity", [1, inf], [1, 2]],
    ["infinity of the other sign", [inf, 1], [-inf, 1]],
    ["NaN alone", [1, 2], [nan, 2]],
    ["a number where the eager one has NaN", [nan, 2], [1, 2]],
    ["NaN where the eager one has infinity", [inf, 2], [nan, 2]],
    ["fewer numbers", [1, 2], [1]],
  ])("must not have %s", (_title, eager, captured) => {
    expect(problem(eager, captured)).toMatch(/of the captured step differs from the eager step's by Infinity$/);
  });

  it.each([
    ["infinity", inf],
    ["NaN", nan],
  ])("must not hide a difference behind %s elsewhere", (_title, value) => {
    // |1.5 − 1| / |1|
    expect(problem([value, 1, value], [value, 1.5, value])).toMatch(/eager step's by 5\.0e-1$/);
  });
});

describe.each([
  ["a result", resultProblem, '"loss"'],
  ["a weight", stateProblem, 'the new state of "weight"'],
])("%s of a captured step", (_, problem, words) => {
  it("may differ by ten times what rounding alone does, and not by more", () => {
    // rounding moves it by 2⁻¹⁰, so 10·2⁻¹⁰ is allowed
    const rounded = [[1 + 2 ** -10], [1 - 2 ** -11]];
    expect(problem([1], [1 + 9 * 2 ** -10], rounded)).toBeUndefined();
    expect(problem([1], [1 + 11 * 2 ** -10], rounded)).toContain(words);
  });

  it("that is zero in the eager step may differ by what rounding makes of it", () => {
    expect(problem([0], [2 ** -30], [[2 ** -31]])).toBeUndefined();
    expect(problem([0], [2 ** -30])).toContain(words);
  });

  it("must not have infinity alone, whatever rounding does", () => {
    expect(problem([1], [inf], [[inf]])).toContain("by Infinity");
    expect(problem([1], [2], [[inf]])).toContain("by 1.0e+0");
  });
});

it("a prediction that differs is called one", () => {
  const outcome = (logit: number) => ({ results: { logits: Float32Array.of(logit) }, state: new Map() });
  const check = { resultTolerance: 1e-5, roundedSteps: () => [] };
  expect(problemOf({ what: "prediction", eager: outcome(2), captured: outcome(3), ...check })).toBe(
    '"logits" of the captured prediction differs from the eager prediction\'s by 5.0e-1',
  );
});
