import { describe, expect, it } from "vitest";
import { allowedHint, editDistance, nearestName } from "../../../core/errors/nearest.ts";

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["epochs", "epohcs", 1],
    ["ca", "abc", 3],
  ])("of %j and %j is %i", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe("nearestName", () => {
  it.each([
    ["temprature", ["alpha", "temperature"], "temperature"],
    ["learning_rate", ["momentum", "learningRate"], "learningRate"],
    ["Cosine", ["constant", "cosine"], "cosine"],
    ["shufflenet", ["resnet", "shufflenet-v2"], "shufflenet-v2"],
    ["kdd", ["kd", "cross-entropy"], "kd"],
    ["lr", ["momentum", "learningRate"], "learningRate"],
    ["ce", ["kd", "cross-entropy"], "cross-entropy"],
    ["WD", ["momentum", "weightDecay"], "weightDecay"],
    ["xyz", ["kd", "cross-entropy"], undefined],
    ["a", ["b"], "b"],
    ["anything", [], undefined],
  ])("of %j among %j is %j", (name, candidates, nearest) => {
    expect(nearestName(name, candidates)).toBe(nearest);
  });

  it("prefers the exact spelling among names that differ in case", () => {
    expect(nearestName("topK", ["topk", "topK"])).toBe("topK");
  });
});

describe("allowedHint", () => {
  it("puts the nearest name first and keeps the order of the rest", () => {
    expect(allowedHint("reductoin", ["alpha", "temperature", "reduction"])).toBe(
      'allowed: reduction, alpha, temperature (did you mean "reduction"?)',
    );
  });

  it("guesses nothing where nothing is near", () => {
    expect(allowedHint("zzz", ["alpha", "beta"], "kinds")).toBe("kinds: alpha, beta");
    expect(allowedHint("zzz", [])).toBe("allowed: nothing");
  });

  it("cuts long lists to the nearest names", () => {
    const names = Array.from({ length: 30 }, (_, i) => `name${i}`);
    expect(allowedHint("name29", names)).toMatch(/^allowed: name29, .* and 10 more \(did you mean "name29"\?\)$/);
  });
});
