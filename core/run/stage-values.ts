import type { Model } from "../contracts/artifacts.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { modelBehind } from "../plan/class-maps.ts";
import { isDeclaration, type PlanNode, stageProvider, useOf } from "../plan/graph.ts";
import { portsOf } from "../plan/wire.ts";
import type { StageContext } from "../plugins/context.ts";
import { asPluginError } from "../plugins/plugin-error.ts";
import type { PortValues } from "../plugins/provider.ts";
import { openParts } from "../store/parts.ts";
import type { Store } from "../store/store.ts";
import { teacherOf } from "./frozen-teacher.ts";
import { type ContextParts, stageContext } from "./stage-context.ts";
import { withClassMap } from "./with-class-map.ts";

/** Opened artifacts of one run, each opened at most once. */
export interface StageValues {
  /** Notes where a stage's artifact is. */
  committed(node: PlanNode, key: string, digest: string): void;
  /** The value of a stage: an opened artifact, or `{ use, …options }` of a declaration. */
  of(node: PlanNode): Promise<unknown>;
  /** True where `of` was asked before. */
  isOpen(node: PlanNode): boolean;
  /** Values on all ports of a stage. */
  inputsOf(node: PlanNode): Promise<PortValues>;
  /** Disposes and closes what was opened. */
  close(): Promise<void>;
}

export function createStageValues(store: Store, parts: ContextParts, loadBackend: () => Promise<void>): StageValues {
  const results = new Map<PlanNode, { readonly key: string; readonly digest: string }>();
  const opened = new Map<PlanNode, Promise<unknown>>();
  const teachers = new Map<PlanNode, Promise<unknown>>();

  const open = async (node: PlanNode): Promise<unknown> => {
    const result = results.get(node);
    const artifact = result === undefined ? undefined : await store.find(result.key);
    if (artifact === undefined || artifact.digest !== result?.digest) {
      const what = artifact === undefined ? "vanished from the store" : "was replaced by another one";
      throw new KdflowError("KDF_STORE_DAMAGED", `the result of stage "${node.name}" ${what} during the run`, {
        hint: "run again: what is missing is computed anew",
      });
    }
    const provider = stageProvider(node);
    if (provider.numeric === true) await loadBackend();
    try {
      const { directory, digest } = artifact;
      return await provider.open({ directory, digest }, node.options, readingContext(store, parts, node, valueOn));
    } catch (error) {
      throw asPluginError(error, node.registered, node.name);
    }
  };

  const of = (node: PlanNode): Promise<unknown> => {
    if (isDeclaration(node)) return Promise.resolve(useOf(node));
    return remember(opened, node, () => open(node));
  };

  const asTeacher = async (node: PlanNode): Promise<unknown> => {
    if (node.stage.kind === "teacher") return of(node);
    return remember(teachers, node, async () => {
      await loadBackend();
      const { backend, log } = stageContext(parts, node);
      return teacherOf((await of(node)) as Model, backend, log);
    });
  };

  const valueOn: ValueOn = async (node, port) => {
    const spec = portsOf(node.stage)[port];
    const read = spec?.asTeacher === true ? asTeacher : of;
    const all: unknown[] = [];
    for (const source of node.inputs.get(port) ?? []) {
      all.push(withClassMap(port, await read(source), modelBehind(port, source)?.stage.classMap));
    }
    const many = port === "baseline" || spec?.many === true;
    return many ? all : all[0];
  };

  return {
    committed: (node, key, digest) => {
      results.set(node, { key, digest });
    },
    of,
    isOpen: (node) => opened.has(node),
    async inputsOf(node) {
      const values: Record<string, unknown> = {};
      for (const port of node.inputs.keys()) values[port] = await valueOn(node, port);
      return values;
    },
    async close() {
      for (const value of [...teachers.values(), ...opened.values()]) await release(await value.catch(() => undefined));
    },
  };
}

/** The value on a port of a stage. */
type ValueOn = (node: PlanNode, port: string) => Promise<unknown>;

/** What a stage's result is read with: no output folder, but the parts and inputs that it may be made of. */
export function readingContext(store: Store, parts: ContextParts, node: PlanNode, valueOn?: ValueOn): StageContext {
  return stageContext(parts, node, {
    parts: openParts(store, { provider: node.registered.provider.id, stage: node.name }),
    ...(valueOn === undefined ? {} : { openInput: (port) => valueOn(node, port) }),
  });
}

function remember(
  known: Map<PlanNode, Promise<unknown>>,
  node: PlanNode,
  make: () => Promise<unknown>,
): Promise<unknown> {
  const value = known.get(node) ?? make();
  known.set(node, value);
  return value;
}

async function release(value: unknown): Promise<void> {
  if (typeof value !== "object" || value === null) return;
  if ("dispose" in value && typeof value.dispose === "function") await value.dispose();
  if ("close" in value && typeof value.close === "function") await value.close();
}
