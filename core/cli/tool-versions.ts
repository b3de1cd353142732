import { execFile } from "node:child_process";

/** A tool outside kdflow that `setup` may use. */
export interface ToolVersion {
  readonly tool: string;
  /** `undefined` where it is not there. */
  readonly version: string | undefined;
}

const tools = ["npm", "python3", "g++"];

/** Asks the tools for their versions, all at once. */
export function toolVersions(): Promise<readonly ToolVersion[]> {
  return Promise.all(tools.map(async (tool) => ({ tool, version: await versionOf(tool) })));
}

function versionOf(tool: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    // npm is a script on Windows, which only a shell starts.
    const options = { timeout: 10_000, shell: process.platform === "win32" };
    execFile(tool, ["--version"], options, (error, stdout) => {
      const version = /\d+(\.\d+)+/.exec(stdout)?.[0];
      resolve(error === null ? version : undefined);
    });
  });
}
