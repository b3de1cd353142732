/** Quotes one word so that a POSIX shell reads it back unchanged. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line that can be pasted into a shell. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}
