import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Metrics } from "../../../core/index.ts";
import { openSession, type Session } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { namedMnist } from "../../support/named-mnist.ts";

const words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
/** Another order than the digits', with two classes that have no images. */
const classes = ["nine", "apple", ...words.slice(0, 9), "pear"];
const classMap = words.map((word, digit) => `${word}: "${digit}"`).join(", ");
const network = "{ use: classifier, backbone: { use: resnet, depth: 8 } }";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-classes-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 400, test: 100 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(stages: string, name = "classes"): Promise<Session> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, `kdflow: 1\nname: ${name}\nstages:\n${stages}`);
  return openSession({ file, storeDir: join(folder, ".kdflow"), builtins: [builtins, namedMnist] });
}

async function metricsOf(session: Session): Promise<Metrics> {
  const outcome = await session.run();
  if (outcome.error !== undefined) throw outcome.error;
  return outcome.metrics["evaluate"] as Metrics;
}

const row = (metrics: Metrics, role: string) => metrics.rows.find((one) => one.role === role)?.metrics;

const teacher = `use: train
    epochs: 6
    batchSize: 16
    network: ${network}`;
const digitWords = `use: named-mnist, root: ./mnist, validation: 0.25, classes: [${classes.join(", ")}], digits: [${words.join(", ")}]`;

/** A teacher on digits with names, a student on digits as they are. The map stands in line 7. */
const renamed = (map: string): string => `  data: { use: mnist, root: ./mnist, validation: 0.25 }
  named: { kind: data, ${digitWords} }
  teacher:
    classMap: { ${map} }
    ${teacher}
    inputs: { data: named }
  softLabels: { use: logits, precision: float32, shardSize: 128 }
  student: ${network}
  loss: { cross-entropy: 0.1, kd: { weight: 0.9, temperature: 2 } }
  train: { epochs: 1, batchSize: 32, baseline: false }
  evaluate: { use: classification, latencyRuns: 0 }
`;

/** The same teacher, scored on the data that it was trained on. */
const own = `  data: { ${digitWords} }
  teacher:
    ${teacher}
  student: ${network}
  loss: { cross-entropy: 1 }
  train: { epochs: 1, batchSize: 64 }
  evaluate: { use: classification, latencyRuns: 0 }
`;

describe("a teacher with other class names, another order and more classes", () => {
  it("labels, teaches and is scored as the classes of the data", async () => {
    const session = await open(renamed(classMap));
    const metrics = await metricsOf(session);
    const ownSession = await open(own, "own");
    expect((await ownSession.plan({ until: "teacher" })).stages.map(({ state }) => state)).toEqual(["reuse", "reuse"]);
    const among12 = row(await metricsOf(ownSession), "teacher");
    const among10 = row(metrics, "teacher");
    expect(among12?.["top1"]?.mean).toBeGreaterThan(0.2);
    // No image is of a class that is masked out, so that without them the true class can only gain.
    expect(among10?.["top1"]?.mean).toBeGreaterThanOrEqual(among12?.["top1"]?.mean ?? 1);
    expect(among10?.["nll"]?.mean).toBeLessThan(among12?.["nll"]?.mean ?? 0);
    expect(row(metrics, "student")?.["agreement"]?.mean).toBeGreaterThanOrEqual(0);
    expect((await session.plan()).notes).toContain(
      '2 of the 12 classes of stage "teacher" are none of stage "data" and are masked out: "apple", "pear"',
    );
  });

  it("asks neither teacher nor soft labels again when the map changes, and says which line changed", async () => {
    const swapped = classMap.replace('three: "3"', 'three: "8"').replace('eight: "8"', 'eight: "3"');
    const session = await open(renamed(swapped));
    const plan = await session.plan();
    const states = Object.fromEntries(plan.stages.map(({ stage, state }) => [stage, state]));
    expect(states).toMatchObject({ teacher: "reuse", softLabels: "reuse", train: "run", evaluate: "depends" });
    const reasons = plan.stages.find(({ stage }) => stage === "train")?.reasons ?? [];
    expect(reasons).toEqual([
      expect.stringMatching(/^classMap\.three: "3" → "8" \(.*classes\.yaml:7:\d+\)$/),
      expect.stringMatching(/^classMap\.eight: "8" → "3" \(.*classes\.yaml:7:\d+\)$/),
    ]);
    const { changes } = await session.explain("train");
    expect(changes?.map(({ path }) => path)).toEqual(["classMap.softLabels.three", "classMap.softLabels.eight"]);
  });

  it("has soft labels that still verify, as raw logits", async () => {
    const session = await open(renamed(classMap));
    expect(await session.verify()).toEqual([expect.objectContaining({ stage: "softLabels", ok: true })]);
  });
});

describe("a trained model as the teacher in the loop", () => {
  it("teaches classes that several of its own stand for", async () => {
    const parity = words.map((_, digit) => (digit % 2 === 0 ? "even" : "odd"));
    const map = parity.map((name, digit) => `"${digit}": ${name}`).join(", ");
    const session = await open(
      `  digits: { kind: data, use: mnist, root: ./mnist, validation: 0.25 }
  data: { use: named-mnist, root: ./mnist, validation: 0.25, classes: [odd, even], digits: [${parity.join(", ")}] }
  net: { kind: student, ${network.slice(1)}
  hard: { kind: loss, cross-entropy: 1 }
  big: { kind: train, epochs: 6, batchSize: 16, classMap: { ${map} }, inputs: { data: digits, student: net, loss: hard } }
  student: ${network}
  loss: { cross-entropy: 0.1, kd: { weight: 0.9, temperature: 2 } }
  train: { epochs: 1, batchSize: 32, baseline: false, inputs: { teacher: big } }
  evaluate: { use: classification, latencyRuns: 0, inputs: { teacher: big } }
`,
      "parity",
    );
    const metrics = await metricsOf(session);
    expect(row(metrics, "teacher")?.["top1"]?.mean).toBeGreaterThan(0.7);
    expect(row(metrics, "teacher")?.["nll"]?.mean).toBeLessThan(Math.log(2));
  });
});
