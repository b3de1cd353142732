import { describe, expect, it } from "vitest";
import type { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { brief, briefProblems, problemsOf, underlined } from "./pipeline-files.ts";

/** The problems of a file with the given stages, which begin in line 3, indented by two. */
const inStages = (stages: string): Promise<string[]> => briefProblems(`kdflow: 1\nstages:\n${stages}`);

async function oneIn(stages: string): Promise<KdflowError> {
  const [problem, ...others] = await problemsOf(`kdflow: 1\nstages:\n${stages}`);
  expect(others.map(brief)).toEqual([]);
  if (problem === undefined) throw new Error("the file has no problem");
  return problem;
}

describe("the structure of a file", () => {
  it("has no unknown keys", async () => {
    const [problem] = await problemsOf("kdflow: 1\nnmae: x\nstages: { data: mnist }");
    expect(problem).toMatchObject({
      code: "KDF_CONFIG_UNKNOWN_KEY",
      message: '"nmae" is not a key of a pipeline file',
    });
    expect(problem?.hint[0]).toContain('did you mean "name"?');
    expect(underlined(problem?.where)).toBe("nmae");
  });

  it.each([
    ["stages: { data: mnist }", "KDF_CONFIG_VERSION 1:1 `kdflow` is missing"],
    ["kdflow: 2\nstages: { data: mnist }", "KDF_CONFIG_VERSION 1:9 `kdflow` must be 1, not 2"],
    ['kdflow: "1"\nstages: { data: mnist }', 'KDF_CONFIG_VERSION 1:9 `kdflow` must be 1, not "1"'],
    ["", "KDF_CONFIG_TYPE 1:1 the file is empty"],
    ["- a", "KDF_CONFIG_TYPE 1:1 a pipeline file is a map, not a list"],
    ["kdflow: 1", "KDF_CONFIG_MISSING_KEY 1:1 `stages` is missing"],
    ["kdflow: 1\nstages: {}", "KDF_CONFIG_MISSING_KEY 2:1 the pipeline has no stages"],
    ["kdflow: 1\nstages: [a]", "KDF_CONFIG_TYPE 2:1 `stages` must be a map from name to stage, not a list"],
    ["kdflow: 1\nname: 3\nstages: { data: mnist }", "KDF_CONFIG_TYPE 2:7 `name` must be text, not 3"],
    [
      "kdflow: 1\nvars: 3\nstages: { data: mnist }",
      "KDF_CONFIG_TYPE 2:7 `vars` must be a map from name to value, not 3",
    ],
    [
      "kdflow: 1\nvars: { a: [1] }\nstages: { data: mnist }",
      'KDF_CONFIG_TYPE 2:9 the variable "a" must be a single value, not a list',
    ],
    [
      "kdflow: 1\nplugins: foo\nstages: { data: mnist }",
      'KDF_CONFIG_TYPE 2:10 `plugins` must be a list of packages and files, not "foo"',
    ],
    [
      "kdflow: 1\nplugins: [1]\nstages: { data: mnist }",
      "KDF_CONFIG_TYPE 2:11 a plugin is its package or file, or `{ use: focal, anyApi: true }`, not 1",
    ],
    [
      "kdflow: 1\nmatrix: {}\nstages: { data: mnist }",
      "KDF_CONFIG_RESERVED 2:1 `matrix` is reserved for sweeps, which are not there yet",
    ],
  ])("%j is reported", async (text, expected) => {
    expect(await briefProblems(text)).toEqual([expected]);
  });

  it("is in a file that is there", async () => {
    await expect(problemsOf({ "other.yaml": "" })).rejects.toMatchObject({ code: "KDF_CONFIG_MISSING_FILE" });
  });
});

describe("a stage", () => {
  it.each([
    ["  trian: { epochs: 1 }", 'KDF_CONFIG_UNKNOWN_KIND 3:3 "trian" is not a kind of stage'],
    ["  x: { kind: trian, epochs: 1 }", 'KDF_CONFIG_UNKNOWN_KIND 3:14 "trian" is not a kind of stage'],
    ["  a.b: mnist", 'KDF_CONFIG_VALUE 3:3 "a.b" is no name for a stage'],
    ["  data:", 'KDF_CONFIG_TYPE 3:3 the stage "data" is empty'],
    ["  data: 3", `KDF_CONFIG_TYPE 3:9 the stage "data" must be a provider's id or a map, not 3`],
    ["  data: [mnist]", 'KDF_CONFIG_TYPE 3:3 the stage "data" must not be a list'],
    ["  export: [onnx, 5]", `KDF_CONFIG_TYPE 3:18 the stage "export" must be a provider's id or a map, not 5`],
    ["  data: { validation: 0.1 }", 'KDF_CONFIG_MISSING_USE 3:3 the stage "data" does not say what to use'],
    ["  data: { use: [mnist] }", 'KDF_CONFIG_TYPE 3:11 "use" must be the id of a provider, not a list'],
    ["  data: { use: mnist, seed: x }", 'KDF_CONFIG_TYPE 3:29 "seed" must be a whole number, not "x"'],
    ["  train: { epochs: 1, seeds: 0 }", 'KDF_CONFIG_VALUE 3:30 "seeds" must be at least 1, not 0'],
    ["  train: { epochs: 1, baseline: no }", 'KDF_CONFIG_TYPE 3:33 "baseline" must be true or false, not "no"'],
    [
      "  data: { use: mnist, classMap: { a: b } }",
      'KDF_CONFIG_UNKNOWN_KEY 3:23 "classMap" is not an option of data/mnist',
    ],
    [
      "  train: { epochs: 1, classMap: [a] }",
      "KDF_CONFIG_TYPE 3:23 \"classMap\" must be a map from the model's classes to the data's, not a list",
    ],
    [
      "  train: { epochs: 1, classMap: { a: 1 } }",
      'KDF_CONFIG_TYPE 3:38 the class "a" must be given a class of the data, not 1',
    ],
    ["  data: { use: mnist, seeds: 2 }", 'KDF_CONFIG_UNKNOWN_KEY 3:23 "seeds" is not an option of data/mnist'],
    [
      "  train: { epochs: 1, inputs: [a] }",
      'KDF_CONFIG_TYPE 3:23 "inputs" must be a map from input to stage, not a list',
    ],
    [
      "  train: { epochs: 1, inputs: { data: 3 } }",
      `KDF_CONFIG_TYPE 3:39 the input "data" must be a stage's name or a list of them, not 3`,
    ],
  ])("%j is reported", async (stages, expected) => {
    expect(await inStages(stages)).toEqual([expected]);
  });

  it("that is empty is told how to take the default provider", async () => {
    expect((await oneIn("  train:")).hint).toEqual(['for "distill" with its defaults write `train: distill`']);
  });

  it("of an unknown kind is told the nearest kind", async () => {
    expect((await oneIn("  exports: onnx")).hint[0]).toContain('did you mean "export"?');
  });
});

describe("options", () => {
  it("of one stage are checked though another stage's provider is unknown", async () => {
    expect(await inStages("  data: { use: mnits, foo: 1 }\n  softLabels: { use: logits, veiws: 2 }")).toEqual([
      'KDF_CONFIG_UNKNOWN_PROVIDER 3:16 "mnits" is not one of the data',
      'KDF_CONFIG_UNKNOWN_KEY 4:30 "veiws" is not an option of softLabels/logits',
    ]);
  });

  it.each([
    ["  softLabels: { use: logits, views: x }", 'KDF_CONFIG_TYPE 3:37 "views" must be a whole number, not "x"'],
    ["  softLabels: { use: logits, views: 0 }", 'KDF_CONFIG_VALUE 3:37 "views" must be at least 1, not 0'],
    ["  softLabels: { use: logits, views: [] }", 'KDF_CONFIG_TYPE 3:30 "views" must be a whole number, not a list'],
    [
      "  softLabels: { use: logits, precision: float8 }",
      'KDF_CONFIG_VALUE 3:41 "precision" must be "float16" or "float32", not "float8"',
    ],
    ["  student: classifier", 'KDF_CONFIG_MISSING_KEY 3:3 networks/classifier needs "backbone"'],
    [
      "  student: { use: classifier, backbone: { width: 1 } }",
      'KDF_CONFIG_MISSING_USE 3:31 "backbone" does not say which of the backbones to use',
    ],
    [
      "  student: { use: classifier, backbone: 3 }",
      'KDF_CONFIG_TYPE 3:41 "backbone" must name one of the backbones, not 3',
    ],
    [
      "  student: { use: classifier, backbone: { use: 3 } }",
      'KDF_CONFIG_TYPE 3:48 "backbone" must name one of the backbones, not 3',
    ],
    [
      "  student: { use: classifier, backbone: resnett }",
      'KDF_CONFIG_UNKNOWN_PROVIDER 3:41 "resnett" is not one of the backbones',
    ],
    [
      "  student: { use: classifier, backbone: { use: resnet, depht: 8 } }",
      'KDF_CONFIG_UNKNOWN_KEY 3:56 "depht" is not an option of backbones/resnet',
    ],
    [
      "  data: { use: mnist, augment: [flip, { use: flip, p: 1 }] }",
      'KDF_CONFIG_UNKNOWN_KEY 3:52 "p" is not an option of augmentations/flip',
    ],
    [
      "  student: { use: classifier, backbone: resnet, normalize: sined }",
      'KDF_CONFIG_TYPE 3:60 "normalize" must be "signed", "unit" or a map, not "sined"',
    ],
    [
      "  student: { use: classifier, backbone: resnet, normalize: { mean: x, v: 1 } }",
      'KDF_CONFIG_TYPE 3:68 "normalize.mean" must be a number, not "x"',
    ],
    [
      "  evaluate: { use: classification, require: { top: 1 } }",
      'KDF_CONFIG_UNKNOWN_KEY 3:47 "top" is not an option of "require" of evaluate/classification',
    ],
    ["  loss: { kd: -1 }", 'KDF_CONFIG_VALUE 3:15 "weight" must be at least 0, not -1'],
    ["  loss: { kd: { weight: x } }", 'KDF_CONFIG_TYPE 3:25 "weight" must be a number or a map, not "x"'],
    [
      "  loss: { kd: { weight: { from: 1 } } }",
      'KDF_CONFIG_MISSING_KEY 3:17 "weight" of the loss term "kd" needs "to"',
    ],
    ["  loss: { kd: x }", 'KDF_CONFIG_TYPE 3:15 the loss term "kd" must be a weight or a map, not "x"'],
    ["  loss: { kdd: 1 }", 'KDF_CONFIG_UNKNOWN_PROVIDER 3:11 "kdd" is not one of the losses'],
    ["  loss: { soft: { use: kdd } }", 'KDF_CONFIG_UNKNOWN_PROVIDER 3:24 "kdd" is not one of the losses'],
    ["  loss: { kd: { temprature: 1 } }", 'KDF_CONFIG_UNKNOWN_KEY 3:17 "temprature" is not an option of losses/kd'],
    ["  loss: { kd: { use: 3 } }", 'KDF_CONFIG_TYPE 3:22 "use" must name one of the losses, not 3'],
  ])("%j is reported", async (stages, expected) => {
    expect((await inStages(stages))[0]).toBe(expected);
  });

  it("of a provider that is misspelled are not called missing too", async () => {
    expect(await inStages("  student: { use: classifier, bakbone: resnet }")).toEqual([
      'KDF_CONFIG_UNKNOWN_KEY 3:31 "bakbone" is not an option of networks/classifier',
    ]);
  });

  it("that are missing are explained by the schema's description", async () => {
    const [problem] = await problemsOf("kdflow: 1\nstages: { student: classifier }");
    expect(problem?.hint).toEqual(["add `backbone:`"]);
  });

  it("with a reserved key misspelled are told the reserved key", async () => {
    expect((await oneIn("  data: { use: mnist, sed: 1 }")).hint).toEqual([
      'allowed: seed, root, validation, augment (did you mean "seed"?)',
    ]);
  });

  it.each([
    ["  train: { epochs: 1_000 }", "YAML reads 1_000 as text: write 1000"],
    ['  train: { epochs: "4" }', "remove the quotes"],
    ["  train: { epochs: 4, amsgrad: yes }", "YAML reads yes as text: write true"],
    ["  train: { epochs: 4, amsgrad: off }", "YAML reads off as text: write false"],
    ["  train: { epochs: 4, note: 010 }", "YAML reads 010 as the number 10"],
    ["  train: { epochs: 4, note: 5 }", 'put quotes around it: "5"'],
    ["  train: { epochs: }", "the value is empty: write one, or remove the line"],
  ])("%j tells how YAML reads the value", async (stages, hint) => {
    expect((await oneIn(stages)).hint).toContain(hint);
  });

  it("are reported in the order of their places, all of them", async () => {
    const many = Array.from({ length: 12 }, (_, i) => `    key${i}: 1\n`).join("");
    const problems = await inStages(`  softLabels:\n    use: logits\n${many}`);
    expect(problems).toHaveLength(12);
    expect(problems[0]).toContain(" 5:5 ");
    expect(problems[11]).toContain(" 16:5 ");
  });
});
