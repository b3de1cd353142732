import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyMnist } from "../../support/mnist.ts";
import { eventsIn, kdflow } from "./command-line.ts";

const pipeline = `kdflow: 1
name: tiny
stages:
  data: { use: mnist, root: ./mnist }
  teacher: { use: train, epochs: 1, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  softLabels: logits
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 0.5, kd: 0.5 }
  train: { epochs: 1 }
  evaluate: classification
`;

/** A model and an export that are a file each, and need no tensors. */
const exporter = `import { writeFile } from "node:fs/promises";
const made = {
  id: "made", summary: "a file", cacheVersion: 1,
  schema: { type: "object", description: "None.", additionalProperties: false, properties: {} },
  run: (options, inputs, { outputDir }) => writeFile(outputDir + "/made.txt", "made"),
  open: async () => ({}),
};
export const plugin = {
  name: "exporter", version: "1.0.0", kdflow: "^1",
  providers: [{ ...made, family: "model" }, { ...made, family: "export" }],
};
`;

let folder: string;
let file: string;
let store: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-cli-"));
  file = join(folder, "tiny.yaml");
  store = join(folder, "store");
  await writeFile(file, pipeline);
  await writeTinyMnist(join(folder, "mnist"), { train: 40, test: 20 });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("kdflow", () => {
  it("prints its help, that of a command, and its version", async () => {
    expect((await kdflow()).stdout).toMatch(/^ {2}validate +Check a pipeline file/m);
    expect(await kdflow("help")).toEqual(await kdflow());
    expect(await kdflow("help", "plan")).toEqual(await kdflow("plan", "--help"));
    expect(await kdflow("-v")).toEqual(await kdflow("--version"));
    expect((await kdflow("plan", "--help")).stdout).toContain("usage: kdflow plan <pipeline> [options]");
    expect((await kdflow("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("says what to do instead of what other tools have", async () => {
    const dry = await kdflow("run", file, "--dry-run");
    expect(dry.code).toBe(2);
    expect(dry.stderr).toContain("\n  kdflow plan <pipeline> shows what a run would do\n");
    expect((await kdflow("resume")).stderr).toContain(
      "\n  a run goes on where it ended by itself: kdflow run <pipeline>\n",
    );
  });

  it("ends with 2 and the nearest name for a command that does not exist", async () => {
    const { code, stdout, stderr } = await kdflow("rnu");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^KDF_CLI_USAGE: "rnu" is not a command\n.*\(did you mean "run"\?\)/);
  });
});

describe("kdflow validate", () => {
  it("says that there are no mistakes", async () => {
    expect(await kdflow("validate", file)).toEqual({ code: 0, stdout: "tiny: 7 stages, no mistakes\n", stderr: "" });
    const [event] = eventsIn((await kdflow("validate", file, "--json")).stdout);
    expect(event).toMatchObject({ event: "validate", pipeline: "tiny", file, stages: { length: 7 } });
  });

  it("prints every mistake with its line for people, and as data for programs", async () => {
    const broken = join(folder, "broken.yaml");
    await writeFile(
      broken,
      pipeline.replace("depth: 8", "dept: 8").replace("train: { epochs: 1 }", "train: { epochs: no }"),
    );
    const { code, stdout, stderr } = await kdflow("validate", broken, "--json");
    expect(code).toBe(2);
    expect(stderr).toContain('"dept" is not an option');
    expect(stderr).toContain("broken.yaml:9:");
    const [event] = eventsIn(stdout) as [{ error: { problems: { where: { line: number } }[] } }];
    expect(event).toMatchObject({ event: "error" });
    expect(event.error.problems.map(({ where }) => where.line)).toEqual(expect.arrayContaining([5, 9]));
  });
});

describe("kdflow plan, run and what looks after a store", () => {
  it("plans, runs a part, and plans that part as reused", async () => {
    const options = [file, "--store", store, "--until", "data", "--backend", "cpu"];
    const before = await kdflow("plan", ...options);
    expect(before).toMatchObject({ code: 0, stderr: "" });
    expect(before.stdout.split("\n")[0]).toBe("tiny on backend cpu: 1 to run, 0 reused");
    const ran = await kdflow("run", ...options, "--json");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(eventsIn(ran.stdout).at(-1)).toMatchObject({ event: "runEnd", status: "ok", metrics: {} });
    const after = eventsIn((await kdflow("plan", ...options, "--json")).stdout);
    expect(after).toMatchObject([{ event: "plan", stages: [{ stage: "data", state: "reuse" }] }]);
    const forced = eventsIn((await kdflow("plan", ...options, "--json", "--force", "all")).stdout);
    expect(forced).toMatchObject([{ event: "plan", stages: [{ stage: "data", state: "run" }] }]);
  });

  it("plans where no store can be made, and makes none", async () => {
    const nowhere = process.platform === "linux" ? "/proc/kdflow-store" : join(folder, "photos.txt", "store");
    expect(await kdflow("plan", file, "--store", nowhere, "--backend", "cpu")).toMatchObject({ code: 0 });
    const fresh = join(folder, "fresh");
    expect(await kdflow("plan", file, "--store", fresh, "--backend", "cpu")).toMatchObject({ code: 0 });
    expect(await kdflow("explain", file, "data", "--store", fresh, "--backend", "cpu")).toMatchObject({ code: 0 });
    await expect(stat(fresh)).rejects.toThrow("ENOENT");
  });

  it("takes the run that came last for `latest`, though the clock was set back since", async () => {
    const clock = join(folder, "clock");
    const options = ["run", file, "--store", clock, "--until", "data", "--backend", "cpu"];
    await kdflow(...options);
    const [first = ""] = await readdir(join(clock, "runs"));
    const path = join(clock, "runs", first, "run.json");
    const record = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...record, startedAt: "2099-01-01T00:00:00.000Z" }));
    await kdflow(...options);
    const { stdout } = await kdflow("runs", "show", "latest", "--store", clock);
    expect(stdout).toMatch(/^20/);
    expect(stdout).not.toContain(first);
  });

  it.each([
    ["text that is no JSON", "{"],
    ["JSON that is no record", '{"version":1}'],
  ])("deletes nothing while the record of a run is %s", async (_, text) => {
    const doubtful = join(folder, "doubtful");
    await kdflow("run", file, "--store", doubtful, "--until", "data", "--backend", "cpu");
    for (const run of await readdir(join(doubtful, "runs")))
      await writeFile(join(doubtful, "runs", run, "run.json"), text);
    const gc = await kdflow("cache", "gc", "--yes", "--store", doubtful);
    expect(gc).toMatchObject({ code: 1, stdout: "" });
    expect(gc.stderr).toContain("KDF_STORE_UNREADABLE");
    expect(await readdir(join(doubtful, "store"))).toHaveLength(1);
    await rm(doubtful, { recursive: true });
  });

  it("prints and records names of environment variables, never their values", async () => {
    const secret = join(folder, "secret.yaml");
    const values = { KDF_TEST_NAME: "hunter2secret", KDF_TEST_ROOT: join(folder, "mnist"), KDF_TEST_LIMIT: "37" };
    Object.assign(process.env, values);
    const data = "data: { use: mnist, root: $env.KDF_TEST_ROOT, limit: $env.KDF_TEST_LIMIT }";
    await writeFile(secret, `kdflow: 1\nname: "a $\{env.KDF_TEST_NAME}"\nstages:\n  ${data}\n`);
    const kept = join(folder, "kept");
    const texts: string[] = [];
    for (const words of [["run", "--json"], ["run", "--verbose", "--force", "all"], ["plan"], ["explain", "data"]]) {
      const [command = "", ...more] = words;
      const options = [...more, "--store", kept, "--backend", "cpu"];
      const { code, stdout, stderr } = await kdflow(command, secret, ...options);
      expect(code, stderr).toBe(0);
      texts.push(stdout, stderr);
    }
    await writeFile(
      secret,
      `kdflow: 1\nstages:\n  data: { use: mnist, root: "$\{env.KDF_TEST_ROOT}x" }\n  model: $env.KDF_TEST_NAME\n`,
    );
    const { stderr } = await kdflow("validate", secret);
    expect(stderr).toContain('no plugin supplies "$env.KDF_TEST_NAME"');
    const [first = ""] = await readdir(join(kept, "runs"));
    const record = await readFile(join(kept, "runs", first, "run.json"), "utf8");
    expect(JSON.parse(record)).toMatchObject({
      pipeline: `a $\{env.KDF_TEST_NAME}`,
      stages: [{ parts: { options: { limit: "$env.KDF_TEST_LIMIT" } } }],
    });
    for (const run of await readdir(join(kept, "runs"))) {
      for (const file of await readdir(join(kept, "runs", run))) {
        if (file !== "checkpoints") texts.push(await readFile(join(kept, "runs", run, file), "utf8"));
      }
    }
    for (const text of [...texts, stderr]) expect(text).not.toMatch(/hunter2secret|[/]mnist/);
  });

  it("spells out what a terminal would act on", async () => {
    const hostile = join(folder, "hostile.yaml");
    const name = '"a\\e]0;owned\\a\\nb\\u009b"';
    await writeFile(hostile, `kdflow: 1\nname: ${name}\nstages:\n  data: { use: mnist, root: ./mnist, ${name}: 1 }\n`);
    const plan = await kdflow("validate", hostile);
    expect(plan.stderr).toContain('"a\\x1b]0;owned\\x07\\nb\\x9b" is not an option');
    await writeFile(hostile, `kdflow: 1\nname: ${name}\nstages:\n  data: { use: mnist, root: ./mnist }\n`);
    const { code, stdout } = await kdflow("validate", hostile);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "a\\x1b]0;owned\\x07\\nb\\x9b: 1 stages, no mistakes\n" });
  });

  it("shows people the stages on stderr and leaves stdout to results", async () => {
    const { code, stdout, stderr } = await kdflow("run", file, "--store", store, "--until", "data", "--backend", "cpu");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^report {2}\S+\/runs\/\S+\/report\.html\n$/);
    expect(stderr).toContain("data: reused\n");
    expect(stderr).toMatch(/finished after .*\n$/);
  });

  it("says where every export lies, made or reused", async () => {
    await writeFile(join(folder, "exporter.mjs"), exporter);
    const exporting = join(folder, "exporting.yaml");
    const stages = "  model: made\n  toPhone: { kind: export, use: made }\n";
    await writeFile(exporting, `kdflow: 1\nname: exporting\nplugins: [./exporter.mjs]\nstages:\n${stages}`);
    const options = ["run", exporting, "--store", join(folder, "exports"), "--backend", "cpu"];
    const { stdout } = await kdflow(...options);
    const [, exported = "", report = ""] = /^toPhone {2}(\S+)\nreport {3}(\S+)\n$/.exec(stdout) ?? [];
    expect(await readFile(join(exported, "made.txt"), "utf8")).toBe("made");
    expect(await readFile(report, "utf8")).toContain("toPhone");
    const again = eventsIn((await kdflow(...options, "--json")).stdout);
    expect(again).toContainEqual(expect.objectContaining({ event: "stageSkipped", stage: "toPhone" }));
    expect(again.at(-1)).toMatchObject({ event: "runEnd", exports: { toPhone: exported } });
  });

  it("never takes an export for garbage", async () => {
    const exports = join(folder, "exports");
    const gc = eventsIn((await kdflow("cache", "gc", "--keep", "0", "--yes", "--json", "--store", exports)).stdout);
    expect(gc).toMatchObject([{ removed: { length: 1 }, kept: { length: 1 } }]);
    const [kept = ""] = await readdir(join(exports, "store"));
    expect(await readFile(join(exports, "store", kept, "made.txt"), "utf8")).toBe("made");
  });

  it("explains a key", async () => {
    const { stdout } = await kdflow("explain", file, "data", "--store", store, "--backend", "cpu");
    expect(stdout).toMatch(/^data: key [0-9a-f]{64}\n/);
    expect(stdout).toContain("nothing changed since the last run");
  });

  it("lists runs and shows one by the beginning of its id", async () => {
    const runs = eventsIn((await kdflow("runs", "list", "--store", store, "--json")).stdout);
    expect(runs).toMatchObject([
      { pipeline: "tiny", status: "ok" },
      { pipeline: "tiny", status: "ok" },
    ]);
    const [latest] = runs as [{ runId: string }];
    const shown = await kdflow("runs", "show", "latest", "--store", store);
    expect(shown.stdout.split("\n")[0]).toBe(latest.runId);
    expect(shown.stdout).toContain("data   mnist     reuse");
    const report = join(store, "runs", latest.runId, "report.html");
    expect(shown.stdout).toContain(`  report    ${report}\n`);
    expect(eventsIn((await kdflow("runs", "show", "latest", "--store", store, "--json")).stdout)).toMatchObject([
      { runId: latest.runId, report },
    ]);
    expect(await kdflow("runs", "show", latest.runId.slice(0, -2), "--store", store)).toEqual(shown);
    expect(await kdflow("report", "--store", store)).toMatchObject({ code: 0, stdout: `${report}\n` });
    expect(eventsIn((await kdflow("report", latest.runId, "--store", store, "--json")).stdout)).toMatchObject([
      { event: "report", runId: latest.runId, path: report },
    ]);
    const none = await kdflow("report", "--store", join(store, "elsewhere"));
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toMatch(/^KDF_RUN_NOT_FOUND: there are no runs in .*elsewhere yet\n/);
    const unknown = await kdflow("runs", "show", "nope", "--store", store);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain(`KDF_RUN_NOT_FOUND: there is no run "nope" in ${store}`);
  });

  it("lists, collects and verifies what is stored", async () => {
    const listed = eventsIn((await kdflow("cache", "ls", "--store", store, "--json")).stdout);
    expect(listed).toMatchObject([{ event: "artifact", kind: "data", provider: "mnist" }, { event: "storeSizes" }]);
    expect((await kdflow("cache", "verify", "--store", store)).stderr).toBe("1 results checked, 0 damaged\n");
    expect((await kdflow("cache", "gc", "--yes", "--store", store)).stderr).toContain("1 results are kept");
    const dry = await kdflow("cache", "gc", "--yes", "--store", store, "--keep", "0", "--dry-run");
    expect(dry.stdout).toMatch(/^would delete [0-9a-f]{12} {2}data/);
    expect((await kdflow("cache", "gc", "--yes", "--store", store, "--keep", "x")).code).toBe(2);
    const unasked = await kdflow("cache", "gc", "--store", store);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("give --yes to answer yes beforehand")]);

    const [key = ""] = await readdir(join(store, "store"));
    const [largest = ""] = (await readdir(join(store, "store", key))).filter((name) => name !== "manifest.json");
    await truncate(join(store, "store", key, largest), 1);
    const damaged = await kdflow("cache", "verify", "--store", store);
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toContain(largest);
    expect(damaged.stderr).toContain("1 results checked, 1 damaged");
    expect((await kdflow("cache", "ls", "--store", store)).stderr).toMatch(/^0 results/);
  });

  it("makes no store where there is none", async () => {
    const nowhere = join(folder, "nowhere");
    for (const command of ["ls", "verify", "gc"]) {
      expect(await kdflow("cache", command, "--store", nowhere)).toMatchObject({ code: 2, stdout: "" });
    }
    expect(await kdflow("runs", "list", "--store", nowhere)).toMatchObject({ code: 0, stdout: "" });
    expect(await readdir(folder)).not.toContain("nowhere");
  });
});

describe("kdflow plugins", () => {
  it("lists one family alone where it is named", async () => {
    const { stdout } = await kdflow("plugins", "list", "necks");
    expect(stdout).toMatch(/^necks +yolov7-tiny /m);
    expect(stdout).not.toMatch(/^(?!family|necks)\w/m);
  });

  it("lists every provider and describes one with its options", async () => {
    const listed = (await kdflow("plugins", "list")).stdout;
    expect(listed).toMatch(/^losses +kd /m);
    const info = await kdflow("plugins", "info", "losses/kd");
    expect(info.stdout).toMatch(/^losses\/kd {2}/);
    expect(info.stdout).toMatch(/^temperature +number > 0 +4 +\S/m);
    expect((await kdflow("plugins", "info", "train")).stdout).toMatch(/^teacher\/train/);
    const [event] = eventsIn((await kdflow("plugins", "info", "kd", "--json")).stdout);
    expect(event).toMatchObject({ family: "losses", id: "kd", schema: { properties: {} }, plugin: { name: "kdflow" } });
  });

  it("names the nearest provider", async () => {
    const { code, stderr } = await kdflow("plugins", "info", "resnett");
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "resnet"?');
  });
});
