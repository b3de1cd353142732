import { describe, expect, it } from "vitest";
import { briefProblems, load, stageOf, underlined } from "./pipeline-files.ts";
import { testRegistry } from "./registry.ts";

const whole = `kdflow: 1
name: shufflenet-from-resnet
stages:
  data:       { use: mnist, augment: [shift-crop, { use: flip, probability: 0.25 }] }
  teacher:    { use: train, epochs: 3, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  softLabels: logits
  student:    { use: classifier, backbone: shufflenet-v2 }
  loss:       { cross-entropy: 0.1, kd: { weight: 0.9, temperature: 2 } }
  train:      { epochs: 4, schedule: { use: warm-up }, seed: 7, seeds: 3, baseline: false }
  evaluate:   classification
  export:     [onnx, { use: layers-model }, onnx]
`;

describe("a pipeline file", () => {
  it("gives one stage for each key and one for each item of a list", async () => {
    const { name, stages } = await load(whole);
    expect(name).toBe("shufflenet-from-resnet");
    expect(stages.map((stage) => `${stage.name}: ${stage.kind}`)).toEqual([
      "data: data",
      "teacher: teacher",
      "softLabels: softLabels",
      "student: student",
      "loss: loss",
      "train: train",
      "evaluate: evaluate",
      "export.onnx: export",
      "export.layers-model: export",
      "export.onnx-2: export",
    ]);
  });

  it("expands short forms and applies defaults at every depth", async () => {
    const pipeline = await load(whole);
    expect(stageOf(pipeline, "softLabels").options).toEqual({ views: 1 });
    expect(stageOf(pipeline, "student").options).toEqual({
      backbone: { use: "shufflenet-v2", width: 1 },
      normalize: "signed",
    });
    expect(stageOf(pipeline, "data").options).toEqual({
      validation: 0.1,
      augment: [
        { use: "shift-crop", shift: 0.125 },
        { use: "flip", probability: 0.25 },
      ],
    });
    expect(stageOf(pipeline, "train").options).toEqual({
      epochs: 4,
      batchSize: 128,
      amsgrad: false,
      optimizer: { use: "sgd", learningRate: 0.05, momentum: 0.5 },
      // biome-ignore lint/suspicious/noThenProperty: `then` is an option of warm-up.
      schedule: { use: "warm-up", epochs: 1, then: { use: "cosine", final: 0 } },
    });
  });

  it("takes the planner's keys off before the provider's schema is applied", async () => {
    const train = stageOf(await load(whole), "train");
    expect(train).toMatchObject({ seed: 7, seeds: 3, baseline: false });
    expect(stageOf(await load("kdflow: 1\nstages: { train: { epochs: 1 } }"), "train")).toMatchObject({
      seed: 0,
      seeds: 1,
      baseline: true,
    });
  });

  it("lists the components with the pointers of their options, outer ones first", async () => {
    const pipeline = await load(whole);
    const pointers = (name: string): string[] => stageOf(pipeline, name).components.map(({ pointer }) => pointer);
    expect(pointers("teacher")).toEqual(["/network", "/network/backbone"]);
    expect(pointers("data")).toEqual(["/augment/0", "/augment/1"]);
    expect(pointers("loss")).toEqual(["/cross-entropy/options", "/kd/options"]);
    expect(stageOf(pipeline, "loss").components[1]?.registered.provider.id).toBe("kd");
  });

  it("freezes options", async () => {
    const { options } = stageOf(await load(whole), "teacher");
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(options["network"])).toBe(true);
  });

  it("reads inputs as lists of stage names", async () => {
    const text = "kdflow: 1\nstages: { assistant: { kind: train, epochs: 1, inputs: { teacher: big, data: [a, b] } } }";
    expect(stageOf(await load(text), "assistant").inputs).toEqual({ teacher: ["big"], data: ["a", "b"] });
  });

  it("is named after its file where it has no name", async () => {
    expect((await load("kdflow: 1\nstages: { data: mnist }")).name).toBe("pipeline");
  });

  it("hands the plugins over with their places, and its own folder", async () => {
    const seen: unknown[] = [];
    const pipeline = await load("kdflow: 1\nplugins: [./my-loss.js, kdflow-plugin-foo]\nstages: { data: mnist }", {
      createRegistry: async (plugins, baseDir) => {
        seen.push(...plugins.map(({ request, place }) => [request, place?.line, place?.column]), baseDir);
        return testRegistry();
      },
    });
    expect(seen).toEqual([["./my-loss.js", 2, 11], ["kdflow-plugin-foo", 2, 25], pipeline.baseDir]);
  });
});

