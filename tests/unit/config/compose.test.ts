// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is the pipeline's own syntax.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPipeline } from "../../../core/config/load-pipeline.ts";
import { brief, briefProblems, load, problemsOf, stageOf, underlined, writeFiles } from "./pipeline-files.ts";
import { testRegistry } from "./registry.ts";

describe("YAML", () => {
  it.each([
    ["kdflow: 1\nkdflow: 1", '2:1 the key "kdflow" is given twice'],
    ["kdflow: 1\nstages: {", "2:10 flow map in block collection must be sufficiently indented and end with a }"],
    ["kdflow: 1\nstages:\n\tdata: mnist", "3:1 tabs are not allowed as indentation"],
    ["kdflow: 1\n---\nkdflow: 1", "2:1 the file holds more than one YAML document"],
    ["kdflow: !!int 1\nstages: { data: mnist }", '1:15 the tag "!!int" is not allowed'],
    ["kdflow: 1\nstages: { data: !mnist x }", '2:24 the tag "!mnist" is not allowed'],
    ["kdflow: 1\nstages: { data: *nowhere }", `2:17 the alias "*nowhere" has no anchor`],
    ["kdflow: 1\nstages: &s { data: *s }", "2:12 the anchor contains itself"],
    ["kdflow: 1\nstages: { <<: 3, data: mnist }", "2:15 `<<` takes a map or a list of maps"],
  ])("%j is refused", async (text, expected) => {
    const problems = await briefProblems(text);
    expect(problems[0]).toBe(`KDF_CONFIG_SYNTAX ${expected}`);
  });

  it("tells all mistakes of syntax at once", async () => {
    expect(await problemsOf("a: @x\nb: %y")).toHaveLength(2);
  });

  it("refuses aliases that multiply a small file to a huge one", async () => {
    const levels = Array.from({ length: 9 }, (_, i) => `v${i + 1}: &v${i + 1} [${`*v${i}, `.repeat(10)}]`).join("\n");
    const problems = await briefProblems(`kdflow: 1\nv0: &v0 x\n${levels}\nstages: { data: mnist }`);
    expect(problems.some((problem) => problem.includes("more than 100000 values"))).toBe(true);
  });

  it("merges `<<`: own keys win, then earlier maps; places are where the values stand", async () => {
    const pipeline = await load(
      [
        "kdflow: 1",
        "stages:",
        "  train: &a { use: distill, epochs: 2, batchSize: 16 }",
        "  second: { <<: [{ epochs: 5 }, *a], kind: train, batchSize: 32 }",
      ].join("\n"),
    );
    const second = stageOf(pipeline, "second");
    expect(second.options).toMatchObject({ epochs: 5, batchSize: 32 });
    expect(second.locate("/use")).toMatchObject({ line: 3, column: 20 });
  });

  it("points at the anchor's value for a mistake behind an alias", async () => {
    const text = "kdflow: 1\nstages:\n  train: { epochs: &n ten }\n  second: { kind: train, epochs: *n }";
    expect(await briefProblems(text)).toEqual(['KDF_CONFIG_TYPE 3:23 "epochs" must be a whole number, not "ten"']);
  });

  it("may have a byte-order mark and Windows line ends", async () => {
    const problems = await problemsOf("\uFEFFkdflow: 1\r\nstages:\r\n  data: mnits\r\n");
    expect(problems.map((problem) => problem.where)).toMatchObject([{ line: 3, column: 9, text: "  data: mnits" }]);
  });
});

