import { expect, test } from "vitest";
import { parseOptions, targets, usage } from "../../bench/detector-step/options.ts";

test("measures both networks with both assignments, beside PyTorch's usual forms", () => {
  const { detectors, assign, rivals, loader } = parseOptions([]);
  expect(detectors.map(({ side, batchSize }) => [side, batchSize])).toEqual([
    [320, 8],
    [160, 16],
  ]);
  expect(assign).toEqual(["anchor", "simota"]);
  expect(rivals.map(({ id }) => id)).toEqual([
    ...["kdflow", "kdflow-eager", "torch-eager", "torch-channels-last", "torch-compile"],
  ]);
  expect(loader).toBe(true);
});

test("takes choices, and says what is none", () => {
  const chosen = parseOptions(["--networks", "shufflenet-v2", "--assign", "simota", "--no-loader", "--steps", "3"]);
  expect(chosen).toMatchObject({ assign: ["simota"], loader: false, steps: 3 });
  expect(() => parseOptions(["--assign", "hungarian"])).toThrow('"hungarian" is no assignment');
  expect(() => parseOptions(["--rivals", "tfjs-node"])).toThrow('"tfjs-node" is no rival');
  expect(usage).toContain("torch-compile-channels-last");
});

test("holds kdflow against the best of PyTorch's forms, every one of them", () => {
  expect(targets.map(({ ratio, least, rivals }) => [ratio, least, rivals.length])).toEqual([[1.15, 1, 4]]);
});