describe("a loss", () => {
  const loss = async (text: string): Promise<unknown> =>
    stageOf(await load(`kdflow: 1\nstages:\n  loss: ${text}`), "loss").options;

  it("takes a number alone as the weight", async () => {
    expect(await loss("{ kd: 0.5 }")).toEqual({ kd: { use: "kd", weight: 0.5, options: { temperature: 4 } } });
  });

  it("takes the term's name as the provider unless it says `use`", async () => {
    expect(await loss("{ soft: { use: kd, temperature: 2 } }")).toEqual({
      soft: { use: "kd", weight: 1, options: { temperature: 2 } },
    });
  });

  it("takes a ramp as the weight", async () => {
    expect(await loss("{ kd: { weight: { from: 1, to: 0.01, stopEpoch: 280 } } }")).toEqual({
      kd: {
        use: "kd",
        weight: { from: 1, to: 0.01, shape: "linear", stopEpoch: 280 },
        options: { temperature: 4 },
      },
    });
  });

  it("takes places of features, and an adapter with its options", async () => {
    expect(await loss("{ kd: { at: stage3, adapter: conv1x1 }, soft: { use: kd, at: { stage2/pre: p3 } } }")).toEqual({
      kd: { use: "kd", weight: 1, at: "stage3", adapter: { use: "conv1x1", bias: true }, options: { temperature: 4 } },
      soft: { use: "kd", weight: 1, at: { "stage2/pre": "p3" }, options: { temperature: 4 } },
    });
  });

  it.each(["{ kd: { at: 3 } }", "{ kd: { at: {} } }", "{ kd: { at: { stage3: [p3] } } }"])(
    "refuses %s",
    async (text) => {
      await expect(loss(text)).rejects.toThrow();
    },
  );

  it("refuses an adapter that nobody knows", async () => {
    await expect(loss("{ kd: { at: stage3, adapter: conv1 } }")).rejects.toMatchObject({
      code: "KDF_CONFIG_UNKNOWN_PROVIDER",
    });
  });

  it("refuses a reserved key that means nothing yet instead of passing it over", async () => {
    await expect(loss("{ kd: { weight: 1, mask: stage3 } }")).rejects.toMatchObject({ code: "KDF_CONFIG_RESERVED" });
  });
});

describe("locate", () => {
  it("points at the stage's key, at values, and at the keys of maps", async () => {
    const pipeline = await load(whole);
    expect(underlined(stageOf(pipeline, "teacher").locate())).toBe("teacher");
    expect(underlined(stageOf(pipeline, "teacher").locate("/network/backbone/depth"))).toBe("8");
    expect(underlined(stageOf(pipeline, "teacher").locate("/network/backbone"))).toBe("backbone");
    expect(underlined(stageOf(pipeline, "export.onnx").locate())).toBe("onnx");
    expect(underlined(stageOf(pipeline, "export.layers-model").locate())).toBe("layers-model");
  });

  it("points at the key of a value where it is asked to, whatever characters the key has", async () => {
    const stage = stageOf(
      await load('kdflow: 1\nstages:\n  train: { epochs: 1, classMap: { "a/b~c": plane, 3: ship } }'),
      "train",
    );
    expect(stage.classMap).toEqual({ "a/b~c": "plane", 3: "ship" });
    expect(stage.options).not.toHaveProperty("classMap");
    expect(underlined(stage.locate("/classMap/a~1b~0c", "key"))).toBe('"a/b~c"');
    expect(underlined(stage.locate("/classMap/a~1b~0c"))).toBe("plane");
    expect(underlined(stage.locate("/classMap/none", "key"))).toBe("classMap");
  });

  it("points at what is written around values that are not", async () => {
    const pipeline = await load(whole);
    expect(underlined(stageOf(pipeline, "loss").locate("/kd/options/temperature"))).toBe("2");
    expect(underlined(stageOf(pipeline, "loss").locate("/cross-entropy/weight"))).toBe("0.1");
    expect(underlined(stageOf(pipeline, "train").locate("/schedule/then/final"))).toBe("schedule");
    expect(underlined(stageOf(pipeline, "train").locate("/batchSize"))).toBe("train");
  });

  it("points at ports in `inputs`", async () => {
    const text = "kdflow: 1\nstages: { assistant: { kind: train, epochs: 1, inputs: { teacher: big } } }";
    expect(underlined(stageOf(await load(text), "assistant").locate("/inputs/teacher"))).toBe("big");
  });
});