describe("extends", () => {
  const base = `kdflow: 1
name: base
vars: { epochs: 4 }
stages:
  data: mnist
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  train: { epochs: $vars.epochs, batchSize: 16, schedule: { use: cosine, final: 0.5 } }
  export: [onnx]
`;
  const withBase = (text: string): Record<string, string> => ({
    "base.yaml": base,
    "pipeline.yaml": `extends: ./base.yaml\n${text}`,
  });

  it("merges maps and replaces lists and scalars", async () => {
    const pipeline = await load(
      withBase("name: mine\nvars: { epochs: 2 }\nstages: { train: { batchSize: 8 }, export: [layers-model] }"),
    );
    expect(pipeline.name).toBe("mine");
    expect(stageOf(pipeline, "train").options).toMatchObject({ epochs: 2, batchSize: 8 });
    expect(pipeline.stages.map(({ name }) => name)).toEqual(["data", "student", "train", "export.layers-model"]);
  });

  it("replaces a whole map where another provider is used, and merges where it is the same", async () => {
    const other = await load(withBase("stages: { student: { backbone: { use: shufflenet-v2 } } }"));
    expect(stageOf(other, "student").options["backbone"]).toEqual({ use: "shufflenet-v2", width: 1 });
    const same = await load(withBase("stages: { student: { backbone: { use: resnet } } }"));
    expect(stageOf(same, "student").options["backbone"]).toEqual({ use: "resnet", depth: 8 });
  });

  it("takes a bare string for a map with `use`", async () => {
    const other = await load(withBase("stages: { train: { schedule: constant } }"));
    expect(stageOf(other, "train").options["schedule"]).toEqual({ use: "constant" });
    const same = await load(withBase("stages: { train: { schedule: cosine } }"));
    expect(stageOf(same, "train").options["schedule"]).toEqual({ use: "cosine", final: 0.5 });
  });

  it("keeps options where `use` only says the default provider", async () => {
    const pipeline = await load(withBase("stages: { train: { use: distill, epochs: 1 } }"));
    expect(stageOf(pipeline, "train").options).toMatchObject({ epochs: 1, batchSize: 16 });
  });

  it("points into the base for a mistake that is there", async () => {
    const [problem] = await problemsOf({
      "base.yaml": "kdflow: 1\nstages: { train: { epochs: ten } }",
      "pipeline.yaml": "extends: ./base.yaml\nstages: { data: mnist }",
    });
    expect(problem?.where?.file.endsWith("base.yaml")).toBe(true);
    expect(underlined(problem?.where)).toBe("ten");
  });

  it("goes over several files but never in a circle", async () => {
    const problems = await problemsOf({
      "pipeline.yaml": "kdflow: 1\nextends: ./a.yaml",
      "a.yaml": "extends: ./b.yaml",
      "b.yaml": "extends: ./a.yaml",
    });
    expect(problems.map(brief)).toEqual(["KDF_CONFIG_EXTENDS_CYCLE 1:10 files extend each other in a circle"]);
    expect(problems[0]?.hint[0]).toMatch(/a\.yaml → .*b\.yaml → .*a\.yaml$/);
  });

  it("names a file that is there", async () => {
    const missing = load("kdflow: 1\nextends: ./nowhere.yaml");
    await expect(missing).rejects.toMatchObject({ code: "KDF_CONFIG_MISSING_FILE", where: { line: 2, column: 10 } });
  });

  it("is a single path", async () => {
    expect(await briefProblems("kdflow: 1\nextends: [a]")).toEqual([
      "KDF_CONFIG_TYPE 2:1 `extends` must be the path of one file, not a list",
    ]);
  });

  it("is told apart from a folder", async () => {
    const folder = await writeFiles({});
    const load = loadPipeline({ file: join(folder, "."), createRegistry: async () => testRegistry() });
    await expect(load).rejects.toThrow("is a folder");
  });
});

