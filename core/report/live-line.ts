import { printable } from "../errors/printable.ts";
import { wrapText } from "./wrap-text.ts";

/** The part of a writable stream that reports need. */
export interface TextStream {
  write(text: string): unknown;
  readonly columns?: number | undefined;
}

/** Text on a terminal whose last line is redrawn in place while lines above it scroll. */
export interface LiveLine {
  /** Replaces the live line, at most ten times a second. `render` gets the columns that fit. */
  show(render: (columns: number) => string): void;
  /** Writes a finished line above the live line. */
  print(text: string): void;
  /** Removes the live line. */
  clear(): void;
}

const redrawMs = 100;
const eraseLine = "\r\u001b[2K";

/** Makes a live line; where the stream cannot redraw, only `print` writes. */
export function createLiveLine(
  stream: TextStream,
  live: boolean,
  now: () => number = () => performance.now(),
  hide: (text: string) => string = (text) => text,
): LiveLine {
  let render: ((columns: number) => string) | undefined;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function draw(): void {
    clearTimeout(timer);
    timer = undefined;
    if (render === undefined) return;
    drawnAtMs = now();
    // The last column stays free: some terminals wrap as soon as it is written.
    stream.write(eraseLine + printable(hide(render(Math.max(1, (stream.columns || 80) - 1)))));
  }

  function erase(): void {
    if (live && render !== undefined) stream.write(eraseLine);
  }

  return {
    show(next) {
      if (!live) return;
      render = next;
      const waitMs = drawnAtMs + redrawMs - now();
      if (waitMs <= 0) draw();
      else timer ??= setTimeout(draw, waitMs).unref();
    },
    print(text) {
      erase();
      for (const part of wrapText(hide(text), live ? stream.columns : undefined)) stream.write(`${printable(part)}\n`);
      if (live && render !== undefined) draw();
    },
    clear() {
      erase();
      clearTimeout(timer);
      timer = undefined;
      render = undefined;
    },
  };
}