describe("the hook configResolved", () => {
  it("sees the composed file as frozen plain data", async () => {
    let seen: unknown;
    await load("kdflow: 1\nvars: { n: 2 }\nstages: { data: mnist, train: { epochs: $vars.n } }", {
      createRegistry: async () =>
        testRegistry([], (hooks) =>
          hooks.configResolved.tap("test", (config) => {
            seen = config;
            return config;
          }),
        ),
    });
    expect(seen).toEqual({
      kdflow: 1,
      vars: { n: 2 },
      stages: { data: { use: "mnist" }, train: { epochs: 2 } },
    });
    expect(Object.isFrozen(seen)).toBe(true);
  });

  it("may return a changed copy, which is checked again; what is unchanged keeps its place", async () => {
    const pipeline = await load("kdflow: 1\nstages:\n  data: mnist\n  train: { epochs: 2 }", {
      createRegistry: async () =>
        testRegistry([], (hooks) =>
          hooks.configResolved.tap("test", (config) => ({
            ...config,
            stages: { ...(config["stages"] as object), train: { epochs: 2, batchSize: 64 } },
          })),
        ),
    });
    const train = stageOf(pipeline, "train");
    expect(train.options["batchSize"]).toBe(64);
    expect(train.locate("/epochs")).toMatchObject({ line: 4, column: 20 });
    expect(underlined(train.locate("/batchSize"))).toBe("train");
  });

  it.each([[], { stages: { data: () => 1 } }])("must not return %j", async (answer) => {
    const broken = load("kdflow: 1\nstages: { data: mnist }", {
      createRegistry: async () => testRegistry([], (hooks) => hooks.configResolved.tap("test", () => answer as never)),
    });
    await expect(broken).rejects.toMatchObject({ code: "KDF_PLUGIN_INVALID" });
  });
});

describe("a file that no person wrote", () => {
  it.each([
    ["maps", `vars:\n${Array.from({ length: 1300 }, (_, i) => `${" ".repeat(i + 1)}a:\n`).join("")}`, 102],
    ["lists", `vars: { a: ${"[".repeat(5000)}${"]".repeat(5000)} }\n`, 2],
  ])("of %s within each other is told with the line where it is too deep, without a stack", async (_, vars, line) => {
    const problems = await briefProblems(`kdflow: 1\n${vars}stages: { data: mnist }\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/nested too deep: more than 100/);
    const [, found] = /^KDF_CONFIG_SYNTAX (\d+):/.exec(problems[0] ?? "") ?? [];
    expect(Math.abs(Number(found) - line)).toBeLessThan(3);
  });

  it("of more than a megabyte is not read", async () => {
    const large = `kdflow: 1\nstages: { data: mnist }\n# ${"x".repeat(1_000_000)}\n`;
    await expect(load(large)).rejects.toThrow(/has 10000\d\d bytes, more than the 1000000 that are read/);
  });
});
