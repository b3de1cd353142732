import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openSession, type RunOutcome, type Session, type SessionOptions } from "../../core/run/session.ts";
import { builtins } from "../../plugins/index.ts";

/** A pipeline that is ready to run, and what its runs say and make. */
export interface OpenPipeline {
  readonly session: Session;
  /** What stages logged for everybody or warned of: `stage: sentence`. */
  readonly notes: readonly string[];
  /** Folders of the results that were made, by stage. */
  readonly made: Readonly<Record<string, string>>;
}

export interface PipelineRun extends OpenPipeline {
  readonly outcome: RunOutcome;
}

let files = 0;

/**
 * Opens a pipeline of these stages from a new file in `folder`; the store there is that of all of them.
 *
 * @param stages YAML below `stages:`, indented by two
 */
export async function openPipeline(
  folder: string,
  stages: string,
  options: Partial<SessionOptions> = {},
): Promise<OpenPipeline> {
  const file = join(folder, `pipeline-${++files}.yaml`);
  await writeFile(file, `kdflow: 1\nname: tested\nstages:\n${stages}`);
  const notes: string[] = [];
  const made: Record<string, string> = {};
  const session = await openSession({
    file,
    storeDir: join(folder, ".kdflow"),
    builtins: [builtins],
    observe: (hooks) => {
      hooks.log.tap("test", ({ stage, level, data }) => {
        if (level === "info") notes.push(`${stage}: ${String(data["message"])}`);
      });
      hooks.warning.tap("test", ({ stage, message }) => void notes.push(`${stage}: ${message}`));
      hooks.artifact.tap("test", ({ stage, directory }) => {
        made[stage] = directory;
      });
    },
    ...options,
  });
  return { session, notes, made };
}

/** Opens such a pipeline and runs it; a failing stage is in its outcome. */
export async function runPipeline(
  folder: string,
  stages: string,
  options: Partial<SessionOptions> = {},
): Promise<PipelineRun> {
  const opened = await openPipeline(folder, stages, options);
  return { ...opened, outcome: await opened.session.run() };
}
