import { runTool, type ToolCall, type ToolEnd } from './run-tool.ts';

/** Where the server's own programs run. */
export interface ToolHost {
  /** Runs a program to its end, as {@link runTool}. */
  run(call: ToolCall): Promise<ToolEnd>;

  /** Does `work` while the file, which holds a secret and lies on this machine, is where the programs can read it: under the name that it is given. */
  withSecretFile<Result>(file: string, work: (seenFile: string) => Promise<Result>): Promise<Result>;
}

/** This machine, which sees the server's own files. */
export const thisMachine: ToolHost = { run: runTool, withSecretFile: (file, work) => work(file) };
