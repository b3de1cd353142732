import type { EventEmitter } from "node:events";
import type { ErrorCode } from "../errors/catalogue.ts";

/** What a shell reports of a program that was ended because nobody reads its output any more: 128 + SIGPIPE. */
export const readerGone = 141;

/** What became of the streams that a process writes to. */
export interface LostOutput {
  /** The exit code where one of them was lost, else `undefined`. */
  readonly exitCode: number | undefined;
}

/**
 * Watches streams for the end of what they lead to. A reader that went away (`kdflow … | head`), and a terminal that
 * was closed, end the command as SIGPIPE ends other programs, without a word; a full disk is said on `stderr`. What is
 * under way hears of it as of an interrupt (see `watchInterrupts`), where nothing is, the process ends at once.
 */
export function watchOutput(
  streams: readonly EventEmitter[],
  stderr: { write(text: string): unknown },
  end: (code: number) => void,
): LostOutput {
  const lost: { exitCode: number | undefined } = { exitCode: undefined };
  const onError = (error: NodeJS.ErrnoException): void => {
    if (lost.exitCode !== undefined) return;
    const isQuiet = ["EPIPE", "EIO", "ECONNRESET"].includes(error.code ?? "");
    lost.exitCode = isQuiet ? readerGone : 1;
    if (!isQuiet) {
      const code: ErrorCode = "KDF_CLI_OUTPUT";
      stderr.write(
        `${code}: the output cannot be written: ${error.message}\n  free some space, or send it elsewhere\n`,
      );
    }
    if (!process.emit("SIGPIPE", "SIGPIPE")) end(lost.exitCode);
  };
  for (const stream of streams) stream.on("error", onError);
  return lost;
}
