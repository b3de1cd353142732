import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FoundPython } from "../find-python.ts";
import type { RivalCommand } from "../rival-process.ts";

/** One way to train a step. */
export interface StepRival {
  readonly id: string;
  readonly title: string;
  readonly engine: "kdflow" | "tfjs" | "torch";
  readonly variant: string;
  /** Left out unless it is asked for. */
  readonly optional?: boolean;
}

export const rivals: readonly StepRival[] = [
  { id: "kdflow", title: "kdflow", engine: "kdflow", variant: "captured" },
  { id: "kdflow-eager", title: "kdflow, eager", engine: "kdflow", variant: "eager" },
  { id: "tfjs-node", title: "tfjs-node, stock layers", engine: "tfjs", variant: "stock" },
  { id: "torch-eager", title: "PyTorch, NCHW", engine: "torch", variant: "eager" },
  { id: "torch-channels-last", title: "PyTorch, channels_last", engine: "torch", variant: "channels-last" },
  { id: "torch-compile", title: "PyTorch, torch.compile", engine: "torch", variant: "compile" },
  {
    id: "torch-compile-channels-last",
    title: "PyTorch, torch.compile, channels_last",
    engine: "torch",
    variant: "compile-channels-last",
    optional: true,
  },
];

/** The programs of this bench's rivals. */
export function stepProgram(engine: StepRival["engine"]): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return join(here, engine === "torch" ? "torch_step.py" : `${engine}-step.js`);
}

export interface RivalPlace {
  /** The file that an engine's rivals run. */
  readonly program: (engine: StepRival["engine"]) => string;
  /** Folder with setup, weights and batches. */
  readonly folder: string;
  /** Folder for what torch.compile keeps; new for each bench, so that compiling is measured. */
  readonly compileCache: string;
  readonly cores: number;
  /** As asked for; `undefined` leaves each engine its own choice, all cores. */
  readonly threads: number | undefined;
  readonly torch: FoundPython;
}

/** How to start a rival, or why it cannot be. */
export function rivalCommand({ engine, variant }: StepRival, place: RivalPlace): RivalCommand | { skipped: string } {
  const { folder, compileCache, cores, threads, torch } = place;
  const program = place.program(engine);
  if (engine === "torch") {
    if ("skipped" in torch) return torch;
    const count = String(threads ?? cores);
    return {
      program: torch.python,
      args: [program, folder, variant, count],
      env: { OMP_NUM_THREADS: count, TORCHINDUCTOR_CACHE_DIR: compileCache },
    };
  }
  const asked = threads === undefined ? [] : [String(threads)];
  return {
    program: process.execPath,
    args: [program, folder, variant, ...asked],
    env: threads === undefined ? {} : { OMP_NUM_THREADS: String(threads), TF_NUM_INTEROP_THREADS: String(threads) },
  };
}
