import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { countMultiplyAdds, countParameters } from "../../networks/measures/multiply-adds.ts";
import type { FoundSource } from "./found-source.ts";
import type { ScaffoldHost, Supplied } from "./host.ts";
import { truthLoss } from "./losses.ts";
import { withFolder } from "./with-folder.ts";

/** A network that a student can be, measured at the size of the images. */
export interface Student {
  /** What the answer to the question says: `mobilenet-v2:width=0.5`. */
  readonly value: string;
  /** What a pipeline says for it. */
  readonly use: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Names of its outputs: `logits`. */
  readonly outputs: readonly string[];
}

type Plain = Readonly<Record<string, unknown>>;

/** What a schema gives as examples; each is a setting that people choose. */
function examplesOf({ schema }: Pick<Supplied<"networks">, "schema">): readonly Plain[] {
  const examples = schema["examples"];
  return Array.isArray(examples) ? (examples as readonly Plain[]) : [];
}

/** The sizes of a backbone: the examples of its schema, and itself as it is. */
function sizesOf(backbone: Supplied<"backbones">): readonly Plain[] {
  const sizes = [{}, ...examplesOf(backbone)];
  return [...new Map(sizes.map((size) => [JSON.stringify(size), size])).values()];
}

/** Networks of a task: as the examples of their schemas say, on each size of every backbone that they take. */
async function candidates(host: ScaffoldHost, task: string): Promise<readonly Pick<Student, "value" | "use">[]> {
  const backbones = await host.providers("backbones");
  const networks = (await host.providers("networks")).filter(({ provider }) => provider.task === task);
  return networks.flatMap((network) => {
    const { imageSize: _, ...example } = examplesOf(network)[0] ?? {};
    const { id } = network.provider;
    if (!("backbone" in example)) return [{ value: id, use: { use: id, ...example } }];
    return backbones.flatMap((backbone) =>
      sizesOf(backbone).map((size) => {
        const settings = Object.entries(size).map(([key, value]) => `${key}=${value}`);
        const value = [backbone.provider.id, ...(settings.length === 0 ? [] : [settings.join(",")])].join(":");
        return { value, use: { use: id, ...example, backbone: { use: backbone.provider.id, ...size } } };
      }),
    );
  });
}

const standInId = "awaited-data";

/** A plugin with data that can be described, and not read: networks are built for data that are not there yet. */
function standIn(task: string, description: object): string {
  const noOptions = { type: "object", description: "No options.", additionalProperties: false, properties: {} };
  const provider = { family: "data", id: standInId, task, summary: "data to come", cacheVersion: 1, schema: noOptions };
  return `const provider = ${JSON.stringify(provider)};
const absent = async () => { throw new Error("the data are not here"); };
provider.describe = () => (${JSON.stringify(description)});
Object.assign(provider, { run: absent, open: absent });
export const plugin = { name: "${standInId}", version: "1.0.0", kdflow: "*", providers: [provider] };
`;
}

/**
 * Builds every network that fits the data's task, at a size, and counts its weights and multiply-adds; those that
 * cannot be built at that size are left out. Smallest first.
 */
export async function measureStudents(
  host: ScaffoldHost,
  { supplied: { provider }, found, awaited }: FoundSource,
  imageSize: unknown,
): Promise<readonly Student[]> {
  const all = await candidates(host, provider.task);
  const given = { use: provider.id, ...found.options, ...(imageSize === undefined ? {} : { imageSize }) };
  const data = awaited === undefined ? given : standInId;
  const stages: Record<string, unknown> = { data, loss: { [(await truthLoss(host, provider.task)).id]: 1 } };
  for (const [place, { use }] of all.entries()) {
    // sizes of anchors weigh nothing, and those of the data's boxes are not known yet
    const { anchors: _, ...network } = use;
    stages[`student${place}`] = { kind: "student", ...network };
    stages[`train${place}`] = { kind: "train", epochs: 1, baseline: false, inputs: { student: `student${place}` } };
  }
  const { networks } = await withFolder(async (folder) => {
    const file = join(folder, "students.yaml");
    const plugins = awaited === undefined ? [] : ["./stand-in.mjs"];
    const description = { classNames: found.classNames, imageSize: awaited };
    await writeFile(join(folder, "stand-in.mjs"), standIn(provider.task, description));
    await writeFile(file, stringify({ kdflow: 1, name: "students", plugins, stages }));
    return host.inspect(file, ({ model, outputs }) => ({
      parameters: countParameters(model).all,
      multiplyAdds: countMultiplyAdds(model),
      outputs: Object.keys(outputs),
    }));
  });
  const measured = all.flatMap((student, place) => {
    const cost = networks.get(`train${place}`);
    return cost === undefined ? [] : [{ ...student, ...cost }];
  });
  return measured.sort((one, other) => one.parameters - other.parameters);
}

/** `0.69 M parameters, 30 M multiply-adds`. */
export function costText({ parameters, multiplyAdds }: Pick<Student, "parameters" | "multiplyAdds">): string {
  return `${millions(parameters)} parameters, ${millions(multiplyAdds)} multiply-adds`;
}

function millions(count: number): string {
  const value = count / 1e6;
  return `${value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)} M`;
}
