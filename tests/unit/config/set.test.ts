import { describe, expect, it } from "vitest";
import { load, problemsOf, stageOf, underlined } from "./pipeline-files.ts";

const text = `kdflow: 1
vars: { epochs: 4, net: shufflenet-v2 }
stages:
  data:       { use: mnist, augment: [shift-crop, flip] }
  softLabels: logits
  student:    { use: classifier, backbone: $vars.net }
  loss:       { cross-entropy: 0.1, kd: { weight: 0.9 } }
  train:      { epochs: $vars.epochs }
  evaluate:   classification
  export:     [onnx, layers-model]
`;

async function optionsAfter(stage: string, ...set: string[]): Promise<unknown> {
  return stageOf(await load(text, { set }), stage).options;
}

describe("--set", () => {
  it.each([
    ["train", "stages.train.epochs=7", { epochs: 7 }],
    ["train", "stages.train.batchSize=7", { batchSize: 7 }],
    ["train", "vars.epochs=9", { epochs: 9 }],
    ["train", "stages.train.schedule=constant", { schedule: { use: "constant" } }],
    ["train", "stages.train.schedule.final=0.5", { schedule: { use: "cosine", final: 0.5 } }],
    ["train", "stages.train.optimizer.momentum=0", { optimizer: { use: "sgd", momentum: 0, learningRate: 0.05 } }],
    ["train", "stages.train.epochs=$vars.epochs", { epochs: 4 }],
    ["softLabels", "stages.softLabels.views=3", { views: 3 }],
    ["student", "stages.student.backbone.width=0.25", { backbone: { use: "shufflenet-v2", width: 0.25 } }],
    ["student", "vars.net=resnet", { backbone: { use: "resnet", depth: 20 } }],
    ["student", "stages.student.backbone={use: resnet, depth: 8}", { backbone: { use: "resnet", depth: 8 } }],
    ["student", "stages.student.normalize.mean=1", { normalize: { mean: 1 } }],
    ["data", "stages.data.augment.1.probability=1", { augment: [{ shift: 0.125 }, { probability: 1 }] }],
    ["data", "stages.data.augment.flip.probability=1", { augment: [{ shift: 0.125 }, { probability: 1 }] }],
    ["loss", "stages.loss.kd.temperature=2", { kd: { weight: 0.9, options: { temperature: 2 } } }],
    ["loss", "stages.loss.kd=2", { kd: { weight: 2 } }],
    [
      "loss",
      "stages.loss.cross-entropy.labelSmoothing=0.1",
      { "cross-entropy": { weight: 0.1, options: { labelSmoothing: 0.1 } } },
    ],
    ["loss", "stages.loss.kd.weight={from: 1, to: 0}", { kd: { weight: { from: 1, to: 0, shape: "linear" } } }],
    ["evaluate", "stages.evaluate.require.top1=0.9", { require: { top1: 0.9 } }],
    ["export.onnx", "stages.export.onnx.opset=17", { opset: 17 }],
  ])("in %s: %s", async (stage, set, expected) => {
    expect(await optionsAfter(stage, set)).toMatchObject(expected);
  });

  it("sets keys of the engine", async () => {
    const pipeline = await load(text, { set: ["stages.train.seeds=3", "stages.train.inputs.teacher=big", "name=x"] });
    expect(stageOf(pipeline, "train")).toMatchObject({ seeds: 3, inputs: { teacher: ["big"] } });
    expect(pipeline.name).toBe("x");
  });

  it("lets later arguments win", async () => {
    expect(await optionsAfter("train", "stages.train.epochs=2", "stages.train.epochs=3")).toMatchObject({ epochs: 3 });
  });

  it("sets one class of a class map, new or old", async () => {
    const set = [
      "stages.train.classMap.jet=plane",
      "stages.train.classMap.jet=ship",
      "stages.train.classMap.hull=ship",
    ];
    expect(stageOf(await load(text, { set }), "train").classMap).toEqual({ jet: "ship", hull: "ship" });
  });

  it("makes the argument the place of what it sets", async () => {
    const pipeline = await load(text, { set: ["stages.train.batchSize=64"] });
    const place = stageOf(pipeline, "train").locate("/batchSize");
    expect(place).toMatchObject({ file: "--set", line: 1, column: 24, text: "stages.train.batchSize=64" });
  });

  it("is not stopped by a variable that it replaces", async () => {
    const pipeline = await load("kdflow: 1\nstages: { train: { epochs: $env.NOWHERE } }", {
      set: ["stages.train.epochs=2"],
    });
    expect(stageOf(pipeline, "train").options["epochs"]).toBe(2);
  });

  it.each([
    ["stages.train.epochs", "stages.train.epochs", "write `--set stages.train.epochs=<value>`"],
    ["stages..epochs=1", ".", "such as `stages.train.epochs=3`"],
    ["stage.train.epochs=1", "stage", 'allowed: stages, name, vars, plugins (did you mean "stages"?)'],
    ["kdflow=2", "kdflow", "allowed: name, vars, plugins, stages"],
    ["name.x=2", "x", "set `name` as a whole"],
    ["vars.epoch=2", "epoch", 'defined: epochs, net (did you mean "epochs"?)'],
    ["stages.trian.epochs=2", "trian", 'did you mean "train"?'],
    ["stages.train.epocs=2", "epocs", 'did you mean "epochs"?'],
    ["stages.train.schedule.finl=2", "finl", 'did you mean "final"?'],
    ["stages.train.epochs.x=2", "x", "allowed: nothing"],
    ["stages.train.inputs.techer=2", "techer", 'did you mean "teacher"?'],
    ["stages.student.backbone.widht=2", "widht", 'did you mean "width"?'],
    ["stages.student.constructor=2", "constructor", "allowed: "],
    ["stages.data.augment.2.x=2", "2", "allowed: shift-crop, flip"],
    ["stages.data.augment.flp.x=2", "flp", 'did you mean "flip"?'],
    ["stages.loss.kdd.temperature=2", "kdd", 'did you mean "kd"?'],
    ["stages.loss.kd.temprature=2", "temprature", 'did you mean "temperature"?'],
    ["stages.loss.kd.weight.form=2", "form", 'did you mean "from"?'],
    ["stages.train.epochs=[", "", "close every bracket"],
  ])("%s is refused at %j", async (set, at, hint) => {
    const problems = await problemsOf(text, { set: [set] });
    expect(problems).toHaveLength(1);
    const [problem] = problems;
    expect(problem?.code).toBe(set.endsWith("[") ? "KDF_CONFIG_SYNTAX" : "KDF_CONFIG_SET");
    expect(problem?.where?.file).toBe("--set");
    if (at !== "") expect(underlined(problem?.where)).toBe(at);
    expect(problem?.hint.join("\n")).toContain(hint);
  });

  it("says once what is wrong with a stage that it leads into", async () => {
    const broken = "kdflow: 1\nstages: { data: mnits, trian: {}, student: { use: $vars.x } }";
    const set = ["stages.data.root=a", "stages.trian.epochs=1", "stages.student.backbone=resnet"];
    const problems = await problemsOf(broken, { set });
    expect(problems.map(({ code }) => code)).toEqual([
      "KDF_CONFIG_UNKNOWN_PROVIDER",
      "KDF_CONFIG_UNKNOWN_KIND",
      "KDF_CONFIG_UNKNOWN_VARIABLE",
    ]);
  });

  it("points at the argument when its value is wrong", async () => {
    const [problem] = await problemsOf(text, { set: ["stages.train.epochs=ten"] });
    expect(problem).toMatchObject({ code: "KDF_CONFIG_TYPE", where: { file: "--set", line: 1, column: 21 } });
    expect(underlined(problem?.where)).toBe("ten");
  });

  it("can add a stage, but not options of a stage that is not there", async () => {
    const pipeline = await load("kdflow: 1\nstages: { data: mnist }", { set: ["stages.export=[onnx]"] });
    expect(pipeline.stages.map(({ name }) => name)).toEqual(["data", "export.onnx"]);
  });
});
