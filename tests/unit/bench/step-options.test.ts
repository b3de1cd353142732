import { describe, expect, test } from "vitest";
import { parseOptions } from "../../bench/step/options.ts";

const ids = (all: readonly { readonly id: string }[]): string[] => all.map(({ id }) => id);

describe("the options of the step bench", () => {
  test("take all networks and every rival that is not optional, unless told otherwise", () => {
    const options = parseOptions([]);

    expect(ids(options.networks)).toEqual(["mobilenet-v2", "mobilenet-v1", "shufflenet-v2", "resnet"]);
    expect(ids(options.rivals)).toEqual([
      "kdflow",
      "kdflow-eager",
      "tfjs-node",
      "torch-eager",
      "torch-channels-last",
      "torch-compile",
    ]);
    expect([options.steps >= 15, options.threads]).toEqual([true, undefined]);
  });

  test("name networks and rivals by id, and count in whole numbers", () => {
    const args = ["--networks", "resnet,mobilenet-v1", "--rivals", "torch-compile-channels-last", "--threads", "1"];
    const options = parseOptions([...args, "--rounds", "2", "--steps", "3"]);

    expect(ids(options.networks)).toEqual(["resnet", "mobilenet-v1"]);
    expect(ids(options.rivals)).toEqual(["torch-compile-channels-last"]);
    expect([options.rounds, options.steps, options.threads]).toEqual([2, 3, 1]);
  });

  test.each([
    [["--networks", "lenet"], '"lenet" is no network; there are mobilenet-v2'],
    [["--rivals", "jax"], '"jax" is no rival; there are kdflow'],
    [["--rounds", "0"], '--rounds takes a whole number from 1, not "0"'],
    [["--fast"], "--fast"],
  ])("are refused where they are wrong: %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
