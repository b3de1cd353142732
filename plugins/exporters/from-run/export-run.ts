import { resolve } from "node:path";
import { stringify } from "yaml";
import { KdflowError } from "../../../core/index.ts";
import type { OpenedRun, RunEnd, RunStage } from "../../scaffold/init/host.ts";
import { findStudent, type RunStudent } from "./find-student.ts";

/** What is asked of `kdflow export`. */
export interface RunExport {
  readonly formats: readonly string[];
  /** Options of the exporters. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The stage whose student is meant; the last training's unless given. */
  readonly stage: string | undefined;
  readonly weights: "best" | "last";
  /** Where the files are put, from the working directory; in a folder for each format where there are several. */
  readonly to: string | undefined;
  readonly cwd: string;
}

export interface ExportedRun extends RunStudent {
  /** Folders by format. */
  readonly folders: Readonly<Record<string, string>>;
}

type Plain = Readonly<Record<string, unknown>>;

/**
 * Exports the student of a run: its pipeline as it was then, with the export that is wanted in the place of its own.
 * What is stored is reused, and nothing is trained.
 *
 * @param say told what is exported before it is
 * @throws KDF_EXPORT_NOTHING where the run has nothing yet, and what the exporter throws
 */
export async function exportRun(run: OpenedRun, wanted: RunExport, say: (line: string) => void): Promise<ExportedRun> {
  const { resolved } = run;
  const { runId, status } = run.record;
  if (!isPlain(resolved) || !isPlain(resolved["stages"])) {
    throw new KdflowError("KDF_RUN_NOT_FOUND", `the folder of run ${runId} does not hold its pipeline`, {
      hint: "run the pipeline again, or name another run",
    });
  }
  const { stages } = resolved;
  const planned = (await (await run.open(stringify(resolved), false)).plan()).stages;
  const student = await findStudent(run, planned, wanted);
  say(`student of stage "${student.stage}" of run ${runId} (${status}): ${student.words}`);
  const told = evaluationOf(student, planned);
  const scored = told.evaluate?.split(".")[0];
  const kept = Object.entries(stages).filter(([name]) => name === scored || !isResult(name, planned));
  const exported = {
    ...Object.fromEntries(kept.map(([name, stage]) => [name, name === scored ? withoutGate(stage) : stage])),
    ...student.stages(stages),
    export: wanted.formats.map((format) => ({
      use: format,
      ...wanted.options,
      inputs: { model: student.model, ...dataOf(student.stage, planned), ...told },
      ...placeOf(wanted, format),
    })),
  };
  const pipeline = await run.open(stringify({ ...resolved, stages: exported }), true);
  const end = await pipeline.run({ until: "export" });
  if (end.status !== "ok") throw end.error;
  return { ...student, folders: foldersOf(end, wanted.formats) };
}

/** Whether a stage only tells of others, so that nothing hangs on it. */
function isResult(name: string, planned: readonly RunStage[]): boolean {
  return planned.some(({ stage, kind }) => stage.split(".")[0] === name && (kind === "export" || kind === "evaluate"));
}

/** What its scores beside those of teacher and baseline come from, where they are stored. */
function evaluationOf({ model }: RunStudent, planned: readonly RunStage[]): { readonly evaluate?: string } {
  const found = planned.find(
    ({ kind, state, inputs }) =>
      kind === "evaluate" &&
      state === "reuse" &&
      inputs["model"]?.some((name) => name.split(".")[0] === model) === true,
  );
  return found === undefined ? {} : { evaluate: found.stage };
}

/** An evaluation whose scores are told, whatever they are: `require` ended the run, and does not end its export. */
function withoutGate(stage: unknown): unknown {
  if (Array.isArray(stage)) return stage.map(withoutGate);
  if (!isPlain(stage)) return stage;
  return Object.fromEntries(Object.entries(stage).filter(([key]) => key !== "require"));
}

/** The data that the student was trained on, where metrics come from. */
function dataOf(stage: string, planned: readonly RunStage[]): { readonly data?: string } {
  const [data] = planned.find((each) => each.stage.split(".")[0] === stage)?.inputs["data"] ?? [];
  return data === undefined ? {} : { data };
}

function placeOf({ to, cwd, formats }: RunExport, format: string): { readonly to?: string } {
  if (to === undefined) return {};
  return { to: formats.length === 1 ? resolve(cwd, to) : resolve(cwd, to, format) };
}

function foldersOf({ exports }: RunEnd, formats: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    formats.map((format) => [format, exports[`export.${format}`] ?? exports["export"] ?? ""] as const),
  );
}

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
