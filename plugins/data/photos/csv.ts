/** A line of a CSV file; `line` is where it begins, from 1. */
export interface CsvLine {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads CSV (RFC 4180): commas, cells in double quotes where they need it, empty lines passed over. */
export function parseCsv(text: string): CsvLine[] {
  const lines: CsvLine[] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let begin = 1;
  const endCell = (): void => {
    cells.push(cell);
    cell = "";
  };
  const endLine = (): void => {
    endCell();
    if (cells.length > 1 || cells[0] !== "") lines.push({ line: begin, cells });
    cells = [];
  };
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "\n") line++;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[at++];
      else quoted = false;
    } else if (character === '"' && cell === "") quoted = true;
    else if (character === ",") endCell();
    else if (character === "\n") {
      endLine();
      begin = line;
    } else if (character !== "\r") cell += character;
  }
  endLine();
  return lines;
}