describe("variables", () => {
  const train = async (options: string, vars = "{}", env = {}): Promise<unknown> =>
    stageOf(await load(`kdflow: 1\nvars: ${vars}\nstages:\n  train: ${options}`, { env }), "train").options;

  it("keep their type as a whole value", async () => {
    expect(await train("{ epochs: $vars.n, amsgrad: $vars.b }", "{ n: 3, b: true }")).toMatchObject({
      epochs: 3,
      amsgrad: true,
    });
    expect(await train('{ epochs: "${vars.n}" }', "{ n: 3 }")).toMatchObject({ epochs: 3 });
    expect(await train("{ epochs: $env.N }", "{}", { N: "5" })).toMatchObject({ epochs: 5 });
  });

  it("are put into longer text as they are spelled", async () => {
    expect(await train('{ epochs: 1, note: "a ${vars.x}, ${env.E}" }', "{ x: 0.10 }", { E: "010" })).toMatchObject({
      note: "a 0.10, 010",
    });
  });

  it("may be made from others, but not from themselves", async () => {
    expect(await train("{ epochs: $vars.a }", "{ a: $vars.b, b: 2 }")).toMatchObject({ epochs: 2 });
    const problems = await briefProblems(
      "kdflow: 1\nvars: { a: $vars.b, b: $vars.a }\nstages: { train: { epochs: $vars.a } }",
    );
    expect(problems).toEqual(['KDF_CONFIG_UNKNOWN_VARIABLE 2:24 the variable "a" is made from itself']);
  });

  it("can be escaped with a second dollar", async () => {
    expect(await train('{ epochs: 1, note: "$$vars.x" }')).toMatchObject({ note: "$vars.x" });
    expect(await train('{ epochs: 1, note: "a $${vars.x}" }')).toMatchObject({ note: "a ${vars.x}" });
    expect(await train('{ epochs: 1, note: "5 $" }')).toMatchObject({ note: "5 $" });
  });

  it.each([
    ["$vars.epoch", 'there is no variable "epoch" in `vars`', 'defined: epochs (did you mean "epochs"?)'],
    ["$env.__proto__", 'the environment variable "__proto__" is not set', "set it: __proto__=… kdflow …"],
    ["$env.HOMM", 'the environment variable "HOMM" is not set', 'did you mean "HOME"?'],
    ["$var.epochs", '"$var.epochs" names no variable', 'allowed: vars, env (did you mean "vars"?)'],
    ['"x ${epochs}"', '"${epochs}" names no variable', "write `${vars.name}` or `${env.NAME}`"],
  ])("%s is reported, and nothing that follows from it", async (value, message, hint) => {
    const problems = await problemsOf(`kdflow: 1\nvars: { epochs: 2 }\nstages: { train: { epochs: ${value} } }`, {
      env: { HOME: "/" },
    });
    expect(problems).toMatchObject([{ code: "KDF_CONFIG_UNKNOWN_VARIABLE", message, where: { line: 3, column: 28 } }]);
    expect(problems[0]?.hint[0]).toBe(hint);
  });

  it("that name a provider that is unknown hide the options only", async () => {
    const problems = await briefProblems(
      "kdflow: 1\nstages: { data: { use: $vars.d, x: 1 }, softLabels: { use: logits, v: 1 } }",
    );
    expect(problems).toEqual([
      'KDF_CONFIG_UNKNOWN_VARIABLE 2:24 there is no variable "d" in `vars`',
      'KDF_CONFIG_UNKNOWN_KEY 2:68 "v" is not an option of softLabels/logits',
    ]);
  });

  it("of a sweep are not there yet", async () => {
    expect(await briefProblems("kdflow: 1\nstages: { train: { epochs: $matrix.n } }")).toEqual([
      "KDF_CONFIG_RESERVED 2:28 `$matrix` is reserved for sweeps, which are not there yet",
    ]);
  });

  it("with a wrong value are reported where they are used, with the place where they are given", async () => {
    const [problem] = await problemsOf("kdflow: 1\nvars: { n: ten }\nstages: { train: { epochs: $vars.n } }");
    expect(underlined(problem?.where)).toBe("$vars.n");
    expect(problem?.hint[0]).toMatch(/^\$vars\.n is given at .*pipeline\.yaml:2:12$/);
  });

  it("of the environment are recorded by name", async () => {
    const pipeline = await load(
      'kdflow: 1\nvars: { d: $env.DIR }\nstages: { data: { use: mnist, root: "${vars.d}/x" }, train: { epochs: $env.N, note: $vars.d } }',
      { env: { DIR: "/secret", N: "2" } },
    );
    expect(stageOf(pipeline, "data").options["root"]).toBe("/secret/x");
    expect(pipeline.record).toEqual({
      kdflow: 1,
      vars: { d: "$env.DIR" },
      stages: {
        data: { use: "mnist", root: "${env.DIR}/x" },
        train: { epochs: "$env.N", note: "$env.DIR" },
      },
    });
  });

  it("of the environment are not shown in messages", async () => {
    const problems = await briefProblems("kdflow: 1\nstages: { train: { epochs: $env.KEY } }", {
      env: { KEY: "secret" },
    });
    expect(problems).toEqual(['KDF_CONFIG_TYPE 2:28 "epochs" must be a whole number, not "$env.KEY"']);
  });
});
